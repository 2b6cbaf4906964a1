/*
 * Owns the form of introspection, and when it is told. Must not change a service but for the cached text of its builtin
 * objects.
 */
#include "core/introspection.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/inbound.h"
#include "wire/json.h"

#define GATHERING       (20 * AB_MILLISECOND)

#define ENVELOPE_DEPTH  1
#define ENVELOPE_TOKENS 16

static const struct {
    const char *name;
    enum ab_builtin builtin;
} builtins[] = {
    {"autobus.functions", AB_BUILTIN_FUNCTIONS},
    {"autobus.events", AB_BUILTIN_EVENTS},
    {"autobus.objects", AB_BUILTIN_OBJECTS},
    {"autobus.doc", AB_BUILTIN_DOC},
};

const char *ab_introspection_name(enum ab_builtin builtin)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (builtins[i].builtin == builtin)
            return builtins[i].name;
    }
    return builtin == AB_BUILTIN_DIRECTORY ? "directory" : "details";
}

static int add_builtin(struct ab_service *service, const char *name, enum ab_builtin builtin)
{
    struct ab_topic *topic = ab_topic_get(service, &service->objects, name);

    if (!topic)
        return AB_ENOMEM;
    topic->exists = true;
    topic->builtin = builtin;
    return 0;
}

int ab_introspection_equip(struct ab_service *service)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (add_builtin(service, builtins[i].name, builtins[i].builtin) < 0)
            return AB_ENOMEM;
    }
    return 0;
}

/* ---- Values */

static int put_entry(json_t *table, const char *name, const struct ab_about *about, bool described)
{
    return json_object_set_new(table, name, ab_about_entry(about, described)) < 0 ? AB_ENOMEM : 0;
}

static json_t *functions(struct ab_service *service, bool described)
{
    json_t *table = json_object();

    AB_MAP_EACH (each, &service->functions) {
        struct ab_function *function = AB_CONTAINER(each, struct ab_function, node);

        if (put_entry(table, function->name->data, &function->about, described) < 0) {
            json_decref(table);
            return NULL;
        }
    }
    return table;
}

/* The builtin objects are everywhere, so that listing them would tell nobody anything. */
static json_t *topics(struct ab_map *map, bool described)
{
    json_t *table = json_object();

    AB_MAP_EACH (each, map) {
        struct ab_topic *topic = AB_CONTAINER(each, struct ab_topic, node);
        bool listed = topic->exists && (!topic->builtin || topic->builtin >= AB_BUILTIN_DETAILS);

        if (listed && put_entry(table, topic->name->data, &topic->about, described) < 0) {
            json_decref(table);
            return NULL;
        }
    }
    return table;
}

static json_t *doc(const struct ab_service *service)
{
    return service->about.doc ? json_string(service->about.doc) : json_null();
}

static json_t *own_info(const struct ab_service *service)
{
    json_t *info = NULL;

    ab_json_parse(service->info->data, service->info->size, AB_JSON_DEPTH, service->info->size + 1, &info, NULL);
    return info;
}

static json_t *one_service(struct ab_service *service, bool described)
{
    json_t *entry = json_object();

    if (json_object_set_new(entry, "info", own_info(service)) < 0 ||
        (service->about.doc && json_object_set_new(entry, "doc", doc(service)) < 0) ||
        json_object_set_new(entry, "functions", functions(service, described)) < 0 ||
        json_object_set_new(entry, "events", topics(&service->events, described)) < 0 ||
        json_object_set_new(entry, "objects", topics(&service->objects, described)) < 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

static bool may_see(const struct ab_inbound *connection, const struct ab_service *service)
{
    return !connection || ab_access_permits(service, connection, AB_ACCESS_BIND, NULL);
}

/* As that client may see them; NULL: all. */
static json_t *details(struct ab_engine *engine, const struct ab_inbound *connection, bool described)
{
    json_t *all = json_object();

    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service) && may_see(connection, service) &&
            json_object_set_new(all, service->id->data, one_service(service, described)) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

/* ---- The directory of this host */

static int put_place(json_t *all, const char *id, json_t *info, uint16_t port)
{
    json_t *place = json_object();

    if (json_object_set_new(place, "info", info) < 0 || json_object_set_new(place, "port", json_integer(port)) < 0) {
        json_decref(place);
        return AB_ENOMEM;
    }
    return json_object_set_new(all, id, place) < 0 ? AB_ENOMEM : 0;
}

static int put_own_places(json_t *all, struct ab_engine *engine, const struct ab_inbound *connection)
{
    int r = 0;

    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (r == 0 && ab_service_is_published(service) && may_see(connection, service))
            r = put_place(all, service->id->data, own_info(service), engine->server.port);
    }
    return r;
}

/* What is of this host is heard on loopback, and at an address of its own if others may use it: a client is told of what
 * is heard on its network. What somebody else told of it is not told on. `client` NULL: any. */
static const struct ab_route *route_here(struct ab_found *found, bool loopback, const struct ab_address *client)
{
    struct ab_engine *engine = found->engine;
    void *context = engine->context;

    AB_LIST_EACH (each, &found->routes) {
        const struct ab_route *route = AB_CONTAINER(each, struct ab_route, found_node);
        const struct ab_address *at = &route->node->address;

        if (ab_address_is_loopback(at) == loopback && engine->host->here(context, at) &&
            (!client || engine->host->near(context, at, client)) &&
            ab_route_report_of(route, &engine->seeker.discoverer))
            return route;
    }
    return NULL;
}

/* A service of our own that the client may not see is among those that were heard. */
static int put_found_places(json_t *all, struct ab_engine *engine, const struct ab_inbound *connection)
{
    const struct ab_address *client = connection && !connection->local ? &connection->stream.address : NULL;
    int r = 0;

    AB_MAP_EACH (each, &engine->directory.services) {
        struct ab_found *found = AB_CONTAINER(each, struct ab_found, node);
        const struct ab_route *route = client ? NULL : route_here(found, true, NULL);

        if (!route)
            route = route_here(found, false, client);
        if (r == 0 && route && !ab_server_find(engine, found->id->data))
            r = put_place(all, found->id->data, json_incref(found->info), route->node->address.port);
    }
    return r;
}

/* As that client may see it; NULL: all. */
static json_t *directory(struct ab_engine *engine, const struct ab_inbound *connection)
{
    json_t *all = json_object();

    if (all && (put_own_places(all, engine, connection) < 0 || put_found_places(all, engine, connection) < 0)) {
        json_decref(all);
        return NULL;
    }
    return all;
}

static json_t *build(struct ab_service *service, enum ab_builtin what, const struct ab_inbound *connection,
                     bool described)
{
    switch (what) {
    case AB_BUILTIN_FUNCTIONS: return functions(service, described);
    case AB_BUILTIN_EVENTS: return topics(&service->events, described);
    case AB_BUILTIN_OBJECTS: return topics(&service->objects, described);
    case AB_BUILTIN_DOC: return doc(service);
    case AB_BUILTIN_DETAILS: return details(service->engine, connection, described);
    case AB_BUILTIN_DIRECTORY: return directory(service->engine, connection);
    case AB_BUILTIN_COUNTERS: return ab_engine_counters_json(service->engine);
    case AB_BUILTIN_NONE: break;
    }
    return NULL;
}

json_t *ab_introspection_list(struct ab_service *service, enum ab_topic_kind kind)
{
    switch (kind) {
    case AB_TOPIC_SERVICE: return one_service(service, true);
    case AB_TOPIC_FUNCTION: return functions(service, true);
    case AB_TOPIC_EVENT: return topics(&service->events, true);
    case AB_TOPIC_OBJECT: return topics(&service->objects, true);
    }
    return NULL;
}

/* Takes the value, which may be NULL. */
static struct ab_text *encode(json_t *value)
{
    struct ab_text *text = NULL;

    if (value)
        ab_json_encode(value, AB_JSON_DEPTH, &text);
    json_decref(value);
    return text;
}

/* In a line, with its envelope. */
static bool can_be_read(const struct ab_limits *limits, enum ab_builtin what, const struct ab_text *text)
{
    return ab_topic_fits(limits, ab_introspection_name(what), text) &&
           ab_json_measure(text->data, text->size, limits->nesting - ENVELOPE_DEPTH,
                           limits->tokens - ENVELOPE_TOKENS) == 0;
}

/* What would be too much for a line goes without the descriptions. */
static struct ab_text *value_for(struct ab_service *service, enum ab_builtin what, const struct ab_inbound *connection)
{
    struct ab_text *text = encode(build(service, what, connection, true));

    if (!text || can_be_read(&service->engine->limits, what, text))
        return text;
    ab_text_unref(text);
    return encode(build(service, what, connection, false));
}

struct ab_text *ab_introspection_value(struct ab_service *service, enum ab_builtin what)
{
    return value_for(service, what, NULL);
}

static bool sees_all(const struct ab_inbound *connection)
{
    AB_LIST_EACH (each, &connection->stream.engine->server.services) {
        const struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service) && !may_see(connection, service))
            return false;
    }
    return true;
}

struct ab_text *ab_introspection_shown(struct ab_topic *topic, const struct ab_inbound *connection)
{
    struct ab_text *text;

    if (topic->builtin == AB_BUILTIN_DETAILS && !sees_all(connection))
        return value_for(topic->service, topic->builtin, connection);
    if (topic->builtin == AB_BUILTIN_DIRECTORY && !(connection->local && sees_all(connection)))
        return value_for(topic->service, topic->builtin, connection);
    text = ab_topic_value(topic);
    return text ? ab_text_ref(text) : NULL;
}

/* ---- Changes */

/* Who may not see `cause` hears nothing of it. */
static void refresh(struct ab_service *service, enum ab_builtin what, const struct ab_service *cause)
{
    struct ab_topic *topic = ab_topic_find(&service->objects, ab_introspection_name(what));

    if (!topic || topic->builtin != what)
        return;
    topic->value = ab_text_unref(topic->value);
    if (!ab_list_empty(&topic->interests))
        ab_topic_changed_by(topic, cause);
}

static struct ab_topic *directory_topic(struct ab_engine *engine)
{
    struct ab_service *own = engine->server.details;

    return own ? ab_topic_find(&own->objects, ab_introspection_name(AB_BUILTIN_DIRECTORY)) : NULL;
}

/* Many come at once: a bus with all its services, or all that answer to a query. */
static void tell_places(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, server.gathering);
    struct ab_topic *topic = directory_topic(engine);
    bool far = engine->server.gathering_far;

    engine->server.gathering_far = false;
    if (topic && far)
        ab_topic_changed(topic);
    else if (topic)
        ab_topic_changed_here(topic);
}

/* `far`: also of those that clients elsewhere are told of. Of the others they hear nothing. */
static void places_changed(struct ab_engine *engine, bool far)
{
    struct ab_topic *topic = directory_topic(engine);

    if (!topic)
        return;
    topic->value = ab_text_unref(topic->value);
    if (ab_list_empty(&topic->interests))
        return;
    engine->server.gathering_far |= far;
    if (!ab_timer_armed(&engine->server.gathering))
        ab_engine_arm(engine, &engine->server.gathering, GATHERING);
}

/* The introspection service is everybody's, wherever it is announced. */
static bool is_for_here_alone(const struct ab_service *service)
{
    return service != service->engine->server.details && service->access && service->access->count == 0;
}

void ab_introspection_changed(struct ab_service *service, enum ab_builtin what)
{
    struct ab_service *own = service->engine->server.details;

    if (what != AB_BUILTIN_NONE)
        refresh(service, what, NULL);
    if (own && (ab_service_is_published(service) || what == AB_BUILTIN_NONE))
        refresh(own, AB_BUILTIN_DETAILS, service);
    if (what == AB_BUILTIN_NONE)
        places_changed(service->engine, !is_for_here_alone(service));
}

void ab_introspection_revealed(struct ab_service *service)
{
    struct ab_service *own = service->engine->server.details;

    if (own && ab_service_is_published(service))
        refresh(own, AB_BUILTIN_DETAILS, NULL);
    places_changed(service->engine, true);
}

void ab_introspection_route_changed(struct ab_engine *engine, const struct ab_address *at)
{
    if (engine->server.details && engine->host->here(engine->context, at))
        places_changed(engine, !ab_address_is_loopback(at));
}

void ab_introspection_here_changed(struct ab_engine *engine)
{
    places_changed(engine, true);
}

void ab_introspection_init(struct ab_engine *engine)
{
    ab_timer_init(&engine->server.gathering, tell_places);
}
