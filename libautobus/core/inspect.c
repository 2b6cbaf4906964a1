/*
 * Owns what the program reads back of its own service: what there is, values, and who is interested. Must not change any
 * of it.
 */
#include "base/error.h"
#include "core/inbound.h"
#include "core/introspection.h"
#include "core/service_internal.h"

int ab_service_has(struct ab_service *service, enum ab_topic_kind kind, const char *name)
{
    const struct ab_topic *topic;

    if (service->closed)
        return AB_ECLOSED;
    if (kind == AB_TOPIC_FUNCTION)
        return ab_service_function(service, name) ? 0 : AB_ENOENT;
    topic = ab_topic_find(kind == AB_TOPIC_EVENT ? &service->events : &service->objects, name);
    return topic && topic->exists ? 0 : AB_ENOENT;
}

int ab_service_get(struct ab_service *service, const char *object, struct ab_text **ret_value)
{
    struct ab_topic *topic;
    struct ab_text *value;

    if (service->closed)
        return AB_ECLOSED;
    topic = ab_topic_find(&service->objects, object);
    if (!topic || !topic->exists)
        return AB_ENOENT;
    value = ab_topic_value(topic);
    if (!value)
        return AB_ENOMEM;
    *ret_value = ab_text_ref(value);
    return 0;
}

int ab_service_list(struct ab_service *service, enum ab_topic_kind kind, json_t **ret_list)
{
    json_t *list;

    if (service->closed)
        return AB_ECLOSED;
    list = ab_introspection_list(service, kind);
    if (!list)
        return AB_ENOMEM;
    *ret_list = list;
    return 0;
}

/* ---- Who is interested */

static json_t *peer_of(const struct ab_inbound *connection)
{
    const struct ab_address *address = &connection->stream.address;
    char host[AB_ADDRESS_HOST_TEXT];
    json_t *peer = json_object();

    if (json_object_set_new(peer, "host", json_string(ab_address_host_text(address, host))) == 0 &&
        json_object_set_new(peer, "port", json_integer(address->port)) == 0 &&
        json_object_set_new(peer, "local", json_boolean(connection->local)) == 0)
        return peer;
    json_decref(peer);
    return NULL;
}

static json_t *peers_of(const struct ab_topic *topic)
{
    json_t *peers = json_array();

    if (!topic)
        return peers;
    AB_LIST_EACH (each, &topic->interests) {
        const struct ab_interest *interest = AB_CONTAINER(each, struct ab_interest, topic_node);

        if (json_array_append_new(peers, peer_of(interest->connection)) < 0) {
            json_decref(peers);
            return NULL;
        }
    }
    return peers;
}

int ab_service_peers(struct ab_service *service, enum ab_topic_kind kind, const char *name, json_t **ret_peers)
{
    json_t *peers;

    if (service->closed)
        return AB_ECLOSED;
    peers = peers_of(ab_topic_find(kind == AB_TOPIC_EVENT ? &service->events : &service->objects, name));
    if (!peers)
        return AB_ENOMEM;
    *ret_peers = peers;
    return 0;
}
