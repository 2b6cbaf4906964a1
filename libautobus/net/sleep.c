/*
 * Owns a timer on the clock of the day that is there only to be cancelled. Knows nothing of what a sleep means to
 * anybody. Invariant: the timer is armed again after each time it was cancelled.
 */
#include "net/sleep.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "net/internal.h"

/* What two readings of two clocks may differ by without any sleep. */
#define LEAST_SLEEP (100 * AB_MILLISECOND)

static ab_time slept_in_all(void)
{
    struct timespec boot;
    struct timespec awake;

    clock_gettime(CLOCK_MONOTONIC, &awake);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (boot.tv_sec - awake.tv_sec) * AB_SECOND + (boot.tv_nsec - awake.tv_nsec) / 1000;
}

/* 0 also when the clock jumped since it was last armed: then it is armed, and the caller looks at the clocks anyway. */
static int arm(const struct ab_sleep *sleep)
{
    struct itimerspec when = {{0, 0}, {0, 0}};
    struct timespec now;

    /* Beyond what the clock can come to before it is armed anew, and within what a time can hold. */
    clock_gettime(CLOCK_REALTIME, &now);
    when.it_value.tv_sec = now.tv_sec + 10L * 365 * 24 * 3600;
    if (timerfd_settime(sleep->descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) < 0 &&
        errno != ECANCELED)
        return -1;
    return 0;
}

bool ab_sleep_check(struct ab_net *net, ab_time slept)
{
    ab_time more = slept - net->sleep.slept;

    net->sleep.slept = slept;
    if (more < LEAST_SLEEP)
        return false;
    ab_net_log(net, AB_LOG_INFO, "the machine slept %lld s", (long long)(more / AB_SECOND));
    ab_net_lock(net);
    ab_engine_woke(net->engine, ab_net_now(net));
    ab_net_turn(net);
    return true;
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    uint64_t count;

    (void)what;
    ab_waker_awake(&net->waker);
    if (read((int)descriptor, &count, sizeof(count)) < 0 && errno != ECANCELED)
        return;
    if (arm(&net->sleep) < 0)
        event_del(net->sleep.event);
    ab_sleep_check(net, slept_in_all());
}

int ab_sleep_init(struct ab_sleep *sleep, struct ab_net *net)
{
    sleep->slept = slept_in_all();
    sleep->descriptor = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (sleep->descriptor < 0 || arm(sleep) < 0)
        return -1;
    sleep->event = event_new(net->base, sleep->descriptor, EV_READ | EV_PERSIST, on_readable, net);
    if (!sleep->event || event_add(sleep->event, NULL) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

void ab_sleep_deinit(struct ab_sleep *sleep)
{
    if (sleep->event)
        event_free(sleep->event);
    if (sleep->descriptor >= 0)
        close(sleep->descriptor);
    sleep->event = NULL;
    sleep->descriptor = -1;
}
