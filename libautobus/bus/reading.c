/*
 * Owns the time that a blocked thread of the program spends inside net. Must not know what it waits for.
 *
 * Invariant: from begin to the end of run the thread counts as inside net, so that net stays.
 */
#include "bus/reading.h"

#include "bus/bus.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "core/remote.h"

void ab_reading_begin(struct ab_reading *reading, const autobus_remote *remote)
{
    ab_stream_id stream;
    size_t calls;

    if (!ab_remote_under_way(remote->engine, &stream, &calls) || calls != 1)
        return;
    reading->remote = remote;
    reading->socket = ab_net_take_reading(remote->bus->net, stream);
    reading->begun = reading->socket;
    if (!reading->begun)
        return;
    remote->bus->inside++;
    ab_thread.reads = reading; /* what the program does from now on must not wait: nobody else would bring the answer */
}

bool ab_reading_done(struct ab_reading *reading)
{
    if (!reading->socket)
        return false;
    atomic_store(&reading->done, true);
    if (ab_thread.reads != reading)
        ab_net_nudge(reading->socket);
    return true;
}

static void give_back(struct ab_reading *reading)
{
    const autobus_remote *remote = reading->remote;
    autobus_bus *bus = remote->bus;
    ab_stream_id stream;
    size_t calls;
    bool quiet, paused;

    ab_bus_lock(bus);
    quiet = remote->engine && ab_remote_under_way(remote->engine, &stream, &calls) && calls == 0;
    paused = ab_net_give_reading(reading->socket, quiet);
    reading->socket = NULL;
    bus->inside--;
    if (bus->state != AB_BUS_OPEN)
        pthread_cond_broadcast(&bus->changed);
    if (paused)
        ab_bus_unlock(bus);
    else
        ab_bus_leave(bus);
}

bool ab_reading_run(struct ab_reading *reading)
{
    if (!reading->begun)
        return false;
    ab_net_read_until(reading->socket, &reading->done);
    ab_thread.reads = NULL;
    give_back(reading);
    return atomic_load(&reading->done);
}
