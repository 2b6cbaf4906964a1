/*
 * Owns what the program hears of a remote on its own: events, values, binds. Must not know how they come.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/name.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "core/multiple.h"
#include "core/remote.h"

static bool is_of_many(const autobus_slot *slot)
{
    const autobus_remote *remote = slot->owner;

    return remote->is_multiple;
}

static void detach(autobus_slot *slot)
{
    if (is_of_many(slot))
        ab_fan_cancel(slot->source, ab_bus_now(slot->bus));
    else
        ab_subscription_cancel(slot->source, ab_bus_now(slot->bus));
}

static const char *text_or_null(const struct ab_text *text)
{
    return text ? text->data : NULL;
}

/* What is told besides the code; NULL: nothing is wrong. */
static const autobus_error *show(const struct ab_notice *notice, autobus_error *error)
{
    if (notice->code == 0)
        return NULL;
    ab_error_show(error, notice);
    return error;
}

static void log_lost(autobus_slot *slot, const char *text, size_t size)
{
    ab_log_put(&slot->bus->log, AUTOBUS_LOG_ERROR, text, size);
}

/* ---- Events */

static void deliver_event(autobus_slot *slot, struct ab_notice *notice)
{
    if (notice->code == AB_EOVERFLOW)
        ab_slot_put_last(slot, notice);
    else
        ab_slot_put_each(slot, notice);
}

/* Without memory for an event the listener cannot go on as if nothing was missing. */
static void run_event(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_error error;
    autobus_event event = {
        .remote = slot->owner,
        .service = text_or_null(notice->service),
        .name = slot->name,
        .code = notice->code,
        .error = show(notice, &error),
    };

    if (event.code == 0 && ab_value_take_json(&notice->value, &event.args) < 0) {
        notice->code = event.code = AB_EOVERFLOW;
        event.error = show(notice, &error);
        autobus_slot_cancel(slot);
    }
    slot->callback.event(&event, slot->user_data);
    json_decref(event.args);
}

static const struct ab_slot_kind kind_event = {
    .deliver = deliver_event,
    .run = run_event,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
};

/* ---- Values */

static void run_value(autobus_slot *slot, struct ab_notice *notice)
{
    static const char lost[] = "out of memory: a watcher of the program's missed a value";
    autobus_error error;
    autobus_value value = {
        .remote = slot->owner,
        .service = text_or_null(notice->service),
        .name = slot->name,
        .code = notice->code,
        .error = show(notice, &error),
    };

    if (ab_value_take_json(&notice->value, &value.value) < 0) {
        log_lost(slot, lost, sizeof(lost) - 1);
        return;
    }
    slot->callback.value(&value, slot->user_data);
    json_decref(value.value);
}

static void deliver_value(autobus_slot *slot, struct ab_notice *notice)
{
    static const char lost[] = "out of memory: a watcher of the program's missed a value";

    if (!is_of_many(slot))
        ab_slot_put_newest(slot, notice);
    else if (!ab_slot_put_newest_of(slot, notice))
        log_lost(slot, lost, sizeof(lost) - 1);
}

static const struct ab_slot_kind kind_value = {
    .deliver = deliver_value,
    .run = run_value,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
};

/* ---- Binds */

/* The engine ends it when it has no memory for a bind. */
static void deliver_binding(autobus_slot *slot, struct ab_notice *notice)
{
    if (notice->change == 0 && notice->code == AB_EOVERFLOW)
        ab_slot_put_last(slot, notice);
    else if (is_of_many(slot))
        ab_slot_put_each(slot, notice);
    else
        ab_slot_put_pair(slot, notice);
}

static void run_binding(autobus_slot *slot, struct ab_notice *notice)
{
    static const char lost[] = "out of memory: a bind is told without its info";
    autobus_binding binding = {
        .remote = slot->owner,
        .service = text_or_null(notice->service),
        .bound = notice->change != 0 && notice->code != AB_EOVERFLOW,
        .reason = notice->code,
    };

    if (ab_value_take_json(&notice->value, &binding.info) < 0)
        log_lost(slot, lost, sizeof(lost) - 1);
    slot->callback.binding(&binding, slot->user_data);
    json_decref(binding.info);
}

static const struct ab_slot_kind kind_binding = {
    .deliver = deliver_binding,
    .run = run_binding,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
};

/* ---- Registering */

/* Those that are bound already are told at once, however many they are. */
static int subscribe_to_many(autobus_remote *remote, autobus_slot *slot)
{
    enum ab_notice_kind kind = slot->kind == &kind_event   ? AB_NOTICE_EVENT
                               : slot->kind == &kind_value ? AB_NOTICE_VALUE
                                                           : AB_NOTICE_BINDING;
    struct ab_fan *fan = NULL;
    int r = ab_multiple_subscribe(remote->multiple, ab_bus_now(remote->bus), kind, slot->name, &slot->target, &fan);

    slot->source = fan;
    if (r == 0) {
        slot->existing = true;
        ab_bus_take_notices(remote->bus);
        slot->existing = false;
    }
    return r;
}

static int subscribe_locked(autobus_remote *remote, autobus_slot *slot)
{
    struct ab_subscription *subscription = NULL;
    ab_time now = ab_bus_now(remote->bus);
    int r;

    if (remote->multiple)
        return subscribe_to_many(remote, slot);
    if (slot->kind == &kind_event)
        r = ab_remote_listen(remote->engine, now, slot->name, &slot->target, &subscription);
    else if (slot->kind == &kind_value)
        r = ab_remote_watch(remote->engine, now, slot->name, &slot->target, &subscription);
    else
        r = ab_remote_on_binding(remote->engine, now, &slot->target, &subscription);
    slot->source = subscription;
    return r;
}

/* Takes the slot; NULL: there was no memory for it. */
static int subscribe(autobus_remote *remote, autobus_slot *slot, autobus_slot **ret_slot)
{
    int r = slot ? ab_remote_handle_enter_with(remote, slot) : AB_ENOMEM;

    if (r == 0) {
        r = subscribe_locked(remote, slot);
        if (r == 0)
            ab_slot_register(slot, &remote->slots, ret_slot);
        ab_bus_leave(remote->bus);
    }
    if (r < 0 && slot)
        ab_slot_release(slot);
    return r;
}

int autobus_listen(autobus_remote *remote, const char *event, autobus_event_fn callback, void *user_data,
                   autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!remote || !callback || ab_name_check(event) < 0)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_event, event, user_data, destroy);
    if (slot)
        slot->callback.event = callback;
    return subscribe(remote, slot, ret_slot);
}

int autobus_watch(autobus_remote *remote, const char *object, autobus_value_fn callback, void *user_data,
                  autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!remote || !callback || ab_name_check(object) < 0)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_value, object, user_data, destroy);
    if (slot)
        slot->callback.value = callback;
    return subscribe(remote, slot, ret_slot);
}

int autobus_remote_on_binding(autobus_remote *remote, autobus_binding_fn callback, void *user_data,
                              autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!remote || !callback)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_binding, NULL, user_data, destroy);
    if (slot)
        slot->callback.binding = callback;
    return subscribe(remote, slot, ret_slot);
}
