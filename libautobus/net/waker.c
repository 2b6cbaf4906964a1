/*
 * Owns the eventfd and the two flags of the handshake. Knows nothing of what is wanted. Invariant: whenever the event
 * thread is inside the loop's wait with `wanted` set, the descriptor has been or is about to be written.
 */
#include "net/waker.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_waker *waker = argument;
    uint64_t count;

    (void)what;
    ab_waker_awake(waker);
    while (read((int)descriptor, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

int ab_waker_open(struct ab_waker *waker)
{
    waker->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return waker->descriptor < 0 ? -1 : 0;
}

bool ab_waker_init(struct ab_waker *waker, struct event_base *base)
{
    waker->event = event_new(base, waker->descriptor, EV_READ | EV_PERSIST, on_readable, waker);
    return waker->event && event_add(waker->event, NULL) == 0;
}

void ab_waker_deinit(struct ab_waker *waker)
{
    if (waker->event)
        event_free(waker->event);
    if (waker->descriptor >= 0)
        close(waker->descriptor);
    waker->event = NULL;
    waker->descriptor = -1;
}

AB_COLD void ab_waker_wake(struct ab_waker *waker)
{
    static const uint64_t one = 1;

    atomic_store(&waker->wanted, true);
    if (!atomic_exchange(&waker->sleeping, false))
        return;
    atomic_fetch_add_explicit(&waker->written, 1, memory_order_relaxed);
    while (write(waker->descriptor, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

bool ab_waker_sleep(struct ab_waker *waker)
{
    atomic_store(&waker->sleeping, true);
    if (!atomic_exchange(&waker->wanted, false))
        return true;
    atomic_store(&waker->sleeping, false);
    return false;
}

bool ab_waker_asleep(const struct ab_waker *waker)
{
    return atomic_load_explicit(&waker->sleeping, memory_order_relaxed);
}

void ab_waker_awake(struct ab_waker *waker)
{
    atomic_store(&waker->sleeping, false);
}
