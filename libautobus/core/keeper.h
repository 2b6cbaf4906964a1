/*
 * Keeps one idle bound connection to each node that a liveness listener lists, so that a death is seen at once without
 * the service being used.
 */
#ifndef AB_CORE_KEEPER_H
#define AB_CORE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/timer.h"

struct ab_engine;
struct ab_found;
struct ab_keep;
struct ab_node;

struct ab_keeper {
    size_t listeners; /* browsers that ask for liveness */
    size_t kept;
    bool refused;         /* there was no room for one since the last review of all */
    struct ab_timer room; /* there is again */
};

void ab_keeper_init(struct ab_engine *engine);

/* The service or the listeners changed: whether and where it is kept is decided anew. */
void ab_keeper_review(struct ab_found *found);
void ab_keeper_review_all(struct ab_engine *engine);
void ab_keeper_forget(struct ab_found *found);
void ab_keeper_node_gone(struct ab_node *node);
void ab_keeper_stop(struct ab_engine *engine);

#endif
