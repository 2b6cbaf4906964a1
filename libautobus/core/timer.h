/*
 * Deadlines of the engine: an intrusive pairing heap, so that arming a timer cannot fail. A timer that is not armed is
 * in no heap; arming an armed one moves it, and arming one for never disarms it.
 */
#ifndef AB_CORE_TIMER_H
#define AB_CORE_TIMER_H

#include <stdbool.h>

#include "core/host.h"

struct ab_timer {
    ab_time when;                         /* AB_TIME_NEVER: it is not armed */
    void (*fire)(struct ab_timer *timer); /* disarmed when it is called */
    struct ab_timer *child;               /* first of those that are due later */
    struct ab_timer *next;                /* sibling */
    struct ab_timer *prev;                /* sibling, or the parent of a first child */
};

struct ab_timers {
    struct ab_timer *root;
};

static inline bool ab_timer_armed(const struct ab_timer *timer)
{
    return timer->when != AB_TIME_NEVER;
}

void ab_timer_init(struct ab_timer *timer, void (*fire)(struct ab_timer *));
void ab_timer_arm(struct ab_timers *timers, struct ab_timer *timer, ab_time when);
void ab_timer_disarm(struct ab_timers *timers, struct ab_timer *timer);
/* The first that is due at `now`, disarmed; NULL: none. */
struct ab_timer *ab_timers_take_due(struct ab_timers *timers, ab_time now);
ab_time ab_timers_deadline(const struct ab_timers *timers);

#endif
