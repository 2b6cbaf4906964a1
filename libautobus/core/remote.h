/*
 * A remote: a proxy that binds to a service that its filter finds and binds again by itself, or a connection to one
 * place that does not come back. Calls wait in it while it is not bound; listens and watches are counted in it, so that
 * the wire carries one of each name.
 */
#ifndef AB_CORE_REMOTE_H
#define AB_CORE_REMOTE_H

#include <stdbool.h>

#include "base/address.h"
#include "base/text.h"
#include "core/host.h"
#include "wire/filter.h"
#include "wire/value.h"

struct ab_engine;
struct ab_remote;
struct ab_call;
struct ab_subscription;

/* One handle each; `filter` gets a reference. */
int ab_remote_new_proxy(struct ab_engine *engine, ab_time now, struct ab_filter *filter, struct ab_remote **ret_remote);
/* `service` NULL: the introspection service of the bus there, whose id is known once it is bound.
 * Waits for ab_remote_resolved or ab_remote_unresolved, at most 10 s in all until it is bound. */
int ab_remote_new_connection(struct ab_engine *engine, ab_time now, const char *service, struct ab_remote **ret_remote);
void ab_remote_resolved(struct ab_remote *remote, ab_time now, const struct ab_address *addresses, size_t count);
void ab_remote_unresolved(struct ab_remote *remote, ab_time now, const char *text);
/* Calls complete with AB_ECLOSED, subscriptions end in silence, what was sent still leaves. */
void ab_remote_close(struct ab_remote *remote, ab_time now);
void ab_remote_free(struct ab_remote *remote, ab_time now); /* closes too; subscriptions must be cancelled before */

/* Why it is over: type and text may be NULL, and live as long as the remote. 0: it is not over. */
int ab_remote_reason(const struct ab_remote *remote, const char **ret_type, const char **ret_text);
bool ab_remote_bound(const struct ab_remote *remote);
/* As text. AB_ENOTBOUND, AB_ENOMEM, or why the connection failed for good. */
int ab_remote_info(const struct ab_remote *remote, struct ab_value *ret_info);

enum ab_call_kind {
    AB_CALL_FUNCTION,
    AB_CALL_GET,  /* an object's value: AB_ENOENT when it is absent */
    AB_CALL_BIND, /* nothing: completes when the remote is bound */
};

enum ab_call_flags {
    AB_CALL_BOUND_ONLY = 1 << 0, /* AB_ENOTBOUND at once instead of waiting: the number of AUTOBUS_CALL_BOUND */
    AB_CALL_PROGRESS = 1 << 1,   /* partial results too, each an AB_NOTICE_PROGRESS: that of AUTOBUS_CALL_PROGRESS */
    AB_CALL_ROOM = 1 << 8,       /* wait for room instead of AB_EAGAIN: a caller that blocks */
};

/* Completes exactly once with a notice to `target`, which is not sent before this returns 0 and the notices are taken.
 * `args` is encoded JSON (an array), counted; only of a function. A failure completes nothing: AB_ENOMEM, AB_ECLOSED,
 * AB_ENOTBOUND, AB_EAGAIN, AB_ETOOLARGE (over the limit of a line), or why a connection failed for good. */
int ab_remote_call(struct ab_remote *remote, ab_time now, enum ab_call_kind kind, const char *name,
                   struct ab_text *args, unsigned flags, ab_time deadline, void *target, struct ab_call **ret_call);
/* The call ends without a word: no notice of it comes any more, and it is freed. Only before its completion was taken. */
void ab_call_cancel(struct ab_call *call, ab_time now);
/* The call completes with AB_ECANCELED, unless it has completed. Only before its completion was taken. */
void ab_call_abort(struct ab_call *call, ab_time now);

/* The stream of the one connection that it has, and how many calls were sent over that and not answered. False: it has
 * none, or answers are to come over another too. */
bool ab_remote_under_way(const struct ab_remote *remote, ab_stream_id *ret_stream, size_t *ret_calls);

/* AB_ENOTBOUND, AB_EAGAIN, AB_ETOOLARGE, AB_ENOMEM, AB_ECLOSED. */
int ab_remote_notice(struct ab_remote *remote, ab_time now, const char *name, struct ab_text *args);

int ab_remote_listen(struct ab_remote *remote, ab_time now, const char *event, void *target,
                     struct ab_subscription **ret_subscription);
int ab_remote_watch(struct ab_remote *remote, ab_time now, const char *object, void *target,
                    struct ab_subscription **ret_subscription);
int ab_remote_on_binding(struct ab_remote *remote, ab_time now, void *target,
                         struct ab_subscription **ret_subscription);
/* One AB_NOTICE_COMPLETION when a connection is over by itself: code, error_type and error_text say why. `past`: at once if
 * it is over already, which else is a failure with that code. */
int ab_remote_on_end(struct ab_remote *remote, ab_time now, bool past, void *target,
                     struct ab_subscription **ret_subscription);
/* Ends and frees it: no notice of it comes any more. Also after AB_EOVERFLOW. Takes NULL. */
void ab_subscription_cancel(struct ab_subscription *subscription, ab_time now);

#endif
