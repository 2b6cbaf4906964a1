/*
 * Owns waiting for discovery. A service listener only wakes the waiting thread, which then looks at a snapshot of its
 * own: no JSON crosses threads.
 */
#include "find.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deadline.h"
#include "escape.h"
#include "exit.h"
#include "message.h"
#include "names.h"
#include "networks.h"
#include "service.h"
#include "text.h"

/* ---- waiting */

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool news;
    bool settled;
    bool late; /* something came after that: the network is slow to answer, and there may be more */
};

enum { LATE_QUIET_MS = 250 };

static void on_services(const autobus_services_event *event, void *user_data)
{
    struct watch *watch = user_data;
    pthread_mutex_lock(&watch->lock);
    watch->news = true;
    watch->late = watch->late || (watch->settled && event->kind == AUTOBUS_SERVICE_ADDED);
    watch->settled = watch->settled || event->kind == AUTOBUS_SERVICES_SETTLED;
    pthread_cond_signal(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
}

static void watch_init(struct watch *watch)
{
    *watch = (struct watch){.news = true};
    pthread_mutex_init(&watch->lock, NULL);
    tool_deadline_condition_init(&watch->changed);
}

static void watch_deinit(struct watch *watch)
{
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
}

static bool is_before(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec < other->tv_sec || (one->tv_sec == other->tv_sec && one->tv_nsec < other->tv_nsec);
}

/* False: the time is over. `settled`: nothing more is to be expected soon. */
static bool watch_wait(struct watch *watch, const struct timespec *deadline, bool *ret_settled)
{
    struct timespec quiet = tool_deadline_in(LATE_QUIET_MS);
    int result = 0;
    pthread_mutex_lock(&watch->lock);
    while (!watch->news && result == 0)
        result = pthread_cond_timedwait(&watch->changed, &watch->lock,
                                        watch->late && is_before(&quiet, deadline) ? &quiet : deadline);
    *ret_settled = watch->settled && !(watch->late && watch->news);
    watch->news = false;
    pthread_mutex_unlock(&watch->lock);
    return result == 0 || is_before(&quiet, deadline);
}

/* ---- deciding */

struct search {
    const struct tool_target *target;
    bool any;       /* the first will do */
    bool may_be_id; /* and so will the one that has the id */
};

static json_t *entry_of_id(json_t *entries, const char *id)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(entries, i, entry)
    {
        if (id && strcmp(json_string_value(json_object_get(entry, "service")), id) == 0)
            return entry;
    }
    return NULL;
}

static bool is_enough(const struct search *search, json_t *entries, bool settled)
{
    if (json_array_size(entries) == 0)
        return false;
    return settled || search->any || (search->may_be_id && entry_of_id(entries, search->target->id));
}

static int snapshot(autobus_bus *bus, const struct tool_target *target, json_t **ret_entries)
{
    int result = autobus_bus_services(bus, target->filter, ret_entries);
    if (result == 0)
        return 0;
    tool_error("%s", autobus_strerror(result));
    return TOOL_EXIT_NO_BUS;
}

static int look(autobus_bus *bus, const struct search *search, struct watch *watch, int wait_ms, json_t **ret_entries)
{
    struct timespec deadline = tool_deadline_in(wait_ms);
    for (;;) {
        bool settled = false;
        json_t *entries = NULL;
        bool time_left = watch_wait(watch, &deadline, &settled);
        int end = snapshot(bus, search->target, &entries);
        if (end)
            return end;
        if (!time_left || is_enough(search, entries, settled)) {
            *ret_entries = entries;
            return 0;
        }
        json_decref(entries);
    }
}

static int search_run(autobus_bus *bus, const struct search *search, int wait_ms, json_t **ret_entries)
{
    struct watch watch;
    autobus_slot *slot = NULL;
    watch_init(&watch);
    int end = 0;
    int result = autobus_listen_services(bus, search->target->filter, AUTOBUS_SERVICES_EXISTING, on_services, &watch,
                                         NULL, &slot);
    if (result == 0) {
        end = look(bus, search, &watch, wait_ms, ret_entries);
        autobus_slot_cancel_wait(slot);
        autobus_slot_unref(slot);
    } else {
        tool_error("%s", autobus_strerror(result));
        end = TOOL_EXIT_NO_BUS;
    }
    watch_deinit(&watch);
    return end;
}

/* ---- one or many */

static void explain_ambiguous(const struct tool_target *target, const json_t *entries)
{
    tool_error("%s: %zu services match; say which one, or --any for whichever comes first", target->text,
               json_array_size(entries));
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        char *term = tool_service_distinguish(entries, i, target->text);
        char *quoted = tool_shell_quote(term);
        char *label =
            tool_service_label(json_object_get(entry, "info"), json_string_value(json_object_get(entry, "service")));
        tool_error("%s  (%s)", quoted, label);
        free(label);
        free(quoted);
        free(term);
    }
}

static int pick(autobus_bus *bus, const struct search *search, json_t *entries, json_t **ret_entry)
{
    json_t *entry = search->any ? json_array_get(entries, 0) : NULL;
    if (!entry)
        entry = entry_of_id(entries, search->target->id);
    if (!entry && json_array_size(entries) == 1)
        entry = json_array_get(entries, 0);
    if (entry) {
        *ret_entry = json_incref(entry);
        return 0;
    }
    if (json_array_size(entries) > 0) {
        explain_ambiguous(search->target, entries);
        return TOOL_EXIT_USAGE;
    }
    tool_find_explain(bus, search->target);
    return TOOL_EXIT_ABSENT;
}

int tool_find_one(autobus_bus *bus, const struct tool_target *target, bool any, int wait_ms, json_t **ret_entry)
{
    const struct search search = {.target = target, .any = any, .may_be_id = true};
    json_t *entries = NULL;
    int end = search_run(bus, &search, wait_ms, &entries);
    if (end)
        return end;
    tool_service_sort(entries);
    end = pick(bus, &search, entries, ret_entry);
    json_decref(entries);
    return end;
}

int tool_find_all(autobus_bus *bus, const struct tool_target *target, int wait_ms, json_t **ret_entries)
{
    const struct search search = {.target = target};
    json_t *entries = NULL;
    int end = search_run(bus, &search, wait_ms, &entries);
    if (end)
        return end;
    tool_service_sort(entries);
    *ret_entries = entries;
    return 0;
}

/* ---- nothing there */

static void explain_seeds(autobus_bus *bus)
{
    json_t *settings = NULL;
    if (autobus_bus_settings(bus, &settings) < 0)
        return;
    const char *seeds = json_string_value(json_object_get(json_object_get(settings, "seeds"), "value"));
    if (seeds && *seeds)
        tool_remark("asked over TCP: %s", seeds);
    json_decref(settings);
}

/* Says why nobody is heard, if that is so. True: nobody was asked either. */
static bool explain_deafness(autobus_bus *bus)
{
    json_t *counters = NULL;
    if (autobus_bus_counters(bus, &counters) < 0)
        return false;
    const json_t *udp = json_object_get(json_object_get(counters, "ports"), "udp");
    const char *reason = json_string_value(json_object_get(udp, "reason"));
    json_int_t sent = json_integer_value(json_object_get(json_object_get(counters, "datagrams"), "sent"));
    bool dumb = reason && sent == 0;
    if (reason)
        tool_remark("%s: %s", dumb ? "no network was asked" : "nobody is heard", reason);
    json_decref(counters);
    return dumb;
}

static void explain_networks(autobus_bus *bus)
{
    char *used = tool_networks_used(bus);
    char *unused = tool_networks_unused(bus);
    if (*used)
        tool_remark("asked: %s", used);
    else
        tool_remark("no network was asked: there is none that can broadcast");
    if (*unused)
        tool_remark("not asked: %s", unused);
    free(unused);
    free(used);
}

static void explain_search(autobus_bus *bus)
{
    if (!explain_deafness(bus))
        explain_networks(bus);
    explain_seeds(bus);
}

/* The types that there are, each once, as keys. */
static json_t *types_of(const json_t *entries)
{
    json_t *types = json_object();
    for (size_t i = 0; types && i < json_array_size(entries); i++) {
        const char *type = tool_service_text(json_array_get(entries, i), "type");
        if (type && json_object_set_new(types, type, json_true()) < 0)
            tool_out_of_memory();
    }
    if (!types)
        tool_out_of_memory();
    return types;
}

static void explain_types(const struct tool_target *target, const json_t *entries)
{
    enum { MOST = 20 };
    char *nearest = target->text ? tool_service_nearest(entries, target->text) : NULL;
    if (nearest)
        tool_remark("did you mean %s?", nearest);
    free(nearest);
    json_t *types = types_of(entries);
    const char **names = tool_names(types);
    for (size_t i = 0; names[i] && i < MOST; i++)
        tool_remark("there is: %s", names[i]);
    if (json_object_size(types) > MOST)
        tool_remark("and %zu types more", json_object_size(types) - MOST);
    free(names);
    json_decref(types);
}

char *tool_find_nearest(autobus_bus *bus, const struct tool_target *target)
{
    json_t *entries = NULL;
    if (!target->text || autobus_bus_services(bus, NULL, &entries) < 0)
        return NULL;
    char *nearest = tool_service_nearest(entries, target->text);
    json_decref(entries);
    return nearest;
}

void tool_find_explain(autobus_bus *bus, const struct tool_target *target)
{
    struct tool_target every = {0};
    json_t *entries = NULL;
    if (target->text)
        tool_error("no service matches %s", target->text);
    else
        tool_error("no service has been found");
    if (tool_target_parse(NULL, target->internal, &every))
        return;
    if (autobus_bus_services(bus, every.filter, &entries) == 0 && json_array_size(entries) > 0)
        explain_types(target, entries);
    else
        explain_search(bus);
    json_decref(entries);
    tool_target_deinit(&every);
}
