/*
 * Owns a client's connection until its owner or its end closes it. Must not know calls, watches or proxies.
 *
 * Invariant: the owner hears exactly one of lost and its own close, and nothing after it. A connection that is over stays
 * in memory until the entry's notices are taken, because its owner may be on the stack.
 */
#include "core/outbound.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/access.h"
#include "core/explain.h"
#include "wire/packet.h"

#define BIND_TIME           (10 * AB_SECOND)
#define PING_AFTER          (15 * AB_SECOND)
#define PING_ANSWER         (10 * AB_SECOND)
#define PING_ANSWER_DOUBTED (5 * AB_SECOND)

static void bury(struct ab_grave *grave)
{
    struct ab_outbound *connection = AB_CONTAINER(grave, struct ab_outbound, grave);

    ab_text_unref(connection->service);
    ab_free(connection);
}

static void finish(struct ab_outbound *connection, enum ab_close_mode mode)
{
    struct ab_engine *engine = connection->stream.engine;

    connection->state = AB_OUTBOUND_OVER;
    engine->counters.outbound_now--;
    ab_engine_disarm(engine, &connection->timer);
    ab_list_remove(&connection->route_node);
    ab_list_remove(&connection->leaving_node);
    connection->route = NULL;
    ab_stream_close(&connection->stream, mode);
    ab_engine_bury(engine, &connection->grave, bury);
}

void ab_outbound_close(struct ab_outbound *connection, enum ab_close_mode mode)
{
    if (connection && connection->state != AB_OUTBOUND_OVER)
        finish(connection, mode);
}

static AB_COLD void lose(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    if (connection->state == AB_OUTBOUND_OVER)
        return;
    connection->stream.engine->counters.outbound_lost++;
    ab_experience_failed(connection, loss->code);
    finish(connection, AB_CLOSE_NOW);
    connection->ops->lost(connection, loss);
}

AB_COLD void ab_outbound_fail(struct ab_outbound *connection, int code, const char *text)
{
    lose(connection, &(struct ab_outbound_loss){code, NULL, text});
}

const char *ab_outbound_service(const struct ab_outbound *connection)
{
    return connection->service ? connection->service->data : "null";
}

uint64_t ab_outbound_next_id(struct ab_outbound *connection)
{
    return ++connection->last_id;
}

static void doom(struct ab_outbound *connection, int code)
{
    if (connection->state == AB_OUTBOUND_OVER || connection->doomed)
        return;
    connection->doomed = code;
    ab_engine_arm(connection->stream.engine, &connection->timer, 0);
}

void ab_outbound_doom(struct ab_outbound *connection)
{
    doom(connection, AB_ENOMEM);
}

/* A connection that could not take a message is of no use. */
int ab_outbound_write(struct ab_outbound *connection, const struct ab_buffer *message)
{
    int r = ab_stream_write(&connection->stream, message);

    if (r == AB_ENOMEM)
        ab_outbound_doom(connection);
    return r;
}

/* What a peer asks for and does not read would make the output grow without end (autobus(7), LIMITS). */
static void respond(struct ab_outbound *connection, const struct ab_buffer *message)
{
    if (ab_stream_waiting(&connection->stream) > connection->stream.engine->limits.output_close)
        doom(connection, AB_EDISCONNECTED);
    else
        ab_outbound_write(connection, message);
}

AB_COLD void ab_outbound_acknowledge(struct ab_outbound *connection, const struct ab_message *message)
{
    struct ab_buffer *out = ab_engine_scratch(connection->stream.engine);

    if (message->type == AB_MESSAGE_COMMAND && ab_message_write_empty(out, message->id) == 0)
        respond(connection, out);
}

void ab_outbound_refuse(struct ab_outbound *connection, const struct ab_message *message)
{
    struct ab_buffer *out = ab_engine_scratch(connection->stream.engine);

    if (message->type == AB_MESSAGE_COMMAND &&
        ab_message_write_error(out, message->id, "no_such_command", "there is no such command") == 0)
        respond(connection, out);
}

/* ---- Round trips */

static uint64_t ask(struct ab_outbound *connection)
{
    connection->asked = connection->stream.engine->now;
    connection->asked_id = ab_outbound_next_id(connection);
    return connection->asked_id;
}

static void measure(struct ab_outbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;

    connection->asked_id = 0;
    ab_spread_add(&engine->counters.round_trip, engine->now - connection->asked);
    ab_experience_measured(connection, engine->now - connection->asked);
}

static bool answers_ping(const struct ab_outbound *connection, const struct ab_message *message)
{
    uint64_t id;

    return connection->asked_id && message->type == AB_MESSAGE_RESPONSE && ab_message_own_id(message->id, &id) &&
           id == connection->asked_id;
}

/* ---- Binding */

bool ab_outbound_denied(const struct ab_outbound_loss *loss)
{
    return loss->code == AB_EREMOTE && loss->type && strcmp(loss->type, AB_ACCESS_DENIED) == 0;
}

void ab_outbound_bind(struct ab_outbound *connection)
{
    struct ab_buffer *out = ab_engine_scratch(connection->stream.engine);
    const char *service = connection->service ? connection->service->data : NULL;

    connection->state = AB_OUTBOUND_BINDING;
    if (ab_message_write_bind(out, ask(connection), service, AB_EXTENSIONS_OURS) < 0 ||
        ab_outbound_write(connection, out) < 0)
        ab_outbound_fail(connection, AB_ENOMEM, "out of memory");
}

/* Some implementations know no bind to null (PROTOCOL section 2), and what they say to it would mislead. */
static const char *refusal(const struct ab_outbound *connection, const char *text)
{
    return connection->service ? text : "the peer does not bind to null: a service of it must be named by its id";
}

/* Who bound to null learns now to what. */
static int learn_service(struct ab_outbound *connection, const struct ab_message *message)
{
    size_t size = message->name ? strlen(message->name) : 0;

    if (connection->service)
        return 0;
    if (size == 0 || size > AB_SERVICE_MOST)
        return AB_EPROTOCOL;
    connection->service = ab_text_new(message->name, size);
    return connection->service ? 0 : AB_ENOMEM;
}

/* The first line that comes back is the bind's response, whatever its id (PROTOCOL section 2). */
static AB_COLD void bind_answered(struct ab_outbound *connection, struct ab_message *message)
{
    int r;

    if (message->type != AB_MESSAGE_RESPONSE) {
        ab_outbound_fail(connection, AB_EPROTOCOL, "the peer did not answer bind");
        return;
    }
    if (message->failed) {
        const char *text = message->error_text ? message->error_text : "the peer refused to bind";

        lose(connection, &(struct ab_outbound_loss){AB_EREMOTE, message->error_type, refusal(connection, text)});
        return;
    }
    r = learn_service(connection, message);
    if (r < 0) {
        ab_outbound_fail(connection, r, r == AB_ENOMEM ? "out of memory" : "the peer did not say what it bound");
        return;
    }
    connection->state = AB_OUTBOUND_BOUND;
    connection->stream.engine->counters.outbound_bound++;
    measure(connection);
    connection->extensions = message->extensions & AB_EXTENSIONS_OURS;
    if (!connection->doomed)
        ab_engine_arm(connection->stream.engine, &connection->timer, PING_AFTER);
    ab_route_attach(connection);
    ab_experience_bound(connection);
    connection->ops->bound(connection);
}

/* ---- Silence */

static void ping(struct ab_outbound *connection, ab_time patience)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_buffer *out = ab_engine_scratch(engine);

    if (ab_message_write_ping(out, ask(connection)) < 0 || ab_outbound_write(connection, out) < 0) {
        ab_outbound_fail(connection, AB_ENOMEM, "out of memory");
        return;
    }
    connection->pinged = true;
    connection->doubted = false;
    ab_engine_arm(engine, &connection->timer, patience);
}

static void silence(struct ab_outbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;

    if (connection->doubted)
        ping(connection, PING_ANSWER_DOUBTED);
    else if (connection->pinged)
        ab_outbound_fail(connection, AB_ETIMEDOUT, "the peer does not answer");
    else if (engine->now - connection->heard >= PING_AFTER)
        ping(connection, PING_ANSWER);
    else
        ab_timer_arm(&engine->timers, &connection->timer, connection->heard + PING_AFTER);
}

static void on_timer(struct ab_timer *timer)
{
    struct ab_outbound *connection = AB_CONTAINER(timer, struct ab_outbound, timer);

    if (connection->doomed == AB_EDISCONNECTED)
        ab_outbound_fail(connection, AB_EDISCONNECTED, "the peer asks, and does not read what is answered");
    else if (connection->doomed)
        ab_outbound_fail(connection, AB_ENOMEM, "out of memory");
    else if (connection->state == AB_OUTBOUND_BOUND)
        silence(connection);
    else
        ab_outbound_fail(connection, AB_ETIMEDOUT, "the peer did not answer in time");
}

static void ask_for_sign(struct ab_outbound *connection)
{
    if (connection->state != AB_OUTBOUND_BOUND)
        return;
    connection->doubted = true;
    ab_engine_arm(connection->stream.engine, &connection->timer, 0);
}

/* What was asked before may be on no way any more: it is asked anew. */
static void on_doubt(struct ab_stream *stream)
{
    ask_for_sign(AB_CONTAINER(stream, struct ab_outbound, stream));
}

void ab_outbound_doubt(struct ab_outbound *connection)
{
    if (!connection->pinged)
        ask_for_sign(connection);
}

/* ---- What the stream tells */

static void on_connected(struct ab_stream *stream)
{
    struct ab_outbound *connection = AB_CONTAINER(stream, struct ab_outbound, stream);

    if (connection->state != AB_OUTBOUND_CONNECTING)
        return;
    connection->state = AB_OUTBOUND_CONNECTED;
    connection->ops->connected(connection);
}

static void on_message(struct ab_stream *stream, struct ab_message *message)
{
    struct ab_outbound *connection = AB_CONTAINER(stream, struct ab_outbound, stream);

    connection->heard = stream->engine->now;
    connection->pinged = false;
    if (message->last) {
        ab_outbound_fail(connection, AB_EPROTOCOL, "the peer sent a line that is too long");
    } else if (message->problem) {
        ab_engine_complain(stream->engine, &connection->complaint, "service %s: a line was dropped: %s",
                           ab_outbound_service(connection), message->reason);
        if (connection->state == AB_OUTBOUND_BINDING)
            ab_outbound_fail(connection, AB_EPROTOCOL, "the peer did not answer bind");
        else if (message->type == AB_MESSAGE_RESPONSE && connection->ops->message)
            connection->ops->message(connection, message); /* whoever waits for it need not wait on */
    } else if (connection->state == AB_OUTBOUND_BINDING) {
        bind_answered(connection, message);
    } else if (connection->state == AB_OUTBOUND_BOUND && message->command == AB_COMMAND_PING &&
               message->type == AB_MESSAGE_COMMAND) {
        ab_outbound_acknowledge(connection, message);
    } else if (answers_ping(connection, message)) {
        measure(connection);
    } else if (connection->state == AB_OUTBOUND_BOUND && connection->ops->message) {
        connection->ops->message(connection, message);
    }
}

static void on_input_ended(struct ab_stream *stream)
{
    struct ab_outbound *connection = AB_CONTAINER(stream, struct ab_outbound, stream);

    if (connection->state == AB_OUTBOUND_BINDING)
        ab_outbound_fail(connection, AB_EREMOTE,
                         refusal(connection, "the peer closed the connection instead of binding"));
    else
        ab_outbound_fail(connection, AB_EDISCONNECTED, "the peer closed the connection");
}

static void on_progress(struct ab_stream *stream)
{
    struct ab_outbound *connection = AB_CONTAINER(stream, struct ab_outbound, stream);

    if (connection->state == AB_OUTBOUND_BOUND && connection->ops->room)
        connection->ops->room(connection);
}

static void on_closed(struct ab_stream *stream, int reason)
{
    struct ab_outbound *connection = AB_CONTAINER(stream, struct ab_outbound, stream);

    ab_outbound_fail(connection, reason,
                     connection->state == AB_OUTBOUND_CONNECTING ? "no connection can be made"
                                                                 : "the connection was lost");
}

static const struct ab_stream_ops stream_ops = {
    .connected = on_connected,
    .message = on_message,
    .input_ended = on_input_ended,
    .progress = on_progress,
    .closed = on_closed,
    .doubt = on_doubt,
};

int ab_outbound_open(struct ab_engine *engine, const struct ab_address *to, struct ab_text *service,
                     const struct ab_outbound_ops *ops, void *owner, struct ab_outbound **ret_connection)
{
    struct ab_outbound *connection = ab_calloc(1, sizeof(*connection));
    ab_stream_id id;
    int r;

    if (!connection)
        return AB_ENOMEM;
    r = engine->host->open(engine->context, to, &id);
    if (r < 0) {
        ab_free(connection);
        return r;
    }
    ab_stream_init(&connection->stream, engine, &stream_ops, id, to);
    engine->counters.outbound_opened++;
    engine->counters.outbound_now++;
    connection->ops = ops;
    connection->owner = owner;
    connection->service = ab_text_ref(service);
    connection->heard = engine->now;
    ab_list_init(&connection->route_node);
    ab_list_init(&connection->leaving_node);
    ab_timer_init(&connection->timer, on_timer);
    ab_engine_arm(engine, &connection->timer, BIND_TIME);
    ab_experience_tried(connection);
    *ret_connection = connection;
    return 0;
}
