/*
 * Owns the count of shared bytes. Must not know what the bytes mean.
 *
 * The last reference is dropped with acquire and release, so that every use of the bytes on another thread has ended
 * before the block goes.
 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/count.h"
#include "base/memory.h"

/* Its bytes are there. */
static struct ab_text *finish(struct ab_text *text, size_t size, unsigned references)
{
    atomic_init(&text->references, references);
    text->size = size;
    text->data[size] = '\0';
    return text;
}

static struct ab_text *fill(struct ab_text *text, const char *data, size_t size, unsigned references)
{
    if (size)
        memcpy(text->data, data, size);
    return finish(text, size, references);
}

struct ab_text *ab_text_new(const char *data, size_t size)
{
    struct ab_text *text = size < SIZE_MAX - sizeof(*text) ? ab_malloc(sizeof(*text) + size + 1) : NULL;

    return text ? fill(text, data, size, 1) : NULL;
}

static struct ab_text *text_in(struct ab_text_place *place)
{
    return (struct ab_text *)(void *)place->bytes;
}

struct ab_text *ab_text_put(struct ab_text_place *place, const char *data, size_t size)
{
    return size <= AB_TEXT_SHORT ? fill(text_in(place), data, size, 0) : ab_text_new(data, size);
}

char *ab_text_room(struct ab_text_place *place)
{
    return text_in(place)->data;
}

struct ab_text *ab_text_written(struct ab_text_place *place, size_t size)
{
    return finish(text_in(place), size, 0);
}

void ab_text_leave(struct ab_text_place *place, struct ab_text *text)
{
    if (text != text_in(place))
        ab_text_unref(text);
}

int ab_text_begin(struct ab_buffer *buffer)
{
    char *place = ab_buffer_reserve(buffer, sizeof(struct ab_text));

    if (!place)
        return AB_ENOMEM;
    ab_buffer_commit(buffer, sizeof(struct ab_text));
    return 0;
}

struct ab_text *ab_text_end(struct ab_buffer *buffer)
{
    struct ab_text *text;

    if (ab_buffer_append(buffer, "", 1) < 0) {
        ab_buffer_deinit(buffer);
        return NULL;
    }
    ab_buffer_fit(buffer);
    text = (struct ab_text *)(void *)buffer->block;
    atomic_init(&text->references, 1);
    text->size = ab_buffer_size(buffer) - sizeof(*text) - 1;
    *buffer = AB_BUFFER_INIT;
    return text;
}

struct ab_text *ab_text_ref(struct ab_text *text)
{
    if (text)
        ab_count_up(&text->references);
    return text;
}

struct ab_text *ab_text_keep(struct ab_text *text)
{
    if (atomic_load_explicit(&text->references, memory_order_relaxed) == 0)
        return ab_text_new(text->data, text->size);
    return ab_text_ref(text);
}

struct ab_text *ab_text_unref(struct ab_text *text)
{
    if (text && ab_count_down(&text->references))
        ab_free(text);
    return NULL;
}

size_t ab_text_cut(const char *text, size_t size, size_t most)
{
    if (size <= most)
        return size;
    while (most > 0 && (text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

bool ab_text_equal(const struct ab_text *one, const struct ab_text *other)
{
    if (one == other)
        return true;
    return one && other && one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}
