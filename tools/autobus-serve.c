/*
 * autobus-serve: publishes a service whose functions are commands.
 */
#include <autobus2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "calls.h"
#include "connected.h"
#include "exit.h"
#include "failure.h"
#include "input.h"
#include "message.h"
#include "networks.h"
#include "notify.h"
#include "plan.h"
#include "refresh.h"
#include "text.h"

enum { POLL_MS = 10000, POLL_LEAST_MS = 100 };

struct server {
    struct tool_settings settings;
    struct tool_plan plan;
    struct tool_loop loop;
    struct tool_calls calls;
    struct tool_refresh refresh;
    struct tool_input input;
    autobus_bus *bus;
    autobus_service *service;
    unsigned most_output;
    bool published;
};

/* ---- the service */

static int add_item(struct server *server, const struct tool_item *item)
{
    if (item->kind == TOOL_ITEM_FUNCTION)
        return tool_calls_add(&server->calls, server->service, item);
    if (item->kind == TOOL_ITEM_EVENT)
        return autobus_service_add_event(server->service, item->name, item->doc);
    if (item->value)
        return autobus_service_add_object(server->service, item->name, item->doc, item->value);
    return 0; /* its command adds it */
}

static int set_access(const struct server *server)
{
    const struct tool_plan *plan = &server->plan;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (!plan->allowed && !plan->local)
        return 0; /* then it is the setting's */
    int result = autobus_service_set_access(server->service, plan->allowed ? plan->allowed : "local", &error);
    if (result < 0)
        tool_error("--allow: %s", error.text);
    autobus_error_clear(&error);
    return tool_failure_exit(result, NULL);
}

static int make_service(struct server *server)
{
    int result = autobus_service_new(server->bus, server->plan.info, &server->service);
    if (result == 0 && server->plan.doc)
        result = autobus_service_set_doc(server->service, AUTOBUS_KIND_SERVICE, NULL, server->plan.doc);
    if (result < 0) {
        tool_error("%s", autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    for (const struct tool_item *item = server->plan.items; item; item = item->next) {
        result = add_item(server, item);
        if (result < 0)
            tool_error("%s: %s", item->name, autobus_strerror(result));
        else if (item->kind != TOOL_ITEM_OBJECT || item->value)
            result = tool_item_describe(item, server->service);
        if (result < 0)
            return tool_failure_exit(result, NULL);
    }
    return set_access(server);
}

/* ---- publishing */

static char *functions_text(const struct tool_plan *plan)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    const char *between = "";
    for (const struct tool_item *item = plan->items; item; item = item->next) {
        if (item->kind == TOOL_ITEM_FUNCTION) {
            fprintf(out, "%s%s", between, item->name);
            between = ", ";
        }
    }
    return tool_writer_close(&writer);
}

/* From where the service may be used, as a list: said on the command line, or by the setting. */
static char *access_text(const struct server *server)
{
    const struct tool_plan *plan = &server->plan;
    json_t *settings = NULL;
    if (plan->allowed || plan->local)
        return tool_copy(plan->allowed ? plan->allowed : "local");
    if (autobus_bus_settings(server->bus, &settings) < 0)
        return tool_copy("*");
    const char *value = json_string_value(json_object_get(json_object_get(settings, "allow"), "value"));
    char *text = tool_copy(value && *value ? value : "*");
    json_decref(settings);
    return text;
}

/* Empty: there is no network. */
static char *who_text(const struct server *server)
{
    char *access = access_text(server);
    char *who = NULL;
    if (strcmp(access, "local") == 0)
        who = tool_copy("this machine alone");
    else if (!strchr(access, '*'))
        who = tool_print("this machine and anybody in %s", access);
    free(access);
    if (who)
        return who;
    char *networks = tool_networks_used(server->bus);
    char *text = tool_print("%s%s", *networks ? "anybody on " : "", networks);
    free(networks);
    return text;
}

/* Nobody is asked who they are: whoever starts this should know who can run the commands. */
static void say_who_may_call(const struct server *server)
{
    char *functions = functions_text(&server->plan);
    char *who = who_text(server);
    if (*functions && *who)
        tool_remark("%s may run: %s", who, functions);
    free(who);
    free(functions);
}

static void publish(void *user_data)
{
    struct server *server = user_data;
    int result = autobus_service_publish(server->service);
    if (result < 0) {
        tool_error("cannot publish: %s", autobus_strerror(result));
        tool_loop_finish(&server->loop, TOOL_EXIT_NO_BUS);
        return;
    }
    server->published = true;
    tool_detail("published as %s", autobus_service_id(server->service));
    say_who_may_call(server);
    tool_notify("READY=1");
    tool_input_start(&server->input);
}

/* ---- running */

static void on_wake(void *user_data)
{
    struct server *server = user_data;
    tool_calls_wake(&server->calls);
    tool_refresh_wake(&server->refresh);
}

static void on_signal(int signal, void *user_data)
{
    struct server *server = user_data;
    if (signal == SIGCHLD) {
        tool_runner_reap(&server->calls.runner);
        tool_runner_reap(&server->refresh.runner);
    } else if (signal == SIGUSR1) {
        tool_connected_say(server->service);
    } else {
        tool_loop_finish(&server->loop, TOOL_EXIT_DONE);
    }
}

static int serve(struct server *server)
{
    int end = make_service(server);
    if (end)
        return end;
    server->refresh.service = server->service;
    server->input.service = server->service;
    tool_refresh_start(&server->refresh, &server->plan);
    end = tool_loop_run(&server->loop);
    tool_notify("STOPPING=1");
    return end;
}

/* Goodbye first; then what runs is ended and answered, for which the library leaves a second. */
static void stop(struct server *server)
{
    tool_input_end(&server->input);
    if (server->service)
        autobus_service_close(server->service);
    tool_calls_end(&server->calls);
    tool_refresh_end(&server->refresh);
    tool_bus_close(server->bus);
    autobus_service_unref(server->service);
}

static int run(struct server *server)
{
    int end = tool_plan_finish(&server->plan);
    if (end)
        return end;
    end = tool_loop_init(&server->loop, SIGCHLD);
    if (end)
        return end;
    tool_loop_add_signal(&server->loop, SIGUSR1);
    server->loop.on_wake = on_wake;
    server->loop.on_signal = on_signal;
    server->loop.user_data = server;
    end = tool_bus_open(&server->settings, &server->bus);
    if (end == 0) {
        end = serve(server);
        stop(server);
    }
    tool_loop_deinit(&server->loop);
    return end;
}

/* ---- the command line */

static void init(struct server *server)
{
    *server = (struct server){.settings = TOOL_SETTINGS_INIT, .most_output = 1 << 20};
    tool_plan_init(&server->plan);
    tool_calls_init(&server->calls, &server->loop);
    server->refresh = (struct tool_refresh){
        .loop = &server->loop,
        .every_ms = POLL_MS,
        .ready = publish,
        .user_data = server,
    };
    server->input = (struct tool_input){.loop = &server->loop, .plan = &server->plan};
}

/* Without a pause a command would take all of a processor. */
static int set_poll(const struct tool_option *option, const char *text)
{
    int result = tool_set_seconds(option, text);
    if (result == 0 && *(int *)option->target < POLL_LEAST_MS) {
        tool_error("--poll %s: at least 0.1 s", text);
        return -1;
    }
    return result;
}

static bool read_options(struct server *server, int argc, char **argv, struct tool_words *ret_words, int *ret_exit)
{
    struct tool_settings *settings = &server->settings;
    struct tool_plan *plan = &server->plan;
    const struct tool_option options[] = {
        {"info", 0, "KEY=VALUE", "what the service tells of itself: type, name, room, …", tool_plan_set_info, plan},
        {"function", 0, "NAME=COMMAND", "a function; its arguments are $1, $2, …", tool_plan_add_function, plan},
        {"stream", 0, "NAME", "each line of that function is a partial result to callers who want them",
         tool_plan_add_stream, plan},
        {"object", 0, "NAME=JSON", "an object with its value", tool_plan_add_object, plan},
        {"object-command", 0, "NAME=COMMAND", "an object whose value a command prints", tool_plan_add_object_command,
         plan},
        {"poll", 0, "SECONDS", "how often such a command runs (10)", set_poll, &server->refresh.every_ms},
        {"poll-watched", 0, NULL, "after the first time only while somebody watches the object", tool_set_flag,
         &server->refresh.watched},
        {"event", 0, "NAME", "an event, fired by a line of standard input", tool_plan_add_event, plan},
        {"local", 0, NULL, "nobody but this machine may use the service", tool_set_flag, &plan->local},
        {"allow", 0, "NETWORK", "who else may: 192.168.1.0/24, an address; may be repeated", tool_plan_add_allow, plan},
        {"describe", 0, "NAME=JSON", "what has that name takes and gives, in parts of JSON Schema",
         tool_plan_add_description, plan},
        {"doc", 0, "NAME=TEXT", "documentation of what has that name; =TEXT: of the service", tool_plan_add_doc, plan},
        {"max-running", 0, "N", "calls that run at once; more are answered busy (8)", tool_set_count,
         &server->calls.most},
        {"command-timeout", 0, "SECONDS", "a command that takes longer is killed (30)", tool_set_seconds,
         &server->calls.runner.timeout_ms},
        {"max-output", 0, "BYTES", "a command that prints more is killed (1048576)", tool_set_count,
         &server->most_output},
        {"until-eof", 0, NULL, "end when standard input ends", tool_set_flag, &server->input.until_end},
        TOOL_OPTION_VERBOSE(settings, "say each call on standard error"),
        TOOL_OPTION_QUIET(settings),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"poll", TOOL_NEEDS_ANY_OF, {"object-command"}},
        {"poll-watched", TOOL_NEEDS_ANY_OF, {"object-command"}},
        {"max-running", TOOL_NEEDS_ANY_OF, {"function"}},
        {"command-timeout", TOOL_NEEDS_ANY_OF, {"function", "object-command"}},
        {"max-output", TOOL_NEEDS_ANY_OF, {"function", "object-command"}},
        {"local", TOOL_EXCLUDES, {"allow"}},
        TOOL_RULE_QUIET,
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…]",
        .summary = "Publishes a service whose functions are commands, run as /bin/sh -c COMMAND NAME ARG…\n"
                   "Lines of standard input set objects (NAME=VALUE) and fire events (NAME [ARG…]).",
        .options = options,
        .rules = rules,
    };
    return tool_settings_read(settings, &usage, argc, argv, ret_words, ret_exit);
}

int main(int argc, char **argv)
{
    struct server server;
    struct tool_words words;
    int end = 0;
    tool_begin("autobus-serve");
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads is no reason to leave */
    init(&server);
    if (read_options(&server, argc, argv, &words, &end)) {
        server.calls.runner.most_output = server.most_output;
        server.refresh.runner = server.calls.runner;
        end = run(&server);
        tool_words_deinit(&words);
    }
    tool_calls_deinit(&server.calls);
    tool_plan_deinit(&server.plan);
    return end;
}
