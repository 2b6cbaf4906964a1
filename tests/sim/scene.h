/*
 * A scene that many tests of a client begin with: a service of ours named hall, and on another machine a proxy that is
 * bound to it. It is 20.1 seconds past the start, all is quiet, and the kinds of lines asked for are recorded from then on.
 */
#ifndef AB_TESTS_SIM_SCENE_H
#define AB_TESTS_SIM_SCENE_H

#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c;
    struct sim_service *hall; /* sim_publish_hall, of b */
    struct sim_remote *remote;
};

struct scene scene_new(unsigned record);
/* The same with another limit of c, the client. */
struct scene scene_with(const char *limit, long long value, unsigned record);

#endif
