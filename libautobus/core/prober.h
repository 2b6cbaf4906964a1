/*
 * Asks routes whether they still lead anywhere: connects, binds, and tells the directory. At most so many at once.
 */
#ifndef AB_CORE_PROBER_H
#define AB_CORE_PROBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct ab_engine;
struct ab_route;
struct ab_probe;

struct ab_prober {
    struct ab_list urgent;  /* routes that wait, and may be gone: somebody used them */
    struct ab_list routine; /* routes that wait, and were silent for long */
    size_t running;
    size_t routine_running;
};

void ab_prober_init(struct ab_engine *engine);
/* As soon as there is room; no more than one probe of a route at a time. */
void ab_prober_probe(struct ab_engine *engine, struct ab_route *route, bool urgent);
/* Ends all of them. */
void ab_prober_stop(struct ab_engine *engine);
/* The route goes: its probe ends without a word. */
void ab_prober_forget(struct ab_engine *engine, struct ab_route *route);

#endif
