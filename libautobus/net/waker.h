/*
 * How another thread reaches the event thread: one eventfd, written only when that thread sleeps. No wake-up is lost:
 * who wants something says so before it looks whether the event thread sleeps, and the event thread says that it
 * sleeps before it looks whether something is wanted.
 */
#ifndef AB_NET_WAKER_H
#define AB_NET_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>

struct event;
struct event_base;

struct ab_waker {
    int descriptor; /* -1: none */
    struct event *event;
    atomic_bool sleeping;
    atomic_bool wanted;
    atomic_ulong written; /* for tests: how often the descriptor was written */
};

int ab_waker_open(struct ab_waker *waker); /* 0, or -1 with errno */
/* Puts it into the loop; false: no memory. */
bool ab_waker_init(struct ab_waker *waker, struct event_base *base);
void ab_waker_deinit(struct ab_waker *waker);
void ab_waker_wake(struct ab_waker *waker); /* any thread */

/* Event thread: about to wait in the loop. False: somebody wants something, do not wait. */
bool ab_waker_sleep(struct ab_waker *waker);
/* Event thread: nothing has run, and nobody has wanted anything, since then. */
bool ab_waker_asleep(const struct ab_waker *waker);
/* Event thread: the loop came back, or runs the first of its callbacks. */
void ab_waker_awake(struct ab_waker *waker);

#endif
