/*
 * Asks routes whether they still lead anywhere: connects, binds, and tells the directory. At most so many at once.
 */
#ifndef AB_CORE_PROBER_H
#define AB_CORE_PROBER_H

#include <stddef.h>

#include "base/list.h"

struct ab_engine;
struct ab_route;
struct ab_probe;

struct ab_prober {
    struct ab_list queue; /* routes that wait */
    size_t running;
};

void ab_prober_init(struct ab_engine *engine);
/* Soon; no more than one probe of a route at a time. */
void ab_prober_probe(struct ab_engine *engine, struct ab_route *route);
/* Ends all of them. */
void ab_prober_stop(struct ab_engine *engine);
/* The route goes: its probe ends without a word. */
void ab_prober_forget(struct ab_engine *engine, struct ab_route *route);

#endif
