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
    ab_handle_init(&queue->handle);
    ab_list_init(&queue->items);
    ab_list_init(&queue->ready);
    ab_list_init(&queue->polled);
    queue->running = false;
    queue->descriptor = -1;
    queue->rung = false;
}

static bool is_of_bus(const autobus_queue *queue)
{
    return queue->kind == AB_QUEUE_DEFAULT || queue->kind == AB_QUEUE_EVENTS;
}

autobus_queue *ab_queue_hold(autobus_queue *queue)
{
    if (!is_of_bus(queue))
        ab_handle_hold(&queue->handle);
    return queue;
}

void ab_queue_release(autobus_queue *queue)
{
    autobus_bus *bus = queue->bus;

    if (is_of_bus(queue) || !ab_handle_release(&queue->handle))
        return;
    ab_free(queue);
    ab_bus_release(bus);
}

autobus_queue *ab_queue_chosen(autobus_bus *bus, autobus_queue *chosen)
{
    autobus_queue *queue = chosen ? chosen : bus->chosen;

    return ab_queue_hold(queue ? queue : &bus->queue);
}

autobus_queue *ab_queue_choose(autobus_bus *bus, autobus_queue *const *chosen)
{
    autobus_queue *queue;

    ab_bus_lock(bus);
    queue = ab_queue_chosen(bus, *chosen);
    ab_bus_unlock(bus);
    return queue;
}

int ab_queue_set(autobus_bus *bus, autobus_queue **chosen, autobus_queue *queue)
{
    autobus_queue *old;
    int r = ab_bus_enter(bus);

    if (r < 0)
        return r;
    if (queue && queue->bus != bus) {
        ab_bus_leave(bus);
        return AB_EINVAL;
    }
    old = *chosen;
    *chosen = queue ? ab_queue_hold(queue) : NULL;
    ab_bus_leave(bus);
    if (old)
        ab_queue_release(old);
    return 0;
}

static void tell_others(autobus_queue *queue, bool ready)
{
    if (queue->kind == AB_QUEUE_POLLED) {
        ab_polled_tell(queue, ready);
        return;
    }
    if (ready && !ab_list_linked(&queue->ready))
        ab_workers_add_queue(queue->bus, queue);
    else if (!ready && ab_list_linked(&queue->ready))
        ab_workers_remove_queue(queue->bus, queue);
}

void ab_queue_review(autobus_queue *queue)
{
    bool ready = !ab_list_empty(&queue->items) && !queue->running;

    if (queue->kind == AB_QUEUE_EVENTS)
        queue->bus->events_due |= ready;
    else
        tell_others(queue, ready);
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

void ab_round_begin(struct ab_round *round, struct ab_watch *watch, size_t most)
{
    round->left = most;
    round->watch = watch;
    round->end = ab_watch_look(watch) + AB_ROUND_TIME;
}

bool ab_round_next(struct ab_round *round)
{
    if (--round->left > 0 && ab_watch_look(round->watch) >= round->end)
        round->left = 0;
    return round->left > 0;
}

size_t ab_queue_run(autobus_queue *queue, struct ab_round *round)
{
    size_t count = 0;

    if (ab_list_empty(&queue->items) || round->left == 0)
        return 0;
    ab_queue_begin(queue);
    do {
        ab_slot_run(AB_CONTAINER(queue->items.next, struct ab_item, in_queue));
        count++;
    } while (ab_round_next(round) && !ab_list_empty(&queue->items));
    ab_queue_end(queue);
    return count;
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
    queue = autobus_queue_ref(&bus->events);
    ab_bus_leave(bus);
    return queue;
}

autobus_queue *autobus_queue_ref(autobus_queue *queue)
{
    if (!queue || ab_thread.filters)
        return NULL;
    if (is_of_bus(queue))
        ab_bus_hold(queue->bus);
    else
        ab_handle_use(&queue->handle);
    return queue;
}

autobus_queue *autobus_queue_unref(autobus_queue *queue)
{
    if (!queue || ab_guard() < 0)
        return NULL;
    if (is_of_bus(queue)) {
        ab_bus_release(queue->bus);
        return NULL;
    }
    if (ab_handle_unuse(&queue->handle) && queue->kind == AB_QUEUE_POLLED)
        ab_polled_end(queue);
    ab_queue_release(queue);
    return NULL;
}

int autobus_bus_set_queue(autobus_bus *bus, autobus_queue *queue)
{
    int r = ab_guard();

    if (r == 0 && !bus)
        r = AB_EINVAL;
    return r < 0 ? r : ab_queue_set(bus, &bus->chosen, queue);
}
