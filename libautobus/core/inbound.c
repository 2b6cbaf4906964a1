/*
 * Owns a client's connection: what may come when, and what is answered (PROTOCOL section 2, also its table of bad
 * input). Must not know how functions are carried out, nor sockets.
 *
 * Invariants: a connection is in exactly one of the lists of the unbound, of its service, and of those that leave; one
 * that is over stays in memory until the entry's notices are taken.
 */
#include "core/inbound.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/introspection.h"
#include "core/request_internal.h"

#define BIND_TIME           (5 * AB_SECOND)
#define LEAVE_TIME          (1 * AB_SECOND)
#define STALL_TIME          (10 * AB_SECOND)
#define PING_AFTER          (18 * AB_SECOND)
#define PING_ANSWER         (10 * AB_SECOND)
#define PING_ANSWER_DOUBTED (5 * AB_SECOND)
#define PROBE_TIME          (500 * AB_MILLISECOND)

/* ---- The end of a connection */

static void bury(struct ab_grave *grave)
{
    ab_free(AB_CONTAINER(grave, struct ab_inbound, grave));
}

static void release_service(struct ab_inbound *connection)
{
    ab_interest_drop_all(connection);
    connection->service = NULL;
}

static AB_COLD void finish(struct ab_inbound *connection, enum ab_close_mode mode)
{
    struct ab_engine *engine = connection->stream.engine;
    bool was_unbound = connection->state == AB_INBOUND_UNBOUND;

    if (connection->state == AB_INBOUND_OVER)
        return;
    connection->state = AB_INBOUND_OVER;
    ab_engine_disarm(engine, &connection->timer);
    ab_engine_disarm(engine, &connection->stall);
    ab_list_remove(&connection->node);
    if (was_unbound) {
        engine->server.unbound_count--;
        connection->visitor->unbound--;
    }
    while (!ab_list_empty(&connection->requests))
        ab_request_abandon(ab_request_of_node(connection->requests.next));
    while (!ab_list_empty(&connection->forsaken))
        ab_request_abandon(ab_request_of_node(connection->forsaken.next));
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

AB_COLD void ab_inbound_leave(struct ab_inbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;

    if (ab_inbound_agreed(connection, AB_EXTENSION_CLOSING))
        ab_inbound_respond(connection, ab_message_write_closing(ab_engine_scratch(engine)));
    if (connection->state != AB_INBOUND_BOUND)
        return;
    connection->state = AB_INBOUND_LEAVING;
    release_service(connection);
    ab_list_remove(&connection->node);
    ab_list_append(&engine->server.closing, &connection->node);
    ab_engine_arm(engine, &connection->timer, LEAVE_TIME);
    ab_inbound_answered(connection);
}

/* ---- Output */

AB_COLD void ab_inbound_cut_off(struct ab_inbound *connection, const char *why)
{
    const struct ab_address *client = &connection->stream.address;
    const struct ab_service *service = connection->service;
    char host[AB_ADDRESS_HOST_TEXT];

    connection->stream.engine->counters.inbound_cut_off++;
    ab_engine_log(connection->stream.engine, AB_LOG_WARNING, "client %s:%u%s%s is cut off: %s",
                  ab_address_host_text(client, host), (unsigned)client->port, service ? " of service " : "",
                  service ? service->id->data : "", why);
    finish(connection, AB_CLOSE_NOW);
}

static AB_COLD void set_paused(struct ab_inbound *connection, bool paused)
{
    struct ab_engine *engine = connection->stream.engine;

    if (connection->paused == paused || !connection->stream.id.number)
        return;
    connection->paused = paused;
    engine->host->pause(engine->context, connection->stream.id.number, paused);
}

/* So much was written (`r`: how that went) where so much waited. */
static int written(struct ab_inbound *connection, size_t waiting, size_t size, int r)
{
    struct ab_engine *engine = connection->stream.engine;

    if (waiting == 0)
        connection->progressed = engine->now; /* all that came before has left */
    if (r == AB_ENOMEM)
        ab_inbound_cut_off(connection, "out of memory");
    if (r < 0)
        return r;
    waiting += size;
    if (waiting > engine->limits.output_pause)
        waiting = ab_stream_waiting(&connection->stream); /* the host tells progress from there on */
    if (waiting > engine->limits.output_close) {
        engine->counters.inbound_slow++;
        ab_inbound_cut_off(connection, "it reads too slowly");
        return AB_ECLOSED;
    }
    if (waiting > engine->limits.output_pause)
        set_paused(connection, true);
    if (waiting > 0 && !ab_timer_armed(&connection->stall))
        ab_engine_arm(engine, &connection->stall, STALL_TIME);
    return 0;
}

int ab_inbound_write(struct ab_inbound *connection, const struct ab_buffer *message)
{
    size_t waiting = ab_stream_waiting(&connection->stream);

    return written(connection, waiting, ab_buffer_size(message), ab_stream_write(&connection->stream, message));
}

void ab_inbound_share(struct ab_inbound *connection, struct ab_text *messages, size_t count)
{
    size_t waiting = ab_stream_waiting(&connection->stream);

    written(connection, waiting, messages->size, ab_stream_share(&connection->stream, messages, count));
}

/* Looks rarely: a peer that reads keeps it from ever closing, one that does not is found after its time. */
static void on_stall(struct ab_timer *timer)
{
    struct ab_inbound *connection = AB_CONTAINER(timer, struct ab_inbound, stall);
    struct ab_engine *engine = connection->stream.engine;

    if (ab_stream_waiting(&connection->stream) == 0)
        return;
    if (engine->now - connection->progressed < STALL_TIME) {
        ab_timer_arm(&engine->timers, timer, connection->progressed + STALL_TIME);
        return;
    }
    engine->counters.inbound_slow++;
    ab_inbound_cut_off(connection, "it does not read");
}

void ab_inbound_respond(struct ab_inbound *connection, int r)
{
    if (r < 0)
        ab_inbound_cut_off(connection, "out of memory");
    else
        ab_inbound_write(connection, &connection->stream.engine->scratch);
}

AB_COLD void ab_inbound_respond_error(struct ab_inbound *connection, const struct ab_message *message, const char *type,
                                      const char *text)
{
    if (message->type != AB_MESSAGE_COMMAND || !message->id)
        return;
    ab_inbound_respond(connection,
                       ab_message_write_error(ab_engine_scratch(connection->stream.engine), message->id, type, text));
}

bool ab_inbound_denies(struct ab_inbound *connection, const struct ab_message *message, enum ab_access_kind kind)
{
    if (ab_access_admits(connection->service, connection, kind, message->name))
        return false;
    ab_inbound_respond_error(connection, message, AB_ACCESS_DENIED, AB_ACCESS_TEXT);
    return true;
}

bool ab_inbound_agreed(const struct ab_inbound *connection, unsigned extension)
{
    return connection->extensions & extension;
}

/* ---- Commands */

static void respond_result(struct ab_inbound *connection, const struct ab_message *message, struct ab_text *result)
{
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection, result ? ab_message_write_result(ab_engine_scratch(connection->stream.engine),
                                                                        message->id, result)
                                              : AB_ENOMEM);
}

/* What is long is not made anew for each who asks, and is refused where the client could not read it. */
static AB_COLD void on_builtin(struct ab_inbound *connection, const struct ab_message *message, enum ab_builtin what)
{
    const char *name = ab_introspection_name(what);
    struct ab_topic *topic = ab_topic_get(connection->service, &connection->service->objects, name);
    struct ab_text *value = topic ? ab_introspection_shown(topic, connection) : NULL;

    if (value && !ab_topic_fits(&connection->stream.engine->limits, name, value))
        ab_inbound_respond_error(connection, message, "too_large", "there are too many services for one line");
    else
        respond_result(connection, message, value);
    ab_text_unref(value);
}

static AB_COLD void on_counters(struct ab_inbound *connection, const struct ab_message *message)
{
    struct ab_text *value = ab_introspection_value(connection->service, AB_BUILTIN_COUNTERS);

    respond_result(connection, message, value);
    ab_text_unref(value);
}

static void on_call(struct ab_inbound *connection, struct ab_message *message)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_function *function;

    if (ab_inbound_denies(connection, message, AB_ACCESS_CALL))
        return;
    function = ab_service_function(connection->service, message->name);
    if (!function) {
        ab_inbound_respond_error(connection, message, "no_such_function", "there is no function of that name");
        return;
    }
    if (function->builtin == AB_BUILTIN_COUNTERS) {
        on_counters(connection, message);
        return;
    }
    if (function->builtin) {
        on_builtin(connection, message, function->builtin);
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND && connection->request_count >= engine->limits.calls) {
        engine->counters.requests_refused++;
        ab_inbound_respond_error(connection, message, "busy", "too many calls are in progress on this connection");
        return;
    }
    if (ab_request_start(connection, function, message) < 0)
        ab_inbound_cut_off(connection, "out of memory");
    else if (function->mode == AB_FUNCTION_ASYNC)
        respond_result(connection, message, engine->null);
}

/* Nothing to a notice. */
static AB_COLD void acknowledge(struct ab_inbound *connection, const struct ab_message *message)
{
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection,
                           ab_message_write_empty(ab_engine_scratch(connection->stream.engine), message->id));
}

static AB_COLD void on_cancel(struct ab_inbound *connection, const struct ab_message *message)
{
    if (!ab_inbound_agreed(connection, AB_EXTENSION_CANCEL)) {
        ab_inbound_respond_error(connection, message, "no_such_command", "there is no such command");
        return;
    }
    acknowledge(connection, message);
    ab_request_cancel(connection, message->call);
}

static void on_bound_command(struct ab_inbound *connection, struct ab_message *message)
{
    switch (message->command) {
    case AB_COMMAND_BIND:
        ab_inbound_respond_error(connection, message, "already_bound", "the connection is bound already");
        break;
    case AB_COMMAND_CALL: on_call(connection, message); break;
    case AB_COMMAND_WATCH: ab_interest_watch(connection, message); break;
    case AB_COMMAND_UNWATCH: ab_interest_unwatch(connection, message); break;
    case AB_COMMAND_LISTEN: ab_interest_listen(connection, message); break;
    case AB_COMMAND_UNLISTEN: ab_interest_unlisten(connection, message); break;
    case AB_COMMAND_PING: acknowledge(connection, message); break;
    case AB_COMMAND_CANCEL: on_cancel(connection, message); break;
    default: ab_inbound_respond_error(connection, message, "no_such_command", "there is no such command"); break;
    }
}

/* ---- Binding */

static void refuse(struct ab_inbound *connection, const struct ab_message *message, const char *type, const char *text)
{
    ab_inbound_respond_error(connection, message, type, text);
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
    if (!ab_access_admits(service, connection, AB_ACCESS_BIND, NULL)) {
        refuse(connection, message, AB_ACCESS_DENIED, AB_ACCESS_TEXT);
        return;
    }
    engine->server.unbound_count--;
    connection->visitor->unbound--;
    connection->state = AB_INBOUND_BOUND;
    connection->bound = engine->now;
    connection->service = service;
    if (message->type == AB_MESSAGE_COMMAND) /* a notice has no response, so that nothing is agreed on */
        connection->extensions = message->extensions & AB_EXTENSIONS_OURS;
    ab_list_remove(&connection->node);
    ab_list_append(&service->connections, &connection->node);
    ab_engine_disarm(engine, &connection->timer);
    if (ab_inbound_agreed(connection, AB_EXTENSION_PING))
        ab_engine_arm(engine, &connection->timer, PING_AFTER);
    if (message->type == AB_MESSAGE_COMMAND)
        ab_inbound_respond(connection, ab_message_write_bound(ab_engine_scratch(engine), message->id, service->id->data,
                                                              connection->extensions));
}

static AB_COLD void on_unbound(struct ab_inbound *connection, const struct ab_message *message)
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
static AB_COLD void on_problem(struct ab_inbound *connection, const struct ab_message *message)
{
    if (message->problem == AB_ETOOLARGE) {
        connection->stream.engine->counters.inbound_too_large++;
        ab_inbound_respond_error(connection, message, "too_large", message->reason);
        finish(connection, AB_CLOSE_FLUSH);
        return;
    }
    if (message->type == AB_MESSAGE_COMMAND && message->id)
        ab_inbound_respond_error(connection, message, "bad_message", message->reason);
    else if (++connection->bad_lines >= connection->stream.engine->limits.bad_lines)
        ab_inbound_cut_off(connection, "it sends lines that are no messages");
}

static void on_message(struct ab_stream *stream, struct ab_message *message)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    connection->heard = stream->engine->now;
    connection->pinged = false;
    if (connection->state == AB_INBOUND_UNBOUND)
        on_unbound(connection, message);
    else if (connection->state == AB_INBOUND_LEAVING && message->command != AB_COMMAND_CANCEL)
        ab_inbound_respond_error(connection, message, "no_such_service", "the service is closed");
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
    ab_interest_send_held(connection);
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

    connection->pinged = true;
    connection->doubted = false;
    ab_inbound_respond(connection, ab_message_write_ping(ab_engine_scratch(engine), ++connection->last_id));
    if (connection->state == AB_INBOUND_BOUND)
        ab_engine_arm(engine, &connection->timer, patience);
}

static void cut_off_silent(struct ab_inbound *connection, const char *why)
{
    connection->stream.engine->counters.inbound_silent++;
    ab_inbound_cut_off(connection, why);
}

static void on_timer(struct ab_timer *timer)
{
    struct ab_inbound *connection = AB_CONTAINER(timer, struct ab_inbound, timer);
    struct ab_engine *engine = connection->stream.engine;

    if (connection->state == AB_INBOUND_UNBOUND)
        cut_off_silent(connection, "it did not bind");
    else if (connection->state == AB_INBOUND_LEAVING)
        finish(connection, AB_CLOSE_FLUSH);
    else if (connection->input_ended)
        probe(connection);
    else if (connection->doubted)
        ping(connection, PING_ANSWER_DOUBTED);
    else if (connection->pinged)
        cut_off_silent(connection, "it does not answer");
    else if (engine->now - connection->heard >= PING_AFTER)
        ping(connection, PING_ANSWER);
    else
        ab_timer_arm(&engine->timers, timer, connection->heard + PING_AFTER);
}

/* What it did not take may be our own doing: it has its time to do so anew. */
static void on_doubt(struct ab_stream *stream)
{
    struct ab_inbound *connection = AB_CONTAINER(stream, struct ab_inbound, stream);

    connection->progressed = stream->engine->now;
    if (connection->state != AB_INBOUND_BOUND || connection->input_ended ||
        !ab_inbound_agreed(connection, AB_EXTENSION_PING))
        return;
    connection->doubted = true;
    ab_engine_arm(stream->engine, &connection->timer, 0);
}

static const struct ab_stream_ops stream_ops = {
    .connected = on_connected,
    .message = on_message,
    .input_ended = on_input_ended,
    .progress = on_progress,
    .closed = on_closed,
    .doubt = on_doubt,
};

struct ab_inbound *ab_inbound_of(struct ab_stream *stream)
{
    return stream->ops == &stream_ops ? AB_CONTAINER(stream, struct ab_inbound, stream) : NULL;
}

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
    connection->local = engine->host->here(engine->context, peer);
    connection->heard = engine->now;
    ab_list_init(&connection->requests);
    ab_list_init(&connection->forsaken);
    ab_timer_init(&connection->timer, on_timer);
    ab_timer_init(&connection->stall, on_stall);
    ab_engine_arm(engine, &connection->timer, BIND_TIME);
    ab_server_unbound(engine, connection);
}
