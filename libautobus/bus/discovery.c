/*
 * Owns the listeners for services and the snapshots. Must not know how services are found.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/filter.h"
#include "bus/thread.h"
#include "bus/waiter.h"
#include "core/browser.h"

#define FLAGS_ALL (AUTOBUS_SERVICES_EXISTING | AUTOBUS_SERVICES_ROUTES | AUTOBUS_SERVICES_LIVENESS)

_Static_assert((int)AUTOBUS_SERVICES_EXISTING == (int)AB_BROWSER_EXISTING, "two names");
_Static_assert((int)AUTOBUS_SERVICES_ROUTES == (int)AB_BROWSER_ROUTES, "two names");
_Static_assert((int)AUTOBUS_SERVICES_LIVENESS == (int)AB_BROWSER_LIVENESS, "two names");
_Static_assert((int)AUTOBUS_SERVICE_ADDED == (int)AB_SERVICE_ADDED, "one number, two names");
_Static_assert((int)AUTOBUS_SERVICE_CHANGED == (int)AB_SERVICE_CHANGED, "two names");
_Static_assert((int)AUTOBUS_SERVICE_REMOVED == (int)AB_SERVICE_REMOVED, "two names");
_Static_assert((int)AUTOBUS_SERVICES_CACHED == (int)AB_SERVICES_CACHED, "two names");
_Static_assert((int)AUTOBUS_SERVICES_SETTLED == (int)AB_SERVICES_SETTLED, "two names");
_Static_assert((int)AUTOBUS_SERVICES_OVERFLOW == (int)AB_SERVICES_OVERFLOW, "two names");

/* What is there when it begins to listen is bounded by the directory, and so is not counted against it. */
static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    enum ab_services_change change = (enum ab_services_change)notice->change;

    if (change == AB_SERVICES_OVERFLOW)
        ab_slot_put_last(slot, notice);
    else
        ab_slot_put_each(slot, notice);
    if (change == AB_SERVICES_CACHED)
        slot->existing = false;
}

static void run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_services_event event = {
        .bus = slot->bus,
        .kind = (enum autobus_services_kind)notice->change,
        .service = notice->service ? notice->service->data : NULL,
    };

    if (ab_value_take_json(&notice->value, &event.entry) < 0) {
        event.kind = AUTOBUS_SERVICES_OVERFLOW;
        autobus_slot_cancel(slot);
    }
    if (event.kind == AUTOBUS_SERVICES_OVERFLOW)
        event.service = NULL;
    slot->callback.services(&event, slot->user_data);
    json_decref(event.entry);
}

static void detach(autobus_slot *slot)
{
    ab_browser_free(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_services = {
    .deliver = deliver,
    .run = run,
    .detach = detach,
};

static int listen_locked(autobus_bus *bus, autobus_filter *filter, unsigned flags, autobus_slot *slot,
                         autobus_slot **ret_slot)
{
    struct ab_browser *browser;
    int r = ab_browser_new(bus->engine, ab_bus_now(bus), ab_filter_of(filter), flags, &slot->target, &browser);

    if (r < 0)
        return r;
    slot->source = browser;
    slot->existing = flags & AUTOBUS_SERVICES_EXISTING;
    ab_slot_register(slot, &bus->listeners, ret_slot);
    return 0;
}

int autobus_listen_services(autobus_bus *bus, autobus_filter *filter, unsigned flags, autobus_services_fn callback,
                            void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_queue *queue;
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !callback || (flags & ~(unsigned)FLAGS_ALL))
        return AB_EINVAL;
    queue = ab_queue_choose(bus, &bus->chosen);
    slot = ab_slot_new(bus, &kind_services, queue, user_data, destroy);
    ab_queue_release(queue);
    if (!slot)
        return AB_ENOMEM;
    slot->callback.services = callback;
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = listen_locked(bus, filter, flags, slot, ret_slot);
        ab_bus_leave(bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}

static int enter_for(autobus_bus *bus, json_t **ret_services)
{
    int r = ab_guard();

    if (r == 0 && !ret_services)
        r = AB_EINVAL;
    return r < 0 ? r : ab_bus_enter(bus);
}

int autobus_bus_services(autobus_bus *bus, autobus_filter *filter, json_t **ret_services)
{
    int r = enter_for(bus, ret_services);

    if (r < 0)
        return r;
    r = ab_browser_snapshot(bus->engine, ab_filter_of(filter), ret_services);
    ab_bus_leave(bus);
    return r;
}

int autobus_bus_routes(autobus_bus *bus, autobus_filter *filter, json_t **ret_services)
{
    int r = enter_for(bus, ret_services);

    if (r < 0)
        return r;
    r = ab_browser_explain(bus->engine, ab_bus_now(bus), ab_filter_of(filter), ret_services);
    ab_bus_leave(bus);
    return r;
}

int autobus_bus_settle(autobus_bus *bus, int timeout_ms)
{
    int r = ab_guard_blocking();

    if (r == 0 && (!bus || timeout_ms < 0))
        r = AB_EINVAL;
    return r < 0 ? r : ab_waiter_settle(bus, timeout_ms);
}
