/* Transcripts of a service with clients that are strange, wrong or hostile (PROTOCOL section 2). */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall;
    struct sim_peer *p;
    struct sim_link *link;
};

static struct scene scene_with(void (*limits)(struct sim_bus *bus))
{
    struct scene scene = {.sim = sim_new(1)};

    sim_record(scene.sim, 0);
    scene.b = sim_bus_new(scene.sim, sim_host(scene.sim, "b"), "b");
    if (limits)
        limits(scene.b);
    sim_bus_start(scene.b);
    scene.hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    sim_function(scene.hall, "echo", sim_echo);
    sim_function(scene.hall, "hold", sim_hold);
    sim_function(scene.hall, "throw", sim_throw);
    sim_event(scene.hall, "rang");
    sim_object(scene.hall, "temp", "21.5");
    scene.p = sim_peer(scene.sim, sim_host(scene.sim, "p"), "p");
    scene.link = sim_dial(scene.p, scene.b);
    sim_run_until(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_LINES | SIM_STREAMS);
    return scene;
}

static struct scene scene_new(void)
{
    return scene_with(NULL);
}

static void bind_to(struct scene *scene, struct sim_link *link)
{
    sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(scene->hall->service));
    sim_run(scene->sim, MS(10));
}

static struct scene bound_scene(void)
{
    struct scene scene = scene_new();

    bind_to(&scene, scene.link);
    sim_expect(scene.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= service=hall\n");
    return scene;
}

static void say(struct scene *scene, const char *line)
{
    sim_send(scene->link, line);
    sim_run(scene->sim, MS(10));
}

/* ---- The table of bad input, row by row */

START_TEST(an_unknown_command_gets_one_error_and_an_unknown_notice_none)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"dance\"}");
    say(&scene, "{\"_type\":3,\"_command\":\"dance\"}");
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    sim_expect(scene.sim, "1.010 p > b: 2? dance\n"
                          "1.011 b > p: 2= _error=no_such_command\n"
                          "1.020 p > b: ! dance\n"
                          "1.030 p > b: 3? ping\n"
                          "1.031 b > p: 3=\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_command_before_bind_ends_the_connection)
{
    struct scene scene = scene_new();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    sim_expect(scene.sim, "1.000 p > b: 2? call name=echo args=[]\n"
                          "1.001 b > p: 2= _error=not_bound\n"
                          "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_second_bind_is_an_error_and_the_first_stays)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"bind\",\"service\":\"other\"}");
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[1]}");
    sim_expect(scene.sim, "1.010 p > b: 2? bind service=other\n"
                          "1.011 b > p: 2= _error=already_bound\n"
                          "1.020 p > b: 3? call name=echo args=[1]\n"
                          "1.021 b > p: 3= result=[1]\n");
    sim_free(scene.sim);
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
    struct scene scene = bound_scene();
    size_t count = sizeof lines / sizeof *lines;

    /* They are answered, so they are not counted as those that nobody could answer: twice round. */
    for (size_t i = 0; i < 2 * count; i++)
        say(&scene, lines[i % count]);
    sim_record(scene.sim, SIM_LINES);
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 3="), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(bad_message_says_so_where_an_id_can_be_read)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":{}}");
    sim_expect(scene.sim, "1.010 p > b: 2? call name=echo args={}\n"
                          "1.011 b > p: 2= _error=bad_message\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_jansson_refuses_is_a_bad_message_or_is_counted)
{
    static const char *const values[] = {"NaN", "-Infinity", "18446744073709551616", "\"\\ud800\"", "\"\\u0000\"", "01",
                                         "'x'", "1e999"};
    struct scene scene = bound_scene();

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[%s]}",
                 values[i]);
        sim_record(scene.sim, SIM_LINES | SIM_STREAMS);
        say(&scene, line);
        ck_assert_msg(sim_count(scene.sim, "b > p: 2= _error=bad_message") == 1, "%s", values[i]);
    }
    ck_assert_ptr_nonnull(scene.link->socket);
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_tenth_line_that_is_no_message_ends_the_connection)
{
    struct scene scene = bound_scene();

    sim_record(scene.sim, SIM_STREAMS);
    for (unsigned i = 0; i < 9; i++)
        say(&scene, i % 2 ? "[1, 2]" : "nonsense");
    sim_expect(scene.sim, "");
    say(&scene, "\"text\"");
    sim_expect(scene.sim, "1.101 b > p: close\n"
                          "1.102 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_line_over_the_limit_ends_the_connection)
{
    struct scene scene = bound_scene();
    size_t size = (1u << 20) + 10;
    char *much = malloc(size + 1);

    sim_record(scene.sim, SIM_STREAMS | SIM_LINES);
    memset(much, 'x', size);
    sim_send_bytes(scene.link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"", 47);
    sim_send_bytes(scene.link, much, size);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: flush and close"), 1);
    free(much);
    sim_free(scene.sim);
}
END_TEST

static void send_nested(struct scene *scene, unsigned depth)
{
    char text[2000] = "";

    for (unsigned i = 0; i < depth; i++)
        strcat(text, "[");
    for (unsigned i = 0; i < depth; i++)
        strcat(text, "]");
    sim_send_format(scene->link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":%s}",
                    text);
    sim_run(scene->sim, MS(10));
}

START_TEST(nesting_is_limited)
{
    struct scene scene = bound_scene();

    send_nested(&scene, 63);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 2= result=[["), 1);
    sim_record(scene.sim, SIM_STREAMS | SIM_LINES);
    send_nested(&scene, 64);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: flush and close"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(tokens_are_limited)
{
    struct scene scene = bound_scene();
    char *line = malloc(200000);
    char *at = line + sprintf(line, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[0");

    for (unsigned i = 0; i < 40000; i++)
        at += sprintf(at, ",%u", i % 10);
    strcpy(at, "]}");
    sim_send(scene.link, line);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 2= _error=too_large"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: flush and close"), 1);
    free(line);
    sim_free(scene.sim);
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
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct scene scene = scene_new();
        say(&scene, lines[i]);
        ck_assert_msg(scene.link->ended, "%s", lines[i]);
        ck_assert_uint_eq(scene.b->open_streams, 0);
        sim_free(scene.sim);
    }
}
END_TEST

START_TEST(a_first_line_over_its_limit_ends_the_connection)
{
    struct scene scene = scene_new();
    static char much[5000];

    memset(much, 'x', sizeof much);
    sim_send_bytes(scene.link, much, sizeof much);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_byte_that_begins_tls_is_not_waited_for)
{
    struct scene scene = scene_new();

    sim_send_bytes(scene.link, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 12);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(watching_and_listening_twice_are_errors_and_one_stream_goes_on)
{
    struct scene scene = bound_scene();

    for (unsigned i = 2; i < 4; i++) {
        char line[100];
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"watch\",\"name\":\"temp\"}", i);
        say(&scene, line);
        snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"listen\",\"name\":\"rang\"}", i + 2);
        say(&scene, line);
    }
    sim_set(scene.hall, "temp", "22");
    sim_fire(scene.hall, "rang", "[1]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "1.010 p > b: 2? watch name=temp\n"
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
    sim_free(scene.sim);
}
END_TEST

START_TEST(ending_what_was_not_begun_is_an_error)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"unwatch\",\"name\":\"temp\"}");
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"unlisten\",\"name\":\"rang\"}");
    sim_expect(scene.sim, "1.010 p > b: 2? unwatch name=temp\n"
                          "1.011 b > p: 2= _error=not_watching\n"
                          "1.020 p > b: 3? unlisten name=rang\n"
                          "1.021 b > p: 3= _error=not_listening\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(what_nobody_asked_for_is_ignored)
{
    struct scene scene = bound_scene();

    for (unsigned i = 0; i < 20; i++) {
        say(&scene, "{\"_type\":2,\"_id\":\"77\",\"result\":1}");
        say(&scene, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"x\",\"value\":1}");
        say(&scene, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"x\",\"args\":[]}");
        say(&scene, "{\"_type\":3,\"_command\":\"unwatch\",\"name\":\"x\"}");
        say(&scene, "{\"_type\":3,\"_command\":\"ping\"}");
    }
    sim_record(scene.sim, SIM_LINES | SIM_STREAMS);
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"ping\"}");
    sim_expect(scene.sim, "2.010 p > b: 3? ping\n"
                          "2.011 b > p: 3=\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Binding */

START_TEST(an_unknown_service_is_told_before_the_end)
{
    struct scene scene = scene_new();

    say(&scene, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"nobody\"}");
    sim_expect(scene.sim, "1.000 p > b: 1? bind service=nobody\n"
                          "1.001 b > p: 1= _error=no_such_service\n"
                          "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    ck_assert_ptr_nonnull(strstr(scene.link->last, "no_such_service"));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_bind_to_null_reaches_introspection)
{
    struct scene scene = scene_new();

    say(&scene, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":null}");
    sim_expect(scene.sim, "1.000 p > b: 1? bind service=null\n"
                          "1.001 b > p: 1= service=b.details\n");
    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"get_details\",\"args\":[]}");
    ck_assert_ptr_nonnull(strstr(scene.link->last, "\"functions\":{"));
    ck_assert_ptr_nonnull(strstr(scene.link->last, ab_service_id(scene.hall->service)));
    sim_free(scene.sim);
}
END_TEST

START_TEST(extensions_are_those_that_both_speak)
{
    struct scene scene = scene_new();

    sim_send_format(scene.link,
                    "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\",\"extensions\":[\"exists\","
                    "\"later\",7]}",
                    ab_service_id(scene.hall->service));
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "1.000 p > b: 1? bind service=hall extensions=[\"exists\",\"later\",7]\n"
                          "1.001 b > p: 1= service=hall extensions=[\"exists\"]\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_does_not_bind_is_closed_after_five_seconds)
{
    struct scene scene = scene_new();

    sim_run(scene.sim, SECONDS(10));
    sim_expect(scene.sim, "5.003 b > p: close\n"
                          "5.004 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_unbound_are_limited_and_the_host_with_most_pays)
{
    struct scene scene = scene_new();
    struct sim_peer *q = sim_peer(scene.sim, sim_host(scene.sim, "q"), "q");
    struct sim_link *honest = sim_dial(q, scene.b);

    for (unsigned i = 0; i < 200; i++)
        sim_dial(scene.p, scene.b);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(scene.b->open_streams, 64);
    ck_assert(!honest->ended);
    bind_to(&scene, honest);
    ck_assert_uint_eq(honest->lines, 1);
    sim_free(scene.sim);
}
END_TEST

static void few_connections(struct sim_bus *bus)
{
    sim_bus_limit(bus, "connections_per_host", 5);
    sim_bus_limit(bus, "connections", 8);
}

START_TEST(connections_are_limited_for_each_host_and_in_all)
{
    struct scene scene = scene_with(few_connections);
    struct sim_peer *q = sim_peer(scene.sim, sim_host(scene.sim, "q"), "q");

    for (unsigned i = 0; i < 10; i++) {
        bind_to(&scene, sim_dial(scene.p, scene.b));
        sim_run(scene.sim, MS(10));
    }
    ck_assert_uint_eq(scene.b->open_streams, 5);
    for (unsigned i = 0; i < 10; i++)
        bind_to(&scene, sim_dial(q, scene.b));
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(scene.b->open_streams, 8);
    sim_free(scene.sim);
}
END_TEST

/* ---- Lines */

START_TEST(ids_come_back_as_they_were)
{
    static const char *const ids[] = {"\"text\"",           "7",   "-1.5", "null", "true", "[1,\"a\"]",
                                      "{\"a\":{\"b\":[]}}", "\"\""};
    struct scene scene = bound_scene();

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char *id;
        sim_send_format(scene.link, "{\"_type\":1,\"_id\":%s,\"_command\":\"ping\"}", ids[i]);
        sim_run(scene.sim, MS(10));
        id = sim_member(scene.link->last, strlen(scene.link->last), "_id", false);
        ck_assert_ptr_nonnull(id);
        ck_assert_str_eq(id, ids[i]);
        free(id);
    }
    sim_free(scene.sim);
}
END_TEST

START_TEST(line_ends_blanks_and_spaces_do_not_matter)
{
    struct scene scene = bound_scene();
    static char spaces[5120];
    static const char text[] = "\n\r\n   \r\n  {\"_type\":1,\"_id\":\"2\",\"_command\":\"ping\"}  \n";

    memset(spaces, ' ', sizeof spaces);
    for (unsigned i = 0; i < 100; i++)
        sim_send_bytes(scene.link, spaces, sizeof spaces);
    sim_send_bytes(scene.link, "\r\n", 2);
    sim_send_bytes(scene.link, text, sizeof text - 1);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(scene.link->lines, 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_unterminated_last_line_counts_and_what_is_pending_is_answered)
{
    struct scene scene = bound_scene();
    static const char text[] = "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}";

    sim_send_bytes(scene.link, text, sizeof text - 1);
    sim_link_shut(scene.link);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "1.010 p > b: shut\n"
                          "1.011 b < p: end of input\n"
                          "1.511 b > p: ''\n"); /* is anybody there? */
    ck_assert_int_eq(sim_reply(scene.b, "\"at last\""), 0);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "2.010 b > p: 3= result=\"at last\"\n"
                          "2.010 b > p: flush and close\n"
                          "2.011 p < b: end of input\n");
    sim_free(scene.sim);
}
END_TEST

/* What only shut and what is gone look the same until something is sent. */
START_TEST(a_client_that_is_gone_is_found_though_nothing_is_to_be_said)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_link_close(scene.link);
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "1.010 p > b: 3? call name=hold args=[]\n"
                          "1.020 p > b: close\n"
                          "1.021 b < 10.0.0.2:40002: end of input\n"
                          "1.521 b > 10.0.0.2:40002: ''\n"
                          "1.523 b < 10.0.0.2:40002: EDISCONNECTED\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_line_may_come_byte_by_byte)
{
    struct scene scene = scene_new();

    scene.sim->network.single_bytes = true;
    bind_to(&scene, scene.link);
    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[\"\xc3\xa4\"]}");
    sim_expect(scene.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= service=hall\n"
                          "1.010 p > b: 2? call name=echo args=[\"\xc3\xa4\"]\n"
                          "1.011 b > p: 2= result=[\"\xc3\xa4\"]\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(calls_are_answered_in_the_order_of_their_answers)
{
    struct scene scene = bound_scene();

    say(&scene, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    say(&scene, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"throw\",\"args\":[]}");
    say(&scene, "{\"_type\":1,\"_id\":\"4\",\"_command\":\"call\",\"name\":\"missing\",\"args\":[]}");
    say(&scene, "{\"_type\":3,\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    sim_reply(scene.b, "2");
    sim_expect(scene.sim, "1.010 p > b: 2? call name=hold args=[]\n"
                          "1.020 p > b: 3? call name=throw args=[]\n"
                          "1.021 b > p: 3= _error=exception "
                          "exception={\"text\":\"no\",\"type\":\"exception\"}\n"
                          "1.030 p > b: 4? call name=missing args=[]\n"
                          "1.031 b > p: 4= _error=no_such_function\n"
                          "1.040 p > b: ! call name=echo args=[]\n"
                          "1.050 b > p: 2= result=2\n");
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clients of a service");
    TCase *table = tcase_create("bad input");
    TCase *binding = tcase_create("binding");
    TCase *lines = tcase_create("lines");

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
    tcase_add_test(table, what_nobody_asked_for_is_ignored);
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
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, binding);
    suite_add_tcase(suite, lines);
    return ab_test_run(suite);
}
