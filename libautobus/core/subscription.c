/*
 * Owns who hears of what is listened to and watched on a remote, of its binding and of its end. Must not know the wire.
 *
 * Invariant: a subscription that was told a present value is told its absence before anything from another binding.
 */
#include "base/error.h"
#include "base/memory.h"
#include "core/wish_internal.h"

/* ---- Notices */

static void emit_own(struct ab_subscription *subscription)
{
    if (!ab_list_linked(&subscription->notice.node))
        ab_engine_emit(subscription->remote->engine, &subscription->notice);
}

/* The last that this one hears: there was no memory for what happened. */
static void overflow(struct ab_subscription *subscription, enum ab_notice_kind kind)
{
    struct ab_wish *wish = subscription->wish;

    ab_list_remove(&subscription->node);
    subscription->wish = NULL;
    subscription->notice.kind = kind;
    subscription->notice.code = AB_EOVERFLOW;
    if (wish)
        subscription->notice.name = ab_text_ref(wish->name);
    emit_own(subscription);
    if (wish)
        ab_wish_settle(wish);
}

void ab_subscription_tell_value(struct ab_subscription *subscription, struct ab_value value, struct ab_text *service)
{
    struct ab_notice *notice = &subscription->notice;

    ab_notice_deinit(notice);
    notice->code = 0;
    notice->value = value;
    notice->name = ab_text_ref(subscription->wish->name);
    notice->service = ab_text_ref(service);
    subscription->present = ab_value_present(&value);
    emit_own(subscription);
}

/* ---- Refusals */

/* A proxy that no service lets in does not say which. */
static struct ab_text *refuser(const struct ab_remote *remote)
{
    return remote->bound || remote->member ? remote->service : NULL;
}

static void tell_refusal_of_value(struct ab_subscription *subscription, int code, const char *type, const char *text)
{
    struct ab_notice *notice = &subscription->notice;

    ab_subscription_tell_value(subscription, AB_VALUE_ABSENT, refuser(subscription->remote));
    notice->code = code;
    notice->error_type = ab_strdup(type);
    notice->error_text = ab_strdup(text);
}

static void tell_refusal_of_event(struct ab_subscription *subscription, int code, const char *type, const char *text)
{
    struct ab_text *service = refuser(subscription->remote);
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_EVENT, subscription->notice.target);

    if (!notice) {
        overflow(subscription, AB_NOTICE_EVENT);
        return;
    }
    notice->code = code;
    notice->error_type = ab_strdup(type);
    notice->error_text = ab_strdup(text);
    notice->name = ab_text_ref(subscription->wish->name);
    notice->service = service ? ab_text_ref(service) : NULL;
    ab_engine_emit(subscription->remote->engine, notice);
}

void ab_subscription_tell_refusal(struct ab_subscription *subscription, int code, const char *type, const char *text)
{
    if (subscription->refused)
        return;
    subscription->refused = true;
    if (subscription->wish->watch)
        tell_refusal_of_value(subscription, code, type, text);
    else
        tell_refusal_of_event(subscription, code, type, text);
}

/* ---- Events */

void ab_subscription_tell_event(struct ab_subscription *subscription, struct ab_value *args, bool last)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_EVENT, subscription->notice.target);
    int r = notice ? 0 : AB_ENOMEM;

    if (notice && last)
        notice->value = ab_value_move(args);
    else if (notice)
        r = ab_value_share(args, &notice->value);
    if (r < 0) {
        ab_notice_release(notice);
        overflow(subscription, AB_NOTICE_EVENT);
        return;
    }
    notice->name = ab_text_ref(subscription->wish->name);
    notice->service = ab_text_ref(subscription->remote->service);
    ab_engine_emit(subscription->remote->engine, notice);
}

/* ---- Bindings */

static void tell_binding(struct ab_subscription *subscription, bool bound, int reason)
{
    struct ab_remote *remote = subscription->remote;
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_BINDING, subscription->notice.target);

    if (!notice || (bound && ab_remote_info(remote, &notice->value) < 0)) {
        ab_notice_release(notice);
        overflow(subscription, AB_NOTICE_BINDING);
        return;
    }
    notice->change = bound;
    notice->code = reason;
    notice->service = ab_text_ref(remote->service);
    ab_engine_emit(remote->engine, notice);
}

void ab_bindings_tell(struct ab_remote *remote, bool bound, int reason)
{
    if (!remote->wishes)
        return;
    AB_LIST_EACH_SAFE (each, &remote->wishes->bindings) {
        tell_binding(AB_CONTAINER(each, struct ab_subscription, node), bound, reason);
    }
}

/* ---- Subscribing */

static struct ab_subscription *subscription_new(struct ab_remote *remote, enum ab_notice_kind kind, void *target)
{
    struct ab_subscription *subscription = ab_calloc(1, sizeof(*subscription));

    if (!subscription)
        return NULL;
    subscription->remote = remote;
    ab_list_init(&subscription->node);
    ab_notice_init(&subscription->notice, kind, target);
    subscription->notice.release = ab_notice_stays;
    return subscription;
}

static int subscribe(struct ab_remote *remote, ab_time now, enum ab_notice_kind kind, const char *name, void *target,
                     struct ab_subscription **ret_subscription)
{
    struct ab_subscription *subscription;
    struct ab_wish *wish;

    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    subscription = subscription_new(remote, kind, target);
    wish = subscription ? ab_wish_of(remote, kind == AB_NOTICE_VALUE, name) : NULL;
    if (!wish) {
        ab_free(subscription);
        return AB_ENOMEM;
    }
    *ret_subscription = subscription;
    ab_wish_joined(wish, subscription);
    return 0;
}

int ab_remote_listen(struct ab_remote *remote, ab_time now, const char *event, void *target,
                     struct ab_subscription **ret_subscription)
{
    return subscribe(remote, now, AB_NOTICE_EVENT, event, target, ret_subscription);
}

int ab_remote_watch(struct ab_remote *remote, ab_time now, const char *object, void *target,
                    struct ab_subscription **ret_subscription)
{
    return subscribe(remote, now, AB_NOTICE_VALUE, object, target, ret_subscription);
}

int ab_remote_on_binding(struct ab_remote *remote, ab_time now, void *target, struct ab_subscription **ret_subscription)
{
    struct ab_subscription *subscription;

    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_OVER)
        return remote->reason;
    subscription = ab_wishes_of(remote) ? subscription_new(remote, AB_NOTICE_BINDING, target) : NULL;
    if (!subscription)
        return AB_ENOMEM;
    ab_list_append(&remote->wishes->bindings, &subscription->node);
    *ret_subscription = subscription;
    if (remote->state == AB_REMOTE_BOUND)
        tell_binding(subscription, true, 0);
    return 0;
}

static void tell_end(struct ab_subscription *subscription)
{
    struct ab_remote *remote = subscription->remote;
    struct ab_notice *notice = &subscription->notice;

    ab_list_remove(&subscription->node);
    notice->code = remote->reason;
    notice->error_type = ab_strdup(remote->reason_type);
    notice->error_text = ab_strdup(remote->reason_text);
    notice->service = ab_text_ref(remote->service);
    emit_own(subscription);
}

void ab_ends_tell(struct ab_remote *remote)
{
    if (!remote->wishes)
        return;
    AB_LIST_EACH_SAFE (each, &remote->wishes->ends) {
        tell_end(AB_CONTAINER(each, struct ab_subscription, node));
    }
}

int ab_remote_on_end(struct ab_remote *remote, ab_time now, bool past, void *target,
                     struct ab_subscription **ret_subscription)
{
    struct ab_subscription *subscription;

    ab_engine_enter(remote->engine, now);
    if (remote->state == AB_REMOTE_OVER && !past)
        return remote->reason;
    subscription = ab_wishes_of(remote) ? subscription_new(remote, AB_NOTICE_COMPLETION, target) : NULL;
    if (!subscription)
        return AB_ENOMEM;
    ab_list_append(&remote->wishes->ends, &subscription->node);
    *ret_subscription = subscription;
    if (remote->state == AB_REMOTE_OVER)
        tell_end(subscription);
    return 0;
}

bool ab_subscription_tells(const struct ab_subscription *subscription)
{
    return ab_list_linked(&subscription->notice.node);
}

void ab_subscription_cancel(struct ab_subscription *subscription, ab_time now)
{
    struct ab_wish *wish;

    if (!subscription)
        return;
    ab_engine_enter(subscription->remote->engine, now);
    wish = subscription->wish;
    ab_list_remove(&subscription->node);
    ab_notice_release(&subscription->notice);
    ab_free(subscription);
    if (wish)
        ab_wish_settle(wish);
}
