/*
 * Owns the life of a topic and the walk over those who are interested in it. Must not know what is published of a
 * service, nor what a line says.
 *
 * Invariant: a topic is in its table while it exists, somebody is interested or wants to know whether anybody is, or its
 * interests are walked.
 */
#include "core/topic.h"

#include <string.h>

#include "base/memory.h"
#include "core/inbound.h"
#include "core/introspection.h"

struct ab_topic *ab_topic_find(const struct ab_map *table, const char *name)
{
    struct ab_map_node *node = ab_map_find_text(table, name);

    return node ? AB_CONTAINER(node, struct ab_topic, node) : NULL;
}

struct ab_topic *ab_topic_get(struct ab_service *service, struct ab_map *table, const char *name)
{
    struct ab_topic *topic = ab_topic_find(table, name);

    if (topic)
        return topic;
    topic = ab_calloc(1, sizeof(*topic));
    if (!topic)
        return NULL;
    topic->name = ab_text_new(name, strlen(name));
    if (!topic->name) {
        ab_free(topic);
        return NULL;
    }
    topic->table = table;
    topic->service = service;
    ab_list_init(&topic->interests);
    ab_list_init(&topic->audiences);
    ab_map_insert(table, &topic->node, topic->name->data, topic->name->size);
    return topic;
}

void ab_topic_free(struct ab_topic *topic)
{
    ab_map_remove(topic->table, &topic->node);
    ab_text_unref(topic->name);
    ab_text_unref(topic->value);
    ab_about_deinit(&topic->about);
    ab_free(topic);
}

void ab_topic_settle(struct ab_topic *topic)
{
    if (!topic->exists && !topic->walking && ab_list_empty(&topic->interests) && ab_list_empty(&topic->audiences))
        ab_topic_free(topic);
}

struct ab_text *ab_topic_value(struct ab_topic *topic)
{
    if (!topic->value && topic->builtin)
        topic->value = ab_introspection_value(topic->service, topic->builtin);
    return topic->value;
}

/* Room for the name fully escaped and for the longest envelope, that of a response with its id. */
bool ab_topic_fits(const struct ab_limits *limits, const char *name, const struct ab_text *value)
{
    return value->size + 6 * strlen(name) + limits->id_bytes + 64 <= limits->line;
}

/* A connection that is cut off meanwhile takes its interests along, so a walk begins at a list moved aside. */
static struct ab_interest *take(struct ab_topic *topic, struct ab_list *rest)
{
    struct ab_list *each = ab_list_take(rest);

    if (!each)
        return NULL;
    ab_list_append(&topic->interests, each);
    return AB_CONTAINER(each, struct ab_interest, topic_node);
}

/* `cause`: who may not see that service is not told; NULL: none. `far`: others than this machine are told too. */
static void tell_value(struct ab_topic *topic, const struct ab_service *cause, bool far)
{
    struct ab_interest *each;
    struct ab_list rest;

    ab_list_init(&rest);
    ab_list_splice(&rest, &topic->interests);
    topic->walking = true;
    while ((each = take(topic, &rest))) {
        if ((far || each->connection->local) &&
            (!cause || ab_access_permits(cause, each->connection, AB_ACCESS_BIND, NULL)))
            ab_interest_send_value(each);
    }
    topic->walking = false;
}

void ab_topic_changed(struct ab_topic *topic)
{
    tell_value(topic, NULL, true);
}

void ab_topic_changed_by(struct ab_topic *topic, const struct ab_service *cause)
{
    tell_value(topic, cause, true);
}

void ab_topic_changed_here(struct ab_topic *topic)
{
    tell_value(topic, NULL, false);
}

void ab_topic_send(struct ab_topic *topic, struct ab_text *lines, size_t count)
{
    struct ab_interest *each;
    struct ab_list rest;

    ab_list_init(&rest);
    ab_list_splice(&rest, &topic->interests);
    topic->walking = true;
    while ((each = take(topic, &rest)))
        ab_inbound_share(each->connection, lines, count);
    topic->walking = false;
}
