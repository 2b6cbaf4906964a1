/* Workers: handlers in parallel, their limits, what is left to queues, and a system that gives no thread. */

#include "bus/bus.h"
#include "buses.h"
#include "harness.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PARALLEL 8

struct held {
    struct ab_gate entered;
    struct ab_gate released;
    struct ab_gate answered;
    atomic_int busy;
};

#define HELD_INIT                                   \
    {                                               \
        AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT, 0 \
    }

static void hold(autobus_request *request, void *user_data)
{
    struct held *held = user_data;

    ab_gate_pass(&held->entered);
    ab_gate_wait(&held->released, 1);
    autobus_reply(request, "i", 1);
}

static void note_answer(const autobus_result *result, void *user_data)
{
    struct held *held = user_data;

    if (result->code == AUTOBUS_EREMOTE && strcmp(result->error->type, "busy") == 0)
        atomic_fetch_add(&held->busy, 1);
    else
        ck_assert_int_eq(result->code, 0);
    ab_gate_pass(&held->answered);
}

static void call(struct ab_pair *pair, struct held *held, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(autobus_call_async(pair->remote, "hold", NULL, 0, 0, note_answer, held, NULL, NULL), 0);
}

START_TEST(in_parallel)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &held);
    call(&pair, &held, PARALLEL);
    ab_gate_wait(&held.entered, PARALLEL);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, PARALLEL);
    ck_assert_int_eq(held.busy, 0);
    ab_pair_close(&pair);
}
END_TEST

/* A function with a slow handler is answered null at once. */
START_TEST(answered_at_once)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "hold", AUTOBUS_ASYNC, hold, &held);
    call(&pair, &held, PARALLEL);
    ab_gate_wait(&held.answered, PARALLEL);
    ab_gate_wait(&held.entered, PARALLEL);
    ab_gate_pass(&held.released);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(too_many_wait)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;

    ab_pair_open(&pair, ab_test_options("workers", "3", "calls_waiting", "4", NULL));
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &held);
    call(&pair, &held, 2);
    ab_gate_wait(&held.entered, 2);
    call(&pair, &held, 4);
    call(&pair, &held, 3);
    ab_gate_wait(&held.answered, 3);
    ck_assert_int_eq(held.busy, 3);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, 9);
    ck_assert_int_eq(held.busy, 3);
    ck_assert_int_eq(ab_gate_count(&held.entered), 6);
    ab_pair_close(&pair);
}
END_TEST

static void open_client(struct ab_pair *pair, struct ab_pair *client)
{
    *client = *pair;
    client->client = ab_test_bus();
    ck_assert_int_eq(autobus_proxy(client->client, "test", &client->remote, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(client->remote, 10000, NULL), 0);
}

static void close_client(struct ab_pair *client)
{
    autobus_remote_unref(client->remote);
    ab_test_bus_end(client->client);
}

/* Who has most calls waiting gives way to who comes with his first, and they are served in turn. */
static void share(enum autobus_mode mode)
{
    struct ab_pair pair, other;
    struct held greedy = HELD_INIT, modest = HELD_INIT;

    ab_pair_open(&pair, ab_test_options("workers", "3", "calls_waiting", "4", NULL));
    open_client(&pair, &other);
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &greedy);
    ab_pair_function(&pair, "other", mode, hold, &modest);
    ab_gate_pass(&modest.released);
    call(&pair, &greedy, 2);
    ab_gate_wait(&greedy.entered, 2);
    call(&pair, &greedy, 6);
    ab_gate_wait(&greedy.answered, 2); /* over the limit: they are answered busy */
    ck_assert_int_eq(autobus_call_async(other.remote, "other", NULL, 0, 0, note_answer, &modest, NULL, NULL), 0);
    ab_gate_wait(&greedy.answered, 3);
    ck_assert_int_eq(greedy.busy, 3);
    ab_gate_pass(&greedy.released);
    ab_gate_wait(&modest.answered, 1);
    ab_gate_wait(&greedy.answered, 8);
    ck_assert_int_eq(greedy.busy, 3);
    ck_assert_int_eq(modest.busy, 0);
    close_client(&other);
    ab_pair_close(&pair);
}

START_TEST(who_has_most_gives_way)
{
    share(AUTOBUS_THREAD);
    share(AUTOBUS_SYNC);
    share(AUTOBUS_QUEUED);
}
END_TEST

static atomic_int order;

static void note_order(autobus_request *request, void *user_data)
{
    struct held *held = user_data;

    atomic_store(&held->busy, atomic_fetch_add(&order, 1)); /* of the last of them */
    autobus_reply(request, "i", 1);
}

START_TEST(clients_have_turns)
{
    struct ab_pair pair, other;
    struct held held = HELD_INIT, one = HELD_INIT, two = HELD_INIT;

    ab_pair_open(&pair, ab_test_options("workers", "2", NULL));
    open_client(&pair, &other);
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &held);
    ab_pair_function(&pair, "one", AUTOBUS_THREAD, note_order, &one);
    ab_pair_function(&pair, "two", AUTOBUS_THREAD, note_order, &two);
    call(&pair, &held, 1);
    ab_gate_wait(&held.entered, 1);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(autobus_call_async(pair.remote, "one", NULL, 0, 0, note_answer, &held, NULL, NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "autobus", NULL), AUTOBUS_EREMOTE); /* they have come */
    ck_assert_int_eq(autobus_call_async(other.remote, "two", NULL, 0, 0, note_answer, &held, NULL, NULL), 0);
    ck_assert_int_eq(autobus_call(other.remote, NULL, NULL, "autobus", NULL), AUTOBUS_EREMOTE);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, 22);
    ck_assert_int_eq(two.busy, 1); /* the second, though it came last */
    ck_assert_int_eq(one.busy, 20);
    close_client(&other);
    ab_pair_close(&pair);
}
END_TEST

/* The same on the event thread, where a handler holds up all of the bus. */
START_TEST(too_many_wait_in_sync)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;

    ab_pair_open(&pair, ab_test_options("calls_waiting", "1", NULL));
    ab_pair_function(&pair, "hold", AUTOBUS_SYNC, hold, &held);
    call(&pair, &held, 1);
    ab_gate_wait(&held.entered, 1);
    call(&pair, &held, 4);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, 5);
    ck_assert_int_le(held.busy, 3);
    ab_pair_close(&pair);
}
END_TEST

static void pass(const autobus_value *value, void *user_data)
{
    (void)value;
    ab_gate_pass(user_data);
}

/* The server watches its own service: handlers that never end do not stop its queue. */
START_TEST(one_is_left_to_queues)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;
    struct ab_gate told = AB_GATE_INIT;
    autobus_remote *own;

    ab_pair_open(&pair, ab_test_options("workers", "2", NULL));
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &held);
    call(&pair, &held, 4);
    ab_gate_wait(&held.entered, 1);
    ck_assert_int_eq(autobus_proxy(pair.server, "test", &own, NULL), 0);
    ck_assert_int_eq(autobus_watch(own, "value", pass, &told, NULL, NULL), 0);
    ab_gate_wait(&told, 1);
    ck_assert_int_eq(ab_gate_count(&held.entered), 1);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, 4);
    autobus_remote_unref(own);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(one_for_everything)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;
    struct ab_gate told = AB_GATE_INIT;
    autobus_remote *own;

    ab_pair_open(&pair, ab_test_options("workers", "1", NULL));
    ab_pair_function(&pair, "hold", AUTOBUS_THREAD, hold, &held);
    ab_gate_pass(&held.released);
    ck_assert_int_eq(autobus_proxy(pair.server, "test", &own, NULL), 0);
    ck_assert_int_eq(autobus_watch(own, "value", pass, &told, NULL, NULL), 0);
    call(&pair, &held, 20);
    ab_gate_wait(&held.answered, 20);
    ab_gate_wait(&told, 1);
    autobus_remote_unref(own);
    ab_pair_close(&pair);
}
END_TEST

/* Calls that wait when their function goes are answered. */
START_TEST(the_function_goes)
{
    struct ab_pair pair;
    struct held held = HELD_INIT;
    struct ab_gate destroyed = AB_GATE_INIT;
    autobus_slot *slot;
    json_t *value;

    ab_pair_open(&pair, ab_test_options("workers", "2", NULL));
    ck_assert_int_eq(autobus_service_add_function(pair.service, "hold", NULL, AUTOBUS_THREAD, hold, &held, NULL, NULL),
                     0);
    ck_assert_int_eq(autobus_service_add_function(pair.service, "late", NULL, AUTOBUS_THREAD,
                                                  (autobus_function_fn)abort, &destroyed, ab_gate_destroy, &slot),
                     0);
    call(&pair, &held, 1);
    ab_gate_wait(&held.entered, 1);
    ck_assert_int_eq(autobus_notice(pair.remote, "late", NULL), 0);
    ck_assert_int_eq(autobus_get(pair.remote, "value", 0, 0, &value, NULL), 0); /* the notice is there now */
    json_decref(value);
    ck_assert_int_eq(autobus_service_remove(pair.service, AUTOBUS_KIND_FUNCTION, "late"), 0);
    ck_assert_int_eq(autobus_service_remove(pair.service, AUTOBUS_KIND_FUNCTION, "late"), AUTOBUS_ENOENT);
    ck_assert_int_eq(autobus_service_remove(pair.service, AUTOBUS_KIND_SERVICE, "late"), AUTOBUS_EINVAL);
    ck_assert_int_eq(ab_gate_count(&destroyed), 1);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ab_gate_pass(&held.released);
    ab_gate_wait(&held.answered, 1);
    ab_pair_close(&pair);
}
END_TEST

/* ---- No threads */

/* No thread can be made meanwhile: a user that has as many as it may. */
static void forbid_threads(bool forbid)
{
    static struct rlimit before;
    struct rlimit none;

    if (forbid) {
        ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &before), 0);
        none = (struct rlimit){1, before.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
        if (getuid() == 0) /* whom no limit binds */
            ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
    } else {
        if (getuid() == 65534)
            ck_assert_int_eq(setresuid(0, 0, 0), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &before), 0);
    }
}

static void note_end(const autobus_result *result, void *user_data)
{
    ck_assert(result->code == AUTOBUS_ECLOSED || result->code == AUTOBUS_EREMOTE);
    ab_gate_pass(user_data);
}

START_TEST(no_threads)
{
    struct ab_pair pair;
    struct ab_gate closed = AB_GATE_INIT;
    struct held held = HELD_INIT;
    struct ab_gate told = AB_GATE_INIT;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_bus *bus;
    int r;

    ab_pair_open(&pair, NULL);
    forbid_threads(true);
    ck_assert_int_eq(autobus_bus_new(NULL, &bus, &error), AUTOBUS_ENOMEM);
    autobus_error_clear(&error);
    r = autobus_call(pair.remote, NULL, &error, "echo", NULL);
    ck_assert_int_eq(r, AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "busy");
    autobus_error_clear(&error);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", pass, &told, NULL, NULL), 0);
    ab_gate_wait(&told, 1); /* on the event thread then */
    for (int i = 1; i <= 20; i++) {
        ck_assert_int_eq(autobus_set(pair.service, "value", "i", i), 0);
        ab_gate_wait(&told, 1 + i);
    }
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, note_answer, &held, NULL, NULL), 0);
    ab_gate_wait(&held.answered, 1);
    ck_assert_int_eq(held.busy, 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, note_end, &closed, ab_gate_destroy, NULL),
                         0);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&closed), 6);
    forbid_threads(false);
}
END_TEST

static void wait_for_end(const autobus_result *result, void *user_data)
{
    autobus_bus *bus = user_data;

    ck_assert_int_eq(result->code, AUTOBUS_ECLOSED);
    ab_bus_lock(bus);
    while (!bus->event_thread_over)
        ab_bus_wait(bus);
    ab_bus_unlock(bus);
}

/* Engine and net go when no worker is about to look for work: one that has found some is not waited for. */
START_TEST(a_last_word_does_not_hold_the_net)
{
    for (int i = 0; i < 50; i++) {
        autobus_bus *bus = ab_test_bus();
        autobus_remote *remote;

        ck_assert_int_eq(autobus_proxy(bus, "nobody", &remote, NULL), 0);
        ck_assert_int_eq(autobus_call_async(remote, "echo", NULL, 0, 0, wait_for_end, bus, NULL, NULL), 0);
        ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
        autobus_remote_unref(remote);
        autobus_bus_unref(bus);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workers");
    TCase *tcase = tcase_create("workers");

    tcase_add_test(tcase, in_parallel);
    tcase_add_test(tcase, answered_at_once);
    tcase_add_test(tcase, too_many_wait);
    tcase_add_test(tcase, who_has_most_gives_way);
    tcase_add_test(tcase, clients_have_turns);
    tcase_add_test(tcase, too_many_wait_in_sync);
    tcase_add_test(tcase, one_is_left_to_queues);
    tcase_add_test(tcase, one_for_everything);
    tcase_add_test(tcase, the_function_goes);
    tcase_add_test(tcase, no_threads);
    tcase_add_test(tcase, a_last_word_does_not_hold_the_net);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
