/*
 * Tells when the machine has slept. The kernel cancels a timer on the clock of the day when that clock jumps, which it
 * does after a sleep and when somebody sets it; only a sleep moves CLOCK_BOOTTIME against CLOCK_MONOTONIC.
 */
#ifndef AB_NET_SLEEP_H
#define AB_NET_SLEEP_H

#include <stdbool.h>

#include "core/host.h"

struct ab_net;
struct event;

struct ab_sleep {
    int descriptor; /* -1: none */
    struct event *event;
    ab_time slept; /* event thread: how long in all since the machine started */
};

/* Without it (0 or -1 with errno) a net works, and finds out later by silence. */
int ab_sleep_init(struct ab_sleep *sleep, struct ab_net *net);
void ab_sleep_deinit(struct ab_sleep *sleep);
/* The clock of the day jumped, or may have: true, and the engine is told, if the machine has slept `slept` in all. */
bool ab_sleep_check(struct ab_net *net, ab_time slept);

#endif
