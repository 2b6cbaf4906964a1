/*
 * Owns standard output. Must not know what the lines say. Each line is one write, so that readers and other threads see
 * it whole. A failed write ends the process here, since no tool has anything to do then: by _exit, since the library's
 * threads go on.
 */
#include "output.h"

#include <autobus2.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "exit.h"
#include "message.h"
#include "text.h"

bool tool_output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

static bool is_coloured(void)
{
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return tool_output_is_terminal() && (!refused || !*refused) && terminal && strcmp(terminal, "dumb") != 0;
}

const char *tool_paint(enum tool_paint paint)
{
    static const char *const codes[] = {
        [TOOL_PLAIN] = "\033[0m",   [TOOL_BOLD] = "\033[1m", [TOOL_DIM] = "\033[2m",   [TOOL_GREEN] = "\033[32m",
        [TOOL_YELLOW] = "\033[33m", [TOOL_RED] = "\033[31m", [TOOL_BLUE] = "\033[34m", [TOOL_REVERSE] = "\033[7m",
    };
    return is_coloured() ? codes[paint] : "";
}

/* As if the signal had not been blocked, as it is on the library's threads. */
void tool_output_closed(void)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
    raise(SIGPIPE);
    _exit(TOOL_EXIT_FAILED); /* whoever started us had it ignored */
}

_Noreturn static void die_of_output(int error)
{
    if (error == EPIPE)
        tool_output_closed();
    tool_die(TOOL_EXIT_FAILED, "standard output: %s", strerror(error));
}

void tool_output_block(const char *block, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, block, size);
        if (written < 0 && errno != EINTR)
            die_of_output(errno);
        if (written > 0) {
            block += written;
            size -= (size_t)written;
        }
    }
}

static void write_line(const char *start, const char *text, size_t size)
{
    size_t start_size = start ? strlen(start) : 0;
    char *line = tool_make(1, start_size + size + 1);
    if (start_size > 0)
        memcpy(line, start, start_size);
    memcpy(line + start_size, text, size);
    line[start_size + size] = '\n';
    tool_output_block(line, start_size + size + 1);
    free(line);
}

/* Text that may come from the network. */
static void write_foreign(const char *start, const char *text, size_t size)
{
    if (!tool_output_is_terminal()) {
        write_line(start, text, size);
        return;
    }
    char *escaped = tool_escape(text, size, TOOL_ESCAPE_LAYOUT);
    write_line(start, escaped, strlen(escaped));
    free(escaped);
}

void tool_output_text(const char *text)
{
    write_line(NULL, text, strlen(text));
}

char *tool_json_text(const json_t *value, unsigned indent)
{
    char *encoded = NULL;
    if (autobus_json_encode(value, indent, &encoded) < 0)
        tool_out_of_memory(); /* all that we print has been decoded or built from good parts */
    char *text = tool_copy(encoded);
    autobus_free(encoded);
    return text;
}

void tool_output_json(const char *start, const json_t *value, unsigned indent)
{
    char *text = tool_json_text(value, indent);
    write_foreign(start, text, strlen(text));
    free(text);
}

static void write_raw(FILE *out, const json_t *value)
{
    if (json_is_string(value)) {
        fwrite(json_string_value(value), 1, json_string_length(value), out);
        return;
    }
    char *text = tool_json_text(value, 0);
    fputs(text, out);
    free(text);
}

void tool_output_raw(const char *start, const json_t *value)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                fputc('\t', out);
            write_raw(out, json_array_get(value, i));
        }
    } else {
        write_raw(out, value);
    }
    char *text = tool_writer_close(&writer);
    write_foreign(start, text, writer.size);
    free(text);
}
