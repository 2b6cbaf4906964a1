/* Transcripts of objects and events: watching, listening, reading, and introspection (PROTOCOL 2, 3). */

#include <string.h>

#include "harness.h"
#include "json_text.h"
#include "sim/peer.h"
#include "sim/scene.h"

/* ---- Watching */

START_TEST(a_watcher_gets_what_is_there_and_then_every_change)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_set(scene.hall, "temp", "22");
    sim_set(scene.hall, "temp", "22");
    sim_set(scene.hall, "temp", "22.0");
    sim_set(scene.hall, "temp", "23");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? watch name=temp\n"
                          "20.101 b > c: 2= name=temp value=21.5\n"
                          "20.102 c: value temp = 21.5 (hall)\n"
                          "20.110 b > c: ! changed name=temp value=22\n"
                          "20.110 b > c: ! changed name=temp value=22.0\n"
                          "20.110 b > c: ! changed name=temp value=23\n"
                          "20.111 c: value temp = 22 (hall)\n"
                          "20.111 c: value temp = 22.0 (hall)\n"
                          "20.111 c: value temp = 23 (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(null_is_a_value_and_absence_is_none)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_watch(scene.remote, "ghost");

    sim_run(scene.sim, MS(10));
    ck_assert_ptr_null(slot->value);
    sim_object(scene.hall, "ghost", "null");
    sim_run(scene.sim, MS(10));
    ck_assert_str_eq(slot->value, "null");
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "ghost");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? watch name=ghost\n"
                          "20.101 b > c: 2= name=ghost\n"
                          "20.102 c: value ghost = absent (hall)\n"
                          "20.110 b > c: ! changed name=ghost value=null\n"
                          "20.111 c: value ghost = null (hall)\n"
                          "20.120 b > c: ! changed name=ghost\n"
                          "20.121 c: value ghost = absent (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(watches_are_counted)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *one = sim_watch(scene.remote, "temp");

    sim_run(scene.sim, MS(10));
    struct sim_slot *two = sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_cancel(one);
    sim_set(scene.hall, "temp", "22");
    sim_run(scene.sim, MS(10));
    sim_cancel(two);
    sim_set(scene.hall, "temp", "23");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? watch name=temp\n"
                          "20.101 b > c: 2= name=temp value=21.5\n"
                          "20.102 c: value temp = 21.5 (hall)\n"
                          "20.110 c: value temp = 21.5 (hall)\n"
                          "20.120 b > c: ! changed name=temp value=22\n"
                          "20.121 c: value temp = 22 (hall)\n"
                          "20.130 c > b: ! unwatch name=temp\n"
                          "20.130 b > c: ! changed name=temp value=23\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_watch_that_ends_before_its_answer_and_begins_again)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_watch(scene.remote, "temp");

    sim_cancel(slot);
    slot = sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slot->count, 1);
    ck_assert_str_eq(slot->value, "21.5");
    sim_set(scene.hall, "temp", "22");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slot->count, 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(watching_before_there_is_a_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");

    sim_record(sim, SIM_PROGRAM);
    sim_watch(remote, "temp");
    sim_listen(remote, "rang");
    sim_get(remote, "temp");
    sim_run(sim, SECONDS(20));
    sim_expect(sim, "");
    struct sim_service *hall = sim_service(b, "hall", HALL);
    sim_object(hall, "temp", "1");
    sim_event(hall, "rang");
    sim_service_publish_try(hall);
    sim_run(sim, SECONDS(1));
    sim_fire(hall, "rang", "[]");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.007 c: value temp = 1 (hall)\n"
                    "20.007 c: get temp = 1\n"
                    "21.001 c: event rang [] (hall)\n");
    sim_free(sim);
}
END_TEST

/* ---- Reading once */

START_TEST(a_get_watches_and_lets_go)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_get(scene.remote, "temp");
    sim_get(scene.remote, "ghost");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? watch name=temp\n"
                          "20.100 c > b: 3? watch name=ghost\n"
                          "20.101 b > c: 2= name=temp value=21.5\n"
                          "20.101 b > c: 3= name=ghost\n"
                          "20.102 c > b: ! unwatch name=temp\n"
                          "20.102 c: get temp = 21.5\n"
                          "20.102 c > b: ! unwatch name=ghost\n"
                          "20.102 c: get ghost failed: ENOENT\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_get_of_what_is_watched_sends_nothing)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *slot = sim_watch(scene.remote, "temp");

    sim_get(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_set(scene.hall, "temp", "22");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES | SIM_PROGRAM);
    sim_get(scene.remote, "temp");
    sim_expect(scene.sim, "20.120 c: get temp = 22\n");
    sim_cancel(slot);
    sim_expect(scene.sim, "20.120 c > b: ! unwatch name=temp\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_cancelled_get_lets_go)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_cancel(sim_get(scene.remote, "temp"));
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? watch name=temp\n"
                          "20.100 c > b: ! unwatch name=temp\n"
                          "20.101 b > c: 2= name=temp value=21.5\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Events */

START_TEST(events_are_heard_in_order_and_listening_is_counted)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_slot *one = sim_listen(scene.remote, "rang");
    struct sim_slot *two = sim_listen(scene.remote, "rang");

    sim_run(scene.sim, MS(10));
    sim_fire(scene.hall, "rang", "[1]");
    sim_fire(scene.hall, "rang", "[1]");
    sim_run(scene.sim, MS(10));
    sim_cancel(one);
    sim_fire(scene.hall, "rang", "[2]");
    sim_run(scene.sim, MS(10));
    sim_cancel(two);
    sim_run(scene.sim, MS(10));
    sim_fire(scene.hall, "rang", "[3]");
    sim_expect(scene.sim, "20.100 c > b: 2? listen name=rang\n"
                          "20.101 b > c: 2= name=rang\n"
                          "20.110 b > c: ! fired name=rang args=[1]\n"
                          "20.110 b > c: ! fired name=rang args=[1]\n"
                          "20.111 c: event rang [1] (hall)\n"
                          "20.111 c: event rang [1] (hall)\n"
                          "20.111 c: event rang [1] (hall)\n"
                          "20.111 c: event rang [1] (hall)\n"
                          "20.120 b > c: ! fired name=rang args=[2]\n"
                          "20.121 c: event rang [2] (hall)\n"
                          "20.130 c > b: ! unlisten name=rang\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_event_that_does_not_exist_yet_can_be_listened_to)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_listen(scene.remote, "later");
    sim_run(scene.sim, MS(10));
    struct ab_text *args = ab_text_new("[]", 2);
    ck_assert_int_eq(ab_service_fire(scene.hall->service, sim_bus_enter(scene.b), "later", args), AB_ENOENT);
    sim_bus_leave(scene.b);
    ab_text_unref(args);
    sim_event(scene.hall, "later");
    sim_fire(scene.hall, "later", "[5]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.100 c > b: 2? listen name=later\n"
                          "20.101 b > c: 2= name=later\n"
                          "20.110 b > c: ! fired name=later args=[5]\n"
                          "20.111 c: event later [5] (hall)\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Introspection */

START_TEST(a_service_describes_itself)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_set_doc(scene.hall, AB_TOPIC_SERVICE, NULL, "the hall");
    sim_set_doc(scene.hall, AB_TOPIC_FUNCTION, "echo", "says it again");
    sim_record(scene.sim, SIM_PROGRAM);
    sim_get(scene.remote, "autobus.functions");
    sim_get(scene.remote, "autobus.events");
    sim_get(scene.remote, "autobus.objects");
    sim_get(scene.remote, "autobus.doc");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim,
               "20.102 c: get autobus.functions = {\"echo\":{\"doc\":\"says it again\"},\"hold\":{},\"throw\":{}}\n"
               "20.102 c: get autobus.events = {\"rang\":{}}\n"
               "20.102 c: get autobus.objects = {\"temp\":{}}\n"
               "20.102 c: get autobus.doc = \"the hall\"\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_object_is_told_before_it_is_listed_and_unlisted_before_it_is_gone)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_watch(scene.remote, "door");
    sim_watch(scene.remote, "autobus.objects");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES);
    sim_object(scene.hall, "door", "true");
    sim_run(scene.sim, MS(10));
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "door");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.110 b > c: ! changed name=door value=true\n"
                          "20.110 b > c: ! changed name=autobus.objects value={...\n"
                          "20.120 b > c: ! changed name=autobus.objects value={\"temp\":{}}\n"
                          "20.120 b > c: ! changed name=door\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_cause_is_one_change_of_the_lists)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);

    sim_watch(scene.remote, "autobus.functions");
    sim_watch(scene.remote, "autobus.events");
    sim_watch(scene.remote, "autobus.doc");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES);
    sim_function(scene.hall, "new", sim_echo);
    sim_set_doc(scene.hall, AB_TOPIC_FUNCTION, "new", "a doc");
    sim_remove(scene.hall, AB_TOPIC_FUNCTION, "echo");
    sim_set_doc(scene.hall, AB_TOPIC_EVENT, "rang", "a bell");
    sim_set_doc(scene.hall, AB_TOPIC_SERVICE, NULL, "the hall");
    sim_set_doc(scene.hall, AB_TOPIC_SERVICE, NULL, NULL);
    sim_set(scene.hall, "temp", "22");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "changed name=autobus.functions"), 3);
    ck_assert_uint_eq(
        sim_count(scene.sim,
                  "changed name=autobus.functions value={\"hold\":{},\"throw\":{},\"new\":{\"doc\":\"a doc\"}}"),
        1);
    ck_assert_uint_eq(sim_count(scene.sim, "changed name=autobus.events value={\"rang\":{\"doc\":\"a bell\"}}"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "changed name=autobus.events"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "changed name=autobus.doc"), 2);
    ck_assert_uint_eq(sim_count(scene.sim, ""), 6);
    sim_free(scene.sim);
}
END_TEST

static void expect_entry(const char *details, const char *id, const char *expected)
{
    char *entry = sim_member(details, strlen(details), id, false);

    ck_assert_ptr_nonnull(entry);
    ck_assert_str_eq(entry, expected);
    free(entry);
}

static unsigned count_services(const char *details)
{
    unsigned count = 0;

    for (const char *at = details; (at = strstr(at, "\"info\":")); at++)
        count++;
    return count;
}

START_TEST(a_bus_describes_all_its_services)
{
    struct scene scene = scene_new(SIM_LINES | SIM_PROGRAM);
    struct sim_service *attic = sim_publish(scene.b, "attic", "{\"type\": \"attic\"}");
    struct sim_remote *details = sim_proxy(scene.c, "type=autobus.details");

    sim_object(attic, "light", "false");
    sim_record(scene.sim, SIM_RESULTS);
    struct sim_slot *slot = sim_call(details, "get_details", "[]");
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(count_services(slot->value), 3);
    expect_entry(
        slot->value, ab_service_id(scene.hall->service),
        "{\"info\":{\"type\":\"hall\",\"hostname\":\"b\"},\"functions\":{\"echo\":{},\"hold\":{},\"throw\":{}},\"events\":{\"rang\":{}},"
        "\"objects\":{\"temp\":{}}}");
    expect_entry(slot->value, ab_service_id(attic->service),
                 "{\"info\":{\"type\":\"attic\",\"hostname\":\"b\"},\"functions\":{},\"events\":{},"
                 "\"objects\":{\"light\":{}}}");
    sim_record(scene.sim, SIM_VALUES);
    sim_watch(details, "details");
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "value details"), 1);
    sim_object(attic, "door", "false");
    sim_set(attic, "light", "true");
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "value details"), 2);
    sim_service_end(attic);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "value details"), 3);
    sim_free(scene.sim);
}
END_TEST

/* ---- Slow readers */

struct slow_scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall;
    struct sim_link *link;
};

/* A client that watches temp, listens to rang, and does not read. */
static struct slow_scene slow_scene_new(void)
{
    struct slow_scene scene = {.sim = sim_new(1)};
    struct sim_peer *p = sim_peer(scene.sim, sim_host(scene.sim, "p"), "p");

    sim_record(scene.sim, 0);
    scene.b = sim_bus(scene.sim, "b");
    scene.hall = sim_publish(scene.b, "hall", HALL);
    sim_function(scene.hall, "echo", sim_echo);
    sim_object(scene.hall, "temp", "0");
    sim_object(scene.hall, "door", "0");
    sim_event(scene.hall, "rang");
    scene.link = sim_dial(p, scene.b);
    sim_run(scene.sim, MS(10));
    sim_send_format(scene.link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(scene.hall->service));
    sim_send(scene.link, "{\"_type\":3,\"_command\":\"watch\",\"name\":\"temp\"}");
    sim_send(scene.link, "{\"_type\":3,\"_command\":\"watch\",\"name\":\"door\"}");
    sim_send(scene.link, "{\"_type\":3,\"_command\":\"listen\",\"name\":\"rang\"}");
    sim_run(scene.sim, MS(10));
    sim_link_listen(scene.link, false);
    return scene;
}

static void set_number(struct slow_scene *scene, const char *object, unsigned number)
{
    char text[20];

    snprintf(text, sizeof text, "%u", number);
    sim_set(scene->hall, object, text);
}

START_TEST(a_slow_watcher_gets_the_newest_value_only)
{
    struct slow_scene scene = slow_scene_new();

    for (unsigned i = 1; i <= 100000; i++)
        set_number(&scene, "temp", i);
    set_number(&scene, "door", 7);
    sim_run(scene.sim, MS(100));
    sim_link_listen(scene.link, true);
    sim_run(scene.sim, SECONDS(1));
    /* 64 KiB at the service and 128 KiB in the two kernels, of 60 bytes and more each. */
    ck_assert_uint_le(scene.link->lines, 5000);
    ck_assert_uint_ge(scene.link->lines, 1000);
    ck_assert_ptr_nonnull(strstr(scene.link->last, "\"door\""));
    sim_set(scene.hall, "door", "8");
    set_number(&scene, "temp", 100001);
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(scene.link->last, "100001"));
    sim_free(scene.sim);
}
END_TEST

START_TEST(responses_and_values_keep_their_order_below_64_kib)
{
    struct slow_scene scene = slow_scene_new();

    for (unsigned i = 1; i <= 100; i++)
        set_number(&scene, "temp", i);
    sim_run(scene.sim, MS(10));
    sim_link_listen(scene.link, true);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(scene.link->lines, 1 + 2 + 100);
    ck_assert_ptr_nonnull(strstr(scene.link->last, "100"));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_listener_that_does_not_read_is_cut_off_after_ten_seconds)
{
    struct slow_scene scene = slow_scene_new();

    sim_record(scene.sim, SIM_STREAMS | SIM_LOG);
    for (unsigned i = 0; i < 10000; i++)
        sim_fire(scene.hall, "rang", "[\"some text that fills the kernel's buffers\"]");
    sim_run(scene.sim, SECONDS(9));
    ck_assert_uint_eq(scene.b->open_streams, 1);
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(scene.b->open_streams, 0);
    sim_expect(scene.sim, "10.021 b > p: close\n"
                          "10.021 b: log 2 client 10.0.0.1:40002 of service hall is cut off: it does not read\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_listener_has_its_time_anew_when_we_were_asleep)
{
    struct slow_scene scene = slow_scene_new();

    sim_record(scene.sim, SIM_LOG);
    for (unsigned i = 0; i < 10000; i++)
        sim_fire(scene.hall, "rang", "[\"some text that fills the kernel's buffers\"]");
    sim_run(scene.sim, SECONDS(9));
    sim_host_sleep(scene.b->process.host);
    sim_run(scene.sim, SECONDS(1));
    sim_host_wake(scene.b->process.host);
    sim_run(scene.sim, SECONDS(9));
    ck_assert_uint_eq(scene.b->open_streams, 1);
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.020 b: log 2 client 10.0.0.1:40002 of service hall is cut off: it does not read\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_listener_over_8_mib_is_cut_off_at_once)
{
    struct slow_scene scene = slow_scene_new();
    char *args = ab_test_json_long(100000);

    for (unsigned i = 0; i < 100; i++)
        sim_fire(scene.hall, "rang", args);
    ck_assert_uint_eq(scene.b->open_streams, 0);
    free(args);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_slow_reader_that_reads_is_not_cut_off)
{
    struct slow_scene scene = slow_scene_new();

    for (unsigned i = 0; i < 8000; i++)
        sim_fire(scene.hall, "rang", "[\"some text that fills the kernel's buffers\"]");
    for (unsigned i = 0; i < 30; i++) {
        sim_link_take(scene.link, 10000);
        sim_run(scene.sim, SECONDS(1));
    }
    ck_assert_uint_eq(scene.b->open_streams, 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(commands_wait_while_a_mebibyte_of_output_does)
{
    struct slow_scene scene = slow_scene_new();
    char text[1000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    sim_record(scene.sim, SIM_STREAMS);
    for (unsigned i = 0; i < 3000; i++)
        sim_send_format(scene.link,
                        "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[\"%s\"]}", i,
                        text);
    sim_run(scene.sim, SECONDS(5));
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: pause"), 1);
    ck_assert_uint_gt(scene.link->output_size, 1000000);
    sim_link_listen(scene.link, true);
    sim_run(scene.sim, SECONDS(5));
    ck_assert_uint_ge(sim_count(scene.sim, "b > p: resume"), 1);
    ck_assert_uint_eq(scene.link->output_size, 0);
    ck_assert_uint_eq(scene.link->lines, 3000 + 3);
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("objects and events");
    TCase *watching = tcase_create("watching");
    TCase *reading = tcase_create("reading once");
    TCase *events = tcase_create("events");
    TCase *introspection = tcase_create("introspection");
    TCase *slow = tcase_create("slow readers");

    tcase_add_test(watching, a_watcher_gets_what_is_there_and_then_every_change);
    tcase_add_test(watching, null_is_a_value_and_absence_is_none);
    tcase_add_test(watching, watches_are_counted);
    tcase_add_test(watching, a_watch_that_ends_before_its_answer_and_begins_again);
    tcase_add_test(watching, watching_before_there_is_a_service);
    tcase_add_test(reading, a_get_watches_and_lets_go);
    tcase_add_test(reading, a_get_of_what_is_watched_sends_nothing);
    tcase_add_test(reading, a_cancelled_get_lets_go);
    tcase_add_test(events, events_are_heard_in_order_and_listening_is_counted);
    tcase_add_test(events, an_event_that_does_not_exist_yet_can_be_listened_to);
    tcase_add_test(introspection, a_service_describes_itself);
    tcase_add_test(introspection, an_object_is_told_before_it_is_listed_and_unlisted_before_it_is_gone);
    tcase_add_test(introspection, one_cause_is_one_change_of_the_lists);
    tcase_add_test(introspection, a_bus_describes_all_its_services);
    tcase_add_test(slow, a_slow_watcher_gets_the_newest_value_only);
    tcase_add_test(slow, responses_and_values_keep_their_order_below_64_kib);
    tcase_add_test(slow, a_listener_that_does_not_read_is_cut_off_after_ten_seconds);
    tcase_add_test(slow, a_listener_has_its_time_anew_when_we_were_asleep);
    tcase_add_test(slow, a_listener_over_8_mib_is_cut_off_at_once);
    tcase_add_test(slow, a_slow_reader_that_reads_is_not_cut_off);
    tcase_add_test(slow, commands_wait_while_a_mebibyte_of_output_does);
    suite_add_tcase(suite, watching);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, events);
    suite_add_tcase(suite, introspection);
    suite_add_tcase(suite, slow);
    return ab_test_run(suite);
}
