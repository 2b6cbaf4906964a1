/*
 * What ends calls that block, from another thread. All under the bus's lock but the public functions.
 */
#ifndef AB_BUS_CANCELER_H
#define AB_BUS_CANCELER_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"

struct autobus_canceler {
    atomic_uint references;
    autobus_bus *bus;
    bool canceled;
    struct ab_list blocked; /* struct ab_answers.node: each has a reference */
};

/* No lock held. */
void ab_canceler_release(autobus_canceler *canceler); /* takes NULL */

#endif
