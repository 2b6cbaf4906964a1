/*
 * What an engine has done and has under way, in whole numbers: each counter is incremented where the thing happens, and
 * what is a matter of the moment is counted when somebody asks.
 */
#ifndef AB_CORE_COUNTERS_H
#define AB_CORE_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

#include "core/host.h"

struct ab_engine;

/* group, name: autobus_bus_counters calls them so, and autobus(7) says what each means. */
#define AB_ENGINE_COUNTERS(X)   \
    X(discovery, queries_sent)  \
    X(discovery, adds_sent)     \
    X(discovery, removes_sent)  \
    X(discovery, queries_heard) \
    X(discovery, adds_heard)    \
    X(discovery, removes_heard) \
    X(discovery, services)      \
    X(discovery, routes)        \
    X(discovery, buses)         \
    X(discovery, probes)        \
    X(inbound, now)             \
    X(inbound, unbound)         \
    X(inbound, accepted)        \
    X(inbound, refused)         \
    X(inbound, displaced)       \
    X(inbound, cut_off)         \
    X(inbound, slow)            \
    X(inbound, silent)          \
    X(inbound, too_large)       \
    X(outbound, now)            \
    X(outbound, opened)         \
    X(outbound, bound)          \
    X(outbound, lost)           \
    X(messages, received)       \
    X(messages, sent)           \
    X(messages, bad)            \
    X(bytes, sent)              \
    X(bytes, waiting)           \
    X(bytes, waiting_most)      \
    X(requests, now)            \
    X(requests, received)       \
    X(requests, answered)       \
    X(requests, failed)         \
    X(requests, abandoned)      \
    X(requests, refused)        \
    X(requests, denied)         \
    X(calls, now)               \
    X(calls, sent)              \
    X(calls, answered)          \
    X(calls, failed)            \
    X(calls, timed_out)         \
    X(calls, canceled)          \
    X(calls, disconnected)      \
    X(events, fired)            \
    X(events, heard)            \
    X(values, set)              \
    X(values, sent)             \
    X(values, merged)           \
    X(values, heard)

/* How long things of one kind took. */
struct ab_spread {
    uint64_t count;
    ab_time last, most, sum;
};

struct ab_counters {
#define AB_COUNTER_FIELD(group, name) uint64_t group##_##name;
    AB_ENGINE_COUNTERS(AB_COUNTER_FIELD)
#undef AB_COUNTER_FIELD
    struct ab_spread round_trip; /* of binds and pings: the way there and back, and the peer's library */
    struct ab_spread call_time;  /* of calls that were answered: what carried them out too */
};

void ab_spread_add(struct ab_spread *spread, ab_time took);
/* All of them as they are now. */
struct ab_counters ab_engine_counters(const struct ab_engine *engine);
/* The same with what the host counts: {"group": {"name": number}}. NULL: no memory. */
json_t *ab_engine_counters_json(const struct ab_engine *engine);

/* Puts one, or all, into such an object. AB_ENOMEM. */
int ab_counters_put(json_t *json, const char *group, const char *name, uint64_t value);
int ab_counters_put_all(json_t *json, const struct ab_counters *counters);

#endif
