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

void ab_net_complain(const struct ab_net *net, struct ab_log_gate *gate, enum ab_log_level level, const char *format,
                     ...)
{
    ab_time now = ab_net_now(net);
    unsigned long held = gate->held;
    char text[400];
    va_list arguments;

    if (now < gate->next) {
        gate->held++;
        return;
    }
    *gate = (struct ab_log_gate){now + GATE_INTERVAL, 0};
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (held > 0)
        ab_net_log(net, level, "%s (and %lu like it before)", text, held);
    else
        ab_net_log(net, level, "%s", text);
}
