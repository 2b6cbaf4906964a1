/*
 * Owns the course of a walk and what befalls the machines and the network in it. Knows nothing of what programs do, nor
 * of how the truth is told.
 */

#include "sim/walk.h"

#include <stdlib.h>

#include "failing.h"

#define PEACE SECONDS(60) /* in which everybody comes to know the truth */
#define WORK  SECONDS(2)  /* for walk_check_truth */

unsigned walk_below(struct walk *walk, unsigned bound)
{
    return (unsigned)ab_random_below(&walk->random, bound);
}

bool walk_runs(const struct walk_place *place)
{
    return place->bus && !place->bus->process.host->asleep;
}

/* ---- Faults */

static void power(struct walk *walk, struct sim_host *host)
{
    if (!host->running) {
        sim_host_boot(host);
        return;
    }
    if (host->asleep || walk_below(walk, 3) != 0)
        return;
    sim_crash(walk->sim, host);
    for (unsigned i = 0; i < WALK_PLACES; i++)
        if (walk->places[i].bus && walk->places[i].bus->process.host == host)
            walk_program_gone(&walk->places[i]);
}

static void turn_over(struct sim_host *host)
{
    if (!host->running)
        return;
    if (host->asleep)
        sim_host_wake(host);
    else
        sim_host_sleep(host);
}

static void cut(struct walk *walk, struct sim_host *one, struct sim_host *other, bool off)
{
    if (one != other)
        sim_cut(one, other, off);
    if (walk->elder.host && walk_below(walk, 3) == 0)
        sim_cut(one, walk->elder.host, off);
}

/* Those before that machine cannot reach those from it on. */
static void part(struct walk *walk, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        for (unsigned j = at; j < WALK_HOSTS; j++)
            sim_cut(walk->hosts[i], walk->hosts[j], true);
}

static void trouble(struct walk *walk)
{
    struct sim_network *network = &walk->sim->network;
    struct sim_host *host = walk->hosts[walk_below(walk, WALK_HOSTS)];
    struct sim_host *other = walk->hosts[walk_below(walk, WALK_HOSTS)];

    switch (walk_below(walk, 10)) {
    case 0: cut(walk, host, other, walk_below(walk, 2)); break;
    case 1: sim_host_set_interface(host, walk_below(walk, host->interface_count), walk_below(walk, 2)); break;
    case 2: turn_over(host); break;
    case 3: network->loss = walk_below(walk, 2) ? walk_below(walk, 800) : 0; break;
    case 4: network->duplication = walk_below(walk, 500); break;
    case 5: network->jitter = MS(walk_below(walk, 50)); break;
    case 6: network->latency = MS(walk_below(walk, 3) ? 1 : walk_below(walk, 400)); break;
    case 7: network->single_bytes = walk_below(walk, 4) == 0; break;
    case 8: power(walk, host); break;
    case 9: part(walk, walk_below(walk, WALK_HOSTS)); break;
    }
}

/* For the next step one allocation fails, or all from some one on. */
static void starve(struct walk *walk)
{
    if (walk_below(walk, 4) == 0)
        ab_failing_arm((long)walk_below(walk, 300), walk_below(walk, 2));
    else
        ab_failing_arm(-1, false);
}

static void reconnect(struct walk *walk, struct sim_host *host)
{
    for (unsigned i = 0; i < WALK_HOSTS; i++)
        sim_cut(host, walk->hosts[i], false);
    for (unsigned i = 0; i < host->interface_count; i++)
        sim_host_set_interface(host, i, true);
    if (host->asleep)
        sim_host_wake(host);
}

static void heal(struct walk *walk)
{
    struct sim_network *network = &walk->sim->network;

    ab_failing_arm(-1, false);
    network->loss = network->duplication = 0;
    network->jitter = 0;
    network->latency = MS(1);
    network->single_bytes = false;
    for (unsigned i = 0; i < WALK_HOSTS; i++)
        reconnect(walk, walk->hosts[i]);
    if (walk->elder.host)
        reconnect(walk, walk->elder.host);
    for (unsigned i = 0; i < walk->places_used; i++)
        walk_program_calm(&walk->places[i]);
}

/* ---- The course */

static void step(struct walk *walk)
{
    if (walk->starving)
        starve(walk);
    if (walk_below(walk, 12) == 0)
        trouble(walk);
    else if (walk_below(walk, 20) == 0)
        walk_elder_act(walk);
    else
        walk_program_act(&walk->places[walk_below(walk, walk->places_used)]);
    sim_run(walk->sim, walk_below(walk, 6) ? MS(walk_below(walk, 500)) : MS(walk_below(walk, 20000)));
    walk_check_step(walk);
}

static struct sim_host *host_new(struct walk *walk, const char *name)
{
    struct sim_host *host = sim_host(walk->sim, name);

    if (walk_below(walk, 2))
        sim_host_add_interface(host, 1);
    return host;
}

static void build(struct walk *walk)
{
    static const char *const names[WALK_HOSTS] = {"h0", "h1", "h2", "h3"};

    for (unsigned i = 0; i < WALK_HOSTS; i++) {
        walk->hosts[i] = host_new(walk, names[i]);
        walk->known[i] = sim_host_address(walk->hosts[i], walk_below(walk, walk->hosts[i]->interface_count), 52722);
    }
    if (!walk->starving && walk_below(walk, 3) == 0)
        walk->elder.host = host_new(walk, "old");
    walk->places_used = 3 + walk_below(walk, WALK_PLACES - 2);
    for (unsigned i = 0; i < walk->places_used; i++) {
        walk->places[i].walk = walk;
        walk_program_start(&walk->places[i]);
    }
}

/* Where memory is short is for the seed to say: in each fourth walk. */
void walk_live(uint64_t seed, ab_time duration)
{
    struct walk walk = {.sim = sim_new(seed), .starving = seed % 4 == 3};

    sim_record(walk.sim, 0);
    walk.sim->memory_fails = walk.starving;
    if (!walk.starving)
        walk.sim->packets = sim_packets_new();
    ab_random_seed(&walk.random, seed);
    build(&walk);
    while (sim_now(walk.sim) < duration - PEACE - WORK) {
        ab_time faults = SECONDS(120 + walk_below(&walk, 240));
        ab_time until = sim_now(walk.sim) + faults;

        while (sim_now(walk.sim) < until && sim_now(walk.sim) < duration - PEACE - WORK)
            step(&walk);
        heal(&walk);
        sim_run(walk.sim, PEACE);
        walk_check_step(&walk);
        walk_check_truth(&walk);
    }
    for (unsigned i = 0; i < walk.places_used; i++)
        walk_program_gone(&walk.places[i]);
    sim_free(walk.sim);
}
