/*
 * A pen writes at the end of a buffer, for those who put together text of many short pieces: it keeps the place and the
 * room there, so that a piece costs a comparison and a copy whose size the compiler mostly knows.
 *
 * A failure sticks: what follows it writes nothing, and ab_pen_end takes back all that was written and tells it. The
 * buffer is the pen's from begin to end.
 */
#ifndef AB_BASE_PEN_H
#define AB_BASE_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

struct ab_pen {
    struct ab_buffer *out;
    char *at, *end; /* the room */
    size_t before;  /* size of the buffer when we began */
    int result;     /* the first failure */
};

void ab_pen_begin(struct ab_pen *pen, struct ab_buffer *out);
/* Writes there and no further: over it is AB_ETOOLARGE. pen->at says how much it was. */
void ab_pen_begin_in(struct ab_pen *pen, char *room, size_t size);
int ab_pen_end(struct ab_pen *pen); /* 0, or the first failure: then the buffer is as it was */
/* What is written from here on is not. */
void ab_pen_fail(struct ab_pen *pen, int code);

bool ab_pen_grow(struct ab_pen *pen, size_t size); /* of ab_pen_has_room */
/* For `size` bytes at pen->at, which who writes them moves. False: it has failed. */
static inline bool ab_pen_has_room(struct ab_pen *pen, size_t size)
{
    return (size_t)(pen->end - pen->at) > size || ab_pen_grow(pen, size);
}

static inline void ab_pen_put(struct ab_pen *pen, const char *text, size_t size)
{
    if (!ab_pen_has_room(pen, size))
        return;
    memcpy(pen->at, text, size);
    pen->at += size;
}

#define AB_PEN_PUT(pen, literal) ab_pen_put(pen, literal, sizeof(literal) - 1)

static inline void ab_pen_byte(struct ab_pen *pen, char byte)
{
    if (ab_pen_has_room(pen, 1))
        *pen->at++ = byte;
}

void ab_pen_digits(struct ab_pen *pen, uint64_t number); /* decimal */

#endif
