/*
 * Owns the waits of threads of the program inside blocking calls. Must not know what a call is.
 *
 * Invariant: a waiter is done at most once, under the lock, and its thread leaves only when it is, so the engine's target
 * is good as long as the engine has it.
 */
#include "bus/waiter.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"

static void finish(struct ab_waiter *waiter)
{
    waiter->done = true;
    pthread_cond_signal(&waiter->wake);
}

static void deliver(struct ab_target *target, struct ab_notice *notice)
{
    struct ab_waiter *waiter = AB_CONTAINER(target, struct ab_waiter, target);

    ab_notice_move(&waiter->notice, notice);
    finish(waiter);
}

void ab_waiter_init(struct ab_waiter *waiter)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->target.deliver = deliver;
    ab_list_init(&waiter->node);
    ab_notice_init(&waiter->notice, AB_NOTICE_NONE, NULL);
    ab_condition_init(&waiter->wake);
}

void ab_waiter_deinit(struct ab_waiter *waiter)
{
    ab_notice_deinit(&waiter->notice);
    pthread_cond_destroy(&waiter->wake);
}

void ab_waiter_wait(struct ab_waiter *waiter, autobus_bus *bus)
{
    ab_bus_lock(bus);
    while (!waiter->done)
        pthread_cond_wait(&waiter->wake, &bus->lock);
    ab_bus_unlock(bus);
}

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}

static int settle_locked(autobus_bus *bus, struct ab_waiter *waiter, int timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    int r = 0;

    ab_list_append(&bus->settling, &waiter->node);
    while (!waiter->done && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&waiter->wake, &bus->lock, &deadline);
    ab_list_remove(&waiter->node);
    if (bus->state != AB_BUS_OPEN)
        return AB_ECLOSED;
    return waiter->done ? 0 : AB_ETIMEDOUT;
}

int ab_waiter_settle(autobus_bus *bus, int timeout_ms)
{
    struct ab_waiter waiter;
    int r = ab_bus_enter(bus);

    ab_waiter_init(&waiter);
    if (r == 0) {
        if (!ab_engine_settled(bus->engine))
            r = settle_locked(bus, &waiter, timeout_ms);
        ab_bus_unlock(bus);
    }
    ab_waiter_deinit(&waiter);
    return r;
}

void ab_waiters_review(autobus_bus *bus)
{
    struct ab_list *node;

    if (ab_list_empty(&bus->settling) || (bus->state == AB_BUS_OPEN && !ab_engine_settled(bus->engine)))
        return;
    while ((node = ab_list_take(&bus->settling)))
        finish(AB_CONTAINER(node, struct ab_waiter, node));
}
