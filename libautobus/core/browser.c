/*
 * Owns the listeners for services and the form in which they see the directory. Must not change the directory.
 *
 * Invariant: for each browser and service (or route) the changes told are added (changed)* removed, and the marks come
 * once each. A browser for which there is no memory is told so by a notice that it carries itself, and hears nothing
 * after that.
 */
#include "core/browser.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/browser_internal.h"
#include "core/internal.h"
#include "wire/json.h"

struct ab_browser {
    struct ab_list node; /* in engine->browsers; in none once it overflowed */
    struct ab_engine *engine;
    struct ab_filter *filter;
    unsigned flags;
    void *target;
    struct ab_notice overflow;
};

static bool by_route(const struct ab_browser *browser)
{
    return browser->flags & AB_BROWSER_ROUTES;
}

static bool matches(const struct ab_browser *browser, const json_t *view)
{
    return !browser->filter || ab_filter_match(browser->filter, view);
}

/* ---- Entries */

/* Their names, each once. */
static json_t *discoverers_of(const struct ab_route *route)
{
    json_t *names = json_array();

    AB_LIST_EACH (each, &route->reports) {
        const char *name = AB_CONTAINER(each, struct ab_report, route_node)->discoverer->name;
        size_t i = 0;

        while (i < json_array_size(names) && strcmp(json_string_value(json_array_get(names, i)), name) != 0)
            i++;
        if (i == json_array_size(names) && json_array_append_new(names, json_string(name)) < 0) {
            json_decref(names);
            return NULL;
        }
    }
    return names;
}

static json_t *route_entry(const struct ab_route *route, bool preferred)
{
    char host[AB_ADDRESS_HOST_TEXT];

    return json_pack("{s:s, s:i, s:o, s:b}", "host", ab_address_host_text(&route->node->address, host), "port",
                     (int)route->node->address.port, "discoverers", discoverers_of(route), "preferred", (int)preferred);
}

static int add_route_entry(json_t *entries, const struct ab_route *route, bool explained)
{
    json_t *entry = route_entry(route, route == ab_found_preferred(route->found));

    if (json_array_append_new(entries, entry) < 0)
        return AB_ENOMEM;
    return explained ? ab_route_explain(route, entry) : 0;
}

static json_t *route_entries(const struct ab_found *found, const struct ab_route *only, bool explained)
{
    json_t *entries = json_array();

    if (!entries)
        return NULL;
    AB_LIST_EACH (each, &found->routes) {
        const struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);

        if (only && route != only)
            continue;
        if (add_route_entry(entries, route, explained) < 0) {
            json_decref(entries);
            return NULL;
        }
    }
    return entries;
}

/* A value of its own: nothing in it is shared with the directory. */
static json_t *make_entry(const struct ab_found *found, const json_t *view, const struct ab_route *only, bool explained)
{
    json_t *entry = json_object();

    if (!entry)
        return NULL;
    if (json_object_set_new(entry, "service", json_string(found->id->data)) < 0 ||
        json_object_set_new(entry, "info", ab_json_deep_copy(view)) < 0 ||
        json_object_set_new(entry, "routes", route_entries(found, only, explained)) < 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

/* ---- Telling */

static void overflow(struct ab_browser *browser)
{
    ab_list_remove(&browser->node);
    browser->overflow.change = AB_SERVICES_OVERFLOW;
    ab_engine_emit(browser->engine, &browser->overflow);
}

static void tell_mark(struct ab_browser *browser, enum ab_services_change mark)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_SERVICES, browser->target);

    if (!notice) {
        overflow(browser);
        return;
    }
    notice->change = mark;
    ab_engine_emit(browser->engine, notice);
}

static void tell(struct ab_browser *browser, enum ab_services_change change, const struct ab_found *found,
                 const json_t *view, const struct ab_route *only)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_SERVICES, browser->target);

    if (notice)
        notice->value.json = make_entry(found, view, only, false);
    if (!notice || !notice->value.json) {
        ab_notice_release(notice);
        overflow(browser);
        return;
    }
    notice->change = change;
    notice->service = ab_text_ref(found->id);
    ab_engine_emit(browser->engine, notice);
}

/* Added, changed, removed or nothing, from whether it matched before and matches now. */
static void tell_difference(struct ab_browser *browser, const struct ab_found *found, const json_t *old,
                            const json_t *now, const struct ab_route *only)
{
    bool before = matches(browser, old);
    bool after = matches(browser, now);

    if (before && after)
        tell(browser, AB_SERVICE_CHANGED, found, now, only);
    else if (after)
        tell(browser, AB_SERVICE_ADDED, found, now, only);
    else if (before)
        tell(browser, AB_SERVICE_REMOVED, found, old, only);
}

static void tell_if_matching(struct ab_browser *browser, enum ab_services_change change, const struct ab_found *found,
                             const json_t *view, const struct ab_route *only)
{
    if (matches(browser, view))
        tell(browser, change, found, view, only);
}

static void service_event(struct ab_found *found, enum ab_services_change change)
{
    AB_LIST_EACH_SAFE (each, &found->engine->browsers) {
        struct ab_browser *browser = AB_CONTAINER(each, struct ab_browser, node);

        if (!by_route(browser))
            tell_if_matching(browser, change, found, found->view, NULL);
    }
}

void ab_browsers_service_added(struct ab_found *found)
{
    service_event(found, AB_SERVICE_ADDED);
}

void ab_browsers_service_removed(struct ab_found *found)
{
    ab_engine_log(found->engine, AB_LOG_INFO, "service %s is gone", found->id->data);
    service_event(found, AB_SERVICE_REMOVED);
}

/* Views of routes are made only when somebody listens to routes. */
static void route_event(struct ab_route *route, enum ab_services_change change)
{
    json_t *view = NULL;

    AB_LIST_EACH_SAFE (each, &route->found->engine->browsers) {
        struct ab_browser *browser = AB_CONTAINER(each, struct ab_browser, node);

        if (!by_route(browser))
            continue;
        if (!view)
            view = ab_found_view(route->found, route);
        if (view)
            tell_if_matching(browser, change, route->found, view, route);
        else
            overflow(browser);
    }
    json_decref(view);
}

void ab_browsers_route_added(struct ab_route *route)
{
    route_event(route, AB_SERVICE_ADDED);
}

void ab_browsers_route_changed(struct ab_route *route)
{
    route_event(route, AB_SERVICE_CHANGED);
}

void ab_browsers_route_removed(struct ab_route *route)
{
    route_event(route, AB_SERVICE_REMOVED);
}

void ab_browsers_routes_changed(struct ab_found *found, const json_t *old)
{
    AB_LIST_EACH_SAFE (each, &found->engine->browsers) {
        struct ab_browser *browser = AB_CONTAINER(each, struct ab_browser, node);

        if (!by_route(browser))
            tell_difference(browser, found, old, found->view, NULL);
    }
}

/* The view of a route with another info. NULL: no memory. */
static json_t *view_with(const struct ab_route *route, json_t *info)
{
    struct ab_found with = *route->found;

    with.info = info;
    return ab_found_view(&with, route);
}

static void route_info_changed(struct ab_browser *browser, struct ab_route *route, json_t *old_info)
{
    json_t *old = view_with(route, old_info);
    json_t *now = ab_found_view(route->found, route);

    if (old && now)
        tell_difference(browser, route->found, old, now, route);
    else
        overflow(browser);
    json_decref(old);
    json_decref(now);
}

void ab_browsers_info_changed(struct ab_found *found, json_t *old_info, const json_t *old_view)
{
    AB_LIST_EACH_SAFE (each, &found->engine->browsers) {
        struct ab_browser *browser = AB_CONTAINER(each, struct ab_browser, node);

        if (!by_route(browser)) {
            tell_difference(browser, found, old_view, found->view, NULL);
            continue;
        }
        AB_LIST_EACH (node, &found->routes) {
            if (ab_list_linked(&browser->node))
                route_info_changed(browser, AB_CONTAINER(node, struct ab_route, found_node), old_info);
        }
    }
}

void ab_browsers_settled(struct ab_engine *engine)
{
    AB_LIST_EACH_SAFE (each, &engine->browsers) {
        tell_mark(AB_CONTAINER(each, struct ab_browser, node), AB_SERVICES_SETTLED);
    }
}

bool ab_browsers_want_alive(const struct ab_found *found)
{
    AB_LIST_EACH (each, &found->engine->browsers) {
        const struct ab_browser *browser = AB_CONTAINER(each, struct ab_browser, node);

        if ((browser->flags & AB_BROWSER_LIVENESS) && matches(browser, found->view))
            return true;
    }
    return false;
}

/* ---- Life */

static void tell_existing(struct ab_browser *browser)
{
    AB_MAP_EACH (each, &browser->engine->directory.services) {
        struct ab_found *found = AB_CONTAINER(each, struct ab_found, node);

        if (!by_route(browser)) {
            tell_if_matching(browser, AB_SERVICE_ADDED, found, found->view, NULL);
        } else {
            AB_LIST_EACH (node, &found->routes) {
                struct ab_route *route = AB_CONTAINER(node, struct ab_route, found_node);
                json_t *view = ab_found_view(found, route);

                if (view)
                    tell_if_matching(browser, AB_SERVICE_ADDED, found, view, route);
                else
                    overflow(browser);
                json_decref(view);
                if (!ab_list_linked(&browser->node))
                    break;
            }
        }
        if (!ab_list_linked(&browser->node))
            return;
    }
    tell_mark(browser, AB_SERVICES_CACHED);
}

int ab_browser_new(struct ab_engine *engine, ab_time now, struct ab_filter *filter, unsigned flags, void *target,
                   struct ab_browser **ret_browser)
{
    struct ab_browser *browser;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    browser = ab_calloc(1, sizeof(*browser));
    if (!browser)
        return AB_ENOMEM;
    browser->engine = engine;
    browser->filter = filter ? ab_filter_ref(filter) : NULL;
    browser->flags = flags;
    browser->target = target;
    ab_notice_init(&browser->overflow, AB_NOTICE_SERVICES, target);
    browser->overflow.release = ab_notice_stays;
    ab_list_append(&engine->browsers, &browser->node);
    *ret_browser = browser;
    if (flags & AB_BROWSER_EXISTING)
        tell_existing(browser);
    if (engine->settling.settled && ab_list_linked(&browser->node))
        tell_mark(browser, AB_SERVICES_SETTLED);
    if (flags & AB_BROWSER_LIVENESS) {
        engine->keeper.listeners++;
        ab_keeper_review_all(engine);
    }
    return 0;
}

/* Notices of it that nobody has taken yet have no target any more. */
static void forget_notices(struct ab_browser *browser)
{
    AB_LIST_EACH_SAFE (each, &browser->engine->notices) {
        struct ab_notice *notice = AB_CONTAINER(each, struct ab_notice, node);

        if (notice->kind == AB_NOTICE_SERVICES && notice->target == browser->target)
            ab_notice_release(notice);
    }
}

void ab_browser_free(struct ab_browser *browser, ab_time now)
{
    struct ab_engine *engine;

    if (!browser)
        return;
    engine = browser->engine;
    ab_engine_enter(engine, now);
    forget_notices(browser);
    ab_list_remove(&browser->node);
    if (browser->flags & AB_BROWSER_LIVENESS) {
        engine->keeper.listeners--;
        ab_keeper_review_all(engine);
    }
    ab_filter_unref(browser->filter);
    ab_free(browser);
}

static int snapshot(struct ab_engine *engine, struct ab_filter *filter, bool explained, json_t **ret_entries)
{
    json_t *entries = json_array();
    struct ab_found **all = NULL;
    size_t count = 0;
    int r = entries ? ab_directory_select(engine, filter, &all, &count) : AB_ENOMEM;

    for (size_t i = 0; r == 0 && i < count; i++) {
        if (json_array_append_new(entries, make_entry(all[i], all[i]->view, NULL, explained)) < 0)
            r = AB_ENOMEM;
    }
    ab_free(all);
    if (r == 0)
        *ret_entries = entries;
    else
        json_decref(entries);
    return r;
}

int ab_browser_snapshot(struct ab_engine *engine, struct ab_filter *filter, json_t **ret_entries)
{
    return snapshot(engine, filter, false, ret_entries);
}

int ab_browser_explain(struct ab_engine *engine, ab_time now, struct ab_filter *filter, json_t **ret_entries)
{
    ab_engine_enter(engine, now);
    return snapshot(engine, filter, true, ret_entries);
}
