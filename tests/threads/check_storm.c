/*
 * A storm: eight threads on two buses, each doing whatever the public API allows, chosen by a seed that a failing run
 * prints, and callbacks on queues of every kind that cancel, close and drop what they run for; at its end, or a close in
 * the midst of it, each registration has been destroyed once, and never while its callback ran. Worth most under
 * ThreadSanitizer.
 */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness.h"
#include "threads/storm.h"

#define THREADS 8
#define STEPS   500
#define KEPT    4 /* registrations that a thread keeps for a while */

struct storm storm;

/* ---- What a stormer does with a remote */

static void call(autobus_remote *remote, int timeout_ms)
{
    json_t *answer = NULL;

    switch (chance(6)) {
    case 0: fine(autobus_call_json(remote, &answer, NULL, "work", NULL, 0, timeout_ms)); break;
    case 1: fine(autobus_get(remote, "value", 0, timeout_ms, &answer, NULL)); break;
    case 2:
        fine(autobus_notice(remote, "work", "[s]", "n"));
        fine(autobus_notice_json(remote, "work", NULL));
        break;
    case 3: fine(autobus_call_json(remote, &answer, NULL, "later", NULL, 0, 5)); break;
    case 4: fine(autobus_remote_info(remote, &answer)); break;
    default: fine(autobus_remote_wait(remote, 10, NULL));
    }
    json_decref(answer);
    fine(autobus_remote_set_timeout(remote, 400 + (int)chance(200)));
}

static void call_all(autobus_remote *remote)
{
    autobus_gather_rule rule = {.count = (int)chance(3), .quiet_ms = (int)chance(5), .timeout_ms = 20};
    json_t *answers = NULL;

    if (chance(2)) {
        fine(autobus_remote_set_timeout(remote, 20));
        fine(autobus_gather(remote, &answers, NULL, "work", "[i]", 1));
    } else {
        fine(autobus_gather_json(remote, &answers, NULL, chance(2) ? "work" : "later", NULL, chance(2), &rule));
    }
    json_decref(answers);
}

/* Given up from another thread, or not. */
static void call_in_danger(autobus_remote *remote)
{
    static _Atomic(autobus_canceler *) shared;
    autobus_call_options options = {.timeout_ms = 20};
    autobus_canceler *other;

    if (!fine(autobus_canceler_new(storm.pair.client, &options.canceler)))
        return;
    other = atomic_exchange(&shared, autobus_canceler_ref(options.canceler));
    autobus_canceler_cancel(other);
    autobus_canceler_unref(other);
    fine(autobus_call_with(remote, NULL, NULL, "later", NULL, &options));
    other = atomic_exchange(&shared, NULL);
    autobus_canceler_unref(other);
    autobus_canceler_unref(options.canceler);
}

static int subscribe_in_one_way(struct registration *registration, autobus_remote *remote, autobus_slot **slot)
{
    switch (registration->kind) {
    case OF_EVENT: return autobus_listen(remote, "ping", on_event, registration, registration_destroyed, slot);
    case OF_VALUE: return autobus_watch(remote, "value", on_value, registration, registration_destroyed, slot);
    case OF_BINDING: return autobus_remote_on_binding(remote, on_binding, registration, registration_destroyed, slot);
    case OF_INTEREST:
        return autobus_service_on_interest(storm.pair.service, AUTOBUS_KIND_OBJECT, "value", on_interest, registration,
                                           registration_destroyed, slot);
    case OF_PUBLICATIONS:
        return autobus_publisher_add(storm.pair.server, on_publication, registration, registration_destroyed, slot);
    default:
        return autobus_listen_services(storm.pair.client, NULL, chance(8), on_services, registration,
                                       registration_destroyed, slot);
    }
}

static struct registration *subscribe(autobus_remote *remote, bool own)
{
    static const enum registration_kind kinds[] = {OF_EVENT,    OF_VALUE,        OF_BINDING,
                                                   OF_INTEREST, OF_PUBLICATIONS, OF_SERVICES};
    struct registration *registration = registration_new(kinds[chance(own ? 3 : 6)]);
    autobus_slot *slot = NULL;
    int r;

    if (!registration)
        return NULL;
    registration->own = own;
    r = subscribe_in_one_way(registration, remote, &slot);
    registration_made(registration, r, slot);
    return registration;
}

/* ---- For a moment */

/* A queue for a moment, and whatever it is then in the midst of. */
static void loop_for_a_moment(void)
{
    autobus_queue *queue;
    autobus_remote *remote;
    int r;

    if (!fine(autobus_queue_new_polled(storm.pair.client, &queue)))
        return;
    if (fine(autobus_proxy(storm.pair.client, "test", &remote, NULL))) {
        fine(autobus_remote_set_queue(remote, queue));
        subscribe(remote, true);
        ask(remote, true);
        poll(&(struct pollfd){.fd = autobus_queue_fd(queue), .events = POLLIN}, 1, (int)chance(20));
        r = autobus_queue_dispatch(queue, (int)chance(3));
        fine(r > 0 ? 0 : r);
        if (chance(2))
            queue = autobus_queue_unref(queue);
        ask(remote, true);
        autobus_remote_unref(remote);
    }
    autobus_queue_unref(queue);
}

/* A connection for a moment, which the service may end. */
static void connect_for_a_moment(void)
{
    struct registration *registration = registration_new(OF_END);
    autobus_slot *slot = NULL;
    autobus_remote *remote;
    json_t *all = NULL;
    int r;

    if (!registration || !fine(autobus_connect(storm.pair.client, "127.0.0.1", storm.port,
                                               autobus_service_id(storm.pair.service), &remote)))
        return;
    registration->own = true;
    r = autobus_remote_on_end(remote, AUTOBUS_END_PAST, on_result, registration, registration_destroyed, &slot);
    registration_made(registration, r, slot);
    subscribe(remote, true);
    call(remote, 50);
    if (chance(2) && fine(autobus_service_connections(storm.pair.service, &all))) {
        json_t *one = json_array_get(all, chance((uint32_t)json_array_size(all) + 1));

        fine(autobus_service_disconnect(storm.pair.service,
                                        (uint64_t)json_integer_value(json_object_get(one, "connection"))));
    }
    json_decref(all);
    autobus_remote_unref(remote);
}

/* A service and remotes of it, for a moment. */
static void come_and_go(void)
{
    json_t *info = json_pack("{s:s, s:i}", "type", chance(2) ? "test" : "storm", "number", (int)chance(3));
    autobus_service *service = NULL;
    autobus_remote *remote = NULL;

    if (fine(autobus_service_new(storm.pair.server, info, &service))) {
        add_function(service, chance(2), "work", work);
        fine(autobus_service_publish(service));
    }
    if (fine(autobus_proxy(storm.pair.client, "storm", &remote, NULL))) {
        subscribe(remote, true);
        ask(remote, true);
        call(remote, 50);
    }
    if (chance(8))
        autobus_service_close(service);
    if (chance(2))
        autobus_remote_close(remote);
    autobus_remote_unref(remote);
    autobus_service_unref(service);
    json_decref(info);
}

static void step(struct registration **kept)
{
    switch (chance(17)) {
    case 0:
    case 1: call(storm.pair.remote, 500); break;
    case 2: ask(chance(2) ? storm.pair.remote : storm.many, false); break;
    case 3:
    case 4:
        registration_cancel(*kept, chance(2));
        *kept = subscribe(chance(2) ? storm.pair.remote : storm.many, false);
        break;
    case 5: change_service(storm.pair.service); break;
    case 6: answer_late(); break;
    case 7: call_all(storm.many); break;
    case 8: call_in_danger(storm.pair.remote); break;
    case 9: look_around(); break;
    case 10: autobus_queue_dispatch(storm.queues[3 + chance(2)], (int)chance(70)); break;
    case 11:
        fine(autobus_remote_set_queue(chance(2) ? storm.pair.remote : storm.many, storm.queues[chance(STORM_QUEUES)]));
        fine(autobus_bus_set_queue(storm.pair.client, storm.queues[chance(STORM_QUEUES)]));
        break;
    case 12: loop_for_a_moment(); break;
    case 13: connect_for_a_moment(); break;
    case 14: look_at_service(storm.pair.service); break;
    case 15: find_by_filter(); break;
    default: come_and_go();
    }
}

static void *run_stormer(void *user_data)
{
    struct registration *kept[KEPT] = {NULL};

    (void)user_data;
    for (int i = 0; i < STEPS; i++) {
        bool batch = chance(8) == 0 && autobus_batch_begin(storm.pair.client) == 0;

        step(&kept[chance(KEPT)]);
        if (batch)
            ck_assert_int_eq(autobus_batch_end(storm.pair.client), 0);
    }
    for (int i = 0; i < KEPT; i++)
        registration_cancel(kept[i], true);
    return NULL;
}

/* The loop that a program with polled queues has. */
static void *loop(void *user_data)
{
    struct pollfd wait[] = {{.fd = autobus_queue_fd(storm.queues[3]), .events = POLLIN},
                            {.fd = autobus_queue_fd(storm.queues[4]), .events = POLLIN},
                            {.fd = autobus_queue_fd(storm.functions), .events = POLLIN}};
    const atomic_bool *over = user_data;

    while (!atomic_load(over)) {
        poll(wait, 3, 10);
        autobus_queue_dispatch(storm.queues[3], 0);
        autobus_queue_dispatch(storm.queues[4], 0);
        autobus_queue_dispatch(storm.functions, 0);
    }
    return NULL;
}

/* ---- The tests */

static pthread_t threads[THREADS], looper;
static atomic_bool over;

static uint64_t choose_seed(void)
{
    const char *given = getenv("STORM_SEED");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_nsec;
}

static void open_scene(void)
{
    uint64_t seed = choose_seed();
    json_t *info;

    fprintf(stderr, "STORM_SEED=%llu\n", (unsigned long long)seed);
    storm_seed(seed);
    ab_pair_open(&storm.pair, NULL);
    ck_assert_int_eq(autobus_remote_info(storm.pair.remote, &info), 0);
    storm.port = (uint16_t)json_integer_value(json_object_get(info, "port"));
    json_decref(info);
    add_function(storm.pair.service, false, "work", work);
    add_function(storm.pair.service, false, "later", later);
    ck_assert_int_eq(autobus_proxy_multiple(storm.pair.client, "type~test|storm", &storm.many, NULL), 0);
    ck_assert_int_eq(autobus_discoverer_new(storm.pair.client, "storm", &storm.discoverer), 0);
    ck_assert_int_eq(autobus_queue_new(storm.pair.client, &storm.queues[1]), 0);
    storm.queues[2] = autobus_bus_event_queue(storm.pair.client);
    for (int i = 3; i < STORM_QUEUES; i++)
        ck_assert_int_eq(autobus_queue_new_polled(storm.pair.client, &storm.queues[i]), 0);
    ck_assert_int_eq(autobus_queue_new_polled(storm.pair.server, &storm.functions), 0);
}

static void start(void)
{
    open_scene();
    ck_assert_int_eq(pthread_create(&looper, NULL, loop, &over), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_stormer, NULL), 0);
}

/* `all`: nothing was closed before its time. */
static void finish(bool all)
{
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&over, true);
    pthread_join(looper, NULL);
    autobus_discoverer_unref(storm.discoverer);
    autobus_remote_unref(storm.many);
    autobus_remote_unref(storm.pair.remote);
    autobus_service_unref(storm.pair.service);
    ab_test_bus_end(storm.pair.client);
    ab_test_bus_end(storm.pair.server);
    for (int i = 0; i < STORM_QUEUES; i++)
        autobus_queue_unref(storm.queues[i]);
    autobus_queue_unref(storm.functions);
    answer_late();
    registrations_check(all);
}

START_TEST(a_storm)
{
    start();
    finish(true);
}
END_TEST

START_TEST(a_storm_and_a_close)
{
    start();
    while (registrations_count() < THREADS * STEPS / 4)
        autobus_call(storm.pair.remote, NULL, NULL, "work", NULL);
    if (_i < 2)
        storm_close(_i == 1);
    else
        atomic_store(&storm.closing, _i - 1);
    finish(false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("storm");
    TCase *tcase = tcase_create("storm");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_storm);
    tcase_add_loop_test(tcase, a_storm_and_a_close, 0, 4);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
