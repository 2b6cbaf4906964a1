/*
 * Owns the order in which things happen in a simulated network: a heap of timers by time and then by age. Knows nothing
 * of what they do. Time never goes back, and nothing but a step moves it.
 */

#include "sim/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What happens at one instant without end is a loop in what is tested. */
#define MOST_AT_ONE_INSTANT 5000000

void *sim_alloc(size_t size)
{
    void *block = calloc(1, size ? size : 1);
    if (!block)
        abort();
    return block;
}

void *sim_grow(void *block, size_t size)
{
    block = realloc(block, size ? size : 1);
    if (!block)
        abort();
    return block;
}

void *sim_grow_to(void *block, size_t *capacity, size_t size)
{
    if (size <= *capacity && block)
        return block;
    *capacity = size * 2;
    return sim_grow(block, *capacity);
}

char *sim_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(sim_alloc(size), text, size);
}

char *sim_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = sim_alloc((size_t)size + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

static bool before(const struct sim_timer *one, const struct sim_timer *other)
{
    return one->time < other->time || (one->time == other->time && one->sequence < other->sequence);
}

static void put(struct sim_clock *clock, struct sim_timer *timer, size_t place)
{
    clock->heap[place] = timer;
    timer->place = place;
}

static void sift(struct sim_clock *clock, struct sim_timer *timer, size_t place)
{
    for (; place > 1 && before(timer, clock->heap[place / 2]); place /= 2)
        put(clock, clock->heap[place / 2], place);
    for (;;) {
        size_t child = place * 2;
        if (child > clock->count)
            break;
        if (child < clock->count && before(clock->heap[child + 1], clock->heap[child]))
            child++;
        if (!before(clock->heap[child], timer))
            break;
        put(clock, clock->heap[child], place);
        place = child;
    }
    put(clock, timer, place);
}

void sim_timer_init(struct sim_timer *timer, sim_run_fn run, void *context)
{
    *timer = (struct sim_timer){.run = run, .context = context};
}

void sim_timer_cancel(struct sim_clock *clock, struct sim_timer *timer)
{
    if (!timer->place)
        return;
    size_t place = timer->place;
    struct sim_timer *last = clock->heap[clock->count--];
    timer->place = 0;
    if (last != timer)
        sift(clock, last, place);
}

void sim_timer_set(struct sim_clock *clock, struct sim_timer *timer, ab_time time)
{
    sim_timer_cancel(clock, timer);
    timer->time = time < clock->now ? clock->now : time;
    timer->sequence = ++clock->sequence;
    if (clock->count + 2 > clock->capacity) {
        clock->capacity = clock->capacity ? clock->capacity * 2 : 64;
        clock->heap = sim_grow(clock->heap, clock->capacity * sizeof *clock->heap);
    }
    sift(clock, timer, ++clock->count);
}

void sim_clock_defer(struct sim_clock *clock, ab_time delay, sim_run_fn run, void *context)
{
    struct sim_timer *timer = sim_alloc(sizeof *timer);
    sim_timer_init(timer, run, context);
    timer->one_shot = true;
    sim_timer_set(clock, timer, clock->now + delay);
}

bool sim_clock_step(struct sim_clock *clock, ab_time until)
{
    static unsigned long at_this_instant;

    if (!clock->count || clock->heap[1]->time > until)
        return false;
    struct sim_timer *timer = clock->heap[1];
    at_this_instant = timer->time > clock->now ? 0 : at_this_instant + 1;
    if (at_this_instant > MOST_AT_ONE_INSTANT) {
        fprintf(stderr, "the simulation stands still at %.6f s\n", (double)clock->now / 1e6);
        abort();
    }
    clock->now = timer->time;
    sim_timer_cancel(clock, timer);
    sim_run_fn run = timer->run;
    void *context = timer->context;
    if (timer->one_shot)
        free(timer);
    run(context);
    return true;
}

void sim_clock_deinit(struct sim_clock *clock)
{
    for (size_t place = 1; place <= clock->count; place++) {
        struct sim_timer *timer = clock->heap[place];
        timer->place = 0;
        if (timer->one_shot)
            free(timer);
    }
    free(clock->heap);
    *clock = (struct sim_clock){0};
}
