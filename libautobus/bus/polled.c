/*
 * Owns the queues that the program runs in a loop of its own: their descriptors, and the thread that dispatches. Must not
 * know what callbacks do.
 *
 * Invariants, under the bus's lock: the descriptor is readable exactly when items wait and no thread runs them, so one
 * written for each time that becomes so serves a loop that looks at edges too; callbacks run in autobus_queue_dispatch
 * and in autobus_bus_close_wait and nowhere else; a queue that has ended has no registrations.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/thread.h"

/* ---- The descriptor */

static void ring(autobus_queue *queue)
{
    static const uint64_t one = 1;

    while (write(queue->descriptor, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void silence(autobus_queue *queue)
{
    uint64_t count;

    while (read(queue->descriptor, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

void ab_polled_tell(autobus_queue *queue, bool ready)
{
    if (queue->rung == ready || queue->descriptor < 0)
        return;
    queue->rung = ready;
    if (ready)
        ring(queue);
    else
        silence(queue);
}

/* ---- Running */

/* What the callbacks send leaves when they are done. */
static size_t run_round(autobus_queue *queue, size_t most)
{
    autobus_bus *bus = queue->bus;
    struct ab_hold before;
    struct ab_watch watch = AB_WATCH_INIT;
    struct ab_round round;
    size_t count;

    if (queue->running)
        return 0;
    ab_round_begin(&round, &watch, most);
    ab_thread.dispatches++;
    before = ab_hold_begin(bus);
    count = ab_queue_run(queue, &round);
    ab_hold_end(before);
    ab_thread.dispatches--;
    if (bus->state != AB_BUS_OPEN)
        pthread_cond_broadcast(&bus->changed);
    return count;
}

bool ab_polled_run_last(autobus_bus *bus)
{
    AB_LIST_EACH (node, &bus->polled) {
        if (run_round(AB_CONTAINER(node, autobus_queue, polled), AB_ROUND_MOST) > 0)
            return true;
    }
    return false;
}

/* ---- The end */

void ab_polled_end(autobus_queue *queue)
{
    autobus_bus *bus = queue->bus;
    int descriptor;

    ab_bus_lock(bus);
    ab_list_remove(&queue->polled);
    descriptor = queue->descriptor;
    queue->descriptor = -1;
    AB_LIST_EACH_SAFE (node, &bus->slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, all);

        if (slot->queue == queue)
            ab_slot_cancel(slot);
    }
    ab_bus_leave(bus);
    close(descriptor);
}

/* ---- Public */

static int new_locked(autobus_bus *bus, autobus_queue *queue)
{
    queue->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->descriptor < 0)
        return errno == ENOMEM ? AB_ENOMEM : AB_ENETWORK;
    ab_list_append(&bus->polled, &queue->polled);
    return 0;
}

int autobus_queue_new_polled(autobus_bus *bus, autobus_queue **ret_queue)
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
    ab_queue_init(queue, bus, AB_QUEUE_POLLED);
    r = ab_bus_enter(bus);
    if (r == 0) {
        r = new_locked(bus, queue);
        ab_bus_leave(bus);
    }
    if (r < 0) {
        ab_free(queue);
        return r;
    }
    ab_bus_hold(bus);
    *ret_queue = queue;
    return 0;
}

static bool is_polled(const autobus_queue *queue)
{
    return queue && queue->kind == AB_QUEUE_POLLED;
}

int autobus_queue_fd(autobus_queue *queue)
{
    int r = ab_guard();

    if (r < 0)
        return r;
    return is_polled(queue) ? queue->descriptor : AB_EINVAL;
}

/* The callbacks may drop all that the program has of the bus, and of the queue. */
int autobus_queue_dispatch(autobus_queue *queue, int most)
{
    autobus_bus *bus;
    int r = ab_guard();

    if (r == 0 && (!is_polled(queue) || most < 0))
        r = AB_EINVAL;
    if (r == 0 && ab_thread.callbacks)
        r = AB_EDEADLK;
    if (r < 0)
        return r;
    bus = ab_queue_hold(queue)->bus;
    ab_bus_lock(bus);
    r = (int)run_round(queue, most > 0 && most < AB_ROUND_MOST ? (size_t)most : AB_ROUND_MOST);
    if (r == 0 && bus->state != AB_BUS_OPEN && ab_list_empty(&queue->items))
        r = AB_ECLOSED;
    ab_bus_leave(bus);
    ab_queue_release(queue);
    return r;
}
