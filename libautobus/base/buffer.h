/*
 * A growing run of bytes: appended at the end, consumed at the front. Appending is amortised constant, consuming is
 * constant, and an empty buffer gives its memory back when asked. Each connection has three, so it is small: it holds
 * less than 4 GiB, and no limit allows more than one.
 */
#ifndef AB_BASE_BUFFER_H
#define AB_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ab_buffer {
    char *block;
    uint32_t start; /* first byte that is not consumed */
    uint32_t end;   /* one past the last byte */
    uint32_t capacity;
};

#define AB_BUFFER_INIT ((struct ab_buffer){NULL, 0, 0, 0})

void ab_buffer_deinit(struct ab_buffer *buffer); /* frees, and leaves an empty buffer */

static inline size_t ab_buffer_size(const struct ab_buffer *buffer)
{
    return buffer->end - buffer->start;
}

static inline const char *ab_buffer_data(const struct ab_buffer *buffer)
{
    return buffer->block ? buffer->block + buffer->start : "";
}

/* Room for `size` more bytes at the returned place; commit what was written. NULL: no memory, nothing changed. */
char *ab_buffer_reserve(struct ab_buffer *buffer, size_t size);
/* The same for who knows that the buffer will never need more than `most` bytes at once: grows no further ahead. */
char *ab_buffer_reserve_within(struct ab_buffer *buffer, size_t size, size_t most);
void ab_buffer_commit(struct ab_buffer *buffer, size_t size);

int ab_buffer_append_grow(struct ab_buffer *buffer, const void *data, size_t size); /* of ab_buffer_append */
/* Most appends are short and find room: inline, they were 8 % of a small call's instructions less. */
static inline int ab_buffer_append(struct ab_buffer *buffer, const void *data, size_t size)
{
    if (size == 0 || size > buffer->capacity - buffer->end)
        return ab_buffer_append_grow(buffer, data, size);
    memcpy(buffer->block + buffer->end, data, size);
    buffer->end += size;
    return 0;
}
int ab_buffer_append_text(struct ab_buffer *buffer, const char *text);
int ab_buffer_append_format(struct ab_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ab_buffer_consume(struct ab_buffer *buffer, size_t size);
/* Cuts back to `size` bytes: undoes appends of a message that could not be finished. */
void ab_buffer_truncate(struct ab_buffer *buffer, size_t size);
/* Gives back what is free, if that is much; of a buffer of which nothing was consumed. */
void ab_buffer_fit(struct ab_buffer *buffer);
void ab_buffer_swap(struct ab_buffer *one, struct ab_buffer *other);
/* Frees the block when the buffer is empty and larger than `keep` bytes. */
void ab_buffer_trim(struct ab_buffer *buffer, size_t keep);

#endif
