/*
 * Owns routes, and the nodes and sources that they belong to. Must not know who is interested in a service, nor what
 * makes a route come and go.
 *
 * Invariants: a service's routes are sorted, the preferred one first; a node and a source exist as long as they have a
 * route; the silence of a route that is not being asked is timed.
 */
#include "core/route.h"

#include "base/memory.h"
#include "core/internal.h"
#include "core/outbound.h"

#define SILENCE        (30 * AB_SECOND)
#define SILENCE_JITTER (5 * AB_SECOND)

/* ---- Sources and nodes */

struct ab_source *ab_source_find(struct ab_engine *engine, const struct ab_address *at)
{
    struct ab_address host = *at;
    struct ab_map_node *node;

    host.port = 0;
    node = ab_map_find(&engine->directory.sources, &host, sizeof(host));
    return node ? AB_CONTAINER(node, struct ab_source, node) : NULL;
}

static struct ab_source *source_get(struct ab_engine *engine, const struct ab_address *at)
{
    struct ab_source *source = ab_source_find(engine, at);

    if (source)
        return source;
    source = ab_calloc(1, sizeof(*source));
    if (!source)
        return NULL;
    source->host = *at;
    source->host.port = 0;
    ab_list_init(&source->unproved);
    ab_map_insert(&engine->directory.sources, &source->node, &source->host, sizeof(source->host));
    return source;
}

static void source_put(struct ab_engine *engine, struct ab_source *source)
{
    if (source->routes > 0)
        return;
    ab_map_remove(&engine->directory.sources, &source->node);
    ab_free(source);
}

static struct ab_node *node_get(struct ab_engine *engine, const struct ab_address *at)
{
    struct ab_map_node *found = ab_map_find(&engine->directory.nodes, at, sizeof(*at));
    struct ab_node *node;

    if (found)
        return AB_CONTAINER(found, struct ab_node, node);
    node = ab_calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->address = *at;
    ab_list_init(&node->routes);
    ab_map_insert(&engine->directory.nodes, &node->node, &node->address, sizeof(node->address));
    return node;
}

static void node_put(struct ab_engine *engine, struct ab_node *node)
{
    if (!ab_list_empty(&node->routes))
        return;
    ab_keeper_node_gone(node);
    ab_map_remove(&engine->directory.nodes, &node->node);
    ab_free(node);
}

/* ---- Routes */

struct ab_route *ab_route_find(struct ab_found *found, const struct ab_address *at)
{
    AB_LIST_EACH (each, &found->routes) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);

        if (ab_address_equal(&route->node->address, at))
            return route;
    }
    return NULL;
}

/* Loopback first, then the one that answered last, then the lowest address. */
static bool preferred_to(const struct ab_route *one, const struct ab_route *other)
{
    bool loopback = ab_address_is_loopback(&one->node->address);

    if (loopback != ab_address_is_loopback(&other->node->address))
        return loopback;
    if (one->answered != other->answered)
        return one->answered > other->answered;
    return ab_address_compare(&one->node->address, &other->node->address) < 0;
}

static void sort_in(struct ab_found *found, struct ab_route *route)
{
    AB_LIST_EACH (each, &found->routes) {
        if (preferred_to(route, AB_CONTAINER(each, struct ab_route, found_node))) {
            ab_list_insert_before(each, &route->found_node);
            return;
        }
    }
    ab_list_append(&found->routes, &route->found_node);
}

void ab_route_sort(struct ab_route *route)
{
    ab_list_remove(&route->found_node);
    sort_in(route->found, route);
}

void ab_route_heard(struct ab_route *route)
{
    route->heard = route->found->engine->now;
}

void ab_route_await_silence(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;
    ab_time when = route->heard + ab_engine_jitter(engine, SILENCE, SILENCE_JITTER);

    if (when < engine->now)
        when = engine->now;
    ab_timer_arm(&engine->timers, &route->silence, when);
}

/* Armed lazily: hearing a route only notes the time. */
static void silence(struct ab_timer *timer)
{
    struct ab_route *route = AB_CONTAINER(timer, struct ab_route, silence);
    struct ab_engine *engine = route->found->engine;

    if (!ab_list_empty(&route->live))
        ab_route_heard(route);
    if (engine->now - route->heard < SILENCE)
        ab_route_await_silence(route);
    else
        ab_prober_probe(engine, route, false);
}

struct ab_route *ab_route_new(struct ab_found *found, const struct ab_address *at)
{
    struct ab_engine *engine = found->engine;
    struct ab_source *source = source_get(engine, at);
    struct ab_node *node = node_get(engine, at);
    struct ab_route *route = ab_calloc(1, sizeof(*route));

    if (!source || !node || !route) {
        if (source)
            source_put(engine, source);
        if (node)
            node_put(engine, node);
        ab_free(route);
        return NULL;
    }
    route->found = found;
    route->node = node;
    route->source = source;
    route->answered = -1;
    ab_list_init(&route->probe_node);
    ab_list_init(&route->live);
    ab_timer_init(&route->silence, silence);
    ab_route_heard(route);
    ab_route_await_silence(route);
    sort_in(found, route);
    ab_list_append(&node->routes, &route->node_node);
    ab_list_append(&source->unproved, &route->source_node);
    ab_list_append(&engine->directory.unproved, &route->unproved_node);
    found->route_count++;
    source->routes++;
    engine->directory.routes++;
    return route;
}

void ab_route_free(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;
    struct ab_list *each;

    ab_prober_forget(engine, route);
    ab_engine_disarm(engine, &route->silence);
    while ((each = ab_list_take(&route->live)))
        AB_CONTAINER(each, struct ab_outbound, route_node)->route = NULL;
    ab_list_remove(&route->found_node);
    ab_list_remove(&route->node_node);
    ab_list_remove(&route->unproved_node);
    ab_list_remove(&route->source_node);
    route->found->route_count--;
    route->source->routes--;
    engine->directory.routes--;
    source_put(engine, route->source);
    node_put(engine, route->node);
    ab_free(route);
}
