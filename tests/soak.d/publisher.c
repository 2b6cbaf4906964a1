/*
 * Publishes a service that counts, and remembers which calls it has carried out: none may come twice. See peer.h.
 */

#include "peer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICKS_EACH 2   /* tenths of a second from one number to the next */
#define TURN_EACH  100 /* numbers from one info to the next */

/* The numbers of the calls that a client has made. */
struct client {
    struct client *next;
    char name[64];
    unsigned char *done; /* a byte a number */
    size_t size;
};

struct late {
    struct late *next;
    autobus_request *request;
    unsigned due;
};

static autobus_service *service;
static const char *name;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for clients and lates */
static struct client *clients;
static struct late *lates;
static json_int_t number;
static json_int_t value;
static bool resting;
static atomic_ulong executed;

static struct client *find_client(const char *wanted)
{
    struct client *client = clients;

    while (client && strcmp(client->name, wanted) != 0)
        client = client->next;
    if (client)
        return client;
    client = calloc(1, sizeof *client);
    if (!client)
        abort();
    snprintf(client->name, sizeof client->name, "%s", wanted);
    client->next = clients;
    return clients = client;
}

/* Whether the arguments are sound; they are counted then. */
static bool note(autobus_request *request)
{
    const char *who, *text;
    json_int_t call;
    struct client *client;

    if (autobus_request_unpack(request, "[sIs]", &who, &call, &text) != 0) {
        peer_wrong("a call with other arguments than were sent");
        return false;
    }
    pthread_mutex_lock(&lock);
    client = find_client(who);
    if ((size_t)call >= client->size) {
        size_t size = (size_t)call + 1024;
        client->done = realloc(client->done, size);
        if (!client->done)
            abort();
        memset(client->done + client->size, 0, size - client->size);
        client->size = size;
    }
    if (client->done[call]++)
        peer_wrong("call %lld of %s came twice", (long long)call, who);
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&executed, 1);
    return true;
}

/* Answers may find that nobody waits any more. */
static void answer(autobus_request *request)
{
    int code = autobus_reply_json(request, autobus_request_args(request));

    if (code != 0 && code != AUTOBUS_EDISCONNECTED && code != AUTOBUS_ECANCELED && code != AUTOBUS_ETIMEDOUT &&
        code != AUTOBUS_ECLOSED)
        peer_wrong("an answer failed: %s", autobus_strerror(code));
}

static void echo(autobus_request *request, void *user_data)
{
    (void)user_data;
    if (note(request))
        answer(request);
}

static void late(autobus_request *request, void *user_data)
{
    struct late *entry;
    (void)user_data;

    if (!note(request))
        return;
    entry = malloc(sizeof *entry);
    if (!entry)
        abort();
    pthread_mutex_lock(&lock);
    *entry = (struct late){.next = lates,
                           .request = autobus_request_ref(request),
                           .due = peer_age() + 1 + (unsigned)atomic_load(&executed) % 8};
    lates = entry;
    pthread_mutex_unlock(&lock);
}

static void steps(autobus_request *request, void *user_data)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    (void)user_data;

    if (!note(request))
        return;
    for (int i = 1; i <= SOAK_STEPS; i++) {
        autobus_request_progress(request, "i", i);
        nanosleep(&pause, NULL);
    }
    answer(request);
}

/* Those that are due, or all. */
static void answer_lates(bool all)
{
    struct late *due = NULL;
    struct late **place;

    pthread_mutex_lock(&lock);
    for (place = &lates; *place;) {
        struct late *entry = *place;
        if (!all && entry->due > peer_age()) {
            place = &entry->next;
            continue;
        }
        *place = entry->next;
        entry->next = due;
        due = entry;
    }
    pthread_mutex_unlock(&lock);
    while (due) {
        struct late *entry = due;
        due = entry->next;
        answer(entry->request);
        autobus_request_unref(entry->request);
        free(entry);
    }
}

static json_t *make_info(void)
{
    return json_pack("{s:s, s:s, s:I}", "type", SOAK_ROOMS, "name", name, "turn", number / TURN_EACH);
}

static void start(autobus_bus *bus, const char *argument)
{
    json_t *info;
    json_t *zero = json_integer(0);

    name = argument;
    info = make_info();
    peer_must(autobus_service_new(bus, info, &service), "service");
    peer_must(autobus_service_add_object(service, "count", "How often it has ticked.", zero), "object");
    peer_must(autobus_service_add_event(service, "tick", "(number): as it counts."), "event");
    peer_must(autobus_service_add_function(service, "echo", NULL, AUTOBUS_THREAD, echo, NULL, NULL, NULL), "echo");
    peer_must(autobus_service_add_function(service, "late", NULL, AUTOBUS_SYNC, late, NULL, NULL, NULL), "late");
    peer_must(autobus_service_add_function(service, "steps", NULL, AUTOBUS_THREAD, steps, NULL, NULL, NULL), "steps");
    peer_must(autobus_service_publish(service), "publish");
    json_decref(info);
    json_decref(zero);
}

static void tick(void)
{
    answer_lates(false);
    if (peer_age() % TICKS_EACH)
        return;
    number++;
    if (!resting) {
        value = number;
        peer_must(autobus_set(service, "count", "I", value), "set");
    }
    peer_must(autobus_fire(service, "tick", "[I]", number), "fire");
    if (number % TURN_EACH == 0) {
        json_t *info = make_info();
        peer_must(autobus_service_set_info(service, info), "set_info");
        json_decref(info);
    }
}

static void rest(void)
{
    resting = true;
}

static void report(FILE *file)
{
    fprintf(file, "id %s\nnumber %lld\nvalue %lld\nexecuted %lu\n", autobus_service_id(service), (long long)number,
            (long long)value, atomic_load(&executed));
}

static void stop(void)
{
    answer_lates(true);
    autobus_service_close(service);
}

static void check(void)
{
    answer_lates(true);
    while (clients) {
        struct client *client = clients;
        clients = client->next;
        free(client->done);
        free(client);
    }
}

const struct role publisher = {"publish", start, tick, rest, report, stop, check};
