/*
 * What a thread is doing in this library: whether it is in a callback, holds a bus's lock, or is an event thread. Kept
 * per thread and not per bus, because what must not block must not block on another bus either.
 */
#ifndef AB_BUS_THREAD_H
#define AB_BUS_THREAD_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>

#include "bus/hold.h"

struct ab_reading;

/* A function of the program's that became due while a lock was held; part of what it belongs to. */
struct ab_deferred {
    struct ab_deferred *next;
    void (*run)(struct ab_deferred *deferred);
};

struct ab_thread {
    unsigned callbacks;             /* callbacks of the program's that run on it, nested */
    unsigned dispatches;            /* calls of autobus_queue_dispatch, nested */
    unsigned filters;               /* filter functions of the program's, nested */
    unsigned locks;                 /* bus locks that it holds */
    bool logging;                   /* it hands log lines to the program */
    const autobus_bus *serves;      /* the bus whose event thread it is, or NULL */
    struct ab_hold hold;            /* whose output it holds back */
    const struct ab_reading *reads; /* what it waits for, and reads for itself */
    struct ab_deferred *deferred;
};

/* Without the call that finds it each time otherwise: far smaller than what a loader reserves for such. */
extern _Thread_local struct ab_thread ab_thread __attribute__((tls_model("initial-exec")));

/* Once a process, before the first thread: seeds jansson's hash, hooks fork. AB_ENOMEM. */
int ab_library_start(void);

/* 0; AB_EDEADLK inside a filter's function, AB_EFORKED in a child of fork. Before anything else in every function. */
int ab_guard(void);
/* The same for a function that blocks: AB_EDEADLK on an event thread and in dispatch too. */
int ab_guard_blocking(void);
/* The same for one that waits for callbacks to end: AB_EDEADLK inside any callback. */
int ab_guard_callback(void);
/* True in a child of fork. */
bool ab_forked(void);

/* Runs it once this thread holds no lock: now, or when it lets go of it. */
void ab_defer(struct ab_deferred *deferred, void (*run)(struct ab_deferred *deferred));
void ab_deferred_run(void);

/* Around each callback of the program's but a filter's function. */
static inline void ab_callback_begin(void)
{
    ab_thread.callbacks++;
}

static inline void ab_callback_end(void)
{
    ab_thread.callbacks--;
}

/* A joinable thread with all signals blocked. AB_ENOMEM: none to be had. */
int ab_thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context);

#endif
