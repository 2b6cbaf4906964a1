/*
 * What a program does to discover services by itself, and without datagrams. Each function is one entry.
 */

#include "sim/bus.h"

#include <jansson.h>
#include <stdlib.h>

#include "failing.h"
#include "harness.h"

struct sim_discoverer *sim_discoverer(struct sim_bus *bus, const char *name)
{
    if (!bus)
        return NULL;
    struct sim_discoverer *discoverer = sim_alloc(sizeof *discoverer);

    discoverer->bus = bus;
    ab_list_append(&bus->discoverers, &discoverer->node);
    ab_discoverer_init(&discoverer->discoverer, name, AB_DISCOVERER_STEADY);
    ab_discoverer_add(&discoverer->discoverer, bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
    return discoverer;
}

void sim_discoverer_end(struct sim_discoverer *discoverer)
{
    if (!discoverer)
        return;
    ab_discoverer_remove(&discoverer->discoverer, sim_bus_enter(discoverer->bus));
    sim_bus_leave(discoverer->bus);
}

int sim_discover(struct sim_discoverer *discoverer, const struct ab_address *at, const char *service, const char *info)
{
    if (!discoverer)
        return AB_ENOMEM;
    ab_failing_pause(true);
    json_t *json = json_loads(info, 0, NULL);
    ab_failing_pause(false);
    ck_assert_msg(json, "the test's own info does not parse: %s", info);
    ab_time now = sim_bus_enter(discoverer->bus);
    int result = ab_discoverer_report(&discoverer->discoverer, now, at, service, json);
    sim_bus_leave(discoverer->bus);
    json_decref(json);
    return result;
}

int sim_undiscover(struct sim_discoverer *discoverer, const struct ab_address *at, const char *service)
{
    if (!discoverer)
        return AB_ENOMEM;
    ab_time now = sim_bus_enter(discoverer->bus);
    int result = ab_discoverer_withdraw(&discoverer->discoverer, now, at, service);
    sim_bus_leave(discoverer->bus);
    return result;
}

struct sim_slot *sim_herald(struct sim_bus *bus)
{
    if (!bus)
        return NULL;
    struct sim_slot *slot = sim_slot_new(bus, SIM_SLOT_HERALD, "");
    int result = ab_herald_new(bus->engine, sim_bus_enter(bus), slot, &slot->herald);

    slot->ended = result < 0;
    sim_bus_leave(bus);
    return sim_worked(bus, result, "ab_herald_new") ? slot : NULL;
}

void sim_set_broadcast(struct sim_bus *bus, unsigned parts)
{
    if (!bus)
        return;
    ab_engine_set_broadcast(bus->engine, sim_bus_enter(bus), parts);
    sim_bus_leave(bus);
}
