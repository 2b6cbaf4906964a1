/*
 * Owns the table from stream ids to connections. Knows nothing of what a connection does. Invariant: a stream is in the
 * table exactly as long as its id is not 0, so a stale id finds nothing.
 */
#include "core/stream.h"

#include "base/error.h"
#include "base/text.h"
#include "core/internal.h"

#define SHOWN_MOST 400

void ab_stream_init(struct ab_stream *stream, struct ab_engine *engine, const struct ab_stream_ops *ops,
                    ab_stream_id id, const struct ab_address *address)
{
    stream->engine = engine;
    stream->ops = ops;
    stream->address = *address;
    ab_numbers_insert(&engine->streams, &stream->id, id);
}

/* So much of a line as goes into one of the log, without its end. */
static int shown(const char *message, size_t size)
{
    return (int)ab_text_cut(message, size - 2, SHOWN_MOST);
}

static AB_COLD void log_line(const struct ab_stream *stream, const char *message, size_t size)
{
    char host[AB_ADDRESS_HOST_TEXT];

    ab_engine_log(stream->engine, AB_LOG_DEBUG, "to %s:%u: %.*s", ab_address_host_text(&stream->address, host),
                  (unsigned)stream->address.port, shown(message, size), message);
}

static void log_sent(const struct ab_stream *stream, const char *message, size_t size)
{
    if (ab_engine_logs(stream->engine, AB_LOG_DEBUG))
        log_line(stream, message, size);
}

static AB_COLD void log_received(const struct ab_stream *stream, const struct ab_message *message)
{
    static const char *const types[] = {"line", "command", "response", "notice"};
    const char *command = ab_command_name(message->command);
    const char *detail = message->name ? message->name : "";
    char host[AB_ADDRESS_HOST_TEXT];

    if (message->problem)
        detail = message->reason;
    else if (message->type == AB_MESSAGE_RESPONSE)
        detail = message->id->data;
    ab_engine_log(stream->engine, AB_LOG_DEBUG, "from %s:%u: %s%s%s %s", ab_address_host_text(&stream->address, host),
                  (unsigned)stream->address.port, types[message->type], *command ? " " : "", command, detail);
}

static int sent(struct ab_engine *engine, int r, size_t count, size_t size)
{
    if (r == 0) {
        engine->counters.messages_sent += count;
        engine->counters.bytes_sent += size;
    }
    return r;
}

int ab_stream_write(struct ab_stream *stream, const struct ab_buffer *message)
{
    struct ab_engine *engine = stream->engine;
    const char *data = ab_buffer_data(message);
    size_t size = ab_buffer_size(message);

    if (!stream->id.number)
        return AB_ECLOSED;
    log_sent(stream, data, size);
    return sent(engine, engine->host->write(engine->context, stream->id.number, data, size), 1, size);
}

int ab_stream_share(struct ab_stream *stream, struct ab_text *messages, size_t count)
{
    struct ab_engine *engine = stream->engine;

    if (!stream->id.number)
        return AB_ECLOSED;
    log_sent(stream, messages->data, messages->size);
    return sent(engine, engine->host->share(engine->context, stream->id.number, messages), count, messages->size);
}

size_t ab_stream_waiting(const struct ab_stream *stream)
{
    struct ab_engine *engine = stream->engine;
    size_t waiting = stream->id.number ? engine->host->waiting(engine->context, stream->id.number) : 0;

    if (waiting > engine->counters.bytes_waiting_most)
        engine->counters.bytes_waiting_most = waiting;
    return waiting;
}

static ab_stream_id forget(struct ab_stream *stream)
{
    ab_stream_id id = stream->id.number;

    if (id)
        ab_numbers_remove(&stream->engine->streams, &stream->id);
    stream->id.number = 0;
    return id;
}

void ab_stream_close(struct ab_stream *stream, enum ab_close_mode mode)
{
    ab_stream_id id = forget(stream);

    if (id)
        stream->engine->host->close(stream->engine->context, id, mode);
}

struct ab_stream *ab_stream_find(struct ab_engine *engine, ab_stream_id id)
{
    struct ab_number_node *node = ab_numbers_find(&engine->streams, id);

    return node ? AB_CONTAINER(node, struct ab_stream, id) : NULL;
}

void ab_engine_connected(struct ab_engine *engine, ab_time now, ab_stream_id id)
{
    struct ab_stream *stream;

    ab_engine_enter(engine, now);
    stream = ab_stream_find(engine, id);
    if (stream)
        stream->ops->connected(stream);
}

void ab_engine_message(struct ab_engine *engine, ab_time now, ab_stream_id id, struct ab_message *message)
{
    struct ab_stream *stream;

    ab_engine_enter(engine, now);
    stream = ab_stream_find(engine, id);
    if (stream) {
        if (ab_engine_logs(engine, AB_LOG_DEBUG))
            log_received(stream, message);
        engine->counters.messages_received++;
        engine->counters.messages_bad += message->problem != 0;
        stream->ops->message(stream, message);
    }
    ab_message_deinit(message);
}

void ab_engine_input_ended(struct ab_engine *engine, ab_time now, ab_stream_id id)
{
    struct ab_stream *stream;

    ab_engine_enter(engine, now);
    stream = ab_stream_find(engine, id);
    if (stream)
        stream->ops->input_ended(stream);
}

void ab_engine_progress(struct ab_engine *engine, ab_time now, ab_stream_id id)
{
    struct ab_stream *stream;

    ab_engine_enter(engine, now);
    stream = ab_stream_find(engine, id);
    if (stream)
        stream->ops->progress(stream);
}

void ab_engine_closed(struct ab_engine *engine, ab_time now, ab_stream_id id, int reason)
{
    struct ab_stream *stream;

    ab_engine_enter(engine, now);
    stream = ab_stream_find(engine, id);
    if (!stream)
        return;
    forget(stream);
    stream->ops->closed(stream, reason);
}
