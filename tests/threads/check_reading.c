/*
 * A thread that waits for its answer reads the connection itself (net/socket_reader.c): what else the connection brings,
 * what ends the wait other than an answer, and threads that do so at once; all of it while it spins, too. Worth most
 * under ThreadSanitizer.
 */

#include "buses.h"
#include "harness.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "bus/bus.h"
#include "bus/thread.h"
#include "net/internal.h"

#define CALLS   200
#define THREADS 4

static struct ab_pair pair;
static struct ab_kept kept = AB_KEPT_INIT;
static struct ab_gate heard = AB_GATE_INIT;

static void fire(autobus_request *what, void *user_data)
{
    (void)user_data;
    ck_assert_int_eq(autobus_fire_json(pair.service, "ping", autobus_request_args(what)), 0);
}

static void open_pair(const char *spin)
{
    ab_pair_open(&pair, ab_test_options("spin", spin, NULL));
    ab_pair_function(&pair, "fire", AUTOBUS_SYNC, fire, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_SYNC, ab_keep, &kept);
}

static void setup(void)
{
    open_pair("0");
}

static void teardown(void)
{
    ab_kept_drop(&kept);
    ab_pair_close(&pair);
}

static void call(int number)
{
    json_t *result;
    int came;

    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "echo", "[i]", number), 0);
    ck_assert_int_eq(json_unpack(result, "[i]", &came), 0);
    ck_assert_int_eq(came, number);
    json_decref(result);
}

/* Calls until the connection's reading is left to the next caller, which it is once two calls follow each other within
 * 1 ms. */
static void call_until_paused(void)
{
    bool paused = false;

    while (!paused) {
        call(0);
        ab_bus_lock(pair.client);
        AB_LIST_EACH (node, &pair.client->net->sockets.resting)
            paused |= AB_CONTAINER(node, struct ab_socket, resting)->reading == AB_READING_PAUSED;
        ab_bus_unlock(pair.client);
    }
}

/* ---- Spinning (net/spin.h) */

static json_int_t waits(autobus_bus *bus, const char *name)
{
    json_t *counters;
    json_int_t count;

    ck_assert_int_eq(autobus_bus_counters(bus, &counters), 0);
    count = json_integer_value(json_object_get(json_object_get(counters, "waits"), name));
    json_decref(counters);
    return count;
}

static void answer(autobus_request *what, void *user_data)
{
    (void)user_data;
    autobus_reply_json(what, autobus_request_args(what));
}

static void ask(int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "answer", NULL), 0);
}

static void ask_until_spun(autobus_bus *bus)
{
    cpu_set_t set;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    while (CPU_COUNT(&set) > 1 && waits(bus, "spun") == 0)
        ask(100);
}

/* As long as can be, so that what follows comes while the thread spins. */
static void setup_spinning(void)
{
    open_pair("1000");
    ab_pair_function(&pair, "answer", AUTOBUS_SYNC, answer, NULL);
    ask_until_spun(pair.client);
}

START_TEST(both_ends_spin)
{
    ask_until_spun(pair.server);
    ck_assert_int_ge(waits(pair.client, "spun"), waits(pair.client, "in_vain"));
    ck_assert_int_ge(waits(pair.server, "spun"), waits(pair.server, "in_vain"));
}
END_TEST

/* Nor is a call that a worker answers waited for by the event thread. */
START_TEST(who_does_not_answer_does_not_spin)
{
    json_int_t before;

    call(0); /* ends a wait after an answer, which is counted by the next */
    call(1);
    before = waits(pair.server, "spun");
    for (int i = 0; i < CALLS; i++)
        call(i);
    ck_assert_int_eq(waits(pair.server, "spun"), before);
}
END_TEST

static void expect_no_spin(const char *spin)
{
    open_pair(spin);
    ab_pair_function(&pair, "answer", AUTOBUS_SYNC, answer, NULL);
    ask(5 * CALLS);
    ck_assert_int_eq(waits(pair.client, "spun") + waits(pair.server, "spun"), 0);
    ab_pair_close(&pair);
}

START_TEST(nobody_spins_where_it_is_turned_off)
{
    expect_no_spin("0");
}
END_TEST

/* The threads of the buses are kept where this one is. */
START_TEST(nobody_spins_on_one_processor)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    expect_no_spin("1000");
}
END_TEST

/* ---- Signals of the program's */

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Answers when the caller has had twenty of them, one after the other. */
static void disturb(autobus_request *what, void *user_data)
{
    for (int before = 0; before < 20; before++) {
        ck_assert_int_eq(pthread_kill(*(pthread_t *)user_data, SIGUSR1), 0);
        while (atomic_load(&signals) == before)
            sched_yield();
    }
    autobus_reply_json(what, autobus_request_args(what));
}

START_TEST(signals_do_not_end_it)
{
    struct sigaction action = {.sa_handler = count_signal}; /* system calls are not taken up again */
    pthread_t caller = pthread_self();

    sigaction(SIGUSR1, &action, NULL);
    ab_pair_function(&pair, "disturb", AUTOBUS_THREAD, disturb, &caller);
    call_until_paused();
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "disturb", NULL), 0);
    ck_assert_int_eq(signals, 20);
}
END_TEST

/* ---- What else comes */

static void event(const autobus_event *what, void *user_data)
{
    int *next = user_data;

    ck_assert_int_eq(json_integer_value(json_array_get(what->args, 0)), *next);
    ++*next;
    ab_gate_pass(&heard);
}

START_TEST(events_come_in_order)
{
    int next = 0;

    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, &next, NULL, NULL), 0);
    call_until_paused();
    for (int i = 0; i < CALLS; i++)
        ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "fire", "[i]", i), 0);
    ab_gate_wait(&heard, CALLS);
}
END_TEST

/* Nobody reads when it is sent, and nobody calls after it. */
START_TEST(an_event_needs_no_call)
{
    int next = 7;

    ck_assert_int_eq(autobus_listen(pair.remote, "ping", event, &next, NULL, NULL), 0);
    call(0);
    call_until_paused();
    ck_assert_int_eq(autobus_fire(pair.service, "ping", "[i]", 7), 0);
    ab_gate_wait(&heard, 1);
}
END_TEST

static void result(const autobus_result *what, void *user_data)
{
    (void)user_data;
    ck_assert_int_eq(what->code, 0);
    ab_gate_pass(&heard);
}

START_TEST(calls_with_a_callback_go_on)
{
    for (int i = 0; i < CALLS; i++) {
        call(i);
        ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, result, NULL, NULL, NULL), 0);
        if (i % 2)
            call(i);
    }
    ab_gate_wait(&heard, CALLS);
}
END_TEST

/* Nobody but the thread that reads could bring it the answer. */
static void call_from_log(int level, const char *text, void *ret_code)
{
    int *code = ret_code;

    (void)level;
    (void)text;
    if (ab_thread.reads && *code == 0)
        *code = autobus_call_json(pair.remote, NULL, NULL, "echo", NULL, 0, 500);
}

START_TEST(who_reads_may_not_block)
{
    autobus_options *options = ab_test_options(NULL);
    int code = 0;

    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_DEBUG, call_from_log, &code), 0);
    ab_pair_open(&pair, options);
    while (code == 0)
        call_until_paused();
    ck_assert_int_eq(code, AUTOBUS_EDEADLK);
    ab_pair_close(&pair);
}
END_TEST

/* ---- What ends a wait */

/* A service does not begin what nobody waits for any more: the time is long enough for a slow machine to have begun. */
START_TEST(a_deadline_ends_it)
{
    for (int i = 0; i < 3; i++) {
        call_until_paused();
        ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "keep", NULL, 0, 300), AUTOBUS_ETIMEDOUT);
        ab_gate_wait(&kept.came, i + 1);
        ab_kept_drop(&kept);
    }
    call(1);
}
END_TEST

static void *call_and_be_kept(void *ret_code)
{
    call_until_paused();
    *(int *)ret_code = autobus_call(pair.remote, NULL, NULL, "keep", NULL);
    return NULL;
}

static int kept_until(void (*end)(void))
{
    pthread_t thread;
    int code = 1;

    ck_assert_int_eq(pthread_create(&thread, NULL, call_and_be_kept, &code), 0);
    ab_gate_wait(&kept.came, 1);
    end();
    pthread_join(thread, NULL);
    return code;
}

static void close_remote(void)
{
    autobus_remote_close(pair.remote);
}

static void close_client(void)
{
    ck_assert_int_eq(autobus_bus_close_wait(pair.client), 0);
}

static void close_server(void)
{
    ab_kept_drop(&kept);
    autobus_bus_close(pair.server);
}

static void lose_server(void)
{
    ab_bus_lock(pair.server);
    AB_NUMBERS_EACH (node, &pair.server->net->sockets.by_id) {
        shutdown(AB_CONTAINER(node, struct ab_socket, id)->descriptor, SHUT_RDWR);
    }
    ab_bus_unlock(pair.server);
}

START_TEST(a_closed_remote_ends_it)
{
    ck_assert_int_eq(kept_until(close_remote), AUTOBUS_ECLOSED);
}
END_TEST

START_TEST(a_closed_bus_ends_it)
{
    ck_assert_int_eq(kept_until(close_client), AUTOBUS_ECLOSED);
}
END_TEST

START_TEST(a_service_that_closes_ends_it)
{
    ck_assert_int_eq(kept_until(close_server), 0); /* it was answered null */
}
END_TEST

START_TEST(a_lost_connection_ends_it)
{
    ck_assert_int_eq(kept_until(lose_server), AUTOBUS_EDISCONNECTED);
}
END_TEST

/* ---- Several at once */

static void *call_and_call(void *user_data)
{
    (void)user_data;
    for (int i = 0; i < CALLS; i++)
        call(i);
    return NULL;
}

START_TEST(threads_call_at_once)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_and_call, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    call_until_paused();
}
END_TEST

/* One reads and is kept; the others' answers come through it. */
START_TEST(a_reader_serves_the_others)
{
    pthread_t one, threads[THREADS];
    int code = 1;

    ck_assert_int_eq(pthread_create(&one, NULL, call_and_be_kept, &code), 0);
    ab_gate_wait(&kept.came, 1);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_and_call, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(code, 1);
    ck_assert_int_eq(autobus_reply(kept.requests[0], NULL), 0);
    pthread_join(one, NULL);
    ck_assert_int_eq(code, 0);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, events_come_in_order);
    tcase_add_test(tcase, an_event_needs_no_call);
    tcase_add_test(tcase, signals_do_not_end_it);
    tcase_add_test(tcase, calls_with_a_callback_go_on);
    tcase_add_test(tcase, a_deadline_ends_it);
    tcase_add_test(tcase, a_closed_remote_ends_it);
    tcase_add_test(tcase, a_closed_bus_ends_it);
    tcase_add_test(tcase, a_service_that_closes_ends_it);
    tcase_add_test(tcase, a_lost_connection_ends_it);
    tcase_add_test(tcase, threads_call_at_once);
    tcase_add_test(tcase, a_reader_serves_the_others);
}

int main(void)
{
    Suite *suite = suite_create("reading");
    TCase *reading = tcase_create("by who waits");
    TCase *spinning = tcase_create("by who spins");
    TCase *alone = tcase_create("alone");

    tcase_add_checked_fixture(reading, setup, teardown);
    add_tests(reading);
    tcase_add_checked_fixture(spinning, setup_spinning, teardown);
    add_tests(spinning);
    tcase_add_test(spinning, both_ends_spin);
    tcase_add_test(spinning, who_does_not_answer_does_not_spin);
    tcase_add_test(alone, nobody_spins_where_it_is_turned_off);
    tcase_add_test(alone, nobody_spins_on_one_processor);
    tcase_add_test(alone, who_reads_may_not_block);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, spinning);
    suite_add_tcase(suite, alone);
    return ab_test_run(suite);
}
