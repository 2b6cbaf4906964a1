/*
 * Owns how a service's connections are told to its program, and closed by it. Must not know what is said on them.
 */
#include "base/error.h"
#include "core/inbound.h"
#include "core/service.h"

/* The names of what is watched or listened to; NULL: of nothing. */
static json_t *names(const struct ab_map *interests)
{
    json_t *array = json_array();

    if (!interests)
        return array;
    AB_MAP_EACH (each, interests) {
        const struct ab_interest *interest = AB_CONTAINER(each, struct ab_interest, node);

        if (json_array_append_new(array, json_string(interest->topic->name->data)) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *entry(const struct ab_inbound *connection)
{
    struct ab_peer peer = ab_inbound_peer(connection);
    ab_time now = connection->stream.engine->now;
    char host[AB_ADDRESS_HOST_TEXT];

    return json_pack("{s:I, s:s, s:i, s:b, s:I, s:I, s:i, s:o, s:o, s:I}", "connection", (json_int_t)peer.connection,
                     "host", ab_address_host_text(&peer.address, host), "port", (int)peer.address.port, "local",
                     (int)peer.local, "age_ms", (json_int_t)((now - connection->bound) / AB_MILLISECOND), "silence_ms",
                     (json_int_t)((now - connection->heard) / AB_MILLISECOND), "calls", (int)connection->request_count,
                     "watches", names(connection->interests ? &connection->interests->watches : NULL), "listens",
                     names(connection->interests ? &connection->interests->listens : NULL), "waiting",
                     (json_int_t)ab_stream_waiting(&connection->stream));
}

json_t *ab_service_connections(struct ab_service *service, ab_time now)
{
    json_t *all = json_array();

    ab_engine_enter(service->engine, now);
    AB_LIST_EACH (each, &service->connections) {
        if (json_array_append_new(all, entry(AB_CONTAINER(each, struct ab_inbound, node))) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

int ab_service_disconnect(struct ab_service *service, ab_time now, uint64_t number)
{
    ab_engine_enter(service->engine, now);
    AB_LIST_EACH (each, &service->connections) {
        struct ab_inbound *connection = AB_CONTAINER(each, struct ab_inbound, node);

        if (connection->stream.id.number == number) {
            ab_inbound_close(connection, AB_CLOSE_FLUSH);
            return 0;
        }
    }
    return AB_ENOENT;
}
