/*
 * Owns one block of bytes with a consumed front, a live middle and free room at the end.
 *
 * Invariants: start <= end <= capacity; an empty buffer has start == end == 0; block is NULL exactly when capacity is
 * 0. Live bytes are copied only when at least as many were consumed or appended since the last copy, so a byte costs a
 * constant however it comes and goes.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define SMALLEST 128
#define MOST     (PTRDIFF_MAX < UINT32_MAX ? PTRDIFF_MAX / 2 : UINT32_MAX / 2) /* live bytes, and more at once */

void ab_buffer_deinit(struct ab_buffer *buffer)
{
    ab_free(buffer->block);
    *buffer = AB_BUFFER_INIT;
}

/* Moves the live bytes into a block of `capacity` bytes. */
static AB_COLD bool buffer_move(struct ab_buffer *buffer, size_t capacity)
{
    size_t live = ab_buffer_size(buffer);
    char *block;

    if (buffer->start == 0) {
        block = ab_realloc(buffer->block, capacity);
        if (!block)
            return false;
    } else {
        block = ab_malloc(capacity);
        if (!block)
            return false;
        memcpy(block, buffer->block + buffer->start, live);
        ab_free(buffer->block);
    }
    buffer->block = block;
    buffer->start = 0;
    buffer->end = live;
    buffer->capacity = capacity;
    return true;
}

static void buffer_close_gap(struct ab_buffer *buffer)
{
    size_t live = ab_buffer_size(buffer);

    memmove(buffer->block, buffer->block + buffer->start, live);
    buffer->start = 0;
    buffer->end = live;
}

char *ab_buffer_reserve_within(struct ab_buffer *buffer, size_t size, size_t most)
{
    size_t live = ab_buffer_size(buffer);
    size_t capacity;

    if (size == 0)
        size = 1; /* a place, even so */
    if (buffer->block && size <= buffer->capacity - buffer->end)
        return buffer->block + buffer->end;
    if (size > MOST || live > MOST)
        return NULL;
    /* Room for as much again as is copied now: this is what makes the next copy rare. */
    capacity = live + (live > size ? live : size);
    if (capacity > most)
        capacity = live + size > most ? live + size : most;
    if (capacity <= buffer->capacity)
        buffer_close_gap(buffer);
    else if (!buffer_move(buffer, capacity < SMALLEST ? SMALLEST : capacity))
        return NULL;
    return buffer->block + buffer->end;
}

char *ab_buffer_reserve(struct ab_buffer *buffer, size_t size)
{
    return ab_buffer_reserve_within(buffer, size, SIZE_MAX);
}

void ab_buffer_commit(struct ab_buffer *buffer, size_t size)
{
    buffer->end += size;
}

AB_COLD int ab_buffer_append_grow(struct ab_buffer *buffer, const void *data, size_t size)
{
    char *place;

    if (size == 0)
        return 0;
    place = ab_buffer_reserve(buffer, size);
    if (!place)
        return AB_ENOMEM;
    memcpy(place, data, size);
    ab_buffer_commit(buffer, size);
    return 0;
}

int ab_buffer_append_text(struct ab_buffer *buffer, const char *text)
{
    return ab_buffer_append(buffer, text, strlen(text));
}

int ab_buffer_append_format(struct ab_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *place;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        return AB_EINVAL;
    place = ab_buffer_reserve(buffer, (size_t)size + 1);
    if (!place)
        return AB_ENOMEM;
    va_start(arguments, format);
    vsnprintf(place, (size_t)size + 1, format, arguments);
    va_end(arguments);
    ab_buffer_commit(buffer, (size_t)size); /* the NUL is written, not counted */
    return 0;
}

void ab_buffer_consume(struct ab_buffer *buffer, size_t size)
{
    buffer->start += size;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

void ab_buffer_truncate(struct ab_buffer *buffer, size_t size)
{
    buffer->end = buffer->start + size;
    if (size == 0)
        buffer->start = buffer->end = 0;
}

void ab_buffer_fit(struct ab_buffer *buffer)
{
    size_t unused = buffer->capacity - buffer->end;
    char *block;

    if (unused <= SMALLEST || unused <= buffer->end / 8)
        return;
    block = ab_realloc(buffer->block, buffer->end);
    if (!block)
        return;
    buffer->block = block;
    buffer->capacity = buffer->end;
}

void ab_buffer_swap(struct ab_buffer *one, struct ab_buffer *other)
{
    struct ab_buffer kept = *one;

    *one = *other;
    *other = kept;
}

void ab_buffer_trim(struct ab_buffer *buffer, size_t keep)
{
    if (ab_buffer_size(buffer) == 0 && buffer->capacity > keep)
        ab_buffer_deinit(buffer);
}
