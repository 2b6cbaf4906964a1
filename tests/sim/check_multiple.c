/* Transcripts of proxies of many services: who is bound, what they tell, and calls to all. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"
#include "json_text.h"
#include "sim/peer.h"
#include "sim/sim.h"

/* Three services on two machines, and a program that knows them. */
struct house {
    struct sim *sim;
    struct sim_bus *a, *b, *c;
    struct sim_service *attic, *bath, *cellar;
    struct sim_remote *remote;
};

static void house_build(struct house *house, unsigned record)
{
    house->sim = sim_new(1);
    house->a = sim_bus(house->sim, "a");
    house->b = sim_bus(house->sim, "b");
    house->c = sim_bus(house->sim, "c");
    house->attic = sim_publish_hall(house->a, "attic");
    house->bath = sim_publish_hall(house->b, "bath");
    house->cellar = sim_publish_hall(house->b, "cellar");
    sim_run(house->sim, ASKED);
    house->remote = sim_proxy_multiple(house->c, "type=hall");
    sim_run(house->sim, SECONDS(1));
    sim_record(house->sim, record);
}

/* ---- Who is bound */

START_TEST(each_service_that_matches_is_bound_as_it_comes)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(a, "attic");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_BINDINGS | SIM_STREAMS);
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    struct sim_slot *slot = sim_on_binding(remote);
    sim_run(sim, SECONDS(1));
    ck_assert_ptr_nonnull(strstr(slot->value, "\"type\":\"hall\""));
    sim_publish_hall(b, "bath");
    sim_publish(b, "shed", "{\"type\": \"shed\"}");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 c > a: connect 10.0.0.1:52722\n"
                    "20.003 a < c: accept\n"
                    "20.004 c: bound attic\n"
                    "21.001 c > b: connect 10.0.0.2:52722\n"
                    "21.004 b < c: accept\n"
                    "21.005 c: bound bath\n");
    ck_assert(sim_bound(remote));
    sim_on_binding(remote);
    sim_expect(sim, "22.000 c: bound attic\n"
                    "22.000 c: bound bath\n");
    sim_remote_end(remote);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "22.000 c > a: flush and close\n"
                    "22.000 c > b: flush and close\n"
                    "22.001 a < c: end of input\n"
                    "22.001 a > c: flush and close\n"
                    "22.001 b < c: end of input\n"
                    "22.001 b > c: flush and close\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_with_two_routes_is_bound_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus_on_two(sim, "a");
    struct sim_bus *c = sim_bus_on_two(sim, "c");

    sim_publish_hall(a, "attic");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_BINDINGS | SIM_RESULTS);
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    sim_on_binding(remote);
    sim_run(sim, SECONDS(1));
    sim_call_all(remote, NULL, 0, "echo", "[1]");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.004 c: bound attic\n"
                    "21.002 c: echo = [1] (attic)\n"
                    "21.002 c: echo done\n");
    /* The route in use goes: bound again over the other, and never two at a time. */
    sim_host_set_interface(a->process.host, 0, false);
    sim_run(sim, SECONDS(60));
    sim_expect(sim, "46.002 c: unbound attic ETIMEDOUT\n"
                    "46.106 c: bound attic\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_dies_goes_and_the_others_stay)
{
    struct house house;

    house_build(&house, SIM_BINDINGS | SIM_VALUES | SIM_EVENTS);
    sim_on_binding(house.remote);
    sim_watch(house.remote, "temp");
    sim_listen(house.remote, "rang");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.000 c: bound attic\n"
                          "21.000 c: bound bath\n"
                          "21.000 c: bound cellar\n"
                          "21.002 c: value temp = 21.5 (attic)\n"
                          "21.002 c: value temp = 21.5 (bath)\n"
                          "21.002 c: value temp = 21.5 (cellar)\n");
    sim_bus_kill(house.a);
    sim_run(house.sim, SECONDS(60));
    sim_expect(house.sim, "22.001 c: value temp = absent (attic)\n"
                          "22.001 c: unbound attic EDISCONNECTED\n");
    sim_fire(house.bath, "rang", "[1]");
    sim_set(house.cellar, "temp", "8");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "82.001 c: event rang [1] (bath)\n"
                          "82.001 c: value temp = 8 (cellar)\n");
    /* It comes back as another, as a program that was started again does. */
    house.a = sim_bus(house.sim, "a");
    house.attic = sim_publish_hall(house.a, "loft");
    sim_run(house.sim, SECONDS(1));
    sim_fire(house.attic, "rang", "[2]");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "83.005 c: bound loft\n"
                          "83.007 c: value temp = 21.5 (loft)\n"
                          "84.001 c: event rang [2] (loft)\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(a_service_that_says_goodbye_goes)
{
    struct house house;

    house_build(&house, SIM_BINDINGS | SIM_VALUES);
    sim_on_binding(house.remote);
    sim_watch(house.remote, "temp");
    sim_run(house.sim, SECONDS(1));
    sim_transcript_clear(&house.sim->network.transcript);
    sim_service_end(house.bath);
    sim_run(house.sim, SECONDS(60));
    sim_expect(house.sim, "22.001 c: value temp = absent (bath)\n"
                          "22.001 c: unbound bath ECLOSED\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(a_service_that_ceases_to_match_is_left_and_comes_back_when_it_matches)
{
    struct house house;

    house_build(&house, SIM_BINDINGS | SIM_VALUES | SIM_RESULTS);
    sim_on_binding(house.remote);
    sim_watch(house.remote, "temp");
    sim_call_all(house.remote, NULL, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_transcript_clear(&house.sim->network.transcript);
    sim_set_info(house.bath, "{\"type\": \"other\"}");
    sim_run(house.sim, SECONDS(2));
    sim_expect(house.sim, "22.001 c: value temp = absent (bath)\n"
                          "22.001 c: hold failed: EDISCONNECTED (bath)\n"
                          "22.001 c: unbound bath ENOENT\n");
    sim_set_info(house.bath, HALL);
    sim_run(house.sim, SECONDS(2));
    sim_expect(house.sim, "24.005 c: bound bath\n"
                          "24.007 c: value temp = 21.5 (bath)\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(datagrams_that_are_lost_cost_time_and_nothing_else)
{
    struct sim *sim = sim_new(7);

    sim->network.loss = 400;
    sim->network.duplication = 300;
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    sim_publish_hall(a, "attic");
    sim_publish_hall(b, "bath");
    sim_publish_hall(b, "cellar");
    sim_run(sim, SECONDS(60));
    sim_record(sim, SIM_BINDINGS);
    sim_on_binding(remote);
    ck_assert_uint_eq(sim_count(sim, "bound"), 3);
    sim_free(sim);
}
END_TEST

START_TEST(no_more_services_are_bound_than_the_limit_says)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "multiple_services", 2);
    sim_bus_start(c);
    struct sim_service *one = sim_publish_hall(a, "one");
    sim_run(sim, SECONDS(5));
    sim_publish_hall(a, "two");
    sim_run(sim, SECONDS(5));
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_BINDINGS | SIM_LOG);
    sim_on_binding(remote);
    sim_publish_hall(a, "three");
    sim_run(sim, SECONDS(5));
    ck_assert_uint_eq(sim_count(sim, ": bound"), 2);
    ck_assert_uint_eq(sim_count(sim, "three is left out"), 1);
    sim_service_end(one);
    sim_run(sim, SECONDS(5));
    ck_assert_uint_eq(sim_count(sim, "bound three"), 1);
    sim_free(sim);
}
END_TEST

START_TEST(a_wait_ends_with_the_first_that_is_bound)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");

    sim_record(sim, SIM_RESULTS);
    sim_wait_bound(remote, SECONDS(1));
    sim_wait_bound(remote, SECONDS(5));
    sim_run(sim, SECONDS(2));
    sim_publish_hall(a, "attic");
    sim_run(sim, SECONDS(1));
    sim_wait_bound(remote, SECONDS(5));
    sim_cancel(sim_wait_bound(sim_proxy_multiple(c, "type=shed"), SECONDS(5)));
    sim_run(sim, SECONDS(10));
    sim_expect(sim, "1.000 c: bind failed: ETIMEDOUT\n"
                    "2.005 c: bind done\n"
                    "3.000 c: bind done\n");
    sim_free(sim);
}
END_TEST

/* ---- Notices */

START_TEST(a_notice_goes_to_all_that_are_bound)
{
    struct house house;

    house_build(&house, SIM_CALLS);
    ck_assert_int_eq(sim_notice(house.remote, "echo", "[1]"), 0);
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.001 a: call echo [1] (no answer wanted)\n"
                          "21.001 b: call echo [1] (no answer wanted)\n"
                          "21.001 b: call echo [1] (no answer wanted)\n");
    ck_assert_int_eq(sim_notice(sim_proxy_multiple(house.c, "type=shed"), "echo", "[1]"), AB_ENOTBOUND);
    ab_multiple_close(house.remote->multiple, sim_bus_enter(house.c));
    sim_bus_leave(house.c);
    ck_assert_int_eq(sim_notice(house.remote, "echo", "[1]"), AB_ECLOSED);
    sim_free(house.sim);
}
END_TEST

/* ---- Calls to all */

START_TEST(a_call_to_all_ends_when_all_have_answered)
{
    struct house house;

    house_build(&house, SIM_RESULTS | SIM_LINES);
    sim_call_all(house.remote, NULL, AB_CALL_BOUND_ONLY, "echo", "[1]");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.000 c > a: 2? call name=echo args=[1]\n"
                          "21.000 c > b: 2? call name=echo args=[1]\n"
                          "21.000 c > b: 2? call name=echo args=[1]\n"
                          "21.001 a > c: 2= result=[1]\n"
                          "21.001 b > c: 2= result=[1]\n"
                          "21.001 b > c: 2= result=[1]\n"
                          "21.002 c: echo = [1] (attic)\n"
                          "21.002 c: echo = [1] (bath)\n"
                          "21.002 c: echo = [1] (cellar)\n"
                          "21.002 c: echo done\n");
    sim_call_all(house.remote, NULL, 0, "throw", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_record(house.sim, SIM_RESULTS);
    sim_call_all(house.remote, NULL, 0, "nothing", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "23.002 c: nothing failed: no_such_function \"there is no function of that name\" (attic)\n"
                          "23.002 c: nothing failed: no_such_function \"there is no function of that name\" (bath)\n"
                          "23.002 c: nothing failed: no_such_function \"there is no function of that name\" (cellar)\n"
                          "23.002 c: nothing done\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(nobody_waits_for_the_slowest_beyond_the_deadline)
{
    struct house house;
    const struct ab_gather_rule rule = {.deadline = SECONDS(2)};

    house_build(&house, SIM_RESULTS | SIM_CALLS);
    sim_call_all(house.remote, &rule, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.b, "1");
    sim_run(house.sim, SECONDS(2));
    sim_reply(house.b, "2");
    sim_reply(house.a, "3");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.001 a: call hold []\n"
                          "21.001 b: call hold []\n"
                          "21.001 b: call hold []\n"
                          "22.001 c: hold = 1 (bath)\n"
                          "23.000 c: hold failed: ETIMEDOUT (attic)\n"
                          "23.000 c: hold failed: ETIMEDOUT (cellar)\n"
                          "23.000 c: hold done\n"
                          "23.001 a: abandoned hold\n"
                          "23.001 b: abandoned hold\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(the_first_results_can_be_enough)
{
    struct house house;
    const struct ab_gather_rule two = {.count = 2, .deadline = SECONDS(5)};
    const struct ab_gather_rule nine = {.count = 9, .deadline = SECONDS(5)};

    house_build(&house, SIM_RESULTS);
    sim_call_all(house.remote, &two, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.a, "1");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.b, "2");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.b, "3");
    sim_call_all(house.remote, &nine, 0, "echo", "[]");
    sim_run(house.sim, SECONDS(10));
    sim_expect(house.sim, "22.001 c: hold = 1 (attic)\n"
                          "23.001 c: hold = 2 (bath)\n"
                          "23.001 c: hold done\n"
                          "24.002 c: echo = [] (attic)\n"
                          "24.002 c: echo = [] (bath)\n"
                          "24.002 c: echo = [] (cellar)\n"
                          "24.002 c: echo done\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(quiet_ends_a_call_but_not_before_the_first_answer)
{
    struct house house;
    const struct ab_gather_rule rule = {.quiet = MS(300), .deadline = SECONDS(10)};

    house_build(&house, SIM_RESULTS);
    sim_call_all(house.remote, &rule, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(2));
    sim_reply(house.b, "1");
    sim_run(house.sim, MS(200));
    sim_reply(house.b, "2");
    sim_run(house.sim, SECONDS(2));
    sim_reply(house.a, "3");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "23.001 c: hold = 1 (bath)\n"
                          "23.201 c: hold = 2 (cellar)\n"
                          "23.501 c: hold failed: ETIMEDOUT (attic)\n"
                          "23.501 c: hold done\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(a_call_waits_for_a_service_to_its_deadline_or_fails_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    const struct ab_gather_rule rule = {.deadline = SECONDS(1)};

    sim_run(sim, SECONDS(3));
    sim_record(sim, SIM_RESULTS);
    ck_assert_int_eq(sim_call_all_try(remote, AB_CALL_BOUND_ONLY, "echo", "[1]"), AB_ENOTBOUND);
    sim_call_all(remote, &rule, 0, "echo", "[1]");
    sim_run(sim, SECONDS(2));
    sim_call_all(remote, NULL, 0, "echo", "[2]");
    sim_run(sim, SECONDS(2));
    sim_publish_hall(a, "attic");
    sim_run(sim, SECONDS(2));
    sim_expect(sim, "4.000 c: echo failed: ETIMEDOUT\n"
                    "7.007 c: echo = [2] (attic)\n"
                    "7.007 c: echo done\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_program_that_has_just_started_asks_all_that_are_there)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *b = sim_bus(sim, "b");

    sim_publish_hall(a, "attic");
    sim_publish_hall(b, "bath");
    sim_publish_hall(b, "cellar");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_RESULTS);
    struct sim_bus *c = sim_bus(sim, "c");
    sim_call_all(sim_proxy_multiple(c, "type=hall"), NULL, 0, "echo", "[1]");
    sim_run(sim, SECONDS(3));
    sim_expect(sim, "20.008 c: echo = [1] (attic)\n"
                    "20.008 c: echo = [1] (bath)\n"
                    "20.008 c: echo = [1] (cellar)\n"
                    "20.550 c: echo done\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_cannot_be_reached_is_an_error_of_its_own)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    const struct ab_gather_rule rule = {.deadline = SECONDS(3)};

    sim_publish_hall(a, "attic");
    sim_run(sim, ASKED);
    sim_peer_broadcast(p,
                       "{\"command\": \"add\", \"port\": 81, \"service\": \"ghost\", \"info\": {\"type\": \"hall\"}}",
                       AB_LOOPBACK_FIRST);
    sim_run(sim, MS(50));
    sim_record(sim, SIM_RESULTS);
    sim_call_all(sim_proxy_multiple(c, "type=hall"), &rule, 0, "echo", "[1]");
    sim_run(sim, SECONDS(5));
    sim_expect(sim, "20.052 c: echo failed: ENETWORK (ghost)\n"
                    "20.056 c: echo = [1] (attic)\n"
                    "20.056 c: echo done\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_is_lost_while_it_is_asked_is_an_error_and_not_asked_again)
{
    struct house house;

    house_build(&house, SIM_RESULTS | SIM_CALLS);
    sim_call_all(house.remote, NULL, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_bus_kill(house.a);
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.b, "1");
    sim_reply(house.b, "2");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.001 a: call hold []\n"
                          "21.001 b: call hold []\n"
                          "21.001 b: call hold []\n"
                          "22.001 c: hold failed: EDISCONNECTED (attic)\n"
                          "23.001 c: hold = 1 (bath)\n"
                          "23.001 c: hold = 2 (cellar)\n"
                          "23.001 c: hold done\n");
    sim_free(house.sim);
}
END_TEST

/* What was asked may have been carried out, whoever it is now. */
START_TEST(a_service_that_goes_and_comes_while_all_are_asked_is_asked_once)
{
    struct house house;

    house_build(&house, SIM_RESULTS | SIM_CALLS | SIM_BINDINGS);
    sim_on_binding(house.remote);
    sim_call_all(house.remote, NULL, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_transcript_clear(&house.sim->network.transcript);
    sim_set_info(house.bath, "{\"type\": \"other\"}");
    sim_run(house.sim, SECONDS(1));
    sim_set_info(house.bath, HALL);
    sim_run(house.sim, SECONDS(1));
    /* A newcomer is asked all the same. */
    sim_publish_hall(house.c, "den");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.a, "1");
    sim_reply(house.b, "2");
    sim_reply(house.b, "3");
    sim_reply(house.c, "4");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "22.001 c: hold failed: EDISCONNECTED (bath)\n"
                          "22.001 c: unbound bath ENOENT\n"
                          "22.002 b: abandoned hold\n"
                          "23.005 c: bound bath\n"
                          "24.000 c: bound den\n"
                          "24.000 c: call hold []\n"
                          "25.000 c: hold = 4 (den)\n"
                          "25.001 c: hold = 1 (attic)\n"
                          "25.001 c: hold = 3 (cellar)\n"
                          "25.001 c: hold done\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(no_room_is_an_error_of_each_service_by_itself)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "calls", 1);
    sim_bus_start(c);
    sim_publish_hall(a, "attic");
    sim_publish_hall(b, "bath");
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    sim_run(sim, SECONDS(3));
    sim_record(sim, SIM_RESULTS);
    sim_call_all(remote, NULL, 0, "hold", "[]");
    sim_run(sim, SECONDS(1));
    sim_reply(b, "1");
    sim_run(sim, SECONDS(1));
    sim_call_all(remote, NULL, 0, "echo", "[2]");
    sim_call_all(remote, NULL, AB_CALL_ROOM, "echo", "[3]");
    sim_run(sim, SECONDS(1));
    sim_reply(a, "4");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "4.001 c: hold = 1 (bath)\n"
                    "5.000 c: echo failed: EAGAIN (attic)\n"
                    "5.002 c: echo = [2] (bath)\n"
                    "5.002 c: echo done\n"
                    "5.004 c: echo = [3] (bath)\n"
                    "6.001 c: hold = 4 (attic)\n"
                    "6.001 c: hold done\n"
                    "6.003 c: echo = [3] (attic)\n"
                    "6.003 c: echo done\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_call_that_is_given_up_is_not_heard_of)
{
    struct house house;

    house_build(&house, SIM_RESULTS | SIM_CALLS);
    struct sim_slot *slot = sim_call_all(house.remote, NULL, 0, "hold", "[]");
    sim_run(house.sim, SECONDS(1));
    sim_reply(house.b, "1");
    sim_run(house.sim, SECONDS(1));
    sim_cancel(slot);
    sim_reply(house.b, "2");
    sim_run(house.sim, SECONDS(1));
    sim_expect(house.sim, "21.001 a: call hold []\n"
                          "21.001 b: call hold []\n"
                          "21.001 b: call hold []\n"
                          "22.001 c: hold = 1 (bath)\n"
                          "23.001 a: abandoned hold\n");
    sim_free(house.sim);
}
END_TEST

static void cancel_self(struct sim_slot *slot, void *context)
{
    (void)context;
    sim_cancel(slot);
}

START_TEST(a_call_may_be_given_up_while_it_tells)
{
    struct house house;

    house_build(&house, SIM_RESULTS);
    struct sim_slot *slot = sim_call_all(house.remote, NULL, 0, "echo", "[]");
    slot->heard = cancel_self;
    sim_run(house.sim, SECONDS(1));
    ck_assert_uint_eq(slot->count, 1);
    sim_free(house.sim);
}
END_TEST

START_TEST(a_close_ends_calls_and_subscriptions)
{
    struct house house;

    house_build(&house, SIM_PROGRAM);
    sim_on_binding(house.remote);
    sim_call_all(house.remote, NULL, 0, "hold", "[]");
    sim_wait_bound(sim_proxy_multiple(house.c, "type=shed"), SECONDS(60));
    sim_run(house.sim, SECONDS(1));
    sim_transcript_clear(&house.sim->network.transcript);
    sim_remote_end(house.remote);
    sim_run(house.sim, MS(10));
    sim_expect(house.sim, "22.000 c: hold failed: ECLOSED\n"
                          "22.001 a: abandoned hold\n"
                          "22.001 b: abandoned hold\n"
                          "22.001 b: abandoned hold\n");
    sim_bus_close(house.c);
    sim_expect(house.sim, "22.010 c: bind failed: ECLOSED\n");
    sim_free(house.sim);
}
END_TEST

START_TEST(what_fits_no_line_is_refused)
{
    struct house house;
    char *args = ab_test_json_long(1100000);

    house_build(&house, SIM_RESULTS);
    ck_assert_int_eq(sim_call_all_try(house.remote, 0, "echo", args), AB_ETOOLARGE);
    ck_assert_int_eq(sim_notice(house.remote, "echo", args), AB_ETOOLARGE);
    free(args);
    sim_free(house.sim);
}
END_TEST

/* ---- Memory */

/* All of it, with one allocation failing after the other: nothing leaks, no call is without its end. */
static bool live_without_memory(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *a = sim_bus(sim, "a");
    struct sim_bus *c = sim_bus(sim, "c");
    const struct ab_gather_rule rule = {.count = 2, .quiet = SECONDS(1), .deadline = SECONDS(4)};

    (void)context;
    struct sim_service *attic = a ? sim_publish_hall(a, "attic") : NULL;
    struct sim_remote *remote = sim_proxy_multiple(c, "type=hall");
    sim_on_binding(remote);
    struct sim_slot *temp = sim_watch(remote, "temp");
    struct sim_slot *rang = sim_listen(remote, "rang");
    sim_call_all(remote, &rule, 0, "echo", "[1]");
    sim_run(sim, SECONDS(5));
    if (a)
        sim_publish_hall(a, "bath");
    sim_run(sim, SECONDS(5));
    sim_call_all(remote, &rule, 0, "echo", "[2]");
    struct sim_slot *given_up = sim_call_all(remote, NULL, 0, "hold", "[]");
    sim_watch(remote, "temp");
    sim_on_binding(remote);
    sim_notice(remote, "echo", "[3]");
    sim_set(attic, "temp", "9");
    sim_fire(attic, "rang", "[4]");
    sim_run(sim, SECONDS(1));
    sim_cancel(given_up);
    sim_cancel(temp);
    sim_cancel(rang);
    sim_service_end(attic);
    sim_run(sim, SECONDS(20));
    sim_free(sim);
    return !ab_failing_happened();
}

START_TEST(no_memory_costs_no_more_than_it_must)
{
    ck_assert_uint_gt(ab_failing_each(live_without_memory, NULL), 300);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("multiple");
    TCase *members = tcase_create("members");
    TCase *calls = tcase_create("calls");
    TCase *memory = tcase_create("memory");

    tcase_add_test(members, each_service_that_matches_is_bound_as_it_comes);
    tcase_add_test(members, a_service_with_two_routes_is_bound_once);
    tcase_add_test(members, a_service_that_dies_goes_and_the_others_stay);
    tcase_add_test(members, a_service_that_says_goodbye_goes);
    tcase_add_test(members, a_service_that_ceases_to_match_is_left_and_comes_back_when_it_matches);
    tcase_add_test(members, datagrams_that_are_lost_cost_time_and_nothing_else);
    tcase_add_test(members, no_more_services_are_bound_than_the_limit_says);
    tcase_add_test(members, a_wait_ends_with_the_first_that_is_bound);
    tcase_add_test(calls, a_notice_goes_to_all_that_are_bound);
    tcase_add_test(calls, a_call_to_all_ends_when_all_have_answered);
    tcase_add_test(calls, nobody_waits_for_the_slowest_beyond_the_deadline);
    tcase_add_test(calls, the_first_results_can_be_enough);
    tcase_add_test(calls, quiet_ends_a_call_but_not_before_the_first_answer);
    tcase_add_test(calls, a_call_waits_for_a_service_to_its_deadline_or_fails_at_once);
    tcase_add_test(calls, a_program_that_has_just_started_asks_all_that_are_there);
    tcase_add_test(calls, a_service_that_cannot_be_reached_is_an_error_of_its_own);
    tcase_add_test(calls, a_service_that_is_lost_while_it_is_asked_is_an_error_and_not_asked_again);
    tcase_add_test(calls, a_service_that_goes_and_comes_while_all_are_asked_is_asked_once);
    tcase_add_test(calls, no_room_is_an_error_of_each_service_by_itself);
    tcase_add_test(calls, a_call_that_is_given_up_is_not_heard_of);
    tcase_add_test(calls, a_call_may_be_given_up_while_it_tells);
    tcase_add_test(calls, a_close_ends_calls_and_subscriptions);
    tcase_add_test(calls, what_fits_no_line_is_refused);
    tcase_add_test(memory, no_memory_costs_no_more_than_it_must);
    tcase_set_timeout(memory, 120);
    suite_add_tcase(suite, members);
    suite_add_tcase(suite, calls);
    suite_add_tcase(suite, memory);
    return ab_test_run(suite);
}
