/*
 * The mark "settled": everybody who discovers has had the time to find what is there (autobus(7)). It comes once.
 */
#ifndef AB_CORE_SETTLING_H
#define AB_CORE_SETTLING_H

#include <stdbool.h>
#include <stddef.h>

struct ab_engine;

struct ab_settling {
    size_t looking; /* discoverers that have not had their time yet */
    bool settled;
};

/* Somebody may have been the last to look. With nobody who looks an engine has settled when it starts. */
void ab_settling_review(struct ab_engine *engine);

#endif
