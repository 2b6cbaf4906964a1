/*
 * Somebody who tells the directory which services there are: the broadcast pair's listener, a list of known hosts, the
 * program itself. The directory keeps for each route who reports it; a route is known as long as somebody does.
 *
 * A discoverer is part of its owner's memory. What it says before it was added or after it was removed is refused.
 */
#ifndef AB_CORE_DISCOVERER_H
#define AB_CORE_DISCOVERER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/address.h"
#include "base/list.h"
#include "core/host.h"

struct ab_discoverer;
struct ab_engine;
struct ab_route;

enum ab_discoverer_kind {
    /* What it reports it reports again, or it is gone; anybody can say it. So its routes are asked when they are silent,
     * may be given up for others, and a goodbye to one that is in use is not believed. */
    AB_DISCOVERER_HEARSAY,
    /* What it reports holds until it says otherwise. */
    AB_DISCOVERER_STEADY,
};

struct ab_discoverer {
    struct ab_list node; /* in directory.discoverers; in none: removed */
    struct ab_engine *engine;
    const char *name; /* its owner's; several may have the same */
    enum ab_discoverer_kind kind;
    bool looking;           /* it has not had its time yet: discovery does not settle */
    struct ab_list reports; /* struct ab_report.discoverer_node */
};

/* One discoverer's word on one route. Core only. */
struct ab_report {
    struct ab_list discoverer_node;
    struct ab_list route_node; /* in route->reports, the oldest first */
    struct ab_discoverer *discoverer;
    struct ab_route *route;
};

/* So that removing one that was never added is harmless. */
void ab_discoverer_init(struct ab_discoverer *discoverer, const char *name, enum ab_discoverer_kind kind);
void ab_discoverer_add(struct ab_discoverer *discoverer, struct ab_engine *engine, ab_time now);
/* What it alone reported is gone. Twice is harmless. */
void ab_discoverer_remove(struct ab_discoverer *discoverer, ab_time now);

static inline bool ab_discoverer_is_added(const struct ab_discoverer *discoverer)
{
    return ab_list_linked(&discoverer->node);
}

/* The service can be had there. A reference of `info`, an object, is taken; it must not be changed any more. Reporting
 * again is harmless, and with another info is how that changes; the info of another discoverer that still reports the
 * service on that host stays, though. AB_EEXIST: the service is known on another host and with another info; it is not
 * reported. AB_ETOOLARGE: too many routes, of that host, of the service or in all, or too much is said of them. AB_ECLOSED, AB_ENOMEM. */
int ab_discoverer_report(struct ab_discoverer *discoverer, ab_time now, const struct ab_address *at,
                         const char *service, json_t *info);
/* Not any more. AB_ENOENT: it does not report that; AB_ECLOSED. */
int ab_discoverer_withdraw(struct ab_discoverer *discoverer, ab_time now, const struct ab_address *at,
                           const char *service);

/* Discovery does not settle from here on, unless it has already, until ab_discoverer_looked says that what was there has
 * been reported, or the discoverer is removed. */
void ab_discoverer_look(struct ab_discoverer *discoverer);
void ab_discoverer_looked(struct ab_discoverer *discoverer, ab_time now);

#endif
