/* Transcripts of events that are fired in one turn: they keep their place among all that clients are told. */

#include <string.h>

#include "base/error.h"
#include "harness.h"
#include "json_text.h"
#include "sim/peer.h"
#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c;
    struct sim_service *hall;
    struct sim_remote *remote;
    struct sim_slot *listen;
};

/* Bound at 20.1 s; b's program asks for several things in one turn from here on. */
static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.b = sim_bus(scene.sim, "b");
    scene.c = sim_bus(scene.sim, "c");
    scene.hall = sim_publish(scene.b, "hall", HALL);
    sim_function(scene.hall, "hold", sim_hold);
    sim_event(scene.hall, "rang");
    sim_event(scene.hall, "fell");
    sim_object(scene.hall, "temp", "1");
    sim_run(scene.sim, SECONDS(20));
    scene.remote = sim_proxy(scene.c, "type=hall");
    scene.listen = sim_listen(scene.remote, "rang");
    sim_listen(scene.remote, "fell");
    sim_watch(scene.remote, "temp");
    sim_run(scene.sim, MS(100));
    sim_record(scene.sim, SIM_LINES);
    sim_bus_enter(scene.b);
    return scene;
}

static void scene_leave(struct scene *scene)
{
    sim_bus_leave(scene->b);
    sim_run(scene->sim, MS(10));
}

START_TEST(all_keep_their_order)
{
    struct scene scene = scene_new();

    sim_fire(scene.hall, "rang", "[1]");
    sim_fire(scene.hall, "rang", "[2]");
    sim_fire(scene.hall, "fell", "[3]");
    sim_fire(scene.hall, "rang", "[4]");
    sim_set(scene.hall, "temp", "5");
    sim_fire(scene.hall, "rang", "[6]");
    sim_fire(scene.hall, "rang", "[7]");
    scene_leave(&scene);
    sim_expect(scene.sim, "20.100 b > c: ! fired name=rang args=[1]\n"
                          "20.100 b > c: ! fired name=rang args=[2]\n"
                          "20.100 b > c: ! fired name=fell args=[3]\n"
                          "20.100 b > c: ! fired name=rang args=[4]\n"
                          "20.100 b > c: ! changed name=temp value=5\n"
                          "20.100 b > c: ! fired name=rang args=[6]\n"
                          "20.100 b > c: ! fired name=rang args=[7]\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_event_is_heard_before_the_end_of_it_and_of_its_service)
{
    struct scene scene = scene_new();

    sim_fire(scene.hall, "rang", "[1]");
    sim_remove(scene.hall, AB_TOPIC_EVENT, "rang");
    sim_fire(scene.hall, "fell", "[2]");
    sim_service_end(scene.hall);
    scene_leave(&scene);
    sim_expect(scene.sim, "20.100 b > c: ! fired name=rang args=[1]\n"
                          "20.100 b > c: ! fired name=fell args=[2]\n"
                          "20.100 b > c: ! closing\n");
    sim_free(scene.sim);
}
END_TEST

/* Who listens in the midst of a burst is told so after what it does not hear. */
START_TEST(who_comes_later_hears_what_comes_later)
{
    struct scene scene = scene_new();

    sim_bus_leave(scene.b);
    sim_cancel(scene.listen);
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_LINES);
    sim_bus_enter(scene.b);
    sim_fire(scene.hall, "rang", "[1]");
    sim_listen(scene.remote, "rang");
    sim_run(scene.sim, MS(10));
    sim_fire(scene.hall, "rang", "[2]");
    scene_leave(&scene);
    sim_expect(scene.sim, "20.110 c > b: 5? listen name=rang\n"
                          "20.111 b > c: 5= name=rang\n"
                          "20.120 b > c: ! fired name=rang args=[2]\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_that_is_too_large_leaves_the_others_be)
{
    struct scene scene = scene_new();
    char *args = ab_test_json_long(2 << 20);
    struct ab_text *text = ab_text_new(args, strlen(args));
    ab_time now = sim_bus_enter(scene.b);

    sim_fire(scene.hall, "rang", "[1]");
    ck_assert_int_eq(ab_service_fire(scene.hall->service, now, "rang", text), AB_ETOOLARGE);
    sim_fire(scene.hall, "rang", "[2]");
    sim_bus_leave(scene.b);
    scene_leave(&scene);
    sim_expect(scene.sim, "20.100 b > c: ! fired name=rang args=[1]\n"
                          "20.100 b > c: ! fired name=rang args=[2]\n");
    ab_text_unref(text);
    free(args);
    sim_free(scene.sim);
}
END_TEST

START_TEST(long_bursts_arrive_whole)
{
    struct scene scene = scene_new();

    for (unsigned i = 0; i < 10000; i++)
        sim_fire(scene.hall, "rang", "[\"much more than goes at once\"]");
    sim_record(scene.sim, 0);
    scene_leave(&scene);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(scene.listen->count, 10000);
    ck_assert_uint_ge(ab_engine_counters(scene.b->engine).messages_sent, 10000);
    sim_free(scene.sim);
}
END_TEST

/* A client that does not read waits for an answer; so many events as that, and then it. */
static int reply_after(unsigned count, const char *args)
{
    struct sim *sim = sim_new(1);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_link *link = sim_dial(p, b);
    int result;

    sim_record(sim, 0);
    sim_event(hall, "rang");
    sim_function(hall, "hold", sim_hold);
    sim_run(sim, MS(10));
    sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(hall->service));
    sim_send(link, "{\"_type\":3,\"_command\":\"listen\",\"name\":\"rang\"}");
    sim_send(link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    sim_run(sim, MS(10));
    sim_link_listen(link, false);
    sim_bus_enter(b);
    for (unsigned i = 0; i < count; i++)
        sim_fire(hall, "rang", args);
    ck_assert_uint_eq(b->open_streams, 1); /* what waits for more of the same is not looked at yet */
    result = sim_reply(b, "1");
    ck_assert_uint_eq(b->open_streams, result == 0);
    sim_bus_leave(b);
    sim_free(sim);
    return result;
}

/* The last of 280 is alone in its burst and too much: the client is cut off in the midst of the answer to it. */
START_TEST(a_burst_cuts_off_who_is_about_to_be_answered)
{
    char *args = ab_test_json_long(30000);

    ck_assert_int_eq(reply_after(279, args), 0);
    ck_assert_int_eq(reply_after(280, args), AB_EDISCONNECTED);
    free(args);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bursts");

    TCase *order = tcase_create("order");
    tcase_add_test(order, all_keep_their_order);
    tcase_add_test(order, an_event_is_heard_before_the_end_of_it_and_of_its_service);
    tcase_add_test(order, who_comes_later_hears_what_comes_later);
    suite_add_tcase(suite, order);

    TCase *limits = tcase_create("limits");
    tcase_add_test(limits, one_that_is_too_large_leaves_the_others_be);
    tcase_add_test(limits, long_bursts_arrive_whole);
    tcase_add_test(limits, a_burst_cuts_off_who_is_about_to_be_answered);
    suite_add_tcase(suite, limits);

    return ab_test_run(suite);
}
