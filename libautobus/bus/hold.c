/*
 * Owns what this thread holds back, and the program's batches. Must not know how output leaves.
 *
 * Invariant: a batch is of the thread and the callback that began it, so nobody waits for output because another forgot
 * to end one.
 */
#include "bus/hold.h"

#include "base/error.h"
#include "bus/bus.h"
#include "bus/thread.h"

struct ab_hold ab_hold_begin(autobus_bus *bus)
{
    struct ab_hold before = ab_thread.hold;

    ab_thread.hold = (struct ab_hold){.bus = bus, .depth = 1};
    return before;
}

void ab_hold_end(struct ab_hold before)
{
    ab_thread.hold = before;
}

static void send(autobus_bus *bus)
{
    ab_bus_lock(bus);
    ab_bus_leave(bus);
}

struct ab_hold ab_hold_callback_begin(void)
{
    struct ab_hold before = ab_thread.hold;

    ab_thread.hold.floor = before.depth;
    return before;
}

void ab_hold_callback_end(struct ab_hold before)
{
    struct ab_hold left = ab_thread.hold;

    ab_thread.hold = before;
    if (left.depth == before.depth)
        return;
    send(left.bus);
    while (left.depth-- > before.depth)
        ab_bus_release(left.bus);
}

struct ab_hold ab_hold_suspend(void)
{
    struct ab_hold before = ab_thread.hold;

    ab_thread.hold = (struct ab_hold){.bus = NULL};
    if (before.bus)
        send(before.bus);
    return before;
}

void ab_hold_flush(void)
{
    ab_hold_end(ab_hold_suspend());
}

/* ---- Public */

int autobus_batch_begin(autobus_bus *bus)
{
    struct ab_hold *hold = &ab_thread.hold;
    int r = ab_guard();

    if (r == 0 && (!bus || (hold->bus && hold->bus != bus)))
        r = AB_EINVAL;
    if (r < 0)
        return r;
    hold->bus = ab_bus_hold(bus);
    hold->depth++;
    return 0;
}

int autobus_batch_end(autobus_bus *bus)
{
    struct ab_hold *hold = &ab_thread.hold;
    int r = ab_guard();

    if (r == 0 && (!bus || hold->bus != bus || hold->depth <= hold->floor))
        r = AB_EINVAL;
    if (r < 0)
        return r;
    if (--hold->depth == 0) {
        hold->bus = NULL;
        send(bus);
    }
    ab_bus_release(bus);
    return 0;
}
