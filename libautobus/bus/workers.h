/*
 * The worker threads: they run queues, one callback at a time each, and calls of functions, in parallel. All under the
 * bus's lock but ab_workers_start.
 */
#ifndef AB_BUS_WORKERS_H
#define AB_BUS_WORKERS_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct ab_item;
struct ab_round;

struct ab_workers {
    struct ab_list queues; /* ready: they have items and nobody runs them */
    size_t queues_count;
    size_t calls_count; /* calls that wait for a worker (callers.h has them) */
    size_t calls_running;
    struct ab_list idle; /* sleepers: workers that wait, the one that waited least first */
    size_t count;        /* threads, those that are being started too */
    size_t coming;       /* of them: woken, started or between two things to do, and so about to look for work */
    size_t unstarted;    /* of them: to be started once the lock is released */
    bool calls_next;     /* when both wait, they take turns */
    bool stuck;          /* there is work and no thread was to be had: the event thread has to help */
    bool ended_one;      /* `ended` is a thread that is over, but for being joined */
    pthread_t ended;
};

void ab_workers_init(struct ab_workers *workers);

void ab_workers_add_queue(autobus_bus *bus, autobus_queue *queue);
void ab_workers_remove_queue(autobus_bus *bus, autobus_queue *queue);
/* A call of a function that runs in parallel. */
void ab_workers_add_call(autobus_bus *bus, struct ab_item *item);
/* The item was taken out of the list: it runs now, or its slot was cancelled. */
void ab_workers_call_removed(autobus_bus *bus);

/* Starts the threads that are wanted. No lock held. */
void ab_workers_start(autobus_bus *bus);
/* On the event thread: if there is work and no thread to be had for it, does it, for a round at most. Leaves the lock and
 * takes it again. */
void ab_workers_rescue(autobus_bus *bus, struct ab_round *round);
/* The bus is closed: idle workers end now. */
void ab_workers_end(autobus_bus *bus);

#endif
