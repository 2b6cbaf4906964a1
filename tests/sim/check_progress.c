/* Transcripts of partial results (PROTOCOL section 2, extensions): in order, before the answer, none lost in silence. */

#include <string.h>

#include "harness.h"
#include "sim/outing.h"
#include "sim/scene.h"
#include "sim/visit.h"

static struct sim_slot *follow(struct scene *scene)
{
    struct sim_slot *slot = sim_call_within(scene->remote, SECONDS(30), AB_CALL_PROGRESS, "hold", "[]");

    sim_run(scene->sim, MS(10));
    return slot;
}

START_TEST(partial_results_come_before_the_answer)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    follow(&scene);
    ck_assert(ab_request_wants_progress(scene.b->held[0]));
    ck_assert_int_eq(sim_progress(scene.b, 0, "1"), 0);
    ck_assert_int_eq(sim_progress(scene.b, 0, "[2]"), 0);
    ck_assert_int_eq(sim_progress(scene.b, 0, "null"), 0);
    ck_assert_int_eq(sim_reply(scene.b, "3"), 0);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=hold args=[] progress=true\n"
                          "20.101 b: call hold []\n"
                          "20.110 b > c: ! progress call=2 value=1\n"
                          "20.110 b > c: ! progress call=2 value=[2]\n"
                          "20.110 b > c: ! progress call=2 value=null\n"
                          "20.110 b > c: 2= result=3\n"
                          "20.111 c: hold ~ 1 (hall)\n"
                          "20.111 c: hold ~ [2] (hall)\n"
                          "20.111 c: hold ~ null (hall)\n"
                          "20.111 c: hold = 3\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_does_not_want_them_is_sent_none)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    ck_assert(!ab_request_wants_progress(scene.b->held[0]));
    ck_assert_int_eq(sim_progress(scene.b, 0, "1"), 0);
    sim_reply(scene.b, "3");
    ck_assert_int_eq(sim_notice(scene.remote, "hold", "[]"), 0);
    sim_run(scene.sim, MS(10));
    ck_assert_int_eq(sim_progress(scene.b, 0, "1"), 0);
    sim_expect(scene.sim, "20.100 c > b: 2? call name=hold args=[]\n"
                          "20.101 b: call hold []\n"
                          "20.110 b > c: 2= result=3\n"
                          "20.110 c > b: ! call name=hold args=[]\n"
                          "20.111 c: hold = 3\n"
                          "20.111 b: call hold [] (no answer wanted)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(they_do_not_make_the_call_longer)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_PROGRAM);
    sim_call_within(scene.remote, MS(100), AB_CALL_PROGRESS, "hold", "[]");
    for (int i = 0; i < 3; i++) {
        sim_run(scene.sim, MS(40));
        sim_progress(scene.b, 0, "1");
    }
    sim_run(scene.sim, MS(40));
    sim_expect(scene.sim, "20.101 b: call hold []\n"
                          "20.141 c: hold ~ 1 (hall)\n"
                          "20.181 c: hold ~ 1 (hall)\n"
                          "20.200 c: hold failed: ETIMEDOUT\n"
                          "20.201 b: abandoned hold\n");
    ck_assert_int_eq(sim_progress(scene.b, 0, "1"), AB_ETIMEDOUT);
    sim_reply(scene.b, "1");
    sim_free(scene.sim);
}
END_TEST

START_TEST(after_the_end_none_is_told)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = follow(&scene);

    sim_record(scene.sim, SIM_RESULTS);
    sim_progress(scene.b, 0, "1");
    sim_progress(scene.b, 0, "2");
    sim_run(scene.sim, MS(10));
    sim_cancel(slot);
    sim_progress(scene.b, 0, "3");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.111 c: hold ~ 1 (hall)\n"
                          "20.111 c: hold ~ 2 (hall)\n");
    struct ab_request *request = ab_request_ref(scene.b->held[0]);
    ck_assert_int_eq(sim_reply(scene.b, "4"), AB_ECANCELED);
    sim_bus_enter(scene.b);
    ck_assert_int_eq(ab_request_progress(request, 0, NULL), AB_EEXIST);
    sim_bus_leave(scene.b);
    ab_request_unref(request);
    sim_free(scene.sim);
}
END_TEST

static void cancel_self(struct sim_slot *slot, void *context)
{
    (void)context;
    sim_cancel(slot);
}

START_TEST(a_call_may_be_given_up_at_its_first)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = follow(&scene);

    slot->heard = cancel_self;
    for (int i = 0; i < 5; i++)
        sim_progress(scene.b, 0, "1");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slot->count, 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_lost_connection_ends_them)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    follow(&scene);
    sim_record(scene.sim, SIM_RESULTS | SIM_CALLS);
    sim_progress(scene.b, 0, "1");
    sim_run(scene.sim, MS(10));
    sim_bus_kill(scene.b);
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "20.111 c: hold ~ 1 (hall)\n"
                          "20.121 c: hold failed: EDISCONNECTED\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(of_a_call_to_all_each_says_whose_it_is)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_bus *a = sim_bus(scene.sim, "a");
    struct sim_service *attic = sim_service(a, "attic", HALL);
    const struct ab_gather_rule rule = {.quiet = MS(50), .deadline = SECONDS(9)};

    sim_function(attic, "hold", sim_hold);
    ck_assert_int_eq(sim_service_publish_try(attic), 0);
    struct sim_remote *all = sim_proxy_multiple(scene.c, "type=hall");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_RESULTS | SIM_CALLS);
    sim_call_all(all, &rule, AB_CALL_PROGRESS, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_progress(a, 0, "1");
    sim_run(scene.sim, MS(10));
    sim_progress(scene.b, 0, "2");
    sim_reply(a, "3");
    sim_run(scene.sim, MS(40));
    sim_progress(scene.b, 0, "4"); /* who only has partial results is quiet */
    sim_run(scene.sim, MS(40));
    sim_expect(scene.sim, "21.101 b: call hold []\n"
                          "21.101 a: call hold []\n"
                          "21.111 c: hold ~ 1 (attic)\n"
                          "21.121 c: hold ~ 2 (hall)\n"
                          "21.121 c: hold = 3 (attic)\n"
                          "21.161 c: hold ~ 4 (hall)\n"
                          "21.171 c: hold failed: ETIMEDOUT (hall)\n"
                          "21.171 c: hold done\n"
                          "21.172 b: abandoned hold\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Limits, and who did not agree */

static void small(struct sim_bus *bus)
{
    sim_bus_limit(bus, "output_pause", 8192);
}

static struct visit follower(void)
{
    struct visit visit = visit_new(small);

    sim_record(visit.sim, 0);
    sim_send_format(
        visit.link,
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\",\"extensions\":[\"progress\"]}",
        ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"progress\":true}");
    return visit;
}

START_TEST(a_caller_that_does_not_read_holds_its_function_up)
{
    struct visit visit = follower();
    char value[1001];
    unsigned sent = 0;
    int r;

    memset(value, '1', 1000);
    value[0] = value[999] = '"';
    value[1000] = 0;
    sim_link_listen(visit.link, false);
    while ((r = sim_progress(visit.b, 0, value)) == 0 && sent < 100000) {
        sent++;
        sim_run(visit.sim, MS(1));
    }
    ck_assert_int_eq(r, AB_EAGAIN);
    ck_assert_int_eq(sim_progress(visit.b, 0, value), AB_EAGAIN);
    unsigned before = visit.link->lines;
    sim_link_listen(visit.link, true);
    sim_run(visit.sim, SECONDS(1));
    ck_assert_uint_eq(visit.link->lines - before, sent); /* none is lost */
    ck_assert_int_eq(sim_progress(visit.b, 0, value), 0);
    sim_reply(visit.b, "1");
    sim_run(visit.sim, SECONDS(1));
    ck_assert_uint_eq(visit.link->lines - before, sent + 2);
    sim_free(visit.sim);
}
END_TEST

START_TEST(who_did_not_agree_is_sent_none)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":2,\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"progress\":true}");
    ck_assert_int_eq(sim_progress(visit.b, 0, "1"), 0);
    sim_reply(visit.b, "2");
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.010 p > b: 2? call name=hold args=[] progress=true\n"
                          "1.020 b > p: 2= result=2\n");
    sim_free(visit.sim);
}
END_TEST

/* A server that is not ours, with these extensions; the client has called "f" and wants all it gets. */
static struct outing called(const char *extensions)
{
    struct outing outing = outing_bound(extensions);

    sim_record(outing.sim, SIM_LINES | SIM_RESULTS);
    sim_call_within(outing.remote, SECONDS(30), AB_CALL_PROGRESS, "f", "[]");
    sim_get(outing.remote, "temp");
    sim_call(outing.remote, "g", "[]");
    sim_run(outing.sim, MS(10));
    return outing;
}

START_TEST(what_nobody_asked_for_is_ignored)
{
    struct outing outing = called("\"progress\"");

    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"2\",\"value\":1}");
    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"3\",\"value\":1}");
    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"4\",\"value\":1}");
    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"99\",\"value\":1}");
    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":{},\"value\":1}");
    sim_send(outing.link, "{\"_type\":1,\"_id\":7,\"_command\":\"progress\",\"call\":\"2\"}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"2\",\"result\":2}");
    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"2\",\"value\":3}");
    sim_run(outing.sim, MS(10));
    ck_assert_uint_eq(sim_count(outing.sim, " c: f"), 3);
    ck_assert_uint_eq(sim_count(outing.sim, "c: f ~ 1 (x)"), 1);
    ck_assert_uint_eq(sim_count(outing.sim, "c: f ~ null (x)"), 1);
    ck_assert_uint_eq(sim_count(outing.sim, "c > p: 7="), 1);
    ck_assert_uint_eq(sim_count(outing.sim, "c: f = 2"), 1);
    sim_free(outing.sim);
}
END_TEST

START_TEST(a_service_that_did_not_agree_is_not_asked)
{
    struct outing outing = called("\"exists\"");

    sim_send(outing.link, "{\"_type\":3,\"_command\":\"progress\",\"call\":\"2\",\"value\":1}");
    sim_run(outing.sim, MS(10));
    ck_assert_uint_eq(sim_count(outing.sim, "2? call name=f args=[]"), 1);
    ck_assert_uint_eq(sim_count(outing.sim, "progress=true"), 0);
    ck_assert_uint_eq(sim_count(outing.sim, " c: f"), 0);
    sim_free(outing.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *calls = tcase_create("calls");
    TCase *limits = tcase_create("limits and strangers");

    tcase_add_test(calls, partial_results_come_before_the_answer);
    tcase_add_test(calls, who_does_not_want_them_is_sent_none);
    tcase_add_test(calls, they_do_not_make_the_call_longer);
    tcase_add_test(calls, after_the_end_none_is_told);
    tcase_add_test(calls, a_call_may_be_given_up_at_its_first);
    tcase_add_test(calls, a_lost_connection_ends_them);
    tcase_add_test(calls, of_a_call_to_all_each_says_whose_it_is);
    tcase_add_test(limits, a_caller_that_does_not_read_holds_its_function_up);
    tcase_add_test(limits, who_did_not_agree_is_sent_none);
    tcase_add_test(limits, what_nobody_asked_for_is_ignored);
    tcase_add_test(limits, a_service_that_did_not_agree_is_not_asked);
    suite_add_tcase(suite, calls);
    suite_add_tcase(suite, limits);
    return ab_test_run(suite);
}
