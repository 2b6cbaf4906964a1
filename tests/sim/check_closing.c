/* Transcripts of services that close while they are used: their clients are told, and go elsewhere at once (PROTOCOL
 * section 2, Extensions, closing). */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"
#include "sim/visit.h"

struct scene {
    struct sim *sim;
    struct sim_bus *b1;
    struct sim_bus *b2;
    struct sim_bus *c;
    struct sim_service *one;
    struct sim_service *two; /* on another machine; found later, so that it is not bound to */
    struct sim_remote *remote;
};

/* Bound to `one` since the first second; 20 s past the start. */
static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.b1 = sim_bus(scene.sim, "b1");
    scene.b2 = sim_bus(scene.sim, "b2");
    scene.c = sim_bus(scene.sim, "c");
    scene.one = sim_publish_hall(scene.b1, "one");
    scene.remote = sim_proxy(scene.c, "type=hall");
    sim_run(scene.sim, SECONDS(1));
    scene.two = sim_publish_hall(scene.b2, "two");
    sim_run(scene.sim, SECONDS(19));
    sim_record(scene.sim, SIM_STREAMS | SIM_LINES | SIM_PROGRAM);
    return scene;
}

/* ---- Proxies */

START_TEST(a_call_under_way_is_answered_by_the_one_and_the_next_is_asked_of_the_other)
{
    struct scene scene = scene_new();

    sim_on_binding(scene.remote);
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(100));
    sim_transcript_clear(&scene.sim->network.transcript);
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_call(scene.remote, "echo", "[2]");
    sim_run(scene.sim, MS(100));
    sim_reply(scene.b1, "1");
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.100 b1 > c: ! closing\n"
                          "20.101 c > 10.0.0.1:52722: connect 10.0.0.1:52722\n" /* the goodbye makes it ask */
                          "20.101 c > 10.0.0.1:52722: close\n"
                          "20.101 c > b2: connect 10.0.0.2:52722\n"
                          "20.101 c: unbound one ECLOSED\n"
                          "20.103 c > b2: 1? bind service=two...\n"
                          "20.104 b2 < c: accept\n"
                          "20.104 b2 > c: 1= service=two...\n"
                          "20.105 c: bound two\n"
                          "20.110 c > b2: 2? call name=echo args=[2]\n"
                          "20.111 b2: call echo [2]\n"
                          "20.111 b2 > c: 2= result=[2]\n"
                          "20.112 c: echo = [2]\n"
                          "20.210 b1 > c: 3= result=1\n"
                          "20.210 b1 > c: flush and close\n"
                          "20.211 c > b1: flush and close\n"
                          "20.211 c: hold = 1\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_is_not_answered_in_a_second_ends_with_the_connection)
{
    struct scene scene = scene_new();

    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_service_end(scene.one);
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.001 b1: call hold []\n"
                          "21.010 b1: abandoned hold\n"
                          "21.011 c: hold failed: EDISCONNECTED\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(values_and_events_come_from_the_other)
{
    struct scene scene = scene_new();

    sim_watch(scene.remote, "temp");
    sim_listen(scene.remote, "rang");
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_set(scene.two, "temp", "5");
    sim_record(scene.sim, SIM_VALUES | SIM_EVENTS | SIM_RESULTS);
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_fire(scene.two, "rang", "[2]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.011 c: value temp = absent (-)\n"
                          "20.017 c: value temp = 5 (two)\n"
                          "20.021 c: event rang [2] (two)\n");
    sim_reply(scene.b1, "1");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.031 c: hold = 1\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(partial_results_are_of_the_one_that_was_asked)
{
    struct scene scene = scene_new();

    sim_record(scene.sim, SIM_RESULTS);
    sim_call_within(scene.remote, SECONDS(30), AB_CALL_PROGRESS, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_progress(scene.b1, 0, "1");
    sim_run(scene.sim, MS(10));
    sim_reply(scene.b1, "2");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.021 c: hold ~ 1 (one)\n"
                          "20.031 c: hold = 2\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_last_call_that_is_given_up_ends_the_connection)
{
    struct scene scene = scene_new();
    struct sim_slot *one = sim_call(scene.remote, "hold", "[]");
    struct sim_slot *two = sim_call(scene.remote, "hold", "[]");

    sim_run(scene.sim, MS(10));
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_STREAMS | SIM_LINES | SIM_PROGRAM);
    sim_cancel(one);
    sim_expect(scene.sim, "20.020 c > b1: ! cancel call=3\n");
    sim_cancel(two);
    sim_expect(scene.sim, "20.020 c > b1: ! cancel call=4\n"
                          "20.020 c > b1: flush and close\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_proxy_that_is_closed_meanwhile_waits_for_nothing)
{
    struct scene scene = scene_new();

    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_STREAMS | SIM_PROGRAM);
    sim_remote_end(scene.remote);
    sim_expect(scene.sim, "20.020 c > b1: flush and close\n"
                          "20.020 c > b2: flush and close\n"
                          "20.020 c: hold failed: ECLOSED\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_bus_that_closes_while_a_call_is_under_way_is_left_too)
{
    struct scene scene = scene_new();

    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_on_binding(scene.remote);
    sim_bus_close(scene.b1);
    sim_expect(scene.sim, "20.001 b1: call hold []\n"
                          "20.010 c: bound one\n"
                          "20.011 c: unbound one ECLOSED\n"
                          "20.015 c: bound two\n"
                          "21.010 b1: abandoned hold\n"
                          "21.011 c: hold failed: EDISCONNECTED\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_way_is_lost_after_the_notice)
{
    struct scene scene = scene_new();

    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    sim_cut(scene.b1->process.host, scene.c->process.host, true);
    sim_run(scene.sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(scene.sim, "c: hold failed: EDISCONNECTED"), 1);
    ck_assert(sim_bound(scene.remote));
    sim_cut(scene.b1->process.host, scene.c->process.host, false);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_service_with_several_routes_is_gone_with_all_of_them)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_on_two(sim, "b");
    struct sim_bus *c = sim_bus_on_two(sim, "c");
    struct sim_service *hall = sim_publish_hall(b, "hall");

    sim_browse(c, "hall", AB_BROWSER_ROUTES);
    sim_proxy(c, "hall");
    sim_run(sim, SECONDS(20));
    sim_record(sim, SIM_SERVICES);
    sim_service_end(hall);
    sim_run(sim, MS(100));
    ck_assert_uint_eq(sim_count(sim, "c: - hall"), 2);
    ck_assert_int_le(sim_time(sim, "c: - hall", 1), SECONDS(20) + MS(10));
    sim_free(sim);
}
END_TEST

/* ---- Others than proxies of one */

START_TEST(a_connection_is_over_once_its_calls_are_answered)
{
    struct scene scene = scene_new();
    struct ab_address to = sim_host_address(scene.b1->process.host, 0, sim_bus_port(scene.b1));
    struct sim_remote *fixed = sim_connection(scene.c, &to, ab_service_id(scene.one->service));

    sim_run(scene.sim, MS(10));
    sim_on_binding(fixed);
    sim_call(fixed, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_PROGRAM);
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(10));
    ck_assert_int_eq(sim_call_try(fixed, SECONDS(1), 0, "echo", "[]"), AB_EDISCONNECTED);
    sim_reply(scene.b1, "1");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.021 c: unbound one ECLOSED\n"
                          "20.031 c: hold = 1\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(of_many_the_one_goes_when_it_has_answered)
{
    struct scene scene = scene_new();
    struct sim_remote *many = sim_proxy_multiple(scene.c, "type=hall");

    sim_run(scene.sim, SECONDS(1));
    sim_on_binding(many);
    sim_watch(many, "temp");
    sim_call_all(many, NULL, AB_CALL_BOUND_ONLY, "hold", "[]");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_PROGRAM);
    sim_service_end(scene.one);
    sim_run(scene.sim, MS(100));
    sim_reply(scene.b1, "1");
    sim_reply(scene.b2, "2");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "22.001 c: value temp = absent (one)\n"
                          "22.001 c: unbound one ECLOSED\n"
                          "22.101 c: hold = 1 (one)\n"
                          "22.101 c: hold = 2 (two)\n"
                          "22.101 c: hold done\n");
    sim_free(scene.sim);
}
END_TEST

/* The one connection of a liveness listener moves to a service that is left, and no death goes unseen meanwhile. */
START_TEST(a_death_right_after_a_close_is_seen_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *services[3];

    services[0] = sim_publish_hall(b, "first");
    services[1] = sim_publish_hall(b, "second");
    services[2] = sim_publish_hall(b, "third");
    sim_browse(c, "type=hall", AB_BROWSER_LIVENESS | AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(20));
    sim_record(sim, SIM_SERVICES);
    for (int i = 0; i < 2; i++) {
        sim_service_end(services[i]);
        sim_run(sim, SECONDS(2));
        ck_assert_uint_eq(sim_count(sim, "c: - "), (unsigned)i + 1);
    }
    sim_service_end(sim_publish_hall(b, "fourth"));
    sim_run(sim, MS(50));
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(sim, "c: - third"), 1);
    ck_assert_int_le(sim_time(sim, "c: - third", 0), SECONDS(24) + MS(100));
    sim_free(sim);
}
END_TEST

/* ---- Those who do not know it */

START_TEST(who_did_not_agree_is_not_told)
{
    struct visit visit = visit_bound();

    sim_record(visit.sim, SIM_LINES | SIM_STREAMS);
    sim_service_end(visit.hall);
    sim_run(visit.sim, MS(10));
    ck_assert_uint_eq(sim_count(visit.sim, "closing"), 0);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: flush and close"), 1);
    sim_free(visit.sim);
}
END_TEST

/* Only what is in both messages is used, and to a notice there is no response. */
START_TEST(nothing_is_agreed_with_who_is_not_answered)
{
    struct visit visit = visit_new(NULL);

    sim_send_format(visit.link,
                    "{\"_type\": 3, \"_command\": \"bind\", \"service\": \"%s\", \"extensions\": [\"closing\"]}",
                    ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    sim_record(visit.sim, SIM_LINES);
    visit_say(&visit, "{\"_type\": 1, \"_id\": 2, \"_command\": \"ping\"}");
    sim_service_end(visit.hall);
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.010 p > b: 2? ping\n"
                          "1.011 b > p: 2=\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_server_that_only_says_so_is_left)
{
    struct visit visit = visit_new(NULL);
    struct sim_bus *c = sim_bus(visit.sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=nobody");

    sim_send_format(
        visit.link,
        "{\"_type\": 1, \"_id\": 1, \"_command\": \"bind\", \"service\": \"%s\", \"extensions\": [\"closing\"]}",
        ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    sim_record(visit.sim, SIM_LINES);
    /* A client that says it is ignored as one that says nothing. */
    visit_say(&visit, "{\"_type\": 3, \"_command\": \"closing\"}");
    sim_expect(visit.sim, "1.010 p > b: ! closing\n");
    sim_remote_end(remote);
    sim_service_end(visit.hall);
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.020 b > p: ! closing\n");
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("closing");
    TCase *proxies = tcase_create("proxies");
    TCase *others = tcase_create("others");

    tcase_add_test(proxies, a_call_under_way_is_answered_by_the_one_and_the_next_is_asked_of_the_other);
    tcase_add_test(proxies, what_is_not_answered_in_a_second_ends_with_the_connection);
    tcase_add_test(proxies, values_and_events_come_from_the_other);
    tcase_add_test(proxies, partial_results_are_of_the_one_that_was_asked);
    tcase_add_test(proxies, the_last_call_that_is_given_up_ends_the_connection);
    tcase_add_test(proxies, a_proxy_that_is_closed_meanwhile_waits_for_nothing);
    tcase_add_test(proxies, a_bus_that_closes_while_a_call_is_under_way_is_left_too);
    tcase_add_test(proxies, the_way_is_lost_after_the_notice);
    tcase_add_test(proxies, a_service_with_several_routes_is_gone_with_all_of_them);
    tcase_add_test(others, a_connection_is_over_once_its_calls_are_answered);
    tcase_add_test(others, of_many_the_one_goes_when_it_has_answered);
    tcase_add_test(others, a_death_right_after_a_close_is_seen_at_once);
    tcase_add_test(others, who_did_not_agree_is_not_told);
    tcase_add_test(others, nothing_is_agreed_with_who_is_not_answered);
    tcase_add_test(others, a_server_that_only_says_so_is_left);
    suite_add_tcase(suite, proxies);
    suite_add_tcase(suite, others);
    return ab_test_run(suite);
}
