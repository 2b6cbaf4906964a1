/*
 * Owns the tables of a service and tells who listens and watches. Must not know connections beyond handing them
 * messages, nor how functions are carried out.
 *
 * Invariant: a service lives until its handle is given up and its goodbyes are said. The order of what is told is
 * PROTOCOL section 3's: an object is told to its watchers before it is listed, and unlisted before it is told gone.
 */
#include "core/service.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/inbound.h"
#include "core/info.h"
#include "core/introspection.h"

#define RESERVED "autobus."

/* ---- Info */

int ab_service_set_info(struct ab_service *service, ab_time now, const json_t *info)
{
    struct ab_text *text;
    int r;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    r = ab_info_make(service->engine, service->id->data, info, &text);
    if (r < 0)
        return r;
    ab_text_unref(service->info);
    service->info = text;
    if (ab_service_is_published(service)) {
        ab_publishers_changed(service);
        ab_introspection_changed(service, AB_BUILTIN_NONE);
    }
    return 0;
}

/* ---- Life */

static void function_free(struct ab_function *function)
{
    ab_text_unref(function->name);
    ab_about_deinit(&function->about);
    ab_free(function);
}

static void free_tables(struct ab_service *service)
{
    AB_MAP_EACH (each, &service->functions) {
        function_free(AB_CONTAINER(each, struct ab_function, node));
    }
    AB_MAP_EACH (event, &service->events) {
        ab_topic_free(AB_CONTAINER(event, struct ab_topic, node));
    }
    AB_MAP_EACH (object, &service->objects) {
        ab_topic_free(AB_CONTAINER(object, struct ab_topic, node));
    }
    ab_map_deinit(&service->functions);
    ab_map_deinit(&service->events);
    ab_map_deinit(&service->objects);
}

static void bury(struct ab_grave *grave)
{
    struct ab_service *service = AB_CONTAINER(grave, struct ab_service, grave);

    free_tables(service);
    ab_text_unref(service->id);
    ab_text_unref(service->info);
    ab_free(service->access);
    ab_about_deinit(&service->about);
    ab_free(service);
}

static void settle(struct ab_service *service)
{
    if (service->handle || service->announcement.goodbyes > 0)
        return;
    ab_list_remove(&service->node);
    ab_engine_bury(service->engine, &service->grave, bury);
}

void ab_service_parted(struct ab_service *service)
{
    settle(service);
}

static struct ab_service *service_new(struct ab_engine *engine)
{
    struct ab_service *service = ab_calloc(1, sizeof(*service));

    if (!service)
        return NULL;
    service->engine = engine;
    service->handle = true;
    ab_list_init(&service->node);
    ab_list_init(&service->connections);
    ab_announcement_init(&service->announcement);
    ab_map_init(&service->functions, ab_random_next(&engine->random));
    ab_map_init(&service->events, ab_random_next(&engine->random));
    ab_map_init(&service->objects, ab_random_next(&engine->random));
    return service;
}

int ab_service_new(struct ab_engine *engine, const json_t *info, struct ab_service **ret_service)
{
    struct ab_service *service;
    int r;

    if (engine->closing)
        return AB_ECLOSED;
    service = service_new(engine);
    if (!service)
        return AB_ENOMEM;
    service->id = ab_engine_make_id(engine);
    r = service->id ? ab_info_make(engine, service->id->data, info, &service->info) : AB_ENOMEM;
    if (r == 0)
        r = ab_networks_copy(engine->allowed, &service->access);
    if (r == 0)
        r = ab_introspection_equip(service);
    if (r < 0) {
        bury(&service->grave);
        return r;
    }
    ab_list_append(&engine->server.services, &service->node);
    *ret_service = service;
    return 0;
}

const char *ab_service_id(const struct ab_service *service)
{
    return service->id->data;
}

static void show(struct ab_service *service)
{
    struct ab_engine *engine = service->engine;

    service->published = true;
    ab_map_insert(&engine->server.published_ids, &service->published_node, service->id->data, service->id->size);
    ab_publishers_published(service);
}

int ab_service_publish(struct ab_service *service, ab_time now)
{
    int r;

    ab_engine_enter(service->engine, now);
    if (service->closed || service->engine->closing)
        return AB_ECLOSED;
    if (service->published)
        return 0;
    r = ab_server_open(service->engine, service);
    if (r < 0)
        return r;
    service->engine->server.published++;
    show(service);
    ab_introspection_changed(service, AB_BUILTIN_NONE);
    return 0;
}

static void hide(struct ab_service *service)
{
    ab_map_remove(&service->engine->server.published_ids, &service->published_node);
    while (!ab_list_empty(&service->connections))
        ab_inbound_leave(AB_CONTAINER(service->connections.next, struct ab_inbound, node));
    ab_publishers_withdrawn(service);
}

void ab_service_close(struct ab_service *service, ab_time now)
{
    struct ab_engine *engine = service->engine;
    bool counted = service->published && service != engine->server.details;

    ab_engine_enter(engine, now);
    if (service->closed)
        return;
    service->closed = true;
    if (service->published)
        hide(service);
    if (service->published && engine->server.details)
        ab_introspection_changed(service, AB_BUILTIN_NONE);
    ab_access_drop_guard(service);
    if (counted && engine->server.details) {
        engine->server.published--;
        ab_server_settle(engine);
    }
}

void ab_service_free(struct ab_service *service, ab_time now)
{
    ab_service_close(service, now);
    service->handle = false;
    settle(service);
}

/* ---- Who may use it */

/* Who announces it takes it back where it was last. */
void ab_service_move(struct ab_service *service, struct ab_networks *within)
{
    struct ab_networks *old = service->access;

    service->access = within;
    if (ab_service_is_published(service))
        ab_publishers_changed(service);
    if (service->within == old)
        service->within = within;
    ab_free(old);
}

int ab_service_set_access(struct ab_service *service, ab_time now, struct ab_networks *access)
{
    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    ab_service_move(service, access);
    ab_access_review(service);
    ab_server_review_scope(service->engine);
    ab_introspection_revealed(service);
    return 0;
}

int ab_service_set_guard(struct ab_service *service, ab_time now, const struct ab_access_guard *guard)
{
    struct ab_access_guard old = service->guard;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    service->guard = *guard;
    if (old.release)
        old.release(old.context);
    ab_access_review(service);
    ab_introspection_revealed(service);
    return 0;
}

/* ---- Adding and removing */

static int may_add(const struct ab_service *service, const char *name)
{
    if (service->closed)
        return AB_ECLOSED;
    return strncmp(name, RESERVED, strlen(RESERVED)) == 0 ? AB_EINVAL : 0;
}

struct ab_function *ab_service_function(struct ab_service *service, const char *name)
{
    struct ab_map_node *node;

    if (service->recent && strcmp(service->recent->name->data, name) == 0)
        return service->recent;
    node = ab_map_find_text(&service->functions, name);
    if (node)
        service->recent = AB_CONTAINER(node, struct ab_function, node);
    return node ? service->recent : NULL;
}

static int function_new(const char *name, const char *doc, struct ab_function **ret_function)
{
    struct ab_function *function = ab_calloc(1, sizeof(*function));

    if (!function)
        return AB_ENOMEM;
    function->name = ab_text_new(name, strlen(name));
    if (!function->name || ab_about_set_doc(&function->about, doc) < 0) {
        function_free(function);
        return AB_ENOMEM;
    }
    *ret_function = function;
    return 0;
}

static int insert_function(struct ab_service *service, const char *name, const char *doc,
                           struct ab_function **ret_function)
{
    int r;

    if (ab_service_function(service, name))
        return AB_EEXIST;
    r = function_new(name, doc, ret_function);
    if (r == 0)
        ab_map_insert(&service->functions, &(*ret_function)->node, (*ret_function)->name->data,
                      (*ret_function)->name->size);
    return r;
}

int ab_service_add_function(struct ab_service *service, ab_time now, const char *name, const char *doc,
                            enum ab_function_mode mode, void *target)
{
    struct ab_function *function;
    int r;

    ab_engine_enter(service->engine, now);
    r = may_add(service, name);
    if (r == 0)
        r = insert_function(service, name, doc, &function);
    if (r < 0)
        return r;
    function->mode = mode;
    function->target = target;
    ab_introspection_changed(service, AB_BUILTIN_FUNCTIONS);
    return 0;
}

int ab_service_replace_function(struct ab_service *service, ab_time now, const char *name, enum ab_function_mode mode,
                                void *target)
{
    struct ab_function *function;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    function = ab_service_function(service, name);
    if (!function || function->builtin)
        return AB_ENOENT;
    function->mode = mode;
    function->target = target;
    return 0;
}

/* Makes a topic exist. It may be there already for those who asked for it before. */
static int add_topic(struct ab_service *service, struct ab_map *map, const char *name, const char *doc,
                     struct ab_topic **ret_topic)
{
    struct ab_topic *topic = ab_topic_get(service, map, name);

    if (!topic)
        return AB_ENOMEM;
    if (topic->exists)
        return AB_EEXIST;
    if (ab_about_set_doc(&topic->about, doc) < 0) {
        ab_topic_settle(topic);
        return AB_ENOMEM;
    }
    topic->exists = true;
    *ret_topic = topic;
    return 0;
}

int ab_service_add_event(struct ab_service *service, ab_time now, const char *name, const char *doc)
{
    struct ab_topic *topic;
    int r;

    ab_engine_enter(service->engine, now);
    r = may_add(service, name);
    if (r == 0)
        r = add_topic(service, &service->events, name, doc, &topic);
    if (r < 0)
        return r;
    ab_introspection_changed(service, AB_BUILTIN_EVENTS);
    return 0;
}

int ab_service_add_object(struct ab_service *service, ab_time now, const char *name, const char *doc,
                          struct ab_text *value)
{
    struct ab_topic *topic;
    int r;

    ab_engine_enter(service->engine, now);
    r = may_add(service, name);
    if (r == 0 && !ab_topic_fits(&service->engine->limits, name, value))
        r = AB_ETOOLARGE;
    if (r == 0)
        r = add_topic(service, &service->objects, name, doc, &topic);
    if (r < 0)
        return r;
    topic->value = ab_text_ref(value);
    ab_topic_changed(topic);
    ab_introspection_changed(service, AB_BUILTIN_OBJECTS);
    return 0;
}

static int remove_function(struct ab_service *service, const char *name)
{
    struct ab_function *function = ab_service_function(service, name);

    if (!function || function->builtin)
        return AB_ENOENT;
    ab_map_remove(&service->functions, &function->node);
    service->recent = NULL;
    function_free(function);
    ab_introspection_changed(service, AB_BUILTIN_FUNCTIONS);
    return 0;
}

static int remove_topic(struct ab_service *service, struct ab_map *map, const char *name, enum ab_builtin table)
{
    struct ab_topic *topic = ab_topic_find(map, name);

    if (!topic || !topic->exists || topic->builtin)
        return AB_ENOENT;
    topic->exists = false;
    topic->value = ab_text_unref(topic->value);
    ab_about_deinit(&topic->about);
    topic->walking = true; /* who hears that it is unlisted may be cut off, and be the last who asked for it */
    ab_introspection_changed(service, table);
    topic->walking = false;
    if (table == AB_BUILTIN_OBJECTS)
        ab_topic_changed(topic);
    ab_topic_settle(topic);
    return 0;
}

int ab_service_remove(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name)
{
    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    switch (kind) {
    case AB_TOPIC_FUNCTION: return remove_function(service, name);
    case AB_TOPIC_EVENT: return remove_topic(service, &service->events, name, AB_BUILTIN_EVENTS);
    case AB_TOPIC_OBJECT: return remove_topic(service, &service->objects, name, AB_BUILTIN_OBJECTS);
    case AB_TOPIC_SERVICE: break;
    }
    return AB_EINVAL;
}

/* ---- Telling */

int ab_service_fire(struct ab_service *service, ab_time now, const char *event, struct ab_text *args)
{
    struct ab_topic *topic;
    int r;

    ab_engine_enter_to_fire(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    topic = ab_topic_find(&service->events, event);
    if (!topic || !topic->exists)
        return AB_ENOENT;
    r = ab_burst_add(service->engine, topic, args);
    if (r == 0)
        service->engine->counters.events_fired++;
    return r;
}

int ab_service_set(struct ab_service *service, ab_time now, const char *object, struct ab_text *value)
{
    struct ab_topic *topic;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    topic = ab_topic_find(&service->objects, object);
    if (!topic || !topic->exists || topic->builtin)
        return AB_ENOENT;
    if (!ab_topic_fits(&service->engine->limits, object, value))
        return AB_ETOOLARGE;
    if (ab_text_equal(topic->value, value))
        return 0;
    ab_text_unref(topic->value);
    topic->value = ab_text_ref(value);
    service->engine->counters.values_set++;
    ab_topic_changed(topic);
    return 0;
}

/* ---- The engine's own service */

/* An object that the engine makes, and a function that gives the same once. */
static int add_builtin(struct ab_service *service, enum ab_builtin builtin, const char *name, const char *doc)
{
    struct ab_function *function;
    struct ab_topic *topic;
    int r = insert_function(service, name, doc, &function);

    if (r == 0) {
        function->builtin = builtin;
        r = add_topic(service, &service->objects, name + strlen("get_"), "What the function gives, kept up to date.",
                      &topic);
    }
    if (r == 0)
        topic->builtin = builtin;
    return r;
}

static int equip_details(struct ab_service *service)
{
    struct ab_function *function;
    int r = add_builtin(service, AB_BUILTIN_DETAILS, "get_details", "Every service of this bus, and what it offers.");

    if (r == 0)
        r = add_builtin(service, AB_BUILTIN_DIRECTORY, "get_directory", "Every service of this host, and its port.");
    if (r == 0)
        r = insert_function(service, "get_counters", "What this bus has done and has under way.", &function);
    if (r == 0)
        function->builtin = AB_BUILTIN_COUNTERS;
    return r;
}

int ab_service_new_details(struct ab_engine *engine, struct ab_networks *within, struct ab_service **ret_service)
{
    struct ab_service *service;
    json_t *info = json_pack("{s:s, s:I}", "type", "autobus.details", "pid", (json_int_t)engine->pid);
    int r = info ? ab_service_new(engine, info, &service) : AB_ENOMEM;

    json_decref(info);
    if (r < 0)
        return r;
    r = equip_details(service);
    if (r < 0) {
        ab_service_free(service, engine->now);
        return r;
    }
    ab_free(service->access);
    service->access = within;
    show(service);
    *ret_service = service;
    return 0;
}
