/*
 * Owns when a complaint is said. Must not know what it is about.
 */
#include "core/complaint.h"

#include <stdarg.h>

#include "core/internal.h"

#define GAP  (10 * AB_SECOND)
#define TEXT 400

void ab_complaint_say(struct ab_complaint *complaint, struct ab_engine *engine, const char *format, ...)
{
    unsigned long unsaid = complaint->unsaid;
    char text[TEXT];
    va_list arguments;

    if (engine->now < complaint->next) {
        complaint->unsaid++;
        return;
    }
    *complaint = (struct ab_complaint){engine->now + GAP, 0};
    va_start(arguments, format);
    ab_log_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (unsaid > 0)
        ab_engine_log(engine, AB_LOG_WARNING, "%s (and %lu like it before)", text, unsaid);
    else
        ab_engine_log(engine, AB_LOG_WARNING, "%s", text);
}
