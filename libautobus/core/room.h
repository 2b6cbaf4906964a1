/*
 * What there is room for in the directory: routes, in all and of one host, and the memory of what is said of services.
 * Core only.
 */
#ifndef AB_CORE_ROOM_H
#define AB_CORE_ROOM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

struct ab_engine;

/* What a route to a service with that info is counted for, in bytes. */
size_t ab_room_of(const json_t *info);
/* Makes room for so many more routes of that host, and for so many bytes more: what never answered and is hearsay alone is
 * given up, any service may be gone after it. False: there is not enough to give up. */
bool ab_room_make(struct ab_engine *engine, const struct ab_address *at, size_t routes, size_t bytes);

#endif
