/*
 * Owns when a complaint is said. Must not know what it is about, nor where it is said.
 */
#include "base/complaint.h"

#include <stdio.h>

#define GAP (10 * AB_SECOND)

bool ab_complaint_due(struct ab_complaint *complaint, ab_time now, unsigned long *ret_unsaid)
{
    if (now < complaint->next) {
        complaint->unsaid++;
        return false;
    }
    *ret_unsaid = complaint->unsaid;
    *complaint = (struct ab_complaint){now + GAP, 0};
    return true;
}

const char *ab_complaint_note(unsigned long unsaid, char note[AB_COMPLAINT_NOTE])
{
    note[0] = '\0';
    if (unsaid > 0)
        snprintf(note, AB_COMPLAINT_NOTE, " (and %lu like it before)", unsaid);
    return note;
}
