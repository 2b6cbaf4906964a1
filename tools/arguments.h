/* ARG: how words of a command line become JSON. */
#ifndef TOOL_ARGUMENTS_H
#define TOOL_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One text: JSON if it parses, a string if it does not look like JSON. NULL after a message that points at the column;
 * `what` names the text in it. */
json_t *tool_value_read(const char *what, const char *text);

/* One JSON value from standard input, all of it. NULL after a message. */
json_t *tool_value_read_input(void);

struct tool_argument_rules {
    bool strings;     /* take each as it is */
    const char *json; /* the whole array as JSON, "-" from standard input; NULL: not given */
};

/* The array of arguments. 0, or what to exit with, after a message. */
int tool_arguments_read(const struct tool_argument_rules *rules, char **texts, size_t count, json_t **ret_args);

/* Says how each argument was read. */
void tool_arguments_explain(const json_t *args);

#endif
