/*
 * A question to a remote, and what comes of it: what calls, reads of objects and calls to all have in common. Whoever
 * asks either blocks, and takes the answers from a struct of its own, or leaves a callback.
 */
#ifndef AB_BUS_ASK_H
#define AB_BUS_ASK_H

#include <autobus2.h>

#include "base/list.h"
#include "bus/reading.h"
#include "bus/sleeper.h"
#include "bus/slot.h"
#include "core/notice.h"
#include "core/remote.h"

struct ab_question {
    bool many;              /* it is for every service of a proxy of many */
    enum ab_call_kind kind; /* to many: a function */
    const char *name;
    struct ab_text *args; /* of a function; whoever asks owns it */
    unsigned flags;       /* AUTOBUS_CALL_… */
    int timeout_ms;       /* 0: the remote's */
    int count;            /* to many: as in autobus_gather_rule */
    int quiet_ms;
    autobus_canceler *canceler; /* of one that blocks; may be NULL */
    autobus_result_fn partial;  /* likewise */
    void *user_data;
};

/* What a blocking question has heard. In the engine's own blocks: so it needs no memory while it waits. */
struct ab_answers {
    struct ab_target target; /* first: what the engine is given */
    struct ab_sleeper sleeper;
    struct ab_reading reading;
    bool called;          /* the sleeper is, and has not woken: under the lock */
    bool ended;           /* under the lock */
    struct ab_notice end; /* the completion */
    struct ab_list heard; /* struct ab_notice.node: what came before, in its order */
    size_t bytes;         /* of it, as of events that wait */
    bool overflown;       /* there were too many: the end is AB_EOVERFLOW */
    struct ab_list node;  /* in canceler->blocked until the end */
    autobus_remote *remote;
    const struct ab_question *question;
    void *source; /* what the engine made for it, until the end */
};

/* Blocks for the end. `ret_answers` is to be deinitialised whatever this returns: what kept it from asking, or the end's
 * own code, with `error` filled. */
int ab_ask_and_wait(autobus_remote *remote, const struct ab_question *question, struct ab_answers *ret_answers,
                    autobus_error *error);
void ab_answers_deinit(struct ab_answers *answers);
/* Lock held, before the end, which is AB_ECANCELED then. */
void ab_answers_cancel(struct ab_answers *answers);

/* As the public functions with a callback. */
int ab_ask_async(autobus_remote *remote, const struct ab_question *question, autobus_result_fn callback,
                 void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot);
/* For slots whose callback is an autobus_result_fn: hands it a completion. */
void ab_ask_run(autobus_slot *slot, struct ab_notice *notice);

#endif
