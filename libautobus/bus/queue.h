/*
 * A queue: callbacks that wait to be run, one at a time and in the order of the engine. All under the bus's lock but the
 * public functions and what says so.
 *
 * An item is one run of one slot's callback. It is in its queue's list and in its slot's, so that a cancelled slot finds
 * its own.
 */
#ifndef AB_BUS_QUEUE_H
#define AB_BUS_QUEUE_H

#include <autobus2.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/map.h"
#include "bus/handle.h"
#include "core/host.h"
#include "core/notice.h"
#include "net/watch.h"

#define AB_ROUND_MOST 64 /* callbacks */
#define AB_ROUND_TIME ((ab_time)200)

struct ab_item {
    struct ab_notice notice; /* first: an item is made in the room of a notice */
    struct ab_list in_queue;
    struct ab_list in_slot;
    struct ab_map_node of_service; /* in slot->by_service, if it has a key */
    autobus_slot *slot;
    size_t bytes;  /* of an event: what it counts for its slot */
    bool embedded; /* part of something else, which has its own time */
};

_Static_assert(sizeof(struct ab_item) <= sizeof(struct ab_notice) + AB_NOTICE_ROOM, "there is room for it");

enum ab_queue_kind {
    AB_QUEUE_OWN,     /* made by the program, run by workers */
    AB_QUEUE_POLLED,  /* made by the program, run by it: polled.c */
    AB_QUEUE_DEFAULT, /* part of the bus */
    AB_QUEUE_EVENTS,  /* part of the bus, run by the event thread */
};

struct autobus_queue {
    autobus_bus *bus;
    enum ab_queue_kind kind;
    struct ab_handle handle; /* of the program's; the bus's two are counted with the bus */
    struct ab_list items;
    struct ab_list ready;  /* in the workers' list */
    bool running;          /* a thread runs callbacks of it */
    struct ab_list polled; /* in bus->polled, until it ends */
    int descriptor;        /* of one that is polled: an eventfd; -1: it has ended */
    bool rung;             /* and the descriptor is readable */
};

/* How many callbacks may run before what they sent leaves and others get their turn. */
struct ab_round {
    size_t left;
    ab_time end;
    struct ab_watch *watch;
};

/* The time since the loop began to run its handlers, and what of it was spent in callbacks; 0: they have not begun. */
struct ab_pass {
    ab_time begun;
    ab_time callbacks;
};

void ab_queue_init(autobus_queue *queue, autobus_bus *bus, enum ab_queue_kind kind);
/* By whom the bus is held already. */
autobus_queue *ab_queue_hold(autobus_queue *queue);
void ab_queue_release(autobus_queue *queue);
/* A reference to `chosen`, or if that is NULL to the one that the bus's callbacks run on. */
autobus_queue *ab_queue_chosen(autobus_bus *bus, autobus_queue *chosen);
/* The same of *chosen. No lock held. */
autobus_queue *ab_queue_choose(autobus_bus *bus, autobus_queue *const *chosen);
/* Chooses one for the registrations to come; NULL: none. AB_EINVAL: of another bus. A turn of its own. */
int ab_queue_set(autobus_bus *bus, autobus_queue **chosen, autobus_queue *queue);

void ab_queue_push(autobus_queue *queue, struct ab_item *item);
/* Its items or its running changed: whoever serves it has to know. */
void ab_queue_review(autobus_queue *queue);
/* Around ab_slot_run of the first item, which there must be. */
struct ab_item *ab_queue_begin(autobus_queue *queue);
void ab_queue_end(autobus_queue *queue);
/* Runs what there is, for a round at most: leaves the lock and takes it again. How many it ran. */
size_t ab_queue_run(autobus_queue *queue, struct ab_round *round);

void ab_round_begin(struct ab_round *round, struct ab_watch *watch, size_t most);
/* Counts one. False: it is enough. */
bool ab_round_next(struct ab_round *round);

/* ---- polled.c */

/* Whether items wait and nobody runs them. */
void ab_polled_tell(autobus_queue *queue, bool ready);
/* The program has dropped its last reference: what is registered on it is cancelled. No lock held. */
void ab_polled_end(autobus_queue *queue);
static inline bool ab_queue_ended(const autobus_queue *queue)
{
    return queue->kind == AB_QUEUE_POLLED && queue->descriptor < 0;
}
/* The bus closes: runs some of what waits on this thread. False: nothing does, or another thread is about it. */
bool ab_polled_run_last(autobus_bus *bus);

void ab_item_init(struct ab_item *item, autobus_slot *slot);

#endif
