/*
 * Owns the order in which callbacks of one queue run. Must not know what they do, nor who the workers are.
 *
 * Invariant: a queue is in the workers' list exactly when it has items and nobody runs one of them; so it runs one at a
 * time, and is in no list when its memory goes.
 */
#include "bus/queue.h"

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/thread.h"

void ab_queue_init(autobus_queue *queue, autobus_bus *bus, enum ab_queue_kind kind)
{
    queue->bus = bus;
    queue->kind = kind;
    atomic_init(&queue->references, 1);
    ab_list_init(&queue->items);
    ab_list_init(&queue->ready);
    queue->running = false;
}

autobus_queue *ab_queue_hold(autobus_queue *queue)
{
    if (queue->kind == AB_QUEUE_OWN)
        atomic_fetch_add_explicit(&queue->references, 1, memory_order_relaxed);
    else
        ab_bus_hold(queue->bus);
    return queue;
}

void ab_queue_release(autobus_queue *queue)
{
    autobus_bus *bus = queue->bus;

    if (queue->kind == AB_QUEUE_OWN) {
        if (atomic_fetch_sub_explicit(&queue->references, 1, memory_order_acq_rel) != 1)
            return;
        ab_free(queue);
    }
    ab_bus_release(bus);
}

void ab_queue_review(autobus_queue *queue)
{
    bool ready = !ab_list_empty(&queue->items) && !queue->running;

    if (queue->kind == AB_QUEUE_EVENTS) {
        queue->bus->events_due |= ready;
        return;
    }
    if (ready && !ab_list_linked(&queue->ready))
        ab_workers_add_queue(queue->bus, queue);
    else if (!ready && ab_list_linked(&queue->ready))
        ab_workers_remove_queue(queue->bus, queue);
}

void ab_queue_push(autobus_queue *queue, struct ab_item *item)
{
    ab_list_append(&queue->items, &item->in_queue);
    ab_queue_review(queue);
}

struct ab_item *ab_queue_begin(autobus_queue *queue)
{
    ab_queue_hold(queue);
    queue->running = true;
    ab_queue_review(queue);
    return AB_CONTAINER(queue->items.next, struct ab_item, in_queue);
}

void ab_queue_end(autobus_queue *queue)
{
    queue->running = false;
    ab_queue_review(queue);
    ab_queue_release(queue);
}

bool ab_queue_run(autobus_queue *queue)
{
    if (ab_list_empty(&queue->items))
        return false;
    ab_slot_run(ab_queue_begin(queue));
    ab_queue_end(queue);
    return true;
}

/* ---- Public */

int autobus_queue_new(autobus_bus *bus, autobus_queue **ret_queue)
{
    autobus_queue *queue;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !ret_queue)
        return AB_EINVAL;
    queue = ab_malloc(sizeof(*queue));
    if (!queue)
        return AB_ENOMEM;
    r = ab_bus_enter(bus);
    if (r < 0) {
        ab_free(queue);
        return r;
    }
    ab_queue_init(queue, ab_bus_hold(bus), AB_QUEUE_OWN);
    *ret_queue = queue;
    ab_bus_leave(bus);
    return 0;
}

autobus_queue *autobus_bus_event_queue(autobus_bus *bus)
{
    autobus_queue *queue;

    if (ab_bus_enter(bus) < 0)
        return NULL;
    queue = ab_queue_hold(&bus->events);
    ab_bus_leave(bus);
    return queue;
}

autobus_queue *autobus_queue_ref(autobus_queue *queue)
{
    if (ab_thread.filters)
        return NULL;
    return queue ? ab_queue_hold(queue) : NULL;
}

autobus_queue *autobus_queue_unref(autobus_queue *queue)
{
    if (queue && ab_guard() == 0)
        ab_queue_release(queue);
    return NULL;
}
