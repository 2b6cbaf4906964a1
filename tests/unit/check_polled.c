/* Queues that the program runs in its own loop: what runs where, when the descriptor is readable, and how they end. */

#include "buses.h"
#include "harness.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATIENCE_MS 10000

/* What callbacks did. They run on the thread of the test alone, so nothing of it needs a lock; ThreadSanitizer looks. */
static struct {
    int events, values, results, bindings, services, calls, abandoned, destroyed;
    int code; /* of the last event or result */
    autobus_queue *queue;
    autobus_remote *remote;
    autobus_request *kept;
} seen;

static void setup(void)
{
    memset(&seen, 0, sizeof(seen));
}

static void destroyed(void *user_data)
{
    (void)user_data;
    seen.destroyed++;
}

static void event(const autobus_event *what, void *user_data)
{
    (void)user_data;
    seen.events++;
    seen.code = what->code;
}

static void value(const autobus_value *what, void *user_data)
{
    (void)what;
    (void)user_data;
    seen.values++;
}

static void result(const autobus_result *what, void *user_data)
{
    (void)user_data;
    seen.results++;
    seen.code = what->code;
}

static void binding(const autobus_binding *what, void *user_data)
{
    (void)what;
    (void)user_data;
    seen.bindings++;
}

static void services(const autobus_services_event *what, void *user_data)
{
    (void)what;
    (void)user_data;
    seen.services++;
}

static void answer(autobus_request *request, void *user_data)
{
    (void)user_data;
    seen.calls++;
    autobus_reply_json(request, autobus_request_args(request));
}

/* ---- A loop */

static bool readable_within(const autobus_queue *queue, int timeout_ms)
{
    struct pollfd wait = {.fd = autobus_queue_fd((autobus_queue *)queue), .events = POLLIN};

    return poll(&wait, 1, timeout_ms) == 1;
}

static bool readable(const autobus_queue *queue)
{
    return readable_within(queue, 0);
}

/* Until the count is that, by whatever becomes due. */
static void loop_until(autobus_queue *queue, const int *count, int wanted)
{
    while (*count < wanted) {
        ck_assert(readable_within(queue, PATIENCE_MS));
        ck_assert_int_ge(autobus_queue_dispatch(queue, 0), 1);
    }
    ck_assert_int_eq(*count, wanted);
}

static autobus_queue *polled(autobus_bus *bus)
{
    autobus_queue *queue;

    ck_assert_int_eq(autobus_queue_new_polled(bus, &queue), 0);
    return queue;
}

/* A pair whose client runs its callbacks in the returned queue. */
static autobus_queue *open_pair(struct ab_pair *pair, autobus_options *options)
{
    autobus_queue *queue;

    ab_pair_open(pair, options);
    queue = polled(pair->client);
    ck_assert_int_eq(autobus_bus_set_queue(pair->client, queue), 0);
    return queue;
}

static void fire(const struct ab_pair *pair, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(autobus_fire(pair->service, "ping", "[i]", i), 0);
}

static void listen_to_pings(struct ab_pair *pair, autobus_event_fn callback)
{
    ck_assert_int_eq(autobus_listen(pair->remote, "ping", callback, NULL, destroyed, NULL), 0);
    ab_pair_flush(pair);
}

/* ---- Tests */

START_TEST(nothing_is_due)
{
    autobus_bus *bus = ab_test_bus();
    autobus_queue *queue = polled(bus);
    autobus_queue *other;

    ck_assert_int_ge(autobus_queue_fd(queue), 0);
    ck_assert(!readable(queue));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 0);
    ck_assert_int_eq(autobus_queue_dispatch(queue, -1), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_queue_dispatch(NULL, 0), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_queue_fd(NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_queue_new(bus, &other), 0);
    ck_assert_int_eq(autobus_queue_fd(other), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_queue_dispatch(other, 0), AUTOBUS_EINVAL);
    autobus_queue_unref(other);
    autobus_bus_close(bus);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_queue_new_polled(bus, &other), AUTOBUS_ECLOSED);
    autobus_queue_unref(autobus_queue_ref(queue));
    ck_assert(!readable(queue));
    ab_test_bus_end(bus);
    autobus_queue_unref(queue); /* it outlives its bus */
}
END_TEST

START_TEST(no_descriptor)
{
    autobus_bus *bus = ab_test_bus();
    autobus_queue *queue = polled(bus);
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    autobus_queue_unref(queue);
    ck_assert_int_eq(autobus_queue_new_polled(bus, &queue), AUTOBUS_ENETWORK);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    autobus_queue_unref(polled(bus));
    ab_test_bus_end(bus);
}
END_TEST

static void keep(autobus_request *request, void *user_data)
{
    (void)user_data;
    seen.calls++;
    seen.kept = autobus_request_ref(request);
}

static void abandoned(autobus_request *request, void *user_data)
{
    (void)request;
    (void)user_data;
    seen.abandoned++;
}

/* Two buses, one thread and one queue for each: all kinds of callback, functions included. */
START_TEST(everything_on_one_thread)
{
    struct ab_pair pair;
    autobus_queue *client = open_pair(&pair, NULL);
    autobus_queue *server = polled(pair.server);
    autobus_slot *slot;

    ck_assert_int_eq(autobus_bus_set_queue(pair.server, server), 0);
    ab_pair_function(&pair, "answer", AUTOBUS_QUEUED, answer, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_QUEUED, keep, NULL);

    ck_assert_int_eq(autobus_remote_on_binding(pair.remote, binding, NULL, NULL, NULL), 0);
    loop_until(client, &seen.bindings, 1);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", value, NULL, NULL, NULL), 0);
    loop_until(client, &seen.values, 1);
    fire(&pair, 1);
    loop_until(client, &seen.events, 1);
    ck_assert_int_eq(autobus_listen_services(pair.client, NULL, AUTOBUS_SERVICES_EXISTING, services, NULL, NULL, NULL),
                     0);
    while (seen.services < 2) {
        ck_assert(readable_within(client, PATIENCE_MS));
        autobus_queue_dispatch(client, 0);
    }

    ck_assert_int_eq(autobus_call_async(pair.remote, "answer", NULL, 0, 0, result, NULL, NULL, NULL), 0);
    loop_until(server, &seen.calls, 1);
    loop_until(client, &seen.results, 1);
    ck_assert_int_eq(seen.code, 0);

    ck_assert_int_eq(autobus_call_async(pair.remote, "keep", NULL, 0, 0, result, NULL, destroyed, &slot), 0);
    loop_until(server, &seen.calls, 2);
    ck_assert_int_eq(autobus_request_on_abandoned(seen.kept, abandoned, NULL, NULL, NULL), 0);
    autobus_slot_unref(slot);
    autobus_remote_close(pair.remote);
    loop_until(client, &seen.results, 2);
    ck_assert_int_eq(seen.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(seen.destroyed, 1);
    loop_until(server, &seen.abandoned, 1);
    autobus_request_unref(seen.kept);

    ab_pair_close(&pair);
    autobus_queue_unref(client);
    autobus_queue_unref(server);
}
END_TEST

START_TEST(readable_while_something_waits)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);

    listen_to_pings(&pair, event);
    ck_assert(!readable(queue));
    fire(&pair, 3);
    ab_pair_flush(&pair);
    for (int i = 1; i <= 3; i++) {
        ck_assert(readable(queue));
        ck_assert_int_eq(autobus_queue_dispatch(queue, 1), 1);
        ck_assert_int_eq(seen.events, i);
    }
    ck_assert(!readable(queue));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 1), 0);
    autobus_queue_unref(queue);
    ck_assert_int_eq(seen.destroyed, 1);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(not_readable_when_what_waited_is_cancelled)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);
    autobus_slot *slot;

    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, NULL, destroyed, &slot), 0);
    ab_pair_flush(&pair);
    fire(&pair, 3);
    ab_pair_flush(&pair);
    ck_assert(readable(queue));
    autobus_slot_cancel(slot);
    ck_assert(!readable(queue));
    listen_to_pings(&pair, event);
    fire(&pair, 1);
    ab_pair_flush(&pair);
    ck_assert(readable(queue));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    autobus_slot_unref(slot);
    autobus_queue_unref(queue);
    ab_pair_close(&pair);
}
END_TEST

static int edges(int epoll)
{
    struct epoll_event out;

    return epoll_wait(epoll, &out, 1, 0);
}

START_TEST(an_edge_for_each_time)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);
    struct epoll_event in = {.events = EPOLLIN | EPOLLET};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    listen_to_pings(&pair, event);
    ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, autobus_queue_fd(queue), &in), 0);
    ck_assert_int_eq(edges(epoll), 0);
    fire(&pair, 2);
    ab_pair_flush(&pair);
    ck_assert_int_eq(edges(epoll), 1);
    ck_assert_int_eq(edges(epoll), 0);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 1), 1);
    ck_assert_int_eq(edges(epoll), 1); /* something was left */
    ck_assert_int_eq(autobus_queue_dispatch(queue, 1), 1);
    ck_assert_int_eq(edges(epoll), 0);
    fire(&pair, 1);
    ab_pair_flush(&pair);
    ck_assert_int_eq(edges(epoll), 1);
    close(epoll);
    ab_pair_close(&pair);
    autobus_queue_unref(queue);
}
END_TEST

START_TEST(a_round_has_an_end)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);

    listen_to_pings(&pair, event);
    fire(&pair, 200);
    ab_pair_flush(&pair);
    while (seen.events < 200) {
        int before = seen.events;
        int ran = autobus_queue_dispatch(queue, 1000);

        ck_assert(ran >= 1 && ran <= 64);
        ck_assert_int_eq(seen.events, before + ran);
        ck_assert(readable(queue) == (seen.events < 200));
    }
    ab_pair_close(&pair);
    autobus_queue_unref(queue);
}
END_TEST

static void block(const autobus_event *what, void *user_data)
{
    (void)user_data;
    seen.events++;
    ck_assert_int_eq(autobus_queue_dispatch(seen.queue, 0), AUTOBUS_EDEADLK);
    ck_assert_int_eq(autobus_call(what->remote, NULL, NULL, "echo", NULL), AUTOBUS_EDEADLK);
    ck_assert_int_eq(autobus_remote_wait(what->remote, 0, NULL), AUTOBUS_EDEADLK);
    ck_assert_int_eq(autobus_call_async(what->remote, "echo", NULL, 0, 0, result, NULL, NULL, NULL), 0);
}

START_TEST(nothing_blocks_in_a_callback)
{
    struct ab_pair pair;

    seen.queue = open_pair(&pair, NULL);
    listen_to_pings(&pair, block);
    fire(&pair, 1);
    loop_until(seen.queue, &seen.events, 1);
    loop_until(seen.queue, &seen.results, 1); /* what it sent has left */
    ck_assert_int_eq(seen.code, 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    ab_pair_close(&pair);
    autobus_queue_unref(seen.queue);
}
END_TEST

START_TEST(a_loop_that_stands_still)
{
    struct ab_pair pair;
    autobus_queue *client = open_pair(&pair, ab_test_options("events_waiting", "10", "calls_waiting", "2", NULL));
    autobus_queue *server = polled(pair.server);
    autobus_error error = AUTOBUS_ERROR_INIT;

    ck_assert_int_eq(autobus_service_set_queue(pair.service, server), 0);
    ab_pair_function(&pair, "answer", AUTOBUS_QUEUED, answer, NULL);
    listen_to_pings(&pair, event);
    fire(&pair, 20);
    ab_pair_flush(&pair);
    loop_until(client, &seen.events, 1);
    ck_assert_int_eq(seen.code, AUTOBUS_EOVERFLOW);
    ck_assert_int_eq(seen.destroyed, 1);

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(autobus_notice(pair.remote, "answer", NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "answer", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "busy");
    autobus_error_clear(&error);
    loop_until(server, &seen.calls, 2);
    ab_pair_close(&pair);
    autobus_queue_unref(client);
    autobus_queue_unref(server);
}
END_TEST

/* ---- Ends */

static void call_and_keep(struct ab_pair *pair)
{
    ab_pair_function(pair, "keep", AUTOBUS_THREAD, keep, NULL);
    ck_assert_int_eq(autobus_call_async(pair->remote, "keep", NULL, 0, 0, result, NULL, destroyed, NULL), 0);
}

/* No loop runs any more, and the call still ends. */
START_TEST(closing_tells_what_waits)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);

    call_and_keep(&pair);
    ck_assert_int_eq(autobus_bus_close_wait(pair.client), 0);
    ck_assert_int_eq(seen.results, 1);
    ck_assert_int_eq(seen.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(seen.destroyed, 1);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
    autobus_request_unref(seen.kept);
    autobus_queue_unref(queue);
}
END_TEST

START_TEST(a_loop_that_goes_on_after_the_close)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);

    call_and_keep(&pair);
    autobus_bus_close(pair.client);
    ck_assert(readable(queue));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    ck_assert_int_eq(seen.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
    autobus_request_unref(seen.kept);
    autobus_queue_unref(queue);
}
END_TEST

START_TEST(nobody_dispatches_or_waits)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);

    call_and_keep(&pair);
    listen_to_pings(&pair, event);
    autobus_bus_close(pair.client);
    ck_assert_int_eq(seen.destroyed, 1); /* the listener */
    if (_i == 0)
        autobus_queue_unref(queue);
    ab_pair_close(&pair);
    if (_i == 1)
        autobus_queue_unref(queue);
    ck_assert_int_eq(seen.results, _i);
    ck_assert_int_eq(seen.destroyed, 2);
    autobus_request_unref(seen.kept);
}
END_TEST

START_TEST(dropping_the_queue_ends_what_is_on_it)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);
    autobus_slot *slot;

    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, NULL, destroyed, &slot), 0);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, result, NULL, destroyed, NULL), 0);
    ck_assert(readable_within(queue, PATIENCE_MS));
    autobus_queue_ref(queue);
    autobus_queue_unref(queue);
    ck_assert_int_eq(seen.destroyed, 0);
    autobus_queue_unref(queue);
    ck_assert_int_eq(seen.destroyed, 2);
    autobus_slot_unref(slot);

    /* It is still the bus's, and there is nobody to run it. */
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, NULL, destroyed, NULL), 0);
    ck_assert_int_eq(seen.destroyed, 3);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", value, NULL, destroyed, NULL), 0);
    ck_assert_int_eq(seen.destroyed, 4);
    ck_assert_int_eq(autobus_remote_on_binding(pair.remote, binding, NULL, destroyed, NULL), 0);
    ck_assert_int_eq(seen.destroyed, 5);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, result, NULL, destroyed, NULL), 0);
    ck_assert_int_eq(seen.destroyed, 6);
    ck_assert_int_eq(
        autobus_listen_services(pair.client, NULL, AUTOBUS_SERVICES_EXISTING, services, NULL, destroyed, NULL), 0);
    ck_assert_int_eq(seen.destroyed, 7);
    ck_assert_int_eq(autobus_bus_set_queue(pair.client, NULL), 0);
    ab_pair_flush(&pair);
    ab_pair_close(&pair);
    ck_assert_int_eq(seen.results + seen.events + seen.values + seen.bindings + seen.services, 0);
}
END_TEST

START_TEST(functions_end_with_their_queue)
{
    struct ab_pair pair;
    autobus_queue *queue;
    autobus_error error = AUTOBUS_ERROR_INIT;

    ab_pair_open(&pair, NULL);
    queue = polled(pair.server);
    ck_assert_int_eq(autobus_service_set_queue(pair.service, queue), 0);
    ab_pair_function(&pair, "answer", AUTOBUS_QUEUED, answer, NULL);
    ck_assert_int_eq(autobus_call_async(pair.remote, "answer", NULL, 0, 0, NULL, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_notice(pair.remote, "answer", NULL), 0);
    ck_assert(readable_within(queue, PATIENCE_MS));
    autobus_queue_unref(queue);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "answer", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "no_such_function");
    autobus_error_clear(&error);
    ck_assert_int_eq(autobus_service_set_queue(pair.service, NULL), 0);
    ab_pair_close(&pair);
    ck_assert_int_eq(seen.calls, 0);
}
END_TEST

static void drop_all(const autobus_event *what, void *user_data)
{
    struct ab_pair *pair = user_data;

    (void)what;
    seen.events++;
    ck_assert_int_eq(autobus_bus_close_wait(pair->client), AUTOBUS_EDEADLK);
    pair->remote = autobus_remote_unref(pair->remote);
    pair->client = autobus_bus_unref(pair->client);
    seen.queue = autobus_queue_unref(seen.queue);
}

START_TEST(a_callback_drops_everything)
{
    struct ab_pair pair;

    seen.queue = open_pair(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", drop_all, &pair, destroyed, NULL), 0);
    ab_pair_flush(&pair);
    fire(&pair, 2);
    ck_assert(readable_within(seen.queue, PATIENCE_MS));
    ck_assert_int_eq(autobus_queue_dispatch(seen.queue, 0), 1);
    ck_assert_int_eq(seen.events, 1);
    ck_assert_int_eq(seen.destroyed, 1);
    autobus_service_unref(pair.service);
    ab_test_bus_end(pair.server);
}
END_TEST

/* ---- Of two threads */

static struct ab_gate entered = AB_GATE_INIT, released = AB_GATE_INIT;

static void hold(const autobus_event *what, void *user_data)
{
    (void)what;
    (void)user_data;
    ab_gate_pass(&entered);
    ab_gate_wait(&released, 1);
}

static void *dispatch_one(void *queue)
{
    ck_assert(readable_within(queue, PATIENCE_MS));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 1), 1);
    return NULL;
}

static void *close_and_wait(void *bus)
{
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    return NULL;
}

/* One dispatches; another finds nothing to do, and a close waits for the first and does the rest. */
START_TEST(one_thread_at_a_time)
{
    struct ab_pair pair;
    autobus_queue *queue = open_pair(&pair, NULL);
    pthread_t first, second;

    listen_to_pings(&pair, hold);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, result, NULL, destroyed, NULL), 0);
    ck_assert(readable_within(queue, PATIENCE_MS));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    fire(&pair, 2);
    ck_assert_int_eq(pthread_create(&first, NULL, dispatch_one, queue), 0);
    ab_gate_wait(&entered, 1);
    ck_assert(!readable(queue));
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 0);
    call_and_keep(&pair);
    ck_assert_int_eq(pthread_create(&second, NULL, close_and_wait, pair.client), 0);
    ab_gate_pass(&released);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    ck_assert_int_eq(seen.results, 2);
    ck_assert_int_eq(seen.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(seen.destroyed, 3);
    ab_pair_close(&pair);
    autobus_request_unref(seen.kept);
    autobus_queue_unref(queue);
}
END_TEST

/* The mode alone: in order with the rest of the bus's own queue, on a worker. */
START_TEST(functions_in_a_queue_of_the_library)
{
    struct ab_pair pair;
    json_t *out;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "answer", AUTOBUS_QUEUED, answer, NULL);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(autobus_notice(pair.remote, "answer", NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, &out, NULL, "answer", "[i]", 7), 0);
    ck_assert_int_eq(seen.calls, 51);
    ck_assert_int_eq(json_integer_value(json_array_get(out, 0)), 7);
    json_decref(out);
    ck_assert_int_eq(
        autobus_service_add_function(pair.service, "x", NULL, (enum autobus_mode)4, answer, NULL, NULL, NULL),
        AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("polled");
    TCase *tcase = tcase_create("polled");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, nothing_is_due);
    tcase_add_test(tcase, no_descriptor);
    tcase_add_test(tcase, everything_on_one_thread);
    tcase_add_test(tcase, readable_while_something_waits);
    tcase_add_test(tcase, not_readable_when_what_waited_is_cancelled);
    tcase_add_test(tcase, an_edge_for_each_time);
    tcase_add_test(tcase, a_round_has_an_end);
    tcase_add_test(tcase, nothing_blocks_in_a_callback);
    tcase_add_test(tcase, a_loop_that_stands_still);
    tcase_add_test(tcase, closing_tells_what_waits);
    tcase_add_test(tcase, a_loop_that_goes_on_after_the_close);
    tcase_add_loop_test(tcase, nobody_dispatches_or_waits, 0, 2);
    tcase_add_test(tcase, dropping_the_queue_ends_what_is_on_it);
    tcase_add_test(tcase, functions_end_with_their_queue);
    tcase_add_test(tcase, a_callback_drops_everything);
    tcase_add_test(tcase, one_thread_at_a_time);
    tcase_add_test(tcase, functions_in_a_queue_of_the_library);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
