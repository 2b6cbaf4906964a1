/*
 * A scene that many tests of a service begin with: a service of ours named hall, and a stranger who has connected to it
 * and says what the test wants. It is one second past the start, and lines and streams are recorded from then on.
 */
#ifndef AB_TESTS_SIM_VISIT_H
#define AB_TESTS_SIM_VISIT_H

#include "sim/peer.h"
#include "sim/sim.h"

struct visit {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall; /* sim_publish_hall */
    struct sim_peer *p;
    struct sim_link *link;
};

/* `limits` may be NULL. */
struct visit visit_new(void (*limits)(struct sim_bus *bus));
/* Bound by that link, without extensions; takes 10 ms. */
void visit_bind(struct visit *visit, struct sim_link *link);
struct visit visit_bound(void);
/* Says the line and waits 10 ms. */
void visit_say(struct visit *visit, const char *line);

#endif
