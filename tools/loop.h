/*
 * The main thread of a tool that runs until something ends it: descriptors, timers, signals, and a way for the bus's
 * threads to wake it. Make it before the bus: signals are blocked from then on and arrive here.
 */
#ifndef TOOL_LOOP_H
#define TOOL_LOOP_H

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tool_source { /* embedded in its owner */
    int fd;
    short events; /* of poll */
    void (*ready)(struct tool_source *source, short events);
    void *user_data;
};

struct tool_timer {
    int64_t due; /* milliseconds of tool_loop_now */
    void (*expired)(struct tool_timer *timer);
    void *user_data;
    bool armed;
    struct tool_timer *next;
};

struct tool_loop {
    struct tool_source **sources; /* NULL: removed while they were being walked */
    size_t count;
    size_t capacity;
    struct tool_timer *timers;
    struct tool_source wakeup;
    struct tool_source signals;
    sigset_t blocked; /* that arrive there */
    struct tool_source output;
    atomic_int result; /* what to exit with, or TOOL_LOOP_RUNNING */

    void (*on_wake)(void *user_data);               /* may be NULL */
    void (*on_signal)(int signal, void *user_data); /* NULL: any of them ends the loop with 0 */
    void *user_data;
};

enum { TOOL_LOOP_RUNNING = -1 };

/* 0, or what to exit with, after a message. `more` is a signal beside SIGINT, SIGTERM and SIGHUP, or 0. */
int tool_loop_init(struct tool_loop *loop, int more);
void tool_loop_deinit(struct tool_loop *loop);

/* One signal more, before there are other threads; not if whoever started us has it ignored. */
void tool_loop_add_signal(struct tool_loop *loop, int signal);

/* Runs until tool_loop_finish; its result. */
int tool_loop_run(struct tool_loop *loop);

/* Any thread. The first result stands. */
void tool_loop_finish(struct tool_loop *loop, int result);
/* Any thread: on_wake runs soon on the loop's. */
void tool_loop_wake(struct tool_loop *loop);

/* The loop's thread. Owners remove a source before they close its descriptor. */
void tool_loop_add(struct tool_loop *loop, struct tool_source *source);
void tool_loop_remove(struct tool_loop *loop, struct tool_source *source);
void tool_timer_arm(struct tool_loop *loop, struct tool_timer *timer, int64_t delay_ms);
void tool_timer_disarm(struct tool_loop *loop, struct tool_timer *timer);

/* The tool ends, without a word, when the reader of its standard output goes away: else one that has nothing to say would
 * outlive it for ever. */
void tool_loop_watch_output(struct tool_loop *loop);

int64_t tool_loop_now(void);

#endif
