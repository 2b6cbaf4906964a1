/*
 * Lines for the program's log: each is one line of whole characters, and there are no more of them than a program can
 * keep, whatever peers do. Core only.
 */
#ifndef AB_CORE_LOG_H
#define AB_CORE_LOG_H

#include <stdarg.h>
#include <stddef.h>

#include "base/complaint.h"
#include "base/log.h"
#include "core/host.h"

struct ab_engine;

/* What may be said of one level. */
struct ab_log_ration {
    ab_time credit; /* until then all is said for */
    unsigned long unsaid;
};

struct ab_log_rations {
    struct ab_log_ration of[AB_LOG_DEBUG]; /* by level; debugging is not rationed */
};

void ab_log_rations_init(struct ab_log_rations *rations);

/* As vsnprintf, but `room` ends with a whole character, and what is no character to print is a space. Its length. */
size_t ab_log_format(char *room, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* A line for the log, lost if there is no memory for it. */
void ab_engine_log(struct ab_engine *engine, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A warning that a peer can cause as often as it likes: if it is due, with how many were left out before it. */
void ab_engine_complain(struct ab_engine *engine, struct ab_complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
