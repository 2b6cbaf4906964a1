/*
 * A stream of the host's and what it is for: inbound and outbound connections begin with this, so that one table leads
 * from a stream's id to them.
 */
#ifndef AB_CORE_STREAM_H
#define AB_CORE_STREAM_H

#include "base/buffer.h"
#include "base/numbers.h"
#include "core/host.h"
#include "wire/message.h"

struct ab_engine;
struct ab_stream;

struct ab_stream_ops {
    void (*connected)(struct ab_stream *stream);
    void (*message)(struct ab_stream *stream, struct ab_message *message); /* borrowed; values may be moved out */
    void (*input_ended)(struct ab_stream *stream);
    void (*progress)(struct ab_stream *stream);
    void (*closed)(struct ab_stream *stream, int reason); /* the host's stream is gone; it is no longer in the table */
    void (*doubt)(struct ab_stream *stream); /* asks for a sign of life; may only arm timers: the table is walked */
};

struct ab_stream {
    struct ab_number_node id; /* 0: gone */
    struct ab_engine *engine;
    const struct ab_stream_ops *ops;
    struct ab_address address; /* of the peer */
};

void ab_stream_init(struct ab_stream *stream, struct ab_engine *engine, const struct ab_stream_ops *ops,
                    ab_stream_id id, const struct ab_address *address);
/* The whole scratch buffer as one message. AB_ENOMEM; AB_ECLOSED: the stream is gone. */
int ab_stream_write(struct ab_stream *stream, const struct ab_buffer *message);
/* The same of so many messages that other streams get too. */
int ab_stream_share(struct ab_stream *stream, struct ab_text *messages, size_t count);
size_t ab_stream_waiting(const struct ab_stream *stream);
/* Forgets the stream and has the host close it; harmless when it is gone. */
void ab_stream_close(struct ab_stream *stream, enum ab_close_mode mode);
struct ab_stream *ab_stream_find(struct ab_engine *engine, ab_stream_id id);

#endif
