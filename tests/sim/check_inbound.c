/* Transcripts of a service with clients that are strange, wrong or hostile: PROTOCOL section 2, Bad input. */

#include <string.h>

#include "harness.h"
#include "sim/visit.h"

/* ---- The table of bad input, row by row */

START_TEST(an_unknown_command_gets_one_error_and_an_unknown_notice_none)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"dance\"}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"dance\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    sim_expect(visit.sim, "1.010 p > b: 2? dance\n"
                          "1.011 b > p: 2= _error=no_such_command\n"
                          "1.020 p > b: ! dance\n"
                          "1.030 p > b: 3? ping\n"
                          "1.031 b > p: 3=\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_command_before_bind_ends_the_connection)
{
    struct visit visit = visit_new(NULL);

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    sim_expect(visit.sim, "1.000 p > b: 2? call name=echo args=[]\n"
                          "1.001 b > p: 2= _error=not_bound\n"
                          "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_second_bind_is_an_error_and_the_first_stays)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":\"other\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[1]}");
    sim_expect(visit.sim, "1.010 p > b: 2? bind service=other\n"
                          "1.011 b > p: 2= _error=already_bound\n"
                          "1.020 p > b: 3? call name=echo args=[1]\n"
                          "1.021 b > p: 3= result=[1]\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(missing_and_wrong_keys_are_bad_messages)
{
    static const char *const lines[] = {
        "{\"_type\":1,\"_id\":\"2\"}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":5}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\"}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\"}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"args\":[]}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":7,\"args\":[]}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":{}}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"watch\"}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"unwatch\",\"name\":null}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"listen\",\"name\":[]}",
        "{\"_type\":1,\"_id\":\"2\",\"_command\":\"unlisten\"}",
        "{\"_type\":\"1\",\"_id\":\"2\",\"_command\":\"ping\"}",
        "{\"_type\":4,\"_id\":\"2\",\"_command\":\"ping\"}",
        "{\"_id\":\"2\",\"_command\":\"ping\"}",
    };
    struct visit visit = visit_bound();
    size_t count = COUNT(lines);

    /* They are answered, so they are not counted as those that nobody could answer: twice round. */
    for (size_t i = 0; i < 2 * count; i++)
        visit_say(&visit, lines[i % count]);
    sim_record(visit.sim, SIM_LINES);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: 3="), 1);
    sim_free(visit.sim);
}
END_TEST

START_TEST(bad_message_says_so_where_an_id_can_be_read)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":{}}");
    sim_expect(visit.sim, "1.010 p > b: 2? call name=echo args={}\n"
                          "1.011 b > p: 2= _error=bad_message\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(what_jansson_refuses_is_a_bad_message_or_is_counted)
{
    static const char *const values[] = {"NaN", "-Infinity", "18446744073709551616", "\"\\ud800\"", "\"\\u0000\"", "01",
                                         "'x'", "1e999"};
    struct visit visit = visit_bound();

    for (size_t i = 0; i < COUNT(values); i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[%s]}",
                 values[i]);
        sim_record(visit.sim, SIM_LINES | SIM_STREAMS);
        visit_say(&visit, line);
        ck_assert_msg(sim_count(visit.sim, "b > p: 2= _error=bad_message") == 1, "%s", values[i]);
    }
    ck_assert_ptr_nonnull(visit.link->socket);
    sim_free(visit.sim);
}
END_TEST

START_TEST(the_tenth_line_that_is_no_message_ends_the_connection)
{
    struct visit visit = visit_bound();

    sim_record(visit.sim, SIM_STREAMS);
    for (unsigned i = 0; i < 9; i++)
        visit_say(&visit, i % 2 ? "[1, 2]" : "nonsense");
    sim_expect(visit.sim, "");
    visit_say(&visit, "\"text\"");
    sim_expect(visit.sim, "1.101 b > p: close\n"
                          "1.102 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_line_over_the_limit_ends_the_connection)
{
    struct visit visit = visit_bound();
    size_t size = (1u << 20) + 10;
    char *much = malloc(size + 1);

    sim_record(visit.sim, SIM_STREAMS | SIM_LINES);
    memset(much, 'x', size);
    sim_send_bytes(visit.link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"", 47);
    sim_send_bytes(visit.link, much, size);
    sim_run(visit.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: flush and close"), 1);
    free(much);
    sim_free(visit.sim);
}
END_TEST

static void send_nested(struct visit *visit, unsigned depth)
{
    char text[2000] = "";

    for (unsigned i = 0; i < depth; i++)
        strcat(text, "[");
    for (unsigned i = 0; i < depth; i++)
        strcat(text, "]");
    sim_send_format(visit->link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":%s}",
                    text);
    sim_run(visit->sim, MS(10));
}

START_TEST(nesting_is_limited)
{
    struct visit visit = visit_bound();

    send_nested(&visit, 63);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: 2= result=[["), 1);
    sim_record(visit.sim, SIM_STREAMS | SIM_LINES);
    send_nested(&visit, 64);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: flush and close"), 1);
    sim_free(visit.sim);
}
END_TEST

START_TEST(tokens_are_limited)
{
    struct visit visit = visit_bound();
    char *line = malloc(200000);
    char *at = line + sprintf(line, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[0");

    for (unsigned i = 0; i < 40000; i++)
        at += sprintf(at, ",%u", i % 10);
    strcpy(at, "]}");
    sim_send(visit.link, line);
    sim_run(visit.sim, MS(100));
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(visit.sim, "b > p: flush and close"), 1);
    free(line);
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_first_line_that_is_no_bind_ends_the_connection)
{
    static const char *const lines[] = {
        "GET / HTTP/1.1",
        "[]",
        "{}",
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":5}",
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\"}",
        "{\"_type\":2,\"_id\":\"1\"}",
        "{\"_type\":3,\"_command\":\"changed\",\"name\":\"x\",\"value\":1}",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct visit visit = visit_new(NULL);
        visit_say(&visit, lines[i]);
        ck_assert_msg(visit.link->ended, "%s", lines[i]);
        ck_assert_uint_eq(visit.b->open_streams, 0);
        sim_free(visit.sim);
    }
}
END_TEST

START_TEST(a_first_line_over_its_limit_ends_the_connection)
{
    struct visit visit = visit_new(NULL);
    static char much[5000];

    memset(much, 'x', sizeof much);
    sim_send_bytes(visit.link, much, sizeof much);
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_byte_that_begins_tls_is_not_waited_for)
{
    struct visit visit = visit_new(NULL);

    sim_send_bytes(visit.link, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 12);
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(watching_and_listening_twice_are_errors_and_one_stream_goes_on)
{
    struct visit visit = visit_bound();

    for (unsigned i = 2; i < 4; i++) {
        char line[100];
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"watch\",\"name\":\"temp\"}", i);
        visit_say(&visit, line);
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"listen\",\"name\":\"rang\"}", i + 2);
        visit_say(&visit, line);
    }
    sim_set(visit.hall, "temp", "22");
    sim_fire(visit.hall, "rang", "[1]");
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.010 p > b: 2? watch name=temp\n"
                          "1.011 b > p: 2= name=temp value=21.5\n"
                          "1.011 b > p: ! changed name=temp value=21.5\n"
                          "1.020 p > b: 4? listen name=rang\n"
                          "1.021 b > p: 4= name=rang\n"
                          "1.030 p > b: 3? watch name=temp\n"
                          "1.031 b > p: 3= _error=already_watching\n"
                          "1.040 p > b: 5? listen name=rang\n"
                          "1.041 b > p: 5= _error=already_listening\n"
                          "1.050 b > p: ! changed name=temp value=22\n"
                          "1.050 b > p: ! fired name=rang args=[1]\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(ending_what_was_not_begun_is_an_error)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"unwatch\",\"name\":\"temp\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"unlisten\",\"name\":\"rang\"}");
    sim_expect(visit.sim, "1.010 p > b: 2? unwatch name=temp\n"
                          "1.011 b > p: 2= _error=not_watching\n"
                          "1.020 p > b: 3? unlisten name=rang\n"
                          "1.021 b > p: 3= _error=not_listening\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(an_end_is_answered_to_who_asks)
{
    struct visit visit = visit_bound();

    visit_say(&visit, "{\"_type\":3,\"_command\":\"listen\",\"name\":\"rang\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"unlisten\",\"name\":\"rang\"}");
    sim_expect(visit.sim, "1.010 p > b: ! listen name=rang\n"
                          "1.020 p > b: 3? unlisten name=rang\n"
                          "1.021 b > p: 3= name=rang\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(what_nobody_asked_for_is_ignored)
{
    struct visit visit = visit_bound();

    for (unsigned i = 0; i < 20; i++) {
        visit_say(&visit, "{\"_type\":2,\"_id\":\"77\",\"result\":1}");
        visit_say(&visit, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"x\",\"value\":1}");
        visit_say(&visit, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"x\",\"args\":[]}");
        visit_say(&visit, "{\"_type\":3,\"_command\":\"unwatch\",\"name\":\"x\"}");
        visit_say(&visit, "{\"_type\":3,\"_command\":\"ping\"}");
    }
    sim_record(visit.sim, SIM_LINES | SIM_STREAMS);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    sim_expect(visit.sim, "2.010 p > b: 3? ping\n"
                          "2.011 b > p: 3=\n");
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad input of clients");
    TCase *table = tcase_create("bad input");

    tcase_add_test(table, an_unknown_command_gets_one_error_and_an_unknown_notice_none);
    tcase_add_test(table, a_command_before_bind_ends_the_connection);
    tcase_add_test(table, a_second_bind_is_an_error_and_the_first_stays);
    tcase_add_test(table, missing_and_wrong_keys_are_bad_messages);
    tcase_add_test(table, bad_message_says_so_where_an_id_can_be_read);
    tcase_add_test(table, what_jansson_refuses_is_a_bad_message_or_is_counted);
    tcase_add_test(table, the_tenth_line_that_is_no_message_ends_the_connection);
    tcase_add_test(table, a_line_over_the_limit_ends_the_connection);
    tcase_add_test(table, nesting_is_limited);
    tcase_add_test(table, tokens_are_limited);
    tcase_add_test(table, a_first_line_that_is_no_bind_ends_the_connection);
    tcase_add_test(table, a_first_line_over_its_limit_ends_the_connection);
    tcase_add_test(table, a_byte_that_begins_tls_is_not_waited_for);
    tcase_add_test(table, watching_and_listening_twice_are_errors_and_one_stream_goes_on);
    tcase_add_test(table, ending_what_was_not_begun_is_an_error);
    tcase_add_test(table, an_end_is_answered_to_who_asks);
    tcase_add_test(table, what_nobody_asked_for_is_ignored);
    suite_add_tcase(suite, table);
    return ab_test_run(suite);
}
