/*
 * Owns the form of introspection. Must not change a service but for the cached text of its builtin objects.
 */
#include "core/introspection.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/inbound.h"
#include "wire/json.h"

static const struct {
    const char *name;
    enum ab_builtin builtin;
} builtins[] = {
    {"autobus.functions", AB_BUILTIN_FUNCTIONS},
    {"autobus.events", AB_BUILTIN_EVENTS},
    {"autobus.objects", AB_BUILTIN_OBJECTS},
    {"autobus.doc", AB_BUILTIN_DOC},
};

static const char *builtin_name(enum ab_builtin builtin)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (builtins[i].builtin == builtin)
            return builtins[i].name;
    }
    return AB_DETAILS_OBJECT;
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

static int put_entry(json_t *table, const char *name, const char *doc)
{
    json_t *entry = json_object();

    if (doc && json_object_set_new(entry, "doc", json_string(doc)) < 0) {
        json_decref(entry);
        return AB_ENOMEM;
    }
    return json_object_set_new(table, name, entry) < 0 ? AB_ENOMEM : 0;
}

static json_t *functions(struct ab_service *service)
{
    json_t *table = json_object();

    AB_MAP_EACH (each, &service->functions) {
        struct ab_function *function = AB_CONTAINER(each, struct ab_function, node);

        if (put_entry(table, function->name->data, function->doc) < 0) {
            json_decref(table);
            return NULL;
        }
    }
    return table;
}

/* The builtin objects are everywhere, so that listing them would tell nobody anything. */
static json_t *topics(struct ab_map *map)
{
    json_t *table = json_object();

    AB_MAP_EACH (each, map) {
        struct ab_topic *topic = AB_CONTAINER(each, struct ab_topic, node);
        bool listed = topic->exists && (!topic->builtin || topic->builtin == AB_BUILTIN_DETAILS);

        if (listed && put_entry(table, topic->name->data, topic->doc) < 0) {
            json_decref(table);
            return NULL;
        }
    }
    return table;
}

static json_t *doc(const struct ab_service *service)
{
    return service->doc ? json_string(service->doc) : json_null();
}

static json_t *one_service(struct ab_service *service)
{
    json_t *info = NULL;
    json_t *entry = json_object();
    int r =
        ab_json_parse(service->info->data, service->info->size, AB_JSON_DEPTH, service->info->size + 1, &info, NULL);

    if (r < 0 || json_object_set_new(entry, "info", info) < 0 ||
        (service->doc && json_object_set_new(entry, "doc", doc(service)) < 0) ||
        json_object_set_new(entry, "functions", functions(service)) < 0 ||
        json_object_set_new(entry, "events", topics(&service->events)) < 0 ||
        json_object_set_new(entry, "objects", topics(&service->objects)) < 0) {
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
static json_t *details(struct ab_engine *engine, const struct ab_inbound *connection)
{
    json_t *all = json_object();

    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service) && may_see(connection, service) &&
            json_object_set_new(all, service->id->data, one_service(service)) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *build(struct ab_service *service, enum ab_builtin what)
{
    switch (what) {
    case AB_BUILTIN_FUNCTIONS: return functions(service);
    case AB_BUILTIN_EVENTS: return topics(&service->events);
    case AB_BUILTIN_OBJECTS: return topics(&service->objects);
    case AB_BUILTIN_DOC: return doc(service);
    case AB_BUILTIN_DETAILS: return details(service->engine, NULL);
    case AB_BUILTIN_NONE: break;
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

struct ab_text *ab_introspection_value(struct ab_service *service, enum ab_builtin what)
{
    return encode(build(service, what));
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
        return encode(details(connection->stream.engine, connection));
    text = ab_topic_value(topic);
    return text ? ab_text_ref(text) : NULL;
}

/* ---- Changes */

/* Who may not see `cause` hears nothing of it. */
static void refresh(struct ab_service *service, enum ab_builtin what, const struct ab_service *cause)
{
    struct ab_topic *topic = ab_topic_find(&service->objects, builtin_name(what));

    if (!topic || topic->builtin != what)
        return;
    topic->value = ab_text_unref(topic->value);
    if (!ab_list_empty(&topic->interests))
        ab_topic_changed_by(topic, cause);
}

void ab_introspection_changed(struct ab_service *service, enum ab_builtin what)
{
    struct ab_service *own = service->engine->server.details;

    if (what != AB_BUILTIN_NONE)
        refresh(service, what, NULL);
    if (own && (ab_service_is_published(service) || what == AB_BUILTIN_NONE))
        refresh(own, AB_BUILTIN_DETAILS, service);
}

void ab_introspection_revealed(struct ab_service *service)
{
    struct ab_service *own = service->engine->server.details;

    if (own && ab_service_is_published(service))
        refresh(own, AB_BUILTIN_DETAILS, NULL);
}
