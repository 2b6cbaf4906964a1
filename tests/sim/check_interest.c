/* Transcripts of services that hear whether anybody listens and watches, of functions that are replaced while they are
 * called, and of what comes after it was asked for. */

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/peer.h"
#include "sim/scene.h"

static size_t peers(struct sim_service *service, enum ab_topic_kind kind, const char *name)
{
    json_t *list = NULL;

    sim_bus_enter(service->bus);
    ck_assert_int_eq(ab_service_peers(service->service, kind, name, &list), 0);
    sim_bus_leave(service->bus);
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        ck_assert(json_is_string(json_object_get(json_array_get(list, i), "host")));
        ck_assert_int_gt(json_integer_value(json_object_get(json_array_get(list, i), "port")), 0);
    }
    json_decref(list);
    return count;
}

/* ---- The first and the last */

START_TEST(the_first_and_the_last)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);
    struct sim_bus *d = sim_bus(scene.sim, "d");
    struct sim_remote *other = sim_proxy(d, "type=hall");

    sim_run(scene.sim, SECONDS(1));
    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_on_interest(scene.hall, AB_TOPIC_EVENT, "rang");
    sim_record(scene.sim, SIM_INTEREST);
    struct sim_slot *one = sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    struct sim_slot *two = sim_watch(other, "temp");
    struct sim_slot *three = sim_listen(other, "rang");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(peers(scene.hall, AB_TOPIC_OBJECT, "temp"), 2);
    ck_assert_uint_eq(peers(scene.hall, AB_TOPIC_EVENT, "rang"), 1);
    ck_assert_uint_eq(peers(scene.hall, AB_TOPIC_EVENT, "temp"), 0);
    sim_cancel(one);
    sim_run(scene.sim, SECONDS(2));
    sim_cancel(two);
    sim_cancel(three);
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(peers(scene.hall, AB_TOPIC_OBJECT, "temp"), 0);
    sim_expect(scene.sim, "21.101 b: temp is wanted\n"
                          "21.111 b: rang is wanted\n"
                          "24.121 b: temp is wanted no more\n"
                          "24.121 b: rang is wanted no more\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_asks_while_somebody_looks_is_told_at_once)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_INTEREST);
    struct sim_slot *slot = sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_expect(scene.sim, "20.110 b: temp is wanted\n");
    sim_cancel(slot);
    sim_remote_end(scene.remote);
    sim_run(scene.sim, SECONDS(3));
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

/* A value that is read again and again, and a client that is back after a loss, are one interest. */
START_TEST(short_looks_are_one)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_record(scene.sim, SIM_INTEREST);
    for (int i = 0; i < 10; i++) {
        sim_get(scene.remote, "temp");
        sim_run(scene.sim, MS(500));
    }
    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_remote_end(scene.remote);
    struct sim_remote *again = sim_proxy(scene.c, "type=hall");
    sim_watch(again, "temp");
    sim_run(scene.sim, SECONDS(5));
    sim_expect(scene.sim, "20.101 b: temp is wanted\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_client_that_dies_is_one_that_left)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_INTEREST);
    sim_bus_kill(scene.c);
    sim_run(scene.sim, SECONDS(5));
    sim_expect(scene.sim, "22.101 b: temp is wanted no more\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_that_is_silent_is_found_to_be_gone)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_on_interest(scene.hall, AB_TOPIC_EVENT, "rang");
    sim_listen(scene.remote, "rang");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_INTEREST);
    sim_cut(scene.b->process.host, scene.c->process.host, true);
    sim_run(scene.sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(scene.sim, "b: rang is wanted no more"), 1);
    ck_assert_int_le(sim_time(scene.sim, "b: rang is wanted no more", 0), SECONDS(52));
    sim_cut(scene.b->process.host, scene.c->process.host, false);
    sim_run(scene.sim, SECONDS(30));
    ck_assert_uint_eq(sim_count(scene.sim, "b: rang is wanted\n"), 0);
    ck_assert_uint_eq(sim_count(scene.sim, "is wanted"), 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(clients_of_the_existing_implementation_count)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);
    struct legacy *legacy = legacy_new(scene.sim, sim_host(scene.sim, "l"), "l");
    struct ab_address to = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));
    struct sim_link *link = legacy_bind(legacy, &to, ab_service_id(scene.hall->service));

    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_run(scene.sim, MS(100));
    sim_record(scene.sim, SIM_INTEREST);
    legacy_watch(link, "temp");
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(peers(scene.hall, AB_TOPIC_OBJECT, "temp"), 1);
    legacy_unwatch(link, "temp");
    sim_run(scene.sim, SECONDS(2));
    sim_expect(scene.sim, "20.201 b: temp is wanted\n"
                          "21.301 b: temp is wanted no more\n");
    sim_free(scene.sim);
}
END_TEST

/* Neither the object nor anybody who watches need be there: it can be made for who asks. */
START_TEST(what_is_asked_for_may_come_when_it_is)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "door");
    struct sim_slot *watch = sim_watch(scene.remote, "door");
    sim_run(scene.sim, MS(10));
    sim_object(scene.hall, "door", "true");
    sim_run(scene.sim, MS(10));
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "door");
    sim_cancel(watch);
    sim_run(scene.sim, SECONDS(2));
    sim_object(scene.hall, "door", "false");
    sim_watch(scene.remote, "door");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.101 b: door is wanted\n"
                          "20.102 c: value door = absent (hall)\n"
                          "20.111 c: value door = true (hall)\n"
                          "21.121 b: door is wanted no more\n"
                          "22.121 b: door is wanted\n"
                          "22.122 c: value door = false (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_listener_hears_an_event_that_comes_later_and_can_see_it_come)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_listen(scene.remote, "opened");
    sim_watch(scene.remote, "autobus.events");
    sim_run(scene.sim, MS(10));
    sim_event(scene.hall, "opened");
    sim_fire(scene.hall, "opened", "[1]");
    sim_run(scene.sim, MS(10));
    sim_remove(scene.hall, AB_TOPIC_EVENT, "opened");
    sim_event(scene.hall, "opened");
    sim_fire(scene.hall, "opened", "[2]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.102 c: value autobus.events = {\"rang\":{}} (hall)\n"
                          "20.111 c: value autobus.events = {\"rang\":{},\"opened\":{}} (hall)\n"
                          "20.111 c: event opened [1] (hall)\n"
                          "20.121 c: value autobus.events = {\"rang\":{}} (hall)\n"
                          "20.121 c: value autobus.events = {\"rang\":{},\"opened\":{}} (hall)\n"
                          "20.121 c: event opened [2] (hall)\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Descriptions */

START_TEST(a_description_is_told_with_the_documentation)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);

    sim_watch(scene.remote, "autobus.objects");
    sim_run(scene.sim, MS(10));
    sim_describe(scene.hall, AB_TOPIC_OBJECT, "temp", "{\"value\":{\"type\":\"number\"}}");
    sim_set_doc(scene.hall, AB_TOPIC_OBJECT, "temp", "How warm.");
    sim_run(scene.sim, MS(10));
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_object(scene.hall, "temp", "1");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "20.102 c: value autobus.objects = {\"temp\":{}} (hall)\n"
                          "20.111 c: value autobus.objects = {\"temp\":{\"value\":{\"type\":\"number\"}}} (hall)\n"
                          "20.111 c: value autobus.objects = "
                          "{\"temp\":{\"value\":{\"type\":\"number\"},\"doc\":\"How warm.\"}} (hall)\n"
                          "20.121 c: value autobus.objects = {} (hall)\n"
                          "20.121 c: value autobus.objects = {\"temp\":{}} (hall)\n");
    sim_free(scene.sim);
}
END_TEST

/* Together they would have more tokens than a line may have. */
START_TEST(too_many_descriptions_are_left_out)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);
    struct sim_slot *slot;
    char enumeration[8192] = "{\"value\":{\"enum\":[1", name[16];

    while (strlen(enumeration) < 8000)
        strcat(enumeration, ",1");
    strcat(enumeration, "]}}");
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "o%d", i);
        sim_object(scene.hall, name, "1");
        sim_describe(scene.hall, AB_TOPIC_OBJECT, name, enumeration);
        if (i > 0 && i < 9)
            continue;
        slot = sim_get(scene.remote, "autobus.objects");
        sim_run(scene.sim, MS(100));
        ck_assert_int_eq(slot->code, 0);
        ck_assert(!strstr(slot->value, "enum") == (i == 9));
        ck_assert_ptr_nonnull(strstr(slot->value, name));
    }
    sim_free(scene.sim);
}
END_TEST

/* ---- Replacing */

START_TEST(calls_from_now_on_go_to_the_new_handler)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_INTEREST);
    struct sim_slot *old = sim_function(scene.hall, "do", sim_hold), *new = NULL;

    sim_call(scene.remote, "do", "[1]");
    sim_run(scene.sim, MS(10));
    ck_assert_int_eq(sim_replace(old, AB_FUNCTION_ASYNC, sim_drop, &new), 0);
    sim_call(scene.remote, "do", "[2]");
    sim_run(scene.sim, MS(10));
    sim_reply(scene.b, "\"old\"");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(old->count, 1);
    ck_assert_uint_eq(new->count, 1);
    sim_expect(scene.sim, "20.101 b: call do [1]\n"
                          "20.111 b: call do [2] (no answer wanted)\n"
                          "20.112 c: do = null\n"
                          "20.121 c: do = \"old\"\n");
    sim_remove(scene.hall, AB_TOPIC_FUNCTION, "do");
    ck_assert_int_eq(sim_replace(old, AB_FUNCTION_SYNC, sim_echo, &new), AB_ENOENT);
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interest and replacing");
    TCase *tests = tcase_create("interest");

    tcase_add_test(tests, the_first_and_the_last);
    tcase_add_test(tests, who_asks_while_somebody_looks_is_told_at_once);
    tcase_add_test(tests, short_looks_are_one);
    tcase_add_test(tests, a_client_that_dies_is_one_that_left);
    tcase_add_test(tests, one_that_is_silent_is_found_to_be_gone);
    tcase_add_test(tests, clients_of_the_existing_implementation_count);
    tcase_add_test(tests, what_is_asked_for_may_come_when_it_is);
    tcase_add_test(tests, a_listener_hears_an_event_that_comes_later_and_can_see_it_come);
    tcase_add_test(tests, a_description_is_told_with_the_documentation);
    tcase_add_test(tests, too_many_descriptions_are_left_out);
    tcase_add_test(tests, calls_from_now_on_go_to_the_new_handler);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
