/*
 * Owns what a program hears of those who use its service. Must not know when the engine tells it.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/name.h"
#include "bus/service.h"
#include "bus/thread.h"
#include "core/audience.h"

static void run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_interest interest = {
        .service = slot->owner,
        .kind = (enum autobus_kind)notice->code,
        .name = slot->name,
        .interested = notice->change,
    };

    slot->callback.interest(&interest, slot->user_data);
}

static void detach(autobus_slot *slot)
{
    ab_audience_cancel(slot->source, ab_bus_now(slot->bus));
}

static void release_owner(autobus_slot *slot)
{
    ab_service_handle_release(slot->owner);
}

static const struct ab_slot_kind kind_interest = {
    .deliver = ab_slot_put_newest,
    .run = run,
    .detach = detach,
    .release = release_owner,
};

static int start(autobus_slot *slot, enum autobus_kind kind, autobus_slot **ret_slot)
{
    autobus_service *service = slot->owner;
    struct ab_audience *audience;
    int r = ab_service_handle_enter(service);

    if (r < 0)
        return r;
    r = ab_audience_new(service->engine, ab_bus_now(service->bus), (enum ab_topic_kind)kind, slot->name, &slot->target,
                        &audience);
    if (r == 0) {
        slot->source = audience;
        ab_slot_register(slot, &service->slots, ret_slot);
    }
    ab_bus_leave(service->bus);
    return r;
}

int autobus_service_on_interest(autobus_service *service, enum autobus_kind kind, const char *name,
                                autobus_interest_fn callback, void *user_data, autobus_destroy_fn destroy,
                                autobus_slot **ret_slot)
{
    autobus_queue *queue;
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!service || !callback || ab_name_check(name) < 0 || (kind != AUTOBUS_KIND_EVENT && kind != AUTOBUS_KIND_OBJECT))
        return AB_EINVAL;
    queue = ab_queue_choose(service->bus, &service->queue);
    slot = ab_slot_new(service->bus, &kind_interest, queue, user_data, destroy);
    ab_queue_release(queue);
    if (!slot)
        return AB_ENOMEM;
    ab_handle_hold(&service->handle);
    slot->owner = service;
    slot->callback.interest = callback;
    slot->name = ab_strdup(name);
    r = slot->name ? start(slot, kind, ret_slot) : AB_ENOMEM;
    if (r < 0)
        ab_slot_release(slot);
    return r;
}
