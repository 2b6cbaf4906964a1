/* Transcripts of how clients bind to a service, and of what lines may look like (PROTOCOL section 2). */

#include <string.h>

#include "harness.h"
#include "sim/visit.h"

/* ---- Binding */

START_TEST(an_unknown_service_is_told_before_the_end)
{
    struct visit visit = visit_new(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"nobody\"}");
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=nobody\n"
                          "1.001 b > p: 1= _error=no_such_service\n"
                          "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    ck_assert_ptr_nonnull(strstr(visit.link->last, "no_such_service"));
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_bind_to_null_reaches_introspection)
{
    struct visit visit = visit_new(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":null}");
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=null\n"
                          "1.001 b > p: 1= service=b.details\n");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"get_details\",\"args\":[]}");
    ck_assert_ptr_nonnull(strstr(visit.link->last, "\"functions\":{"));
    ck_assert_ptr_nonnull(strstr(visit.link->last, ab_service_id(visit.hall->service)));
    sim_free(visit.sim);
}
END_TEST

START_TEST(extensions_are_those_that_both_speak)
{
    struct visit visit = visit_new(NULL);

    sim_send_format(visit.link,
                    "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\",\"extensions\":[\"exists\","
                    "\"later\",7]}",
                    ab_service_id(visit.hall->service));
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=hall extensions=[\"exists\",\"later\",7]\n"
                          "1.001 b > p: 1= service=hall extensions=[\"exists\"]\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(who_does_not_bind_is_closed_after_five_seconds)
{
    struct visit visit = visit_new(NULL);

    sim_run(visit.sim, SECONDS(10));
    sim_expect(visit.sim, "5.003 b > p: close\n"
                          "5.004 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(the_unbound_are_limited_and_the_host_with_most_pays)
{
    struct visit visit = visit_new(NULL);
    struct sim_peer *q = sim_peer(visit.sim, sim_host(visit.sim, "q"), "q");
    struct sim_link *honest = sim_dial(q, visit.b);

    for (unsigned i = 0; i < 200; i++)
        sim_dial(visit.p, visit.b);
    sim_run(visit.sim, MS(100));
    ck_assert_uint_eq(visit.b->open_streams, 64);
    ck_assert(!honest->ended);
    visit_bind(&visit, honest);
    ck_assert_uint_eq(honest->lines, 1);
    sim_free(visit.sim);
}
END_TEST

static void few_connections(struct sim_bus *bus)
{
    sim_bus_limit(bus, "connections_per_host", 5);
    sim_bus_limit(bus, "connections", 8);
}

START_TEST(connections_are_limited_for_each_host_and_in_all)
{
    struct visit visit = visit_new(few_connections);
    struct sim_peer *q = sim_peer(visit.sim, sim_host(visit.sim, "q"), "q");

    for (unsigned i = 0; i < 10; i++) {
        visit_bind(&visit, sim_dial(visit.p, visit.b));
        sim_run(visit.sim, MS(10));
    }
    ck_assert_uint_eq(visit.b->open_streams, 5);
    for (unsigned i = 0; i < 10; i++)
        visit_bind(&visit, sim_dial(q, visit.b));
    sim_run(visit.sim, MS(100));
    ck_assert_uint_eq(visit.b->open_streams, 8);
    sim_free(visit.sim);
}
END_TEST

/* ---- Lines */

START_TEST(ids_come_back_as_they_were)
{
    static const char *const ids[] = {"\"text\"",           "7",   "-1.5", "null", "true", "[1,\"a\"]",
                                      "{\"a\":{\"b\":[]}}", "\"\""};
    struct visit visit = visit_bound();

    for (size_t i = 0; i < COUNT(ids); i++) {
        char *id;
        sim_send_format(visit.link, "{\"_type\":1,\"_id\":%s,\"_command\":\"ping\"}", ids[i]);
        sim_run(visit.sim, MS(10));
        id = sim_member(visit.link->last, strlen(visit.link->last), "_id", false);
        ck_assert_ptr_nonnull(id);
        ck_assert_str_eq(id, ids[i]);
        free(id);
    }
    sim_free(visit.sim);
}
END_TEST

START_TEST(line_ends_blanks_and_spaces_do_not_matter)
{
    struct visit visit = visit_bound();
    static char spaces[5120];
    static const char text[] = "\n\r\n   \r\n  {\"_type\":1,\"_id\":\"2\",\"_command\":\"ping\"}  \n";

    memset(spaces, ' ', sizeof spaces);
    for (unsigned i = 0; i < 100; i++)
        sim_send_bytes(visit.link, spaces, sizeof spaces);
    sim_send_bytes(visit.link, "\r\n", 2);
    sim_send_bytes(visit.link, text, sizeof text - 1);
    sim_run(visit.sim, MS(100));
    ck_assert_uint_eq(visit.link->lines, 2);
    sim_free(visit.sim);
}
END_TEST

START_TEST(an_unterminated_last_line_counts_and_what_is_pending_is_answered)
{
    struct visit visit = visit_bound();
    static const char text[] = "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}";

    sim_send_bytes(visit.link, text, sizeof text - 1);
    sim_link_shut(visit.link);
    sim_run(visit.sim, SECONDS(1));
    sim_expect(visit.sim, "1.010 p > b: shut\n"
                          "1.011 b < p: end of input\n"
                          "1.511 b > p: ''\n"); /* is anybody there? */
    ck_assert_int_eq(sim_reply(visit.b, "\"at last\""), 0);
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "2.010 b > p: 3= result=\"at last\"\n"
                          "2.010 b > p: flush and close\n"
                          "2.011 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

/* What only shut and what is gone look the same until something is sent. */
START_TEST(a_client_that_is_gone_is_found_though_nothing_is_to_be_said)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_link_close(visit.link);
    sim_run(visit.sim, SECONDS(2));
    sim_expect(visit.sim, "1.010 p > b: 3? call name=hold args=[]\n"
                          "1.020 p > b: close\n"
                          "1.021 b < 10.0.0.2:40002: end of input\n"
                          "1.521 b > 10.0.0.2:40002: ''\n"
                          "1.523 b < 10.0.0.2:40002: EDISCONNECTED\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_line_may_come_byte_by_byte)
{
    struct visit visit = visit_new(NULL);

    visit.sim->network.single_bytes = true;
    visit_bind(&visit, visit.link);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[\"\xc3\xa4\"]}");
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= service=hall\n"
                          "1.010 p > b: 2? call name=echo args=[\"\xc3\xa4\"]\n"
                          "1.011 b > p: 2= result=[\"\xc3\xa4\"]\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(calls_are_answered_in_the_order_of_their_answers)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"throw\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"4\",\"_command\":\"call\",\"name\":\"missing\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    sim_reply(visit.b, "2");
    sim_expect(visit.sim, "1.010 p > b: 2? call name=hold args=[]\n"
                          "1.020 p > b: 3? call name=throw args=[]\n"
                          "1.021 b > p: 3= _error=exception "
                          "exception={\"text\":\"no\",\"type\":\"exception\"}\n"
                          "1.030 p > b: 4? call name=missing args=[]\n"
                          "1.031 b > p: 4= _error=no_such_function\n"
                          "1.040 p > b: ! call name=echo args=[]\n"
                          "1.050 b > p: 2= result=2\n");
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binding and lines");
    TCase *binding = tcase_create("binding");
    TCase *lines = tcase_create("lines");

    tcase_add_test(binding, an_unknown_service_is_told_before_the_end);
    tcase_add_test(binding, a_bind_to_null_reaches_introspection);
    tcase_add_test(binding, extensions_are_those_that_both_speak);
    tcase_add_test(binding, who_does_not_bind_is_closed_after_five_seconds);
    tcase_add_test(binding, the_unbound_are_limited_and_the_host_with_most_pays);
    tcase_add_test(binding, connections_are_limited_for_each_host_and_in_all);
    tcase_add_test(lines, ids_come_back_as_they_were);
    tcase_add_test(lines, line_ends_blanks_and_spaces_do_not_matter);
    tcase_add_test(lines, an_unterminated_last_line_counts_and_what_is_pending_is_answered);
    tcase_add_test(lines, a_client_that_is_gone_is_found_though_nothing_is_to_be_said);
    tcase_add_test(lines, a_line_may_come_byte_by_byte);
    tcase_add_test(lines, calls_are_answered_in_the_order_of_their_answers);
    suite_add_tcase(suite, binding);
    suite_add_tcase(suite, lines);
    return ab_test_run(suite);
}
