/* Transcripts with the existing implementation in each role (PROTOCOL): server, client, announcer, listener. */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"

#define INFO "{\"type\": \"examples.hello\", \"hostname\": \"vm\"}"

struct scene {
    struct sim *sim;
    struct legacy *legacy;
    struct sim_bus *c;
    struct sim_remote *remote;
};

/* A client of ours of a legacy service, bound at 20 s. */
static struct scene served(void)
{
    struct scene scene = {.sim = sim_new(1)};

    sim_transcript_alias(&scene.sim->network.transcript, LEGACY_ID, "hello");
    scene.legacy = legacy_new(scene.sim, sim_host(scene.sim, "l"), "l");
    legacy_publish(scene.legacy, LEGACY_ID, INFO, 35993);
    legacy_set(scene.legacy, "counter", "3");
    scene.c = sim_bus(scene.sim, "c");
    sim_run(scene.sim, ASKED - MS(100));
    scene.remote = sim_proxy(scene.c, "examples.hello");
    sim_run(scene.sim, MS(100));
    ck_assert(sim_bound(scene.remote));
    sim_record(scene.sim, SIM_LINES | SIM_PROGRAM);
    return scene;
}

START_TEST(it_does_not_bind_to_null_and_that_is_said)
{
    struct scene scene = served();
    struct ab_address to = sim_host_address(scene.legacy->peer->process.host, 0, 35993);

    sim_record(scene.sim, SIM_RESULTS);
    sim_on_end(sim_connection(scene.c, &to, NULL), false);
    sim_run(scene.sim, SECONDS(1));
    scene.legacy->loses_errors = true;
    sim_on_end(sim_connection(scene.c, &to, NULL), false);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim,
               "20.004 c: end failed: - \"the peer does not bind to null: a service of it must be named by its id\"\n"
               "21.004 c: end failed: - \"the peer does not bind to null: a service of it must be named by its id\"\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- A legacy announcer, and ours as the listener */

START_TEST(its_service_is_found_changed_and_gone)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct legacy *legacy;

    sim_transcript_alias(&sim->network.transcript, LEGACY_ID, "hello");
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_PACKETS | SIM_INFO);
    sim_browse(c, "examples.hello", AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(2));
    legacy = legacy_new(sim, sim_host(sim, "l"), "l");
    legacy_publish(legacy, LEGACY_ID, INFO, 35993);
    sim_run(sim, MS(800));
    sim_expect(
        sim, "0.000 c: cached\n"
             "0.500 c > *: query\n"
             "0.550 c: settled\n"
             "1.500 c > *: query\n"
             "2.000 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.001 c: + hello 10.0.0.2:35993* {\"type\":\"examples.hello\",\"hostname\":\"vm\",\"host\":\"10.0.0.2\","
             "\"port\":35993,\"service\":\"hello\"}\n"
             "2.100 l > *: query\n"
             "2.100 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.100 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.100 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.100 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.600 l > *: query\n"
             "2.600 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.600 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.600 l > *: add info=" INFO " port=35993 service=hello\n"
             "2.600 l > *: add info=" INFO " port=35993 service=hello\n");
    legacy_withdraw(legacy);
    sim_run(sim, MS(100));
    sim_expect(
        sim, "2.800 l > *: remove port=35993 service=hello\n"
             "2.801 c: - hello 10.0.0.2:35993* {\"type\":\"examples.hello\",\"hostname\":\"vm\",\"host\":\"10.0.0.2\","
             "\"port\":35993,\"service\":\"hello\"}\n");
    sim_free(sim);
}
END_TEST

START_TEST(its_service_is_probed_in_a_way_that_it_understands)
{
    struct scene scene = served();

    sim_remote_end(scene.remote);
    sim_browse(scene.c, "examples.hello", AB_BROWSER_EXISTING);
    sim_timer_cancel(&scene.sim->network.clock, &scene.legacy->announce);
    sim_record(scene.sim, SIM_LINES | SIM_SERVICES);
    sim_run(scene.sim, SECONDS(40));
    sim_expect(scene.sim, "30-60 c > l: 1? bind service=hello...\n"
                          "30-60 l > c: 1= service=hello\n");
    sim_peer_kill(scene.legacy->peer);
    sim_run(scene.sim, SECONDS(40));
    sim_expect(scene.sim, "60-100 c: - hello\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- A legacy server, and ours as the client */

START_TEST(its_functions_can_be_called)
{
    struct scene scene = served();

    sim_call(scene.remote, "echo", "[1,\"a\"]");
    sim_call(scene.remote, "fail", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 c > l: 2? call name=echo args=[1,\"a\"]\n"
                          "20.000 c > l: 3? call name=fail args=[]\n"
                          "20.001 l > c: 2= result=[1, \"a\"]\n"
                          "20.001 l > c: 3= _error={\"text\": \"Something went wrong\"}\n"
                          "20.002 c: echo = [1,\"a\"]\n"
                          "20.002 c: fail failed: - \"Something went wrong\"\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(its_objects_can_be_watched_and_the_first_value_is_heard_once)
{
    struct scene scene = served();
    struct sim_slot *slot = sim_watch(scene.remote, "counter");

    sim_run(scene.sim, MS(10));
    legacy_set(scene.legacy, "counter", "4");
    sim_run(scene.sim, MS(10));
    legacy_set(scene.legacy, "counter", "null");
    sim_run(scene.sim, MS(10));
    sim_cancel(slot);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 c > l: 2? watch name=counter\n"
                          "20.001 l > c: 2= name=counter value=3\n"
                          "20.001 l > c: ! changed name=counter value=3\n"
                          "20.002 c: value counter = 3 (hello)\n"
                          "20.010 l > c: ! changed name=counter value=4\n"
                          "20.011 c: value counter = 4 (hello)\n"
                          "20.020 l > c: ! changed name=counter value=null\n"
                          "20.021 c: value counter = absent (hello)\n"
                          "20.030 c > l: ! unwatch name=counter\n"
                          "20.031 l > c: ! changed name=counter value=null\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_object_that_it_does_not_have_is_absent)
{
    struct scene scene = served();

    sim_watch(scene.remote, "ghost");
    sim_get(scene.remote, "ghost");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 c > l: 2? watch name=ghost\n"
                          "20.001 l > c: 2= name=ghost\n"
                          "20.001 l > c: ! changed name=ghost value=null\n"
                          "20.002 c: value ghost = absent (hello)\n"
                          "20.002 c: get ghost failed: ENOENT\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_equal_value_later_is_a_change_again)
{
    struct scene scene = served();

    scene.legacy->older = true;
    struct sim_slot *slot = sim_watch(scene.remote, "counter");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slot->count, 1);
    legacy_set(scene.legacy, "counter", "4");
    legacy_set(scene.legacy, "counter", "3");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slot->count, 3);
    sim_free(scene.sim);
}
END_TEST

START_TEST(its_fault_in_listening_does_no_harm)
{
    struct scene scene = served();
    struct sim_slot *slot = sim_listen(scene.remote, "rang");

    sim_run(scene.sim, MS(10));
    sim_cancel(slot);
    sim_call(scene.remote, "echo", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 c > l: 2? listen name=rang\n"
                          "20.001 l > c: 2= name=rang\n"
                          "20.001 l > c: 2= _error={\"text\": \"'NoneType' object is not callable\"}\n"
                          "20.010 c > l: ! unlisten name=rang\n"
                          "20.010 c > l: 3? call name=echo args=[]\n"
                          "20.011 l > c: 3= result=[]\n"
                          "20.012 c: echo = []\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_change_that_is_a_command_is_answered)
{
    struct scene scene = served();

    scene.legacy->changed_as_command = true;
    sim_watch(scene.remote, "counter");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 c > l: 2? watch name=counter\n"
                          "20.001 l > c: 2= name=counter value=3\n"
                          "20.001 l > c: server-1? changed name=counter value=3\n"
                          "20.002 c: value counter = 3 (hello)\n"
                          "20.002 c > l: server-1=\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(lines_of_spaces_and_single_bytes_are_taken)
{
    struct scene scene = served();

    scene.sim->network.single_bytes = true;
    scene.legacy->padding = true;
    sim_record(scene.sim, SIM_PROGRAM);
    for (unsigned i = 0; i < 20; i++)
        sim_call(scene.remote, "echo", "[]");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "echo = []"), 20);
    sim_free(scene.sim);
}
END_TEST

START_TEST(it_is_asked_for_signs_of_life_as_it_answers_pings)
{
    struct scene scene = served();

    sim_run(scene.sim, SECONDS(100));
    ck_assert(sim_bound(scene.remote));
    ck_assert_uint_ge(sim_count(scene.sim, "? ping"), 4);
    ck_assert_uint_eq(scene.legacy->violations, 0);
    sim_cut(scene.c->process.host, scene.legacy->peer->process.host, true);
    sim_run(scene.sim, SECONDS(30));
    ck_assert(!sim_bound(scene.remote));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_bind_that_it_refuses_fails_though_the_error_may_be_lost)
{
    struct scene scene = served();
    struct ab_address at = sim_host_address(scene.legacy->peer->process.host, 0, 35993);

    sim_record(scene.sim, SIM_RESULTS);
    sim_call(sim_connection(scene.c, &at, "nobody"), "told", "[]");
    sim_run(scene.sim, SECONDS(1));
    scene.legacy->loses_errors = true;
    sim_call(sim_connection(scene.c, &at, "nobody"), "not_told", "[]");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "20.004 c: told failed: - \"No such service\"\n"
                          "21.004 c: not_told failed: - \"the peer closed the connection instead of binding\"\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Ours as the server, and a legacy client */

struct offered {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall;
    struct legacy *legacy;
    struct sim_link *link;
};

static struct offered offered(void)
{
    struct offered scene = {.sim = sim_new(1)};

    sim_record(scene.sim, 0);
    scene.b = sim_bus(scene.sim, "b");
    scene.hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    sim_function(scene.hall, "echo", sim_echo);
    sim_function(scene.hall, "throw", sim_throw);
    sim_object(scene.hall, "temp", "21.5");
    sim_event(scene.hall, "rang");
    scene.legacy = legacy_new(scene.sim, sim_host(scene.sim, "l"), "l");
    sim_run(scene.sim, ASKED);
    sim_record(scene.sim, SIM_LINES | SIM_PROGRAM);
    struct ab_address at = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));
    scene.link = legacy_bind(scene.legacy, &at, ab_service_id(scene.hall->service));
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.000 l > b: 0? bind service=hall\n"
                          "20.003 b > l: 0= service=hall\n");
    return scene;
}

static void end_here(struct offered *scene)
{
    ck_assert_uint_eq(scene->legacy->violations, 0);
    sim_free(scene->sim);
}

START_TEST(it_calls_our_functions)
{
    struct offered scene = offered();

    legacy_call(scene.link, "echo", "[1]");
    legacy_call(scene.link, "throw", "[]");
    legacy_call(scene.link, "missing", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.010 l > b: echo? call name=echo args=[1]\n"
                          "20.010 l > b: throw? call name=throw args=[]\n"
                          "20.010 l > b: missing? call name=missing args=[]\n"
                          "20.011 b: call echo [1]\n"
                          "20.011 b > l: echo= result=[1]\n"
                          "20.011 b: call throw []\n"
                          "20.011 b > l: throw= _error=exception exception={\"text\":\"no\",\"type\":\"exception\"}\n"
                          "20.011 b > l: missing= _error=no_such_function\n"
                          "20.012 l: echo = [1]\n"
                          "20.012 l: throw failed: no\n"
                          "20.012 l: missing failed: there is no function of that name\n");
    end_here(&scene);
}
END_TEST

START_TEST(it_watches_our_objects)
{
    struct offered scene = offered();

    legacy_watch(scene.link, "temp");
    legacy_watch(scene.link, "ghost");
    sim_run(scene.sim, MS(10));
    sim_set(scene.hall, "temp", "22");
    sim_object(scene.hall, "ghost", "true");
    sim_run(scene.sim, MS(10));
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "ghost");
    sim_run(scene.sim, MS(10));
    legacy_unwatch(scene.link, "temp");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.010 l > b: ! watch name=temp\n"
                          "20.010 l > b: ! watch name=ghost\n"
                          "20.011 b > l: ! changed name=temp value=21.5\n"
                          "20.011 b > l: ! changed name=ghost value=null\n"
                          "20.012 l: value temp = 21.5\n"
                          "20.012 l: value ghost = null\n"
                          "20.020 b > l: ! changed name=temp value=22\n"
                          "20.020 b > l: ! changed name=ghost value=true\n"
                          "20.021 l: value temp = 22\n"
                          "20.021 l: value ghost = true\n"
                          "20.030 b > l: ! changed name=ghost value=null\n"
                          "20.031 l: value ghost = null\n"
                          "20.040 l > b: ! unwatch name=temp\n"
                          "20.041 b > l: ! changed name=temp value=null\n"
                          "20.042 l: value temp = null\n");
    end_here(&scene);
}
END_TEST

START_TEST(it_is_never_pinged_and_may_be_silent_for_hours)
{
    struct offered scene = offered();

    sim_run(scene.sim, SECONDS(7200));
    ck_assert_uint_eq(sim_count(scene.sim, "ping"), 0);
    legacy_call(scene.link, "echo", "[1]");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "l: echo = [1]"), 1);
    end_here(&scene);
}
END_TEST

START_TEST(nothing_beyond_the_old_protocol_is_sent_to_it)
{
    struct offered scene = offered();

    legacy_watch(scene.link, "temp");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES);
    sim_service_end(scene.hall);
    sim_run(scene.sim, SECONDS(2));
    /* Not even that the object is gone without a value. */
    ck_assert_uint_eq(sim_count(scene.sim, "closing"), 0);
    ck_assert(scene.link->ended || !scene.link->socket);
    end_here(&scene);
}
END_TEST

/* ---- Ours as the announcer, and a legacy listener */

START_TEST(it_hears_our_services_come_and_go)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct legacy *legacy = legacy_new(sim, sim_host(sim, "l"), "l");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES);
    struct sim_service *hall = sim_publish(b, "hall", "{\"type\": \"hall\"}");
    sim_run(sim, SECONDS(300));
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.001 l: + b.details\n"
                    "20.001 l: + hall\n"
                    "320.001 l: - hall\n"
                    "320.001 l: - b.details\n");
    ck_assert_uint_eq(legacy->violations, 0);
    sim_free(sim);
}
END_TEST

START_TEST(it_probes_us_and_is_answered)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct legacy *legacy = legacy_new(sim, sim_host(sim, "l"), "l");

    sim_publish(b, "hall", "{\"type\": \"hall\"}");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_LINES);
    sim->network.loss = 1000;
    sim_run(sim, SECONDS(40));
    ck_assert_uint_ge(sim_count(sim, "l > b: 0? bind service=hall"), 1);
    ck_assert_uint_ge(sim_count(sim, "b > l: 0= service=hall"), 1);
    ck_assert_uint_eq(sim_count(sim, "l: -"), 0);
    ck_assert_uint_eq(legacy->violations, 0);
    sim_bus_kill(b);
    sim_run(sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(sim, "l: - hall"), 1);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the existing implementation");
    TCase *announcer = tcase_create("as the announcer");
    TCase *server = tcase_create("as the server");
    TCase *client = tcase_create("as the client");
    TCase *listener = tcase_create("as the listener");

    tcase_add_test(server, it_does_not_bind_to_null_and_that_is_said);
    tcase_add_test(announcer, its_service_is_found_changed_and_gone);
    tcase_add_test(announcer, its_service_is_probed_in_a_way_that_it_understands);
    tcase_add_test(server, its_functions_can_be_called);
    tcase_add_test(server, its_objects_can_be_watched_and_the_first_value_is_heard_once);
    tcase_add_test(server, an_object_that_it_does_not_have_is_absent);
    tcase_add_test(server, an_equal_value_later_is_a_change_again);
    tcase_add_test(server, its_fault_in_listening_does_no_harm);
    tcase_add_test(server, a_change_that_is_a_command_is_answered);
    tcase_add_test(server, lines_of_spaces_and_single_bytes_are_taken);
    tcase_add_test(server, it_is_asked_for_signs_of_life_as_it_answers_pings);
    tcase_add_test(server, a_bind_that_it_refuses_fails_though_the_error_may_be_lost);
    tcase_add_test(client, it_calls_our_functions);
    tcase_add_test(client, it_watches_our_objects);
    tcase_add_test(client, it_is_never_pinged_and_may_be_silent_for_hours);
    tcase_add_test(client, nothing_beyond_the_old_protocol_is_sent_to_it);
    tcase_add_test(listener, it_hears_our_services_come_and_go);
    tcase_add_test(listener, it_probes_us_and_is_answered);
    suite_add_tcase(suite, announcer);
    suite_add_tcase(suite, server);
    suite_add_tcase(suite, client);
    suite_add_tcase(suite, listener);
    return ab_test_run(suite);
}
