/*
 * Owns the program's discoverers, and which of the broadcast pair work. Must not know what the directory makes of what
 * they report.
 */
#include "bus/discoverer.h"

#include <arpa/inet.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/thread.h"
#include "wire/json.h"

#define BROADCAST_ALL (AUTOBUS_BROADCAST_DISCOVER | AUTOBUS_BROADCAST_PUBLISH)

_Static_assert((int)AUTOBUS_BROADCAST_DISCOVER == (int)AB_BROADCAST_DISCOVER, "one number, two names");
_Static_assert((int)AUTOBUS_BROADCAST_PUBLISH == (int)AB_BROADCAST_PUBLISH, "one number, two names");

int autobus_bus_set_broadcast(autobus_bus *bus, unsigned parts)
{
    int r = ab_guard();

    if (r == 0 && (parts & ~(unsigned)BROADCAST_ALL))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_bus_enter(bus);
    if (r < 0)
        return r;
    ab_engine_set_broadcast(bus->engine, ab_bus_now(bus), parts);
    ab_bus_leave(bus);
    return 0;
}

/* ---- Life */

void ab_discoverer_handle_release(autobus_discoverer *discoverer)
{
    autobus_bus *bus = discoverer->bus;

    if (!ab_handle_release(&discoverer->handle))
        return;
    ab_free(discoverer->name);
    ab_free(discoverer);
    ab_bus_release(bus);
}

/* 0 with the lock held and the discoverer open. */
static int enter(autobus_discoverer *discoverer)
{
    int r = ab_bus_enter(discoverer->bus);

    if (r == 0 && !discoverer->seed && !ab_discoverer_is_added(&discoverer->engine)) {
        ab_bus_leave(discoverer->bus);
        r = AB_ECLOSED;
    }
    return r;
}

autobus_discoverer *ab_discoverer_handle_new(autobus_bus *bus, const char *name)
{
    autobus_discoverer *discoverer = ab_calloc(1, sizeof(*discoverer));

    if (!discoverer)
        return NULL;
    discoverer->name = ab_strdup(name);
    if (!discoverer->name) {
        ab_free(discoverer);
        return NULL;
    }
    ab_handle_init(&discoverer->handle);
    discoverer->bus = ab_bus_hold(bus);
    ab_list_init(&discoverer->node);
    ab_discoverer_init(&discoverer->engine, discoverer->name, AB_DISCOVERER_STEADY);
    return discoverer;
}

int autobus_discoverer_new(autobus_bus *bus, const char *name, autobus_discoverer **ret_discoverer)
{
    autobus_discoverer *discoverer;
    int r = ab_guard();

    if (r == 0 && (!bus || !ret_discoverer))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_name_check(name);
    if (r < 0)
        return r;
    discoverer = ab_discoverer_handle_new(bus, name);
    if (!discoverer)
        return AB_ENOMEM;
    r = ab_bus_enter(bus);
    if (r < 0) {
        ab_discoverer_handle_release(discoverer);
        return r;
    }
    ab_discoverer_add(&discoverer->engine, bus->engine, ab_bus_now(bus));
    ab_list_append(&bus->discoverers, &discoverer->node);
    ab_bus_leave(bus);
    *ret_discoverer = discoverer;
    return 0;
}

static void shut(autobus_discoverer *discoverer)
{
    struct ab_seed *seed = discoverer->seed;

    ab_list_remove(&discoverer->node);
    discoverer->seed = NULL;
    ab_seed_free(seed, ab_bus_now(discoverer->bus));
    ab_discoverer_remove(&discoverer->engine, ab_bus_now(discoverer->bus));
    if (discoverer->own)
        ab_discoverer_handle_release(discoverer);
}

void ab_discoverers_shut(autobus_bus *bus)
{
    while (!ab_list_empty(&bus->discoverers))
        shut(AB_CONTAINER(bus->discoverers.next, autobus_discoverer, node));
}

autobus_discoverer *autobus_discoverer_ref(autobus_discoverer *discoverer)
{
    if (!discoverer || ab_thread.filters)
        return NULL;
    ab_handle_use(&discoverer->handle);
    return discoverer;
}

autobus_discoverer *autobus_discoverer_unref(autobus_discoverer *discoverer)
{
    if (!discoverer || ab_guard() < 0)
        return NULL;
    if (ab_handle_unuse(&discoverer->handle))
        autobus_discoverer_close(discoverer);
    ab_discoverer_handle_release(discoverer);
    return NULL;
}

void autobus_discoverer_close(autobus_discoverer *discoverer)
{
    if (!discoverer || ab_guard() < 0 || enter(discoverer) < 0)
        return;
    shut(discoverer);
    ab_bus_leave(discoverer->bus);
}

/* ---- What it reports */

static int place(const char *host, uint16_t port, const char *service, struct ab_address *ret_at)
{
    struct in_addr address;

    if (!host || port == 0 || ab_name_check(service) < 0 || inet_pton(AF_INET, host, &address) != 1)
        return AB_EINVAL;
    *ret_at = ab_address_inet(ntohl(address.s_addr), port);
    return 0;
}

/* A copy that nothing of the program's is part of. It could have come by datagram, but for its size. */
static int copy_info(const autobus_bus *bus, const json_t *info, json_t **ret_copy)
{
    struct ab_text *text;
    json_t *copy = info ? ab_json_deep_copy(info) : json_object();
    int r = copy ? ab_json_text(copy, &text) : AB_ENOMEM;

    if (r == 0) {
        r = text->size > bus->limits.datagram_read ? AB_ETOOLARGE : 0;
        ab_text_unref(text);
    }
    if (r == 0)
        *ret_copy = copy;
    else
        json_decref(copy);
    return r;
}

int autobus_discover(autobus_discoverer *discoverer, const char *host, uint16_t port, const char *service,
                     const json_t *info)
{
    struct ab_address at;
    json_t *copy = NULL;
    int r = ab_guard();

    if (r == 0 && (!discoverer || discoverer->is_seed || (info && !json_is_object(info))))
        r = AB_EINVAL;
    if (r == 0)
        r = place(host, port, service, &at);
    if (r == 0)
        r = copy_info(discoverer->bus, info, &copy);
    if (r < 0)
        return r;
    r = enter(discoverer);
    if (r < 0) {
        json_decref(copy);
        return r;
    }
    r = ab_discoverer_report(&discoverer->engine, ab_bus_now(discoverer->bus), &at, service, copy);
    json_decref(copy); /* under the lock: the directory shares it */
    ab_bus_leave(discoverer->bus);
    return r;
}

int autobus_undiscover(autobus_discoverer *discoverer, const char *host, uint16_t port, const char *service)
{
    struct ab_address at;
    int r = ab_guard();

    if (r == 0 && (!discoverer || discoverer->is_seed))
        r = AB_EINVAL;
    if (r == 0)
        r = place(host, port, service, &at);
    if (r == 0)
        r = enter(discoverer);
    if (r < 0)
        return r;
    r = ab_discoverer_withdraw(&discoverer->engine, ab_bus_now(discoverer->bus), &at, service);
    ab_bus_leave(discoverer->bus);
    return r;
}
