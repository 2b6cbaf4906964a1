/*
 * Owns the life of a command: running, until its process has ended and what it printed is read; or ending, once its
 * result is told (time, size, cancelled): SIGTERM to its group, SIGKILL a second later. A run is freed when its process
 * has been waited for, never earlier, so its group's number cannot be somebody else's while we signal it.
 *
 * A process that went to the background may hold the pipes open: what it prints after its shell has ended is not waited
 * for, and it is left alone.
 */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

enum { GRACE_MS = 1000, MOST_ERROR = 4096, BLOCK = 65536, MOST_BLOCKS = 16, AGAIN_MS = 20 };

struct gathered {
    struct tool_source source; /* fd -1: closed */
    char *data;
    size_t size;
    size_t capacity;
};

struct tool_run {
    struct tool_run *next;
    struct tool_runner *runner;
    pid_t pid;
    bool ending;
    int64_t started;
    struct gathered out;
    struct gathered err;
    struct tool_timer timer;
    tool_run_line_fn line;   /* may be NULL */
    struct tool_timer again; /* offers it a line that it had no room for */
    tool_run_done_fn done;
    void *user_data;
};

/* ---- output */

static void gathered_close(struct tool_run *run, struct gathered *gathered)
{
    if (gathered->source.fd < 0)
        return;
    tool_loop_remove(run->runner->loop, &gathered->source);
    close(gathered->source.fd);
    gathered->source.fd = -1;
}

static void gathered_append(struct gathered *gathered, const char *block, size_t size)
{
    if (gathered->size + size + 1 > gathered->capacity) {
        size_t capacity = 2 * (gathered->size + size + 1);
        gathered->data = tool_grow(gathered->data, capacity);
        gathered->capacity = capacity;
    }
    memcpy(gathered->data + gathered->size, block, size);
    gathered->size += size;
    gathered->data[gathered->size] = '\0';
}

static void gathered_keep_last(struct gathered *gathered, size_t most)
{
    if (gathered->size <= most)
        return;
    memmove(gathered->data, gathered->data + gathered->size - most, most + 1);
    gathered->size = most;
}

/* One block. False: there is nothing now, or nothing ever more. */
static bool gathered_read(struct tool_run *run, struct gathered *gathered)
{
    char block[BLOCK];
    if (gathered->source.fd < 0)
        return false;
    ssize_t size = read(gathered->source.fd, block, sizeof block);
    if (size > 0) {
        gathered_append(gathered, block, (size_t)size);
        return true;
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR))
        gathered_close(run, gathered);
    return false;
}

/* ---- lines */

/* False: there is no room for the next. */
static bool give_lines(struct tool_run *run)
{
    struct gathered *out = &run->out;
    size_t given = 0;
    const char *end = NULL;
    bool room = true;
    while (room && out->size > given && (end = memchr(out->data + given, '\n', out->size - given))) {
        room = run->line(out->data + given, (size_t)(end - out->data) - given, run->user_data);
        if (room)
            given = (size_t)(end - out->data) + 1;
    }
    out->size -= given;
    if (given > 0)
        memmove(out->data, out->data + given, out->size + 1);
    return room;
}

static void give_or_wait(struct tool_run *run)
{
    if (give_lines(run))
        return;
    if (run->out.source.fd >= 0)
        tool_loop_remove(run->runner->loop, &run->out.source);
    tool_timer_arm(run->runner->loop, &run->again, AGAIN_MS);
}

void tool_run_give_lines(struct tool_run *run, tool_run_line_fn line)
{
    run->line = line;
}

/* ---- telling */

static void tell(struct tool_run *run, enum tool_run_outcome outcome, int status)
{
    if (!run->done)
        return;
    tool_run_done_fn done = run->done;
    const struct tool_run_result result = {
        .outcome = outcome,
        .status = status,
        .out = run->out.data ? run->out.data : "",
        .out_size = run->out.size,
        .err = run->err.data ? run->err.data : "",
        .err_size = run->err.size,
        .took_ms = tool_loop_now() - run->started,
    };
    run->done = NULL;
    done(&result, run->user_data);
}

static void on_grace_over(struct tool_timer *timer)
{
    struct tool_run *run = timer->user_data;
    kill(-run->pid, SIGKILL);
}

static void end(struct tool_run *run, enum tool_run_outcome outcome)
{
    if (run->ending)
        return;
    run->ending = true;
    gathered_close(run, &run->out);
    gathered_close(run, &run->err);
    tool_timer_disarm(run->runner->loop, &run->again);
    kill(-run->pid, SIGTERM);
    run->timer.expired = on_grace_over;
    tool_timer_arm(run->runner->loop, &run->timer, GRACE_MS);
    tell(run, outcome, 0);
}

static void on_output(struct tool_source *source, short events)
{
    struct tool_run *run = source->user_data;
    (void)events;
    gathered_read(run, &run->out);
    if (run->line)
        give_or_wait(run);
    if (run->out.size > run->runner->most_output)
        end(run, TOOL_RUN_TOO_LARGE);
}

static void on_error(struct tool_source *source, short events)
{
    struct tool_run *run = source->user_data;
    (void)events;
    gathered_read(run, &run->err);
    gathered_keep_last(&run->err, MOST_ERROR);
}

/* ---- starting */

static void on_timeout(struct tool_timer *timer);
static void on_again(struct tool_timer *timer);

static void gathered_open(struct tool_run *run, struct gathered *gathered, int fd,
                          void (*ready)(struct tool_source *source, short events))
{
    gathered->source = (struct tool_source){fd, POLLIN, ready, run};
    tool_loop_add(run->runner->loop, &gathered->source);
}

int tool_runner_start(struct tool_runner *runner, const struct tool_command *command, tool_run_done_fn done,
                      void *user_data, struct tool_run **ret_run)
{
    struct tool_child child;
    int error = tool_child_start(command, &child);
    if (error)
        return error;
    struct tool_run *run = tool_make(1, sizeof *run);
    *run = (struct tool_run){
        .next = runner->runs,
        .runner = runner,
        .pid = child.pid,
        .started = tool_loop_now(),
        .timer = {.expired = on_timeout, .user_data = run},
        .again = {.expired = on_again, .user_data = run},
        .done = done,
        .user_data = user_data,
    };
    gathered_open(run, &run->out, child.out, on_output);
    gathered_open(run, &run->err, child.err, on_error);
    tool_timer_arm(runner->loop, &run->timer, runner->timeout_ms);
    runner->runs = run;
    runner->count++;
    *ret_run = run;
    return 0;
}

/* ---- ending */

static void free_run(struct tool_run *run)
{
    struct tool_runner *runner = run->runner;
    struct tool_run **place = &runner->runs;
    while (*place != run)
        place = &(*place)->next;
    *place = run->next;
    runner->count--;
    tool_timer_disarm(runner->loop, &run->timer);
    tool_timer_disarm(runner->loop, &run->again);
    gathered_close(run, &run->out);
    gathered_close(run, &run->err);
    free(run->out.data);
    free(run->err.data);
    free(run);
}

/* What its process left in the pipes. A background process can go on printing, so the limit ends this too. */
static bool drain(struct tool_run *run)
{
    size_t most = run->runner->most_output;
    for (int blocks = 0; run->out.size <= most && gathered_read(run, &run->out); blocks++) {
        if (run->line && (!give_lines(run) || blocks >= MOST_BLOCKS))
            break;
    }
    for (int blocks = 0; blocks < MOST_BLOCKS && gathered_read(run, &run->err); blocks++)
        gathered_keep_last(&run->err, MOST_ERROR);
    return run->out.size <= most;
}

/* Looked at before it is waited for: until then the group is surely its own. */
static bool has_ended(const struct tool_run *run)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == run->pid;
}

static void finish(struct tool_run *run)
{
    int status = 0;
    bool small = run->ending || drain(run);
    if (run->ending || !small)
        kill(-run->pid, SIGKILL); /* what is left of its group */
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    tell(run, small ? TOOL_RUN_EXITED : TOOL_RUN_TOO_LARGE, status);
    free_run(run);
}

/* Its process may have ended while its lines waited for room. */
static void finish_if_ended(struct tool_run *run)
{
    if (has_ended(run))
        finish(run);
}

void tool_run_cancel(struct tool_run *run)
{
    end(run, TOOL_RUN_CANCELLED);
    finish_if_ended(run);
}

static void on_timeout(struct tool_timer *timer)
{
    struct tool_run *run = timer->user_data;
    end(run, TOOL_RUN_TIMED_OUT);
    finish_if_ended(run);
}

/* Lines that it has printed still wait for room. */
static bool is_held_up(struct tool_run *run)
{
    if (!run->line || run->ending)
        return false;
    for (int blocks = 0; blocks < MOST_BLOCKS && !run->again.armed && gathered_read(run, &run->out); blocks++)
        give_or_wait(run);
    return run->again.armed;
}

static void on_again(struct tool_timer *timer)
{
    struct tool_run *run = timer->user_data;
    if (run->out.source.fd >= 0)
        tool_loop_add(run->runner->loop, &run->out.source);
    give_or_wait(run);
    if (!run->again.armed && !is_held_up(run))
        finish_if_ended(run);
}

void tool_runner_reap(struct tool_runner *runner)
{
    struct tool_run *next = NULL;
    for (struct tool_run *run = runner->runs; run; run = next) {
        next = run->next;
        if (has_ended(run) && !is_held_up(run))
            finish(run);
    }
}

/* Until some child ends. The loop has SIGCHLD blocked. */
static void wait_for_child(int64_t most_ms)
{
    sigset_t child;
    struct timespec most = {most_ms / 1000, most_ms % 1000 * 1000000};
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigtimedwait(&child, NULL, &most);
}

void tool_runner_end(struct tool_runner *runner)
{
    for (struct tool_run *run = runner->runs; run; run = run->next)
        end(run, TOOL_RUN_CANCELLED);
    int64_t deadline = tool_loop_now() + GRACE_MS;
    for (tool_runner_reap(runner); runner->runs && tool_loop_now() < deadline; tool_runner_reap(runner))
        wait_for_child(deadline - tool_loop_now());
    for (struct tool_run *run = runner->runs; run; run = run->next)
        kill(-run->pid, SIGKILL);
    while (runner->runs)
        finish(runner->runs);
}
