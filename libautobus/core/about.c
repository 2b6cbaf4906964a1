/*
 * Owns what is said about the parts of a service, and the program's changes of it. Must not know who reads it.
 */
#include "core/about.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/introspection.h"
#include "core/service_internal.h"
#include "wire/json.h"

int ab_about_set_doc(struct ab_about *about, const char *doc)
{
    char *copy = ab_strdup(doc);

    if (doc && !copy)
        return AB_ENOMEM;
    ab_free(about->doc);
    about->doc = copy;
    return 0;
}

void ab_about_deinit(struct ab_about *about)
{
    ab_free(about->doc);
    ab_text_unref(about->description);
    *about = (struct ab_about){0};
}

json_t *ab_about_entry(const struct ab_about *about, bool described)
{
    const struct ab_text *text = described ? about->description : NULL;
    json_t *entry = NULL;

    if (text)
        ab_json_parse(text->data, text->size, AB_JSON_DEPTH, text->size + 1, &entry, NULL);
    else
        entry = json_object();
    if (entry && about->doc && json_object_set_new(entry, "doc", json_string(about->doc)) < 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

/* ---- Changes by the program */

/* The table that it is told in comes along. NULL: there is no such thing. */
static struct ab_about *find(struct ab_service *service, enum ab_topic_kind kind, const char *name,
                             enum ab_builtin *ret_table)
{
    struct ab_function *function;
    struct ab_topic *topic;

    switch (kind) {
    case AB_TOPIC_SERVICE: *ret_table = AB_BUILTIN_DOC; return &service->about;
    case AB_TOPIC_FUNCTION:
        function = ab_service_function(service, name);
        *ret_table = AB_BUILTIN_FUNCTIONS;
        return function && !function->builtin ? &function->about : NULL;
    case AB_TOPIC_EVENT:
        topic = ab_topic_find(&service->events, name);
        *ret_table = AB_BUILTIN_EVENTS;
        return topic && topic->exists ? &topic->about : NULL;
    case AB_TOPIC_OBJECT:
        topic = ab_topic_find(&service->objects, name);
        *ret_table = AB_BUILTIN_OBJECTS;
        return topic && topic->exists && !topic->builtin ? &topic->about : NULL;
    }
    return NULL;
}

int ab_service_set_doc(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name,
                       const char *doc)
{
    struct ab_about *about;
    enum ab_builtin table;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    about = find(service, kind, name, &table);
    if (!about)
        return AB_ENOENT;
    if (ab_about_set_doc(about, doc) < 0)
        return AB_ENOMEM;
    ab_introspection_changed(service, table);
    return 0;
}

int ab_service_set_description(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name,
                               struct ab_text *description)
{
    struct ab_about *about;
    enum ab_builtin table;

    ab_engine_enter(service->engine, now);
    if (service->closed)
        return AB_ECLOSED;
    about = find(service, kind, name, &table);
    if (!about)
        return AB_ENOENT;
    if (description && description->size > service->engine->limits.description)
        return AB_ETOOLARGE;
    ab_text_unref(about->description);
    about->description = description ? ab_text_ref(description) : NULL;
    ab_introspection_changed(service, table);
    return 0;
}
