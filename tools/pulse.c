/*
 * Owns which buses are asked, and whose answer belongs to which service.
 */
#include "pulse.h"

#include <stdbool.h>
#include <stdlib.h>

#include "message.h"
#include "text.h"
#include "trial.h"

static json_t *preferred_route(const json_t *entry)
{
    const json_t *routes = json_object_get(entry, "routes");
    for (size_t i = 0; i < json_array_size(routes); i++) {
        json_t *route = json_array_get(routes, i);
        if (json_is_true(json_object_get(route, "preferred")))
            return route;
    }
    return NULL;
}

/* "HOST:PORT": a new string, or NULL. */
static char *place_of(const json_t *entry)
{
    const json_t *route = preferred_route(entry);
    const char *host = json_string_value(json_object_get(route, "host"));
    long long port = (long long)json_integer_value(json_object_get(route, "port"));
    return host ? tool_print("%s:%lld", host, port) : NULL;
}

static void add_bus(json_t *buses, json_t *places, const char *place, const json_t *route)
{
    json_t *bus = json_pack("{s:n, s:[{s:O, s:O}]}", "service", "routes", "host", json_object_get(route, "host"),
                            "port", json_object_get(route, "port"));
    if (!bus || json_object_set(places, place, bus) < 0 || json_array_append_new(buses, bus) < 0)
        tool_out_of_memory();
}

/* {"answer_ms": …, "counters": …} of a bus that was asked, or NULL. */
static json_t *answer_of(const json_t *bus)
{
    const json_t *route = json_array_get(json_object_get(bus, "routes"), 0);
    json_t *answer = json_object();
    json_t *counters = json_object_get(route, "counters");
    if (!answer || (counters && json_object_set(answer, "counters", counters) < 0))
        tool_out_of_memory();
    if (json_object_set(answer, "answer_ms", json_object_get(route, "answer_ms")) == 0)
        return answer;
    json_decref(answer);
    return NULL;
}

void tool_pulse_take(autobus_bus *bus, json_t *entries, int timeout_ms)
{
    json_t *buses = json_array();
    json_t *places = json_object();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        char *place = place_of(entry);
        if (place && !json_object_get(places, place))
            add_bus(buses, places, place, preferred_route(entry));
        free(place);
    }
    tool_trial_run(bus, buses, TOOL_TRIAL_COUNTERS, timeout_ms);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        char *place = place_of(entry);
        json_t *answer = place ? answer_of(json_object_get(places, place)) : NULL;
        if (answer && json_object_set_new(entry, "bus", answer) < 0)
            tool_out_of_memory();
        free(place);
    }
    json_decref(places);
    json_decref(buses);
}
