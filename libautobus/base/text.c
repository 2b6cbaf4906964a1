/*
 * Owns the count of shared bytes. Must not know what the bytes mean.
 *
 * The last reference is dropped with acquire and release, so that every use of the bytes on another thread has ended
 * before the block goes.
 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

struct ab_text *ab_text_new(const char *data, size_t size)
{
    struct ab_text *text;

    if (size > SIZE_MAX - sizeof(*text) - 1)
        return NULL;
    text = ab_malloc(sizeof(*text) + size + 1);
    if (!text)
        return NULL;
    atomic_init(&text->references, 1);
    text->size = size;
    if (size)
        memcpy(text->data, data, size);
    text->data[size] = '\0';
    return text;
}

struct ab_text *ab_text_ref(struct ab_text *text)
{
    if (text)
        atomic_fetch_add_explicit(&text->references, 1, memory_order_relaxed);
    return text;
}

struct ab_text *ab_text_unref(struct ab_text *text)
{
    if (text && atomic_fetch_sub_explicit(&text->references, 1, memory_order_acq_rel) == 1)
        ab_free(text);
    return NULL;
}

bool ab_text_equal(const struct ab_text *one, const struct ab_text *other)
{
    if (one == other)
        return true;
    return one && other && one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}
