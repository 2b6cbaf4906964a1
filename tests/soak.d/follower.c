/*
 * Follows what counts, through a proxy of many or of one, and checks what it hears: while it is bound to a service no
 * event is missing, none comes twice or out of order, and no value is older than one before. See peer.h.
 */

#include "peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    struct seen *next;
    char *id;
    json_int_t event; /* the last, 0: none */
    json_int_t value;
    bool bound;
    bool hears; /* an event since it was bound */
};

static autobus_remote *many;
static autobus_remote *one;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen *of_many;
static struct seen *of_one;
static unsigned long events;
static unsigned long values;
static unsigned long binds;

static struct seen *find(struct seen **list, const char *id)
{
    struct seen *seen = *list;

    while (seen && strcmp(seen->id, id) != 0)
        seen = seen->next;
    if (seen)
        return seen;
    seen = calloc(1, sizeof *seen);
    if (!seen || !(seen->id = strdup(id)))
        abort();
    seen->next = *list;
    return *list = seen;
}

static void on_binding(const autobus_binding *binding, void *user_data)
{
    struct seen *seen;

    pthread_mutex_lock(&lock);
    seen = find(user_data, binding->service);
    if (binding->bound == seen->bound)
        peer_wrong("%s: %s, and then again", seen->id, seen->bound ? "bound" : "unbound");
    seen->bound = binding->bound;
    seen->hears = false;
    binds += binding->bound;
    pthread_mutex_unlock(&lock);
}

static void on_event(const autobus_event *event, void *user_data)
{
    json_int_t number = json_integer_value(json_array_get(event->args, 0));
    struct seen *seen;

    if (event->code != 0) {
        peer_wrong("%s: listening ended: %s", event->service ? event->service : "-", autobus_strerror(event->code));
        return;
    }
    pthread_mutex_lock(&lock);
    seen = find(user_data, event->service);
    if (!seen->bound)
        peer_wrong("%s: event %lld while it is not bound", seen->id, (long long)number);
    if (seen->hears ? number != seen->event + 1 : number <= seen->event)
        peer_wrong("%s: event %lld after %lld%s", seen->id, (long long)number, (long long)seen->event,
                   seen->hears ? "" : ", of another binding");
    seen->event = number;
    seen->hears = true;
    events++;
    pthread_mutex_unlock(&lock);
}

static void on_value(const autobus_value *value, void *user_data)
{
    struct seen *seen;

    if (value->code != 0) {
        peer_wrong("%s: watching is refused: %s", value->service ? value->service : "-",
                   value->error ? value->error->text : "?");
        return;
    }
    if (!value->value || !value->service)
        return;
    pthread_mutex_lock(&lock);
    seen = find(user_data, value->service);
    if (!json_is_integer(value->value) || json_integer_value(value->value) < seen->value)
        peer_wrong("%s: value %lld after %lld", seen->id, (long long)json_integer_value(value->value),
                   (long long)seen->value);
    seen->value = json_integer_value(value->value);
    values++;
    pthread_mutex_unlock(&lock);
}

static void follow(autobus_remote *remote, struct seen **list)
{
    peer_must(autobus_remote_on_binding(remote, on_binding, list, NULL, NULL), "on_binding");
    peer_must(autobus_listen(remote, "tick", on_event, list, NULL, NULL), "listen");
    peer_must(autobus_watch(remote, "count", on_value, list, NULL, NULL), "watch");
}

static void start(autobus_bus *bus, const char *service)
{
    peer_must(autobus_proxy_multiple(bus, service, &many, NULL), "proxy of many");
    peer_must(autobus_proxy(bus, service, &one, NULL), "proxy");
    follow(many, &of_many);
    follow(one, &of_one);
}

static void report(FILE *file)
{
    pthread_mutex_lock(&lock);
    fprintf(file, "events %lu\nvalues %lu\nbinds %lu\n", events, values, binds);
    for (struct seen *seen = of_many; seen; seen = seen->next)
        fprintf(file, "%s %s %lld %lld\n", seen->bound ? "follows" : "followed", seen->id, (long long)seen->event,
                (long long)seen->value);
    for (struct seen *seen = of_one; seen; seen = seen->next)
        if (seen->bound)
            fprintf(file, "one %s %lld %lld\n", seen->id, (long long)seen->event, (long long)seen->value);
    pthread_mutex_unlock(&lock);
}

static void rest(void) {}

static void stop(void)
{
    autobus_remote_unref(one);
    autobus_remote_unref(many);
}

static void forget(struct seen **list)
{
    while (*list) {
        struct seen *seen = *list;
        *list = seen->next;
        free(seen->id);
        free(seen);
    }
}

static void check(void)
{
    forget(&of_many);
    forget(&of_one);
}

const struct role follower = {"follow", start, NULL, rest, report, stop, check};
