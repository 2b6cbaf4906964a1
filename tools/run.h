/*
 * Commands that run: their output is gathered, their time is limited, and they are ended with their group.
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "loop.h"

enum tool_run_outcome {
    TOOL_RUN_EXITED,    /* by itself; status says how */
    TOOL_RUN_TIMED_OUT, /* it has been told to end */
    TOOL_RUN_TOO_LARGE, /* it printed too much, and has been told to end */
    TOOL_RUN_CANCELLED  /* tool_run_cancel */
};

struct tool_run_result {
    enum tool_run_outcome outcome;
    int status;      /* of waitpid */
    const char *out; /* with a NUL behind it, which out_size does not count */
    size_t out_size;
    const char *err; /* the last of it */
    size_t err_size;
    int64_t took_ms;
};

struct tool_run;

/* Runs on the loop's thread, once for each run. */
typedef void (*tool_run_done_fn)(const struct tool_run_result *result, void *user_data);

/* A line of output without its end, on the loop's thread. False: not now; it is offered again. */
typedef bool (*tool_run_line_fn)(const char *line, size_t size, void *user_data);

struct tool_runner {
    struct tool_loop *loop;
    int timeout_ms;
    size_t most_output;
    struct tool_run *runs;
    unsigned count; /* that are not over: those too that were told to end and have not yet */
};

/* 0, or a positive errno; then `done` does not run. */
int tool_runner_start(struct tool_runner *runner, const struct tool_command *command, tool_run_done_fn done,
                      void *user_data, struct tool_run **ret_run);
/* From now on whole lines of output go there as they come, and only what is left is told in the end: a line without an
 * end, or whole lines that there never was room for. While there is none the command's output is not read. */
void tool_run_give_lines(struct tool_run *run, tool_run_line_fn line);
/* Ends a command; `done` runs in it, unless it has. */
void tool_run_cancel(struct tool_run *run);

/* A child of somebody's has ended (SIGCHLD). */
void tool_runner_reap(struct tool_runner *runner);
/* Cancels all, and waits until they have ended: at most a second, then they are killed. */
void tool_runner_end(struct tool_runner *runner);

#endif
