/*
 * Owns the handles of known hosts, and how their names are looked up. Must not know how they are asked.
 *
 * Invariant: a look-up under way holds its handle, so that its answer finds it even after a close.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/discoverer.h"
#include "bus/name.h"
#include "bus/thread.h"
#include "core/seed.h"

/* On the event thread; the lock is held. */
static void resolved(void *target, const struct ab_address *addresses, size_t count, const char *text)
{
    autobus_discoverer *discoverer = target;

    if (discoverer->seed && count > 0)
        ab_seed_resolved(discoverer->seed, ab_bus_now(discoverer->bus), addresses, count);
    else if (discoverer->seed)
        ab_seed_unresolved(discoverer->seed, ab_bus_now(discoverer->bus), text);
    ab_discoverer_handle_release(discoverer);
}

/* The engine wants addresses: anew each time, since a name may lead elsewhere by now. */
static void deliver(struct ab_target *target, struct ab_notice *notice)
{
    autobus_discoverer *discoverer = AB_CONTAINER(target, autobus_discoverer, target);
    autobus_bus *bus = discoverer->bus;
    int r;

    ab_notice_release(notice);
    ab_handle_hold(&discoverer->handle);
    r = ab_net_resolve(bus->net, discoverer->name, discoverer->port, resolved, discoverer);
    if (r == 0)
        return;
    ab_handle_release(&discoverer->handle);
    ab_seed_unresolved(discoverer->seed, ab_bus_now(bus), autobus_strerror(r));
}

static autobus_discoverer *seed_new(autobus_bus *bus, const char *host, uint16_t port)
{
    autobus_discoverer *discoverer = ab_discoverer_handle_new(bus, host);

    if (!discoverer)
        return NULL;
    discoverer->target.deliver = deliver;
    discoverer->is_seed = true;
    discoverer->port = port;
    return discoverer;
}

/* The lock is held, or nobody else has the bus yet. */
static int add(autobus_discoverer *discoverer)
{
    autobus_bus *bus = discoverer->bus;
    int r = ab_seed_new(bus->engine, ab_bus_now(bus), discoverer->name, &discoverer->target, &discoverer->seed);

    if (r == 0)
        ab_list_append(&bus->discoverers, &discoverer->node);
    return r;
}

int ab_seeds_add(autobus_bus *bus, const struct ab_settings *settings)
{
    char host[AB_SEED_HOST_SIZE];
    uint16_t port;

    for (size_t i = 0; ab_settings_seed(settings, i, host, &port); i++) {
        autobus_discoverer *discoverer = seed_new(bus, host, port);
        int r = discoverer ? add(discoverer) : AB_ENOMEM;

        if (r < 0) {
            if (discoverer)
                ab_discoverer_handle_release(discoverer);
            return r;
        }
        discoverer->own = true;
    }
    return 0;
}

int autobus_discoverer_new_seed(autobus_bus *bus, const char *host, uint16_t port, autobus_discoverer **ret_discoverer)
{
    autobus_discoverer *discoverer;
    int r = ab_guard();

    if (r == 0 && (!bus || port == 0 || !ret_discoverer))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_name_check(host);
    if (r < 0)
        return r;
    discoverer = seed_new(bus, host, port);
    if (!discoverer)
        return AB_ENOMEM;
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = add(discoverer);
        ab_bus_leave(bus);
    }
    if (r == 0)
        *ret_discoverer = discoverer;
    else
        ab_discoverer_handle_release(discoverer);
    return r;
}
