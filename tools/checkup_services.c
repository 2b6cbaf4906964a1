/*
 * Owns the check of services: what came of a trial, in words.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkup.h"
#include "describe.h"
#include "message.h"
#include "service.h"
#include "text.h"
#include "trial.h"

enum { MOST_ASKED = 64 }; /* what they offer: as many as are asked at once */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool has_answered(const json_t *route)
{
    return strcmp(text_of(route, "result"), "answered") == 0;
}

/* It works, but not for us. */
static bool has_denied(const json_t *route)
{
    return strcmp(text_of(route, "result"), "denied") == 0;
}

static void write_route(FILE *out, const json_t *route)
{
    const char *result = text_of(route, "result");
    const json_t *answer = json_object_get(route, "answer_ms");
    fprintf(out, "%s:%lld ", text_of(route, "host"), (long long)json_integer_value(json_object_get(route, "port")));
    if (has_answered(route))
        fprintf(out, "bound in %.2f ms", json_real_value(json_object_get(route, "bind_ms")));
    else if (strcmp(result, "unreachable") == 0)
        fputs("refused or filtered", out);
    else if (strcmp(result, "silent") == 0)
        fputs("does not answer", out);
    else if (strcmp(result, "untried") == 0)
        fputs("was not tried, there are too many", out);
    else if (has_denied(route))
        fputs("does not let this program in", out);
    else
        fprintf(out, "says: %s", text_of(route, "error"));
    if (answer)
        fprintf(out, ", answers in %.2f ms", json_real_value(answer));
}

static char *routes_text(const json_t *routes)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    for (size_t i = 0; i < json_array_size(routes); i++) {
        fputs(i > 0 ? "; " : "", out);
        write_route(out, json_array_get(routes, i));
    }
    return tool_writer_close(&writer);
}

static const char *first_failure(const json_t *routes, const json_t **ret_route)
{
    for (size_t i = 0; i < json_array_size(routes); i++) {
        *ret_route = json_array_get(routes, i);
        const char *result = text_of(*ret_route, "result");
        if (strcmp(result, "answered") != 0 && strcmp(result, "untried") != 0)
            return result;
    }
    return NULL;
}

/* What to do about the first route that did not answer, or NULL. */
static char *remedy_for(const json_t *routes)
{
    const json_t *route = NULL;
    const char *result = first_failure(routes, &route);
    const char *host = text_of(route, "host");
    long long port = (long long)json_integer_value(json_object_get(route, "port"));
    if (!result)
        return NULL;
    if (strcmp(result, "unreachable") == 0)
        return tool_print("it is announced by %s, port %lld: open that machine's firewall (52722-52821/tcp), or look "
                          "whether the program still runs there",
                          host, port);
    if (strcmp(result, "silent") == 0)
        return tool_print("it is announced by %s, port %lld: that machine's firewall drops it (open 52722-52821/tcp), "
                          "or the program there hangs",
                          host, port);
    if (has_denied(route))
        return tool_print("if it should, the program at %s, port %lld has to allow it: --allow of autobus-serve, "
                          "AUTOBUS_ALLOW, or what it says itself",
                          host, port);
    return tool_print("look at the log of the program at %s, port %lld", host, port);
}

static char *remedy_for_seed(const json_t *routes)
{
    const json_t *route = NULL;
    struct in_addr address;
    if (!first_failure(routes, &route))
        return NULL;
    const char *host = text_of(route, "host");
    bool named = inet_pton(AF_INET, host, &address) != 1;
    return tool_print("look whether %s is on, open its firewall (52722-52821/tcp), and see that a program there "
                      "publishes something%s%s",
                      host, named ? "; its name has to be known here, too: getent hosts " : "", named ? host : "");
}

static enum tool_finding_status status_of(const json_t *routes)
{
    size_t answered = 0, denied = 0, tried = 0;
    for (size_t i = 0; i < json_array_size(routes); i++) {
        const json_t *route = json_array_get(routes, i);
        answered += has_answered(route);
        denied += has_denied(route);
        tried += strcmp(text_of(route, "result"), "untried") != 0;
    }
    if (answered + denied == 0 && tried > 0)
        return TOOL_FINDING_FAILURE;
    return answered == json_array_size(routes) ? TOOL_FINDING_OK : TOOL_FINDING_WARNING;
}

static bool some_answered(const json_t *routes)
{
    for (size_t i = 0; i < json_array_size(routes); i++) {
        if (has_answered(json_array_get(routes, i)))
            return true;
    }
    return false;
}

static void tell_routes(struct tool_findings *findings, const char *check, char *remedy, json_t *entry)
{
    json_t *routes = json_object_get(entry, "routes");
    char *label = tool_service_label(json_object_get(entry, "info"), text_of(entry, "service"));
    char *text = routes_text(routes);
    json_t *more = json_pack("{s:O, s:O, s:O}", "service", json_object_get(entry, "service"), "info",
                             json_object_get(entry, "info"), "routes", routes);
    if (!more)
        tool_out_of_memory();
    tool_finding(findings, check, status_of(routes), more, remedy, "%s: %s", label, text);
    free(remedy);
    free(text);
    free(label);
}

static void tell_offer(struct tool_findings *findings, json_t *entry)
{
    static const char *const kinds[] = {"functions", "events", "objects"};
    size_t counts[3];
    bool told = false;
    char *label = tool_service_label(json_object_get(entry, "info"), text_of(entry, "service"));
    json_t *more = json_pack("{s:O}", "service", json_object_get(entry, "service"));
    for (size_t i = 0; i < 3; i++) {
        json_t *listed = json_object_get(entry, kinds[i]);
        counts[i] = json_object_size(listed);
        told = told || listed;
        if (listed && json_object_set(more, kinds[i], listed) < 0)
            tool_out_of_memory();
    }
    if (told)
        tool_finding(findings, "offer", TOOL_FINDING_OK, more, NULL,
                     "%s offers %zu function%s, %zu event%s, %zu object%s", label, counts[0], counts[0] == 1 ? "" : "s",
                     counts[1], counts[1] == 1 ? "" : "s", counts[2], counts[2] == 1 ? "" : "s");
    else
        tool_finding(findings, "offer", TOOL_FINDING_WARNING, more, NULL, "%s does not tell what it offers", label);
    free(label);
}

void tool_checkup_services(struct tool_checkup *checkup, const struct tool_target *target, json_t *entries, bool whole,
                           int timeout_ms)
{
    json_t *answering = json_array();
    tool_trial_run(checkup->bus, entries, whole ? TOOL_TRIAL_DOC : TOOL_TRIAL_NOTHING, timeout_ms);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        tell_routes(&checkup->findings, "service", remedy_for(json_object_get(entry, "routes")), entry);
        if (whole && some_answered(json_object_get(entry, "routes")) && json_array_size(answering) < MOST_ASKED &&
            json_array_append(answering, entry) < 0)
            tool_out_of_memory();
    }
    tool_describe_all(checkup->bus, target, answering, timeout_ms);
    for (size_t i = 0; i < json_array_size(answering); i++)
        tell_offer(&checkup->findings, json_array_get(answering, i));
    json_decref(answering);
}

/* ---- seeds */

/* HOST or HOST:PORT, as entries of the bus there. */
static void append_seed(const struct tool_checkup *checkup, json_t *entries, const char *item, size_t size)
{
    char *name = tool_copy_part(item, size);
    char *host = tool_copy(name);
    char *colon = strrchr(host, ':');
    int port = 0, last = 0;
    tool_checkup_ports_of_tcp(checkup, &port, &last);
    if (colon) {
        port = atoi(colon + 1);
        *colon = '\0';
    }
    if (json_array_append_new(entries, json_pack("{s:n, s:{s:s}, s:[{s:s, s:i}]}", "service", "info", "name", name,
                                                 "routes", "host", host, "port", port)) < 0)
        tool_out_of_memory();
    free(host);
    free(name);
}

void tool_checkup_seeds(struct tool_checkup *checkup, int timeout_ms)
{
    const char *list = tool_checkup_setting(checkup, "seeds");
    json_t *entries = json_array();
    while (*list) {
        size_t size = strcspn(list, ", \t");
        if (size > 0)
            append_seed(checkup, entries, list, size);
        list += size;
        list += strspn(list, ", \t");
    }
    tool_trial_run(checkup->bus, entries, TOOL_TRIAL_NOTHING, timeout_ms);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        tell_routes(&checkup->findings, "seed", remedy_for_seed(json_object_get(entry, "routes")), entry);
    }
    json_decref(entries);
}
