/*
 * Owns what must be true of every bus, whatever a story has done to it.
 */
#include "fuzz/bus.h"

#include "fuzz/fuzz.h"
#include "sim/bus.h"

json_t *fuzz_check_line(const char *text, size_t size)
{
    json_error_t problem;
    json_t *line = json_loadb(text, size, 0, &problem);
    const json_t *error = json_object_get(line, "_error"), *command = json_object_get(line, "_command");
    json_int_t type = json_integer_value(json_object_get(line, "_type"));

    ck_assert_msg(json_is_object(line), "%s: %.*s", problem.text, (int)size, text);
    ck_assert_msg(type >= 1 && type <= 3, "%.*s", (int)size, text);
    ck_assert_msg((type != 3) == (json_object_get(line, "_id") != NULL), "%.*s", (int)size, text);
    ck_assert_msg((type != 2) == json_is_string(command), "%.*s", (int)size, text);
    if (error)
        ck_assert_msg(json_is_string(json_object_get(error, "text")) && json_is_string(json_object_get(error, "type")),
                      "%.*s", (int)size, text);
    return line;
}

void fuzz_check_bus(struct sim_bus *bus)
{
    json_t *counters, *entries = NULL, *reasons = NULL;
    ab_time now = sim_bus_enter(bus);

    counters = ab_engine_counters_json(bus->engine);
    ck_assert_ptr_nonnull(counters);
    ck_assert_int_eq(ab_browser_snapshot(bus->engine, NULL, &entries), 0);
    ck_assert_int_eq(ab_browser_explain(bus->engine, now, NULL, &reasons), 0);
    ck_assert_uint_eq(json_array_size(entries), json_array_size(reasons));
    sim_bus_leave(bus);
    json_decref(counters);
    json_decref(entries);
    json_decref(reasons);
}
