/*
 * autobus-doctor: looks at what keeps services from being found or reached, and says what to do about it.
 */
#include <autobus2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "checkup.h"
#include "deadline.h"
#include "exit.h"
#include "find.h"
#include "message.h"
#include "target.h"
#include "text.h"

enum { TIMEOUT_MS = 2000, LISTEN_LEAST_MS = 300 };

struct doctor {
    struct tool_settings settings;
    struct tool_checkup checkup;
    bool brief;
};

/* ---- listening */

/* For the whole time, since what is wrong may come late; and for long enough that what is sent can come back. */
static void listen_for(int wait_ms)
{
    struct timespec end = tool_deadline_in(wait_ms > LISTEN_LEAST_MS ? wait_ms : LISTEN_LEAST_MS);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) != 0)
        ;
}

static int look(struct tool_checkup *checkup)
{
    int result = autobus_bus_interfaces(checkup->bus, &checkup->interfaces);
    if (result == 0)
        result = autobus_bus_settings(checkup->bus, &checkup->settings);
    if (result == 0)
        result = autobus_bus_counters(checkup->bus, &checkup->counters);
    if (result == 0)
        result = autobus_bus_services(checkup->bus, NULL, &checkup->services);
    if (result < 0)
        tool_error("%s", autobus_strerror(result));
    return result;
}

/* ---- services */

static void explain_absence(struct doctor *doctor, const struct tool_target *target)
{
    char *nearest = tool_find_nearest(doctor->checkup.bus, target);
    char *remedy = nearest ? tool_print("did you mean %s?", nearest)
                           : tool_copy("autobus-browse lists what there is; what is said above may keep it away");
    tool_finding(&doctor->checkup.findings, "match", TOOL_FINDING_FAILURE, NULL, remedy, "no service matches %s",
                 target->text);
    free(remedy);
    free(nearest);
}

/* The one service at a place that the user knows, or the bus there: discovery is not asked. */
static json_t *entries_of_place(const struct tool_target *target)
{
    json_t *entries =
        json_pack("[{s:s?, s:{s:s}, s:[{s:s, s:i, s:[], s:b}]}]", "service", target->id, "info", "name", target->text,
                  "routes", "host", target->host, "port", (int)target->port, "discoverers", "preferred", 1);
    if (!entries)
        tool_out_of_memory();
    return entries;
}

static int check_services(struct doctor *doctor, const struct tool_target *target)
{
    json_t *entries = NULL;
    int end = 0;
    if (tool_target_is_direct(target))
        entries = entries_of_place(target);
    else
        end = tool_find_all(doctor->checkup.bus, target, 0, &entries);
    if (end)
        return end;
    if (json_array_size(entries) == 0 && target->text) {
        explain_absence(doctor, target);
        end = TOOL_EXIT_ABSENT;
    }
    tool_checkup_services(&doctor->checkup, target, entries, target->text != NULL, doctor->settings.timeout_ms);
    json_decref(entries);
    return end;
}

/* ---- all of it */

static int check_all(struct doctor *doctor, const struct tool_target *target)
{
    struct tool_checkup *checkup = &doctor->checkup;
    json_t *counters = NULL;
    listen_for(doctor->settings.wait_ms);
    if (look(checkup) < 0)
        return TOOL_EXIT_NO_BUS;
    tool_checkup_versions(&checkup->findings);
    tool_checkup_settings(checkup);
    tool_checkup_interfaces(checkup);
    tool_checkup_ports(checkup);
    tool_checkup_datagrams(checkup);
    tool_checkup_buses(checkup);
    tool_checkup_seeds(checkup, doctor->settings.timeout_ms);
    int end = check_services(doctor, target);
    if (doctor->settings.verbose && autobus_bus_counters(checkup->bus, &counters) == 0) {
        json_decref(checkup->counters);
        checkup->counters = counters; /* with what the trial of the services made of them */
        tool_checkup_counters(checkup);
    }
    return end;
}

static int explain_no_bus(struct doctor *doctor, int result, const autobus_error *error)
{
    const char *text = error->text ? error->text : autobus_strerror(result);
    tool_finding(&doctor->checkup.findings, result == AUTOBUS_EINVAL ? "settings" : "bus", TOOL_FINDING_FAILURE, NULL,
                 result == AUTOBUS_EINVAL ? "mend it: autobus(7), CONFIGURATION, has what may be there"
                                          : "no program of this user can use Autobus until that is mended",
                 "no bus can be made here: %s", text);
    return TOOL_EXIT_NO_BUS;
}

static int run(struct doctor *doctor, const struct tool_target *target)
{
    struct tool_checkup *checkup = &doctor->checkup;
    autobus_error error = AUTOBUS_ERROR_INIT;
    int result = tool_bus_try(&doctor->settings, &checkup->bus, &error);
    int end = result;
    if (result < 0)
        end = explain_no_bus(doctor, result, &error);
    else if (result == 0)
        end = check_all(doctor, target);
    autobus_error_clear(&error);
    json_decref(checkup->services);
    json_decref(checkup->counters);
    json_decref(checkup->settings);
    json_decref(checkup->interfaces);
    tool_bus_close(checkup->bus);
    if (end == 0 && checkup->findings.counts[TOOL_FINDING_FAILURE] > 0)
        end = TOOL_EXIT_FAILED;
    return end;
}

/* ---- the command line */

static bool read_options(struct doctor *doctor, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &doctor->settings;
    const struct tool_option options[] = {
        {"quiet", 'q', NULL, "print only what is not well", tool_set_flag, &doctor->brief},
        TOOL_OPTION_VERBOSE(settings, "print the counters of this run too"),
        TOOL_OPTION_ALL(settings),
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_WAIT(settings, "how long to listen (2)"),
        TOOL_OPTION_TIMEOUT(settings, "for a service's answer (2)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {TOOL_RULE_QUIET, TOOL_RULES_END};
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] [SERVICE]",
        .summary = "Says what keeps services from being found or reached, and what to do about it.",
        .options = options,
        .rules = rules,
        .most = 1,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

int main(int argc, char **argv)
{
    struct doctor doctor = {.settings = TOOL_SETTINGS_INIT};
    struct tool_words words;
    struct tool_target target;
    int end = 0;
    tool_begin("autobus-doctor");
    doctor.settings.timeout_ms = TIMEOUT_MS;
    if (!read_options(&doctor, argc, argv, &words, &end))
        return end;
    doctor.checkup.findings.json = doctor.settings.json;
    doctor.checkup.findings.quiet = doctor.brief;
    end = tool_target_parse(words.count ? words.items[0] : NULL, doctor.settings.all, &target);
    if (end == 0) {
        end = run(&doctor, &target);
        tool_target_deinit(&target);
    }
    tool_words_deinit(&words);
    return end;
}
