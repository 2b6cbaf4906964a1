/*
 * The virtual clock of a simulated network: microseconds that pass only when the next timer is run. Timers of one
 * instant run in the order in which they were set, so a run is repeatable.
 */
#ifndef AB_TESTS_SIM_CLOCK_H
#define AB_TESTS_SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/host.h"

#define MS(count)      ((ab_time)((count)*1000.0))
#define SECONDS(count) ((ab_time)((count)*1000000.0))

typedef void (*sim_run_fn)(void *context);

struct sim_timer {
    ab_time time;
    uint64_t sequence;
    size_t place; /* in the heap, from 1 on; 0: not set */
    sim_run_fn run;
    void *context;
    bool one_shot; /* made by sim_clock_defer: freed after it ran */
};

struct sim_clock {
    ab_time now;
    uint64_t sequence;
    struct sim_timer **heap; /* heap[0] is unused */
    size_t count;
    size_t capacity;
};

/* Memory of the simulation itself: zeroed, never NULL, and outside of what a test makes fail. */
void *sim_alloc(size_t size);
void *sim_grow(void *block, size_t size);
/* The same for what grows often: room for `size`, doubled when it has to grow. */
void *sim_grow_to(void *block, size_t *capacity, size_t size);
char *sim_strdup(const char *text);
char *sim_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sim_clock_deinit(struct sim_clock *clock);
/* Runs the next timer that is due at `until` or before, at its own time; false when there is none. */
bool sim_clock_step(struct sim_clock *clock, ab_time until);
/* Runs once, `delay` from now. */
void sim_clock_defer(struct sim_clock *clock, ab_time delay, sim_run_fn run, void *context);

void sim_timer_init(struct sim_timer *timer, sim_run_fn run, void *context);
void sim_timer_set(struct sim_clock *clock, struct sim_timer *timer, ab_time time); /* a time gone by counts as now */
void sim_timer_cancel(struct sim_clock *clock, struct sim_timer *timer);

#endif
