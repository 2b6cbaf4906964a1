/*
 * Owns what clients listen to and watch, and the values that wait for room. Must not know how
 * a topic comes and goes, nor what else is said on a connection.
 *
 * Invariant: an interest is in its topic's list and in the connection's map for as long as it lives.
 */
#include "core/interest.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/audience.h"
#include "core/inbound.h"
#include "core/introspection.h"

static void end(struct ab_map *map, struct ab_interest *interest)
{
    struct ab_topic *topic = interest->topic;

    ab_map_remove(map, &interest->node);
    ab_list_remove(&interest->topic_node);
    ab_list_remove(&interest->held_node);
    ab_free(interest);
    topic->interested--;
    ab_audiences_review(topic);
    ab_topic_settle(topic);
}

static void drop_all(struct ab_map *map)
{
    AB_MAP_EACH (each, map) {
        end(map, AB_CONTAINER(each, struct ab_interest, node));
    }
    ab_map_deinit(map);
}

void ab_interest_drop_all(struct ab_inbound *connection)
{
    if (!connection->interests)
        return;
    drop_all(&connection->interests->listens);
    drop_all(&connection->interests->watches);
    ab_free(connection->interests);
    connection->interests = NULL;
}

static struct ab_map *watches_of(const struct ab_inbound *connection)
{
    return connection->interests ? &connection->interests->watches : NULL;
}

static struct ab_map *listens_of(const struct ab_inbound *connection)
{
    return connection->interests ? &connection->interests->listens : NULL;
}

static bool make_interests(struct ab_inbound *connection)
{
    struct ab_random *random = &connection->stream.engine->random;
    struct ab_interests *interests = connection->interests ? connection->interests : ab_malloc(sizeof(*interests));

    if (!interests || connection->interests)
        return interests;
    ab_map_init(&interests->listens, ab_random_next(random));
    ab_map_init(&interests->watches, ab_random_next(random));
    ab_list_init(&interests->held);
    connection->interests = interests;
    return true;
}

/* ---- Values */

/* What introspection has to say may be longer than a line. */
static bool is_too_long(const struct ab_topic *topic, const struct ab_text *value)
{
    return topic->builtin && value && !ab_topic_fits(&topic->service->engine->limits, topic->name->data, value);
}

static void write_value(struct ab_inbound *connection, struct ab_topic *topic)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_text *value = topic->exists ? ab_introspection_shown(topic, connection) : NULL;

    if (topic->exists && !value) {
        ab_inbound_cut_off(connection, "out of memory");
        return;
    }
    if (is_too_long(topic, value)) {
        ab_engine_complain(engine, &engine->server.lengths, "the value of %s is too long for a line",
                           topic->name->data);
        ab_text_unref(value);
        return;
    }
    engine->counters.values_sent++;
    /* To a peer that does not know `exists`, null means gone (PROTOCOL section 2, Extensions). */
    ab_inbound_respond(
        connection,
        ab_message_write_changed(ab_engine_scratch(engine), topic->name->data,
                                 value || ab_inbound_agreed(connection, AB_EXTENSION_EXISTS) ? value : engine->null));
    ab_text_unref(value);
}

void ab_interest_send_value(struct ab_interest *interest)
{
    struct ab_inbound *connection = interest->connection;
    struct ab_engine *engine = connection->stream.engine;

    if (ab_stream_waiting(&connection->stream) <= engine->limits.output_values) {
        ab_list_remove(&interest->held_node); /* what was held is older */
        write_value(connection, interest->topic);
        return;
    }
    if (ab_list_linked(&interest->held_node))
        engine->counters.values_merged++;
    else
        ab_list_append(&connection->interests->held,
                       &interest->held_node); /* the host tells of progress, since much waits */
}

void ab_interest_send_held(struct ab_inbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_list *each;

    while (connection->state == AB_INBOUND_BOUND && connection->interests &&
           ab_stream_waiting(&connection->stream) <= engine->limits.output_values &&
           (each = ab_list_take(&connection->interests->held)))
        write_value(connection, AB_CONTAINER(each, struct ab_interest, held_node)->topic);
}

/* ---- What clients ask */

static struct ab_interest *find(const struct ab_map *map, const char *name)
{
    struct ab_map_node *node = map ? ab_map_find_text(map, name) : NULL;

    return node ? AB_CONTAINER(node, struct ab_interest, node) : NULL;
}

/* What can never be there is not waited for either. True, and answered, if it cannot. */
static bool refuse_name(struct ab_inbound *connection, const struct ab_message *message)
{
    if (strlen(message->name) <= AB_NAME_MOST)
        return false;
    ab_inbound_respond_error(connection, message, "too_large", "the name is too long");
    return true;
}

/* NULL, and answered, if there is no room or memory. */
static struct ab_interest *add(struct ab_inbound *connection, bool watch, struct ab_topic *topic,
                               const struct ab_message *message)
{
    struct ab_interests *interests;
    struct ab_interest *interest;

    if (!topic || !make_interests(connection)) {
        if (topic)
            ab_topic_settle(topic);
        ab_inbound_cut_off(connection, "out of memory");
        return NULL;
    }
    interests = connection->interests;
    if (interests->listens.count + interests->watches.count >= connection->stream.engine->limits.watches) {
        ab_topic_settle(topic);
        ab_inbound_respond_error(connection, message, "too_large",
                                 "too much is watched and listened to on this connection");
        return NULL;
    }
    interest = ab_calloc(1, sizeof(*interest));
    if (!interest) {
        ab_topic_settle(topic);
        ab_inbound_cut_off(connection, "out of memory");
        return NULL;
    }
    interest->connection = connection;
    interest->topic = topic;
    ab_list_init(&interest->held_node);
    ab_list_append(&topic->interests, &interest->topic_node);
    topic->interested++;
    ab_audiences_review(topic);
    ab_map_insert(watch ? &interests->watches : &interests->listens, &interest->node, topic->name->data,
                  topic->name->size);
    return interest;
}

AB_COLD void ab_interest_watch(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_topic *topic;
    struct ab_text *value;

    if (ab_inbound_denies(connection, message, AB_ACCESS_WATCH))
        return;
    if (find(watches_of(connection), message->name)) {
        ab_inbound_respond_error(connection, message, "already_watching", "the object is being watched already");
        return;
    }
    if (refuse_name(connection, message))
        return;
    topic = ab_topic_get(connection->service, &connection->service->objects, message->name);
    if (!add(connection, true, topic, message))
        return;
    value = topic->exists ? ab_introspection_shown(topic, connection) : NULL;
    if (topic->exists && !value) {
        ab_inbound_cut_off(connection, "out of memory");
        return;
    }
    if (is_too_long(topic, value)) {
        ab_text_unref(value);
        end(watches_of(connection), find(watches_of(connection), message->name));
        ab_inbound_respond_error(connection, message, "too_large", "the value is too long for a line");
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection, ab_message_write_value(ab_engine_scratch(connection->stream.engine), message->id,
                                                              message->name, value));
    ab_text_unref(value);
    /* Legacy clients listen for `changed` alone, and who sends a notice gets no response. */
    if (connection->state == AB_INBOUND_BOUND &&
        (message->type == AB_MESSAGE_NOTICE || !ab_inbound_agreed(connection, AB_EXTENSION_EXISTS)))
        write_value(connection, topic);
}

AB_COLD void ab_interest_unwatch(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_interest *interest = find(watches_of(connection), message->name);

    if (!interest) {
        ab_inbound_respond_error(connection, message, "not_watching", "the object is not being watched");
        return;
    }
    end(watches_of(connection), interest);
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection,
                           ab_message_write_value(ab_engine_scratch(engine), message->id, message->name, engine->null));
    if (connection->state == AB_INBOUND_BOUND && !ab_inbound_agreed(connection, AB_EXTENSION_EXISTS))
        ab_inbound_respond(connection,
                           ab_message_write_changed(ab_engine_scratch(engine), message->name, engine->null));
}

AB_COLD void ab_interest_listen(struct ab_inbound *connection, const struct ab_message *message)
{
    if (ab_inbound_denies(connection, message, AB_ACCESS_LISTEN))
        return;
    if (find(listens_of(connection), message->name)) {
        ab_inbound_respond_error(connection, message, "already_listening", "the event is being listened to already");
        return;
    }
    if (refuse_name(connection, message))
        return;
    if (add(connection, false, ab_topic_get(connection->service, &connection->service->events, message->name),
            message) &&
        message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection, ab_message_write_named_response(ab_engine_scratch(connection->stream.engine),
                                                                       message->id, message->name));
}

AB_COLD void ab_interest_unlisten(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_interest *interest = find(listens_of(connection), message->name);

    if (!interest) {
        ab_inbound_respond_error(connection, message, "not_listening", "the event is not being listened to");
        return;
    }
    end(listens_of(connection), interest);
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection, ab_message_write_named_response(ab_engine_scratch(connection->stream.engine),
                                                                       message->id, message->name));
}
