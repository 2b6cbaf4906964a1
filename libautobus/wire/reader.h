/*
 * Bytes of one stream to messages: a framer and the decoder behind it. Used by one thread at a time, without a lock;
 * the real and the simulated host share it, so that what is tested is what ships.
 *
 * The first unit of an accepted stream has a smaller limit, because nothing but a bind may come first (`line_unbound`).
 */
#ifndef AB_WIRE_READER_H
#define AB_WIRE_READER_H

#include <stdbool.h>

#include "wire/framer.h"
#include "wire/limits.h"
#include "wire/message.h"

struct ab_reader {
    struct ab_framer framer;
    const struct ab_limits *limits;
    bool failed; /* a unit passed the limit: nothing follows */
};

/* `accepted`: the peer opened the stream and has to bind first. */
void ab_reader_init(struct ab_reader *reader, const struct ab_limits *limits, bool accepted);
void ab_reader_deinit(struct ab_reader *reader);

/* Room to read into, and what was read; as the framer's. */
char *ab_reader_reserve(struct ab_reader *reader, size_t least, size_t *ret_size);
bool ab_reader_borrow(struct ab_reader *reader, struct ab_buffer *lent);
int ab_reader_give_back(struct ab_reader *reader, struct ab_buffer *lent);
void ab_reader_commit(struct ab_reader *reader, size_t size);
void ab_reader_finish(struct ab_reader *reader);

/* 1: the next message, in a place of the caller's; 0: more input is needed; AB_ENOMEM. A unit over the limit gives one
 * message whose problem is AB_ETOOLARGE, and then 0 for ever. */
int ab_reader_next(struct ab_reader *reader, struct ab_message *ret_message);
/* Bytes that wait to become a message. */
static inline size_t ab_reader_size(const struct ab_reader *reader)
{
    return ab_buffer_size(&reader->framer.buffer);
}
void ab_reader_trim(struct ab_reader *reader);

#endif
