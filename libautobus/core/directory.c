/*
 * Owns services and what is heard of them, and the limits on both (DESIGN section 5). Must not know who is interested:
 * browsers, remotes and the keeper are told by name, after each change is complete.
 *
 * Invariants: a found service has at least one route; `view` belongs to the preferred route (or, out of memory, to the
 * one before).
 */
#include "core/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/browser_internal.h"
#include "core/internal.h"
#include "core/multiple_internal.h"
#include "core/outbound.h"
#include "core/remote_internal.h"

#define PROBE_AGAIN  (5 * AB_SECOND)
#define PASSED_OVER  16
#define SETTLE_QUIET (250 * AB_MILLISECOND)
#define SETTLE_LEAST (300 * AB_MILLISECOND)
#define SETTLE_MOST  (2 * AB_SECOND)

/* ---- Settling */

static void settle(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, directory.settle);

    engine->directory.settled = true;
    ab_browsers_settled(engine);
    ab_multiples_settled(engine);
}

/* `news`: a service came just now. */
static void settle_later(struct ab_engine *engine, ab_time quiet)
{
    struct ab_directory *directory = &engine->directory;
    ab_time when = engine->now + quiet;

    if (directory->settled || !engine->started)
        return;
    if (when < directory->first_query + SETTLE_LEAST)
        when = directory->first_query + SETTLE_LEAST;
    if (when > directory->first_query + SETTLE_MOST)
        when = directory->first_query + SETTLE_MOST;
    ab_timer_arm(&engine->timers, &directory->settle, when);
}

void ab_directory_started(struct ab_engine *engine)
{
    engine->directory.first_query = engine->now;
    settle_later(engine, 0);
}

/* ---- Views */

json_t *ab_found_view(const struct ab_found *found, const struct ab_route *route)
{
    char host[AB_ADDRESS_HOST_TEXT];
    json_t *view = json_copy(found->info);

    if (!view)
        return NULL;
    if (json_object_set_new(view, "host", json_string(ab_address_host_text(&route->node->address, host))) < 0 ||
        json_object_set_new(view, "port", json_integer(route->node->address.port)) < 0 ||
        json_object_set_new(view, "service", json_string(found->id->data)) < 0) {
        json_decref(view);
        return NULL;
    }
    return view;
}

/* Makes `view` true again; returns the old one, the caller's own, or NULL if it stays. */
static json_t *renew_view(struct ab_found *found)
{
    json_t *view = ab_found_view(found, ab_found_preferred(found));
    json_t *old = found->view;

    if (!view)
        return NULL;
    found->view = view;
    return old;
}

/* The routes changed: tells the listeners of services. */
static void routes_changed(struct ab_found *found)
{
    json_t *old = renew_view(found);

    ab_browsers_routes_changed(found, old ? old : found->view);
    json_decref(old);
    ab_multiples_changed(found);
}

/* ---- Services */

static struct ab_found *found_new(struct ab_engine *engine, const struct ab_address *at, struct ab_packet *packet)
{
    struct ab_found *found = ab_calloc(1, sizeof(*found));

    if (!found)
        return NULL;
    found->id = ab_text_new(packet->service, strlen(packet->service));
    if (!found->id) {
        ab_free(found);
        return NULL;
    }
    found->engine = engine;
    found->info = packet->info;
    packet->info = NULL;
    found->teller = *at;
    ab_list_init(&found->routes);
    ab_list_init(&found->keep_node);
    ab_map_insert(&engine->directory.services, &found->node, found->id->data, found->id->size);
    return found;
}

static void found_free(struct ab_found *found)
{
    ab_keeper_forget(found);
    ab_map_remove(&found->engine->directory.services, &found->node);
    json_decref(found->info);
    json_decref(found->view);
    ab_text_unref(found->id);
    ab_free(found);
}

struct ab_found *ab_directory_find(struct ab_engine *engine, const char *service)
{
    struct ab_map_node *node = ab_map_find_text(&engine->directory.services, service);

    return node ? AB_CONTAINER(node, struct ab_found, node) : NULL;
}

static int by_id(const void *one, const void *other)
{
    const struct ab_found *const *a = one;
    const struct ab_found *const *b = other;

    return strcmp((*a)->id->data, (*b)->id->data);
}

static size_t collect(struct ab_engine *engine, struct ab_filter *filter, struct ab_found **all)
{
    size_t count = 0;

    AB_MAP_EACH (each, &engine->directory.services) {
        struct ab_found *found = AB_CONTAINER(each, struct ab_found, node);

        if (!filter || ab_filter_match(filter, found->view))
            all[count++] = found;
    }
    qsort(all, count, sizeof(struct ab_found *), by_id);
    return count;
}

int ab_directory_select(struct ab_engine *engine, struct ab_filter *filter, struct ab_found ***ret_all,
                        size_t *ret_count)
{
    const char *id = filter ? ab_filter_service(filter) : NULL;
    struct ab_found **all = ab_calloc(id ? 1 : engine->directory.services.count + 1, sizeof(*all));

    if (!all)
        return AB_ENOMEM;
    if (id) {
        all[0] = ab_directory_find(engine, id); /* a filter that names an id needs no search */
        *ret_count = all[0] && ab_filter_match(filter, all[0]->view);
    } else {
        *ret_count = collect(engine, filter, all);
    }
    *ret_all = all;
    return 0;
}

/* ---- Routes */

struct ab_route *ab_directory_route(struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    struct ab_found *found = ab_directory_find(engine, service);

    return found ? ab_route_find(found, at) : NULL;
}

/* Takes a route away, and with the last one the service. */
static void route_remove(struct ab_route *route)
{
    struct ab_found *found = route->found;
    bool last = found->routes.next == &route->found_node && found->routes.prev == &route->found_node;
    bool told = ab_address_same_host(&route->node->address, &found->teller);

    ab_browsers_route_removed(route);
    if (last) {
        ab_browsers_service_removed(found);
        ab_multiples_gone(found);
        ab_route_free(route);
        found_free(found);
        return;
    }
    ab_route_free(route);
    if (told)
        found->teller = ab_found_preferred(found)->node->address;
    routes_changed(found);
    ab_keeper_review(found);
}

/* Drops the oldest that never answered of a host. False: there is none. */
static bool evict_from(struct ab_source *source)
{
    if (ab_list_empty(&source->unproved))
        return false;
    route_remove(AB_CONTAINER(source->unproved.next, struct ab_route, source_node));
    return true;
}

/* The same of all, but a host that has no more than its share is passed over a few times, so that a flood of some hosts
 * harms nobody else. */
static bool evict(struct ab_directory *directory)
{
    for (unsigned passed = 0; !ab_list_empty(&directory->unproved); passed++) {
        struct ab_list *oldest = directory->unproved.next;
        struct ab_route *route = AB_CONTAINER(oldest, struct ab_route, unproved_node);

        if (passed == PASSED_OVER || (uint64_t)route->source->routes * directory->sources.count > directory->routes) {
            route_remove(route);
            return true;
        }
        ab_list_remove(oldest);
        ab_list_append(&directory->unproved, oldest);
    }
    return false;
}

/* Makes room for one more route of that host. False: there is nothing to give up. */
static bool make_room(struct ab_engine *engine, const struct ab_address *at)
{
    struct ab_directory *directory = &engine->directory;
    struct ab_source *source = ab_source_find(engine, at);
    size_t most = ab_address_is_loopback(at) ? engine->limits.routes_loopback : engine->limits.routes_per_host;

    if (source && source->routes >= most)
        return evict_from(source);
    return directory->routes < engine->limits.routes || evict(directory);
}

/* ---- What is heard */

static void add_service(struct ab_engine *engine, const struct ab_address *at, struct ab_packet *packet)
{
    struct ab_found *found = found_new(engine, at, packet);
    struct ab_route *route;

    if (!found)
        return;
    route = ab_route_new(found, at);
    if (route)
        found->view = ab_found_view(found, route);
    if (!found->view) {
        if (route)
            ab_route_free(route);
        found_free(found);
        return;
    }
    settle_later(engine, SETTLE_QUIET);
    ab_engine_log(engine, AB_LOG_INFO, "found service %s", found->id->data);
    ab_browsers_service_added(found);
    ab_browsers_route_added(route);
    ab_keeper_review(found);
    ab_remotes_found(engine, found);
    ab_multiples_found(found);
}

static void add_route(struct ab_found *found, const struct ab_address *at)
{
    struct ab_route *route = ab_route_new(found, at);

    if (!route)
        return;
    ab_browsers_route_added(route);
    routes_changed(found);
    ab_keeper_review(found);
    ab_remotes_found(found->engine, found);
    ab_multiples_found(found);
}

static void change_info(struct ab_found *found, struct ab_packet *packet)
{
    json_t *old_info = found->info;
    json_t *old_view;

    found->info = packet->info;
    old_view = renew_view(found);
    if (!old_view) {
        found->info = old_info; /* no memory: it stays as it was and is announced again */
        return;
    }
    packet->info = NULL;
    ab_browsers_info_changed(found, old_info, old_view);
    json_decref(old_info);
    json_decref(old_view);
    ab_keeper_review(found);
    ab_remotes_found(found->engine, found);
    ab_multiples_found(found);
}

void ab_directory_add(struct ab_engine *engine, const struct ab_address *at, struct ab_packet *packet)
{
    struct ab_found *found = ab_directory_find(engine, packet->service);
    struct ab_route *route = found ? ab_route_find(found, at) : NULL;
    bool same = found && json_equal(found->info, packet->info);

    if (found && !same && !ab_address_same_host(at, &found->teller)) {
        /* PROTOCOL section 1: same id, other host, other info: the first is kept. */
        ab_complaint_say(&engine->directory.complaint, engine,
                         "service %s: another host announces another info; ignored", packet->service);
        return;
    }
    if (route) {
        ab_route_heard(route);
        if (!same)
            change_info(found, packet);
        return;
    }
    if ((found && found->route_count >= engine->limits.routes_per_service) || !make_room(engine, at)) {
        ab_complaint_say(&engine->directory.complaint, engine, "too many routes are known; service %s is ignored",
                         packet->service);
        return;
    }
    found = ab_directory_find(engine, packet->service); /* it may have been what made room */
    if (!found) {
        add_service(engine, at, packet);
        return;
    }
    if (!same)
        change_info(found, packet);
    add_route(found, at);
}

void ab_directory_goodbye(struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    struct ab_route *route = ab_directory_route(engine, at, service);

    if (!route)
        return;
    /* Anybody can send a datagram: a route that has a live connection is asked instead of believed to be gone. */
    if (!ab_list_empty(&route->live))
        ab_prober_probe(engine, route, true);
    else
        route_remove(route);
}

void ab_directory_woke(struct ab_engine *engine)
{
    AB_MAP_EACH (each, &engine->directory.services) {
        AB_LIST_EACH (node, &AB_CONTAINER(each, struct ab_found, node)->routes) {
            ab_route_heard(AB_CONTAINER(node, struct ab_route, found_node));
        }
    }
}

/* ---- What connections tell */

void ab_directory_answered(struct ab_route *route)
{
    struct ab_found *found = route->found;
    struct ab_route *first = ab_found_preferred(found);

    ab_route_heard(route);
    ab_route_await_silence(route);
    route->answered = found->engine->now;
    ab_list_remove(&route->unproved_node);
    ab_list_remove(&route->source_node);
    ab_route_sort(route);
    if (ab_found_preferred(found) != first)
        routes_changed(found);
}

void ab_directory_suspect(struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    struct ab_route *route = ab_directory_route(engine, at, service);

    if (route)
        ab_prober_probe(engine, route, true);
}

void ab_directory_unreachable(struct ab_route *route)
{
    if (ab_list_empty(&route->live))
        route_remove(route);
    else
        ab_directory_unproved(route);
}

void ab_directory_unproved(struct ab_route *route)
{
    ab_engine_arm(route->found->engine, &route->silence, PROBE_AGAIN);
}

/* ---- Life */

void ab_directory_init(struct ab_engine *engine)
{
    struct ab_directory *directory = &engine->directory;

    ab_map_init(&directory->services, ab_random_next(&engine->random));
    ab_map_init(&directory->nodes, ab_random_next(&engine->random));
    ab_map_init(&directory->sources, ab_random_next(&engine->random));
    ab_list_init(&directory->unproved);
    ab_timer_init(&directory->settle, settle);
}

void ab_directory_deinit(struct ab_engine *engine)
{
    struct ab_directory *directory = &engine->directory;

    AB_MAP_EACH (each, &directory->services) {
        struct ab_found *found = AB_CONTAINER(each, struct ab_found, node);

        AB_LIST_EACH_SAFE (node, &found->routes) {
            ab_route_free(AB_CONTAINER(node, struct ab_route, found_node));
        }
        found_free(found);
    }
    ab_map_deinit(&directory->services);
    ab_map_deinit(&directory->nodes);
    ab_map_deinit(&directory->sources);
}
