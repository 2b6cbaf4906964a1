/* Transcripts of a service that two hosts tell of in different words: one that moved, one whose place others claim, and what
 * those can have us do by that (core/contest.c; PROTOCOL section 1). */

#include <string.h>

#include "core/internal.h"
#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define OLD "{\"room\":1}"
#define NEW "{\"room\":2}"

/* c, and two hosts at which the service x may be, on port 80. */
struct scene {
    struct sim *sim;
    struct sim_bus *c;
    struct sim_peer *one, *two;
};

static void answer_bind(struct sim_link *link, const char *text, size_t size)
{
    (void)text, (void)size;
    sim_send_format(link, "{\"_type\":2,\"_id\":\"%u\",\"service\":\"x\"}", link->lines);
}

static struct sim_peer *place(struct sim *sim, const char *name)
{
    struct sim_peer *peer = sim_peer(sim, sim_host(sim, name), name);

    peer->line = answer_bind;
    sim_peer_listen(peer, 80);
    return peer;
}

static void announce_at(struct sim_peer *peer, unsigned port, const char *info)
{
    char text[200];

    snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":%u,\"service\":\"x\",\"info\":%s}", port, info);
    sim_peer_broadcast(peer, text, AB_LOOPBACK_FIRST);
}

static void announce(struct sim_peer *peer, const char *info)
{
    announce_at(peer, 80, info);
}

static void say_goodbye(struct sim_peer *peer)
{
    sim_peer_broadcast(peer, "{\"command\":\"remove\",\"port\":80,\"service\":\"x\"}", AB_LOOPBACK_LAST);
}

/* x is known at the first place, for a minute by what it says, and c has never asked it. */
static struct scene scene_new(void (*limits)(struct sim_bus *bus))
{
    struct scene scene = {.sim = sim_new(1)};

    scene.one = place(scene.sim, "one");
    scene.two = place(scene.sim, "two");
    scene.c = sim_bus_new(scene.sim, sim_host(scene.sim, "c"), "c");
    if (limits)
        limits(scene.c);
    sim_bus_start(scene.c);
    for (unsigned i = 0; i < 6; i++) {
        announce(scene.one, OLD);
        sim_run(scene.sim, SECONDS(10));
    }
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES | SIM_STREAMS);
    sim_browse(scene.c, NULL, 0);
    return scene;
}

/* ---- One that moved */

START_TEST(where_nobody_listens_any_more_the_new_place_is_taken_at_once)
{
    struct scene scene = scene_new(NULL);

    sim_peer_kill(scene.one);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "60.000 c: settled\n"
                          "60.001 c > 10.0.0.1:80: connect 10.0.0.1:80\n"
                          "60.003 c < 10.0.0.1:80: ENETWORK\n"
                          "60.003 c: - x 10.0.0.1:80*\n"
                          "60.003 c: + x 10.0.0.2:80*\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(where_the_machine_is_gone_it_is_taken_when_that_shows)
{
    struct scene scene = scene_new(NULL);

    sim_crash(scene.sim, scene.one->process.host);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(20));
    sim_expect(scene.sim, "60.000 c: settled\n"
                          "60.001 c > one: connect 10.0.0.1:80\n"
                          "70.001 c > one: close\n"
                          "70.001 c: - x 10.0.0.1:80*\n"
                          "70.001 c: + x 10.0.0.2:80*\n");
    sim_free(scene.sim);
}
END_TEST

/* It was used, and its connection stands as far as c knows. */
START_TEST(a_connection_that_stands_does_not_hold_it_at_its_old_place)
{
    struct scene scene = scene_new(NULL);
    struct sim_remote *remote = sim_proxy(scene.c, "x");

    sim_run(scene.sim, SECONDS(12));
    ck_assert(sim_bound(remote));
    sim_crash(scene.sim, scene.one->process.host);
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS);
    sim_on_binding(remote);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(14));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + x 10.0.0.2:80*"), 1);
    ck_assert_int_le(sim_time(scene.sim, "c: + x", 0), SECONDS(72 + 11));
    ck_assert(sim_bound(remote));
    sim_free(scene.sim);
}
END_TEST

/* A machine with two addresses, of which the info holds at one. */
START_TEST(all_old_places_are_asked)
{
    struct scene scene = scene_new(NULL);
    struct sim_peer *also = place(scene.sim, "also");

    announce(also, OLD);
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    sim_peer_kill(scene.one);
    sim_peer_kill(also);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "61.003 c: ~ x 10.0.0.4:80*\n"
                          "61.003 c: - x 10.0.0.4:80*\n"
                          "61.003 c: + x 10.0.0.2:80*\n");
    sim_free(scene.sim);
}
END_TEST

/* It told of the new place first, as it was. */
START_TEST(it_may_change_once_it_has_moved)
{
    struct scene scene = scene_new(NULL);

    announce(scene.two, OLD);
    sim_run(scene.sim, SECONDS(1));
    sim_peer_kill(scene.one);
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "61.003 c: ~ x 10.0.0.2:80*\n"
                          "61.003 c: ~ x 10.0.0.2:80*\n");
    sim_free(scene.sim);
}
END_TEST

/* Its last word counts, and what it took back does not. */
START_TEST(what_is_taken_is_what_was_said_last)
{
    struct scene scene = scene_new(NULL);
    struct sim_slot *slot = sim_browse(scene.c, NULL, 0);

    sim_crash(scene.sim, scene.one->process.host);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    announce(scene.two, "{\"room\":3}");
    sim_run(scene.sim, SECONDS(10));
    ck_assert_ptr_nonnull(strstr(slot->value, "\"room\":3"));
    sim_free(scene.sim);

    scene = scene_new(NULL);
    sim_crash(scene.sim, scene.one->process.host);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    say_goodbye(scene.two);
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    sim_run(scene.sim, SECONDS(20));
    sim_expect(scene.sim, "70.001 c: - x 10.0.0.1:80*\n");
    sim_free(scene.sim);
}
END_TEST

/* A goodbye of the old place is answer enough. */
START_TEST(one_that_says_goodbye_late_has_moved)
{
    struct scene scene = scene_new(NULL);

    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    say_goodbye(scene.one);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "61.001 c: - x 10.0.0.1:80*\n"
                          "61.001 c: + x 10.0.0.2:80*\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- One that is where it was */

START_TEST(who_claims_a_service_that_is_there_gains_nothing)
{
    struct scene scene = scene_new(NULL);

    sim_record(scene.sim, SIM_SERVICES | SIM_STREAMS);
    for (unsigned i = 0; i < 6000; i++) {
        announce(scene.two, NEW);
        if (i % 1000 == 0)
            announce(scene.one, OLD);
        sim_run(scene.sim, MS(10));
    }
    /* A minute of it: it is asked once every 15 s. */
    ck_assert_uint_eq(sim_count(scene.sim, "c > one: connect"), 4);
    ck_assert_uint_eq(sim_count(scene.sim, " x"), 0);
    ck_assert_uint_eq(sim_count(scene.sim, "c > two: connect"), 0);
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_that_answered_lately_is_not_asked)
{
    struct scene scene = scene_new(NULL);

    sim_proxy(scene.c, "x");
    sim_run(scene.sim, SECONDS(9));
    sim_record(scene.sim, SIM_STREAMS);
    announce(scene.two, NEW);
    sim_run(scene.sim, MS(500));
    sim_expect(scene.sim, "");
    ck_assert_uint_eq(scene.c->engine->contests.count, 0);
    sim_run(scene.sim, SECONDS(2));
    announce(scene.two, NEW);
    sim_run(scene.sim, MS(500));
    ck_assert_uint_eq(sim_count(scene.sim, "c > one: connect"), 1);
    sim_free(scene.sim);
}
END_TEST

/* So many services that are at the first place too. */
static void announce_others(const struct scene *scene, unsigned count)
{
    char text[200];

    for (unsigned i = 0; i < count; i++) {
        snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":80,\"service\":\"s%u\",\"info\":{}}", i);
        sim_peer_broadcast(scene->one, text, AB_LOOPBACK_FIRST);
    }
    sim_run(scene->sim, SECONDS(1));
}

/* Such a host says that it has this one of them. */
static void claim_other(const struct scene *scene, unsigned host, unsigned number)
{
    char text[200];

    snprintf(text, sizeof text, "{\"command\":\"add\",\"port\":80,\"service\":\"s%u\",\"info\":" NEW "}", number);
    sim_forge(scene->c->process.host, 0x0a000050 + host, text);
}

/* Of a thousand services that are where they were: few are asked in a time, whoever says how often that they moved. */
START_TEST(who_claims_all_services_has_few_of_them_asked)
{
    struct scene scene = scene_new(NULL);
    unsigned most = 0;

    announce_others(&scene, 1000);
    sim_record(scene.sim, SIM_STREAMS);
    for (unsigned i = 0; i < 20000; i++) {
        claim_other(&scene, i % 3, i % 1000);
        sim_run(scene.sim, MS(1));
        most = scene.c->open_streams > most ? scene.c->open_streams : most;
    }
    ck_assert_uint_eq(sim_count(scene.sim, "c > one: connect"), 2 * AB_CONTESTS_MOST);
    ck_assert_uint_le(most, 8);
    ck_assert_uint_le(scene.c->engine->contests.count, AB_CONTESTS_MOST);
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_host_gets_half_of_the_places)
{
    struct scene scene = scene_new(NULL);

    announce_others(&scene, 20);
    for (unsigned i = 0; i < 20; i++)
        claim_other(&scene, 0, i);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(scene.c->engine->contests.count, AB_CONTESTS_MOST / 2);
    sim_peer_kill(scene.one);
    announce(scene.two, NEW);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + x 10.0.0.2:80*"), 1);
    sim_free(scene.sim);
}
END_TEST

/* What the program itself said is not asked after; and who says something once hears that it was refused. */
START_TEST(what_the_program_reports_is_not_contested)
{
    struct scene scene = scene_new(NULL);
    struct sim_discoverer *mine = sim_discoverer(scene.c, "mine");
    struct ab_address there = sim_host_address(scene.two->process.host, 0, 80);

    sim_record(scene.sim, SIM_STREAMS);
    ck_assert_int_eq(sim_discover(mine, &there, "x", NEW), AB_EEXIST);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c > one: connect"), 1);
    sim_peer_kill(scene.one);
    sim_run(scene.sim, SECONDS(20));
    ck_assert_int_eq(sim_discover(mine, &there, "x", NEW), AB_EEXIST);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_ptr_null(ab_directory_find(scene.c->engine, "x"));
    ck_assert_int_eq(sim_discover(mine, &there, "x", NEW), 0);
    sim_record(scene.sim, SIM_STREAMS);
    for (unsigned i = 0; i < 40; i++) {
        announce_at(scene.one, 80, OLD);
        sim_run(scene.sim, SECONDS(1));
    }
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

/* ---- One that was claimed before it was heard */

START_TEST(a_false_place_hides_a_service_only_until_it_is_asked)
{
    struct scene scene = scene_new(NULL);

    say_goodbye(scene.one);
    sim_run(scene.sim, MS(10));
    announce_at(scene.one, 81, OLD); /* where nobody listens */
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES);
    announce(scene.two, NEW);
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "60.023 c: - x 10.0.0.1:81*\n"
                          "60.023 c: + x 10.0.0.2:80*\n");
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES | SIM_STREAMS);
    for (unsigned i = 0; i < 100; i++) { /* who goes on saying so is not believed, nor asked more often than others */
        announce_at(scene.one, 81, OLD);
        announce(scene.two, NEW);
        sim_run(scene.sim, MS(100));
    }
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

static void few_routes(struct sim_bus *bus)
{
    sim_bus_limit(bus, "routes_per_service", 8);
}

/* They say the same of it, and there is no room for where it is. */
START_TEST(false_places_leave_room_for_the_true_one)
{
    struct scene scene = scene_new(few_routes);

    for (unsigned port = 100; port < 200; port++)
        announce_at(scene.one, port, OLD);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(scene.c->engine->directory.routes, 8);
    announce(scene.two, OLD);
    sim_run(scene.sim, SECONDS(1));
    struct ab_address at = sim_host_address(scene.two->process.host, 0, 80);
    ck_assert_ptr_nonnull(ab_directory_route(scene.c->engine, &at, "x"));
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("a service that two hosts tell of");
    TCase *tests = tcase_create("contests");

    tcase_add_test(tests, where_nobody_listens_any_more_the_new_place_is_taken_at_once);
    tcase_add_test(tests, where_the_machine_is_gone_it_is_taken_when_that_shows);
    tcase_add_test(tests, a_connection_that_stands_does_not_hold_it_at_its_old_place);
    tcase_add_test(tests, all_old_places_are_asked);
    tcase_add_test(tests, it_may_change_once_it_has_moved);
    tcase_add_test(tests, what_is_taken_is_what_was_said_last);
    tcase_add_test(tests, one_that_says_goodbye_late_has_moved);
    tcase_add_test(tests, who_claims_a_service_that_is_there_gains_nothing);
    tcase_add_test(tests, one_that_answered_lately_is_not_asked);
    tcase_add_test(tests, who_claims_all_services_has_few_of_them_asked);
    tcase_add_test(tests, one_host_gets_half_of_the_places);
    tcase_add_test(tests, what_the_program_reports_is_not_contested);
    tcase_add_test(tests, a_false_place_hides_a_service_only_until_it_is_asked);
    tcase_add_test(tests, false_places_leave_room_for_the_true_one);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
