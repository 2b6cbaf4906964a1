/*
 * A proxy of many services: one member for each service that the filter finds, whatever the number of its routes. A
 * member is a proxy as any other, made when the directory finds the service and dropped when the service is gone from
 * the directory and the connection is lost, or when its info ceases to match. What is listened to and watched is so on
 * every member, with the same target.
 *
 * A call to all asks each service that is bound; unless its flags say AB_CALL_BOUND_ONLY, also those that are bound for
 * the first time just now and those that appear while it goes on, and the first that is bound if there is none.
 */
#ifndef AB_CORE_MULTIPLE_H
#define AB_CORE_MULTIPLE_H

#include <stdbool.h>

#include "core/host.h"
#include "core/notice.h"
#include "core/remote.h"
#include "wire/filter.h"

struct ab_multiple;
struct ab_fan;
struct ab_gather;

/* `filter` gets a reference. */
int ab_multiple_new(struct ab_engine *engine, ab_time now, struct ab_filter *filter, struct ab_multiple **ret_multiple);
/* Calls to all complete with AB_ECLOSED, subscriptions end in silence, what was sent still leaves. */
void ab_multiple_close(struct ab_multiple *multiple, ab_time now);
/* Closes too; subscriptions must be cancelled before. Takes NULL. */
void ab_multiple_free(struct ab_multiple *multiple, ab_time now);
bool ab_multiple_bound(const struct ab_multiple *multiple); /* to one at least */

/* To each that is bound. One took it: 0, and who did not is in the log. None did: as ab_remote_notice. */
int ab_multiple_notice(struct ab_multiple *multiple, ab_time now, const char *name, struct ab_text *args);

/* A subscription on every member, now and later: to an event, to an object, or to who is bound (`name` NULL). */
int ab_multiple_subscribe(struct ab_multiple *multiple, ab_time now, enum ab_notice_kind kind, const char *name,
                          void *target, struct ab_fan **ret_fan);
/* Ends and frees it: no notice of it comes any more. Also after AB_EOVERFLOW. Takes NULL. */
void ab_fan_cancel(struct ab_fan *fan, ab_time now);

struct ab_gather_rule {
    size_t count;     /* ends with so many results, errors not counted; 0: does not */
    ab_time quiet;    /* ends so long after the last result or error; 0: does not */
    ab_time deadline; /* ends then */
};

/* A call to all: for each service that is asked one AB_NOTICE_PART to `target`, then one AB_NOTICE_COMPLETION: code 0,
 * or why no service was asked. It ends by its rule or when all that were asked have answered, but not before discovery
 * has settled, unless flags say AB_CALL_BOUND_ONLY. Who did not answer until the deadline, or until it is quiet, has a
 * part with AB_ETIMEDOUT; who is not waited for because there were enough results has none. Both are told, as with every
 * call that is given up, that nobody waits for them.
 * `name` NULL asks nothing: it completes when a service is bound.
 * A failure completes nothing: AB_ENOMEM, AB_ECLOSED, AB_ENOTBOUND, AB_ETOOLARGE. */
int ab_multiple_call(struct ab_multiple *multiple, ab_time now, const char *name, struct ab_text *args, unsigned flags,
                     const struct ab_gather_rule *rule, void *target, struct ab_gather **ret_gather);
/* As ab_call_cancel and ab_call_abort; parts that have completed are told. */
void ab_gather_cancel(struct ab_gather *gather, ab_time now);
void ab_gather_abort(struct ab_gather *gather, ab_time now);

#endif
