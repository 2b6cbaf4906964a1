/*
 * Owns the timerfd that stands for the engine's deadline. Knows nothing of what falls due. Invariant: `armed` is not
 * later than the kernel's timer, so a deadline that is not earlier than `armed` needs no system call.
 */
#include "net/alarm.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "net/internal.h"

#define LATE (200 * AB_MILLISECOND)

/* What came while the process was stopped, or starved, is not read yet, and nobody is to count as silent for that: the
 * sockets have one round before the engine hears how late it is. */
static bool gives_way(struct ab_alarm *alarm, ab_time now)
{
    alarm->gave_way = !alarm->gave_way && now - alarm->armed >= LATE;
    alarm->armed = AB_TIME_NEVER;
    if (alarm->gave_way)
        ab_alarm_set(alarm, now);
    return alarm->gave_way;
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    uint64_t count;
    ab_time now;

    (void)what;
    ab_waker_awake(&net->waker);
    ab_net_lock(net);
    /* Under the lock, so that an alarm that another thread sets meanwhile is not taken for this one. */
    if (read((int)descriptor, &count, sizeof(count)) < 0) {
        ab_net_unlock(net);
        return;
    }
    now = ab_net_now(net);
    if (gives_way(&net->alarm, now)) {
        ab_net_unlock(net);
        return;
    }
    if (ab_engine_deadline(net->engine) <= now)
        ab_engine_tick(net->engine, now);
    ab_sockets_wake_resting(net, now);
    ab_lookout_review(&net->lookout, now);
    ab_net_turn(net);
}

int ab_alarm_init(struct ab_alarm *alarm, struct ab_net *net)
{
    alarm->armed = AB_TIME_NEVER;
    alarm->descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm->descriptor < 0)
        return -1;
    alarm->event = event_new(net->base, alarm->descriptor, EV_READ | EV_PERSIST, on_readable, net);
    if (!alarm->event || event_add(alarm->event, NULL) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

void ab_alarm_deinit(struct ab_alarm *alarm)
{
    if (alarm->event)
        event_free(alarm->event);
    if (alarm->descriptor >= 0)
        close(alarm->descriptor);
    alarm->event = NULL;
    alarm->descriptor = -1;
}

static AB_COLD void arm(struct ab_alarm *alarm, ab_time deadline)
{
    struct itimerspec when = {{0, 0}, {0, 0}};

    if (deadline < 1)
        deadline = 1; /* 0 would disarm it */
    when.it_value.tv_sec = (time_t)(deadline / AB_SECOND);
    when.it_value.tv_nsec = (long)(deadline % AB_SECOND) * 1000;
    if (timerfd_settime(alarm->descriptor, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        alarm->armed = deadline;
}

void ab_alarm_set(struct ab_alarm *alarm, ab_time deadline)
{
    if (deadline < alarm->armed)
        arm(alarm, deadline);
}
