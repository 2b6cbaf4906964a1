/*
 * autobus-listen: prints the events of a service as they are fired, of every service that matches.
 */
#include <autobus2.h>
#include <stdlib.h>

#include "bus.h"
#include "exit.h"
#include "failure.h"
#include "follow.h"
#include "message.h"
#include "output.h"

struct listener {
    struct tool_settings settings;
    unsigned count; /* 0: no end */
    bool timed;
    const char *event;
    unsigned heard;
    struct tool_loop loop;
    struct tool_follow follow;
};

/* ---- lines */

static void print_object(const struct listener *listener, const autobus_event *event)
{
    json_t *object = json_pack("{s:s, s:s, s:O}", "service", event->service, "event", event->name, "args", event->args);
    if (!object)
        tool_out_of_memory();
    tool_follow_add_time(object, listener->timed);
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void print_args(const struct listener *listener, const struct tool_followed *followed, const json_t *args)
{
    char *start = tool_follow_start_of_line(followed, listener->timed);
    if (listener->settings.raw)
        tool_output_raw(start, args);
    else
        tool_output_json(start, args, 0);
    free(start);
}

static bool is_done(const struct listener *listener)
{
    return listener->count > 0 && listener->heard == listener->count;
}

static void on_event(const autobus_event *event, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct listener *listener = followed->follow->user_data;
    if (event->code == AUTOBUS_EREMOTE) {
        tool_follow_refused(followed, event->error);
        return;
    }
    if (event->code < 0) {
        tool_error("%s: events were missed: %s", followed->label ? followed->label : event->name,
                   autobus_strerror(event->code));
        tool_loop_finish(&listener->loop, TOOL_EXIT_FAILED);
        return;
    }
    if (is_done(listener))
        return;
    if (listener->settings.json)
        print_object(listener, event);
    else
        print_args(listener, followed, event->args);
    listener->heard++;
    if (is_done(listener))
        tool_loop_finish(&listener->loop, TOOL_EXIT_DONE);
}

/* ---- following */

/* Listening to what is not there is no fault, but most often a slip. */
static void on_listed(const autobus_result *result, void *user_data)
{
    struct tool_followed *followed = user_data;
    const struct listener *listener = followed->follow->user_data;
    if (result->code < 0 || !json_is_object(result->value) || json_object_get(result->value, listener->event))
        return;
    tool_remark("%s has no event %s yet", followed->label ? followed->label : "it", listener->event);
    tool_failure_suggest_from(result->value, "events", listener->event);
}

static int attach(struct tool_followed *followed, void *user_data)
{
    const struct listener *listener = user_data;
    int result = autobus_listen(followed->remote, listener->event, on_event, tool_followed_ref(followed),
                                tool_followed_destroy, NULL);
    if (result < 0) {
        tool_followed_destroy(followed);
        return result;
    }
    if (autobus_get_async(followed->remote, "autobus.events", 0, 0, on_listed, tool_followed_ref(followed),
                          tool_followed_destroy, NULL) < 0)
        tool_followed_destroy(followed); /* it goes without the remark */
    return 0;
}

static int listen_on(struct listener *listener, const struct tool_target *target)
{
    autobus_bus *bus = NULL;
    int end = tool_loop_init(&listener->loop, 0);
    if (end)
        return end;
    end = tool_bus_open(&listener->settings, &bus);
    if (end == 0) {
        listener->follow = (struct tool_follow){
            .settings = &listener->settings,
            .target = target,
            .bus = bus,
            .loop = &listener->loop,
            .attach = attach,
            .user_data = listener,
        };
        end = tool_follow_start(&listener->follow);
        if (end == 0)
            end = tool_loop_run(&listener->loop);
        tool_bus_close(bus);
        tool_follow_deinit(&listener->follow);
    }
    tool_loop_deinit(&listener->loop);
    return end;
}

/* ---- the command line */

static bool read_options(struct listener *listener, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &listener->settings;
    const struct tool_option options[] = {
        {"count", 0, "N", "end after N events", tool_set_count, &listener->count},
        TOOL_OPTIONS_FOLLOW(settings, &listener->timed),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {TOOL_RULE_RAW, TOOL_RULE_QUIET, TOOL_RULES_END};
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] SERVICE EVENT",
        .summary = "Prints the arguments of an event each time that a service fires it, one JSON array a line.",
        .options = options,
        .rules = rules,
        .least = 2,
        .most = 2,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

int main(int argc, char **argv)
{
    struct listener listener = {.settings = TOOL_SETTINGS_INIT};
    struct tool_words words;
    struct tool_target target;
    int end = 0;
    tool_begin("autobus-listen");
    listener.settings.wait_ms = TOOL_FOREVER;
    if (!read_options(&listener, argc, argv, &words, &end))
        return end;
    end = tool_target_read(&words, "event", listener.settings.all, &target);
    if (end == 0) {
        listener.event = words.items[1];
        end = listen_on(&listener, &target);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}
