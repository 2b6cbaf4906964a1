/*
 * Owns what is said of routes. A bus prefers the route that answered last, so they are tried from the last to the first:
 * trying them leaves the order as it was.
 */
#include "routes.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "message.h"
#include "output.h"
#include "text.h"
#include "trial.h"

enum { AT_ONCE = 64 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void must(int result)
{
    if (result < 0)
        tool_out_of_memory();
}

/* ---- trying each */

static size_t most_routes(const json_t *entries)
{
    size_t most = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        size_t count = json_array_size(json_object_get(json_array_get(entries, i), "routes"));
        most = count > most ? count : most;
    }
    return most;
}

/* The nth route of each entry, shared with it. */
static json_t *nth_routes(const json_t *entries, size_t nth)
{
    json_t *some = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        json_t *route = json_array_get(json_object_get(entry, "routes"), nth);
        if (route)
            must(json_array_append_new(
                some, json_pack("{s:O, s:[O]}", "service", json_object_get(entry, "service"), "routes", route)));
    }
    return some;
}

static void try_all(autobus_bus *bus, const json_t *entries, int timeout_ms)
{
    for (size_t nth = most_routes(entries); nth-- > 0;) {
        json_t *some = nth_routes(entries, nth);
        tool_trial_run(bus, some, TOOL_TRIAL_NOTHING, timeout_ms);
        json_decref(some);
    }
}

/* ---- what the bus makes of it */

/* The services that the bus knows, by their ids. */
static json_t *known(autobus_bus *bus)
{
    json_t *services = NULL;
    json_t *by_id = json_object();
    must(autobus_bus_routes(bus, NULL, &services));
    for (size_t i = 0; i < json_array_size(services); i++) {
        json_t *service = json_array_get(services, i);
        must(json_object_set(by_id, text_of(service, "service"), service));
    }
    json_decref(services);
    return by_id;
}

static json_t *same_route(const json_t *service, const json_t *route)
{
    size_t i = 0;
    json_t *other = NULL;
    json_array_foreach(json_object_get(service, "routes"), i, other)
    {
        if (strcmp(text_of(other, "host"), text_of(route, "host")) == 0 &&
            json_equal(json_object_get(other, "port"), json_object_get(route, "port")))
            return other;
    }
    return NULL;
}

/* The bus gave it up, because it leads nowhere. */
static void explain_gone(json_t *route)
{
    static const struct {
        const char *result, *failure;
    } failures[] = {{"unreachable", "unreachable"}, {"silent", "timeout"}, {"refused", "rejected"}};
    const char *failure = "lost";
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (strcmp(text_of(route, "result"), failures[i].result) == 0)
            failure = failures[i].failure;
    }
    must(json_object_set_new(route, "preferred", json_false()));
    must(json_object_set_new(route, "reason", json_string("failed")));
    must(json_object_set_new(route, "failure", json_string(failure)));
    must(json_object_set_new(route, "failed_ms", json_integer(0)));
    must(json_object_set_new(route, "in_use", json_integer(0)));
    must(json_object_set_new(route, "local", json_false()));
}

static void merge(json_t *entries, const json_t *by_id, bool gone)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        const json_t *service = json_object_get(by_id, text_of(entry, "service"));
        size_t j = 0;
        json_t *route = NULL;
        json_array_foreach(json_object_get(entry, "routes"), j, route)
        {
            json_t *now = same_route(service, route);
            if (now)
                must(json_object_update(route, now));
            else if (gone)
                explain_gone(route);
        }
    }
}

static void explain(autobus_bus *bus, json_t *entries, bool gone)
{
    json_t *by_id = known(bus);
    merge(entries, by_id, gone);
    json_decref(by_id);
}

/* ---- using each */

static bool answers(const json_t *entry)
{
    size_t i = 0;
    json_t *route = NULL;
    json_array_foreach(json_object_get(entry, "routes"), i, route)
    {
        if (strcmp(text_of(route, "result"), "answered") == 0)
            return true;
    }
    return false;
}

/* As any program would: the bus binds over the route that it prefers. */
static void use(autobus_bus *bus, const struct tool_target *target, json_t *entries, size_t first, int timeout_ms)
{
    autobus_remote *remotes[AT_ONCE] = {NULL};
    for (size_t i = 0; i < AT_ONCE && first + i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, first + i);
        if (answers(entry))
            tool_target_open(target, bus, text_of(entry, "service"), &remotes[i]);
    }
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (remotes[i])
            autobus_remote_wait(remotes[i], timeout_ms, NULL);
    }
    explain(bus, entries, true);
    for (size_t i = 0; i < AT_ONCE; i++)
        autobus_remote_unref(remotes[i]);
}

void tool_routes_explain(autobus_bus *bus, const struct tool_target *target, json_t *entries, int timeout_ms)
{
    explain(bus, entries, false); /* those that will be gone are known by now */
    try_all(bus, entries, timeout_ms);
    for (size_t first = 0; first < json_array_size(entries); first += AT_ONCE)
        use(bus, target, entries, first, timeout_ms);
}

/* ---- telling */

static const char *sentence(const char *word)
{
    static const char *const sentences[][2] = {
        {"only", "the only one"},
        {"loopback", "this machine's own comes first"},
        {"answered_last", "it answered last"},
        {"others_failed", "the others failed"},
        {"lowest", "none has been tried"},
        {"not_loopback", "this machine's own comes first"},
        {"slower", "slower than another"},
        {"answered_earlier", "another answered later"},
        {"no_answer", "no answer so far"},
        {"never_tried", "never tried"},
        {"unreachable", "refused, or cannot be reached"},
        {"timeout", "does not answer"},
        {"rejected", "the service is not there"},
        {"protocol", "something else is there"},
        {"lost", "the connection was lost"},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (strcmp(sentences[i][0], word) == 0)
            return sentences[i][1];
    }
    return word;
}

static const char *why(const json_t *route)
{
    bool failed = strcmp(text_of(route, "reason"), "failed") == 0;
    return sentence(text_of(route, failed ? "failure" : "reason"));
}

static void write_names(FILE *out, const json_t *names)
{
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(names, i, name)
    {
        char *text = tool_escape(json_string_value(name), strlen(json_string_value(name)), 0);
        fprintf(out, "%s%s", i > 0 ? ", " : "", text);
        free(text);
    }
}

static void write_route(FILE *out, const json_t *route, const char *place, size_t width)
{
    bool preferred = json_is_true(json_object_get(route, "preferred"));
    bool failed = strcmp(text_of(route, "reason"), "failed") == 0;
    const json_t *heard = json_object_get(route, "heard_ms");
    const json_t *round_trip = json_object_get(route, "round_trip_ms");
    const json_t *names = json_object_get(route, "discoverers");
    enum tool_paint paint = preferred ? TOOL_BOLD : failed ? TOOL_RED : TOOL_DIM;
    fprintf(out, "\n    %s%s%*s  %s%s", tool_paint(paint), place, (int)(width - strlen(place)), "",
            preferred ? "preferred: " : "", why(route));
    if (strcmp(text_of(route, "result"), "denied") == 0)
        fputs("; does not let this program in", out);
    if (json_integer_value(json_object_get(route, "in_use")) > 0)
        fputs(json_is_true(json_object_get(route, "local")) ? "; in use by the local socket" : "; in use", out);
    if (json_is_real(round_trip))
        fprintf(out, "; %.2f ms", json_real_value(round_trip));
    if (json_array_size(names) > 0) {
        fputs("; by ", out);
        write_names(out, names);
    }
    if (json_is_integer(heard))
        fprintf(out, ", heard %.1f s ago", (double)json_integer_value(heard) / 1e3);
    fputs(tool_paint(TOOL_PLAIN), out);
}

static char *place_of(const json_t *route)
{
    char *host = tool_escape(text_of(route, "host"), strlen(text_of(route, "host")), 0);
    char *place = tool_print("%s:%lld", host, (long long)json_integer_value(json_object_get(route, "port")));
    free(host);
    return place;
}

static size_t widest_place(const json_t *routes)
{
    size_t width = 0;
    for (size_t i = 0; i < json_array_size(routes); i++) {
        char *place = place_of(json_array_get(routes, i));
        width = strlen(place) > width ? strlen(place) : width;
        free(place);
    }
    return width;
}

void tool_routes_write(FILE *out, const json_t *entry)
{
    const json_t *routes = json_object_get(entry, "routes");
    size_t width = widest_place(routes);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < json_array_size(routes); i++) {
            const json_t *route = json_array_get(routes, i);
            if (json_is_true(json_object_get(route, "preferred")) != (pass == 0))
                continue;
            char *place = place_of(route);
            write_route(out, route, place, width);
            free(place);
        }
    }
}
