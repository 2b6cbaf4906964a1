/*
 * A storm: eight threads on two buses, each doing whatever the public API allows, chosen by a seed that a failing run
 * prints; and then a close in the midst of it. Worth most under ThreadSanitizer.
 */

#include "buses.h"
#include "harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"

#define THREADS 8
#define STEPS   150
#define SLOTS   4

static struct ab_pair pair;
static atomic_int registered, ended; /* registrations, and their destroy functions */
static atomic_bool closed;

struct stormer {
    pthread_t thread;
    struct ab_random random;
    autobus_slot *slots[SLOTS];
    autobus_request *request;
    pthread_mutex_t mutex; /* of the request, which the handler puts there */
};

static struct stormer stormers[THREADS];

static void destroyed(void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&ended, 1);
}

static void count(int r)
{
    if (r == 0)
        atomic_fetch_add(&registered, 1);
    else
        ck_assert(r == AUTOBUS_EAGAIN || r == AUTOBUS_EEXIST || r == AUTOBUS_ENOTBOUND || atomic_load(&closed));
}

/* ---- Callbacks */

static void event(const autobus_event *what, void *user_data)
{
    (void)user_data;
    if (what->args)
        json_array_clear(what->args);
    autobus_notice(what->remote, "work", "[s]", "heard");
}

static void value(const autobus_value *what, void *user_data)
{
    (void)user_data;
    if (json_is_object(what->value))
        json_object_clear(what->value);
}

static void binding(const autobus_binding *what, void *user_data)
{
    (void)user_data;
    autobus_remote_unref(autobus_remote_ref(what->remote));
}

static void result(const autobus_result *what, void *user_data)
{
    (void)user_data;
    ck_assert((what->code == 0) == (what->value != NULL));
}

static void services(const autobus_services_event *what, void *user_data)
{
    json_t *all;

    (void)user_data;
    if (autobus_bus_services(what->bus, NULL, &all) == 0)
        json_decref(all);
}

static void work(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_set(pair.service, "value", "{s:O}", "args", autobus_request_args(request));
    autobus_reply_json(request, autobus_request_args(request));
}

/* One that a stormer answers, some time. */
static void later(autobus_request *request, void *user_data)
{
    struct stormer *stormer = &stormers[(size_t)user_data];
    autobus_request *old;

    pthread_mutex_lock(&stormer->mutex);
    old = stormer->request;
    stormer->request = autobus_request_ref(request);
    pthread_mutex_unlock(&stormer->mutex);
    autobus_request_unref(old);
}

/* ---- What a stormer does */

static autobus_request *take_request(struct stormer *stormer)
{
    autobus_request *request;

    pthread_mutex_lock(&stormer->mutex);
    request = stormer->request;
    stormer->request = NULL;
    pthread_mutex_unlock(&stormer->mutex);
    return request;
}

static void answer_one(struct stormer *stormer)
{
    autobus_request *request = take_request(stormer);

    if (request && ab_random_below(&stormer->random, 2))
        autobus_reply_error(request, "late", "it took its time");
    autobus_request_unref(request);
}

static void subscribe(struct stormer *stormer, autobus_remote *remote)
{
    autobus_slot **slot = &stormer->slots[ab_random_below(&stormer->random, SLOTS)];

    if (*slot) {
        if (ab_random_below(&stormer->random, 2))
            autobus_slot_cancel(*slot);
        else
            ck_assert_int_eq(autobus_slot_cancel_wait(*slot), 0);
        *slot = autobus_slot_unref(*slot);
        return;
    }
    switch (ab_random_below(&stormer->random, 4)) {
    case 0: count(autobus_listen(remote, "ping", event, NULL, destroyed, slot)); break;
    case 1: count(autobus_watch(remote, "value", value, NULL, destroyed, slot)); break;
    case 2: count(autobus_remote_on_binding(remote, binding, NULL, destroyed, slot)); break;
    default:
        count(autobus_listen_services(pair.client, NULL, AUTOBUS_SERVICES_EXISTING, services, NULL, destroyed, slot));
    }
}

static void call(struct stormer *stormer, autobus_remote *remote)
{
    autobus_slot *slot = NULL;
    json_t *answer = NULL;

    switch (ab_random_below(&stormer->random, 6)) {
    case 0: autobus_call(remote, &answer, NULL, "work", "[i]", 1); break;
    case 1: autobus_get(remote, "value", 0, 2000, &answer, NULL); break;
    case 2: autobus_notice(remote, "work", "[s]", "n"); break;
    case 3: autobus_call_json(remote, &answer, NULL, "later", NULL, 0, 5); break;
    case 4: count(autobus_get_async(remote, "value", 0, 0, result, NULL, destroyed, NULL)); break;
    default: count(autobus_call_async(remote, "sync", NULL, 0, 1000, result, NULL, destroyed, &slot));
    }
    json_decref(answer);
    if (slot && ab_random_below(&stormer->random, 2))
        autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
}

static void change_service(struct stormer *stormer)
{
    static const char *const names[] = {"a", "b", "c"};
    const char *name = names[ab_random_below(&stormer->random, 3)];

    switch (ab_random_below(&stormer->random, 4)) {
    case 0:
        count(autobus_service_add_function(pair.service, name, "doc", AUTOBUS_THREAD, work, NULL, destroyed, NULL));
        break;
    case 1: autobus_service_remove(pair.service, AUTOBUS_KIND_FUNCTION, name); break;
    case 2: autobus_service_set_doc(pair.service, AUTOBUS_KIND_SERVICE, NULL, name); break;
    default: autobus_fire(pair.service, "ping", "[s]", name);
    }
}

/* A service and a proxy of its own, for a moment. */
static void come_and_go(struct stormer *stormer)
{
    json_t *info = json_pack("{s:s, s:i}", "type", "storm", "number", (int)ab_random_below(&stormer->random, 3));
    autobus_service *service = NULL;
    autobus_remote *remote = NULL;

    if (autobus_service_new(pair.server, info, &service) == 0) {
        count(autobus_service_add_function(service, "work", NULL, AUTOBUS_SYNC, work, NULL, destroyed, NULL));
        autobus_service_publish(service);
    }
    if (autobus_proxy(pair.client, "storm", &remote, NULL) == 0)
        autobus_call_json(remote, NULL, NULL, "work", NULL, 0, 50);
    if (ab_random_below(&stormer->random, 2))
        autobus_service_close(service);
    autobus_remote_unref(remote);
    autobus_service_unref(service);
    json_decref(info);
}

static void step(struct stormer *stormer)
{
    switch (ab_random_below(&stormer->random, 8)) {
    case 0:
    case 1:
    case 2: call(stormer, pair.remote); break;
    case 3:
    case 4: subscribe(stormer, pair.remote); break;
    case 5: change_service(stormer); break;
    case 6: answer_one(stormer); break;
    default:
        if (ab_random_below(&stormer->random, 4) == 0)
            come_and_go(stormer);
    }
}

static void *storm(void *user_data)
{
    struct stormer *stormer = user_data;

    for (int i = 0; i < STEPS; i++)
        step(stormer);
    for (int i = 0; i < SLOTS; i++) {
        autobus_slot_cancel(stormer->slots[i]);
        autobus_slot_unref(stormer->slots[i]);
    }
    return NULL;
}

static uint64_t choose_seed(void)
{
    const char *given = getenv("STORM_SEED");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_nsec;
}

static void begin(void)
{
    uint64_t seed = choose_seed();

    fprintf(stderr, "STORM_SEED=%llu\n", (unsigned long long)seed);
    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "work", AUTOBUS_THREAD, work, NULL);
    ab_pair_function(&pair, "sync", AUTOBUS_SYNC, work, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_mutex_init(&stormers[i].mutex, NULL);
        ab_random_seed(&stormers[i].random, seed + i);
    }
    ab_pair_function(&pair, "later", AUTOBUS_THREAD, later, (void *)0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&stormers[i].thread, NULL, storm, &stormers[i]), 0);
}

static void finish(void)
{
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(stormers[i].thread, NULL);
    autobus_remote_unref(pair.remote);
    autobus_service_unref(pair.service);
    ab_test_bus_end(pair.client);
    ab_test_bus_end(pair.server);
    for (size_t i = 0; i < THREADS; i++)
        autobus_request_unref(take_request(&stormers[i]));
    ck_assert_int_eq(atomic_load(&registered), atomic_load(&ended));
}

START_TEST(a_storm)
{
    begin();
    finish();
}
END_TEST

START_TEST(a_storm_and_a_close)
{
    begin();
    while (atomic_load(&registered) < THREADS * 4)
        autobus_call(pair.remote, NULL, NULL, "work", NULL);
    atomic_store(&closed, true);
    autobus_bus_close(_i % 2 ? pair.client : pair.server);
    autobus_bus_close(_i % 2 ? pair.server : pair.client);
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("storm");
    TCase *tcase = tcase_create("storm");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_storm);
    tcase_add_loop_test(tcase, a_storm_and_a_close, 0, 2);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
