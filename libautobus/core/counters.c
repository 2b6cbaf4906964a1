/*
 * Owns how counters look. Must not know whose they are, nor when they are incremented.
 */
#include "core/counters.h"

#include "base/error.h"

void ab_spread_add(struct ab_spread *spread, ab_time took)
{
    spread->count++;
    spread->last = took;
    spread->sum += took;
    if (took > spread->most)
        spread->most = took;
}

/* ---- As JSON */

/* The group's object, made when it is not there. NULL: no memory. */
static json_t *group_of(json_t *counters, const char *group)
{
    json_t *object = json_object_get(counters, group);

    if (object)
        return object;
    return json_object_set_new(counters, group, json_object()) < 0 ? NULL : json_object_get(counters, group);
}

int ab_counters_put(json_t *counters, const char *group, const char *name, uint64_t value)
{
    json_t *object = group_of(counters, group);

    return object && json_object_set_new(object, name, json_integer((json_int_t)value)) == 0 ? 0 : AB_ENOMEM;
}

static int put_spread(json_t *counters, const char *group, const struct ab_spread *spread)
{
    uint64_t mean = spread->count ? (uint64_t)spread->sum / spread->count : 0;
    int r = ab_counters_put(counters, group, "count", spread->count);

    if (r == 0)
        r = ab_counters_put(counters, group, "last_us", (uint64_t)spread->last);
    if (r == 0)
        r = ab_counters_put(counters, group, "mean_us", mean);
    return r < 0 ? r : ab_counters_put(counters, group, "most_us", (uint64_t)spread->most);
}

int ab_counters_put_all(json_t *json, const struct ab_counters *counters)
{
    const struct {
        const char *group, *name;
        uint64_t value;
    } all[] = {
#define ENTRY(group, name) {#group, #name, counters->group##_##name},
        AB_ENGINE_COUNTERS(ENTRY)
#undef ENTRY
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(all) / sizeof(all[0]); i++)
        r = ab_counters_put(json, all[i].group, all[i].name, all[i].value);
    if (r == 0)
        r = put_spread(json, "round_trip", &counters->round_trip);
    return r < 0 ? r : put_spread(json, "call_time", &counters->call_time);
}
