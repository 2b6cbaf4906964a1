/*
 * Owns the rhythm: a command runs again `every` after it has ended, never twice at once. An object appears with its first
 * value; a command that fails leaves the last one and is told about once, until it works again.
 */
#include "refresh.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "message.h"
#include "text.h"

struct fresh {
    struct fresh *next;
    struct tool_refresh *refresh;
    const struct tool_item *item;
    struct tool_timer timer;
    autobus_slot *interest; /* NULL: it does not matter who watches */
    atomic_bool wanted;     /* by somebody who watches: set on a thread of the bus */
    bool running;
    bool tried;
    bool added;
    bool failing;
};

static void say_failure(struct fresh *fresh, const char *text)
{
    if (!fresh->failing)
        tool_remark("object %s: %s", fresh->item->name, text);
    fresh->failing = true;
}

static void set_value(struct fresh *fresh, const json_t *value)
{
    autobus_service *service = fresh->refresh->service;
    int result = fresh->added ? autobus_set_json(service, fresh->item->name, value)
                              : autobus_service_add_object(service, fresh->item->name, fresh->item->doc, value);
    if (result < 0) {
        say_failure(fresh, autobus_strerror(result));
        return;
    }
    if (!fresh->added)
        tool_item_describe(fresh->item, service); /* the value is there, whatever it is described as */
    fresh->added = true;
    fresh->failing = false;
}

static void mark_tried(struct fresh *fresh)
{
    struct tool_refresh *refresh = fresh->refresh;
    if (fresh->tried)
        return;
    fresh->tried = true;
    if (--refresh->first_left == 0)
        refresh->ready(refresh->user_data);
}

/* Again after its time, unless nobody would see it: then when somebody comes. */
static void run_later(struct fresh *fresh)
{
    fresh->running = false;
    if (!fresh->interest || atomic_load(&fresh->wanted))
        tool_timer_arm(fresh->refresh->loop, &fresh->timer, fresh->refresh->every_ms);
}

static void on_done(const struct tool_run_result *result, void *user_data)
{
    struct fresh *fresh = user_data;
    struct tool_answer answer;
    if (result->outcome == TOOL_RUN_CANCELLED)
        return;
    tool_answer_read(&fresh->refresh->runner, result, &answer);
    if (answer.value)
        set_value(fresh, answer.value);
    else
        say_failure(fresh, answer.text);
    tool_answer_deinit(&answer);
    run_later(fresh);
    mark_tried(fresh);
}

static void run(struct fresh *fresh)
{
    struct tool_run *started = NULL;
    char *object = tool_print("AUTOBUS_OBJECT=%s", fresh->item->name);
    char *service = tool_print("AUTOBUS_SERVICE=%s", autobus_service_id(fresh->refresh->service));
    const char *variables[] = {object, service, NULL};
    const struct tool_command command = {
        .text = fresh->item->command, .name = fresh->item->name, .variables = variables};
    fresh->running = true;
    int error = tool_runner_start(&fresh->refresh->runner, &command, on_done, fresh, &started);
    free(object);
    free(service);
    if (error) {
        say_failure(fresh, strerror(error));
        run_later(fresh);
        mark_tried(fresh);
    }
}

static void on_time(struct tool_timer *timer)
{
    run(timer->user_data);
}

/* ---- who watches */

static void on_interest(const autobus_interest *interest, void *user_data)
{
    struct fresh *fresh = user_data;
    atomic_store(&fresh->wanted, interest->interested);
    tool_loop_wake(fresh->refresh->loop);
}

static void ask_for_interest(struct fresh *fresh)
{
    int result = autobus_service_on_interest(fresh->refresh->service, AUTOBUS_KIND_OBJECT, fresh->item->name,
                                             on_interest, fresh, NULL, &fresh->interest);
    if (result < 0)
        tool_remark("object %s: %s", fresh->item->name, autobus_strerror(result)); /* it is kept fresh all the time */
}

void tool_refresh_wake(struct tool_refresh *refresh)
{
    for (struct fresh *fresh = refresh->all; fresh; fresh = fresh->next) {
        bool wanted = fresh->interest && atomic_load(&fresh->wanted);
        if (fresh->interest && !wanted)
            tool_timer_disarm(refresh->loop, &fresh->timer);
        else if (wanted && !fresh->running && !fresh->timer.armed)
            run(fresh);
    }
}

/* ---- all */

static void add(struct tool_refresh *refresh, const struct tool_item *item)
{
    struct fresh *fresh = tool_make(1, sizeof *fresh);
    *fresh = (struct fresh){.next = refresh->all, .refresh = refresh, .item = item};
    fresh->timer = (struct tool_timer){.expired = on_time, .user_data = fresh};
    refresh->all = fresh;
    refresh->first_left++;
}

void tool_refresh_start(struct tool_refresh *refresh, const struct tool_plan *plan)
{
    for (const struct tool_item *item = plan->items; item; item = item->next) {
        if (item->kind == TOOL_ITEM_OBJECT && item->command)
            add(refresh, item);
    }
    if (!refresh->all) {
        refresh->ready(refresh->user_data);
        return;
    }
    for (struct fresh *fresh = refresh->all; fresh; fresh = fresh->next) {
        if (refresh->watched)
            ask_for_interest(fresh);
        run(fresh);
    }
}

void tool_refresh_end(struct tool_refresh *refresh)
{
    tool_runner_end(&refresh->runner);
    while (refresh->all) {
        struct fresh *fresh = refresh->all;
        refresh->all = fresh->next;
        if (fresh->interest)
            autobus_slot_cancel_wait(fresh->interest);
        autobus_slot_unref(fresh->interest);
        tool_timer_disarm(refresh->loop, &fresh->timer);
        free(fresh);
    }
}
