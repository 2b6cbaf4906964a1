/*
 * Owns the end of a bus as the program sees it. Must not know how the event thread gets there.
 *
 * Invariant: once closing has begun no handle has anything of the engine's, so all of them can outlive it, and the only
 * callbacks to come are completions with AB_ECLOSED. Requests alone can be answered until the engine is gone.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/discoverer.h"
#include "bus/remote.h"
#include "bus/service.h"
#include "bus/thread.h"

static void shut_handles(autobus_bus *bus)
{
    while (!ab_list_empty(&bus->services))
        ab_service_handle_shut(AB_CONTAINER(bus->services.next, autobus_service, node));
    while (!ab_list_empty(&bus->remotes))
        ab_remote_handle_shut(AB_CONTAINER(bus->remotes.next, autobus_remote, node));
    ab_discoverers_shut(bus);
}

/* Completions are in their slots before the slots of everything else end. Requests stay: a handler under way may still
 * answer while the engine lasts, and a connection that waits for nothing else ends with that. */
void ab_bus_start_closing(autobus_bus *bus)
{
    autobus_queue *chosen = bus->chosen;

    bus->state = AB_BUS_CLOSING;
    ab_engine_close(bus->engine, ab_bus_now(bus));
    ab_bus_take_notices(bus);
    ab_slots_close(bus);
    shut_handles(bus);
    bus->chosen = NULL;
    if (chosen)
        ab_queue_release(chosen);
    pthread_cond_broadcast(&bus->changed);
}

void autobus_bus_close(autobus_bus *bus)
{
    if (ab_bus_enter(bus) < 0)
        return;
    ab_bus_start_closing(bus);
    ab_bus_leave(bus);
}

void ab_bus_join(autobus_bus *bus)
{
    pthread_t self = pthread_self();
    pthread_t threads[2];
    int count = 0;

    if (bus->event_thread_made)
        threads[count++] = bus->event_thread;
    if (bus->workers.ended_one)
        threads[count++] = bus->workers.ended;
    bus->event_thread_made = false;
    bus->workers.ended_one = false;
    while (count-- > 0) {
        if (pthread_equal(threads[count], self))
            pthread_detach(self);
        else
            pthread_join(threads[count], NULL);
    }
}

static bool over(autobus_bus *bus)
{
    return bus->event_thread_over && bus->workers.count == 0 && ab_list_empty(&bus->slots);
}

/* One waiter joins; the others wait for it. */
static void join_once(autobus_bus *bus)
{
    bool mine = !bus->joining;

    bus->joining = true;
    if (mine) {
        ab_bus_unlock(bus);
        ab_bus_join(bus);
        while (ab_log_tell(&bus->log))
            ;
        ab_bus_lock(bus);
        bus->joined = true;
        pthread_cond_broadcast(&bus->changed);
    }
    while (!bus->joined || !ab_log_idle(&bus->log))
        ab_bus_wait(bus);
}

int autobus_bus_close_wait(autobus_bus *bus)
{
    int waiting = ab_guard_callback();
    int r = ab_guard();

    if (r == 0 && !bus)
        r = AB_EINVAL;
    if (r < 0)
        return r;
    autobus_bus_close(bus);
    if (waiting < 0)
        return waiting;
    ab_hold_flush();
    ab_bus_lock(bus);
    while (!over(bus)) {
        if (!ab_polled_run_last(bus))
            ab_bus_wait(bus);
    }
    join_once(bus);
    ab_bus_unlock(bus);
    return 0;
}
