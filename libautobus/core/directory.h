/*
 * What this bus knows of the network: services by id, and their routes.
 *
 * A service is known as long as it has a route. Its info is the first that was heard; another host cannot change it.
 * Whoever cares is told through browser.h, remote.h and keeper.h, after the change is complete.
 */
#ifndef AB_CORE_DIRECTORY_H
#define AB_CORE_DIRECTORY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/address.h"
#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "core/complaint.h"
#include "core/route.h"
#include "core/timer.h"
#include "wire/filter.h"
#include "wire/packet.h"

struct ab_engine;

/* A service that was found. */
struct ab_found {
    struct ab_map_node node;
    struct ab_engine *engine;
    struct ab_text *id;
    json_t *info;             /* as published */
    json_t *view;             /* info with host, port and service of the preferred route; replaced, never changed */
    struct ab_address teller; /* the host whose info it is */
    struct ab_list routes;    /* preferred first */
    size_t route_count;
    struct ab_keep *keep;     /* of keeper.c: the idle connection that watches over it, or NULL */
    struct ab_list keep_node; /* in its list, or in none */
};

struct ab_directory {
    struct ab_map services;
    struct ab_map nodes;
    struct ab_map sources;
    struct ab_list unproved;
    size_t routes;
    ab_time first_query;
    struct ab_timer settle;
    bool settled;
    struct ab_complaint complaint; /* about what is heard */
};

void ab_directory_init(struct ab_engine *engine);
void ab_directory_deinit(struct ab_engine *engine);
void ab_directory_started(struct ab_engine *engine);

void ab_directory_add(struct ab_engine *engine, const struct ab_address *at, struct ab_packet *packet);
void ab_directory_goodbye(struct ab_engine *engine, const struct ab_address *at, const char *service);
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
/* Its probe failed. */
void ab_directory_unreachable(struct ab_route *route);
/* Its probe could not be made; it is asked again later. */
void ab_directory_unproved(struct ab_route *route);

static inline struct ab_route *ab_found_preferred(const struct ab_found *found)
{
    return AB_CONTAINER(found->routes.next, struct ab_route, found_node);
}

/* info with host, port and service of a route. NULL: no memory. */
json_t *ab_found_view(const struct ab_found *found, const struct ab_route *route);

#endif
