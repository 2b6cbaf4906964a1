/* Slots: what cancelling promises, what a slow listener and a slow watcher get, and that a destroy function runs once. */

#include "buses.h"
#include "failing.h"
#include "harness.h"

#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "bus/bus.h"

/* A callback that reports that it runs, and holds its queue until it is let go. */
struct slow {
    struct ab_gate entered;
    struct ab_gate released;
    struct ab_gate destroyed;
    autobus_slot *slot;
    int result;
};

#define SLOW_INIT                                         \
    {                                                     \
        AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT, NULL, 1 \
    }

static void destroyed(void *user_data)
{
    struct slow *slow = user_data;

    ab_gate_pass(&slow->destroyed);
}

static void hold(struct slow *slow)
{
    ab_gate_pass(&slow->entered);
    ab_gate_wait(&slow->released, 1);
}

static void hold_event(const autobus_event *event, void *user_data)
{
    ck_assert_int_eq(event->code, 0);
    hold(user_data);
}

static void listen_slowly(struct ab_pair *pair, struct slow *slow)
{
    ck_assert_int_eq(autobus_listen(pair->remote, "ping", hold_event, slow, destroyed, &slow->slot), 0);
    ab_pair_flush(pair);
}

START_TEST(a_run_goes_on)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;

    ab_pair_open(&pair, NULL);
    listen_slowly(&pair, &slow);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_gate_wait(&slow.entered, 1);
    autobus_slot_cancel(slow.slot);
    autobus_slot_cancel(slow.slot);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 0);
    ab_gate_pass(&slow.released);
    ck_assert_int_eq(autobus_slot_cancel_wait(slow.slot), 0);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
    ab_pair_flush(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.entered), 1);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
}
END_TEST

static void *release_later(void *user_data)
{
    struct slow *slow = user_data;

    ab_gate_wait(&slow->entered, 1);
    ab_gate_pass(&slow->released);
    return NULL;
}

START_TEST(waiting_for_the_end)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    pthread_t thread;

    ab_pair_open(&pair, NULL);
    listen_slowly(&pair, &slow);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&slow.entered, 1);
    pthread_create(&thread, NULL, release_later, &slow);
    ck_assert_int_eq(autobus_slot_cancel_wait(slow.slot), 0);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
    pthread_join(thread, NULL);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(nothing_runs)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;

    ab_pair_open(&pair, NULL);
    listen_slowly(&pair, &slow);
    autobus_slot_cancel(slow.slot);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1); /* inside the cancel */
    autobus_slot_unref(slow.slot);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_pair_flush(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.entered), 0);
    autobus_slot_cancel(NULL);
    ck_assert_int_eq(autobus_slot_cancel_wait(NULL), AUTOBUS_EINVAL);
    ck_assert_ptr_null(autobus_slot_unref(NULL));
    ck_assert_ptr_null(autobus_slot_ref(NULL));
    ab_pair_close(&pair);
}
END_TEST

static void cancel_inside(const autobus_event *event, void *user_data)
{
    struct slow *slow = user_data;

    (void)event;
    slow->result = autobus_slot_cancel_wait(slow->slot);
    ck_assert_int_eq(ab_gate_count(&slow->destroyed), 0);
    ab_gate_pass(&slow->entered);
}

START_TEST(waiting_inside)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", cancel_inside, &slow, destroyed, &slow.slot), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&slow.destroyed, 1);
    ab_pair_flush(&pair);
    ck_assert_int_eq(slow.result, AUTOBUS_EDEADLK);
    ck_assert_int_eq(ab_gate_count(&slow.entered), 1);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_slot_that_nobody_holds)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", hold_event, &slow, destroyed, NULL), 0);
    ab_pair_flush(&pair);
    ab_gate_pass(&slow.released);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&slow.entered, 1);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 0);
    autobus_remote_close(pair.remote);
    ab_gate_wait(&slow.destroyed, 1);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
}
END_TEST

START_TEST(refused)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    autobus_slot *slot = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "", hold_event, &slow, destroyed, &slot), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_listen(pair.remote, "\xff", hold_event, &slow, destroyed, &slot), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", NULL, &slow, destroyed, &slot), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_watch(NULL, "value", (autobus_value_fn)abort, &slow, destroyed, &slot), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_add_function(pair.service, "echo", NULL, AUTOBUS_SYNC, (autobus_function_fn)abort,
                                                  &slow, destroyed, &slot),
                     AUTOBUS_EEXIST);
    ck_assert_int_eq(autobus_service_add_function(pair.service, "autobus.x", NULL, AUTOBUS_SYNC,
                                                  (autobus_function_fn)abort, &slow, destroyed, &slot),
                     AUTOBUS_EINVAL);
    autobus_remote_close(pair.remote);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", hold_event, &slow, destroyed, &slot), AUTOBUS_ECLOSED);
    ck_assert_ptr_null(slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 0);
}
END_TEST

/* ---- Calls */

static void result_never(const autobus_result *result, void *user_data)
{
    ck_abort_msg("a call that was given up came back with %d for %p", result->code, user_data);
}

START_TEST(a_call_given_up)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct ab_kept kept = AB_KEPT_INIT;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(autobus_call_async(pair.remote, "keep", NULL, 0, 0, result_never, &slow, destroyed, &slot), 0);
    ab_gate_wait(&kept.came, 1);
    autobus_slot_cancel(slot);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
    ab_pair_flush(&pair); /* the service is told so */
    ck_assert_int_eq(autobus_reply(kept.requests[0], "i", 1), AUTOBUS_ECANCELED);
    autobus_request_unref(kept.requests[0]);
    ab_pair_flush(&pair);
    autobus_slot_unref(slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&slow.destroyed), 1);
}
END_TEST

/* The result is there and waits in a queue that is busy. */
START_TEST(a_result_given_up)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct slow called = SLOW_INIT;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    listen_slowly(&pair, &slow);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&slow.entered, 1);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, result_never, &called, destroyed, &slot), 0);
    ab_pair_flush(&pair);
    ab_pair_flush(&pair);
    autobus_slot_cancel(slot);
    ck_assert_int_eq(ab_gate_count(&called.destroyed), 1);
    ab_gate_pass(&slow.released);
    autobus_slot_unref(slot);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&called.destroyed), 1);
}
END_TEST

/* ---- Slow ones */

struct heard {
    struct ab_gate events;
    struct ab_gate cut;
    struct ab_gate destroyed;
};

static void count_events(const autobus_event *event, void *user_data)
{
    struct heard *heard = user_data;

    ck_assert_int_eq(ab_gate_count(&heard->cut), 0);
    ck_assert_str_eq(event->name, "ping");
    if (event->code == 0) {
        ck_assert(json_is_array(event->args));
        ab_gate_pass(&heard->events);
        return;
    }
    ck_assert_int_eq(event->code, AUTOBUS_EOVERFLOW);
    ck_assert_ptr_null(event->args);
    ab_gate_pass(&heard->cut);
}

static void heard_destroyed(void *user_data)
{
    struct heard *heard = user_data;

    ab_gate_pass(&heard->destroyed);
}

/* Blocks the queue of the pair's remote with another slot. */
static void block_queue(struct ab_pair *pair, struct slow *slow)
{
    ck_assert_int_eq(autobus_service_add_event(pair->service, "block", NULL), 0);
    ck_assert_int_eq(autobus_listen(pair->remote, "block", hold_event, slow, destroyed, &slow->slot), 0);
    ab_pair_flush(pair);
    ck_assert_int_eq(autobus_fire(pair->service, "block", NULL), 0);
    ab_gate_wait(&slow->entered, 1);
}

static void overflow(const char *limit, const char *value, int fired, const char *text)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct heard heard = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    autobus_slot *slot;

    ab_pair_open(&pair, ab_test_options(limit, value, NULL));
    block_queue(&pair, &slow);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", count_events, &heard, heard_destroyed, &slot), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < fired; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[s]", text), 0);
    ab_pair_flush(&pair);
    ab_gate_pass(&slow.released);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&heard.events), 0);
    ck_assert_int_eq(ab_gate_count(&heard.cut), 1);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_pair_flush(&pair);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&heard.cut), 1);
    ck_assert_int_eq(ab_gate_count(&heard.destroyed), 1);
}

START_TEST(too_many_events)
{
    overflow("events_waiting", "10", 11, "x");
}
END_TEST

START_TEST(too_many_bytes)
{
    char text[400];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    overflow("event_bytes_waiting", "2048", 10, text);
}
END_TEST

START_TEST(just_as_many)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct heard heard = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};

    ab_pair_open(&pair, ab_test_options("events_waiting", "10", NULL));
    block_queue(&pair, &slow);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", count_events, &heard, heard_destroyed, NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_pair_flush(&pair);
    ab_gate_pass(&slow.released);
    ab_gate_wait(&heard.events, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_gate_wait(&heard.events, 20);
    ck_assert_int_eq(ab_gate_count(&heard.cut), 0);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&heard.destroyed), 1);
}
END_TEST

/* An overflow that is cancelled before it is told is not told. */
START_TEST(cut_off_and_cancelled)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct heard heard = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    autobus_slot *slot;

    ab_pair_open(&pair, ab_test_options("events_waiting", "1", NULL));
    block_queue(&pair, &slow);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", count_events, &heard, heard_destroyed, &slot), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_pair_flush(&pair);
    autobus_slot_cancel(slot);
    ck_assert_int_eq(ab_gate_count(&heard.destroyed), 1);
    ab_gate_pass(&slow.released);
    autobus_slot_unref(slot);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&heard.cut), 0);
}
END_TEST

struct values {
    struct ab_gate told;
    json_int_t last;
};

static void note_value(const autobus_value *value, void *user_data)
{
    struct values *values = user_data;

    ck_assert(json_is_integer(value->value));
    ck_assert_int_gt(json_integer_value(value->value), values->last);
    values->last = json_integer_value(value->value);
    json_integer_set(value->value, 0); /* it is ours */
    ab_gate_pass(&values->told);
}

START_TEST(only_the_newest_value)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct values values = {AB_GATE_INIT, -1};

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", note_value, &values, NULL, NULL), 0);
    ab_gate_wait(&values.told, 1);
    block_queue(&pair, &slow);
    for (int i = 1; i <= 100; i++)
        ck_assert_int_eq(autobus_set(pair.service, "value", "i", i), 0);
    ab_pair_flush(&pair);
    ab_gate_pass(&slow.released);
    ab_gate_wait(&values.told, 2);
    ab_pair_flush(&pair);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(values.last, 100);
    ck_assert_int_eq(ab_gate_count(&values.told), 2);
}
END_TEST

/* ---- Ups and downs, as the engine would tell them */

struct ups {
    struct ab_gate told;
    bool bound;
    int reason;
};

static void note_binding(const autobus_binding *binding, void *user_data)
{
    struct ups *ups = user_data;

    if (ab_gate_count(&ups->told) > 0)
        ck_assert(binding->bound != ups->bound);
    ups->bound = binding->bound;
    ups->reason = binding->reason;
    ab_gate_pass(&ups->told);
}

static void free_block(struct ab_notice *notice)
{
    ab_free(notice);
}

/* Without memory: and in a notice that is no block of its own, so that waiting takes one. */
static void tell_with(autobus_slot *slot, bool bound, int reason, bool memory)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_BINDING, slot);

    notice->release = memory ? NULL : free_block;
    notice->change = bound;
    notice->code = reason;
    ab_bus_lock(slot->bus);
    ab_failing_arm(memory ? -1 : 0, true);
    slot->target.deliver(&slot->target, notice);
    ab_failing_arm(-1, false);
    ab_bus_unlock(slot->bus);
}

static void tell(autobus_slot *slot, bool bound, int reason)
{
    tell_with(slot, bound, reason, true);
}

START_TEST(only_so_many_binds)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct ups ups = {.told = AB_GATE_INIT};
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_remote_on_binding(pair.remote, note_binding, &ups, NULL, &slot), 0);
    ab_gate_wait(&ups.told, 1);
    block_queue(&pair, &slow);
    for (int i = 0; i < 101; i++)
        tell(slot, i % 2 == 1, i < 100 ? AUTOBUS_EDISCONNECTED : AUTOBUS_ETIMEDOUT);
    ab_gate_pass(&slow.released);
    ab_gate_wait(&ups.told, 16);
    autobus_slot_unref(slot);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_le(ab_gate_count(&ups.told), 17);
    ck_assert(!ups.bound);
    ck_assert_int_eq(ups.reason, AUTOBUS_ETIMEDOUT);
}
END_TEST

/* Without memory for one bind after another the newest waits for the callback, and then the last does. */
START_TEST(the_last_bind_without_memory)
{
    struct ab_pair pair;
    struct slow slow = SLOW_INIT;
    struct ups ups = {.told = AB_GATE_INIT};
    autobus_slot *slot;

    ab_failing_install(); /* before there are threads that look at it */
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_remote_on_binding(pair.remote, note_binding, &ups, NULL, &slot), 0);
    ab_gate_wait(&ups.told, 1);
    block_queue(&pair, &slow);
    tell_with(slot, false, AUTOBUS_EDISCONNECTED, false);
    tell_with(slot, false, AUTOBUS_EOVERFLOW, false);
    ab_gate_pass(&slow.released);
    ab_gate_wait(&ups.told, 2);
    autobus_slot_cancel_wait(slot);
    autobus_slot_unref(slot);
    autobus_slot_unref(slow.slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&ups.told), 2);
    ck_assert_int_eq(ups.reason, AUTOBUS_EOVERFLOW);
    ab_failing_remove();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slot");
    TCase *cancel = tcase_create("cancel");
    TCase *slow = tcase_create("slow");

    tcase_add_test(cancel, a_run_goes_on);
    tcase_add_test(cancel, waiting_for_the_end);
    tcase_add_test(cancel, nothing_runs);
    tcase_add_test(cancel, waiting_inside);
    tcase_add_test(cancel, a_slot_that_nobody_holds);
    tcase_add_test(cancel, refused);
    tcase_add_test(cancel, a_call_given_up);
    tcase_add_test(cancel, a_result_given_up);
    tcase_add_test(slow, too_many_events);
    tcase_add_test(slow, too_many_bytes);
    tcase_add_test(slow, just_as_many);
    tcase_add_test(slow, cut_off_and_cancelled);
    tcase_add_test(slow, only_the_newest_value);
    tcase_add_test(slow, only_so_many_binds);
    tcase_add_test(slow, the_last_bind_without_memory);
    suite_add_tcase(suite, cancel);
    suite_add_tcase(suite, slow);
    return ab_test_run(suite);
}
