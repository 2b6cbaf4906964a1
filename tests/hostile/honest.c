/*
 * Owns the honest peer: a bus of the library in the test's process, with a thread that calls the victim one call after the
 * other, and a service that the victim itself calls. See stage.h.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buses.h"
#include "hostile/stage.h"

#define PAUSE_MS 2 /* between two calls, so that it is no flood itself */

struct honest {
    autobus_bus *bus;
    autobus_service *service;
    autobus_remote *victim;
    autobus_slot *ticks;
    autobus_slot *binding;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct honest_score score;
    long begun; /* calls in all */
    long ended;
    long wanted; /* honest_score waits for it */
    bool stop;
    json_int_t fired; /* how many echoes were answered: as many ticks are heard */
    atomic_long heard;
    atomic_long out_of_order;
    atomic_int bound;
    atomic_int unbound;
};

long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void echo(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply_json(request, autobus_request_args(request));
}

/* Strangers cause ticks too, with other arguments. */
static void on_tick(const autobus_event *event, void *user_data)
{
    struct honest *honest = user_data;
    const char *whose;
    json_int_t number;

    if (event->code == 0 && json_unpack(event->args, "[sI]", &whose, &number) == 0 && strcmp(whose, "honest") == 0 &&
        number != (json_int_t)atomic_fetch_add(&honest->heard, 1))
        atomic_fetch_add(&honest->out_of_order, 1);
}

static void on_binding(const autobus_binding *binding, void *user_data)
{
    struct honest *honest = user_data;

    atomic_fetch_add(binding->bound ? &honest->bound : &honest->unbound, 1);
}

/* Every other call goes on from the victim to the service here. */
static int call(struct honest *honest, long number, char *ret_failure, size_t size)
{
    bool relayed = number % 2;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *args =
        relayed ? json_pack("[sI]", "relay", (json_int_t)number) : json_pack("[sI]", "honest", honest->fired);
    json_t *result = NULL;
    int r = autobus_call_json(honest->victim, &result, &error, relayed ? "relay" : "echo", args, 0, SOON_MS);

    if (r == 0 && !json_equal(result, args))
        r = AUTOBUS_EPROTOCOL;
    if (r < 0)
        snprintf(ret_failure, size, "%s: %s: %s", relayed ? "relay" : "echo", autobus_strerror(r),
                 error.text ? error.text : "");
    if (r == 0 && !relayed)
        honest->fired++;
    autobus_error_clear(&error);
    json_decref(args);
    json_decref(result);
    return r;
}

static void note(struct honest *honest, int r, long took, const char *failure)
{
    struct honest_score *score = &honest->score;

    if (r < 0) {
        score->failed++;
        snprintf(score->failure, sizeof score->failure, "%s", failure);
    } else {
        score->calls++;
    }
    if (took > score->slowest_us)
        score->slowest_us = took;
}

static void rest(struct honest *honest)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PAUSE_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (honest->ended >= honest->wanted)
        pthread_cond_timedwait(&honest->changed, &honest->mutex, &until);
}

static void *call_on_and_on(void *context)
{
    struct honest *honest = context;

    pthread_mutex_lock(&honest->mutex);
    while (!honest->stop) {
        char failure[200] = "";
        long number = honest->begun++;
        long began = now_us();
        int r;

        pthread_mutex_unlock(&honest->mutex);
        r = call(honest, number, failure, sizeof failure);
        pthread_mutex_lock(&honest->mutex);
        honest->ended++;
        note(honest, r, now_us() - began, failure);
        pthread_cond_broadcast(&honest->changed);
        rest(honest);
    }
    pthread_mutex_unlock(&honest->mutex);
    return NULL;
}

void honest_begin(struct honest *honest)
{
    pthread_mutex_lock(&honest->mutex);
    honest->score = (struct honest_score){0};
    honest->wanted = honest->begun + 2; /* one of each kind */
    pthread_mutex_unlock(&honest->mutex);
}

struct honest_score honest_score(struct honest *honest)
{
    struct honest_score score;

    pthread_mutex_lock(&honest->mutex);
    pthread_cond_broadcast(&honest->changed);
    while (honest->ended < honest->wanted)
        pthread_cond_wait(&honest->changed, &honest->mutex);
    score = honest->score;
    pthread_mutex_unlock(&honest->mutex);
    return score;
}

autobus_service *honest_publish(struct honest *honest, const char *type)
{
    json_t *info = json_pack("{s:s}", "type", type);
    autobus_service *service;

    ck_assert_int_eq(autobus_service_new(honest->bus, info, &service), 0);
    ck_assert_int_eq(autobus_service_add_function(service, "echo", NULL, AUTOBUS_THREAD, echo, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_service_publish(service), 0);
    json_decref(info);
    return service;
}

void honest_goodbye(struct honest *honest, char *text, size_t size)
{
    json_t *counters;
    int port;

    ck_assert_int_eq(autobus_bus_counters(honest->bus, &counters), 0);
    ck_assert_int_eq(json_unpack(counters, "{s:{s:{s:i}}}", "ports", "tcp", "port", &port), 0);
    json_decref(counters);
    snprintf(text, size, "{\"command\":\"remove\",\"port\":%d,\"service\":\"%s\"}", port,
             autobus_service_id(honest->service));
}

struct honest *honest_start(struct victim *victim)
{
    static struct honest honest;

    honest = (struct honest){.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    honest.bus = ab_test_bus();
    honest.service = honest_publish(&honest, "honest");
    ck_assert_int_eq(autobus_proxy(honest.bus, victim->id, &honest.victim, NULL), 0);
    ck_assert_int_eq(autobus_remote_on_binding(honest.victim, on_binding, &honest, NULL, &honest.binding), 0);
    ck_assert_int_eq(autobus_listen(honest.victim, "tick", on_tick, &honest, NULL, &honest.ticks), 0);
    ck_assert_int_eq(autobus_remote_wait(honest.victim, 10000, NULL), 0);
    ck_assert_int_eq(autobus_call_json(honest.victim, NULL, NULL, "relay", NULL, 0, 10000), 0); /* it has found us */
    ck_assert_int_eq(pthread_create(&honest.thread, NULL, call_on_and_on, &honest), 0);
    return &honest;
}

void honest_end(struct honest *honest)
{
    long end = now_ms() + PATIENCE_MS;

    pthread_mutex_lock(&honest->mutex);
    honest->stop = true;
    pthread_mutex_unlock(&honest->mutex);
    pthread_join(honest->thread, NULL);
    while (atomic_load(&honest->heard) < honest->fired && now_ms() < end)
        autobus_call_json(honest->victim, NULL, NULL, "relay", NULL, 0,
                          SOON_MS); /* comes after what was fired before */
    ck_assert_int_eq(atomic_load(&honest->heard), honest->fired);
    ck_assert_int_eq(atomic_load(&honest->out_of_order), 0);
    ck_assert_int_eq(atomic_load(&honest->bound), 1);
    ck_assert_int_eq(atomic_load(&honest->unbound), 0);
    autobus_slot_unref(honest->ticks);
    autobus_slot_unref(honest->binding);
    autobus_remote_unref(honest->victim);
    autobus_service_unref(honest->service);
    ab_test_bus_end(honest->bus);
}
