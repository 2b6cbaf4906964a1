/*
 * Owns the parts of a call to all: each is a call of one service, whose time is its gather's. Must not know whom a gather
 * asks or when it ends.
 */
#include "base/error.h"
#include "core/call_internal.h"

struct ab_part *ab_part_new(struct ab_gather *gather, struct ab_remote *remote, unsigned flags, ab_time until,
                            void *target)
{
    struct ab_call *call = ab_call_new(remote, AB_CALL_FUNCTION, flags, until, target);

    if (!call)
        return NULL;
    call->notice.kind = AB_NOTICE_PART;
    call->part.gather = gather;
    return &call->part;
}

void ab_part_start(struct ab_part *part, const char *name, struct ab_text *args, unsigned flags)
{
    struct ab_call *call = AB_CONTAINER(part, struct ab_call, part);
    int r = ab_call_start_function(call, name, args, flags);

    if (r < 0)
        ab_call_fail(call, r, NULL, NULL);
}

void ab_part_fail(struct ab_part *part, int code)
{
    struct ab_call *call = AB_CONTAINER(part, struct ab_call, part);
    struct ab_remote *remote = call->remote;

    ab_call_withdraw(call);
    ab_call_fail(call, code, NULL, remote->bound ? "no answer in time" : "it could not be reached in time");
    ab_calls_pump(remote);
}

void ab_part_cancel(struct ab_part *part)
{
    struct ab_call *call = AB_CONTAINER(part, struct ab_call, part);
    struct ab_remote *remote = call->remote;

    ab_list_remove(&part->node);
    ab_call_withdraw(call);
    ab_call_detach(call);
    ab_notice_release(&call->notice);
    ab_calls_pump(remote);
}
