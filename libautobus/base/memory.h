/*
 * Where every byte of the library's own comes from.
 *
 * A test replaces the functions to make the Nth allocation fail; a program cannot. jansson and libevent allocate by
 * their own hooks, which are process-wide and so are the program's to set.
 */
#ifndef AB_BASE_MEMORY_H
#define AB_BASE_MEMORY_H

#include <stddef.h>

struct ab_memory_hooks {
    void *(*realloc)(void *old, size_t size); /* realloc(NULL, n) allocates; never called with size 0 */
    void (*free)(void *block);
};

/* For tests, before anything is allocated; NULL puts the C library's back. */
void ab_memory_set_hooks(const struct ab_memory_hooks *hooks);

void *ab_malloc(size_t size);                    /* NULL when there is none; size 0 counts as 1 */
void *ab_calloc(size_t count, size_t size);      /* zeroed; NULL on overflow of count * size too */
void *ab_realloc(void *old, size_t size);        /* the old block stays valid when it fails */
char *ab_strdup(const char *text);               /* NULL for NULL */
char *ab_strndup(const char *text, size_t size); /* copies exactly size bytes and adds a NUL */
void ab_free(void *block);                       /* takes NULL */

#endif
