/*
 * autobus-watch: prints the value of an object and each new one, of every service that matches.
 */
#include <autobus2.h>
#include <stdlib.h>

#include "bus.h"
#include "exit.h"
#include "message.h"
#include "output.h"
#include "values.h"

struct watcher {
    struct tool_settings settings;
    bool once;
    bool timed;
    bool done; /* with --once: it has been printed */
    struct tool_loop loop;
    struct tool_timer deadline; /* with --once */
    struct tool_values values;
};

/* ---- lines */

static void print_line(const struct watcher *watcher, const struct tool_followed *followed, json_t *value)
{
    char *start = tool_follow_start_of_line(followed, watcher->timed);
    if (watcher->settings.raw && json_is_string(value))
        tool_output_raw(start, value);
    else
        tool_output_json(start, value, 0);
    free(start);
}

/* `value` NULL: the object is gone. */
static void on_changed(struct tool_followed *followed, json_t *value, void *user_data)
{
    struct watcher *watcher = user_data;
    if (watcher->done || (!value && (watcher->once || !watcher->settings.json)))
        return;
    if (watcher->settings.json)
        tool_values_print(&watcher->values, followed->service, value, watcher->timed);
    else
        print_line(watcher, followed, value);
    watcher->done = watcher->once;
    if (watcher->once)
        tool_loop_finish(&watcher->loop, TOOL_EXIT_DONE);
}

/* --once waits for no object that all services said they do not have. */
static void on_known(bool any, void *user_data)
{
    struct watcher *watcher = user_data;
    if (watcher->once && !any)
        tool_loop_finish(&watcher->loop, TOOL_EXIT_ABSENT);
}

/* ---- --once has a time */

static void on_deadline(struct tool_timer *timer)
{
    struct watcher *watcher = timer->user_data;
    tool_error("no value of %s in time", watcher->values.object);
    tool_loop_finish(&watcher->loop, TOOL_EXIT_TIMEOUT);
}

/* A service has been found: its time to answer begins. */
static void on_wake(void *user_data)
{
    struct watcher *watcher = user_data;
    if (watcher->once && !watcher->deadline.armed && atomic_load(&watcher->values.follow.found))
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
        watcher->values.once = watcher->once;
        watcher->values.changed = on_changed;
        watcher->values.known = on_known;
        watcher->values.user_data = watcher;
        end = tool_values_start(&watcher->values, &watcher->settings, target, bus, &watcher->loop);
        if (end == 0)
            end = tool_loop_run(&watcher->loop);
        tool_bus_close(bus);
        tool_values_deinit(&watcher->values);
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
        TOOL_OPTIONS_FOLLOW(settings, &watcher->timed),
        TOOL_OPTION_TIMEOUT(settings, "with --once: for the value, from when a service is there (30)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"timeout", TOOL_NEEDS_ANY_OF, {"once"}},
        TOOL_RULE_RAW,
        TOOL_RULE_QUIET,
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] SERVICE OBJECT",
        .summary = "Prints an object's value, and each new one when it changes, one JSON value a line.",
        .options = options,
        .rules = rules,
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
    tool_begin("autobus-watch");
    watcher.settings.wait_ms = TOOL_FOREVER;
    if (!read_options(&watcher, argc, argv, &words, &end))
        return end;
    end = tool_target_read(&words, "object", watcher.settings.all, &target);
    if (end == 0) {
        watcher.values.object = words.items[1];
        end = watch_on(&watcher, &target);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}
