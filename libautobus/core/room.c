/*
 * Owns the choice of what is given up when there is no room (autobus(7), LIMITS). Must not know what makes a route come.
 *
 * Invariant: no host loses a route to another's flood while it has no more than its share, but for one in a few.
 */
#include "core/room.h"

#include "core/internal.h"
#include "wire/json.h"

#define ROUTE       1024 /* what belongs to a route besides its service's info */
#define PASSED_OVER 16

size_t ab_room_of(const json_t *info)
{
    return ROUTE + ab_json_weight(info);
}

/* Drops the oldest that never answered of a host. False: there is none. */
static bool evict_from(struct ab_source *source)
{
    if (ab_list_empty(&source->unproved))
        return false;
    ab_directory_remove(AB_CONTAINER(source->unproved.next, struct ab_route, source_node));
    return true;
}

static bool has_more_than_its_share(const struct ab_directory *directory, const struct ab_source *source)
{
    size_t hosts = directory->sources.count;

    return source->routes > directory->routes / hosts || source->bytes > directory->bytes / hosts;
}

/* The same of all, but a host that has no more than its share is passed over a few times, so that a flood of some hosts
 * harms nobody else. */
static bool evict(struct ab_directory *directory)
{
    for (unsigned passed = 0; !ab_list_empty(&directory->unproved); passed++) {
        struct ab_list *oldest = directory->unproved.next;
        struct ab_route *route = AB_CONTAINER(oldest, struct ab_route, unproved_node);

        if (passed == PASSED_OVER || has_more_than_its_share(directory, route->source)) {
            ab_directory_remove(route);
            return true;
        }
        ab_list_remove(oldest);
        ab_list_append(&directory->unproved, oldest);
    }
    return false;
}

static bool host_is_full(const struct ab_engine *engine, const struct ab_source *source, size_t routes)
{
    const struct ab_limits *limits = &engine->limits;
    size_t most = ab_address_is_loopback(&source->host) ? limits->routes_loopback : limits->routes_per_host;

    return source->routes + routes > most;
}

bool ab_room_make(struct ab_engine *engine, const struct ab_address *at, size_t routes, size_t bytes)
{
    struct ab_directory *directory = &engine->directory;
    struct ab_source *source = ab_source_find(engine, at);

    if (source && routes > 0 && host_is_full(engine, source, routes) && !evict_from(source))
        return false;
    while (directory->routes + routes > engine->limits.routes ||
           directory->bytes + bytes > engine->limits.route_bytes) {
        if (!evict(directory))
            return false;
    }
    return true;
}
