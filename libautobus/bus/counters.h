/*
 * What the bus itself counts, beside the engine and the net.
 */
#ifndef AB_BUS_COUNTERS_H
#define AB_BUS_COUNTERS_H

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

#endif
