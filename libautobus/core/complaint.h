/*
 * A warning that a peer can cause as often as it likes: said once in ten seconds, with how many were left out. Core only.
 */
#ifndef AB_CORE_COMPLAINT_H
#define AB_CORE_COMPLAINT_H

#include "core/host.h"

struct ab_engine;

/* Zero to begin with. */
struct ab_complaint {
    ab_time next; /* when something may be said again */
    unsigned long unsaid;
};

void ab_complaint_say(struct ab_complaint *complaint, struct ab_engine *engine, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
