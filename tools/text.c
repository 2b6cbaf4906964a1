/*
 * Owns the tools' answer to a failed allocation: the process ends.
 */
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static void *checked(void *block)
{
    if (!block)
        tool_out_of_memory();
    return block;
}

void *tool_make(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size));
}

void *tool_grow(void *block, size_t size)
{
    return checked(realloc(block, size ? size : 1));
}

char *tool_copy(const char *text)
{
    return checked(strdup(text));
}

char *tool_copy_part(const char *text, size_t size)
{
    char *copy = checked(malloc(size + 1));
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *tool_print(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    return checked(size < 0 ? NULL : text);
}

FILE *tool_writer_open(struct tool_writer *writer)
{
    *writer = (struct tool_writer){0};
    writer->out = checked(open_memstream(&writer->text, &writer->size));
    return writer->out;
}

char *tool_writer_close(struct tool_writer *writer)
{
    return checked(fclose(writer->out) ? NULL : writer->text);
}
