/*
 * Buses without memory: while a pair of them does everything once, one allocation after the other fails, on whatever
 * thread it is. Each function succeeds or says why not, no call is left without an end, each registration is destroyed
 * once, the pair works again afterwards, and nothing leaks.
 */

#include "buses.h"
#include "failing.h"
#include "harness.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST    400 /* allocations of one act; more is a fault */
#define TIME_MS 5000

static struct ab_pair pair;
static atomic_int registered, ended;
static atomic_bool cancelling;

static void destroyed(void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&ended, 1);
}

/* What may come of an act when memory is short. */
static bool fair(int code)
{
    switch (code) {
    case 0:
    case AUTOBUS_ENOMEM:
    case AUTOBUS_EREMOTE: /* it is the server that has none: busy */
    case AUTOBUS_EDISCONNECTED: return true;
    case AUTOBUS_ENOTBOUND: /* after that */
    case AUTOBUS_ENETWORK: return ab_failing_happened();
    case AUTOBUS_ECANCELED: return atomic_load(&cancelling);
    default: return false;
    }
}

static bool fine(int code)
{
    ck_assert_msg(fair(code), "it ended with %d", code);
    return code == 0;
}

static bool count(int code)
{
    if (fine(code))
        atomic_fetch_add(&registered, 1);
    return code == 0;
}

static void cancel(autobus_slot *slot)
{
    ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    autobus_slot_unref(slot);
}

/* ---- Callbacks: they come as they can */

static void event(const autobus_event *what, void *user_data)
{
    ck_assert(what->code == 0 || what->code == AUTOBUS_EOVERFLOW);
    ab_gate_pass(user_data);
}

static void value(const autobus_value *what, void *user_data)
{
    ck_assert_str_eq(what->name, "value");
    ab_gate_pass(user_data);
}

static void binding(const autobus_binding *what, void *user_data)
{
    (void)what;
    ab_gate_pass(user_data);
}

static void result(const autobus_result *what, void *user_data)
{
    ck_assert_msg(fair(what->code), "it completed with %d", what->code);
    ab_gate_pass(user_data);
}

static void services(const autobus_services_event *what, void *user_data)
{
    (void)what;
    ab_gate_pass(user_data);
}

static void later(autobus_request *request, void *user_data)
{
    autobus_slot *slot;
    const char *text;

    if (count(autobus_request_on_abandoned(request, (autobus_abandoned_fn)abort, NULL, destroyed, &slot)))
        autobus_slot_unref(slot);
    if (autobus_request_unpack(request, "[s]", &text) == 0)
        autobus_reply_error(request, "late", "%s", text);
    (void)user_data;
}

/* ---- Acts */

static void call(void)
{
    json_t *out = NULL;

    fine(autobus_call_json(pair.remote, &out, NULL, "echo", NULL, 0, TIME_MS));
    json_decref(out);
}

static void call_in_error(void)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *args = json_pack("[s]", "x");
    int r = args ? autobus_call_json(pair.remote, NULL, &error, "later", args, 0, TIME_MS) : AUTOBUS_ENOMEM;

    ck_assert_int_ne(r, 0);
    fine(r);
    autobus_error_clear(&error);
    json_decref(args);
}

/* A completion comes, whatever fails. */
static void call_async(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);

    if (count(autobus_call_async(pair.remote, "echo", NULL, 0, TIME_MS, result, &gate, NULL, NULL))) {
        ab_gate_wait(&gate, before + 1);
        destroyed(NULL);
    }
}

static void call_cancelled(void)
{
    struct ab_gate gate = AB_GATE_INIT;
    autobus_canceler *canceler;
    autobus_slot *slot;

    atomic_store(&cancelling, true);
    if (count(autobus_call_async(pair.remote, "echo", NULL, 0, TIME_MS, result, &gate, destroyed, &slot))) {
        ck_assert_int_eq(autobus_call_cancel(slot), 0);
        ab_gate_wait(&gate, 1);
        cancel(slot);
    }
    if (fine(autobus_canceler_new(pair.client, &canceler))) {
        const autobus_call_options options = {.timeout_ms = TIME_MS, .canceler = canceler};

        fine(autobus_call_with(pair.remote, NULL, NULL, "echo", NULL, &options));
        autobus_canceler_cancel(canceler);
        autobus_canceler_unref(canceler);
    }
    atomic_store(&cancelling, false);
}

static void notice(void)
{
    fine(autobus_notice(pair.remote, "echo", "[i]", 1));
}

static void listen(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;

    if (!count(autobus_listen(pair.remote, "ping", event, &gate, destroyed, &slot)))
        return;
    call();
    fine(autobus_fire(pair.service, "ping", "[i]", 1));
    call();
    cancel(slot);
}

static void watch(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    static int number;
    autobus_slot *slot, *other;

    if (!count(autobus_watch(pair.remote, "value", value, &gate, destroyed, &slot)))
        return;
    fine(autobus_set(pair.service, "value", "i", ++number));
    if (count(autobus_watch(pair.remote, "value", value, &gate, destroyed, &other)))
        cancel(other);
    call();
    cancel(slot);
}

static void watch_bindings(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;

    if (count(autobus_remote_on_binding(pair.remote, binding, &gate, destroyed, &slot)))
        cancel(slot);
}

static void wait_async(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);

    if (count(autobus_remote_wait_async(pair.remote, TIME_MS, result, &gate, NULL, NULL))) {
        ab_gate_wait(&gate, before + 1);
        destroyed(NULL);
    }
}

/* Nobody listens there. */
static void over(const autobus_result *what, void *user_data)
{
    ck_assert_msg(what->code == AUTOBUS_ENETWORK || fair(what->code), "it ended with %d", what->code);
    ab_gate_pass(user_data);
}

static void connect_place(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_remote *remote;
    autobus_slot *slot;

    if (!fine(autobus_connect(pair.client, "127.0.0.1", 1, NULL, &remote)))
        return;
    if (count(autobus_remote_on_end(remote, AUTOBUS_END_PAST, over, &gate, destroyed, &slot)))
        cancel(slot);
    autobus_remote_unref(remote);
}

static void get(void)
{
    json_t *out = NULL;

    fine(autobus_get(pair.remote, "value", 0, TIME_MS, &out, NULL));
    json_decref(out);
}

static void look_around(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;
    json_t *out = NULL;

    if (fine(autobus_bus_services(pair.client, NULL, &out)))
        json_decref(out);
    if (fine(autobus_bus_settings(pair.client, &out)))
        json_decref(out);
    if (fine(autobus_bus_interfaces(pair.client, &out)))
        json_decref(out);
    if (count(autobus_listen_services(pair.client, NULL, AUTOBUS_SERVICES_EXISTING, services, &gate, destroyed, &slot)))
        cancel(slot);
}

static void publication(const autobus_publication *what, void *user_data)
{
    (void)what;
    ab_gate_pass(user_data);
}

/* A discoverer and a publisher of the program's. */
static void report(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_discoverer *discoverer = NULL;
    autobus_slot *slot;
    json_t *info = json_pack("{s:s}", "type", "reported");

    if (info && fine(autobus_discoverer_new(pair.client, "mine", &discoverer))) {
        fine(autobus_discover(discoverer, "10.0.0.1", 80, "x", info));
        json_object_set_new(info, "room", json_string("hall"));
        fine(autobus_discover(discoverer, "10.0.0.1", 80, "x", info));
        fine(autobus_discover(discoverer, "10.0.0.1", 81, "x", info));
    }
    if (count(autobus_publisher_add(pair.server, publication, &gate, destroyed, &slot)))
        cancel(slot);
    autobus_discoverer_unref(discoverer);
    json_decref(info);
}

static void look_at_counters(void)
{
    json_t *out = NULL;

    if (fine(autobus_bus_counters(pair.client, &out)))
        json_decref(out);
}

static void find_again(void)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *remote;
    json_t *info;
    int r;

    if (!fine(autobus_proxy(pair.client, "test", &remote, &error))) {
        autobus_error_clear(&error);
        return;
    }
    r = autobus_remote_wait(remote, 20, NULL);
    /* When an attempt fails the next is a while away; that it comes is for the engine's own tests. */
    if (r == AUTOBUS_ETIMEDOUT && !ab_failing_happened())
        r = autobus_remote_wait(remote, TIME_MS, NULL);
    ck_assert(fair(r) || (r == AUTOBUS_ETIMEDOUT && ab_failing_happened()));
    if (fine(autobus_remote_info(remote, &info)))
        json_decref(info);
    autobus_remote_unref(remote);
}

static void publish(void)
{
    autobus_service *service;
    json_t *zero = json_integer(0);

    if (zero && fine(autobus_service_new(pair.server, NULL, &service))) {
        count(autobus_service_add_function(service, "f", "doc", AUTOBUS_THREAD, later, NULL, destroyed, NULL));
        fine(autobus_service_add_event(service, "e", "doc"));
        fine(autobus_service_add_object(service, "o", "doc", zero));
        fine(autobus_service_publish(service));
        fine(autobus_service_set_doc(service, AUTOBUS_KIND_SERVICE, NULL, "doc"));
        fine(autobus_service_set_info(service, NULL));
        autobus_service_unref(service);
    }
    json_decref(zero);
}

static bool but_pings(const autobus_access *access, void *user_data)
{
    (void)user_data;
    return access->kind != AUTOBUS_ACCESS_LISTEN;
}

static void denied(const autobus_event *what, void *user_data)
{
    ck_assert(what->code == AUTOBUS_EREMOTE || what->code == AUTOBUS_EOVERFLOW);
    ab_gate_pass(user_data);
}

static void guard(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_slot *slot;
    json_t *all = NULL;

    fine(autobus_service_set_access(pair.service, "local, 10.0.0.0/8", &error));
    if (count(autobus_service_set_guard(pair.service, but_pings, NULL, destroyed)) &&
        count(autobus_listen(pair.remote, "ping", denied, &gate, destroyed, &slot))) {
        fine(autobus_call(pair.remote, NULL, NULL, "echo", NULL));
        cancel(slot);
    }
    if (fine(autobus_service_connections(pair.service, &all)))
        json_decref(all);
    ck_assert_int_eq(autobus_service_set_guard(pair.service, NULL, NULL, NULL), 0);
    autobus_error_clear(&error);
}

static void queues(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_queue *queue;
    autobus_slot *slot;

    if (!fine(autobus_queue_new(pair.client, &queue)))
        return;
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
    if (count(autobus_watch(pair.remote, "value", value, &gate, destroyed, &slot)))
        cancel(slot);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, NULL), 0);
    autobus_queue_unref(queue);
}

static void answer(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, NULL);
}

/* A loop on this thread, of both ends. */
static void loop(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);
    autobus_queue *queue, *function_queue;
    bool called;

    if (!fine(autobus_queue_new_polled(pair.client, &queue)))
        return;
    if (fine(autobus_queue_new_polled(pair.server, &function_queue))) {
        ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
        ck_assert_int_eq(autobus_service_set_queue(pair.service, function_queue), 0);
        count(
            autobus_service_add_function(pair.service, "queued", NULL, AUTOBUS_QUEUED, answer, NULL, destroyed, NULL));
        called = count(autobus_call_async(pair.remote, "queued", NULL, 0, TIME_MS, result, &gate, destroyed, NULL));
        while (called && ab_gate_count(&gate) == before) {
            struct pollfd wait[] = {{.fd = autobus_queue_fd(queue), .events = POLLIN},
                                    {.fd = autobus_queue_fd(function_queue), .events = POLLIN}};

            ck_assert_int_gt(poll(wait, 2, 2 * TIME_MS), 0);
            autobus_queue_dispatch(function_queue, 0);
            autobus_queue_dispatch(queue, 0);
        }
        ck_assert_int_eq(autobus_remote_set_queue(pair.remote, NULL), 0);
        ck_assert_int_eq(autobus_service_set_queue(pair.service, NULL), 0);
        autobus_queue_unref(function_queue); /* and with it the function */
    }
    autobus_queue_unref(queue);
}

static const struct {
    const char *name;
    void (*run)(void);
} acts[] = {
    {"call", call},
    {"call in error", call_in_error},
    {"call async", call_async},
    {"call cancelled", call_cancelled},
    {"notice", notice},
    {"listen", listen},
    {"watch", watch},
    {"bindings", watch_bindings},
    {"wait", wait_async},
    {"connect", connect_place},
    {"get", get},
    {"look", look_around},
    {"report", report},
    {"counters", look_at_counters},
    {"find", find_again},
    {"publish", publish},
    {"guard", guard},
    {"queues", queues},
    {"loop", loop},
};

#define ACTS ((int)(sizeof(acts) / sizeof(*acts)))

/* Calls work once there is memory again; by a new proxy, since one that often lost its connection takes its time. */
static void recover(void)
{
    ab_failing_arm(-1, false);
    autobus_remote_unref(pair.remote);
    ck_assert_int_eq(autobus_proxy(pair.client, "test", &pair.remote, NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
}

static void each_allocation(int act)
{
    for (long number = 0;; number++) {
        bool happened;

        ck_assert_int_lt(number, MOST);
        ab_failing_arm(number, false);
        acts[act].run();
        happened = ab_failing_happened();
        recover();
        if (!happened)
            return;
    }
}

START_TEST(each_act)
{
    ab_failing_install();
    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "later", AUTOBUS_THREAD, later, NULL);
    acts[_i].run();
    each_allocation(_i);
    ab_failing_arm(-1, false);
    ab_pair_close(&pair);
    ck_assert_int_eq(atomic_load(&registered), atomic_load(&ended));
    ck_assert_msg(ab_failing_live() == 0 && ab_failing_live_json() == 0, "%s: %ld blocks, %ld of jansson",
                  acts[_i].name, ab_failing_live(), ab_failing_live_json());
    ab_failing_remove();
}
END_TEST

static bool a_bus(void *options)
{
    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    int r = autobus_bus_new(options, &bus, &error);

    if (r == 0) {
        ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
        autobus_bus_unref(bus);
    } else {
        ck_assert_int_eq(r, AUTOBUS_ENOMEM);
        ck_assert_int_eq(error.code, r);
    }
    autobus_error_clear(&error);
    return r == 0;
}

START_TEST(making_a_bus)
{
    autobus_options *options = ab_test_options("seeds", "127.0.0.1:1,127.0.0.1:2", "allow", "local, 10.0.0.0/8", NULL);

    ck_assert_uint_gt(ab_failing_each(a_bus, options), 10);
    autobus_options_free(options);
}
END_TEST

static bool some_options(void *unused)
{
    autobus_options *options = NULL;
    autobus_filter *filter = NULL;
    autobus_error error = AUTOBUS_ERROR_INIT;
    char *text = NULL;
    json_t *value = json_pack("{s:[i]}", "a", 1);
    bool complete = autobus_options_new(&options) == 0 &&
                    autobus_options_set(options, "interfaces", "lo", &error) == 0 &&
                    autobus_filter_parse("a=1,b~x", &filter, &error) == 0 &&
                    autobus_filter_add_function(filter, (autobus_filter_fn)abort, NULL, NULL) == 0 && value &&
                    autobus_json_encode(value, 2, &text) == 0;

    (void)unused;
    autobus_options_free(options);
    autobus_filter_unref(filter);
    autobus_error_clear(&error);
    autobus_free(text);
    json_decref(value);
    return complete;
}

START_TEST(what_needs_no_bus)
{
    ck_assert_uint_gt(ab_failing_each(some_options, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, what_needs_no_bus);
    tcase_add_test(tcase, making_a_bus);
    tcase_add_loop_test(tcase, each_act, 0, ACTS);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
