/*
 * The engine's deadline as a timerfd of its own: precise, and any thread that made the deadline an earlier one arms it
 * itself, without waking the event thread. One that became needless stays armed.
 */
#ifndef AB_NET_ALARM_H
#define AB_NET_ALARM_H

#include "core/host.h"

struct ab_net;
struct event;

struct ab_alarm {
    int descriptor; /* -1: none */
    struct event *event;
    ab_time armed; /* lock; AB_TIME_NEVER: not */
    bool gave_way; /* it was late, and fires again after the sockets had their turn */
};

/* 0, or -1 with errno. */
int ab_alarm_init(struct ab_alarm *alarm, struct ab_net *net);
void ab_alarm_deinit(struct ab_alarm *alarm);
/* Lock held, any thread: fires at `deadline` at the latest. */
void ab_alarm_set(struct ab_alarm *alarm, ab_time deadline);

#endif
