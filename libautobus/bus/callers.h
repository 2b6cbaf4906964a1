/*
 * The calls that wait for their handler, by the connection that they came over: so many may wait in all, who has fewer
 * takes the place of who has most, and workers serve connections in turn. So no peer's calls keep another's from being
 * carried out. All under the bus's lock.
 */
#ifndef AB_BUS_CALLERS_H
#define AB_BUS_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/numbers.h"

struct ab_caller;
struct ab_item;

struct ab_callers {
    struct ab_numbers by_connection; /* struct ab_caller.node: those with calls that wait */
    struct ab_list turns;            /* struct ab_caller.turn: of them, those with calls for workers, the next first */
    size_t count;                    /* calls that wait */
    struct ab_caller *spare; /* of the last that had none left: calls one after the other need no memory for this */
};

/* A call that waits: part of a request. */
struct ab_waiting {
    struct ab_list node; /* in its caller's calls; linked while it waits */
    struct ab_caller *caller;
    struct ab_item *item;
};

void ab_callers_init(struct ab_callers *callers);
void ab_callers_deinit(struct ab_callers *callers); /* nothing waits */
void ab_waiting_init(struct ab_waiting *waiting, struct ab_item *item);

/* The call waits from now on. False, and it does not: there is no memory. */
bool ab_callers_enter(struct ab_callers *callers, struct ab_waiting *waiting, uint64_t connection);
/* It waits no more, and is in no list; takes one that did not wait, too. */
void ab_callers_leave(struct ab_callers *callers, struct ab_waiting *waiting);
/* The newest call of the connection with most of them, if that has two more than this one; else NULL. */
struct ab_item *ab_callers_most(const struct ab_callers *callers, uint64_t connection);

/* It waits for a worker. */
void ab_callers_queue(struct ab_callers *callers, struct ab_waiting *waiting);
/* The oldest call of the connection whose turn it is, which then is the last to have another; there is one. */
struct ab_item *ab_callers_next(struct ab_callers *callers);

#endif
