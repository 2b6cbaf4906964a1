/*
 * Looks in a hurry: programs that come, ask who is there, and go as soon as discovery has settled, one after the other.
 * They ask more often than a bus may answer (PROTOCOL section 1), and none of them may miss a service all the same.
 */

#include <stdio.h>

#include "harness.h"
#include "sim/sim.h"

enum { LOOKS = 20 };

struct look {
    unsigned seen;
    bool settled;
};

static void heard(struct sim_slot *slot, void *context)
{
    struct look *look = context;

    look->seen += slot->code == AB_SERVICE_ADDED;
    look->settled = look->settled || slot->code == AB_SERVICES_SETTLED;
}

/* What a program sees that leaves as soon as it knows that this is all. */
static unsigned look(struct sim *sim, struct sim_host *host)
{
    struct sim_bus *bus = sim_bus_start(sim_bus_new(sim, host, "looker"));
    struct look look = {0};

    sim_bus_enter(bus);
    struct sim_slot *slot = sim_browse(bus, "type=t", AB_BROWSER_EXISTING);
    slot->heard = heard;
    slot->context = &look;
    sim_bus_leave(bus);
    ab_time latest = sim_now(sim) + SECONDS(2);
    while (!look.settled)
        ck_assert(sim_clock_step(&sim->network.clock, latest));
    sim_bus_kill(bus);
    return look.seen;
}

static void stop_losing(void *context)
{
    struct sim_network *network = context;

    network->loss = 0;
}

static void publish_another(struct sim *sim)
{
    char name[16];

    snprintf(name, sizeof name, "b%u", sim->network.host_count);
    sim_publish(sim_bus(sim, name), name, "{\"type\": \"t\"}");
}

/* How many of the looks, with so long between them, missed a service. The buses came one after the other, the last while
 * somebody looked already: each answers at times of its own. */
static unsigned misses(uint64_t seed, unsigned buses, ab_time pause)
{
    struct sim *sim = sim_new(seed);
    struct sim_host *host = sim_host(sim, "looker");
    struct ab_random random;
    unsigned missed = 0;

    sim_record(sim, 0);
    ab_random_seed(&random, seed);
    for (unsigned i = 0; i < buses; i++) {
        publish_another(sim);
        look(sim, host);
        sim_run(sim, (ab_time)ab_random_below(&random, (uint64_t)MS(200)));
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        missed += look(sim, host) < buses;
        sim_run(sim, pause);
    }
    sim_free(sim);
    return missed;
}

START_TEST(no_look_misses_a_service)
{
    static const unsigned buses[] = {1, 2, 5, 10};

    for (unsigned i = 0; i < COUNT(buses); i++)
        for (ab_time pause = 0; pause < MS(500); pause += MS(50)) {
            unsigned missed = misses(0, buses[i], pause);
            ck_assert_msg(missed == 0, "%u buses, %d ms between looks: %u of %d looks missed one", buses[i],
                          (int)(pause / MS(1)), missed, LOOKS);
        }
}
END_TEST

START_TEST(no_look_at_many_misses_a_service)
{
    ck_assert_uint_eq(misses(1, 50, MS(200)), 0);
}
END_TEST

/* The second one comes within the time that a look takes. */
START_TEST(a_question_that_is_lost_is_asked_again_in_time)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "looker");

    sim_record(sim, 0);
    publish_another(sim);
    sim_run(sim, SECONDS(20));
    sim->network.loss = 1000;
    sim_clock_defer(&sim->network.clock, MS(100), stop_losing, &sim->network);
    ck_assert_uint_eq(look(sim, host), 1);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("looks in a hurry");
    TCase *tests = tcase_create("looks");

    tcase_add_test(tests, no_look_misses_a_service);
    tcase_add_test(tests, no_look_at_many_misses_a_service);
    tcase_add_test(tests, a_question_that_is_lost_is_asked_again_in_time);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
