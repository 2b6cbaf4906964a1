/* Transcripts of calls that are given up: the service hears so and can stop (PROTOCOL section 2, extensions). */

#include "harness.h"
#include "sim/outing.h"
#include "sim/scene.h"
#include "sim/visit.h"

/* ---- Whoever waits no longer says so */

START_TEST(a_cancelled_call_ends_and_its_service_hears_so)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_call(scene.remote, "hold", "[]");

    sim_run(scene.sim, MS(10));
    sim_abort(slot);
    sim_abort(slot);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=hold args=[]\n"
                          "20.101 b: call hold []\n"
                          "20.110 c > b: ! cancel call=2\n"
                          "20.110 c: hold failed: ECANCELED\n"
                          "20.111 b: abandoned hold\n");
    ck_assert_int_eq(ab_request_abandoned(scene.b->held[0]), AB_ECANCELED);
    ck_assert_int_eq(sim_reply(scene.b, "1"), AB_ECANCELED);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

START_TEST(so_does_one_that_is_late_or_dropped)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_LINES);
    sim_call_within(scene.remote, MS(500), 0, "hold", "[1]");
    struct sim_slot *slot = sim_call(scene.remote, "hold", "[2]");
    sim_run(scene.sim, MS(100));
    sim_cancel(slot);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=hold args=[1]\n"
                          "20.100 c > b: 3? call name=hold args=[2]\n"
                          "20.200 c > b: ! cancel call=3\n"
                          "20.600 c > b: ! cancel call=2\n"
                          "20.601 b > c: 2= _error=timeout\n"); /* it has a clock too, and nobody waits for this */
    sim_free(scene.sim);
}
END_TEST

START_TEST(so_does_a_remote_that_is_closed)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_remote_end(scene.remote);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=hold args=[]\n"
                          "20.101 b: call hold []\n"
                          "20.110 c > b: ! cancel call=2\n"
                          "20.110 c: hold failed: ECLOSED\n"
                          "20.111 b: abandoned hold\n");
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(scene.b->open_streams, 0);
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_answer_that_was_on_its_way_is_ignored)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_call(scene.remote, "echo", "[1]");

    sim_run(scene.sim, 1500);
    sim_abort(slot);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=echo args=[1]\n"
                          "20.101 b: call echo [1]\n"
                          "20.101 b > c: 2= result=[1]\n"
                          "20.101 c > b: ! cancel call=2\n"
                          "20.101 c: echo failed: ECANCELED\n");
    sim_call(scene.remote, "echo", "[2]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.111 c > b: 3? call name=echo args=[2]\n"
                          "20.112 b: call echo [2]\n"
                          "20.112 b > c: 3= result=[2]\n"
                          "20.113 c: echo = [2]\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_was_not_sent_is_nobodys_business)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_remote *nobody = sim_proxy(scene.c, "nobody");

    sim_record(scene.sim, SIM_LINES | SIM_RESULTS);
    sim_abort(sim_call(nobody, "hold", "[]"));
    sim_abort(sim_get(nobody, "temp"));
    sim_abort(sim_wait_bound(nobody, SECONDS(9)));
    struct sim_slot *slot = sim_call(scene.remote, "echo", "[]");
    sim_run(scene.sim, MS(10));
    sim_abort(slot);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c: hold failed: ECANCELED\n"
                          "20.100 c: get temp failed: ECANCELED\n"
                          "20.100 c: bind failed: ECANCELED\n"
                          "20.100 c > b: 2? call name=echo args=[]\n"
                          "20.101 b > c: 2= result=[]\n"
                          "20.102 c: echo = []\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_call_to_all_that_is_cancelled_tells_those_who_have_not_answered)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_bus *a = sim_bus(scene.sim, "a");
    struct sim_service *attic = sim_service(a, "attic", HALL);

    sim_function(attic, "hold", sim_hold);
    ck_assert_int_eq(sim_service_publish_try(attic), 0);
    struct sim_remote *all = sim_proxy_multiple(scene.c, "type=hall");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_PROGRAM);
    struct sim_slot *slot = sim_call_all(all, NULL, 0, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_reply(a, "1");
    sim_run(scene.sim, MS(10));
    sim_abort(slot);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "21.101 b: call hold []\n"
                          "21.101 a: call hold []\n"
                          "21.111 c: hold = 1 (attic)\n"
                          "21.120 c: hold failed: ECANCELED\n"
                          "21.121 b: abandoned hold\n");
    const struct ab_gather_rule first = {.count = 1, .deadline = SECONDS(9)};
    sim_call_all(all, &first, 0, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_reply_to(scene.b, 1, "2");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "21.131 b: call hold []\n"
                          "21.131 a: call hold []\n"
                          "21.141 c: hold = 2 (hall)\n"
                          "21.141 c: hold done\n"
                          "21.142 a: abandoned hold\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_lost_connection_needs_no_word)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_call(scene.remote, "hold", "[]");

    sim_record(scene.sim, SIM_LINES | SIM_RESULTS);
    sim_run(scene.sim, MS(10));
    sim_bus_kill(scene.b);
    sim_run(scene.sim, MS(10));
    sim_abort(slot);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.111 c: hold failed: EDISCONNECTED\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Nothing is said to who does not know it */

START_TEST(a_service_that_did_not_agree_is_told_nothing)
{
    struct outing outing = outing_bound("\"exists\"");

    sim_record(outing.sim, SIM_LINES | SIM_RESULTS);
    struct sim_slot *slot = sim_call(outing.remote, "a", "[]");
    sim_call_within(outing.remote, MS(500), 0, "b", "[]");
    sim_run(outing.sim, MS(10));
    sim_abort(slot);
    sim_run(outing.sim, SECONDS(1));
    sim_expect(outing.sim, "0.030 c > p: 2? call name=a args=[]\n"
                           "0.030 c > p: 3? call name=b args=[]\n"
                           "0.040 c: a failed: ECANCELED\n"
                           "0.530 c: b failed: ETIMEDOUT\n");
    sim_free(outing.sim);
}
END_TEST

START_TEST(a_client_that_did_not_agree_cannot_cancel)
{
    struct visit visit = visit_bound();

    sim_record(visit.sim, SIM_LINES | SIM_CALLS);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"cancel\",\"call\":\"2\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"cancel\",\"call\":\"2\"}");
    sim_reply(visit.b, "1");
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.010 p > b: 2? call name=hold args=[]\n"
                          "1.011 b: call hold []\n"
                          "1.020 p > b: ! cancel call=2\n"
                          "1.030 p > b: 3? cancel call=2\n"
                          "1.031 b > p: 3= _error=no_such_command\n"
                          "1.040 b > p: 2= result=1\n");
    sim_free(visit.sim);
}
END_TEST

/* ---- At the service */

static struct visit agreed(void (*limits)(struct sim_bus *bus))
{
    struct visit visit = visit_new(limits);

    sim_record(visit.sim, 0);
    sim_send_format(visit.link,
                    "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\",\"extensions\":[\"cancel\"]}",
                    ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    sim_record(visit.sim, SIM_LINES | SIM_CALLS | SIM_STREAMS);
    return visit;
}

START_TEST(any_id_is_found_and_what_is_not_there_is_ignored)
{
    struct visit visit = agreed(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":{\"n\":[7]},\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"cancel\",\"call\":7}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"cancel\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"cancel\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":3,\"_command\":\"cancel\",\"call\": { \"n\" : [ 7 ] }}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"cancel\",\"call\":{\"n\":[7]}}");
    sim_expect(visit.sim, "1.010 p > b: {\"n\":[7]}? call name=hold args=[]\n"
                          "1.011 b: call hold []\n"
                          "1.020 p > b: ! cancel call=7\n"
                          "1.030 p > b: ! cancel\n"
                          "1.040 p > b: 2? cancel\n"
                          "1.041 b > p: 2= _error=bad_message\n"
                          "1.050 p > b: 3? cancel call={ \"n\" : [ 7 ] }\n"
                          "1.051 b > p: 3=\n"
                          "1.051 b: abandoned hold\n"
                          "1.060 p > b: ! cancel call={\"n\":[7]}\n");
    sim_free(visit.sim);
}
END_TEST

static void two_calls(struct sim_bus *bus)
{
    sim_bus_limit(bus, "calls", 2);
}

START_TEST(a_call_that_was_given_up_counts_until_its_function_is_done)
{
    struct visit visit = agreed(two_calls);

    sim_record(visit.sim, SIM_CALLS);
    for (int i = 2; i < 5; i++) {
        sim_send_format(visit.link, "{\"_type\":1,\"_id\":%d,\"_command\":\"call\",\"name\":\"hold\",\"args\":[%d]}", i,
                        i);
        sim_send_format(visit.link, "{\"_type\":3,\"_command\":\"cancel\",\"call\":%d}", i);
    }
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.011 b: call hold [2]\n"
                          "1.011 b: abandoned hold\n"
                          "1.011 b: call hold [3]\n"
                          "1.011 b: abandoned hold\n");
    ck_assert_str_eq(visit.link->last,
                     "{\"_type\":2,\"_id\":4,\"_error\":{\"text\":\"too many calls are in progress on this "
                     "connection\",\"type\":\"busy\"}}");
    ck_assert_int_eq(sim_reply(visit.b, "2"), AB_ECANCELED);
    visit_say(&visit, "{\"_type\":1,\"_id\":5,\"_command\":\"call\",\"name\":\"hold\",\"args\":[5]}");
    sim_expect(visit.sim, "1.021 b: call hold [5]\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(who_has_said_its_last_and_gives_up_is_let_go)
{
    struct visit visit = agreed(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_send(visit.link, "{\"_type\":3,\"_command\":\"cancel\",\"call\":2}");
    sim_link_shut(visit.link);
    sim_run(visit.sim, MS(10));
    ck_assert(visit.link->ended);
    ck_assert_int_eq(sim_reply(visit.b, "2"), AB_ECANCELED);
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_service_that_is_closed_still_hears_it)
{
    struct visit visit = agreed(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_service_end(visit.hall);
    visit_say(&visit, "{\"_type\":3,\"_command\":\"cancel\",\"call\":2}");
    ck_assert_uint_eq(sim_count(visit.sim, "1.021 b: abandoned hold"), 1);
    ck_assert(visit.link->ended); /* nothing else was waited for */
    sim_free(visit.sim);
}
END_TEST

/* ---- The time of a call travels with it */

START_TEST(a_service_knows_how_long_its_caller_waits)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_LINES | SIM_RAW);
    sim_call_within(scene.remote, MS(500) + 1, 0, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim,
               "20.100 c > b: {\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[],"
               "\"deadline\":501}\n");
    ck_assert_int_eq(ab_request_until(scene.b->held[0]) / 1000, 20602);
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_a_call_has_waited_is_not_given_to_the_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");

    sim_run(sim, SECONDS(10));
    sim_call_within(remote, SECONDS(5), 0, "hold", "[]");
    sim_run(sim, SECONDS(3));
    struct sim_service *hall = sim_service(b, "hall", HALL);
    sim_function(hall, "hold", sim_hold);
    ck_assert_int_eq(sim_service_publish_try(hall), 0);
    sim_run(sim, MS(100));
    ck_assert_int_eq(ab_request_until(b->held[0]) / 1000, 15001);
    sim_free(sim);
}
END_TEST

static struct visit agreed_to_deadlines(void)
{
    struct visit visit = visit_new(two_calls);

    sim_send_format(
        visit.link,
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\",\"extensions\":[\"deadline\"]}",
        ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    sim_record(visit.sim, SIM_LINES | SIM_CALLS);
    return visit;
}

START_TEST(a_call_that_is_late_is_given_up_by_the_service)
{
    struct visit visit = agreed_to_deadlines();

    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"deadline\":100}");
    sim_run(visit.sim, SECONDS(1));
    sim_expect(visit.sim, "1.010 p > b: 2? call name=hold args=[]\n"
                          "1.011 b: call hold []\n"
                          "1.111 b > p: 2= _error=timeout\n"
                          "1.111 b: abandoned hold\n");
    ck_assert_int_eq(ab_request_abandoned(visit.b->held[0]), AB_ETIMEDOUT);
    ck_assert_int_eq(sim_reply(visit.b, "1"), AB_ETIMEDOUT);
    visit_say(&visit, "{\"_type\":1,\"_id\":3,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"deadline\":100}");
    ck_assert_int_eq(sim_reply(visit.b, "1"), 0);
    sim_run(visit.sim, SECONDS(1));
    sim_expect(visit.sim, "2.020 p > b: 3? call name=hold args=[]\n"
                          "2.021 b: call hold []\n"
                          "2.030 b > p: 3= result=1\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_deadline_counts_only_where_it_was_agreed)
{
    struct visit visit = visit_bound();

    sim_record(visit.sim, SIM_CALLS);
    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"deadline\":100}");
    sim_run(visit.sim, SECONDS(1));
    sim_expect(visit.sim, "1.011 b: call hold []\n");
    ck_assert(ab_request_until(visit.b->held[0]) == AB_TIME_NEVER);
    sim_free(visit.sim);
}
END_TEST

/* Whose clock is the first makes no difference to the caller. */
START_TEST(a_service_that_says_so_first_is_right)
{
    struct outing outing = outing_bound("\"deadline\"");

    sim_record(outing.sim, SIM_RESULTS);
    sim_call_within(outing.remote, MS(500), 0, "a", "[]");
    sim_call_within(outing.remote, MS(500), 0, "b", "[]");
    sim_run(outing.sim, MS(100));
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"2\",\"_error\":{\"text\":\"no\",\"type\":\"timeout\"}}");
    sim_run(outing.sim, MS(380));
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"3\",\"_error\":{\"text\":\"no\",\"type\":\"timeout\"}}");
    sim_run(outing.sim, SECONDS(1));
    sim_expect(outing.sim, "0.131 c: a failed: timeout \"no\"\n"
                           "0.511 c: b failed: ETIMEDOUT\n");
    sim_free(outing.sim);
}
END_TEST

START_TEST(who_has_said_its_last_hears_that_it_is_late)
{
    struct visit visit = agreed_to_deadlines();

    sim_send(visit.link,
             "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"deadline\":100}");
    sim_link_shut(visit.link);
    sim_run(visit.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(visit.sim, "2= _error=timeout"), 1);
    ck_assert(visit.link->ended);
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cancel");
    TCase *clients = tcase_create("whoever waits no longer says so");
    TCase *strangers = tcase_create("nothing is said to who does not know it");
    TCase *services = tcase_create("at the service");
    TCase *deadlines = tcase_create("the time of a call travels with it");

    tcase_add_test(clients, a_cancelled_call_ends_and_its_service_hears_so);
    tcase_add_test(clients, so_does_one_that_is_late_or_dropped);
    tcase_add_test(clients, so_does_a_remote_that_is_closed);
    tcase_add_test(clients, an_answer_that_was_on_its_way_is_ignored);
    tcase_add_test(clients, what_was_not_sent_is_nobodys_business);
    tcase_add_test(clients, a_call_to_all_that_is_cancelled_tells_those_who_have_not_answered);
    tcase_add_test(clients, a_lost_connection_needs_no_word);
    tcase_add_test(strangers, a_service_that_did_not_agree_is_told_nothing);
    tcase_add_test(strangers, a_client_that_did_not_agree_cannot_cancel);
    tcase_add_test(services, any_id_is_found_and_what_is_not_there_is_ignored);
    tcase_add_test(services, a_call_that_was_given_up_counts_until_its_function_is_done);
    tcase_add_test(services, who_has_said_its_last_and_gives_up_is_let_go);
    tcase_add_test(services, a_service_that_is_closed_still_hears_it);
    tcase_add_test(deadlines, a_service_knows_how_long_its_caller_waits);
    tcase_add_test(deadlines, what_a_call_has_waited_is_not_given_to_the_service);
    tcase_add_test(deadlines, a_call_that_is_late_is_given_up_by_the_service);
    tcase_add_test(deadlines, a_deadline_counts_only_where_it_was_agreed);
    tcase_add_test(deadlines, a_service_that_says_so_first_is_right);
    tcase_add_test(deadlines, who_has_said_its_last_hears_that_it_is_late);
    suite_add_tcase(suite, deadlines);
    suite_add_tcase(suite, clients);
    suite_add_tcase(suite, strangers);
    suite_add_tcase(suite, services);
    return ab_test_run(suite);
}
