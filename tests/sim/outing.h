/*
 * A scene that many tests of a client begin with, the other way round than visit.h: a stranger has announced a service x of
 * type hall, and a proxy of ours has connected to it, or is about to.
 */
#ifndef AB_TESTS_SIM_OUTING_H
#define AB_TESTS_SIM_OUTING_H

#include "sim/peer.h"
#include "sim/sim.h"

struct outing {
    struct sim *sim;
    struct sim_peer *p;
    struct sim_bus *c;
    struct sim_remote *remote;
    struct sim_link *link; /* once it was answered */
};

/* 10 ms past the start: the proxy has been made, and has sent nothing. */
struct outing outing_new(void);
/* Answers the bind with these extensions ("\"ping\",\"exists\""), after 10 ms in which it comes; takes another 10. */
void outing_answer(struct outing *outing, const char *extensions);
struct outing outing_bound(const char *extensions);

#endif
