/*
 * Asks all services at once, in a thread that blocks, and checks each answer; reads an object of one of them as well. See
 * peer.h.
 */

#include "peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 6000

static autobus_remote *many;
static autobus_remote *one;
static autobus_canceler *canceler;
static pthread_t thread;
static char name[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_t *last; /* ids of those that answered the last time */
static unsigned long gathered, answers, errors, values;

static void check_part(const json_t *part, const json_t *args, json_t *seen)
{
    const char *service = json_string_value(json_object_get(part, "service"));
    const json_t *result = json_object_get(part, "result");

    if (!service || json_object_get(seen, service)) {
        peer_wrong("%s has answered twice", service ? service : "nobody");
        return;
    }
    json_object_set_new(seen, service, json_boolean(result));
    if (result && !json_equal(result, args))
        peer_wrong("%s: another answer", service);
    if (!result && !json_object_get(part, "error"))
        peer_wrong("%s: neither a result nor an error", service);
    answers += result != NULL;
    errors += result == NULL;
}

static void gather(long number)
{
    autobus_gather_rule rule = {.timeout_ms = TIMEOUT_MS, .quiet_ms = number % 3 ? 0 : 2000, .canceler = canceler};
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *args = json_pack("[sIs]", name, (json_int_t)number, "all");
    json_t *results = NULL;
    unsigned began = peer_age();
    int code = autobus_gather_json(many, &results, &error, number % 5 ? "echo" : "late", args, 0, &rule);

    pthread_mutex_lock(&lock);
    gathered++;
    if (code == 0) {
        json_t *seen = json_object();
        for (size_t i = 0; i < json_array_size(results); i++)
            check_part(json_array_get(results, i), args, seen);
        json_decref(last);
        last = seen;
    } else {
        peer_may_end(code, &error, "a call to all", false);
    }
    pthread_mutex_unlock(&lock);
    if (peer_age() - began > TIMEOUT_MS / 100 + 20)
        peer_wrong("a call to all blocked for %u tenths of a second", peer_age() - began);
    json_decref(args);
    json_decref(results);
    autobus_error_clear(&error);
}

static void get(void)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *value = NULL;
    int code = autobus_get(one, "count", 0, TIMEOUT_MS, &value, &error);

    if (code == 0 && !json_is_integer(value))
        peer_wrong("an object has another value");
    if (code != 0)
        peer_may_end(code, &error, "reading an object", false);
    pthread_mutex_lock(&lock);
    values += code == 0;
    pthread_mutex_unlock(&lock);
    json_decref(value);
    autobus_error_clear(&error);
}

static void *work(void *user_data)
{
    static const struct timespec pause = {.tv_nsec = 500000000};
    (void)user_data;

    for (long number = 1; !peer_stopping(); number++) {
        gather(number);
        get();
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void start(autobus_bus *bus, const char *argument)
{
    struct timespec now;
    (void)argument;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "gatherer-%d-%ld", (int)getpid(), (long)now.tv_sec);
    last = json_object();
    peer_must(autobus_proxy_multiple(bus, SOAK_ROOMS, &many, NULL), "proxy of many");
    peer_must(autobus_proxy(bus, SOAK_ROOMS, &one, NULL), "proxy");
    peer_must(autobus_canceler_new(bus, &canceler), "canceler");
    peer_must(pthread_create(&thread, NULL, work, NULL) ? AUTOBUS_ENOMEM : 0, "thread");
}

static void rest(void) {}

static void report(FILE *file)
{
    const char *id;
    json_t *value;

    pthread_mutex_lock(&lock);
    fprintf(file, "gathered %lu\nanswers_to_all %lu\nerrors_to_all %lu\nvalues_read %lu\n", gathered, answers, errors,
            values);
    json_object_foreach(last, id, value) if (json_is_true(value)) fprintf(file, "answers %s\n", id);
    pthread_mutex_unlock(&lock);
}

static void stop(void)
{
    autobus_canceler_cancel(canceler);
    autobus_remote_close(one);
    pthread_join(thread, NULL);
    autobus_canceler_unref(canceler);
    autobus_remote_unref(one);
    autobus_remote_unref(many);
}

static void check(void)
{
    json_decref(last);
    last = NULL;
}

const struct role gatherer = {"gather", start, NULL, rest, report, stop, check};
