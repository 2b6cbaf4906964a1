/*
 * The program's handle of a discoverer of its own, or of a known host that is asked. Those of the settings are the
 * bus's own.
 */
#ifndef AB_BUS_DISCOVERER_H
#define AB_BUS_DISCOVERER_H

#include <autobus2.h>

#include "base/list.h"
#include "bus/handle.h"
#include "bus/slot.h"
#include "core/discoverer.h"
#include "core/seed.h"
#include "net/settings.h"

struct autobus_discoverer {
    struct ab_handle handle;
    autobus_bus *bus;
    struct ab_list node;         /* in bus->discoverers until closed */
    struct ab_discoverer engine; /* of the program's own */
    char *name;                  /* its, or the name of the host */
    struct ab_target target;     /* of a known host, from here on */
    struct ab_seed *seed;        /* NULL: closed */
    bool is_seed;                /* for as long as it lives */
    bool own;                    /* the bus's, and with it closed */
    uint16_t port;
};

/* A new one, not added yet. NULL: no memory. */
autobus_discoverer *ab_discoverer_handle_new(autobus_bus *bus, const char *name);
void ab_discoverer_handle_release(autobus_discoverer *discoverer);

/* Asks the hosts of the settings, before the engine starts. AB_ENOMEM, AB_ETOOLARGE. */
int ab_seeds_add(autobus_bus *bus, const struct ab_settings *settings);

/* Under the bus's lock: closes all. */
void ab_discoverers_shut(autobus_bus *bus);

#endif
