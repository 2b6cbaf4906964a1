/*
 * Bytes to units, one reader at a time: a unit is a line today and may be counted bytes later.
 *
 * Every byte is scanned once however the input is cut. CR LF and LF both end a line; blank lines and the spaces around
 * a line are dropped here (legacy sends lines of 5,120 spaces: PROTOCOL section 2).
 * Bytes of a blank run are not kept, so a peer cannot fill memory with them.
 */
#ifndef AB_WIRE_FRAMER_H
#define AB_WIRE_FRAMER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct ab_framer {
    struct ab_buffer buffer;
    uint32_t scanned; /* bytes of the buffer known to hold no line end */
    uint32_t limit;   /* longest unit in bytes, some GiB at most (limits.h) */
    uint32_t counted; /* next unit is that many bytes; 0: a line */
    bool finished;    /* no more input: the rest is the last line */
};

struct ab_slice {
    const char *data; /* valid until the next call on the framer */
    size_t size;
};

void ab_framer_init(struct ab_framer *framer, size_t limit);
void ab_framer_deinit(struct ab_framer *framer);
void ab_framer_set_limit(struct ab_framer *framer, size_t limit);
/* The unit after the current one is `size` bytes (> 0), whatever they are; then lines again. AB_ETOOLARGE. */
int ab_framer_expect(struct ab_framer *framer, size_t size);

/* Room to read into: at least `least` bytes, *ret_size has what there is. NULL: no memory. */
char *ab_framer_reserve(struct ab_framer *framer, size_t least, size_t *ret_size);
void ab_framer_commit(struct ab_framer *framer, size_t size);
void ab_framer_finish(struct ab_framer *framer); /* end of input */

/* 1: *ret_unit is the next unit; 0: more input is needed; AB_ETOOLARGE: a unit passes the limit (and stays so). */
int ab_framer_next(struct ab_framer *framer, struct ab_slice *ret_unit);
/* Reads into a buffer that is lent, and empty, as long as nothing of its own waits; false: it does. Until it is given
 * back nothing may be trimmed, and room is had from it once. */
bool ab_framer_borrow(struct ab_framer *framer, struct ab_buffer *lent);
/* What is left becomes its own. AB_ENOMEM: that is lost. */
int ab_framer_give_back(struct ab_framer *framer, struct ab_buffer *lent);
/* Gives memory back when nothing is waiting in it. */
void ab_framer_trim(struct ab_framer *framer);

#endif
