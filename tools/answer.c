/*
 * Owns how output and exit status become an answer. Pure.
 */
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "escape.h"
#include "text.h"

static struct tool_answer error_of(const char *type, char *text)
{
    return (struct tool_answer){.type = type, .text = text};
}

/* ---- a good end */

static struct tool_answer read_output(const char *text, size_t size)
{
    if (size == 0)
        return (struct tool_answer){.value = json_null()};
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY, NULL);
    if (value)
        return (struct tool_answer){.value = value};
    if (memchr(text, '\0', size))
        return error_of("exception", tool_print("the command printed a NUL byte"));
    value = json_stringn(text, text[size - 1] == '\n' ? size - 1 : size);
    if (value)
        return (struct tool_answer){.value = value};
    return error_of("exception", tool_print("the command printed what is not UTF-8"));
}

/* ---- a bad one */

/* Standard error may be anything: it becomes UTF-8 without control characters but line ends and tabs. */
static char *error_text(const char *text, size_t size)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    return size > 0 ? tool_escape(text, size, TOOL_ESCAPE_LAYOUT) : NULL;
}

static char *status_text(int status)
{
    if (WIFSIGNALED(status))
        return tool_print("the command was killed by signal %d", WTERMSIG(status));
    return tool_print("the command ended with status %d", WEXITSTATUS(status));
}

static struct tool_answer read_exit(const struct tool_run_result *result)
{
    if (WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0)
        return read_output(result->out, result->out_size);
    char *text = error_text(result->err, result->err_size);
    return error_of("exception", text ? text : status_text(result->status));
}

void tool_answer_read(const struct tool_runner *runner, const struct tool_run_result *result,
                      struct tool_answer *ret_answer)
{
    switch (result->outcome) {
    case TOOL_RUN_EXITED: *ret_answer = read_exit(result); break;
    case TOOL_RUN_TIMED_OUT:
        *ret_answer = error_of("timeout", tool_print("the command took longer than %g s", runner->timeout_ms / 1000.0));
        break;
    case TOOL_RUN_TOO_LARGE:
        *ret_answer = error_of("too_large", tool_print("the command printed more than %zu bytes", runner->most_output));
        break;
    case TOOL_RUN_CANCELLED: *ret_answer = error_of("exception", tool_print("the service ends")); break;
    }
}

json_t *tool_answer_line(const char *line, size_t size)
{
    json_t *value = json_loadb(line, size, JSON_DECODE_ANY, NULL);
    if (!value && !memchr(line, '\0', size))
        value = json_stringn(line, size);
    if (!value) {
        char *text = tool_escape(line, size, TOOL_ESCAPE_LAYOUT);
        value = json_string(text);
        free(text);
    }
    return value;
}

void tool_answer_deinit(struct tool_answer *answer)
{
    json_decref(answer->value);
    free(answer->text);
    *answer = (struct tool_answer){0};
}
