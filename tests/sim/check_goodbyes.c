/*
 * Transcripts of goodbyes that somebody else said, one after the other, of services that are in use (PROTOCOL section 1):
 * how often they make us connect, and that a true one and a death are noticed among them.
 */

#include "harness.h"
#include "sim/sim.h"

#define REST SECONDS(5) /* of a service that was asked for a goodbye, until it is for another */

static void forge_goodbye(struct sim_bus *c, const struct ab_address *of, const char *id)
{
    char text[400];

    snprintf(text, sizeof text, "{\"command\":\"remove\",\"port\":%u,\"service\":\"%s\"}", of->port, id);
    sim_forge(c->process.host, of->host, text);
}

/* ---- Of one service */

struct one {
    struct sim *sim;
    struct sim_bus *b, *c;
    struct ab_address at;
    char id[256];
};

static struct one one_in_use(void)
{
    struct one one = {.sim = sim_new(1)};

    one.b = sim_bus(one.sim, "b");
    one.c = sim_bus(one.sim, "c");
    snprintf(one.id, sizeof one.id, "%s", ab_service_id(sim_publish(one.b, "hall", HALL)->service));
    one.at = sim_host_address(one.b->process.host, 0, sim_bus_port(one.b));
    sim_browse(one.c, "hall", 0);
    sim_on_binding(sim_proxy(one.c, "hall"));
    sim_run(one.sim, ASKED);
    sim_record(one.sim, SIM_SERVICES | SIM_BINDINGS | SIM_STREAMS);
    return one;
}

static void goodbye_of_one(struct one *one, ab_time before)
{
    sim_run(one->sim, before);
    forge_goodbye(one->c, &one->at, one->id);
}

START_TEST(it_is_asked_at_once_and_then_when_it_has_rested)
{
    struct one one = one_in_use();

    goodbye_of_one(&one, 0);
    goodbye_of_one(&one, 0);
    goodbye_of_one(&one, SECONDS(1));
    goodbye_of_one(&one, SECONDS(3));
    goodbye_of_one(&one, SECONDS(11)); /* long after the second time */
    sim_run(one.sim, SECONDS(10));
    sim_expect(one.sim, "20.000 c > b: connect 10.0.0.1:52722\n"
                        "20.003 b < c: accept\n"
                        "20.004 c > b: flush and close\n"
                        "20.005 b < c: end of input\n"
                        "20.005 b > c: flush and close\n"
                        "25.000 c > b: connect 10.0.0.1:52722\n"
                        "25.003 b < c: accept\n"
                        "25.004 c > b: flush and close\n"
                        "25.005 b < c: end of input\n"
                        "25.005 b > c: flush and close\n"
                        "35.000 c > b: connect 10.0.0.1:52722\n"
                        "35.003 b < c: accept\n"
                        "35.004 c > b: flush and close\n"
                        "35.005 b < c: end of input\n"
                        "35.005 b > c: flush and close\n");
    sim_free(one.sim);
}
END_TEST

/* A machine that lost its power and is back: nobody on it says anything on the connection that stood. */
START_TEST(a_true_one_while_it_rests_is_not_lost)
{
    struct one one = one_in_use();

    goodbye_of_one(&one, 0);
    sim_run(one.sim, SECONDS(1));
    sim_crash(one.sim, one.b->process.host);
    sim_host_boot(one.b->process.host);
    sim_record(one.sim, SIM_SERVICES | SIM_BINDINGS);
    goodbye_of_one(&one, SECONDS(1));
    sim_run(one.sim, SECONDS(10));
    sim_expect(one.sim, "25.004 c: unbound hall EDISCONNECTED\n"
                        "25.006 c: - hall\n");
    sim_free(one.sim);
}
END_TEST

START_TEST(one_that_is_gone_is_asked_no_more)
{
    struct one one = one_in_use();

    goodbye_of_one(&one, 0);
    goodbye_of_one(&one, MS(10));
    sim_bus_kill(one.b);
    sim_run(one.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(one.sim, "c: - hall"), 1);
    sim_record(one.sim, SIM_STREAMS);
    sim_run(one.sim, SECONDS(10));
    sim_expect(one.sim, "");
    sim_free(one.sim);
}
END_TEST

START_TEST(a_bus_that_closes_asks_no_more)
{
    struct one one = one_in_use();

    goodbye_of_one(&one, 0);
    goodbye_of_one(&one, MS(10));
    sim_bus_close(one.c);
    sim_run(one.sim, SECONDS(1));
    sim_record(one.sim, SIM_STREAMS);
    sim_run(one.sim, SECONDS(10));
    sim_expect(one.sim, "");
    sim_free(one.sim);
}
END_TEST

/* ---- A flood of them, of many services */

#define BUSES    4
#define SERVICES 8 /* of each */

struct flood {
    struct sim *sim;
    struct sim_bus *c; /* it has a connection to each */
    struct sim_bus *buses[BUSES];
    struct sim_service *services[BUSES][SERVICES];
    struct ab_address at[BUSES];
    char ids[BUSES][SERVICES][256];
};

static void flood_init(struct flood *flood)
{
    *flood = (struct flood){.sim = sim_new(1)};
    flood->c = sim_bus(flood->sim, "c");
    for (unsigned b = 0; b < BUSES; b++) {
        char name[20];

        snprintf(name, sizeof name, "b%u", b);
        flood->buses[b] = sim_bus(flood->sim, name);
        for (unsigned s = 0; s < SERVICES; s++) {
            snprintf(name, sizeof name, "hall-%u%u", b, s);
            flood->services[b][s] = sim_publish(flood->buses[b], name, HALL);
            snprintf(flood->ids[b][s], sizeof flood->ids[b][s], "%s", ab_service_id(flood->services[b][s]->service));
        }
        flood->at[b] = sim_host_address(flood->buses[b]->process.host, 0, sim_bus_port(flood->buses[b]));
    }
    sim_on_binding(sim_proxy_multiple(flood->c, "type=hall"));
    sim_browse(flood->c, "type=hall", 0);
    sim_run(flood->sim, ASKED);
    sim_record(flood->sim, SIM_SERVICES | SIM_BINDINGS);
}

#define EACH MS(40) /* a service is asked and answers in less, if nothing holds that back */

/* Goodbyes of all of them, again and again. */
static void flood_for(struct flood *flood, ab_time time)
{
    for (ab_time end = sim_now(flood->sim) + time; sim_now(flood->sim) < end;) {
        for (unsigned b = 0; b < BUSES; b++) {
            for (unsigned s = 0; s < SERVICES; s++)
                forge_goodbye(flood->c, &flood->at[b], flood->ids[b][s]);
        }
        sim_run(flood->sim, EACH);
    }
}

START_TEST(a_flood_has_each_service_asked_once_in_five_seconds)
{
    struct flood flood;
    uint64_t opened, accepted;

    flood_init(&flood);
    opened = ab_engine_counters(flood.c->engine).outbound_opened;
    accepted = ab_engine_counters(flood.buses[0]->engine).inbound_accepted;
    flood_for(&flood, 4 * REST);
    sim_run(flood.sim, 2 * REST);
    opened = ab_engine_counters(flood.c->engine).outbound_opened - opened;
    accepted = ab_engine_counters(flood.buses[0]->engine).inbound_accepted - accepted;
    ck_assert_uint_eq(opened, (4 + 1) * BUSES * SERVICES);
    ck_assert_uint_eq(accepted, (4 + 1) * SERVICES);
    sim_expect(flood.sim, ""); /* nothing that the program would see */
    sim_free(flood.sim);
}
END_TEST

START_TEST(a_true_goodbye_in_the_flood_is_noticed_at_once)
{
    struct flood flood;

    flood_init(&flood);
    flood_for(&flood, REST + SECONDS(1));
    sim_record(flood.sim, SIM_SERVICES);
    sim_service_end(flood.services[1][2]);
    flood_for(&flood, EACH);
    ck_assert_uint_eq(sim_count(flood.sim, "c: - hall-12"), 1);
    ck_assert_int_le(sim_time(flood.sim, "c: - hall-12", 0), ASKED + REST + SECONDS(1) + MS(10));
    flood_for(&flood, REST);
    ck_assert_uint_eq(sim_count(flood.sim, "c: - "), 1);
    sim_free(flood.sim);
}
END_TEST

START_TEST(a_death_in_the_flood_is_noticed_at_once)
{
    struct flood flood;

    flood_init(&flood);
    flood_for(&flood, REST + SECONDS(1));
    sim_record(flood.sim, SIM_SERVICES);
    sim_bus_kill(flood.buses[1]);
    flood_for(&flood, EACH);
    ck_assert_uint_eq(sim_count(flood.sim, "c: - hall-1"), SERVICES);
    flood_for(&flood, REST);
    ck_assert_uint_eq(sim_count(flood.sim, "c: - "), SERVICES);
    sim_free(flood.sim);
}
END_TEST

/* A machine that lost its power answers nothing: as silent as without the flood, and no longer. */
START_TEST(a_silent_death_in_the_flood_is_noticed_in_time)
{
    struct flood flood;

    flood_init(&flood);
    flood_for(&flood, REST + SECONDS(1));
    sim_record(flood.sim, SIM_SERVICES);
    sim_crash(flood.sim, flood.buses[1]->process.host);
    flood_for(&flood, SECONDS(30));
    ck_assert_uint_eq(sim_count(flood.sim, "c: - hall-1"), SERVICES);
    ck_assert_uint_eq(sim_count(flood.sim, "c: - "), SERVICES);
    sim_free(flood.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("goodbyes of others");
    TCase *one = tcase_create("of one");
    TCase *many = tcase_create("of many");

    tcase_add_test(one, it_is_asked_at_once_and_then_when_it_has_rested);
    tcase_add_test(one, a_true_one_while_it_rests_is_not_lost);
    tcase_add_test(one, one_that_is_gone_is_asked_no_more);
    tcase_add_test(one, a_bus_that_closes_asks_no_more);
    tcase_add_test(many, a_flood_has_each_service_asked_once_in_five_seconds);
    tcase_add_test(many, a_true_goodbye_in_the_flood_is_noticed_at_once);
    tcase_add_test(many, a_death_in_the_flood_is_noticed_at_once);
    tcase_add_test(many, a_silent_death_in_the_flood_is_noticed_in_time);
    suite_add_tcase(suite, one);
    suite_add_tcase(suite, many);
    return ab_test_run(suite);
}
