/* Queues: one callback at a time, in the order of the engine, and none waits for another queue's. */

#include "buses.h"
#include "harness.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* What came, in the order in which it came, and that never two ran at once. */
struct record {
    struct ab_gate gate;
    atomic_int inside;
    char order[256];
    pthread_t threads[256];
};

static void note(struct record *record, char what)
{
    int index = ab_gate_count(&record->gate);

    ck_assert_int_eq(atomic_fetch_add(&record->inside, 1), 0);
    record->order[index] = what;
    record->threads[index] = pthread_self();
    atomic_fetch_sub(&record->inside, 1);
    ab_gate_pass(&record->gate);
}

static void note_event(const autobus_event *event, void *user_data)
{
    note(user_data, (char)('0' + json_integer_value(json_array_get(event->args, 0)) % 10));
}

static void note_value(const autobus_value *value, void *user_data)
{
    (void)value;
    note(user_data, 'v');
}

static void note_result(const autobus_result *result, void *user_data)
{
    ck_assert_int_eq(result->code, 0);
    note(user_data, 'r');
}

START_TEST(in_the_order_of_the_engine)
{
    struct ab_pair pair;
    struct record record = {.gate = AB_GATE_INIT};
    char expected[101];

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_add_event(pair.service, "pong", NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, &record, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "pong", note_event, &record, NULL, NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(autobus_fire(pair.service, i % 3 ? "ping" : "pong", "[i]", i), 0);
        expected[i] = (char)('0' + i % 10);
    }
    expected[100] = '\0';
    ab_gate_wait(&record.gate, 100);
    ck_assert_str_eq(record.order, expected);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Of several queues */

struct block {
    struct ab_gate entered;
    struct ab_gate released;
};

static void hold(const autobus_event *event, void *user_data)
{
    struct block *block = user_data;

    (void)event;
    ab_gate_pass(&block->entered);
    ab_gate_wait(&block->released, 1);
}

START_TEST(a_slow_queue_delays_itself)
{
    struct ab_pair pair;
    struct block block = {AB_GATE_INIT, AB_GATE_INIT};
    struct record same = {.gate = AB_GATE_INIT};
    struct record own = {.gate = AB_GATE_INIT};
    autobus_queue *queue;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_queue_new(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", hold, &block, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, &same, NULL, NULL), 0);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, &own, NULL, NULL), 0);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, NULL), 0);
    autobus_queue_unref(queue); /* registrations hold it on */
    ab_pair_flush(&pair);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_gate_wait(&block.entered, 1);
    ab_gate_wait(&own.gate, 3);
    ck_assert_int_eq(ab_gate_count(&same.gate), 0);
    ab_gate_pass(&block.released);
    ab_gate_wait(&same.gate, 3);
    ck_assert_str_eq(same.order, "012");
    ck_assert_str_eq(own.order, "012");
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_value_keeps_its_place)
{
    struct ab_pair pair;
    struct block block = {AB_GATE_INIT, AB_GATE_INIT};
    struct record record = {.gate = AB_GATE_INIT};

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_add_event(pair.service, "block", NULL), 0);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", note_value, &record, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "block", hold, &block, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, &record, NULL, NULL), 0);
    ab_gate_wait(&record.gate, 1);
    ab_pair_flush(&pair);
    ck_assert_int_eq(autobus_fire(pair.service, "block", NULL), 0);
    ab_gate_wait(&block.entered, 1);
    for (int i = 1; i < 4; i++) {
        ck_assert_int_eq(autobus_set(pair.service, "value", "i", i), 0);
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    }
    ab_pair_flush(&pair);
    ab_gate_pass(&block.released);
    ab_gate_wait(&record.gate, 5);
    ck_assert_str_eq(record.order, "vv123");
    ab_pair_close(&pair);
}
END_TEST

START_TEST(on_the_event_thread)
{
    struct ab_pair pair;
    struct record record = {.gate = AB_GATE_INIT};
    autobus_queue *events;

    ab_pair_open(&pair, NULL);
    events = autobus_bus_event_queue(pair.client);
    ck_assert_ptr_nonnull(events);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, events), 0);
    autobus_queue_unref(events);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", note_value, &record, NULL, NULL), 0);
    ab_gate_wait(&record.gate, 1);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, note_result, &record, NULL, NULL), 0);
    ab_gate_wait(&record.gate, 2);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, &record, NULL, NULL), 0);
    ab_pair_flush(&pair);
    for (int i = 0; i < 200; i++) /* more than one round */
        ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", i), 0);
    ab_gate_wait(&record.gate, 202);
    for (int i = 1; i < 202; i++)
        ck_assert(pthread_equal(record.threads[i], record.threads[0]));
    ab_pair_close(&pair);
}
END_TEST

#define SLOW_EVENTS 2000

struct slow {
    struct ab_gate heard;
    struct ab_gate begun;
    struct ab_gate go_on;
    struct ab_gate answered;
    int heard_before; /* the answer */
};

/* Longer than a whole round may take. */
static void take_long(const autobus_event *event, void *user_data)
{
    struct slow *slow = user_data;
    struct timespec begun, now;

    (void)event;
    ab_gate_pass(&slow->begun);
    ab_gate_wait(&slow->go_on, 1);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begun.tv_sec) * 1000000000 + now.tv_nsec - begun.tv_nsec < 1000000);
    ab_gate_pass(&slow->heard);
}

static void note_answer(const autobus_result *result, void *user_data)
{
    struct slow *slow = user_data;

    ck_assert_int_eq(result->code, 0);
    slow->heard_before = ab_gate_count(&slow->heard);
    ab_gate_pass(&slow->answered);
}

/* All that is heard came at once, on one connection, and the answer on another: it is read in spite of them. */
START_TEST(slow_callbacks_keep_no_connection_waiting)
{
    struct ab_pair pair;
    struct slow slow = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT, 0};
    autobus_queue *events;
    autobus_remote *other;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_proxy(pair.client, "test", &other, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(other, 5000, NULL), 0);
    events = autobus_bus_event_queue(pair.client);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, events), 0);
    autobus_queue_unref(events);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", take_long, &slow, NULL, &slot), 0);
    ab_pair_flush(&pair);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&slow.begun, 1);
    ck_assert_int_eq(autobus_batch_begin(pair.server), 0);
    for (int i = 0; i < SLOW_EVENTS; i++)
        ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ck_assert_int_eq(autobus_batch_end(pair.server), 0);
    ck_assert_int_eq(autobus_call_async(other, "echo", NULL, 0, 0, note_answer, &slow, NULL, NULL), 0);
    ab_gate_pass(&slow.go_on);
    ab_gate_wait(&slow.answered, 1);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    autobus_remote_unref(other);
    ab_pair_close(&pair);
    ck_assert_int_lt(slow.heard_before, SLOW_EVENTS / 2);
}
END_TEST

static void note_service(const autobus_services_event *event, void *user_data)
{
    static const char kinds[] = "?acrCSO";

    note(user_data, kinds[event->kind]);
    if (event->entry)
        ck_assert_str_eq(json_string_value(json_object_get(event->entry, "service")), event->service);
}

START_TEST(service_listeners_too)
{
    struct ab_pair pair;
    struct record record = {.gate = AB_GATE_INIT};
    autobus_filter *filter;
    autobus_queue *queue;
    autobus_queue *foreign;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_bus_settle(pair.client, 5000), 0);
    ck_assert_int_eq(autobus_filter_parse("test", &filter, NULL), 0);
    ck_assert_int_eq(autobus_queue_new(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_queue_new(pair.server, &foreign), 0);
    ck_assert_int_eq(autobus_bus_set_queue(pair.client, foreign), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, foreign), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_set_queue(pair.client, queue), 0);
    autobus_queue_unref(queue);
    autobus_queue_unref(foreign);
    ck_assert_int_eq(
        autobus_listen_services(pair.client, filter, AUTOBUS_SERVICES_EXISTING, note_service, &record, NULL, &slot), 0);
    autobus_filter_unref(filter);
    ab_gate_wait(&record.gate, 3);
    autobus_service_close(pair.service);
    ab_gate_wait(&record.gate, 4);
    ck_assert_str_eq(record.order, "aCSr");
    ck_assert_int_eq(autobus_listen_services(pair.client, NULL, 8, note_service, &record, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    autobus_slot_unref(slot);
    ab_pair_close(&pair); /* with the queue still chosen */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("queue");

    tcase_add_test(tcase, in_the_order_of_the_engine);
    tcase_add_test(tcase, a_slow_queue_delays_itself);
    tcase_add_test(tcase, a_value_keeps_its_place);
    tcase_add_test(tcase, on_the_event_thread);
    tcase_add_test(tcase, slow_callbacks_keep_no_connection_waiting);
    tcase_add_test(tcase, service_listeners_too);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
