/*
 * The program's handle of a discoverer of its own.
 */
#ifndef AB_BUS_DISCOVERER_H
#define AB_BUS_DISCOVERER_H

#include <autobus2.h>

#include "base/list.h"
#include "bus/handle.h"
#include "core/discoverer.h"

struct autobus_discoverer {
    struct ab_handle handle;
    autobus_bus *bus;
    struct ab_list node; /* in bus->discoverers until closed */
    struct ab_discoverer engine;
    char *name;
};

/* Under the bus's lock: closes it. */
void ab_discoverer_handle_shut(autobus_discoverer *discoverer);

#endif
