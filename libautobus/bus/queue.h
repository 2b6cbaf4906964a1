/*
 * A queue: callbacks that wait to be run, one at a time and in the order of the engine. All under the bus's lock but the
 * public functions.
 *
 * An item is one run of one slot's callback. It is in its queue's list and in its slot's, so that a cancelled slot finds
 * its own.
 */
#ifndef AB_BUS_QUEUE_H
#define AB_BUS_QUEUE_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/map.h"
#include "core/notice.h"

struct ab_item {
    struct ab_list in_queue;
    struct ab_list in_slot;
    struct ab_map_node of_service; /* in slot->by_service, if it has a key */
    autobus_slot *slot;
    struct ab_notice notice;
    size_t bytes;  /* of an event: what it counts for its slot */
    bool embedded; /* part of something else, which has its own time */
};

enum ab_queue_kind {
    AB_QUEUE_OWN,     /* made by the program */
    AB_QUEUE_DEFAULT, /* part of the bus */
    AB_QUEUE_EVENTS,  /* part of the bus, run by the event thread */
};

struct autobus_queue {
    autobus_bus *bus;
    enum ab_queue_kind kind;
    atomic_uint references; /* of one's own; the bus's two are counted with the bus */
    struct ab_list items;
    struct ab_list ready; /* in the workers' list */
    bool running;         /* a thread is in a callback of it */
};

void ab_queue_init(autobus_queue *queue, autobus_bus *bus, enum ab_queue_kind kind);
autobus_queue *ab_queue_hold(autobus_queue *queue);
void ab_queue_release(autobus_queue *queue);

void ab_queue_push(autobus_queue *queue, struct ab_item *item);
/* Its items or its running changed: whoever serves it has to know. */
void ab_queue_review(autobus_queue *queue);
/* Around ab_slot_run of the first item, which there must be. */
struct ab_item *ab_queue_begin(autobus_queue *queue);
void ab_queue_end(autobus_queue *queue);
/* Runs the first item: leaves the lock and takes it again. False: there is none. */
bool ab_queue_run(autobus_queue *queue);

void ab_item_init(struct ab_item *item, autobus_slot *slot);

#endif
