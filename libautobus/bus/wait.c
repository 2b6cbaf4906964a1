/*
 * Owns waiting for a remote: until it is bound, blocking or with a callback, and for its end. Must not know how a remote
 * finds its service.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bus/ask.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "bus/waiter.h"
#include "core/multiple.h"
#include "core/remote.h"

#define END_FLAGS AUTOBUS_END_PAST

/* ---- Until it is bound */

/* What the engine waits with: a call that asks nothing. Lock held. */
static int await_binding(autobus_remote *remote, ab_time deadline, struct ab_target *target, void **ret_source)
{
    ab_time now = ab_bus_now(remote->bus);
    const struct ab_gather_rule rule = {.deadline = deadline};
    struct ab_gather *gather = NULL;
    struct ab_call *call = NULL;
    int r;

    if (remote->multiple)
        r = ab_multiple_call(remote->multiple, now, NULL, NULL, 0, &rule, target, &gather);
    else
        r = ab_remote_call(remote->engine, now, AB_CALL_BIND, NULL, NULL, 0, deadline, target, &call);
    *ret_source = remote->multiple ? (void *)gather : (void *)call;
    return r;
}

int autobus_remote_wait(autobus_remote *remote, int timeout_ms, autobus_error *error)
{
    struct ab_waiter waiter;
    void *source;
    int r = ab_guard_blocking();

    if (r == 0 && timeout_ms < 0)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_remote_handle_enter(remote);
    if (r < 0)
        return ab_error_fail(error, r);
    ab_waiter_init(&waiter, remote->bus);
    r = await_binding(remote, ab_bus_now(remote->bus) + timeout_ms * AB_MILLISECOND, &waiter.target, &source);
    if (r < 0)
        ab_remote_handle_fail(remote, error, r);
    ab_bus_leave(remote->bus);
    if (r == 0) {
        ab_waiter_wait(&waiter);
        r = waiter.notice.code == 0 ? 0 : ab_error_take(error, &waiter.notice);
    }
    ab_waiter_deinit(&waiter);
    return r;
}

static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    slot->source = NULL;
    ab_slot_put_last(slot, notice);
}

static void detach_wait(autobus_slot *slot)
{
    const autobus_remote *remote = slot->owner;

    if (remote->is_multiple)
        ab_gather_cancel(slot->source, ab_bus_now(slot->bus));
    else
        ab_call_cancel(slot->source, ab_bus_now(slot->bus));
}

/* A connection can be over before anybody gets to wait for it: that is told as any other outcome. */
static int tell_over(autobus_remote *remote, autobus_slot *slot)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_COMPLETION, NULL);
    const char *type;
    const char *text;

    if (!notice)
        return AB_ENOMEM;
    notice->code = ab_remote_reason(remote->engine, &type, &text);
    notice->error_type = ab_strdup(type);
    notice->error_text = ab_strdup(text);
    ab_slot_put_last(slot, notice);
    return 0;
}

static int wait_locked(autobus_remote *remote, autobus_slot *slot, int timeout_ms)
{
    ab_time deadline = ab_bus_now(remote->bus) + ab_remote_handle_timeout(remote, timeout_ms) * AB_MILLISECOND;
    const char *unused;

    if (remote->engine && ab_remote_reason(remote->engine, &unused, &unused) < 0)
        return tell_over(remote, slot);
    return await_binding(remote, deadline, &slot->target, &slot->source);
}

static const struct ab_slot_kind kind_wait = {
    .deliver = deliver,
    .run = ab_ask_run,
    .detach = detach_wait,
    .release = ab_remote_handle_release_owner,
    .completes = true,
};

/* ---- Its end */

static void deliver_end(autobus_slot *slot, struct ab_notice *notice)
{
    ab_slot_put_last(slot, notice);
}

static void detach_end(autobus_slot *slot)
{
    ab_subscription_cancel(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_end = {
    .deliver = deliver_end,
    .run = ab_ask_run,
    .detach = detach_end,
    .release = ab_remote_handle_release_owner,
};

/* ---- Registering */

static int register_locked(autobus_remote *remote, autobus_slot *slot, unsigned flags, int timeout_ms)
{
    struct ab_subscription *subscription;
    int r;

    if (slot->kind == &kind_wait)
        return wait_locked(remote, slot, timeout_ms);
    r = ab_remote_on_end(remote->engine, ab_bus_now(remote->bus), flags & AUTOBUS_END_PAST, &slot->target,
                         &subscription);
    if (r == 0)
        slot->source = subscription;
    return r;
}

static int register_slot(autobus_remote *remote, const struct ab_slot_kind *kind, unsigned flags, int timeout_ms,
                         autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy,
                         autobus_slot **ret_slot)
{
    autobus_slot *slot = ab_remote_handle_slot(remote, kind, NULL, user_data, destroy);
    int r;

    if (!slot)
        return AB_ENOMEM;
    slot->callback.result = callback;
    r = ab_remote_handle_enter_with(remote, slot);
    if (r == 0) {
        r = register_locked(remote, slot, flags, timeout_ms);
        if (r == 0)
            ab_slot_register(slot, &remote->slots, ret_slot);
        ab_bus_leave(remote->bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}

int autobus_remote_wait_async(autobus_remote *remote, int timeout_ms, autobus_result_fn callback, void *user_data,
                              autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!remote || !callback || timeout_ms < 0)
        return AB_EINVAL;
    return register_slot(remote, &kind_wait, 0, timeout_ms, callback, user_data, destroy, ret_slot);
}

int autobus_remote_on_end(autobus_remote *remote, unsigned flags, autobus_result_fn callback, void *user_data,
                          autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!remote || !callback || remote->is_multiple || remote->filter || (flags & ~(unsigned)END_FLAGS))
        return AB_EINVAL;
    return register_slot(remote, &kind_end, flags, 0, callback, user_data, destroy, ret_slot);
}
