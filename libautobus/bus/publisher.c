/*
 * Owns the program's publishers: callbacks that hear of the bus's own services. Must not know what they do with them.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"
#include "core/herald.h"

_Static_assert((int)AUTOBUS_PUBLICATION_ADDED == (int)AB_PUBLICATION_ADDED, "one number, two names");
_Static_assert((int)AUTOBUS_PUBLICATION_CHANGED == (int)AB_PUBLICATION_CHANGED, "two names");
_Static_assert((int)AUTOBUS_PUBLICATION_REMOVED == (int)AB_PUBLICATION_REMOVED, "two names");

static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    if (notice->code < 0)
        ab_slot_put_last(slot, notice);
    else
        ab_slot_put_each(slot, notice);
}

static void run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_publication publication = {
        .bus = slot->bus,
        .kind = notice->code < 0 ? AUTOBUS_PUBLICATION_OVERFLOW : (enum autobus_publication_kind)notice->change,
        .service = notice->service ? notice->service->data : NULL,
        .port = notice->port,
    };

    if (ab_value_take_json(&notice->value, &publication.info) < 0) {
        publication.kind = AUTOBUS_PUBLICATION_OVERFLOW;
        autobus_slot_cancel(slot);
    }
    if (publication.kind == AUTOBUS_PUBLICATION_OVERFLOW)
        publication.service = NULL;
    slot->callback.publication(&publication, slot->user_data);
    json_decref(publication.info);
}

static void detach(autobus_slot *slot)
{
    ab_herald_free(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_publisher = {
    .deliver = deliver,
    .run = run,
    .detach = detach,
};

static int add_locked(autobus_bus *bus, autobus_slot *slot, autobus_slot **ret_slot)
{
    struct ab_herald *herald;
    int r = ab_herald_new(bus->engine, ab_bus_now(bus), &slot->target, &herald);

    if (r < 0)
        return r;
    slot->source = herald;
    slot->existing = true; /* those that are published already are not counted: the program knows how many they are */
    ab_bus_take_notices(bus);
    slot->existing = false;
    ab_slot_register(slot, &bus->listeners, ret_slot);
    return 0;
}

int autobus_publisher_add(autobus_bus *bus, autobus_publication_fn callback, void *user_data,
                          autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_queue *queue;
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !callback)
        return AB_EINVAL;
    queue = ab_queue_choose(bus, &bus->chosen);
    slot = ab_slot_new(bus, &kind_publisher, queue, user_data, destroy);
    ab_queue_release(queue);
    if (!slot)
        return AB_ENOMEM;
    slot->callback.publication = callback;
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = add_locked(bus, slot, ret_slot);
        ab_bus_leave(bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}
