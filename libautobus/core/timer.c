/*
 * Owns the order of deadlines. Knows nothing of what they are for, nor of any clock. Timers of the same time fire in the
 * order in which the heap finds them, which a run repeats.
 */
#include "core/timer.h"

#include <stddef.h>

void ab_timer_init(struct ab_timer *timer, void (*fire)(struct ab_timer *))
{
    *timer = (struct ab_timer){.when = AB_TIME_NEVER, .fire = fire};
}

/* Both are roots without siblings; either may be NULL. The earlier one becomes the parent. */
static struct ab_timer *meld(struct ab_timer *one, struct ab_timer *other)
{
    struct ab_timer *swap;

    if (!one || !other)
        return one ? one : other;
    if (other->when < one->when) {
        swap = one;
        one = other;
        other = swap;
    }
    other->next = one->child;
    if (other->next)
        other->next->prev = other;
    other->prev = one;
    one->child = other;
    return one;
}

/* Makes one heap of a list of siblings: in pairs from the left, then from the right (the usual two passes). */
static struct ab_timer *meld_siblings(struct ab_timer *first)
{
    struct ab_timer *pairs = NULL;
    struct ab_timer *root = NULL;

    while (first) {
        struct ab_timer *one = first;
        struct ab_timer *other = one->next;

        first = other ? other->next : NULL;
        one->next = one->prev = NULL;
        if (other)
            other->next = other->prev = NULL;
        one = meld(one, other);
        one->next = pairs;
        pairs = one;
    }
    while (pairs) {
        struct ab_timer *rest = pairs->next;

        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    return root;
}

void ab_timer_disarm(struct ab_timers *timers, struct ab_timer *timer)
{
    struct ab_timer *children;

    if (!ab_timer_armed(timer))
        return;
    children = meld_siblings(timer->child);
    timer->child = NULL;
    if (timers->root == timer) {
        timers->root = children;
    } else {
        if (timer->prev->child == timer)
            timer->prev->child = timer->next;
        else
            timer->prev->next = timer->next;
        if (timer->next)
            timer->next->prev = timer->prev;
        timers->root = meld(timers->root, children);
    }
    timer->next = timer->prev = NULL;
    timer->when = AB_TIME_NEVER;
}

void ab_timer_arm(struct ab_timers *timers, struct ab_timer *timer, ab_time when)
{
    ab_timer_disarm(timers, timer);
    if (when == AB_TIME_NEVER)
        return;
    timer->when = when;
    timers->root = meld(timers->root, timer);
}

struct ab_timer *ab_timers_take_due(struct ab_timers *timers, ab_time now)
{
    struct ab_timer *timer = timers->root;

    if (!timer || timer->when > now)
        return NULL;
    ab_timer_disarm(timers, timer);
    return timer;
}

ab_time ab_timers_deadline(const struct ab_timers *timers)
{
    return timers->root ? timers->root->when : AB_TIME_NEVER;
}
