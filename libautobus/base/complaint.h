/*
 * Something that others can cause as often as they like, and that is said all the same: once in ten seconds, with how many
 * were left out. Zero to begin with; then the next is said.
 */
#ifndef AB_BASE_COMPLAINT_H
#define AB_BASE_COMPLAINT_H

#include <stdbool.h>

#include "base/time.h"

struct ab_complaint {
    ab_time next; /* when something may be said again */
    unsigned long unsaid;
};

#define AB_COMPLAINT_NOTE 50

/* Whether it is to be said now, and how many were not since the last that was; or this is one more of those. */
bool ab_complaint_due(struct ab_complaint *complaint, ab_time now, unsigned long *ret_unsaid);
/* What is said of those after it: nothing if there were none. Returns `note`. */
const char *ab_complaint_note(unsigned long unsaid, char note[AB_COMPLAINT_NOTE]);

#endif
