/*
 * Owns the order of the lines of --watch: a service that came is told before it is told to change or go, also when
 * --verbose first asks it what it offers. All of it happens on the bus's queue.
 */
#include "changes.h"

#include <autobus2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "describe.h"
#include "exit.h"
#include "loop.h"
#include "message.h"
#include "output.h"
#include "show.h"
#include "text.h"

struct changes {
    const struct tool_settings *settings;
    const struct tool_target *target;
    struct tool_show show;
    struct tool_loop loop;
    autobus_bus *bus;
    struct newcomer *newcomers;
    size_t there;
};

/* A service that is asked what it offers. It is freed when it has answered, which it always does. */
struct newcomer {
    struct newcomer *next;
    struct changes *changes;
    json_t *entry; /* NULL once it has been printed */
};

/* ---- lines */

static void clock_text(char text[16])
{
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(text, 16, "%H:%M:%S", &local);
}

static void print_json(const char *change, const json_t *entry)
{
    json_t *object = json_pack("{s:s}", "change", change);
    if (!object || (entry && json_object_update(object, (json_t *)entry) < 0))
        tool_out_of_memory();
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void print_change(struct changes *changes, enum autobus_services_kind kind, const json_t *entry)
{
    static const struct {
        const char *name;
        char sign;
        enum tool_paint paint;
    } looks[] = {
        [AUTOBUS_SERVICE_ADDED] = {"added", '+', TOOL_GREEN},
        [AUTOBUS_SERVICE_CHANGED] = {"changed", '~', TOOL_YELLOW},
        [AUTOBUS_SERVICE_REMOVED] = {"removed", '-', TOOL_RED},
    };
    char time[16];
    clock_text(time);
    struct tool_show_mark mark = {looks[kind].sign, looks[kind].paint, time};
    if (changes->settings->json)
        print_json(looks[kind].name, entry);
    else
        tool_show_entry(&changes->show, entry, &mark, kind != AUTOBUS_SERVICE_REMOVED);
}

static void print_settled(const struct changes *changes)
{
    char time[16];
    char text[80];
    if (changes->settings->json) {
        print_json("settled", NULL);
        return;
    }
    clock_text(time);
    snprintf(text, sizeof text, "= %s  settled: %zu service%s", time, changes->there, changes->there == 1 ? "" : "s");
    tool_output_text(text);
}

/* ---- newcomers */

static struct newcomer *find_newcomer(struct changes *changes, const char *service)
{
    for (struct newcomer *one = changes->newcomers; one; one = one->next) {
        if (one->entry && strcmp(json_string_value(json_object_get(one->entry, "service")), service) == 0)
            return one;
    }
    return NULL;
}

static void print_newcomer(struct newcomer *newcomer)
{
    print_change(newcomer->changes, AUTOBUS_SERVICE_ADDED, newcomer->entry);
    json_decref(newcomer->entry);
    newcomer->entry = NULL;
}

static void on_described(json_t *details, void *user_data)
{
    struct newcomer *newcomer = user_data;
    if (newcomer->entry) {
        if (json_object_update(newcomer->entry, details) < 0)
            tool_out_of_memory();
        print_newcomer(newcomer);
    }
    json_decref(details);
    struct newcomer **place = &newcomer->changes->newcomers;
    while (*place != newcomer)
        place = &(*place)->next;
    *place = newcomer->next;
    free(newcomer);
}

static void ask_newcomer(struct changes *changes, const char *service, json_t *entry)
{
    autobus_remote *remote = NULL;
    if (tool_target_open(changes->target, changes->bus, service, &remote) < 0) {
        print_change(changes, AUTOBUS_SERVICE_ADDED, entry);
        return;
    }
    struct newcomer *newcomer = tool_make(1, sizeof *newcomer);
    *newcomer = (struct newcomer){changes->newcomers, changes, json_incref(entry)};
    changes->newcomers = newcomer;
    tool_describe(remote, changes->settings->timeout_ms, on_described, newcomer);
}

/* ---- what happens */

static void on_service(struct changes *changes, const autobus_services_event *event)
{
    struct newcomer *newcomer = find_newcomer(changes, event->service);
    if (newcomer)
        print_newcomer(newcomer);
    if (event->kind == AUTOBUS_SERVICE_ADDED)
        changes->there++;
    else if (event->kind == AUTOBUS_SERVICE_REMOVED)
        changes->there--;
    if (event->kind == AUTOBUS_SERVICE_ADDED && changes->settings->verbose)
        ask_newcomer(changes, event->service, event->entry);
    else
        print_change(changes, event->kind, event->entry);
}

static void on_services(const autobus_services_event *event, void *user_data)
{
    struct changes *changes = user_data;
    switch (event->kind) {
    case AUTOBUS_SERVICE_ADDED:
    case AUTOBUS_SERVICE_CHANGED:
    case AUTOBUS_SERVICE_REMOVED: on_service(changes, event); break;
    case AUTOBUS_SERVICES_CACHED: break;
    case AUTOBUS_SERVICES_SETTLED: print_settled(changes); break;
    case AUTOBUS_SERVICES_OVERFLOW:
        tool_error("lost track of the services: too many changes at once");
        tool_loop_finish(&changes->loop, TOOL_EXIT_FAILED);
        break;
    }
}

static int listen_and_run(struct changes *changes)
{
    int result = autobus_listen_services(changes->bus, changes->target->filter,
                                         AUTOBUS_SERVICES_EXISTING | AUTOBUS_SERVICES_LIVENESS, on_services, changes,
                                         NULL, NULL);
    if (result < 0) {
        tool_error("%s", autobus_strerror(result));
        return TOOL_EXIT_NO_BUS;
    }
    tool_loop_watch_output(&changes->loop);
    return tool_loop_run(&changes->loop);
}

int tool_changes_run(const struct tool_settings *settings, const struct tool_target *target)
{
    struct changes changes = {.settings = settings, .target = target, .show = {.verbose = settings->verbose}};
    int end = tool_loop_init(&changes.loop, 0);
    if (end)
        return end;
    end = tool_bus_open(settings, &changes.bus);
    if (end == 0) {
        end = listen_and_run(&changes);
        tool_bus_close(changes.bus); /* newcomers get their answer: closed */
    }
    tool_loop_deinit(&changes.loop);
    return end;
}
