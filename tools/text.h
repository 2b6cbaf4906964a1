/*
 * Texts and blocks in memory. Where there is none left a tool has nothing to do but say so: what these return is never
 * NULL, and is freed with free.
 */
#ifndef TOOL_TEXT_H
#define TOOL_TEXT_H

#include <stddef.h>
#include <stdio.h>

void *tool_make(size_t count, size_t size); /* zeroed */
void *tool_grow(void *block, size_t size);

char *tool_copy(const char *text);
char *tool_copy_part(const char *text, size_t size);
char *tool_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text that is written bit by bit: to `out`, until it is closed. */
struct tool_writer {
    FILE *out;
    char *text;
    size_t size;
};

FILE *tool_writer_open(struct tool_writer *writer);
char *tool_writer_close(struct tool_writer *writer); /* the text; its size is in the writer */

#endif
