/*
 * Owns how one thread waits for a word of another. Must not know what the word is.
 *
 * Invariants: who calls does not touch the sleeper after its semaphore was posted, which is the last thing that happens
 * to it, so it may live on the stack of the thread that sleeps; who was called does not go before that.
 */
#include "bus/sleeper.h"

#include <errno.h>

#include "bus/bus.h"

void ab_sleeper_init(struct ab_sleeper *sleeper)
{
    ab_list_init(&sleeper->node);
    sleeper->called = false;
    atomic_init(&sleeper->posted, false);
    sem_init(&sleeper->call, 0, 0);
}

void ab_sleeper_deinit(struct ab_sleeper *sleeper)
{
    sem_destroy(&sleeper->call);
}

void ab_sleeper_call(struct ab_sleeper *sleeper, autobus_bus *bus)
{
    ab_list_remove(&sleeper->node);
    sleeper->called = true;
    ab_list_append(&bus->called, &sleeper->node);
}

void ab_sleepers_wake(struct ab_list *called)
{
    struct ab_list *node;

    while ((node = ab_list_take(called))) {
        struct ab_sleeper *sleeper = AB_CONTAINER(node, struct ab_sleeper, node);

        atomic_store_explicit(&sleeper->posted, true, memory_order_release);
        sem_post(&sleeper->call);
    }
}

void ab_sleeper_sleep(struct ab_sleeper *sleeper)
{
    while (sem_wait(&sleeper->call) < 0) /* a signal */
        ;
}

bool ab_sleeper_sleep_until(struct ab_sleeper *sleeper, autobus_bus *bus, const struct timespec *deadline)
{
    bool called;
    int r;

    ab_bus_unlock(bus);
    do
        r = sem_clockwait(&sleeper->call, CLOCK_MONOTONIC, deadline);
    while (r < 0 && errno == EINTR);
    (void)atomic_load_explicit(&sleeper->posted, memory_order_acquire);
    ab_bus_lock(bus);
    called = sleeper->called;
    sleeper->called = false;
    if (called && r < 0)
        ab_sleeper_sleep(sleeper); /* it was called in time: who did has let the lock go, and is about to post */
    if (!called)
        ab_list_remove(&sleeper->node);
    return called;
}
