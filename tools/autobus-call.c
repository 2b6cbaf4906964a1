/*
 * autobus-call: calls a function of a service and prints what it answers.
 */
#include <autobus2.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "bus.h"
#include "exit.h"
#include "failure.h"
#include "find.h"
#include "interrupt.h"
#include "message.h"
#include "multiple.h"
#include "output.h"
#include "service.h"
#include "target.h"
#include "text.h"

struct call {
    struct tool_settings settings;
    struct tool_argument_rules rules;
    bool notice;
    bool multiple;
    bool progress;
    const char *function;
    json_t *args;
    char *service; /* the id; NULL: not known yet, of a place without one */
    char *label;
};

/* ---- answers */

/* A bus that was named by its place alone has told its id by now, if it answered. */
static void learn_service(struct call *call, autobus_remote *remote)
{
    json_t *info = NULL;
    if (call->service || autobus_remote_info(remote, &info) < 0)
        return;
    call->service = tool_copy(json_string_value(json_object_get(info, "service")));
    json_decref(info);
}

static void print_json(const char *service, const char *key, json_t *value)
{
    json_t *object = json_pack("{s:s?, s:o}", "service", service, key, value);
    if (!object)
        tool_out_of_memory();
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void print_result(const struct call *call, const json_t *result)
{
    if (call->settings.json)
        print_json(call->service, "result", json_incref((json_t *)result));
    else if (call->settings.raw && json_is_string(result))
        tool_output_raw(NULL, result);
    else
        tool_output_json(NULL, result, tool_output_is_terminal() ? 2 : 0);
}

static bool is_of_type(const autobus_error *error, const char *type)
{
    return error->type && strcmp(error->type, type) == 0;
}

/* What the function added to its error: its data, or whatever else is there; NULL: nothing. */
static char *added_text(const autobus_error *error)
{
    json_t *rest = json_copy(error->details);
    json_t *data = json_object_get(rest, "data");
    char *text = NULL;
    json_object_del(rest, "text");
    json_object_del(rest, "type");
    if (json_object_size(rest) > 0)
        text = tool_json_text(data && json_object_size(rest) == 1 ? data : rest, 0);
    json_decref(rest);
    return text;
}

static void say_error(const struct call *call, int code, const autobus_error *error)
{
    bool remote = code == AUTOBUS_EREMOTE && !is_of_type(error, "exception");
    char *added = added_text(error);
    tool_error("%s: %s%s%s%s%s", call->label, remote ? tool_failure_type(code, error) : "", remote ? ": " : "",
               tool_failure_text(code, error), added ? ": " : "", added ? added : "");
    free(added);
}

/* What a person can do about it. */
static void say_help(const struct call *call, autobus_remote *remote, int code, const autobus_error *error)
{
    if (code == AUTOBUS_ETOOLARGE)
        tool_error("a call is at most 1 MiB of JSON, 64 levels deep");
    if (code != AUTOBUS_EREMOTE)
        return;
    if (is_of_type(error, "no_such_function"))
        tool_failure_suggest(remote, "functions", call->function);
    else if (is_of_type(error, "bad_arguments"))
        tool_arguments_explain(call->args);
}

static void explain(const struct call *call, autobus_remote *remote, int code, const autobus_error *error)
{
    if (!call->settings.json) {
        say_error(call, code, error);
        say_help(call, remote, code, error);
        return;
    }
    print_json(call->service, "error", tool_failure_json(code, error));
}

/* ---- calling */

static int send_notice(const struct call *call, autobus_remote *remote, autobus_error *error)
{
    int result = autobus_remote_wait(remote, call->settings.timeout_ms, error);
    return result < 0 ? result : autobus_notice_json(remote, call->function, call->args);
}

static void on_partial(const autobus_result *result, void *user_data)
{
    const struct call *call = user_data;
    if (result->code < 0)
        tool_error("%s", tool_failure_text(result->code, result->error));
    else if (call->settings.json)
        print_json(result->service, "partial", json_incref(result->value));
    else if (call->settings.raw && json_is_string(result->value))
        tool_output_raw(NULL, result->value);
    else
        tool_output_json(NULL, result->value, 0);
}

static int call_and_print(struct call *call, autobus_remote *remote, autobus_error *error)
{
    json_t *answer = NULL;
    const autobus_call_options options = {
        .timeout_ms = call->settings.timeout_ms,
        .partial = call->progress ? on_partial : NULL,
        .user_data = call,
    };
    int result = autobus_call_with(remote, &answer, error, call->function, call->args, &options);
    learn_service(call, remote);
    if (result == 0)
        print_result(call, answer);
    json_decref(answer);
    return result;
}

static int call_remote(struct call *call, autobus_remote *remote)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    int result = call->notice ? send_notice(call, remote, &error) : call_and_print(call, remote, &error);
    int end = tool_failure_exit(result, error.type);
    if (result < 0)
        explain(call, remote, result, &error);
    autobus_error_clear(&error);
    return end;
}

/* Which service is meant: its id and label. */
static int pick_service(struct call *call, const struct tool_target *target, autobus_bus *bus)
{
    json_t *entry = NULL;
    if (tool_target_is_direct(target)) {
        call->service = target->id ? tool_copy(target->id) : NULL;
        call->label = tool_copy(target->text);
    } else {
        int end = tool_find_one(bus, target, call->settings.any, call->settings.wait_ms, &entry);
        if (end)
            return end;
        const char *service = json_string_value(json_object_get(entry, "service"));
        call->service = tool_copy(service);
        call->label = tool_service_label(json_object_get(entry, "info"), service);
    }
    json_decref(entry);
    tool_detail("calling %s of %s (%s)", call->function, call->label, call->service ? call->service : "the bus there");
    return 0;
}

static int call_on(struct call *call, const struct tool_target *target, autobus_bus *bus)
{
    autobus_remote *remote = NULL;
    int end = pick_service(call, target, bus);
    if (end)
        return end;
    int result = tool_target_open(target, bus, call->service, &remote);
    if (result < 0) {
        tool_error("%s: %s", call->label, autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    tool_interrupt_set(bus);
    end = call_remote(call, remote);
    tool_interrupt_set(NULL);
    autobus_remote_unref(remote);
    return end;
}

static int run(struct call *call, const struct tool_words *words)
{
    struct tool_target target;
    autobus_bus *bus = NULL;
    int end = tool_target_read(words, "function", call->settings.all, &target);
    if (end)
        return end;
    call->function = words->items[1];
    end = tool_arguments_read(&call->rules, words->rest, words->rest_count, &call->args);
    if (end == 0)
        end = tool_bus_open(&call->settings, &bus);
    if (end == 0) {
        end = call->multiple ? tool_multiple_call(bus, &target, &call->settings, call->function, call->args,
                                                  call->notice, call->progress)
                             : call_on(call, &target, bus);
        tool_bus_close(bus); /* a notice has left when this returns */
    }
    tool_target_deinit(&target);
    return end;
}

/* ---- the command line */

static bool read_options(struct call *call, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &call->settings;
    const struct tool_option options[] = {
        TOOL_OPTION_ANY(settings, "call whichever service is found first, if several match"),
        {"multiple", 'm', NULL, "call all that match, and print JSON, an object a line", tool_set_flag,
         &call->multiple},
        {"notice", 'n', NULL, "send the call and wait for no answer", tool_set_flag, &call->notice},
        {"progress", 0, NULL, "print partial results too, each on a line as it comes", tool_set_flag, &call->progress},
        {"strings", 0, NULL, "take each ARG as a string", tool_set_flag, &call->rules.strings},
        {"args", 0, "JSON", "the whole array of arguments; - reads it from standard input", tool_set_text,
         &call->rules.json},
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_RAW(settings),
        TOOL_OPTION_VERBOSE(settings, "say on standard error which service is called"),
        TOOL_OPTION_ALL(settings),
        TOOL_OPTION_QUIET(settings),
        TOOL_OPTION_WAIT(settings, "how long to look for the service (2)"),
        TOOL_OPTION_TIMEOUT(settings, "how long to wait for the answer (30)"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"multiple", TOOL_EXCLUDES, {"any", "raw"}},
        {"notice", TOOL_EXCLUDES, {"progress", "raw"}},
        TOOL_RULE_RAW,
        TOOL_RULE_QUIET,
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] SERVICE FUNCTION [ARG…]",
        .summary = "Calls a function of a service and prints the result as JSON. Options end at FUNCTION.\n"
                   "An ARG is JSON if it parses, else a string; - reads one JSON value from standard input.",
        .options = options,
        .rules = rules,
        .least = 2,
        .most = 2,
        .rest = true,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

int main(int argc, char **argv)
{
    struct call call = {.settings = TOOL_SETTINGS_INIT};
    struct tool_words words;
    int end = 0;
    tool_begin("autobus-call");
    if (!read_options(&call, argc, argv, &words, &end))
        return end;
    tool_interrupt_begin();
    end = run(&call, &words);
    tool_interrupt_end();
    json_decref(call.args);
    free(call.service);
    free(call.label);
    tool_words_deinit(&words);
    return end;
}
