/*
 * Lines of log on their way to the driver; what the network can cause is said once in a while.
 */
#ifndef AB_NET_LOG_H
#define AB_NET_LOG_H

#include "base/complaint.h"
#include "base/log.h"

struct ab_net;

/* Any thread, lock held or not. Longer than 500 bytes is cut. */
void ab_net_log(const struct ab_net *net, enum ab_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, if it is due, with how many were left out before it. */
void ab_net_complain(const struct ab_net *net, struct ab_complaint *complaint, enum ab_log_level level,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
