/*
 * A thread that blocks until the engine has one word for it, with nothing to read for itself meanwhile. It lives on that
 * thread's stack, and takes the word without the lock.
 */
#ifndef AB_BUS_WAITER_H
#define AB_BUS_WAITER_H

#include <autobus2.h>
#include <stdbool.h>

#include "bus/sleeper.h"
#include "bus/slot.h"
#include "core/host.h"
#include "core/notice.h"

struct ab_waiter {
    struct ab_target target; /* first: what the engine is given */
    autobus_bus *bus;
    struct ab_sleeper sleeper;
    struct ab_notice notice; /* what came: a completion */
};

void ab_waiter_init(struct ab_waiter *waiter, autobus_bus *bus);
void ab_waiter_deinit(struct ab_waiter *waiter);

/* No lock held. Until it is done; the engine ends every call at its deadline, and at a close. */
void ab_waiter_wait(struct ab_waiter *waiter);

/* Blocks until discovery has settled. AB_ETIMEDOUT, AB_ECLOSED. */
int ab_waiter_settle(autobus_bus *bus, int timeout_ms);
/* Lock held, at the end of a turn: wakes who waits for that. */
void ab_waiters_review(autobus_bus *bus);

#endif
