/*
 * A proxy of many services as its two files share it, multiple.c (members and subscriptions) and gather.c (calls to
 * all), and what the directory, remotes and calls tell them. Core only; multiple.h is for the bus.
 */
#ifndef AB_CORE_MULTIPLE_INTERNAL_H
#define AB_CORE_MULTIPLE_INTERNAL_H

#include "base/list.h"
#include "base/map.h"
#include "core/internal.h"
#include "core/multiple.h"

struct ab_found;
struct ab_outbound_loss;

struct ab_multiple {
    struct ab_list node; /* in engine->multiples */
    struct ab_engine *engine;
    struct ab_filter *filter;
    struct ab_map members;  /* by id */
    struct ab_list fans;    /* struct ab_fan.node */
    struct ab_list gathers; /* struct ab_gather.node: that are not complete */
    struct ab_timer review; /* of the members: some may have to go, or be tried again */
    bool incomplete;        /* there is a service that matches and has no member: no memory, or no room */
    bool closed;
};

/* A service of many. */
struct ab_member {
    struct ab_map_node node;
    struct ab_multiple *multiple;
    struct ab_text *id;
    struct ab_remote *remote;
    struct ab_list strands; /* struct ab_strand.member_node */
    bool tried;             /* it was bound once, or could not be */
};

/* One service's part of a call to all. */
struct ab_part {
    struct ab_list node; /* in gather->parts until it completes */
    struct ab_gather *gather;
};

/* ---- multiple.c: what the engine, the directory and the remotes tell */
void ab_multiples_found(struct ab_found *found);   /* it, its info or a route is new */
void ab_multiples_changed(struct ab_found *found); /* its view */
void ab_multiples_gone(struct ab_found *found);    /* it is about to go */
void ab_multiples_settled(struct ab_engine *engine);
void ab_multiples_close(struct ab_engine *engine);
void ab_member_bound(struct ab_member *member);
void ab_member_lost(struct ab_member *member);
void ab_member_unreachable(struct ab_member *member, const struct ab_outbound_loss *loss); /* in this round */
bool ab_member_is_bound(const struct ab_member *member);

/* ---- gather.c */
/* A new member is asked what is being asked. AB_ENOMEM: none is. */
int ab_gathers_ask(struct ab_multiple *multiple, struct ab_member *member);
void ab_gathers_bound(struct ab_multiple *multiple, struct ab_member *member);
void ab_gathers_settled(struct ab_multiple *multiple);
void ab_gathers_end(struct ab_multiple *multiple, int code, const char *text);
void ab_part_completed(struct ab_part *part, int code);

/* ---- call.c */
bool ab_call_fits(const struct ab_engine *engine, const char *name, const struct ab_text *args); /* in a line */
/* Parts and partial results for that target that were not taken. */
void ab_progress_forget(struct ab_engine *engine, const void *target);

/* ---- part.c */
/* NULL: no memory. It asks nothing until it is started. */
struct ab_part *ab_part_new(struct ab_gather *gather, struct ab_remote *remote, unsigned flags, ab_time until,
                            void *target);
void ab_part_start(struct ab_part *part, const char *name, struct ab_text *args, unsigned flags);
void ab_part_fail(struct ab_part *part, int code); /* its time is over */
void ab_part_cancel(struct ab_part *part);         /* without a word; before its completion only */

#endif
