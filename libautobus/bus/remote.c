/*
 * Owns the handles of remotes: how they are made and closed. Must not know what is done on them.
 */
#include "bus/remote.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/filter.h"
#include "bus/name.h"
#include "bus/thread.h"

#define TIMEOUT_MS 30000

/* ---- Life */

static void remote_free(autobus_remote *remote)
{
    autobus_bus *bus = remote->bus;

    ab_filter_unref(remote->filter);
    if (remote->queue)
        ab_queue_release(remote->queue);
    ab_free(remote);
    ab_bus_release(bus);
}

static void release(autobus_remote *remote)
{
    if (ab_handle_release(&remote->handle))
        remote_free(remote);
}

static autobus_remote *remote_new(autobus_bus *bus)
{
    autobus_remote *remote = ab_calloc(1, sizeof(*remote));

    if (!remote)
        return NULL;
    ab_handle_init(&remote->handle);
    remote->bus = ab_bus_hold(bus);
    ab_list_init(&remote->node);
    ab_list_init(&remote->slots);
    remote->timeout_ms = TIMEOUT_MS;
    return remote;
}

void ab_remote_handle_shut(autobus_remote *remote)
{
    autobus_bus *bus = remote->bus;
    struct ab_remote *engine = remote->engine;
    struct ab_multiple *multiple = remote->multiple;

    remote->engine = NULL;
    remote->multiple = NULL;
    ab_list_remove(&remote->node);
    ab_slots_cancel(&remote->slots);
    if (engine)
        ab_remote_close(engine, ab_bus_now(bus));
    else
        ab_multiple_close(multiple, ab_bus_now(bus));
    ab_bus_take_notices(bus);
    ab_remote_free(engine, ab_bus_now(bus));
    ab_multiple_free(multiple, ab_bus_now(bus));
}

autobus_remote *autobus_remote_ref(autobus_remote *remote)
{
    if (!remote || ab_thread.filters)
        return NULL;
    ab_handle_use(&remote->handle);
    return remote;
}

autobus_remote *autobus_remote_unref(autobus_remote *remote)
{
    if (!remote || ab_guard() < 0)
        return NULL;
    if (ab_handle_unuse(&remote->handle))
        autobus_remote_close(remote);
    release(remote);
    return NULL;
}

int ab_remote_handle_enter(autobus_remote *remote)
{
    int r = ab_guard();

    if (r == 0)
        r = remote ? ab_bus_enter(remote->bus) : AB_EINVAL;
    if (r == 0 && !remote->engine && !remote->multiple) {
        ab_bus_unlock(remote->bus);
        r = AB_ECLOSED;
    }
    return r;
}

void autobus_remote_close(autobus_remote *remote)
{
    if (ab_remote_handle_enter(remote) < 0)
        return;
    ab_remote_handle_shut(remote);
    ab_bus_leave(remote->bus);
}

/* ---- Proxies */

static int proxy_locked(autobus_remote *remote)
{
    autobus_bus *bus = remote->bus;
    ab_time now = ab_bus_now(bus);
    int r = remote->is_multiple ? ab_multiple_new(bus->engine, now, remote->filter, &remote->multiple)
                                : ab_remote_new_proxy(bus->engine, now, remote->filter, &remote->engine);

    if (r == 0)
        ab_list_append(&bus->remotes, &remote->node);
    return r;
}

static int proxy_new(autobus_bus *bus, autobus_filter *filter, bool multiple, autobus_remote **ret_remote)
{
    autobus_remote *remote;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !filter || !ret_remote)
        return AB_EINVAL;
    remote = remote_new(bus);
    if (!remote)
        return AB_ENOMEM;
    remote->filter = ab_filter_ref(ab_filter_of(filter));
    remote->is_multiple = multiple;
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = proxy_locked(remote);
        ab_bus_leave(bus);
    }
    if (r == 0)
        *ret_remote = remote;
    else
        release(remote);
    return r;
}

int autobus_proxy_filter(autobus_bus *bus, autobus_filter *filter, autobus_remote **ret_remote)
{
    return proxy_new(bus, filter, false, ret_remote);
}

int autobus_proxy_multiple_filter(autobus_bus *bus, autobus_filter *filter, autobus_remote **ret_remote)
{
    return proxy_new(bus, filter, true, ret_remote);
}

static int proxy_parse(autobus_bus *bus, const char *service, bool multiple, autobus_remote **ret_remote,
                       autobus_error *error)
{
    autobus_filter *filter;
    int r = autobus_filter_parse(service, &filter, error);

    if (r < 0)
        return r;
    r = proxy_new(bus, filter, multiple, ret_remote);
    autobus_filter_unref(filter);
    return r < 0 ? ab_error_fail(error, r) : 0;
}

int autobus_proxy(autobus_bus *bus, const char *service, autobus_remote **ret_remote, autobus_error *error)
{
    return proxy_parse(bus, service, false, ret_remote, error);
}

int autobus_proxy_multiple(autobus_bus *bus, const char *service, autobus_remote **ret_remote, autobus_error *error)
{
    return proxy_parse(bus, service, true, ret_remote, error);
}

/* ---- Connections */

/* On the event thread, or at once for a numeric address; the lock is held. */
static void resolved(void *target, const struct ab_address *addresses, size_t count, const char *text)
{
    autobus_remote *remote = target;

    if (remote->engine && count > 0)
        ab_remote_resolved(remote->engine, ab_bus_now(remote->bus), addresses, count);
    else if (remote->engine)
        ab_remote_unresolved(remote->engine, ab_bus_now(remote->bus), text);
    release(remote);
}

static int connect_locked(autobus_remote *remote, const char *host, uint16_t port, const char *service)
{
    autobus_bus *bus = remote->bus;
    int r = ab_remote_new_connection(bus->engine, ab_bus_now(bus), service, &remote->engine);

    if (r < 0)
        return r;
    ab_handle_hold(&remote->handle);
    r = ab_net_resolve(bus->net, host, port, resolved, remote);
    if (r < 0) {
        ab_remote_free(remote->engine, ab_bus_now(bus));
        remote->engine = NULL;
        ab_handle_release(&remote->handle);
        return r;
    }
    ab_list_append(&bus->remotes, &remote->node);
    return 0;
}

int autobus_connect(autobus_bus *bus, const char *host, uint16_t port, const char *service, autobus_remote **ret_remote)
{
    autobus_remote *remote;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !ret_remote || port == 0 || ab_name_check(host) < 0 || (service && ab_name_check(service) < 0))
        return AB_EINVAL;
    remote = remote_new(bus);
    if (!remote)
        return AB_ENOMEM;
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = connect_locked(remote, host, port, service);
        ab_bus_leave(bus);
    }
    if (r == 0)
        *ret_remote = remote;
    else
        release(remote);
    return r;
}

/* ---- What a remote is and how it behaves */

int ab_remote_handle_fail(autobus_remote *remote, autobus_error *error, int code)
{
    const char *type = NULL;
    const char *text = NULL;

    if (remote->engine && ab_remote_reason(remote->engine, &type, &text) == code)
        return ab_error_fail_as(error, code, type, text);
    return ab_error_fail(error, code);
}

int ab_remote_handle_check_single(const autobus_remote *remote, autobus_error *error)
{
    static const char text[] = "the proxy is of many services: autobus_call_all and autobus_gather ask them";

    return remote && remote->is_multiple ? ab_error_fail_text(error, AB_EINVAL, text) : 0;
}

int autobus_remote_info(autobus_remote *remote, json_t **ret_info)
{
    struct ab_value info = AB_VALUE_ABSENT;
    int r = ab_guard();

    if (r == 0 && !ret_info)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_remote_handle_check_single(remote, NULL);
    if (r == 0)
        r = ab_remote_handle_enter(remote);
    if (r < 0)
        return r;
    r = ab_remote_info(remote->engine, &info);
    ab_bus_leave(remote->bus);
    if (r == 0)
        r = ab_value_take_json(&info, ret_info);
    ab_value_deinit(&info);
    return r;
}

int autobus_remote_set_timeout(autobus_remote *remote, int timeout_ms)
{
    int r = ab_guard();

    if (r == 0 && timeout_ms < 1)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_remote_handle_enter(remote);
    if (r < 0)
        return r;
    remote->timeout_ms = timeout_ms;
    ab_bus_leave(remote->bus);
    return 0;
}

int ab_remote_handle_timeout(const autobus_remote *remote, int timeout_ms)
{
    return timeout_ms > 0 ? timeout_ms : remote->timeout_ms;
}

int autobus_remote_set_queue(autobus_remote *remote, autobus_queue *queue)
{
    int r = ab_guard();

    if (r == 0 && !remote)
        r = AB_EINVAL;
    return r < 0 ? r : ab_queue_set(remote->bus, &remote->queue, queue);
}

/* ---- Slots on it */

autobus_slot *ab_remote_handle_slot(autobus_remote *remote, const struct ab_slot_kind *kind, const char *name,
                                    void *user_data, autobus_destroy_fn destroy)
{
    autobus_slot *slot = ab_slot_new(remote->bus, kind, NULL, user_data, destroy);

    if (!slot)
        return NULL;
    ab_handle_hold(&remote->handle);
    slot->owner = remote;
    slot->name = ab_strdup(name);
    if (name && !slot->name) {
        ab_slot_release(slot);
        return NULL;
    }
    return slot;
}

int ab_remote_handle_enter_with(autobus_remote *remote, autobus_slot *slot)
{
    int r = ab_remote_handle_enter(remote);

    if (r == 0)
        slot->queue = ab_queue_chosen(remote->bus, remote->queue);
    return r;
}

void ab_remote_handle_release_owner(autobus_slot *slot)
{
    release(slot->owner);
}
