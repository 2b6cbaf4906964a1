/*
 * Immutable bytes shared by count: an encoded value or an encoded message that several outputs or threads hold.
 *
 * The count is atomic, so a reference may be dropped on any thread; the bytes never change after ab_text_new. This is
 * how JSON crosses threads (jansson's own counts are not made for it).
 */
#ifndef AB_BASE_TEXT_H
#define AB_BASE_TEXT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct ab_text {
    atomic_uint references;
    size_t size;
    char data[]; /* followed by a NUL that size does not count */
};

/* A place for a short text, which nobody counts: who wants to hold it longer keeps a copy. */
struct ab_text_place {
    alignas(struct ab_text) char bytes[64];
};

#define AB_TEXT_SHORT (sizeof(struct ab_text_place) - sizeof(struct ab_text) - 1) /* its most bytes */

struct ab_text *ab_text_new(const char *data, size_t size); /* a copy, one reference; NULL: no memory */
/* The same in the place, if it fits; ab_text_leave ends it. */
struct ab_text *ab_text_put(struct ab_text_place *place, const char *data, size_t size);
/* The same of what was written to ab_text_room, which has AB_TEXT_SHORT bytes. */
char *ab_text_room(struct ab_text_place *place);
struct ab_text *ab_text_written(struct ab_text_place *place, size_t size);
void ab_text_leave(struct ab_text_place *place, struct ab_text *text);
/* One that is written in place: begin in an empty buffer, append, and end, which takes the buffer's block in every case.
 * AB_ENOMEM; NULL. */
int ab_text_begin(struct ab_buffer *buffer);
struct ab_text *ab_text_end(struct ab_buffer *buffer);
struct ab_text *ab_text_ref(struct ab_text *text); /* takes NULL, returns it; not for one in a place */
/* A reference, or a copy of one in a place. NULL: no memory. */
struct ab_text *ab_text_keep(struct ab_text *text);
struct ab_text *ab_text_unref(struct ab_text *text); /* takes NULL, returns NULL */
/* So much of the text as is at most `most` bytes and ends with a whole character (UTF-8). */
size_t ab_text_cut(const char *text, size_t size, size_t most);
bool ab_text_equal(const struct ab_text *one, const struct ab_text *other); /* NULL equals NULL only */

#endif
