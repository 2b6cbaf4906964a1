/*
 * Owns the counters as a program is told them. Must not know when they are incremented.
 */
#include "core/counters.h"

#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"
#include "net/counters.h"

int ab_bus_counters_put(const struct ab_bus_counters *counters, json_t *json)
{
    const struct {
        const char *group, *name;
        uint64_t value;
    } all[] = {
#define ENTRY(group, name) {#group, #name, counters->group##_##name},
        AB_BUS_COUNTERS(ENTRY)
#undef ENTRY
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(all) / sizeof(all[0]); i++)
        r = ab_counters_put(json, all[i].group, all[i].name, all[i].value);
    return r;
}

/* Lock held. */
static int tell(autobus_bus *bus, json_t **ret_counters)
{
    json_t *counters = ab_engine_counters_json(bus->engine);
    int r = counters ? 0 : AB_ENOMEM;

    if (r == 0)
        r = ab_net_counters_put_private(bus->net, counters);
    if (r == 0)
        *ret_counters = counters;
    else
        json_decref(counters);
    return r;
}

int autobus_bus_counters(autobus_bus *bus, json_t **ret_counters)
{
    int r = ab_guard();

    if (r == 0 && !ret_counters)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_bus_enter(bus);
    if (r < 0)
        return r;
    r = tell(bus, ret_counters);
    ab_bus_leave(bus);
    return r;
}
