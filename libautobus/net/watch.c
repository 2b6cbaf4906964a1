/*
 * Owns when a look at the clock is a real one. Must not know what the time is for.
 *
 * Invariant: since the last real look the slow clock has not ticked, so that was less than a tick ago.
 */
#include "net/watch.h"

#include <stdbool.h>

#include "net/net.h"

#define LOOKS_EACH 8

static bool same(const struct timespec *one, const struct timespec *other)
{
    return one->tv_nsec == other->tv_nsec && one->tv_sec == other->tv_sec;
}

ab_time ab_watch_look(struct ab_watch *watch)
{
    struct timespec tick;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
    if (watch->left == 0 || !same(&tick, &watch->tick)) {
        watch->tick = tick;
        watch->time = ab_net_now(NULL);
        watch->left = LOOKS_EACH;
    }
    watch->left--;
    return watch->time;
}

void ab_watch_forget(struct ab_watch *watch)
{
    watch->left = 0;
}
