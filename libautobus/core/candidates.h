/*
 * Where a remote may bind, in the order in which it tries: a fixed number of places at most, each once. Core only.
 */
#ifndef AB_CORE_CANDIDATES_H
#define AB_CORE_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/text.h"

struct ab_found;

struct ab_candidate {
    struct ab_address address;
    struct ab_text *service;
};

struct ab_candidates {
    struct ab_candidate *all; /* NULL: none */
    size_t count;
    size_t next; /* the first that was not taken */
};

/* Drops what was there, and makes room. AB_ENOMEM. */
int ab_candidates_begin(struct ab_candidates *candidates);
void ab_candidates_drop(struct ab_candidates *candidates);
/* At the end, as far as there is room. One that is there already stays where it is. */
void ab_candidates_add(struct ab_candidates *candidates, const struct ab_address *address, struct ab_text *service);
void ab_candidates_add_routes(struct ab_candidates *candidates, const struct ab_found *found);
/* The next; good until they are dropped. NULL: there is none. */
const struct ab_candidate *ab_candidates_take(struct ab_candidates *candidates);

static inline bool ab_candidates_left(const struct ab_candidates *candidates)
{
    return candidates->next < candidates->count;
}

#endif
