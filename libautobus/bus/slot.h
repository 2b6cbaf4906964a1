/*
 * A slot: the registration of a callback, from the call that makes it to the run of its destroy function.
 *
 * Live: runs may start. Ending: none starts; one or more may be under way. Gone: none is, and the destroy function has
 * run. The registration holds a reference until the slot is gone. All under the bus's lock but ab_slot_release and what
 * the comments say.
 */
#ifndef AB_BUS_SLOT_H
#define AB_BUS_SLOT_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/map.h"
#include "bus/queue.h"
#include "core/host.h"
#include "core/notice.h"

/* What the engine is given as the target of notices: somebody who takes them. */
struct ab_target {
    void (*deliver)(struct ab_target *target, struct ab_notice *notice);
};

enum ab_slot_state { AB_SLOT_LIVE, AB_SLOT_ENDING, AB_SLOT_GONE };

/* The kinds of callback. */
struct ab_slot_kind {
    /* Takes a notice of the engine's for a live slot. */
    void (*deliver)(autobus_slot *slot, struct ab_notice *notice);
    /* No lock held: calls the program. What it leaves in the notice is dropped, unless the kind drops its items itself:
     * then the item is its own. */
    void (*run)(autobus_slot *slot, struct ab_notice *notice);
    /* Ends what the engine has of it. Once, when the slot stops to be live. May be NULL. */
    void (*detach)(autobus_slot *slot);
    /* An item waits no more: it runs, or is dropped. May be NULL. */
    void (*left)(struct ab_item *item);
    /* Drops an item that will not run, after it was taken out of the lists. NULL: its contents are freed. */
    void (*drop)(autobus_slot *slot, struct ab_item *item);
    /* Gives back the reference of what it was made on, which holds the bus. NULL: it was made on the bus itself. */
    void (*release)(autobus_slot *slot);
    bool completes; /* a call: a close does not cancel it, it ends with AB_ECLOSED */
};

struct autobus_slot {
    struct ab_target target; /* first: the engine's targets are slots */
    const struct ab_slot_kind *kind;
    atomic_uint references;
    enum ab_slot_state state;
    bool retired;  /* another took its place: it ends once what waits has run */
    bool final;    /* its last item is queued: after it the slot ends */
    bool existing; /* a listener that is being told what is there: not counted */
    unsigned running;
    autobus_bus *bus;
    autobus_queue *queue; /* NULL: parallel */
    struct ab_list node;  /* in its owner's list, while live; then in a list of those that are over */
    struct ab_list all;   /* in the bus's list, until gone */
    struct ab_list items;
    size_t items_count;
    size_t items_bytes;
    struct ab_map by_service; /* items that wait, of ab_slot_put_newest_of */
    struct ab_item item;      /* room for what must not be lost: the last, or the newest */
    void *owner;              /* the remote, service or request that it was made on */
    void *source;             /* what the engine made for it; NULL once detached */
    char *name;
    union {
        autobus_services_fn services;
        autobus_publication_fn publication;
        autobus_function_fn function;
        autobus_abandoned_fn abandoned;
        autobus_binding_fn binding;
        autobus_result_fn result;
        autobus_event_fn event;
        autobus_value_fn value;
        autobus_interest_fn interest;
    } callback;
    void *user_data;
    autobus_destroy_fn destroy;
};

/* A slot that is not registered yet; ab_slot_release it if it never will be: its destroy function does not run then.
 * `queue` gets a reference; NULL: parallel. No lock needed. NULL: no memory. */
autobus_slot *ab_slot_new(autobus_bus *bus, const struct ab_slot_kind *kind, autobus_queue *queue, void *user_data,
                          autobus_destroy_fn destroy);
/* Live from here on, unless its queue has ended: then it is cancelled. Fills *ret_slot, if the program wants it. */
void ab_slot_register(autobus_slot *slot, struct ab_list *owner, autobus_slot **ret_slot);
void ab_slot_hold(autobus_slot *slot);
/* Without the lock, or with it while somebody else holds the bus. */
void ab_slot_release(autobus_slot *slot);

/* Ways to take a notice of the engine's. All are told; over the limits the slot is cut off. */
void ab_slot_put_each(autobus_slot *slot, struct ab_notice *notice);
/* Ups and downs: all are told, but of many that wait the oldest are forgotten, up with down. */
void ab_slot_put_pair(autobus_slot *slot, struct ab_notice *notice);
/* Of those that wait only the newest is kept. */
void ab_slot_put_newest(autobus_slot *slot, struct ab_notice *notice);
/* Of those that wait only the newest of each service is kept. False: no memory for it; the notice is released. */
bool ab_slot_put_newest_of(autobus_slot *slot, struct ab_notice *notice);
/* The last: after it the slot ends. */
void ab_slot_put_last(autobus_slot *slot, struct ab_notice *notice);
/* A last one of the bus's own making. */
void ab_slot_put_end(autobus_slot *slot, enum ab_notice_kind kind, int code);
/* An item of the kind's own. */
void ab_slot_put_item(autobus_slot *slot, struct ab_item *item);

/* What the engine made for it is another's now: it ends once what waits has run. */
void ab_slot_retire(autobus_slot *slot);
/* Ends a live slot. Its destroy function runs after the turn, unless a callback is under way. */
void ab_slot_cancel(autobus_slot *slot);
/* Cancels all of an owner's list but calls, which complete. */
void ab_slots_cancel(struct ab_list *slots);
/* The bus closes: cancels all, and calls that wait to be told of their end are told AB_ECLOSED. */
void ab_slots_close(autobus_bus *bus);
/* Runs the destroy functions of slots that are over, and frees. No lock held. */
void ab_slots_finish(struct ab_list *over);

/* Runs an item that was taken out of its queue: leaves the lock and takes it again. */
void ab_slot_run(struct ab_item *item);

/* Takes an item out of its slot and its queue. */
void ab_item_unlink(struct ab_item *item);

#endif
