/* Starting a command of autobus-serve: /bin/sh -c COMMAND NAME ARG…, in a process group of its own. */
#ifndef TOOL_CHILD_H
#define TOOL_CHILD_H

#include <jansson.h>
#include <sys/types.h>

struct tool_command {
    const char *text;
    const char *name;   /* its $0 */
    const json_t *args; /* array: $1 and so on, and whole on its standard input; NULL: none, and an empty input */
    const char *const *variables; /* NAME=VALUE, ended by NULL */
};

struct tool_child {
    pid_t pid; /* also of its group */
    int out;   /* its standard output; ours to read, without blocking, and to close */
    int err;
};

/* Signals are at their defaults in it, and not blocked. 0, or a positive errno: E2BIG when the arguments are too long. */
int tool_child_start(const struct tool_command *command, struct tool_child *ret_child);

#endif
