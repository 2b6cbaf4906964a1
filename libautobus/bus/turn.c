/*
 * Owns how a thread enters and leaves a bus. Must not know what is done in between.
 *
 * Invariants: nothing of the program's runs with the lock held but filter functions; the engine's queue of notices is
 * empty whenever the lock is free; what a turn sends leaves before the turn ends, unless its thread holds it back.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/sleeper.h"
#include "bus/thread.h"
#include "bus/waiter.h"

void ab_bus_take_notices(autobus_bus *bus)
{
    struct ab_notice *notice;

    while (bus->engine && (notice = ab_engine_take_notice(bus->engine))) {
        struct ab_target *target = notice->target;

        if (notice->kind == AB_NOTICE_LOG && notice->name)
            ab_log_put(&bus->log, notice->level, notice->name->data, notice->name->size);
        if (target)
            target->deliver(target, notice);
        else
            ab_notice_release(notice);
    }
}

ab_time ab_bus_look(autobus_bus *bus)
{
    return ab_thread.serves == bus ? ab_watch_look(ab_net_watch(bus->net)) : ab_bus_now(bus);
}

void ab_bus_lock(autobus_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    ab_thread.locks++;
}

/* The event thread looks at its queue by itself once its round or its turn is over. */
static void wake_event_thread(autobus_bus *bus)
{
    if (bus->events_due && bus->net && !(ab_thread.hold.bus == bus && ab_thread.serves == bus))
        ab_net_wake(bus->net);
    bus->events_due = false;
}

void ab_bus_unlock(autobus_bus *bus)
{
    struct ab_list called;
    bool start;

    ab_list_init(&called);
    ab_bus_take_notices(bus);
    wake_event_thread(bus);
    start = bus->workers.unstarted > 0;
    ab_list_splice(&called, &bus->called);
    ab_thread.locks--;
    pthread_mutex_unlock(&bus->lock);
    ab_sleepers_wake(&called);
    if (start)
        ab_workers_start(bus);
    ab_deferred_run();
}

void ab_bus_wait(autobus_bus *bus)
{
    if (bus->workers.unstarted > 0 || !ab_list_empty(&bus->called)) { /* it may be those that are waited for */
        ab_bus_unlock(bus);
        ab_bus_lock(bus);
    } else {
        pthread_cond_wait(&bus->changed, &bus->lock);
    }
}

int ab_bus_enter_any(autobus_bus *bus)
{
    int r = ab_guard();

    if (r == 0 && !bus)
        r = AB_EINVAL;
    if (r == 0)
        ab_bus_lock(bus);
    return r;
}

int ab_bus_enter_closing(autobus_bus *bus)
{
    int r = ab_bus_enter_any(bus);

    if (r == 0 && bus->state == AB_BUS_CLOSED) {
        ab_bus_unlock(bus);
        r = AB_ECLOSED;
    }
    return r;
}

int ab_bus_enter(autobus_bus *bus)
{
    int r = ab_bus_enter_any(bus);

    if (r == 0 && bus->state != AB_BUS_OPEN) {
        ab_bus_unlock(bus);
        r = AB_ECLOSED;
    }
    return r;
}

static bool holds_back(const autobus_bus *bus)
{
    return ab_thread.hold.bus == bus && bus->state == AB_BUS_OPEN;
}

/* The net must not be freed while a thread is in a system call of it. The lock counts as held all the time: what was put
 * off until it is not would run in the middle of a send, and if it blocked for an answer to what that stream is to send,
 * it would wait for itself. */
static void flush(autobus_bus *bus)
{
    if (!bus->net)
        return;
    if (holds_back(bus)) {
        ab_net_set_alarm(bus->net);
        return;
    }
    bus->inside++;
    ab_thread.locks++;
    ab_net_flush(bus->net);
    ab_thread.locks--;
    bus->inside--;
    if (bus->state != AB_BUS_OPEN)
        pthread_cond_broadcast(&bus->changed);
}

static void stop_when_said_goodbye(autobus_bus *bus)
{
    if (bus->state != AB_BUS_CLOSING || bus->stopped || !ab_engine_closed_down(bus->engine))
        return;
    bus->stopped = true;
    ab_net_stop(bus->net);
}

void ab_bus_leave(autobus_bus *bus)
{
    struct ab_list over;

    ab_list_init(&over);
    if (bus->engine && !holds_back(bus))
        ab_engine_flush(bus->engine);
    ab_bus_take_notices(bus);
    ab_waiters_review(bus);
    stop_when_said_goodbye(bus);
    ab_list_splice(&over, &bus->over);
    flush(bus);
    ab_bus_unlock(bus);
    ab_slots_finish(&over);
    if (ab_log_tell(&bus->log)) {
        ab_bus_lock(bus);
        pthread_cond_broadcast(&bus->changed);
        bus->events_due |= ab_log_waits(&bus->log);
        ab_bus_unlock(bus);
    }
}
