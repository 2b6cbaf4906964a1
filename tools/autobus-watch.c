/*
 * autobus-watch: prints the value of an object and each new one, of every service that matches.
 */
#include <autobus2.h>
#include <locale.h>
#include <stdlib.h>

#include "bus.h"
#include "exit.h"
#include "failure.h"
#include "follow.h"
#include "message.h"
#include "output.h"

struct watcher {
    struct tool_settings settings;
    bool once;
    bool timed;
    const char *object;
    bool done; /* with --once: it has been printed */
    struct tool_loop loop;
    struct tool_timer deadline; /* with --once */
    struct tool_follow follow;
};

/* ---- lines */

/* `value` NULL: the object is gone. */
static void print_object(const struct watcher *watcher, const struct tool_followed *followed, json_t *value)
{
    json_t *object =
        json_pack("{s:s?, s:s, s:O*}", "service", followed->service, "object", watcher->object, "value", value);
    if (!object)
        tool_out_of_memory();
    tool_follow_add_time(object, watcher->timed);
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void print_value(const struct watcher *watcher, const struct tool_followed *followed, json_t *value)
{
    if (watcher->settings.json) {
        print_object(watcher, followed, value);
        return;
    }
    char *start = tool_follow_start_of_line(followed, watcher->timed);
    if (watcher->settings.raw && json_is_string(value))
        tool_output_raw(start, value);
    else
        tool_output_json(start, value, 0);
    free(start);
}

/* ---- an object that is not there */

/* --once waits for no object that all services said they do not have. */
static void give_up_if_absent(struct watcher *watcher)
{
    const struct tool_follow *follow = &watcher->follow;
    bool all_known = follow->is_settled || follow->settings->any || tool_target_is_direct(follow->target);
    if (!watcher->once || !all_known || !follow->all)
        return;
    for (const struct tool_followed *followed = follow->all; followed; followed = followed->next) {
        if (!followed->answered || followed->present)
            return;
    }
    tool_loop_finish(&watcher->loop, TOOL_EXIT_ABSENT);
}

static void on_settled(void *user_data)
{
    give_up_if_absent(user_data);
}

static void on_listed(const autobus_result *result, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct watcher *watcher = followed->follow->user_data;
    if (result->code == 0 && !followed->present)
        tool_failure_suggest_from(result->value, "objects", watcher->object);
    followed->answered = true;
    give_up_if_absent(watcher);
}

static void explain_absent(struct watcher *watcher, struct tool_followed *followed)
{
    if (watcher->once)
        tool_error("%s has no object %s", followed->label, watcher->object);
    else
        tool_remark("%s has no object %s now", followed->label, watcher->object);
    if (autobus_get_async(followed->remote, "autobus.objects", AUTOBUS_CALL_BOUND, 2000, on_listed,
                          tool_followed_ref(followed), tool_followed_destroy, NULL) < 0) {
        tool_followed_destroy(followed); /* it goes without suggestions */
        followed->answered = true;
        give_up_if_absent(watcher);
    }
}

static void on_absent(struct watcher *watcher, struct tool_followed *followed)
{
    bool first = !followed->answered && !followed->present;
    bool lost = followed->present;
    followed->present = false;
    if ((lost || first) && watcher->settings.json && !watcher->once)
        print_object(watcher, followed, NULL);
    if (first)
        explain_absent(watcher, followed);
    else if (lost)
        tool_remark("%s has no object %s any more", followed->label, watcher->object);
}

/* ---- following */

static void on_value(const autobus_value *value, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct watcher *watcher = followed->follow->user_data;
    if (!value->service || watcher->done)
        return; /* the service is lost, which on_gone tells */
    if (!value->value) {
        on_absent(watcher, followed);
        return;
    }
    followed->present = true;
    followed->answered = true;
    print_value(watcher, followed, value->value);
    watcher->done = watcher->once;
    if (watcher->once)
        tool_loop_finish(&watcher->loop, TOOL_EXIT_DONE);
}

static void on_gone(struct tool_followed *followed, void *user_data)
{
    const struct watcher *watcher = user_data;
    if (followed->present && watcher->settings.json)
        print_object(watcher, followed, NULL);
    followed->present = false;
}

static int attach(struct tool_followed *followed, void *user_data)
{
    const struct watcher *watcher = user_data;
    int result = autobus_watch(followed->remote, watcher->object, on_value, tool_followed_ref(followed),
                               tool_followed_destroy, NULL);
    if (result < 0)
        tool_followed_destroy(followed);
    return result;
}

/* ---- --once has a time */

static void on_deadline(struct tool_timer *timer)
{
    struct watcher *watcher = timer->user_data;
    tool_error("no value of %s in time", watcher->object);
    tool_loop_finish(&watcher->loop, TOOL_EXIT_TIMEOUT);
}

/* A service has been found: its time to answer begins. */
static void on_wake(void *user_data)
{
    struct watcher *watcher = user_data;
    if (watcher->once && !watcher->deadline.armed && atomic_load(&watcher->follow.found))
        tool_timer_arm(&watcher->loop, &watcher->deadline, watcher->settings.timeout_ms);
}

static int watch_on(struct watcher *watcher, const struct tool_target *target)
{
    autobus_bus *bus = NULL;
    int end = tool_loop_init(&watcher->loop, 0);
    if (end)
        return end;
    watcher->loop.on_wake = on_wake;
    watcher->loop.user_data = watcher;
    watcher->deadline = (struct tool_timer){.expired = on_deadline, .user_data = watcher};
    end = tool_bus_open(&watcher->settings, &bus);
    if (end == 0) {
        watcher->follow = (struct tool_follow){
            .settings = &watcher->settings,
            .target = target,
            .bus = bus,
            .loop = &watcher->loop,
            .attach = attach,
            .gone = on_gone,
            .settled = on_settled,
            .user_data = watcher,
        };
        end = tool_follow_start(&watcher->follow);
        if (end == 0)
            end = tool_loop_run(&watcher->loop);
        tool_bus_close(bus);
        tool_follow_deinit(&watcher->follow);
    }
    tool_loop_deinit(&watcher->loop);
    return end;
}

/* ---- the command line */

static bool read_options(struct watcher *watcher, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &watcher->settings;
    const struct tool_option options[] = {
        {"once", 0, NULL, "print one value and end", tool_set_flag, &watcher->once},
        TOOL_OPTION_ANY(settings, "follow one service, whichever comes first"),
        {"time", 0, NULL, "begin each line with the time", tool_set_flag, &watcher->timed},
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_RAW(settings),
        TOOL_OPTION_VERBOSE(settings, "say on standard error which services are followed"),
        TOOL_OPTION_ALL(settings),
        TOOL_OPTION_QUIET(settings),
        TOOL_OPTION_WAIT(settings, "give up when no service was there by then (for ever)"),
        TOOL_OPTION_TIMEOUT(settings, "with --once: for the value, from when a service is there (30)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] SERVICE OBJECT",
        .summary = "Prints an object's value, and each new one when it changes, one JSON value a line.",
        .options = options,
        .least = 2,
        .most = 2,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

int main(int argc, char **argv)
{
    struct watcher watcher = {.settings = TOOL_SETTINGS_INIT};
    struct tool_words words;
    struct tool_target target;
    int end = 0;
    setlocale(LC_CTYPE, "");
    tool_message_init("autobus-watch");
    watcher.settings.wait_ms = TOOL_FOREVER;
    if (!read_options(&watcher, argc, argv, &words, &end))
        return end;
    end = tool_target_parse(words.items[0], watcher.settings.all, &target);
    if (end == 0) {
        watcher.object = words.items[1];
        end = watch_on(&watcher, &target);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}
