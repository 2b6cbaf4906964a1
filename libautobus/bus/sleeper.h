/*
 * A thread that sleeps until another calls it, on a word of its own, so that a call wakes the one it is for. The call is
 * made with the bus's lock held and leaves when the lock is let go: a thread that woke earlier would only wait for the
 * lock, which was half of the futex calls of a small call (measured: 4.4 a call at the caller's end, 2 without).
 */
#ifndef AB_BUS_SLEEPER_H
#define AB_BUS_SLEEPER_H

#include <autobus2.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/list.h"

struct ab_sleeper {
    struct ab_list node; /* in a list of those that may be called, then in bus->called */
    bool called;         /* under the lock */
    atomic_bool posted;  /* what sem_post says too; ThreadSanitizer does not know sem_clockwait */
    sem_t call;
};

void ab_sleeper_init(struct ab_sleeper *sleeper);
void ab_sleeper_deinit(struct ab_sleeper *sleeper);

/* Lock held: takes it out of the list it is in and calls it, once. */
void ab_sleeper_call(struct ab_sleeper *sleeper, autobus_bus *bus);
/* No lock held: what was called leaves. */
void ab_sleepers_wake(struct ab_list *called);

/* No lock held: until it is called. Nothing touches it after that. */
void ab_sleeper_sleep(struct ab_sleeper *sleeper);
/* Lock held, let go meanwhile. False: `deadline` (CLOCK_MONOTONIC) passed, and it is in no list. */
bool ab_sleeper_sleep_until(struct ab_sleeper *sleeper, autobus_bus *bus, const struct timespec *deadline);

#endif
