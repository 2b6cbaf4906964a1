/*
 * Owns routes, who reports them, and the nodes and sources that they belong to. Must not know who is interested in a
 * service, nor what makes a route come and go.
 *
 * Invariants: a service's routes are sorted, the preferred one first; a node and a source exist as long as they have a
 * route; the silence of a route that is hearsay alone and is not being asked is timed; a bound connection is in the list
 * of its route, or in directory.unrouted.
 */
#include "core/route.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/internal.h"
#include "core/outbound.h"

#define SILENCE        (30 * AB_SECOND)
#define SILENCE_JITTER (5 * AB_SECOND)
#define GOODBYE_REST   (5 * AB_SECOND)

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
    if (engine->server.port && ab_address_is_loopback(&node->address))
        engine->host->neighbour_gone(engine->context);
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

/* One that failed last, else loopback first, then the one that answered last, then the lowest address. */
static bool preferred_to(const struct ab_route *one, const struct ab_route *other)
{
    bool loopback = ab_address_is_loopback(&one->node->address);

    if ((one->failed >= 0) != (other->failed >= 0))
        return one->failed < 0;
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

/* Only what is hearsay alone and never answered is given up for others. */
static void review(struct ab_route *route)
{
    bool unproved = route->steady == 0 && route->answered < 0;

    if (unproved == ab_list_linked(&route->unproved_node))
        return;
    if (unproved) {
        ab_list_append(&route->found->engine->directory.unproved, &route->unproved_node);
        ab_list_append(&route->source->unproved, &route->source_node);
    } else {
        ab_list_remove(&route->unproved_node);
        ab_list_remove(&route->source_node);
    }
}

static void sort(struct ab_route *route)
{
    ab_list_remove(&route->found_node);
    sort_in(route->found, route);
}

void ab_route_answered(struct ab_route *route)
{
    route->answered = route->found->engine->now;
    route->failed = -1;
    review(route);
    sort(route);
}

void ab_route_failed(struct ab_route *route)
{
    route->failed = route->found->engine->now;
    sort(route);
}

void ab_route_excuse(struct ab_route *route)
{
    route->quiet = route->found->engine->now;
}

void ab_route_heard(struct ab_route *route)
{
    route->heard = route->found->engine->now;
    ab_route_excuse(route);
}

void ab_route_await_silence(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;
    ab_time when;

    if (route->steady > 0)
        return;
    when = route->quiet + ab_engine_jitter(engine, SILENCE, SILENCE_JITTER);
    if (when < engine->now)
        when = engine->now;
    ab_timer_arm(&engine->timers, &route->silence, when);
}

/* Armed lazily: hearing a route only notes the time. */
static void silence(struct ab_timer *timer)
{
    struct ab_route *route = AB_CONTAINER(timer, struct ab_route, silence);
    struct ab_engine *engine = route->found->engine;

    if (route->steady > 0)
        return;
    if (!ab_list_empty(&route->live))
        ab_route_excuse(route);
    if (engine->now - route->quiet < SILENCE)
        ab_route_await_silence(route);
    else
        ab_prober_probe(engine, route, false);
}

/* Anybody can say it as often as he likes, and a datagram is cheaper than the connection that it would have us make: so it
 * rests after it was asked, and what was said in that time counts when it is over (PROTOCOL section 1). */
void ab_route_goodbye(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;

    route->said_gone = ab_timer_armed(&route->rest);
    if (route->said_gone)
        return;
    ab_engine_arm(engine, &route->rest, GOODBYE_REST);
    ab_prober_probe(engine, route, true);
}

static void rested(struct ab_timer *timer)
{
    struct ab_route *route = AB_CONTAINER(timer, struct ab_route, rest);

    if (route->said_gone)
        ab_route_goodbye(route);
}

/* ---- Who reports them */

static bool is_steady(const struct ab_report *report)
{
    return report->discoverer->kind == AB_DISCOVERER_STEADY;
}

static void report_enter(struct ab_report *report, struct ab_route *route, struct ab_discoverer *by)
{
    report->route = route;
    report->discoverer = by;
    ab_list_append(&route->reports, &report->route_node);
    ab_list_append(&by->reports, &report->discoverer_node);
    route->steady += is_steady(report);
}

static void report_leave(struct ab_report *report)
{
    report->route->steady -= is_steady(report);
    ab_list_remove(&report->route_node);
    ab_list_remove(&report->discoverer_node);
    ab_free(report);
}

struct ab_report *ab_route_report_of(const struct ab_route *route, const struct ab_discoverer *by)
{
    AB_LIST_EACH (each, &route->reports) {
        struct ab_report *report = AB_CONTAINER(each, struct ab_report, route_node);

        if (report->discoverer == by)
            return report;
    }
    return NULL;
}

int ab_route_report(struct ab_route *route, struct ab_discoverer *by)
{
    struct ab_report *report = ab_malloc(sizeof(*report));

    if (!report)
        return AB_ENOMEM;
    report_enter(report, route, by);
    review(route);
    return 0;
}

void ab_route_unreport(struct ab_report *report)
{
    struct ab_route *route = report->route;

    report_leave(report);
    review(route);
    if (!route->probe && !ab_list_linked(&route->probe_node) && !ab_timer_armed(&route->silence))
        ab_route_await_silence(route);
}

/* ---- Connections over them */

static bool leads_over(const struct ab_outbound *connection, const struct ab_route *route)
{
    return ab_address_equal(&connection->stream.address, &route->node->address) &&
           ab_text_equal(connection->service, route->found->id);
}

void ab_route_attach(struct ab_outbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_route *route = ab_directory_route(engine, &connection->stream.address, connection->service->data);

    connection->route = route;
    ab_list_append(route ? &route->live : &engine->directory.unrouted, &connection->route_node);
    if (route)
        ab_directory_answered(route);
}

static void attach_all(struct ab_route *route)
{
    AB_LIST_EACH_SAFE (each, &route->found->engine->directory.unrouted) {
        struct ab_outbound *connection = AB_CONTAINER(each, struct ab_outbound, route_node);

        if (!leads_over(connection, route))
            continue;
        ab_list_remove(each);
        ab_list_append(&route->live, each);
        connection->route = route;
        route->answered = route->found->engine->now;
    }
}

static void detach_all(struct ab_route *route)
{
    AB_LIST_EACH (each, &route->live) {
        AB_CONTAINER(each, struct ab_outbound, route_node)->route = NULL;
    }
    ab_list_splice(&route->found->engine->directory.unrouted, &route->live);
}

/* ---- Life */

static void weigh(struct ab_route *route, size_t bytes)
{
    route->source->bytes += bytes - route->bytes;
    route->found->engine->directory.bytes += bytes - route->bytes;
    route->bytes = bytes;
}

void ab_route_weigh(struct ab_route *route)
{
    weigh(route, route->found->bytes);
}

/* Gives back what could be had of a route that cannot be made. */
static struct ab_route *not_made(struct ab_engine *engine, struct ab_source *source, struct ab_node *node)
{
    if (source)
        source_put(engine, source);
    if (node)
        node_put(engine, node);
    return NULL;
}

struct ab_route *ab_route_new(struct ab_found *found, const struct ab_address *at, struct ab_discoverer *by)
{
    struct ab_engine *engine = found->engine;
    struct ab_source *source = source_get(engine, at);
    struct ab_node *node = node_get(engine, at);
    struct ab_route *route = ab_calloc(1, sizeof(*route));
    struct ab_report *report = ab_malloc(sizeof(*report));

    if (!source || !node || !route || !report) {
        ab_free(route);
        ab_free(report);
        return not_made(engine, source, node);
    }
    route->found = found;
    route->node = node;
    route->source = source;
    route->answered = -1;
    route->failed = -1;
    ab_experience_init(&route->experience);
    ab_list_init(&route->unproved_node);
    ab_list_init(&route->source_node);
    ab_list_init(&route->probe_node);
    ab_list_init(&route->live);
    ab_list_init(&route->reports);
    ab_timer_init(&route->silence, silence);
    ab_timer_init(&route->rest, rested);
    report_enter(report, route, by);
    ab_route_heard(route);
    ab_route_await_silence(route);
    attach_all(route);
    review(route);
    sort_in(found, route);
    ab_list_append(&node->routes, &route->node_node);
    found->route_count++;
    source->routes++;
    engine->directory.routes++;
    ab_route_weigh(route);
    return route;
}

void ab_route_free(struct ab_route *route)
{
    struct ab_engine *engine = route->found->engine;

    ab_prober_forget(engine, route);
    ab_engine_disarm(engine, &route->silence);
    ab_engine_disarm(engine, &route->rest);
    detach_all(route);
    weigh(route, 0);
    while (!ab_list_empty(&route->reports))
        report_leave(AB_CONTAINER(route->reports.next, struct ab_report, route_node));
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
