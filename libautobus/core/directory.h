/*
 * What this bus knows of the network: services by id, and their routes, as discoverers report them.
 *
 * A service is known as long as it has a route, and a route as long as a discoverer reports it. Its info is the first
 * that was heard; another host, or another discoverer, cannot change it while the first still reports it there.
 * Whoever cares is told through browser.h, remote.h and keeper.h, after the change is complete.
 */
#ifndef AB_CORE_DIRECTORY_H
#define AB_CORE_DIRECTORY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/address.h"
#include "base/complaint.h"
#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "core/discoverer.h"
#include "core/route.h"
#include "core/timer.h"
#include "wire/filter.h"

struct ab_engine;

/* A service that was found. */
struct ab_found {
    struct ab_map_node node;
    struct ab_engine *engine;
    struct ab_text *id;
    json_t *info;             /* as published */
    json_t *view;             /* info with host, port and service of the preferred route; replaced, never changed */
    struct ab_address teller; /* the host whose info it is, */
    struct ab_discoverer *by; /* and who reported it */
    struct ab_list routes;    /* preferred first */
    struct ab_route *shown;   /* the one that listeners were told is preferred; NULL: it is gone */
    ab_time fickle;           /* when a binding to it was lost last that had not lasted; -1: none, or one has since */
    size_t route_count;
    size_t bytes;             /* what each of them is counted for */
    struct ab_keep *keep;     /* of keeper.c: the idle connection that watches over it, or NULL */
    struct ab_list keep_node; /* in its list, or in none */
};

struct ab_directory {
    struct ab_map services;
    struct ab_map nodes;
    struct ab_map sources;
    struct ab_list discoverers; /* struct ab_discoverer.node */
    struct ab_list unproved;    /* routes that may be given up for others, oldest first */
    struct ab_list unrouted;    /* bound connections to places that nobody reports (struct ab_outbound.route_node) */
    size_t routes;
    size_t bytes;                  /* that they are counted for */
    struct ab_complaint complaint; /* about what is heard */
};

void ab_directory_init(struct ab_engine *engine);
void ab_directory_deinit(struct ab_engine *engine);
/* ---- What discoverers tell: see discoverer.h. */
int ab_directory_report(struct ab_discoverer *by, const struct ab_address *at, const char *service, json_t *info);
int ab_directory_withdraw(struct ab_discoverer *by, const struct ab_address *at, const char *service);
/* It reports nothing any more. */
void ab_directory_forget(struct ab_discoverer *by);

void ab_directory_woke(struct ab_engine *engine);

struct ab_found *ab_directory_find(struct ab_engine *engine, const char *service);
/* Those that match, in the order of their ids: an array, the caller's own. `filter` may be NULL. AB_ENOMEM. */
int ab_directory_select(struct ab_engine *engine, struct ab_filter *filter, struct ab_found ***ret_all,
                        size_t *ret_count);
struct ab_route *ab_directory_route(struct ab_engine *engine, const struct ab_address *at, const char *service);
/* A connection was bound over the route. */
void ab_directory_answered(struct ab_route *route);
/* A connection over it was lost or could not be made: it is probed at once. `service` may be unknown. */
void ab_directory_suspect(struct ab_engine *engine, const struct ab_address *at, const char *service);
/* The service said over a connection that it closes: the route is gone, and the others are probed. */
void ab_directory_closed(struct ab_engine *engine, const struct ab_address *at, const char *service);
/* Takes it away, and with the last one the service. */
void ab_directory_remove(struct ab_route *route);
/* Its probe failed. */
void ab_directory_unreachable(struct ab_route *route);
/* Its probe could not be made; it is asked again later. */
void ab_directory_unproved(struct ab_route *route);

static inline struct ab_route *ab_found_preferred(const struct ab_found *found)
{
    return AB_CONTAINER(found->routes.next, struct ab_route, found_node);
}

/* What is reported of it there does not count as long as its routes are there (contest.h): it is on another host, with
 * another info, or it has as many routes as one may have. */
bool ab_found_refuses(struct ab_found *found, const struct ab_address *at, const json_t *info);

/* info with host, port and service of a route. NULL: no memory. */
json_t *ab_found_view(const struct ab_found *found, const struct ab_route *route);

#endif
