/*
 * Owns standard error: the tool's name in front, the escaping, and what --quiet and --verbose let through.
 * Knows nothing of what it is told. A message is one write, so those of two threads do not mix.
 */
#include "message.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "exit.h"
#include "text.h"

static struct {
    const char *program;
    bool quiet;
    bool verbose;
    _Atomic(tool_message_sink_fn) sink; /* NULL: standard error */
    _Atomic(void (*)(void)) before_death;
} message = {.program = "autobus"};

void tool_message_init(const char *program)
{
    message.program = program;
}

void tool_message_set(bool quiet, bool verbose)
{
    message.quiet = quiet;
    message.verbose = verbose;
}

const char *tool_message_program(void)
{
    return message.program;
}

static void write_line(FILE *out, const char *start, const char *text, size_t size)
{
    char *escaped = tool_escape(text, size, 0);
    fprintf(out, "%s%s\n", start, escaped);
    free(escaped);
}

static void say(bool error, const char *format, va_list arguments)
{
    char *text = NULL;
    struct tool_writer writer;
    if (vasprintf(&text, format, arguments) < 0)
        tool_out_of_memory();
    FILE *out = tool_writer_open(&writer);
    fprintf(out, "%s: ", message.program);
    const char *start = "";
    for (const char *line = text; line; start = "  ") {
        const char *end = strchr(line, '\n');
        write_line(out, start, line, end ? (size_t)(end - line) : strlen(line));
        line = end && end[1] ? end + 1 : NULL;
    }
    char *block = tool_writer_close(&writer);
    tool_message_sink_fn sink = message.sink;
    if (sink)
        sink(block, error);
    else
        fwrite(block, 1, writer.size, stderr); /* unbuffered: it leaves at once */
    free(block);
    free(text);
}

void tool_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(true, format, arguments);
    va_end(arguments);
}

void tool_remark(const char *format, ...)
{
    if (message.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    say(false, format, arguments);
    va_end(arguments);
}

void tool_detail(const char *format, ...)
{
    if (!message.verbose || message.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    say(false, format, arguments);
    va_end(arguments);
}

void tool_message_divert(tool_message_sink_fn sink)
{
    message.sink = sink;
}

/* ---- the end */

void tool_message_before_death(void (*before)(void))
{
    message.before_death = before;
}

static void prepare_death(void)
{
    void (*before)(void) = atomic_exchange(&message.before_death, NULL);
    if (before)
        before();
    message.sink = NULL;
}

void tool_die(int status, const char *format, ...)
{
    va_list arguments;
    prepare_death();
    va_start(arguments, format);
    say(true, format, arguments);
    va_end(arguments);
    _exit(status);
}

void tool_out_of_memory(void)
{
    prepare_death();
    fprintf(stderr, "%s: out of memory\n", message.program);
    _exit(TOOL_EXIT_NO_BUS);
}
