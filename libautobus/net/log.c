/*
 * Formats lines of log. Owns nothing; where lines go is the driver's.
 */
#include "net/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "net/internal.h"

void ab_net_log(const struct ab_net *net, enum ab_log_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    net->driver->log(net->context, level, text);
}

void ab_net_complain(const struct ab_net *net, struct ab_complaint *complaint, enum ab_log_level level,
                     const char *format, ...)
{
    char text[400], note[AB_COMPLAINT_NOTE];
    unsigned long unsaid;
    va_list arguments;

    if (!ab_complaint_due(complaint, ab_net_now(net), &unsaid))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ab_net_log(net, level, "%s%s", text, ab_complaint_note(unsaid, note));
}
