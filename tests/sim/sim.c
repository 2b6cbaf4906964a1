/*
 * Owns a simulated world from its beginning to the checks at its end.
 */

#include "sim/sim.h"

#include <stdlib.h>

#include "failing.h"
#include "harness.h"
#include "sim/bus.h"
#include "sim/peer.h"

static struct sim *world(uint64_t seed)
{
    struct sim *sim = sim_alloc(sizeof *sim);
    sim_network_init(&sim->network, seed);
    ab_list_init(&sim->buses);
    ab_list_init(&sim->peers);
    sim->network.transcript.kinds = SIM_PROGRAM;
    sim->live = ab_failing_live();
    sim->live_json = ab_failing_live_json();
    return sim;
}

struct sim *sim_new(uint64_t seed)
{
    ab_failing_install();
    return world(seed);
}

struct sim *sim_new_failing(uint64_t seed)
{
    struct sim *sim = world(seed);

    sim->memory_fails = true;
    return sim;
}

void sim_free(struct sim *sim)
{
    struct ab_list *node;

    AB_LIST_EACH_SAFE (bus, &sim->buses)
        sim_bus_close(AB_CONTAINER(bus, struct sim_bus, node));
    sim_peers_free(sim);
    while ((node = sim->buses.next) != &sim->buses)
        sim_bus_free(AB_CONTAINER(node, struct sim_bus, node));
    sim_network_deinit(&sim->network);
    sim_packets_free(sim->packets);
    ck_assert_int_eq(ab_failing_live(), sim->live);
    ck_assert_int_eq(ab_failing_live_json(), sim->live_json);
    free(sim);
}

void sim_run_until(struct sim *sim, ab_time time)
{
    while (sim_clock_step(&sim->network.clock, time))
        ;
    sim->network.clock.now = time;
}

void sim_run(struct sim *sim, ab_time duration)
{
    sim_run_until(sim, sim->network.clock.now + duration);
}

ab_time sim_now(const struct sim *sim)
{
    return sim->network.clock.now;
}

void sim_record(struct sim *sim, unsigned kinds)
{
    sim_transcript_clear(&sim->network.transcript);
    sim->network.transcript.kinds = kinds;
}

void sim_say(struct sim *sim, const char *text)
{
    sim_transcript_add(&sim->network.transcript, ~0u, "-- %s", text);
}

struct sim_host *sim_host(struct sim *sim, const char *name)
{
    return sim_host_new(&sim->network, name);
}

int sim_seeds(int otherwise, int *ret_first)
{
    const char *one = getenv("AB_SIM_SEED");
    const char *many = getenv("AB_SIM_SEEDS");

    *ret_first = one ? atoi(one) : 0;
    return one ? *ret_first + 1 : many ? atoi(many) : otherwise;
}
