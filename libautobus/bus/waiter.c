/*
 * Owns the waits of threads of the program inside blocking calls. Must not know what a call is.
 *
 * Invariant: a waiter gets its word once, and its thread leaves only then, so the engine's target is good as long as the
 * engine has it.
 */
#include "bus/waiter.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"

static void deliver(struct ab_target *target, struct ab_notice *notice)
{
    struct ab_waiter *waiter = AB_CONTAINER(target, struct ab_waiter, target);

    ab_notice_move(&waiter->notice, notice);
    ab_sleeper_call(&waiter->sleeper, waiter->bus);
}

void ab_waiter_init(struct ab_waiter *waiter, autobus_bus *bus)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->target.deliver = deliver;
    waiter->bus = bus;
    ab_sleeper_init(&waiter->sleeper);
    ab_notice_init(&waiter->notice, AB_NOTICE_NONE, NULL);
}

void ab_waiter_deinit(struct ab_waiter *waiter)
{
    ab_notice_deinit(&waiter->notice);
    ab_sleeper_deinit(&waiter->sleeper);
}

void ab_waiter_wait(struct ab_waiter *waiter)
{
    ab_hold_flush();
    ab_sleeper_sleep(&waiter->sleeper);
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

static int settle_locked(autobus_bus *bus, int timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    struct ab_sleeper sleeper;
    bool called;

    ab_sleeper_init(&sleeper);
    ab_list_append(&bus->settling, &sleeper.node);
    called = ab_sleeper_sleep_until(&sleeper, bus, &deadline);
    ab_sleeper_deinit(&sleeper);
    if (bus->state != AB_BUS_OPEN)
        return AB_ECLOSED;
    return called ? 0 : AB_ETIMEDOUT;
}

int ab_waiter_settle(autobus_bus *bus, int timeout_ms)
{
    int r;

    ab_hold_flush();
    r = ab_bus_enter(bus);
    if (r < 0)
        return r;
    if (!ab_engine_settled(bus->engine))
        r = settle_locked(bus, timeout_ms);
    ab_bus_unlock(bus);
    return r;
}

void ab_waiters_review(autobus_bus *bus)
{
    struct ab_list *node;

    if (ab_list_empty(&bus->settling) || (bus->state == AB_BUS_OPEN && !ab_engine_settled(bus->engine)))
        return;
    while ((node = ab_list_take(&bus->settling)))
        ab_sleeper_call(AB_CONTAINER(node, struct ab_sleeper, node), bus);
}
