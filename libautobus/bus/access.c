/*
 * Owns the program's say in who may use a service: a list of networks, its function that guards it, and a look at who
 * does. Must not know when it is asked.
 */
#include "bus/access.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/service.h"
#include "bus/thread.h"

_Static_assert((int)AUTOBUS_ACCESS_BIND == (int)AB_ACCESS_BIND, "one number, two names");
_Static_assert((int)AUTOBUS_ACCESS_CALL == (int)AB_ACCESS_CALL, "one number, two names");
_Static_assert((int)AUTOBUS_ACCESS_WATCH == (int)AB_ACCESS_WATCH, "one number, two names");
_Static_assert((int)AUTOBUS_ACCESS_LISTEN == (int)AB_ACCESS_LISTEN, "one number, two names");

/* ---- Networks */

static int fail_bad_item(autobus_error *error, const char *item, size_t size)
{
    char text[128];

    snprintf(text, sizeof(text), "\"%.*s\" is no network: " AB_NETWORKS_ITEMS, size < 60 ? (int)size : 60, item);
    return ab_error_fail_text(error, AB_EINVAL, text);
}

int autobus_service_set_access(autobus_service *service, const char *text, autobus_error *error)
{
    struct ab_networks *access = NULL;
    const char *bad = NULL;
    size_t size = 0;
    int r = ab_guard();

    if (r == 0 && !service)
        r = AB_EINVAL;
    if (r == 0 && text)
        r = ab_networks_parse(text, &access, &bad, &size);
    if (bad)
        return fail_bad_item(error, bad, size);
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r == 0) {
        r = ab_service_set_access(service->engine, ab_bus_now(service->bus), access);
        ab_bus_leave(service->bus);
    }
    if (r == 0)
        return 0;
    ab_free(access);
    return ab_error_fail(error, r);
}

/* ---- The program's function: inside it every call of the library is refused, because the bus is locked */

struct guard {
    struct ab_deferred deferred;
    autobus_guard_fn function;
    void *user_data;
    autobus_destroy_fn destroy;
    const char *service; /* the id, which the handle keeps: a service whose handle goes is closed before */
};

autobus_peer ab_peer_show(const struct ab_peer *peer, char host[AB_ADDRESS_HOST_TEXT])
{
    return (autobus_peer){
        .host = ab_address_host_text(&peer->address, host),
        .port = (uint16_t)peer->address.port,
        .local = peer->local,
        .connection = peer->connection,
    };
}

static bool permits(void *context, const struct ab_peer *from, enum ab_access_kind kind, const char *name)
{
    const struct guard *guard = context;
    char host[AB_ADDRESS_HOST_TEXT];
    autobus_peer peer = ab_peer_show(from, host);
    autobus_access access = {
        .kind = (enum autobus_access_kind)kind,
        .service = guard->service,
        .name = name,
        .peer = &peer,
    };
    bool permitted;

    ab_thread.filters++;
    permitted = guard->function(&access, guard->user_data);
    ab_thread.filters--;
    return permitted;
}

static void destroy_now(struct ab_deferred *deferred)
{
    struct guard *guard = AB_CONTAINER(deferred, struct guard, deferred);

    if (guard->destroy)
        guard->destroy(guard->user_data);
    ab_free(guard);
}

static void release(void *context)
{
    struct guard *guard = context;

    ab_defer(&guard->deferred, destroy_now);
}

int autobus_service_set_guard(autobus_service *service, autobus_guard_fn function, void *user_data,
                              autobus_destroy_fn destroy)
{
    struct ab_access_guard engine = {0};
    struct guard *guard = NULL;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!service)
        return AB_EINVAL;
    if (function) {
        guard = ab_calloc(1, sizeof(*guard));
        if (!guard)
            return AB_ENOMEM;
        *guard =
            (struct guard){.function = function, .user_data = user_data, .destroy = destroy, .service = service->id};
        engine = (struct ab_access_guard){.permits = permits, .release = release, .context = guard};
    }
    r = ab_service_handle_enter(service);
    if (r == 0) {
        r = ab_service_set_guard(service->engine, ab_bus_now(service->bus), &engine);
        ab_bus_leave(service->bus);
    }
    if (r < 0)
        ab_free(guard);
    return r;
}

/* ---- Who does */

int autobus_service_connections(autobus_service *service, json_t **ret_connections)
{
    json_t *connections;
    int r = ab_guard();

    if (r == 0 && (!service || !ret_connections))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    connections = ab_service_connections(service->engine, ab_bus_now(service->bus));
    ab_bus_leave(service->bus);
    if (!connections)
        return AB_ENOMEM;
    *ret_connections = connections;
    return 0;
}

int autobus_service_disconnect(autobus_service *service, uint64_t connection)
{
    int r = ab_guard();

    if (r == 0 && !service)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    r = ab_service_disconnect(service->engine, ab_bus_now(service->bus), connection);
    ab_bus_leave(service->bus);
    return r;
}
