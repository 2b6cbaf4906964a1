/*
 * Owns how the counters of an engine are read. Must not know when they are incremented.
 */
#include "core/counters.h"

#include "core/internal.h"

void ab_spread_add(struct ab_spread *spread, ab_time took)
{
    spread->count++;
    spread->last = took;
    spread->sum += took;
    if (took > spread->most)
        spread->most = took;
}

struct ab_counters ab_engine_counters(const struct ab_engine *engine)
{
    struct ab_counters counters = engine->counters;

    counters.discovery_services = engine->directory.services.count;
    counters.discovery_routes = engine->directory.routes;
    counters.discovery_buses = engine->directory.nodes.count;
    counters.discovery_probes = engine->prober.running;
    counters.inbound_now = engine->server.connections;
    counters.inbound_unbound = engine->server.unbound_count;
    AB_MAP_EACH (each, &engine->streams) {
        counters.bytes_waiting += ab_stream_waiting(AB_CONTAINER(each, struct ab_stream, node));
    }
    return counters;
}
