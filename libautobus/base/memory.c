/*
 * Owns the one pair of functions that every block of the library comes from and goes back to. Knows nothing else.
 *
 * The hooks are plain data without a lock: they change before the first allocation or not at all.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct ab_memory_hooks library_hooks = {realloc, free};
static struct ab_memory_hooks hooks = {realloc, free};

void ab_memory_set_hooks(const struct ab_memory_hooks *replacement)
{
    hooks = replacement ? *replacement : library_hooks;
}

void *ab_malloc(size_t size)
{
    return hooks.realloc(NULL, size ? size : 1);
}

void *ab_calloc(size_t count, size_t size)
{
    void *block;

    if (size && count > SIZE_MAX / size)
        return NULL;
    block = ab_malloc(count * size);
    if (block)
        memset(block, 0, count * size);
    return block;
}

void *ab_realloc(void *old, size_t size)
{
    return hooks.realloc(old, size ? size : 1);
}

char *ab_strdup(const char *text)
{
    return text ? ab_strndup(text, strlen(text)) : NULL;
}

char *ab_strndup(const char *text, size_t size)
{
    char *copy;

    if (size == SIZE_MAX)
        return NULL;
    copy = ab_malloc(size + 1);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void ab_free(void *block)
{
    if (block)
        hooks.free(block);
}
