/*
 * Owns how counters look to a program. Must not know when they are incremented.
 */
#include "core/counters.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"
#include "net/counters.h"

struct counters {
    struct ab_counters engine;
    struct ab_net_counters net;
    struct ab_bus_counters bus;
};

static int set(json_t *object, const char *name, uint64_t value)
{
    return json_object_set_new(object, name, json_integer((json_int_t)value)) < 0 ? AB_ENOMEM : 0;
}

/* The object of that name, made when it is not there. NULL: no memory. */
static json_t *group(json_t *root, const char *name)
{
    json_t *object = json_object_get(root, name);

    if (object)
        return object;
    return json_object_set_new(root, name, json_object()) < 0 ? NULL : json_object_get(root, name);
}

static int set_in(json_t *root, const char *name, const char *counter, uint64_t value)
{
    json_t *object = group(root, name);

    return object ? set(object, counter, value) : AB_ENOMEM;
}

static int set_spread(json_t *root, const char *name, const struct ab_spread *spread)
{
    uint64_t count = spread->count;

    return set_in(root, name, "count", count) < 0 || set_in(root, name, "last_us", (uint64_t)spread->last) < 0 ||
                   set_in(root, name, "mean_us", count ? (uint64_t)spread->sum / count : 0) < 0 ||
                   set_in(root, name, "most_us", (uint64_t)spread->most) < 0
               ? AB_ENOMEM
               : 0;
}

static int set_engine(json_t *root, const struct ab_counters *counters)
{
    const struct {
        const char *group, *name;
        uint64_t value;
    } all[] = {
#define ENTRY(group, name) {#group, #name, counters->group##_##name},
        AB_ENGINE_COUNTERS(ENTRY)
#undef ENTRY
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (set_in(root, all[i].group, all[i].name, all[i].value) < 0)
            return AB_ENOMEM;
    if (set_spread(root, "round_trip", &counters->round_trip) < 0)
        return AB_ENOMEM;
    return set_spread(root, "call_time", &counters->call_time);
}

static int set_bus(json_t *root, const struct ab_bus_counters *counters)
{
    const struct {
        const char *group, *name;
        uint64_t value;
    } all[] = {
#define ENTRY(group, name) {#group, #name, counters->group##_##name},
        AB_BUS_COUNTERS(ENTRY)
#undef ENTRY
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (set_in(root, all[i].group, all[i].name, all[i].value) < 0)
            return AB_ENOMEM;
    return 0;
}

/* ---- The net's */

static int append_source(json_t *sources, const struct ab_bad_source *source)
{
    struct ab_address address = ab_address_inet(source->host, 0);
    char text[AB_ADDRESS_HOST_TEXT];
    json_t *entry = json_object();

    if (json_array_append_new(sources, entry) < 0 ||
        json_object_set_new(entry, "host", json_string(ab_address_host_text(&address, text))) < 0 ||
        set(entry, "dropped", source->dropped) < 0)
        return AB_ENOMEM;
    for (int i = 0; i < AB_DATAGRAM_FATES; i++)
        if (source->counts[i] > 0 && set(entry, ab_fate_name((enum ab_datagram_fate)i), source->counts[i]) < 0)
            return AB_ENOMEM;
    return 0;
}

/* Worst first; what was appended is marked by nothing left to count. */
static int set_sources(json_t *root, struct ab_fates *fates)
{
    json_t *sources = json_array();

    if (json_object_set_new(root, "sources", sources) < 0)
        return AB_ENOMEM;
    for (size_t i = 0; i < fates->source_count; i++) {
        struct ab_bad_source *worst = &fates->sources[0];

        for (size_t j = 1; j < fates->source_count; j++)
            if (fates->sources[j].dropped > worst->dropped)
                worst = &fates->sources[j];
        if (append_source(sources, worst) < 0)
            return AB_ENOMEM;
        worst->dropped = 0;
    }
    return 0;
}

static int set_ports(json_t *root, const struct ab_net_counters *counters)
{
    json_t *ports = group(root, "ports");
    json_t *udp;

    if (!ports || set_in(ports, "udp", "port", counters->udp_port) < 0)
        return AB_ENOMEM;
    udp = json_object_get(ports, "udp");
    if (json_object_set_new(udp, "open", json_boolean(counters->udp_open)) < 0 ||
        set(udp, "since_ms", (uint64_t)(counters->udp_since / AB_MILLISECOND)) < 0)
        return AB_ENOMEM;
    if (!counters->udp_open && json_object_set_new(udp, "reason", json_string(strerror(counters->udp_reason))) < 0)
        return AB_ENOMEM;
    return counters->tcp_port ? set_in(ports, "tcp", "port", counters->tcp_port) : 0;
}

static int set_net(json_t *root, struct ab_net_counters *counters)
{
    for (int i = 0; i < AB_DATAGRAM_FATES; i++)
        if (set_in(root, "datagrams", ab_fate_name((enum ab_datagram_fate)i), counters->fates.counts[i]) < 0)
            return AB_ENOMEM;
    if (set_in(root, "datagrams", "sent", counters->datagrams_sent) < 0 ||
        set_in(root, "datagrams", "unsent", counters->datagrams_unsent) < 0 ||
        set_in(root, "bytes", "received", counters->bytes_received) < 0 || set_sources(root, &counters->fates) < 0)
        return AB_ENOMEM;
    return set_ports(root, counters);
}

/* ---- Public */

int autobus_bus_counters(autobus_bus *bus, json_t **ret_counters)
{
    struct counters counters;
    json_t *root;
    int r = ab_guard();

    if (r == 0 && !ret_counters)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_bus_enter(bus);
    if (r < 0)
        return r;
    counters.engine = ab_engine_counters(bus->engine);
    counters.bus = bus->counters;
    counters.bus.workers_now = bus->workers.count;
    ab_net_counters(bus->net, &counters.net);
    ab_bus_leave(bus);
    root = json_object();
    if (!root || set_engine(root, &counters.engine) < 0 || set_bus(root, &counters.bus) < 0 ||
        set_net(root, &counters.net) < 0) {
        json_decref(root);
        return AB_ENOMEM;
    }
    *ret_counters = root;
    return 0;
}
