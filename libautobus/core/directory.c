/*
 * Owns services and what is reported of them. Must not know who is interested: browsers, remotes and the keeper are told
 * by name, after each change is complete; nor what is given up when there is no room (room.h).
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
#include "core/introspection.h"
#include "core/multiple_internal.h"
#include "core/outbound.h"
#include "core/remote_internal.h"
#include "core/room.h"
#include "wire/json.h"

#define PROBE_AGAIN (5 * AB_SECOND)

/* ---- Views */

json_t *ab_found_view(const struct ab_found *found, const struct ab_route *route)
{
    char host[AB_ADDRESS_HOST_TEXT];
    json_t *view = ab_json_copy(found->info);

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

/* Another route is preferred: listeners for routes hear of both; `told` knows already. */
static bool preferred_changed(struct ab_found *found, const struct ab_route *told)
{
    struct ab_route *old = found->shown;
    struct ab_route *now = ab_found_preferred(found);

    if (old == now)
        return false;
    found->shown = now;
    if (old && old != told)
        ab_browsers_route_changed(old);
    if (now != told)
        ab_browsers_route_changed(now);
    return true;
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

static struct ab_found *found_new(struct ab_discoverer *by, const struct ab_address *at, const char *service,
                                  json_t *info)
{
    struct ab_found *found = ab_calloc(1, sizeof(*found));

    if (!found)
        return NULL;
    found->id = ab_text_new(service, strlen(service));
    if (!found->id) {
        ab_free(found);
        return NULL;
    }
    found->engine = by->engine;
    found->info = json_incref(info);
    found->bytes = ab_room_of(info);
    found->fickle = -1;
    found->teller = *at;
    found->by = by;
    ab_list_init(&found->routes);
    ab_list_init(&found->keep_node);
    ab_map_insert(&by->engine->directory.services, &found->node, found->id->data, found->id->size);
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

/* Whose info it was may report it there no more: then the next who may change it is who reported the preferred route
 * first. */
static void choose_teller(struct ab_found *found)
{
    struct ab_route *first = ab_found_preferred(found);

    AB_LIST_EACH (each, &found->routes) {
        const struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);

        if (ab_address_same_host(&route->node->address, &found->teller) && ab_route_report_of(route, found->by))
            return;
    }
    found->teller = first->node->address;
    found->by = AB_CONTAINER(first->reports.next, struct ab_report, route_node)->discoverer;
}

void ab_directory_remove(struct ab_route *route)
{
    struct ab_found *found = route->found;

    ab_contests_review(found->engine);
    ab_introspection_route_changed(found->engine, &route->node->address);
    ab_browsers_route_removed(route);
    if (found->route_count == 1) {
        ab_browsers_service_removed(found);
        ab_multiples_gone(found);
        ab_route_free(route);
        found_free(found);
        return;
    }
    if (found->shown == route)
        found->shown = NULL;
    ab_route_free(route);
    choose_teller(found);
    preferred_changed(found, NULL);
    routes_changed(found);
    ab_keeper_review(found);
}

/* Takes one discoverer's word away, and with the last one the route. */
static void report_remove(struct ab_report *report)
{
    struct ab_route *route = report->route;

    if (ab_report_is_only(report)) {
        ab_directory_remove(route);
        return;
    }
    ab_route_unreport(report);
    choose_teller(route->found);
    ab_introspection_route_changed(route->found->engine, &route->node->address);
    ab_browsers_route_changed(route);
    routes_changed(route->found);
}

/* ---- What discoverers tell */

static int add_service(struct ab_discoverer *by, const struct ab_address *at, const char *service, json_t *info)
{
    struct ab_engine *engine = by->engine;
    struct ab_found *found = found_new(by, at, service, info);
    struct ab_route *route;

    if (!found)
        return AB_ENOMEM;
    route = ab_route_new(found, at, by);
    if (route)
        found->view = ab_found_view(found, route);
    if (!found->view) {
        if (route)
            ab_route_free(route);
        found_free(found);
        return AB_ENOMEM;
    }
    found->shown = route;
    ab_seeker_news(engine);
    ab_engine_log(engine, AB_LOG_INFO, "found service %s", found->id->data);
    ab_introspection_route_changed(engine, at);
    ab_browsers_service_added(found);
    ab_browsers_route_added(route);
    ab_keeper_review(found);
    ab_remotes_found(engine, found);
    ab_multiples_found(found);
    return 0;
}

static int add_route(struct ab_found *found, const struct ab_address *at, struct ab_discoverer *by)
{
    struct ab_route *route = ab_route_new(found, at, by);

    if (!route)
        return AB_ENOMEM;
    ab_introspection_route_changed(found->engine, at);
    ab_browsers_route_added(route);
    preferred_changed(found, route);
    routes_changed(found);
    ab_keeper_review(found);
    ab_remotes_found(found->engine, found);
    ab_multiples_found(found);
    return 0;
}

static int add_report(struct ab_route *route, struct ab_discoverer *by)
{
    int r;

    ab_route_heard(route);
    if (ab_route_report_of(route, by))
        return 0;
    r = ab_route_report(route, by);
    if (r < 0)
        return r;
    ab_introspection_route_changed(by->engine, &route->node->address);
    ab_browsers_route_changed(route);
    routes_changed(route->found);
    return 0;
}

static int change_info(struct ab_found *found, json_t *info)
{
    json_t *old_info = found->info;
    json_t *old_view;

    found->info = info;
    old_view = renew_view(found);
    if (!old_view) {
        found->info = old_info; /* no memory: it stays as it was */
        return AB_ENOMEM;
    }
    json_incref(info);
    found->bytes = ab_room_of(info);
    AB_LIST_EACH (each, &found->routes) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);

        ab_route_weigh(route);
        ab_introspection_route_changed(found->engine, &route->node->address);
    }
    ab_browsers_info_changed(found, old_info, old_view);
    json_decref(old_info);
    json_decref(old_view);
    ab_keeper_review(found);
    ab_remotes_found(found->engine, found);
    ab_multiples_found(found);
    return 0;
}

/* For one more route, and for what is said of the service where that is more than before. */
static bool make_room(struct ab_engine *engine, const struct ab_address *at, const struct ab_found *found, bool known,
                      const json_t *info)
{
    size_t bytes = ab_room_of(info);
    size_t more = found && found->bytes < bytes ? (bytes - found->bytes) * found->route_count : 0;

    if (known)
        return more == 0 || ab_room_make(engine, at, 0, more);
    return ab_room_make(engine, at, 1, bytes + more);
}

/* PROTOCOL section 1: same id, other host, other info: the first is kept. */
static bool differs(const struct ab_found *found, const struct ab_address *at, const json_t *info)
{
    return !ab_address_same_host(at, &found->teller) && !json_equal(found->info, info);
}

bool ab_found_refuses(struct ab_found *found, const struct ab_address *at, const json_t *info)
{
    return differs(found, at, info) ||
           (found->route_count >= found->engine->limits.routes_per_service && !ab_route_find(found, at));
}

static int refuse(struct ab_engine *engine, int code, const char *service, const char *reason)
{
    ab_engine_complain(engine, &engine->directory.complaint, "service %s is ignored: %s", service, reason);
    return code;
}

int ab_directory_report(struct ab_discoverer *by, const struct ab_address *at, const char *service, json_t *info)
{
    struct ab_engine *engine = by->engine;
    struct ab_found *found = ab_directory_find(engine, service);
    struct ab_route *route = found ? ab_route_find(found, at) : NULL;
    int r;

    if (found && ab_found_refuses(found, at, info)) {
        bool other = differs(found, at, info);

        ab_contest_begin(found, by, at, info);
        return refuse(engine, other ? AB_EEXIST : AB_ETOOLARGE, service,
                      other ? "it is known on another host, with another info" : "it has too many routes");
    }
    if (!make_room(engine, at, found, route, info))
        return refuse(engine, AB_ETOOLARGE, service, "too much is known");
    found = ab_directory_find(engine, service); /* it may have been what made room */
    if (!found)
        return add_service(by, at, service, info);
    route = ab_route_find(found, at);
    r = route ? add_report(route, by) : add_route(found, at, by);
    if (r < 0 || found->by != by || json_equal(found->info, info))
        return r;
    return change_info(found, info);
}

int ab_directory_withdraw(struct ab_discoverer *by, const struct ab_address *at, const char *service)
{
    struct ab_route *route = ab_directory_route(by->engine, at, service);
    struct ab_report *report = route ? ab_route_report_of(route, by) : NULL;

    ab_contests_withdraw(by, at, service);
    if (!report)
        return AB_ENOENT;
    /* Anybody can send a datagram: a route that has a live connection is asked instead of believed to be gone. */
    if (by->kind == AB_DISCOVERER_HEARSAY && ab_report_is_only(report) && !ab_list_empty(&route->live))
        ab_route_goodbye(route);
    else
        report_remove(report);
    return 0;
}

void ab_directory_forget(struct ab_discoverer *by)
{
    ab_contests_withdraw(by, NULL, NULL);
    while (!ab_list_empty(&by->reports))
        report_remove(AB_CONTAINER(by->reports.next, struct ab_report, discoverer_node));
}

void ab_directory_woke(struct ab_engine *engine)
{
    AB_MAP_EACH (each, &engine->directory.services) {
        AB_LIST_EACH (node, &AB_CONTAINER(each, struct ab_found, node)->routes) {
            ab_route_excuse(AB_CONTAINER(node, struct ab_route, found_node));
        }
    }
}

/* ---- What connections tell */

void ab_directory_answered(struct ab_route *route)
{
    struct ab_found *found = route->found;

    ab_distrust_forget(route);
    ab_route_excuse(route);
    ab_route_await_silence(route);
    ab_route_answered(route);
    if (preferred_changed(found, NULL))
        routes_changed(found);
}

void ab_directory_suspect(struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    struct ab_route *route = ab_directory_route(engine, at, service);

    if (route)
        ab_prober_probe(engine, route, true);
}

/* What is hearsay is gone; a steady discoverer knows better, but the route is the last to try. */
static void fail_steady(struct ab_route *route)
{
    struct ab_found *found = route->found;
    bool less = false;

    AB_LIST_EACH_SAFE (each, &route->reports) {
        struct ab_report *report = AB_CONTAINER(each, struct ab_report, route_node);

        if (report->discoverer->kind == AB_DISCOVERER_HEARSAY) {
            ab_route_unreport(report);
            ab_introspection_route_changed(found->engine, &route->node->address);
            less = true;
        }
    }
    ab_route_failed(route);
    choose_teller(found);
    if (less)
        ab_browsers_route_changed(route);
    if (preferred_changed(found, less ? route : NULL) || less)
        routes_changed(found);
    ab_keeper_review(found);
}

static void fail(struct ab_route *route)
{
    if (route->steady > 0)
        fail_steady(route);
    else
        ab_directory_remove(route);
}

void ab_directory_closed(struct ab_engine *engine, const struct ab_address *at, const char *service)
{
    struct ab_route *route = ab_directory_route(engine, at, service);

    if (!route)
        return;
    AB_LIST_EACH (each, &route->found->routes) {
        struct ab_route *other = AB_CONTAINER(each, struct ab_route, found_node);

        if (other != route)
            ab_prober_probe(engine, other, true);
    }
    fail(route);
}

/* One with live connections is kept until they are lost, which is not left to their next ping. */
void ab_directory_unreachable(struct ab_route *route)
{
    if (ab_list_empty(&route->live)) {
        if (route->answered < 0)
            ab_distrust_note(route);
        fail(route);
        return;
    }
    AB_LIST_EACH (each, &route->live) {
        ab_outbound_doubt(AB_CONTAINER(each, struct ab_outbound, route_node));
    }
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
    ab_list_init(&directory->discoverers);
    ab_list_init(&directory->unproved);
    ab_list_init(&directory->unrouted);
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
