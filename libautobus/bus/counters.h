/*
 * What the bus itself counts, beside the engine and the net.
 */
#ifndef AB_BUS_COUNTERS_H
#define AB_BUS_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

/* group, name: as in core/counters.h. */
#define AB_BUS_COUNTERS(X)     \
    X(callbacks, run)          \
    X(callbacks, waiting)      \
    X(callbacks, waiting_most) \
    X(callbacks, merged)       \
    X(callbacks, cut_off)      \
    X(workers, now)            \
    X(workers, started)

struct ab_bus_counters {
#define AB_COUNTER_FIELD(group, name) uint64_t group##_##name;
    AB_BUS_COUNTERS(AB_COUNTER_FIELD)
#undef AB_COUNTER_FIELD
};

/* Puts all of them into such an object as the engine's are in (core/counters.h). AB_ENOMEM. */
int ab_bus_counters_put(const struct ab_bus_counters *counters, json_t *json);

#endif
