/*
 * Owns poll, the signal descriptor and the wake-up descriptor. Must not know the bus.
 *
 * A source or timer may be removed in any callback, its own too: a removed source leaves a hole that is closed before the
 * next poll, and nothing is looked at after its callback.
 */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "message.h"
#include "output.h"
#include "text.h"

int64_t tool_loop_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what wakes it */

void tool_loop_wake(struct tool_loop *loop)
{
    uint64_t one = 1;
    while (write(loop->wakeup.fd, &one, sizeof one) < 0 && errno == EINTR)
        continue; /* EAGAIN: it is awake already */
}

void tool_loop_finish(struct tool_loop *loop, int result)
{
    int running = TOOL_LOOP_RUNNING;
    if (atomic_compare_exchange_strong(&loop->result, &running, result))
        tool_loop_wake(loop);
}

static void on_wakeup(struct tool_source *source, short events)
{
    struct tool_loop *loop = source->user_data;
    uint64_t count;
    (void)events;
    if (read(source->fd, &count, sizeof count) > 0 && loop->on_wake)
        loop->on_wake(loop->user_data);
}

static void on_signals(struct tool_source *source, short events)
{
    struct tool_loop *loop = source->user_data;
    struct signalfd_siginfo info;
    (void)events;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (loop->on_signal)
            loop->on_signal((int)info.ssi_signo, loop->user_data);
        else
            tool_loop_finish(loop, TOOL_EXIT_DONE);
    }
}

static void on_output(struct tool_source *source, short events)
{
    if (events & POLLERR)
        tool_output_closed();
    tool_loop_remove(source->user_data, source); /* a socket that hung up: the next line tells */
}

/* ---- making */

/* A program started by nohup wants no SIGHUP; a signalfd would see it all the same. */
static void add_signals(sigset_t *set, int more)
{
    struct sigaction hangup;
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
    if (more)
        sigaddset(set, more);
}

int tool_loop_init(struct tool_loop *loop, int more)
{
    sigset_t signals;
    add_signals(&signals, more);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    int wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int arrived = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (wakeup < 0 || arrived < 0) {
        tool_error("no descriptor to be had: %s", strerror(errno));
        if (wakeup >= 0)
            close(wakeup);
        if (arrived >= 0)
            close(arrived);
        return TOOL_EXIT_NO_BUS;
    }
    *loop = (struct tool_loop){
        .blocked = signals,
        .wakeup = {wakeup, POLLIN, on_wakeup, loop},
        .signals = {arrived, POLLIN, on_signals, loop},
        .output = {STDOUT_FILENO, 0, on_output, loop},
        .result = TOOL_LOOP_RUNNING,
    };
    tool_loop_add(loop, &loop->wakeup);
    tool_loop_add(loop, &loop->signals);
    return 0;
}

void tool_loop_add_signal(struct tool_loop *loop, int signal)
{
    struct sigaction action;
    if (sigaction(signal, NULL, &action) < 0 || action.sa_handler == SIG_IGN)
        return;
    sigaddset(&loop->blocked, signal);
    pthread_sigmask(SIG_BLOCK, &loop->blocked, NULL);
    signalfd(loop->signals.fd, &loop->blocked, SFD_CLOEXEC | SFD_NONBLOCK);
}

void tool_loop_deinit(struct tool_loop *loop)
{
    close(loop->wakeup.fd);
    close(loop->signals.fd);
    free(loop->sources);
    *loop = (struct tool_loop){.wakeup.fd = -1, .signals.fd = -1};
}

void tool_loop_watch_output(struct tool_loop *loop)
{
    struct stat about;
    if (fstat(STDOUT_FILENO, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)))
        tool_loop_add(loop, &loop->output);
}

/* ---- sources and timers */

void tool_loop_add(struct tool_loop *loop, struct tool_source *source)
{
    if (loop->count == loop->capacity) {
        size_t capacity = loop->capacity ? 2 * loop->capacity : 8;
        loop->sources = tool_grow(loop->sources, capacity * sizeof(struct tool_source *));
        loop->capacity = capacity;
    }
    loop->sources[loop->count++] = source;
}

void tool_loop_remove(struct tool_loop *loop, struct tool_source *source)
{
    for (size_t i = 0; i < loop->count; i++) {
        if (loop->sources[i] == source)
            loop->sources[i] = NULL;
    }
}

static void close_holes(struct tool_loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->count; i++) {
        if (loop->sources[i])
            loop->sources[kept++] = loop->sources[i];
    }
    loop->count = kept;
}

void tool_timer_arm(struct tool_loop *loop, struct tool_timer *timer, int64_t delay_ms)
{
    tool_timer_disarm(loop, timer);
    timer->due = tool_loop_now() + delay_ms;
    timer->armed = true;
    struct tool_timer **place = &loop->timers;
    while (*place && (*place)->due <= timer->due)
        place = &(*place)->next;
    timer->next = *place;
    *place = timer;
}

void tool_timer_disarm(struct tool_loop *loop, struct tool_timer *timer)
{
    for (struct tool_timer **place = &loop->timers; *place; place = &(*place)->next) {
        if (*place == timer) {
            *place = timer->next;
            break;
        }
    }
    timer->armed = false;
}

/* ---- running */

static int poll_timeout(const struct tool_loop *loop)
{
    if (!loop->timers)
        return -1;
    int64_t left = loop->timers->due - tool_loop_now();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void run_timers(struct tool_loop *loop)
{
    int64_t now = tool_loop_now();
    while (loop->timers && loop->timers->due <= now) {
        struct tool_timer *timer = loop->timers;
        tool_timer_disarm(loop, timer);
        timer->expired(timer);
    }
}

/* Sources that callbacks add lie beyond `polled` and wait for the next turn. */
static void run_sources(struct tool_loop *loop, const struct pollfd *fds, size_t polled)
{
    for (size_t i = 0; i < polled; i++) {
        struct tool_source *source = loop->sources[i];
        if (source && fds[i].revents)
            source->ready(source, fds[i].revents);
    }
}

static void turn(struct tool_loop *loop)
{
    close_holes(loop);
    size_t polled = loop->count;
    struct pollfd *fds = tool_make(polled, sizeof *fds);
    for (size_t i = 0; i < polled; i++)
        fds[i] = (struct pollfd){.fd = loop->sources[i]->fd, .events = loop->sources[i]->events};
    if (poll(fds, (nfds_t)polled, poll_timeout(loop)) > 0)
        run_sources(loop, fds, polled);
    free(fds);
    run_timers(loop);
}

int tool_loop_run(struct tool_loop *loop)
{
    while (atomic_load(&loop->result) == TOOL_LOOP_RUNNING)
        turn(loop);
    return atomic_load(&loop->result);
}
