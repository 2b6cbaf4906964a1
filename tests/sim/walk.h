/*
 * A random walk through the life of a cluster: buses that come, go, crash and sleep on a network that loses, doubles,
 * reorders, delays and parts, with programs that use everything that the engine has, and peers of the existing
 * implementation among them. In some walks memory is short too.
 *
 * A walk has rounds: some minutes of faults, then a minute without any, at the end of which everybody must know the
 * truth (walk_truth.c). What must hold at any time is checked after each step: here, and by the simulation (sim.h).
 */
#ifndef AB_TESTS_SIM_WALK_H
#define AB_TESTS_SIM_WALK_H

#include "sim/legacy.h"
#include "sim/sim.h"

enum { WALK_HOSTS = 4, WALK_PLACES = 6, WALK_SERVICES = 3, WALK_REMOTES = 4, WALK_BROWSERS = 2, WALK_KNOWN = 64 };

/* What a program wants to be true of a service of its own. */
struct walk_service {
    struct sim_service *service; /* NULL: none */
    char type[4];
    char value[16]; /* of the object n; empty: there is none */
};

struct walk_remote {
    struct sim_remote *remote; /* NULL: none */
    char type[4];              /* of a proxy; empty: a connection */
    bool many;
    struct sim_slot *binding;
    struct sim_slot *watch;
    struct sim_slot *listen;
};

struct walk_browser {
    struct sim_slot *slot; /* NULL: none */
    char *known[WALK_KNOWN];
    unsigned count;
};

/* Where a program may run. */
struct walk_place {
    struct walk *walk;
    struct sim_bus *bus; /* NULL: none runs */
    struct walk_service services[WALK_SERVICES];
    struct walk_remote remotes[WALK_REMOTES];
    struct walk_browser browsers[WALK_BROWSERS];
    struct sim_discoverer *discoverer;
};

/* A program of the existing implementation, on a machine of its own. */
struct walk_elder {
    struct sim_host *host;    /* NULL: the walk has none */
    struct legacy *legacy;    /* NULL: does not run */
    struct walk_service says; /* its service, without a handle */
    struct sim_link *link;    /* to a service of ours */
};

struct walk {
    struct sim *sim;
    struct ab_random random;
    struct sim_host *hosts[WALK_HOSTS];
    struct ab_address known[WALK_HOSTS]; /* their first ports */
    struct walk_place places[WALK_PLACES];
    unsigned places_used;
    struct walk_elder elder;
    bool starving;
    unsigned made; /* for names and values */
};

/* Lives for so long in a world of its own. */
void walk_live(uint64_t seed, ab_time duration);
unsigned walk_below(struct walk *walk, unsigned bound);
bool walk_runs(const struct walk_place *place);

/* walk_program.c: something that a program does. */
void walk_program_start(struct walk_place *place);
void walk_program_gone(struct walk_place *place); /* its bus is no more: forgets all of it */
void walk_program_act(struct walk_place *place);
void walk_program_calm(struct walk_place *place); /* undoes what would keep others from what is there */

/* walk_elder.c */
void walk_elder_act(struct walk *walk);
void walk_elder_check(struct walk *walk);

/* walk_browse.c: listeners for services keep a book of what they heard. */
void walk_browse(struct walk_place *place);
void walk_browser_forget(struct walk_browser *browser);
void walk_browser_check(struct walk_place *place, struct walk_browser *browser);

/* walk_truth.c */
void walk_check_step(struct walk *walk);
void walk_check_truth(struct walk *walk);

#endif
