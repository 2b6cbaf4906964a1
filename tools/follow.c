/*
 * Owns which services are followed, what they are called, and what is said of their coming and going. Must not know what
 * is listened to or watched on them.
 *
 * A service that restarts has a new id, so it is a new one in the list; its label tells that it is back.
 */
#include "follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "exit.h"
#include "failure.h"
#include "find.h"
#include "message.h"
#include "service.h"
#include "text.h"

enum { MOST_LOST = 256 };

/* ---- labels of those that are gone */

struct tool_lost {
    struct tool_lost *next;
    char label[];
};

static bool lost_take(struct tool_follow *follow, const char *label)
{
    for (struct tool_lost **place = &follow->lost; *place; place = &(*place)->next) {
        if (strcmp((*place)->label, label) == 0) {
            struct tool_lost *lost = *place;
            *place = lost->next;
            free(lost);
            return true;
        }
    }
    return false;
}

/* The newest first; the oldest is forgotten when there are too many. */
static void lost_add(struct tool_follow *follow, const char *label)
{
    size_t size = strlen(label) + 1;
    struct tool_lost *lost = tool_make(1, sizeof *lost + size);
    memcpy(lost->label, label, size);
    lost->next = follow->lost;
    follow->lost = lost;
    size_t count = 1;
    for (; lost->next; lost = lost->next) {
        if (count++ == MOST_LOST) {
            free(lost->next);
            lost->next = NULL;
            break;
        }
    }
}

/* ---- one that is followed */

struct tool_followed *tool_followed_ref(struct tool_followed *followed)
{
    atomic_fetch_add(&followed->references, 1);
    return followed;
}

void tool_followed_destroy(void *user_data)
{
    struct tool_followed *followed = user_data;
    if (atomic_fetch_sub(&followed->references, 1) != 1)
        return;
    autobus_remote_unref(followed->remote);
    free(followed->service);
    free(followed->label);
    free(followed);
}

static void set_label(struct tool_followed *followed, const json_t *info, const char *service)
{
    char *label = tool_service_label(info, service);
    free(followed->label);
    free(followed->service);
    followed->label = tool_escape(label, strlen(label), 0);
    followed->service = tool_copy(service);
    free(label);
}

static struct tool_followed *followed_new(struct tool_follow *follow)
{
    struct tool_followed *followed = tool_make(1, sizeof *followed);
    followed->follow = follow;
    followed->references = 1;
    followed->next = follow->all;
    follow->all = followed;
    return followed;
}

static struct tool_followed *find_followed(struct tool_follow *follow, const char *service)
{
    for (struct tool_followed *followed = follow->all; followed; followed = followed->next) {
        if (followed->service && strcmp(followed->service, service) == 0)
            return followed;
    }
    return NULL;
}

static void set_found(struct tool_follow *follow)
{
    if (!atomic_exchange(&follow->found, true))
        tool_loop_wake(follow->loop);
}

/* ---- coming and going */

static void update_prefix(struct tool_follow *follow)
{
    size_t bound = 0;
    for (const struct tool_followed *followed = follow->all; followed; followed = followed->next)
        bound += followed->bound;
    follow->prefixed = follow->prefixed || bound > 1;
}

static void say_place(const struct tool_followed *followed, const json_t *info)
{
    const char *host = json_string_value(json_object_get(info, "host"));
    long long port = json_integer_value(json_object_get(info, "port"));
    tool_detail("%s: connected, at %s:%lld/%s", followed->label, host ? host : "?", port, followed->service);
}

static void on_bound(struct tool_followed *followed, const autobus_binding *binding)
{
    struct tool_follow *follow = followed->follow;
    set_label(followed, binding->info, binding->service);
    followed->bound = true;
    followed->answered = false;
    followed->refused = false;
    set_found(follow);
    update_prefix(follow);
    if (lost_take(follow, followed->label))
        tool_remark("%s is back", followed->label);
    say_place(followed, binding->info);
}

static void say_gone(struct tool_followed *followed, const char *why)
{
    struct tool_follow *follow = followed->follow;
    if (!followed->bound)
        return;
    followed->bound = false;
    tool_remark("%s is gone%s%s", followed->label, why ? ": " : "", why ? why : "");
    lost_add(follow, followed->label);
    if (follow->gone)
        follow->gone(followed, follow->user_data);
}

/* Why there is no connection to a place, or none any more; what the tool ends with. */
static int say_failed(const struct tool_followed *followed, int reason)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    int result = autobus_remote_wait(followed->remote, 0, &error); /* it has failed: this only tells why */
    int code = error.code ? error.code : reason;
    if (result < 0 && result != AUTOBUS_EDEADLK && !error.code)
        code = result;
    tool_error("%s: %s", followed->follow->target->text, tool_failure_text(code, &error));
    int end = tool_failure_exit(code, error.type);
    autobus_error_clear(&error);
    return end;
}

/* It does not come back, so the tool ends with it. */
static void end_with_connection(struct tool_followed *followed, int reason)
{
    int end = say_failed(followed, reason);
    tool_loop_finish(followed->follow->loop, end ? end : TOOL_EXIT_DISCONNECTED);
}

static void on_binding(const autobus_binding *binding, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct tool_follow *follow = followed->follow;
    if (binding->bound) {
        on_bound(followed, binding);
        return;
    }
    say_gone(followed, binding->reason ? autobus_strerror(binding->reason) : NULL);
    if (tool_target_is_direct(follow->target))
        end_with_connection(followed, binding->reason);
}

static int attach(struct tool_followed *followed)
{
    int result = autobus_remote_on_binding(followed->remote, on_binding, tool_followed_ref(followed),
                                           tool_followed_destroy, NULL);
    if (result < 0) {
        tool_followed_destroy(followed);
        return result;
    }
    return followed->follow->attach(followed, followed->follow->user_data);
}

static void drop(struct tool_followed *followed)
{
    struct tool_followed **place = &followed->follow->all;
    while (*place != followed)
        place = &(*place)->next;
    *place = followed->next;
    followed->remote = autobus_remote_unref(followed->remote); /* its registrations end, and drop their references */
    tool_followed_destroy(followed);
}

/* ---- refusals */

bool tool_follow_is_complete(const struct tool_follow *follow)
{
    return follow->all && (follow->is_settled || follow->settings->any || tool_target_is_direct(follow->target));
}

static void end_if_all_refuse(struct tool_follow *follow)
{
    if (!tool_follow_is_complete(follow))
        return;
    for (const struct tool_followed *followed = follow->all; followed; followed = followed->next) {
        if (!followed->refused)
            return;
    }
    tool_loop_finish(follow->loop, follow->refusal);
}

void tool_follow_refused(struct tool_followed *followed, const autobus_error *error)
{
    struct tool_follow *follow = followed->follow;
    if (followed->refused)
        return;
    followed->refused = true;
    follow->refusal = tool_failure_exit(error->code, error->type);
    tool_error("%s: %s: %s", followed->label ? followed->label : follow->target->text,
               tool_failure_type(error->code, error), tool_failure_text(error->code, error));
    set_found(follow);
    end_if_all_refuse(follow);
}

/* ---- all that match */

static void on_added(struct tool_follow *follow, const char *service, const json_t *entry)
{
    if (find_followed(follow, service))
        return;
    struct tool_followed *followed = followed_new(follow);
    set_label(followed, json_object_get(entry, "info"), service);
    set_found(follow);
    int result = tool_target_open(follow->target, follow->bus, service, &followed->remote);
    if (result == 0)
        result = attach(followed);
    if (result < 0) {
        tool_error("%s: %s", followed->label, autobus_strerror(result));
        drop(followed);
    }
}

static void on_removed(struct tool_follow *follow, const char *service)
{
    struct tool_followed *followed = find_followed(follow, service);
    if (!followed)
        return;
    say_gone(followed, NULL);
    drop(followed);
}

static void on_settled(struct tool_follow *follow)
{
    follow->is_settled = true;
    end_if_all_refuse(follow);
    if (follow->settled)
        follow->settled(follow->user_data);
}

static void on_services(const autobus_services_event *event, void *user_data)
{
    struct tool_follow *follow = user_data;
    switch (event->kind) {
    case AUTOBUS_SERVICE_ADDED: on_added(follow, event->service, event->entry); break;
    case AUTOBUS_SERVICE_REMOVED: on_removed(follow, event->service); break;
    case AUTOBUS_SERVICES_SETTLED: on_settled(follow); break;
    case AUTOBUS_SERVICES_OVERFLOW:
        tool_error("lost track of the services: too many changes at once");
        tool_loop_finish(follow->loop, TOOL_EXIT_FAILED);
        break;
    default: break;
    }
}

/* ---- starting */

static int follow_one(struct tool_follow *follow)
{
    struct tool_followed *followed = followed_new(follow);
    const struct tool_target *target = follow->target;
    int result = tool_target_is_direct(target) ? tool_target_open(target, follow->bus, NULL, &followed->remote)
                                               : autobus_proxy_filter(follow->bus, target->filter, &followed->remote);
    return result < 0 ? result : attach(followed);
}

static int follow_all(struct tool_follow *follow)
{
    return autobus_listen_services(follow->bus, follow->target->filter, AUTOBUS_SERVICES_EXISTING, on_services, follow,
                                   NULL, NULL);
}

static void on_impatient(struct tool_timer *timer)
{
    struct tool_follow *follow = timer->user_data;
    if (atomic_load(&follow->found))
        return;
    if (tool_target_is_direct(follow->target)) {
        tool_error("%s: no connection in time", follow->target->text);
        tool_loop_finish(follow->loop, TOOL_EXIT_TIMEOUT);
    } else {
        tool_find_explain(follow->bus, follow->target);
        tool_loop_finish(follow->loop, TOOL_EXIT_ABSENT);
    }
}

int tool_follow_start(struct tool_follow *follow)
{
    bool one = follow->settings->any || tool_target_is_direct(follow->target);
    int result = one ? follow_one(follow) : follow_all(follow);
    if (result < 0 && tool_target_is_direct(follow->target) && follow->all && follow->all->remote)
        return say_failed(follow->all, result); /* it may have been refused by now */
    if (result < 0) {
        tool_error("%s: %s", follow->target->text, autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    follow->patience = (struct tool_timer){.expired = on_impatient, .user_data = follow};
    if (follow->settings->wait_ms != TOOL_FOREVER)
        tool_timer_arm(follow->loop, &follow->patience, follow->settings->wait_ms);
    tool_loop_watch_output(follow->loop);
    return 0;
}

void tool_follow_deinit(struct tool_follow *follow)
{
    while (follow->all)
        drop(follow->all);
    while (follow->lost) {
        struct tool_lost *lost = follow->lost;
        follow->lost = lost->next;
        free(lost);
    }
}

/* ---- lines */

static bool shares_label(const struct tool_followed *one)
{
    for (const struct tool_followed *other = one->follow->all; other; other = other->next) {
        if (other != one && other->bound && strcmp(other->label, one->label) == 0)
            return true;
    }
    return false;
}

enum { TIME_SIZE = 40 };

/* As RFC 3339 has it, of this place: 2026-02-03T14:15:16.789+01:00. */
static void print_time(char text[TIME_SIZE])
{
    struct timespec now;
    struct tm local;
    char zone[8];
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    size_t size = strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &local);
    strftime(zone, sizeof zone, "%z", &local);
    snprintf(text + size, TIME_SIZE - size, ".%03ld%.3s:%s", now.tv_nsec / 1000000, zone, zone + 3);
}

char *tool_follow_start_of_line(const struct tool_followed *followed, bool timed)
{
    char time[TIME_SIZE] = "";
    if (timed)
        print_time(time);
    const char *space = timed ? " " : "";
    if (!followed->follow->prefixed)
        return tool_print("%s%s", time, space);
    if (shares_label(followed))
        return tool_print("%s%s%s/%s: ", time, space, followed->label, followed->service);
    return tool_print("%s%s%s: ", time, space, followed->label);
}

void tool_follow_add_time(json_t *object, bool timed)
{
    char time[TIME_SIZE];
    if (!timed)
        return;
    print_time(time);
    if (json_object_set_new(object, "time", json_string(time)) < 0)
        tool_out_of_memory();
}
