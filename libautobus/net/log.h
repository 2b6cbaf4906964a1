/*
 * Lines of log on their way to the driver, and gates that keep what the network can cause from flooding it.
 */
#ifndef AB_NET_LOG_H
#define AB_NET_LOG_H

#include <stdbool.h>

#include "base/log.h"
#include "core/host.h"

struct ab_net;

/* Any thread, lock held or not. Longer than 500 bytes is cut. */
void ab_net_log(const struct ab_net *net, enum ab_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lets one line through each 10 s, and counts the others. Starts zeroed, open. */
struct ab_log_gate {
    ab_time next;
    unsigned long held;
};

/* The same, if the gate lets it through; it says how many like it were held back before. */
void ab_net_complain(const struct ab_net *net, struct ab_log_gate *gate, enum ab_log_level level, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

#endif
