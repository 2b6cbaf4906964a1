/*
 * autobus-browse: lists the services that are there, or tells as they come and go.
 */
#include <autobus2.h>
#include <stddef.h>

#include "bus.h"
#include "changes.h"
#include "describe.h"
#include "exit.h"
#include "failure.h"
#include "find.h"
#include "message.h"
#include "output.h"
#include "place.h"
#include "pulse.h"
#include "routes.h"
#include "show.h"
#include "target.h"

enum { DETAILS_TIMEOUT_MS = 2000 };

struct browser {
    struct tool_settings settings;
    bool watch;
    bool routes;
};

/* ---- once */

static void print_entries(const struct browser *browser, const json_t *entries)
{
    struct tool_show show = {.verbose = browser->settings.verbose, .routes = browser->routes};
    for (size_t i = 0; i < json_array_size(entries); i++)
        tool_show_measure(&show, json_array_get(entries, i));
    for (size_t i = 0; i < json_array_size(entries); i++) {
        if (browser->settings.json)
            tool_output_json(NULL, json_array_get(entries, i), 0);
        else
            tool_show_entry(&show, json_array_get(entries, i), NULL, true);
    }
}

/* Of those that were asked what they offer, if none of them told it. */
static int exit_of_odd(const json_t *entries)
{
    const char *type = NULL;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *error = json_object_get(json_array_get(entries, i), "error");
        if (!error)
            return 0;
        type = json_string_value(json_object_get(error, "type"));
    }
    if (!type)
        return 0;
    int end = tool_failure_exit(AUTOBUS_EREMOTE, type);
    return end == TOOL_EXIT_FAILED ? TOOL_EXIT_DISCONNECTED : end;
}

static int browse_once(const struct browser *browser, autobus_bus *bus, const struct tool_target *target)
{
    json_t *entries = NULL;
    int end = tool_target_is_direct(target) ? tool_place_entries(bus, &browser->settings, target, &entries)
                                            : tool_find_all(bus, target, browser->settings.wait_ms, &entries);
    if (end)
        return end;
    if (json_array_size(entries) == 0) {
        if (tool_target_is_direct(target))
            tool_error("%s: the bus there has no services but its own: --all shows it", target->text);
        else
            tool_find_explain(bus, target);
        end = TOOL_EXIT_ABSENT;
    }
    if (browser->routes)
        tool_routes_explain(bus, target, entries, browser->settings.timeout_ms);
    if (browser->settings.verbose) {
        tool_describe_all(bus, target, entries, browser->settings.timeout_ms);
        tool_pulse_take(bus, entries, browser->settings.timeout_ms);
        end = end ? end : exit_of_odd(entries);
    }
    print_entries(browser, entries);
    json_decref(entries);
    return end;
}

static int run_once(const struct browser *browser, const struct tool_target *target)
{
    autobus_bus *bus = NULL;
    int end = tool_bus_open(&browser->settings, &bus);
    if (end)
        return end;
    end = browse_once(browser, bus, target);
    tool_bus_close(bus);
    return end;
}

/* ---- the command line */

static bool read_options(struct browser *browser, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &browser->settings;
    const struct tool_option options[] = {
        {"watch", 'w', NULL, "go on, and tell what comes (+), changes (~) and goes (-)", tool_set_flag,
         &browser->watch},
        {"routes", 0, NULL, "try each route, and tell what it is like and why it is used or not", tool_set_flag,
         &browser->routes},
        TOOL_OPTION_VERBOSE(settings, "show functions, events, objects and documentation"),
        TOOL_OPTION_ALL(settings),
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_QUIET(settings),
        TOOL_OPTION_WAIT(settings, "how long to look when nothing is there (2)"),
        TOOL_OPTION_TIMEOUT(settings, "for a service's answer with --verbose or --routes (2)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"watch", TOOL_EXCLUDES, {"routes", "wait"}},
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] [SERVICE]",
        .summary = "Lists the services on the network: type, name, host name and id, and below that the routes.",
        .options = options,
        .rules = rules,
        .most = 1,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

static bool makes_sense(const struct browser *browser, const struct tool_target *target)
{
    bool direct = tool_target_is_direct(target);
    if (browser->settings.timeout_ms != TOOL_UNSET && !browser->routes && !browser->settings.verbose && !direct)
        tool_error("--timeout means nothing without --verbose or --routes; --wait is how long to look");
    else if (browser->watch && direct)
        tool_error("--watch needs a filter: %s is a place, which is not watched", target->text);
    else if (browser->routes && direct)
        tool_error("--routes needs a filter: %s is a place, which is one route", target->text);
    else
        return true;
    tool_usage_hint();
    return false;
}

static int run(struct browser *browser, const struct tool_target *target)
{
    if (!makes_sense(browser, target))
        return TOOL_EXIT_USAGE;
    if (browser->settings.timeout_ms == TOOL_UNSET)
        browser->settings.timeout_ms = DETAILS_TIMEOUT_MS;
    return browser->watch ? tool_changes_run(&browser->settings, target) : run_once(browser, target);
}

int main(int argc, char **argv)
{
    struct browser browser = {.settings = TOOL_SETTINGS_INIT};
    struct tool_words words;
    struct tool_target target;
    int end = 0;
    tool_begin("autobus-browse");
    browser.settings.timeout_ms = TOOL_UNSET;
    if (!read_options(&browser, argc, argv, &words, &end))
        return end;
    end = tool_target_parse(words.count ? words.items[0] : NULL, browser.settings.all, &target);
    if (end == 0) {
        end = run(&browser, &target);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}
