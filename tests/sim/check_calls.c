/* Transcripts of calls and notices: each completes exactly once, and is sent at most once. */

#include <string.h>

#include "harness.h"
#include "json_text.h"
#include "sim/outing.h"
#include "sim/scene.h"
#include "sim/visit.h"

static void end_here(struct scene *scene)
{
    while (scene->b->held_count)
        sim_reply(scene->b, "null");
    sim_free(scene->sim);
}

/* ---- Calls */

START_TEST(a_call_and_its_answer)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_call(scene.remote, "echo", "[1,{\"a\":\"b\"}]");
    sim_call(scene.remote, "throw", "[]");
    sim_call(scene.remote, "missing", "[]");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=echo args=[1,{\"a\":\"b\"}]\n"
                          "20.100 c > b: 3? call name=throw args=[]\n"
                          "20.100 c > b: 4? call name=missing args=[]\n"
                          "20.101 b: call echo [1,{\"a\":\"b\"}]\n"
                          "20.101 b > c: 2= result=[1,{\"a\":\"b\"}]\n"
                          "20.101 b: call throw []\n"
                          "20.101 b > c: 3= _error=exception exception={\"text\":\"no\",\"type\":\"exception\"}\n"
                          "20.101 b > c: 4= _error=no_such_function\n"
                          "20.102 c: echo = [1,{\"a\":\"b\"}]\n"
                          "20.102 c: throw failed: exception \"no\"\n"
                          "20.102 c: missing failed: no_such_function \"there is no function of that name\"\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(answers_may_come_in_any_order)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(scene.remote, "hold", "[1]");
    sim_call(scene.remote, "hold", "[2]");
    sim_call(scene.remote, "hold", "[3]");
    sim_run(scene.sim, MS(10));
    sim_reply_to(scene.b, 2, "3");
    sim_reply_to(scene.b, 0, "1");
    sim_reply_to(scene.b, 0, "2");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.101 b: call hold [1]\n"
                          "20.101 b: call hold [2]\n"
                          "20.101 b: call hold [3]\n"
                          "20.111 c: hold = 3\n"
                          "20.111 c: hold = 1\n"
                          "20.111 c: hold = 2\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_asynchronous_function_is_answered_before_it_runs)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_function_mode(scene.hall, "soon", AB_FUNCTION_ASYNC, sim_hold);
    sim_call(scene.remote, "soon", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? call name=soon args=[]\n"
                          "20.101 b > c: 2= result=null\n"
                          "20.101 b: call soon [] (no answer wanted)\n"
                          "20.102 c: soon = null\n");
    ck_assert_int_eq(sim_reply(scene.b, "7"), 0);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_request_is_answered_once)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    struct ab_request *request = ab_request_ref(scene.b->held[0]);
    ck_assert_int_eq(sim_reply(scene.b, "1"), 0);
    sim_bus_enter(scene.b);
    struct ab_text *text = ab_text_new("2", 1);
    ck_assert_int_eq(ab_request_reply(request, SECONDS(21), text), AB_EEXIST);
    ck_assert_int_eq(ab_request_reply_error(request, SECONDS(21), "a", "b"), AB_EEXIST);
    sim_bus_leave(scene.b);
    ab_text_unref(text);
    ab_request_unref(request);
    sim_free(scene.sim);
}
END_TEST

/* ---- Deadlines */

START_TEST(a_call_waits_for_a_service_within_its_deadline)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");

    sim_run(sim, SECONDS(20));
    sim_record(sim, SIM_PROGRAM);
    sim_call_within(remote, SECONDS(1), 0, "short", "[]");
    sim_call_within(remote, SECONDS(9), 0, "echo", "[1]");
    sim_wait_bound(remote, SECONDS(2));
    sim_wait_bound(remote, SECONDS(9));
    ck_assert_int_eq(sim_call_try(remote, SECONDS(1), AB_CALL_BOUND_ONLY, "echo", "[]"), AB_ENOTBOUND);
    ck_assert_int_eq(sim_notice(remote, "echo", "[]"), AB_ENOTBOUND);
    sim_run(sim, SECONDS(3));
    sim_publish_hall(b, "hall");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "21.000 c: short failed: ETIMEDOUT\n"
                    "22.000 c: bind failed: ETIMEDOUT\n"
                    "23.005 c: bind done\n"
                    "23.006 b: call echo [1]\n"
                    "23.007 c: echo = [1]\n");
    ck_assert_int_eq(sim_call_try(remote, SECONDS(1), AB_CALL_BOUND_ONLY, "echo", "[2]"), 0);
    sim_wait_bound(remote, 0);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "24.000 c: bind done\n"
                    "24.001 b: call echo [2]\n"
                    "24.002 c: echo = [2]\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_late_answer_is_ignored)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_RESULTS);
    sim_call_within(scene.remote, MS(500), 0, "hold", "[]");
    sim_run(scene.sim, SECONDS(1));
    sim_reply(scene.b, "1");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.600 c: hold failed: ETIMEDOUT\n");
    ck_assert(sim_bound(scene.remote));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_cancelled_call_is_not_heard_of)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_RESULTS | SIM_CALLS);
    struct sim_slot *slot = sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_cancel(slot);
    sim_reply(scene.b, "1");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.101 b: call hold []\n");
    ck_assert_uint_eq(slot->count, 0);
    sim_free(scene.sim);
}
END_TEST

/* ---- Losing the connection */

START_TEST(a_call_that_was_sent_is_never_sent_again)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_bus *b2 = sim_bus(scene.sim, "b2");

    sim_publish_hall(b2, "attic");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(scene.remote, "hold", "[1]");
    sim_run(scene.sim, MS(10));
    sim_call(scene.remote, "hold", "[2]"); /* on its way when the service dies */
    sim_bus_kill(scene.b);
    sim_run(scene.sim, MS(3));
    sim_call(scene.remote, "hold", "[3]"); /* waits for the next binding */
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "21.101 b: call hold [1]\n"
                          "21.112 c: hold failed: EDISCONNECTED\n"
                          "21.112 c: hold failed: EDISCONNECTED\n"
                          "21.117 b2: call hold [3]\n");
    sim_reply(b2, "3");
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "21.214 c: hold = 3\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_does_not_wait_for_its_answer_is_found_to_be_gone)
{
    struct visit visit = visit_bound();

    sim_record(visit.sim, SIM_CALLS);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    /* It has shut its sending half: it could still be waiting. */
    sim_link_shut(visit.link);
    sim_run(visit.sim, SECONDS(1));
    sim_link_close(visit.link);
    sim_run(visit.sim, SECONDS(30));
    sim_expect(visit.sim, "1.011 b: call hold []\n"
                          "2-4 b: abandoned hold\n");
    ck_assert_uint_eq(visit.b->open_streams, 0);
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_client_that_is_killed_abandons_its_calls)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_peer *p = sim_peer(scene.sim, sim_host(scene.sim, "p"), "p");
    struct sim_link *link = sim_dial(p, scene.b);

    sim_run(scene.sim, MS(10));
    sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(scene.hall->service));
    sim_send(link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_CALLS);
    sim_link_reset(link);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.121 b: abandoned hold\n");
    ck_assert(ab_request_abandoned(scene.b->held[0]));
    ck_assert_int_eq(sim_reply(scene.b, "1"), AB_EDISCONNECTED);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_service_that_closes_lets_its_calls_be_answered_for_a_second)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_CALLS | SIM_RESULTS);
    sim_call(scene.remote, "hold", "[1]");
    sim_call(scene.remote, "hold", "[2]");
    sim_run(scene.sim, MS(10));
    sim_service_end(scene.hall);
    sim_run(scene.sim, MS(500));
    sim_reply(scene.b, "1");
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.101 b: call hold [1]\n"
                          "20.101 b: call hold [2]\n"
                          "20.611 c: hold = 1\n"
                          "21.110 b: abandoned hold\n"
                          "21.111 c: hold failed: EDISCONNECTED\n");
    ck_assert_int_eq(sim_reply(scene.b, "2"), AB_EDISCONNECTED);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_bus_that_closes_ends_its_calls)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_remote *unbound = sim_proxy(scene.c, "nobody");

    sim_record(scene.sim, SIM_RESULTS);
    sim_call(scene.remote, "hold", "[]");
    sim_call(unbound, "nothing", "[]");
    sim_get(unbound, "nothing");
    sim_run(scene.sim, MS(10));
    sim_bus_close(scene.c);
    ck_assert_uint_eq(sim_count(scene.sim, "ECLOSED"), 3);
    end_here(&scene);
}
END_TEST

/* ---- Notices */

START_TEST(a_notice_is_not_answered_and_arrives_though_its_sender_closes)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    /* Something is unread at the client when it closes: this is what makes TCP discard what was sent. */
    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES | SIM_CALLS);
    sim_set(scene.hall, "temp", "2");
    sim_run(scene.sim, 900);
    ck_assert_int_eq(sim_notice(scene.remote, "echo", "[\"last words\"]"), 0);
    sim_remote_end(scene.remote);
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.110 b > c: ! changed name=temp value=2\n"
                          "20.110 c > b: ! call name=echo args=[\"last words\"]\n"
                          "20.110 c > b: ! unwatch name=temp\n"
                          "20.111 b: call echo [\"last words\"] (no answer wanted)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(last_words_leave_though_the_bus_closes)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_CALLS);
    sim_notice(scene.remote, "echo", "[\"last words\"]");
    sim_bus_close(scene.c);
    sim_expect(scene.sim, "20.101 b: call echo [\"last words\"] (no answer wanted)\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Room */

START_TEST(too_many_calls_are_refused_or_wait_for_room)
{
    struct scene scene = scene_with("calls", 10, SIM_LINES | SIM_PROGRAM);

    sim_record(scene.sim, SIM_RESULTS);
    for (unsigned i = 0; i < 10; i++)
        sim_call(scene.remote, "hold", "[]");
    ck_assert_int_eq(sim_call_try(scene.remote, SECONDS(1), 0, "echo", "[]"), AB_EAGAIN);
    sim_call_within(scene.remote, SECONDS(1), AB_CALL_ROOM, "too_late", "[]");
    sim_call_within(scene.remote, SECONDS(5), AB_CALL_ROOM, "echo", "[7]");
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "21.100 c: too_late failed: ETIMEDOUT\n");
    ck_assert_uint_eq(scene.b->held_count, 10);
    sim_reply(scene.b, "1");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "22.101 c: hold = 1\n"
                          "22.103 c: echo = [7]\n");
    end_here(&scene);
}
END_TEST

START_TEST(calls_that_wait_for_a_service_are_limited_too)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "nobody");

    sim_record(sim, 0);
    for (unsigned i = 0; i < 1024; i++)
        ck_assert_int_eq(sim_call_try(remote, SECONDS(1), 0, "echo", "[]"), 0);
    ck_assert_int_eq(sim_call_try(remote, SECONDS(1), 0, "echo", "[]"), AB_EAGAIN);
    sim_run(sim, SECONDS(2));
    ck_assert_int_eq(sim_call_try(remote, SECONDS(1), 0, "echo", "[]"), 0);
    sim_free(sim);
}
END_TEST

START_TEST(a_call_over_the_limit_of_a_line_is_refused_at_once)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    size_t size = 1u << 20;
    char *args = ab_test_json_long(size);

    ck_assert_int_eq(sim_call_try(scene.remote, SECONDS(1), 0, "echo", args), AB_ETOOLARGE);
    ck_assert_int_eq(sim_notice(scene.remote, "echo", args), AB_ETOOLARGE);
    memcpy(args + size - 1000, "\"]", 3);
    ck_assert_int_eq(sim_call_try(scene.remote, SECONDS(1), 0, "echo", args), 0);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = <"), 1);
    free(args);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_client_whose_service_does_not_read_is_told_to_wait)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    size_t size = 500000;
    char *args = malloc(size + 1);
    int result = 0;
    unsigned sent;

    sim_record(scene.sim, 0);
    memset(args, '1', size);
    args[0] = '[';
    for (size_t i = 2; i < size; i += 20)
        args[i] = ',';
    strcpy(args + size - 2, "]");
    sim_cut(scene.b->process.host, scene.c->process.host, true);
    for (sent = 0; sent < 100 && result == 0; sent++)
        result = sim_notice(scene.remote, "echo", args);
    ck_assert_int_eq(result, AB_EAGAIN);
    ck_assert_uint_ge(sent, 16);
    ck_assert_uint_le(sent, 20);
    ck_assert_int_eq(sim_call_try(scene.remote, SECONDS(20), 0, "echo", "[]"), AB_EAGAIN);
    sim_call_within(scene.remote, SECONDS(20), AB_CALL_ROOM, "echo", "[1]");
    sim_record(scene.sim, SIM_RESULTS);
    sim_cut(scene.b->process.host, scene.c->process.host, false);
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = [1]"), 1);
    free(args);
    sim_free(scene.sim);
}
END_TEST

/* ---- Servers that are wrong */

START_TEST(a_response_that_is_wrong_ends_its_call)
{
    struct outing outing = outing_new();

    sim_record(outing.sim, SIM_PROGRAM);
    sim_on_binding(outing.remote);
    for (unsigned i = 0; i < 4; i++)
        sim_call(outing.remote, "add", "[1,2]");
    sim_get(outing.remote, "temp");
    outing_answer(&outing, "");
    ck_assert_uint_eq(outing.link->lines, 6);
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"3\",\"result\":NaN}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"2\"}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"99\",\"result\":1}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"4\",\"exception\":{\"text\":\"as the notes say\"}}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"5\",\"_error\":{\"text\":\"as legacy says\"}}");
    sim_send(outing.link, "{\"_type\":2,\"_id\":\"6\",\"result\":0}");
    sim_run(outing.sim, MS(10));
    sim_expect(outing.sim, "0.021 c: bound x\n"
                           "0.031 c: add failed: EPROTOCOL\n"
                           "0.031 c: get temp failed: ENOENT\n"
                           "0.031 c: add failed: exception \"as the notes say\"\n"
                           "0.031 c: add failed: - \"as legacy says\"\n"
                           "0.031 c: add = 0\n");
    sim_free(outing.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls");
    TCase *calls = tcase_create("calls");
    TCase *deadlines = tcase_create("deadlines");
    TCase *losing = tcase_create("losing the connection");
    TCase *notices = tcase_create("notices");
    TCase *room = tcase_create("room");
    TCase *wrong = tcase_create("servers that are wrong");

    tcase_add_test(calls, a_call_and_its_answer);
    tcase_add_test(calls, answers_may_come_in_any_order);
    tcase_add_test(calls, an_asynchronous_function_is_answered_before_it_runs);
    tcase_add_test(calls, a_request_is_answered_once);
    tcase_add_test(deadlines, a_call_waits_for_a_service_within_its_deadline);
    tcase_add_test(deadlines, a_late_answer_is_ignored);
    tcase_add_test(deadlines, a_cancelled_call_is_not_heard_of);
    tcase_add_test(losing, a_call_that_was_sent_is_never_sent_again);
    tcase_add_test(losing, who_does_not_wait_for_its_answer_is_found_to_be_gone);
    tcase_add_test(losing, a_client_that_is_killed_abandons_its_calls);
    tcase_add_test(losing, a_service_that_closes_lets_its_calls_be_answered_for_a_second);
    tcase_add_test(losing, a_bus_that_closes_ends_its_calls);
    tcase_add_test(notices, a_notice_is_not_answered_and_arrives_though_its_sender_closes);
    tcase_add_test(notices, last_words_leave_though_the_bus_closes);
    tcase_add_test(room, too_many_calls_are_refused_or_wait_for_room);
    tcase_add_test(room, calls_that_wait_for_a_service_are_limited_too);
    tcase_add_test(room, a_call_over_the_limit_of_a_line_is_refused_at_once);
    tcase_add_test(room, a_client_whose_service_does_not_read_is_told_to_wait);
    tcase_add_test(wrong, a_response_that_is_wrong_ends_its_call);
    suite_add_tcase(suite, calls);
    suite_add_tcase(suite, deadlines);
    suite_add_tcase(suite, losing);
    suite_add_tcase(suite, notices);
    suite_add_tcase(suite, room);
    suite_add_tcase(suite, wrong);
    return ab_test_run(suite);
}
