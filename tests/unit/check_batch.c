/* Batches: what a thread sends in one leaves together, and nothing waits for the end of one that is forgotten. */

#include "buses.h"
#include "harness.h"

#include <sys/socket.h>

#include "bus/bus.h"
#include "net/internal.h"

#define MANY 50
#define FEW  5

static _Thread_local int sends; /* of this thread */
static struct ab_gate heard;

/* In the place of the system's. */
ssize_t send(int descriptor, const void *data, size_t size, int flags)
{
    sends++;
    return sendto(descriptor, data, size, flags, NULL, 0);
}

static void hear(autobus_request *request, void *user_data)
{
    (void)request;
    (void)user_data;
    ab_gate_pass(&heard);
}

static void open_pair(struct ab_pair *pair)
{
    heard = (struct ab_gate)AB_GATE_INIT;
    ab_pair_open(pair, NULL);
    ab_pair_function(pair, "hear", AUTOBUS_QUEUED, hear, NULL);
}

static void notify(struct ab_pair *pair, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(autobus_notice(pair->remote, "hear", "[i]", i), 0);
}

START_TEST(leaves_together)
{
    struct ab_pair pair;

    open_pair(&pair);
    sends = 0;
    notify(&pair, MANY);
    ck_assert_int_ge(sends, MANY / 2);
    sends = 0;
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    notify(&pair, MANY);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    notify(&pair, MANY);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    notify(&pair, MANY);
    ck_assert_int_eq(sends, 0);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ck_assert_int_le(sends, FEW);
    ab_gate_wait(&heard, 4 * MANY);
    ab_pair_close(&pair);
}
END_TEST

static void count_events(const autobus_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
    ab_gate_pass(&heard);
}

START_TEST(events_and_values_too)
{
    struct ab_pair pair;

    open_pair(&pair);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", count_events, NULL, NULL, NULL), 0);
    ab_pair_flush(&pair);
    sends = 0;
    ck_assert_int_eq(autobus_batch_begin(pair.server), 0);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
        ck_assert_int_eq(autobus_set(pair.service, "value", "i", i), 0);
    }
    ck_assert_int_eq(autobus_batch_end(pair.server), 0);
    ck_assert_int_le(sends, FEW);
    ab_gate_wait(&heard, MANY);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_blocking_call_sends_first)
{
    struct ab_pair pair;

    open_pair(&pair);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    for (int i = 1; i <= 3; i++) {
        notify(&pair, 5);
        ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "hear", NULL), 0);
        ck_assert_int_eq(ab_gate_count(&heard), 6 * i);
    }
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ab_pair_close(&pair);
}
END_TEST

static void count_result(const autobus_result *result, void *user_data)
{
    (void)user_data;
    ck_assert_int_eq(result->code, 0);
    ab_gate_pass(&heard);
}

static void ignore_result(const autobus_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
}

/* The time of what is held back goes on. */
START_TEST(a_batch_stops_no_clock)
{
    struct ab_pair pair;
    ab_time armed, deadline;

    open_pair(&pair);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 50, ignore_result, NULL, NULL, NULL), 0);
    ab_bus_lock(pair.client);
    armed = pair.client->net->alarm.armed;
    deadline = ab_engine_deadline(pair.client->engine);
    ab_bus_unlock(pair.client);
    ck_assert_int_le(armed, deadline);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ab_pair_close(&pair);
}
END_TEST

/* Whatever blocks, on whatever: what the callback that is waited for depends on has left. */
START_TEST(any_wait_sends_first)
{
    struct ab_pair pair;
    autobus_remote *other;

    open_pair(&pair);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    ck_assert_int_eq(autobus_proxy(pair.client, "test", &other, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(other, 10000, NULL), 0);
    ck_assert_int_eq(autobus_call_async(other, "echo", NULL, 0, 0, count_result, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_bus_settle(pair.server, 10000), 0);
    ab_gate_wait(&heard, 1);
    autobus_remote_unref(other);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(not_paired)
{
    struct ab_pair pair;

    open_pair(&pair);
    ck_assert_int_eq(autobus_batch_begin(NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_end(NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_end(pair.client), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    ck_assert_int_eq(autobus_batch_begin(pair.server), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_end(pair.server), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ck_assert_int_eq(autobus_batch_end(pair.client), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

/* On its queue it begins one and ends none, and ends one that it has not begun. */
static void careless(const autobus_event *event, void *pair)
{
    (void)event;
    ck_assert_int_eq(autobus_batch_end(((struct ab_pair *)pair)->client), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_begin(((struct ab_pair *)pair)->client), 0);
    ck_assert_int_eq(autobus_batch_begin(((struct ab_pair *)pair)->client), 0);
    notify(pair, 1);
    ck_assert_int_eq(autobus_batch_end(((struct ab_pair *)pair)->client), 0);
}

START_TEST(a_callback_forgets_to_end_it)
{
    struct ab_pair pair;
    autobus_queue *queue = NULL;

    open_pair(&pair);
    if (_i == 1)
        queue = autobus_bus_event_queue(pair.client);
    if (_i == 2)
        ck_assert_int_eq(autobus_queue_new_polled(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", careless, &pair, NULL, NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
        ab_pair_flush(&pair);
        if (_i == 2)
            ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
        ab_gate_wait(&heard, i);
    }
    ck_assert_int_eq(autobus_batch_end(pair.client), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
    autobus_queue_unref(queue);
}
END_TEST

/* A batch around a dispatch, whose callbacks send more. */
START_TEST(around_a_dispatch)
{
    struct ab_pair pair;
    autobus_queue *queue;

    open_pair(&pair);
    ck_assert_int_eq(autobus_queue_new_polled(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", careless, &pair, NULL, NULL), 0);
    ab_pair_flush(&pair);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_pair_flush(&pair);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    ab_gate_wait(&heard, 1);
    ab_pair_close(&pair);
    autobus_queue_unref(queue);
}
END_TEST

/* As long as several ticks of the clock that is looked at after each. */
static void take_long(const autobus_event *event, void *user_data)
{
    ab_time until = ab_net_now(NULL) + 25 * AB_MILLISECOND;

    (void)event;
    (void)user_data;
    while (ab_net_now(NULL) < until)
        ;
}

/* Others get their turn, and what it sent leaves. */
START_TEST(one_that_takes_long_ends_a_round)
{
    struct ab_pair pair;
    autobus_queue *queue;

    open_pair(&pair);
    ck_assert_int_eq(autobus_queue_new_polled(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", take_long, NULL, NULL, NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_queue_dispatch(queue, 0), 1);
    ab_pair_close(&pair);
    autobus_queue_unref(queue);
}
END_TEST

START_TEST(a_close_in_a_batch)
{
    struct ab_pair pair;

    open_pair(&pair);
    ck_assert_int_eq(autobus_batch_begin(pair.client), 0);
    notify(&pair, MANY);
    if (_i == 0) { /* it leaves, though the batch has no end yet */
        ck_assert_int_eq(autobus_bus_close_wait(pair.client), 0);
        ab_gate_wait(&heard, MANY);
        ck_assert_int_eq(autobus_batch_end(pair.client), 0);
    } else { /* the batch keeps the memory of the bus */
        autobus_bus *client = pair.client;

        pair.remote = autobus_remote_unref(pair.remote);
        pair.client = autobus_bus_unref(client);
        ab_gate_wait(&heard, MANY);
        ck_assert_int_eq(autobus_batch_end(client), 0);
    }
    autobus_remote_unref(pair.remote);
    autobus_service_unref(pair.service);
    if (pair.client)
        ab_test_bus_end(pair.client);
    ab_test_bus_end(pair.server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch");
    TCase *tcase = tcase_create("batch");

    tcase_add_test(tcase, leaves_together);
    tcase_add_test(tcase, events_and_values_too);
    tcase_add_test(tcase, a_blocking_call_sends_first);
    tcase_add_test(tcase, any_wait_sends_first);
    tcase_add_test(tcase, a_batch_stops_no_clock);
    tcase_add_test(tcase, not_paired);
    tcase_add_loop_test(tcase, a_callback_forgets_to_end_it, 0, 3);
    tcase_add_test(tcase, around_a_dispatch);
    tcase_add_test(tcase, one_that_takes_long_ends_a_round);
    tcase_add_loop_test(tcase, a_close_in_a_batch, 0, 2);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
