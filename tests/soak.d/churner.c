/*
 * Makes a bus, uses it in every way for a moment, and closes it, again and again: what a bus leaves behind would add up.
 * See peer.h.
 */

#include "peer.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_t thread;
static char name[64];
static atomic_ulong rounds;
static atomic_int open_registrations;
static atomic_uint descriptors; /* between two buses */

static void on_destroy(void *user_data)
{
    atomic_fetch_sub((atomic_int *)user_data, 1);
}

static void on_service(const autobus_services_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
}

static void on_event(const autobus_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
}

static void on_value(const autobus_value *value, void *user_data)
{
    (void)value;
    (void)user_data;
}

static void on_result(const autobus_result *result, void *user_data)
{
    (void)user_data;
    if (result->code != 0 && result->code != AUTOBUS_ECLOSED)
        peer_may_end(result->code, result->error, "a call of a bus that closes", false);
}

static void expect(int code)
{
    if (code == 0)
        atomic_fetch_add(&open_registrations, 1);
    else
        peer_wrong("a registration failed: %s", autobus_strerror(code));
}

static void use(autobus_bus *bus, unsigned long round)
{
    static const struct timespec moment = {.tv_nsec = 300000000};
    void *counter = &open_registrations;
    autobus_remote *one, *many;
    json_t *called = json_pack("[sIs]", name, (json_int_t)round * 2, "called");
    json_t *noted = json_pack("[sIs]", name, (json_int_t)round * 2 + 1, "noted");

    peer_must(autobus_proxy(bus, SOAK_ROOMS, &one, NULL), "proxy");
    peer_must(autobus_proxy_multiple(bus, SOAK_COUNTED, &many, NULL), "proxy of many");
    expect(autobus_listen_services(bus, NULL, AUTOBUS_SERVICES_EXISTING | AUTOBUS_SERVICES_LIVENESS, on_service,
                                   counter, on_destroy, NULL));
    expect(autobus_listen(many, "tick", on_event, counter, on_destroy, NULL));
    expect(autobus_watch(one, "count", on_value, counter, on_destroy, NULL));
    expect(autobus_watch(many, "count", on_value, counter, on_destroy, NULL));
    expect(autobus_call_async(one, "echo", called, 0, 2000, on_result, counter, on_destroy, NULL));
    expect(autobus_get_async(one, "count", 0, 2000, on_result, counter, on_destroy, NULL));
    autobus_notice_json(many, "echo", noted); /* if somebody is bound so soon */
    if (round % 3)
        autobus_bus_settle(bus, 3000);
    nanosleep(&moment, NULL);
    if (round % 2)
        autobus_remote_close(many);
    autobus_remote_unref(many);
    autobus_remote_unref(one);
    json_decref(called);
    json_decref(noted);
}

static unsigned count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static void *work(void *user_data)
{
    static const struct timespec pause = {.tv_sec = 1};
    (void)user_data;

    while (!peer_stopping()) {
        unsigned long round = atomic_fetch_add(&rounds, 1);
        autobus_bus *bus;
        autobus_service *service = NULL;
        int code = autobus_bus_new(NULL, &bus, NULL);

        if (code != 0) {
            peer_wrong("no bus: %s", autobus_strerror(code));
            break;
        }
        /* A visitor, who is not among the rooms. */
        if (round % 2 && autobus_service_new(bus, NULL, &service) == 0)
            autobus_service_publish(service);
        use(bus, round);
        peer_must(autobus_bus_close_wait(bus), "close");
        if (atomic_load(&open_registrations) != 0)
            peer_wrong("%d registrations were not destroyed", atomic_load(&open_registrations));
        autobus_service_unref(service);
        autobus_bus_unref(bus);
        atomic_store(&descriptors, count_descriptors());
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void start(autobus_bus *bus, const char *argument)
{
    struct timespec now;
    (void)bus;
    (void)argument;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "churner-%d-%ld", (int)getpid(), (long)now.tv_sec);
    peer_must(pthread_create(&thread, NULL, work, NULL) ? AUTOBUS_ENOMEM : 0, "thread");
}

static void rest(void) {}

static void report(FILE *file)
{
    fprintf(file, "buses %lu\ndescriptors %u\n", atomic_load(&rounds), atomic_load(&descriptors));
}

static void stop(void)
{
    pthread_join(thread, NULL);
}

static void check(void) {}

const struct role churner = {"churn", start, NULL, rest, report, stop, check};
