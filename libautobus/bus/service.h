/*
 * The program's handle of a service of its own.
 */
#ifndef AB_BUS_SERVICE_H
#define AB_BUS_SERVICE_H

#include <autobus2.h>

#include "base/list.h"
#include "bus/handle.h"
#include "core/service.h"

struct autobus_service {
    struct ab_handle handle;
    autobus_bus *bus;
    struct ab_service *engine; /* NULL: closed */
    struct ab_list node;       /* in bus->services until closed */
    struct ab_list slots;      /* of functions and of listeners for interest */
    autobus_queue *queue;      /* of those to come that run in a queue, or NULL: the bus's; one reference */
    char *id;
};

/* Gives back a reference of the memory. */
void ab_service_handle_release(autobus_service *service);
/* As ab_bus_enter; AB_ECLOSED: the service is closed. */
int ab_service_handle_enter(autobus_service *service);
/* Under the bus's lock: closes it. */
void ab_service_handle_shut(autobus_service *service);

#endif
