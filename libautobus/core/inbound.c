/*
 * Owns a client's connection: what may come when, and what is answered (PROTOCOL section 2, also its table of bad
 * input). Must not know how functions are carried out, nor sockets.
 *
 * Invariants: an interest is in its topic's list and in the connection's map for as long as it lives; a connection is in
 * exactly one of the lists of the unbound, of its service, and of those that leave; one that is over stays in memory
 * until the next entry.
 */
#include "core/inbound.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/introspection.h"
#include "core/request_internal.h"

#define BIND_TIME         (5 * AB_SECOND)
#define LEAVE_TIME        (1 * AB_SECOND)
#define STALL_TIME        (10 * AB_SECOND)
#define ROOM_TIME         (10 * AB_MILLISECOND)
#define PING_AFTER        (18 * AB_SECOND)
#define PING_ANSWER       (10 * AB_SECOND)
#define PING_ANSWER_AWAKE (5 * AB_SECOND)
#define PROBE_TIME        (500 * AB_MILLISECOND)

/* ---- The end of a connection */

static void end_interest(struct ab_map *map, struct ab_interest *interest)
{
    struct ab_topic *topic = interest->topic;

    ab_map_remove(map, &interest->node);
    ab_list_remove(&interest->topic_node);
    ab_list_remove(&interest->held_node);
    ab_free(interest);
    ab_topic_settle(topic);
}

static void drop_interests(struct ab_map *map)
{
    AB_MAP_EACH (each, map) {
        end_interest(map, AB_CONTAINER(each, struct ab_interest, node));
    }
    ab_map_deinit(map);
}

static void bury(struct ab_grave *grave)
{
    ab_free(AB_CONTAINER(grave, struct ab_inbound, grave));
}

static void release_service(struct ab_inbound *connection)
{
    drop_interests(&connection->listens);
    drop_interests(&connection->watches);
    connection->service = NULL;
}

static void finish(struct ab_inbound *connection, enum ab_close_mode mode)
{
    struct ab_engine *engine = connection->stream.engine;
    bool was_unbound = connection->state == AB_INBOUND_UNBOUND;

    if (connection->state == AB_INBOUND_OVER)
        return;
    connection->state = AB_INBOUND_OVER;
    ab_engine_disarm(engine, &connection->timer);
    ab_engine_disarm(engine, &connection->stall);
    ab_engine_disarm(engine, &connection->room);
    ab_list_remove(&connection->node);
    if (was_unbound) {
        engine->server.unbound_count--;
        connection->visitor->unbound--;
    }
    while (!ab_list_empty(&connection->requests))
        ab_request_abandon(ab_request_of_node(connection->requests.next));
    release_service(connection);
    ab_server_dismiss(engine, connection->visitor);
    ab_stream_close(&connection->stream, mode);
    ab_engine_bury(engine, &connection->grave, bury);
}

void ab_inbound_close(struct ab_inbound *connection, enum ab_close_mode mode)
{
    finish(connection, mode);
}

/* Nothing is awaited any more of a client that cannot or need not say more. */
void ab_inbound_answered(struct ab_inbound *connection)
{
    bool last = connection->input_ended || connection->state == AB_INBOUND_LEAVING;

    if (last && ab_list_empty(&connection->requests))
        finish(connection, AB_CLOSE_FLUSH);
}

void ab_inbound_leave(struct ab_inbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;

    connection->state = AB_INBOUND_LEAVING;
    release_service(connection);
    ab_list_remove(&connection->node);
    ab_list_append(&engine->server.closing, &connection->node);
    ab_engine_arm(engine, &connection->timer, LEAVE_TIME);
    ab_inbound_answered(connection);
}

/* ---- Output */

static void cut_off(struct ab_inbound *connection, const char *why)
{
    char host[AB_ADDRESS_HOST_TEXT];

    ab_engine_log(connection->stream.engine, AB_LOG_WARNING, "client %s:%u is cut off: %s",
                  ab_address_host_text(&connection->stream.address, host), (unsigned)connection->stream.address.port,
                  why);
    finish(connection, AB_CLOSE_NOW);
}

static void set_paused(struct ab_inbound *connection, bool paused)
{
    struct ab_engine *engine = connection->stream.engine;

    if (connection->paused == paused || !connection->stream.id)
        return;
    connection->paused = paused;
    engine->host->pause(engine->context, connection->stream.id, paused);
}

int ab_inbound_write(struct ab_inbound *connection, const struct ab_buffer *message)
{
    struct ab_engine *engine = connection->stream.engine;
    size_t waiting = ab_stream_waiting(&connection->stream);
    int r = ab_stream_write(&connection->stream, message);

    if (waiting == 0)
        connection->progressed = engine->now; /* all that came before has left */
    if (r == AB_ENOMEM)
        cut_off(connection, "out of memory");
    if (r < 0)
        return r;
    waiting = ab_stream_waiting(&connection->stream);
    if (waiting > engine->limits.output_close) {
        cut_off(connection, "it reads too slowly");
        return AB_ECLOSED;
    }
    if (waiting > engine->limits.output_pause)
        set_paused(connection, true);
    if (waiting > 0 && !connection->stall.armed)
        ab_engine_arm(engine, &connection->stall, STALL_TIME);
    return 0;
}

/* Looks rarely: a peer that reads keeps it from ever closing, one that does not is found after its time. */
static void on_stall(struct ab_timer *timer)
{
    struct ab_inbound *connection = AB_CONTAINER(timer, struct ab_inbound, stall);
    struct ab_engine *engine = connection->stream.engine;

    if (ab_stream_waiting(&connection->stream) == 0)
        return;
    if (engine->now - connection->progressed >= STALL_TIME)
        cut_off(connection, "it does not read");
    else
        ab_timer_arm(&engine->timers, timer, connection->progressed + STALL_TIME);
}

/* A response whose writer said `r`. */
static void respond(struct ab_inbound *connection, int r)
{
    if (r < 0)
        cut_off(connection, "out of memory");
    else
        ab_inbound_write(connection, &connection->stream.engine->scratch);
}

static void respond_error(struct ab_inbound *connection, const struct ab_message *message, const char *type,
                          const char *text)
{
    if (message->type != AB_MESSAGE_COMMAND || !message->id)
        return;
    respond(connection, ab_message_write_error(ab_engine_scratch(connection->stream.engine), message->id, type, text));
}

/* ---- Values */

static bool agreed(const struct ab_inbound *connection, unsigned extension)
{
    return connection->extensions & extension;
}

/* What introspection has to say may be longer than a line. */
static bool is_too_long(const struct ab_topic *topic, const struct ab_text *value)
{
    return topic->builtin && value && !ab_topic_fits(&topic->service->engine->limits, topic->name->data, value);
}

static void write_value(struct ab_inbound *connection, struct ab_topic *topic)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_text *value = topic->exists ? ab_topic_value(topic) : NULL;

    if (topic->exists && !value) {
        cut_off(connection, "out of memory");
        return;
    }
    if (is_too_long(topic, value)) {
        ab_engine_log(engine, AB_LOG_WARNING, "the value of %s is too long for a line", topic->name->data);
        return;
    }
    /* To a peer that does not know `exists`, null means gone (PROTOCOL section 2, Extensions). */
    respond(connection,
            ab_message_write_changed(ab_engine_scratch(engine), topic->name->data,
                                     value || agreed(connection, AB_EXTENSION_EXISTS) ? value : engine->null));
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
    if (!ab_list_linked(&interest->held_node))
        ab_list_append(&connection->held, &interest->held_node);
    if (!connection->room.armed)
        ab_engine_arm(engine, &connection->room, ROOM_TIME);
}

static void send_held(struct ab_inbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_list *each;

    while (connection->state == AB_INBOUND_BOUND &&
           ab_stream_waiting(&connection->stream) <= engine->limits.output_values &&
           (each = ab_list_take(&connection->held)))
        write_value(connection, AB_CONTAINER(each, struct ab_interest, held_node)->topic);
    if (connection->state == AB_INBOUND_BOUND && !ab_list_empty(&connection->held))
        ab_engine_arm(engine, &connection->room, ROOM_TIME);
}

static void on_room(struct ab_timer *timer)
{
    send_held(AB_CONTAINER(timer, struct ab_inbound, room));
}

/* ---- Commands */

static struct ab_interest *find_interest(struct ab_map *map, const char *name)
{
    struct ab_map_node *node = ab_map_find_text(map, name);

    return node ? AB_CONTAINER(node, struct ab_interest, node) : NULL;
}

/* What can never be there is not waited for either. True, and answered, if it cannot. */
static bool refuse_name(struct ab_inbound *connection, const struct ab_message *message)
{
    if (strlen(message->name) <= AB_NAME_MOST)
        return false;
    respond_error(connection, message, "too_large", "the name is too long");
    return true;
}

/* NULL, and answered, if there is no room or memory. */
static struct ab_interest *add_interest(struct ab_inbound *connection, struct ab_map *map, struct ab_topic *topic,
                                        const struct ab_message *message)
{
    struct ab_interest *interest;

    if (!topic) {
        cut_off(connection, "out of memory");
        return NULL;
    }
    if (connection->listens.count + connection->watches.count >= connection->stream.engine->limits.watches) {
        ab_topic_settle(topic);
        respond_error(connection, message, "too_large", "too much is watched and listened to on this connection");
        return NULL;
    }
    interest = ab_calloc(1, sizeof(*interest));
    if (!interest) {
        ab_topic_settle(topic);
        cut_off(connection, "out of memory");
        return NULL;
    }
    interest->connection = connection;
    interest->topic = topic;
    ab_list_init(&interest->held_node);
    ab_list_append(&topic->interests, &interest->topic_node);
    ab_map_insert(map, &interest->node, topic->name->data, topic->name->size);
    return interest;
}

static void on_watch(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_topic *topic;
    struct ab_text *value;

    if (find_interest(&connection->watches, message->name)) {
        respond_error(connection, message, "already_watching", "the object is being watched already");
        return;
    }
    if (refuse_name(connection, message))
        return;
    topic = ab_topic_get(connection->service, &connection->service->objects, message->name);
    if (!add_interest(connection, &connection->watches, topic, message))
        return;
    value = topic->exists ? ab_topic_value(topic) : NULL;
    if (topic->exists && !value) {
        cut_off(connection, "out of memory");
        return;
    }
    if (is_too_long(topic, value)) {
        end_interest(&connection->watches, find_interest(&connection->watches, message->name));
        respond_error(connection, message, "too_large", "the value is too long for a line");
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND)
        respond(connection, ab_message_write_value(ab_engine_scratch(connection->stream.engine), message->id,
                                                   message->name, value));
    /* Legacy clients listen for `changed` alone, and who sends a notice gets no response. */
    if (connection->state == AB_INBOUND_BOUND &&
        (message->type == AB_MESSAGE_NOTICE || !agreed(connection, AB_EXTENSION_EXISTS)))
        write_value(connection, topic);
}

static void on_unwatch(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_interest *interest = find_interest(&connection->watches, message->name);

    if (!interest) {
        respond_error(connection, message, "not_watching", "the object is not being watched");
        return;
    }
    end_interest(&connection->watches, interest);
    if (message->type == AB_MESSAGE_COMMAND)
        respond(connection,
                ab_message_write_value(ab_engine_scratch(engine), message->id, message->name, engine->null));
    if (connection->state == AB_INBOUND_BOUND && !agreed(connection, AB_EXTENSION_EXISTS))
        respond(connection, ab_message_write_changed(ab_engine_scratch(engine), message->name, engine->null));
}

static void on_listen(struct ab_inbound *connection, const struct ab_message *message)
{
    if (find_interest(&connection->listens, message->name)) {
        respond_error(connection, message, "already_listening", "the event is being listened to already");
        return;
    }
    if (refuse_name(connection, message))
        return;
    if (add_interest(connection, &connection->listens,
                     ab_topic_get(connection->service, &connection->service->events, message->name), message) &&
        message->type == AB_MESSAGE_COMMAND)
        respond(connection, ab_message_write_named_response(ab_engine_scratch(connection->stream.engine), message->id,
                                                            message->name));
}

static void on_unlisten(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_interest *interest = find_interest(&connection->listens, message->name);

    if (!interest) {
        respond_error(connection, message, "not_listening", "the event is not being listened to");
        return;
    }
    end_interest(&connection->listens, interest);
    if (message->type == AB_MESSAGE_COMMAND)
        respond(connection, ab_message_write_named_response(ab_engine_scratch(connection->stream.engine), message->id,
                                                            message->name));
}

static void respond_result(struct ab_inbound *connection, const struct ab_message *message, struct ab_text *result)
{
    if (message->type == AB_MESSAGE_COMMAND)
        respond(connection,
                result ? ab_message_write_result(ab_engine_scratch(connection->stream.engine), message->id, result)
                       : AB_ENOMEM);
}

/* What is long is not made anew for each who asks, and is refused where the client could not read it. */
static void on_details(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_topic *topic = ab_topic_get(connection->service, &connection->service->objects, AB_DETAILS_OBJECT);
    struct ab_text *value = topic ? ab_topic_value(topic) : NULL;

    if (topic && is_too_long(topic, value))
        respond_error(connection, message, "too_large", "there are too many services for one line");
    else
        respond_result(connection, message, value);
}

static void on_call(struct ab_inbound *connection, struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_function *function = ab_service_function(connection->service, message->name);

    if (!function) {
        respond_error(connection, message, "no_such_function", "there is no function of that name");
        return;
    }
    if (function->details) {
        on_details(connection, message);
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND && connection->request_count >= engine->limits.calls) {
        respond_error(connection, message, "busy", "too many calls are in progress on this connection");
        return;
    }
    if (ab_request_start(connection, function, message) < 0)
        cut_off(connection, "out of memory");
    else if (function->mode == AB_FUNCTION_ASYNC)
        respond_result(connection, message, engine->null);
}

static void on_bound_command(struct ab_inbound *connection, struct ab_message *message)
{
    switch (message->command) {
    case AB_COMMAND_BIND: respond_error(connection, message, "already_bound", "the connection is bound already"); break;
    case AB_COMMAND_CALL: on_call(connection, message); break;
    case AB_COMMAND_WATCH: on_watch(connection, message); break;
    case AB_COMMAND_UNWATCH: on_unwatch(connection, message); break;
    case AB_COMMAND_LISTEN: on_listen(connection, message); break;
    case AB_COMMAND_UNLISTEN: on_unlisten(connection, message); break;
    case AB_COMMAND_PING:
        if (message->type == AB_MESSAGE_COMMAND)
            respond(connection, ab_message_write_empty(ab_engine_scratch(connection->stream.engine), message->id));
        break;
    default: respond_error(connection, message, "no_such_command", "there is no such command"); break;
    }
}

/* ---- Binding */

static void refuse(struct ab_inbound *connection, const struct ab_message *message, const char *type, const char *text)
{
    respond_error(connection, message, type, text);
    finish(connection, AB_CLOSE_FLUSH);
}

static void on_bind(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_service *service = ab_server_find(engine, message->name);

    if (!service) {
        refuse(connection, message, "no_such_service", "there is no service of that id here");
        return;
    }
    engine->server.unbound_count--;
    connection->visitor->unbound--;
    connection->state = AB_INBOUND_BOUND;
    connection->service = service;
    connection->extensions = message->extensions & AB_EXTENSIONS_OURS;
    ab_list_remove(&connection->node);
    ab_list_append(&service->connections, &connection->node);
    ab_engine_disarm(engine, &connection->timer);
    if (agreed(connection, AB_EXTENSION_PING))
        ab_engine_arm(engine, &connection->timer, PING_AFTER);
    if (message->type == AB_MESSAGE_COMMAND)
        respond(connection, ab_message_write_bound(ab_engine_scratch(engine), message->id, service->id->data,
                                                   connection->extensions));
}

static void on_unbound(struct ab_inbound *connection, const struct ab_message *message)
{
    bool command = message->type == AB_MESSAGE_COMMAND;

    if (message->problem)
        refuse(connection, message, message->problem == AB_ETOOLARGE ? "too_large" : "bad_message", message->reason);
    else if (message->command == AB_COMMAND_BIND && message->type != AB_MESSAGE_RESPONSE)
        on_bind(connection, message);
    else if (command)
        refuse(connection, message, "not_bound", "bind to a service first");
    else
        finish(connection, AB_CLOSE_FLUSH);
}

/* ---- What the stream tells */

/* PROTOCOL section 2, bad input. */
static void on_problem(struct ab_inbound *connection, const struct ab_message *message)
{
    if (message->problem == AB_ETOOLARGE) {
        respond_error(connection, message, "too_large", message->reason);
        finish(connection, AB_CLOSE_FLUSH);
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND && message->id)
        respond_error(connection, message, "bad_message", message->reason);
    else if (++connection->bad_lines >= connection->stream.engine->limits.bad_lines)
        cut_off(connection, "it sends lines that are no messages");
}

static void on_message(struct ab_stream *stream, struct ab_message *message)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    connection->heard = stream->engine->now;
    connection->pinged = -1;
    if (connection->state == AB_INBOUND_UNBOUND)
        on_unbound(connection, message);
    else if (connection->state == AB_INBOUND_LEAVING)
        respond_error(connection, message, "no_such_service", "the service is closed");
    else if (message->problem)
        on_problem(connection, message);
    else if (message->type != AB_MESSAGE_RESPONSE)
        on_bound_command(connection, message);
}

/* A client that said its last may still wait for answers, or be gone, which looks the same. A blank line tells, since all
 * ignore it (PROTOCOL section 2): a system whose program is gone resets the connection, and the next one finds that. */
static void probe(struct ab_inbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_buffer *line = ab_engine_scratch(engine);

    ab_engine_arm(engine, &connection->timer, PROBE_TIME);
    if (ab_buffer_append(line, "\r\n", 2) == 0)
        ab_inbound_write(connection, line);
}

static void on_input_ended(struct ab_stream *stream)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    connection->input_ended = true;
    ab_inbound_answered(connection);
    if (connection->state == AB_INBOUND_BOUND)
        ab_engine_arm(stream->engine, &connection->timer, PROBE_TIME);
}

static void on_progress(struct ab_stream *stream)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    connection->progressed = stream->engine->now;
    if (ab_stream_waiting(stream) <= stream->engine->limits.output_pause / 2)
        set_paused(connection, false);
    send_held(connection);
}

static void on_closed(struct ab_stream *stream, int reason)
{
    (void)reason;
    finish(AB_CONTAINER(stream, struct ab_inbound, stream), AB_CLOSE_NOW);
}

static void on_connected(struct ab_stream *stream)
{
    (void)stream; /* it came connected */
}

/* ---- Silence */

static void ping(struct ab_inbound *connection, ab_time patience)
{
    struct ab_engine *engine = connection->stream.engine;

    connection->pinged = engine->now;
    connection->woken = false;
    respond(connection, ab_message_write_ping(ab_engine_scratch(engine), ++connection->last_id));
    if (connection->state == AB_INBOUND_BOUND)
        ab_engine_arm(engine, &connection->timer, patience);
}

static void on_timer(struct ab_timer *timer)
{
    struct ab_inbound *connection = AB_CONTAINER(timer, struct ab_inbound, timer);
    struct ab_engine *engine = connection->stream.engine;

    if (connection->state == AB_INBOUND_UNBOUND)
        cut_off(connection, "it did not bind");
    else if (connection->state == AB_INBOUND_LEAVING)
        finish(connection, AB_CLOSE_FLUSH);
    else if (connection->input_ended)
        probe(connection);
    else if (connection->woken)
        ping(connection, PING_ANSWER_AWAKE);
    else if (connection->pinged >= 0)
        cut_off(connection, "it does not answer");
    else if (engine->now - connection->heard >= PING_AFTER)
        ping(connection, PING_ANSWER);
    else
        ab_timer_arm(&engine->timers, timer, connection->heard + PING_AFTER);
}

static void on_woke(struct ab_stream *stream)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    if (connection->state != AB_INBOUND_BOUND || connection->input_ended || !agreed(connection, AB_EXTENSION_PING))
        return;
    connection->woken = true;
    ab_engine_arm(stream->engine, &connection->timer, 0);
}

static const struct ab_stream_ops stream_ops = {
    .connected = on_connected,
    .message = on_message,
    .input_ended = on_input_ended,
    .progress = on_progress,
    .closed = on_closed,
    .woke = on_woke,
};

void ab_engine_accepted(struct ab_engine *engine, ab_time now, ab_stream_id stream, const struct ab_address *peer)
{
    struct ab_inbound *connection;
    struct ab_visitor *visitor;

    ab_engine_enter(engine, now);
    visitor = engine->closing ? NULL : ab_server_admit(engine, peer);
    connection = visitor ? ab_calloc(1, sizeof(*connection)) : NULL;
    if (!connection) {
        if (visitor)
            ab_server_dismiss(engine, visitor);
        engine->host->close(engine->context, stream, AB_CLOSE_NOW);
        return;
    }
    ab_stream_init(&connection->stream, engine, &stream_ops, stream, peer);
    connection->visitor = visitor;
    connection->heard = engine->now;
    connection->pinged = -1;
    ab_list_init(&connection->requests);
    ab_list_init(&connection->held);
    ab_map_init(&connection->listens, ab_random_next(&engine->random));
    ab_map_init(&connection->watches, ab_random_next(&engine->random));
    ab_timer_init(&connection->timer, on_timer);
    ab_timer_init(&connection->stall, on_stall);
    ab_timer_init(&connection->room, on_room);
    ab_engine_arm(engine, &connection->timer, BIND_TIME);
    ab_server_unbound(engine, connection);
}
