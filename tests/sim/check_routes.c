/* Why a route is preferred or passed over, and what of its use is remembered (core/explain.c). */

#include <stdlib.h>
#include <string.h>

#include "core/internal.h"
#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"
#include "wire/json.h"

/* Of those known, which are one service and perhaps the introspection of its bus. */
static json_t *routes_of_service(json_t *entries)
{
    json_t *entry;
    size_t index;

    json_array_foreach(entries, index, entry)
    {
        const char *type = json_string_value(json_object_get(json_object_get(entry, "info"), "type"));
        if (!type || strcmp(type, "autobus.details") != 0)
            return json_object_get(entry, "routes");
    }
    return NULL;
}

/* One line a route of the one service there is: its place, its reason, and what is not null. */
static char *explained(struct sim_bus *bus)
{
    static const char *const keys[] = {"heard_ms", "tried_ms",      "answered_ms", "failed_ms",
                                       "failure",  "round_trip_ms", "in_use"};
    json_t *entries;
    json_t *route;
    size_t index;
    char *text = sim_strdup("");

    ab_time now = sim_bus_enter(bus);
    ck_assert_int_eq(ab_browser_explain(bus->engine, now, NULL, &entries), 0);
    sim_bus_leave(bus);
    json_array_foreach(routes_of_service(entries), index, route)
    {
        char *line = sim_format("%s%s:%d %s", text, json_string_value(json_object_get(route, "host")),
                                (int)json_integer_value(json_object_get(route, "port")),
                                json_string_value(json_object_get(route, "reason")));
        free(text);
        for (size_t i = 0; i < COUNT(keys); i++) {
            json_t *value = json_object_get(route, keys[i]);
            ck_assert_msg(value, "no %s", keys[i]);
            char number[32] = "";
            json_dumpb(value, number, sizeof number - 1, JSON_ENCODE_ANY | JSON_REAL_PRECISION(3));
            char *longer = json_is_null(value) ? sim_strdup(line) : sim_format("%s %s=%s", line, keys[i], number);
            free(line);
            line = longer;
        }
        text = sim_format("%s\n", line);
        free(line);
    }
    json_decref(entries);
    return text;
}

static void expect_explained(struct sim_bus *bus, const char *expected)
{
    char *text = explained(bus);

    ck_assert_str_eq(text, expected);
    free(text);
}

/* A service on two networks. */
struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c;
};

static struct scene two_networks(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.b = sim_bus_on_two(scene.sim, "b");
    scene.c = sim_bus_on_two(scene.sim, "c");
    sim_publish(scene.b, "hall", HALL);
    sim_run(scene.sim, ASKED);
    return scene;
}

START_TEST(routes_that_nobody_has_tried)
{
    struct scene scene = two_networks();

    expect_explained(scene.c, "10.0.0.1:52722 lowest heard_ms=5497 in_use=0\n"
                              "10.0.1.1:52722 never_tried heard_ms=5497 in_use=0\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_one_that_is_used_and_the_one_that_was_slower)
{
    struct scene scene = two_networks();

    sim_host_set_interface(scene.b->process.host, 0, false);
    sim_proxy(scene.c, "hall");
    sim_run(scene.sim, SECONDS(1));
    expect_explained(
        scene.c, "10.0.1.1:52722 answered_last heard_ms=498 tried_ms=900 answered_ms=896 round_trip_ms=2.0 in_use=1\n"
                 "10.0.0.1:52722 slower heard_ms=6497 tried_ms=1000 in_use=0\n");
    sim_run(scene.sim, SECONDS(30)); /* a ping */
    expect_explained(
        scene.c,
        "10.0.1.1:52722 answered_last heard_ms=2352 tried_ms=30900 answered_ms=30896 round_trip_ms=2.0 in_use=1\n"
        "10.0.0.1:52722 slower heard_ms=36497 tried_ms=3939 in_use=0\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_other_is_tried_once_the_used_one_is_lost)
{
    struct scene scene = two_networks();

    sim_proxy(scene.c, "hall");
    sim_run(scene.sim, SECONDS(1));
    sim_host_set_interface(scene.b->process.host, 0, false);
    sim_run(scene.sim, SECONDS(29));
    expect_explained(
        scene.c, "10.0.1.1:52722 answered_last heard_ms=352 tried_ms=4896 answered_ms=4892 round_trip_ms=2.0 in_use=1\n"
                 "10.0.0.1:52722 failed heard_ms=35497 tried_ms=4996 answered_ms=29996 failed_ms=4996 "
                 "failure=\"timeout\" round_trip_ms=2.0 in_use=0\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_route_that_is_refused)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    const char *id = ab_service_id(sim_publish(b, "hall", HALL)->service);
    struct ab_address wrong = sim_host_address(host, 0, 80);
    struct ab_address right = sim_host_address(host, 0, sim_bus_port(b));

    c->broadcast = 0;
    sim_bus_start(c);
    struct sim_discoverer *mine = sim_discoverer(c, "mine");
    sim_run(sim, SECONDS(1));
    sim_discover(mine, &wrong, id, "{}");
    expect_explained(c, "10.0.0.1:80 only heard_ms=0 in_use=0\n");
    sim_proxy(c, id);
    sim_run(sim, SECONDS(1));
    expect_explained(c, "10.0.0.1:80 only heard_ms=1000 tried_ms=580 failed_ms=578 failure=\"unreachable\" in_use=0\n");
    sim_discover(mine, &right, id, "{}");
    expect_explained(c,
                     "10.0.0.1:52722 others_failed heard_ms=0 tried_ms=0 in_use=0\n"
                     "10.0.0.1:80 failed heard_ms=1000 tried_ms=580 failed_ms=578 failure=\"unreachable\" in_use=0\n");
    sim_run(sim, SECONDS(20));
    expect_explained(
        c, "10.0.0.1:52722 answered_last heard_ms=20000 tried_ms=20000 answered_ms=19996 round_trip_ms=2.0 in_use=1\n"
           "10.0.0.1:80 failed heard_ms=21000 tried_ms=20580 failed_ms=20578 failure=\"unreachable\" in_use=0\n");
    sim_free(sim);
}
END_TEST

/* ---- Servers that are none */

static void talk_nonsense(struct sim_link *link, const char *text, size_t size)
{
    (void)text;
    (void)size;
    sim_send(link, "no JSON");
}

static void talk_without_end(struct sim_link *link, const char *text, size_t size)
{
    char *line = malloc(2 << 20);

    (void)text;
    (void)size;
    memset(line, 'x', 2 << 20);
    sim_send_bytes(link, line, 2 << 20);
    free(line);
}

static void no_server(void (*talk)(struct sim_link *link, const char *text, size_t size), const char *logged)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "p");
    struct sim_peer *p = sim_peer(sim, host, "p");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct ab_address at = sim_host_address(host, 0, 80);

    p->line = talk;
    sim_peer_listen(p, 80);
    c->broadcast = 0;
    c->log_level = 4;
    sim_bus_start(c);
    sim_record(sim, SIM_LOG);
    sim_discover(sim_discoverer(c, "mine"), &at, "x", "{}");
    sim_proxy(c, "x");
    sim_run(sim, SECONDS(1));
    char *text = explained(c);
    ck_assert_msg(strstr(text, "failure=\"protocol\""), "%s", text);
    free(text);
    ck_assert_msg(sim_count(sim, logged) > 0, "not logged: %s", logged);
    sim_free(sim);
}

START_TEST(a_place_that_does_not_speak_the_protocol)
{
    no_server(talk_nonsense, "from 10.0.0.1:80: line");
    no_server(talk_without_end, "too long");
}
END_TEST

/* Each is tried, and remembered: but no more of them than there is room for. */
START_TEST(a_host_that_announces_what_is_not_there)
{
    struct sim *sim = sim_new(1);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_proxy_multiple(c, "type=ghost");
    sim_run(sim, SECONDS(1));
    for (int i = 0; i < 100; i++) {
        char *text = sim_format("{\"command\": \"add\", \"port\": 80, \"service\": \"ghost%d\", "
                                "\"info\": {\"type\": \"ghost\"}}",
                                i);

        sim_peer_broadcast(p, text, AB_LOOPBACK_LAST);
        free(text);
        sim_run(sim, MS(100));
    }
    sim_run(sim, SECONDS(10));
    ck_assert_uint_eq(c->engine->distrust.count, AB_DISTRUSTED_MOST);
    sim_free(sim);
}
END_TEST

START_TEST(loopback_is_preferred_whatever_the_others_do)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = sim_bus_start(sim_bus_new(sim, host, "c"));

    sim_publish(b, "hall", HALL);
    sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    sim_host_sleep(host);
    sim_run(sim, SECONDS(100));
    sim_host_wake(host);
    sim_run(sim, SECONDS(1));
    expect_explained(c,
                     "127.0.0.1:52722 loopback heard_ms=499 tried_ms=1999 answered_ms=1999 round_trip_ms=0.1 in_use=1\n"
                     "10.0.0.1:52722 not_loopback heard_ms=499 tried_ms=1999 in_use=0\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routes explained");
    TCase *tests = tcase_create("routes");

    tcase_add_test(tests, routes_that_nobody_has_tried);
    tcase_add_test(tests, the_one_that_is_used_and_the_one_that_was_slower);
    tcase_add_test(tests, the_other_is_tried_once_the_used_one_is_lost);
    tcase_add_test(tests, a_route_that_is_refused);
    tcase_add_test(tests, a_place_that_does_not_speak_the_protocol);
    tcase_add_test(tests, a_host_that_announces_what_is_not_there);
    tcase_add_test(tests, loopback_is_preferred_whatever_the_others_do);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
