/*
 * A call as its two files share it: call.c (calls of one service) and part.c (parts of a call to all). Core only.
 */
#ifndef AB_CORE_CALL_INTERNAL_H
#define AB_CORE_CALL_INTERNAL_H

#include "core/multiple_internal.h"
#include "core/remote_internal.h"

struct ab_call {
    struct ab_list node;
    struct ab_pending pending;
    struct ab_notice notice;
    struct ab_remote *remote;
    struct ab_outbound *connection; /* that it was sent over, while it is not answered */
    enum ab_call_kind kind;
    struct ab_text *name; /* of a function that waits to be sent */
    struct ab_text *args; /* the same */
    struct ab_wish *wish; /* of a get that waits */
    struct ab_part part;  /* of a call to all */
    struct ab_timer deadline;
    ab_time until; /* when its time is over, as its service is told */
    ab_time sent_at;
    bool sent;
    bool completed;
    bool progress; /* partial results are wanted */
};

/* NULL: no memory. */
struct ab_call *ab_call_new(struct ab_remote *remote, enum ab_call_kind kind, unsigned flags, ab_time until,
                            void *target);
/* Sends it, or lets it wait. AB_EAGAIN, AB_ENOMEM. */
int ab_call_start_function(struct ab_call *call, const char *name, struct ab_text *args, unsigned flags);
/* Completes it. The texts are copied; without memory for them the code alone is told. */
void ab_call_fail(struct ab_call *call, int code, const char *type, const char *text);
/* Nobody waits for the answer any more: the service is told, if the call is there. Before ab_call_detach. */
void ab_call_withdraw(struct ab_call *call);
/* Out of every list: it is about to complete or to be forgotten. */
void ab_call_detach(struct ab_call *call);

#endif
