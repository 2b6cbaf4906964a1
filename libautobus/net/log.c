/*
 * Formats lines of log and counts those that are held back. Owns nothing; where lines go is the driver's.
 */
#include "net/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "net/internal.h"

#define GATE_INTERVAL (10 * AB_SECOND)

void ab_net_log(const struct ab_net *net, enum ab_log_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    net->driver->log(net->context, level, text);
}

bool ab_log_gate_open(struct ab_log_gate *gate, ab_time now, unsigned long *ret_held)
{
    if (now < gate->next) {
        gate->held++;
        return false;
    }
    gate->next = now + GATE_INTERVAL;
    *ret_held = gate->held;
    gate->held = 0;
    return true;
}
