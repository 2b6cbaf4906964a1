/* What an engine counts: each thing once, where it happens. */

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/scene.h"

static struct ab_counters counters_of(const struct sim_bus *bus)
{
    return ab_engine_counters(bus->engine);
}

START_TEST(datagrams_by_their_command)
{
    struct scene scene = scene_new(0);
    struct ab_counters b = counters_of(scene.b);
    struct ab_counters c = counters_of(scene.c);

    /* At 0, 0.5, 1.5, 3.5, 7.5 and 14.5 s. */
    ck_assert_uint_eq(c.discovery_queries_sent, 6);
    ck_assert_uint_eq(b.discovery_queries_heard, 6 + 2 * b.discovery_queries_sent); /* its own come back twice here */
    ck_assert_uint_eq(c.discovery_adds_sent, 0);
    ck_assert_uint_gt(b.discovery_adds_sent, 2);
    ck_assert_uint_eq(c.discovery_adds_heard, b.discovery_adds_sent);
    ck_assert_uint_eq(c.discovery_services, 2); /* with the introspection service */
    ck_assert_uint_eq(c.discovery_buses, 1);
    ck_assert_uint_eq(c.discovery_removes_heard, 0);
    sim_service_end(scene.hall);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(counters_of(scene.b).discovery_removes_sent, 6); /* three of each */
    ck_assert_uint_eq(counters_of(scene.c).discovery_removes_heard, 6);
    ck_assert_uint_eq(counters_of(scene.c).discovery_services, 0);
    sim_free(scene.sim);
}
END_TEST

START_TEST(calls_by_how_they_ended)
{
    struct scene scene = scene_new(0);
    struct ab_counters b;
    struct ab_counters c;

    sim_call(scene.remote, "echo", "[1]");
    sim_call(scene.remote, "echo", "[2]");
    sim_call(scene.remote, "throw", "[]");
    sim_call(scene.remote, "nothing", "[]");
    sim_call_within(scene.remote, SECONDS(1), 0, "hold", "[]");
    sim_call(scene.remote, "hold", "[]");
    sim_notice(scene.remote, "echo", "[3]");
    sim_run(scene.sim, MS(100));
    b = counters_of(scene.b);
    c = counters_of(scene.c);
    ck_assert_uint_eq(c.calls_now, 2);
    ck_assert_uint_eq(c.calls_sent, 6);
    ck_assert_uint_eq(b.requests_now, 2);
    ck_assert_uint_eq(b.requests_abandoned, 0);
    sim_abort(sim_call(scene.remote, "hold", "[]"));
    sim_cancel(sim_call(scene.remote, "hold", "[]"));
    sim_run(scene.sim, SECONDS(2));
    ck_assert_int_eq(sim_reply(scene.b, "null"), AB_ETIMEDOUT); /* too late for who asked */
    ck_assert_uint_eq(counters_of(scene.b).requests_abandoned, 3);
    ck_assert_uint_eq(counters_of(scene.b).requests_now, 3);
    sim_bus_kill(scene.b);
    sim_run(scene.sim, SECONDS(1));
    c = counters_of(scene.c);
    ck_assert_uint_eq(c.calls_now, 0);
    ck_assert_uint_eq(c.calls_answered, 2);
    ck_assert_uint_eq(c.calls_failed, 2);
    ck_assert_uint_eq(c.calls_timed_out, 1);
    ck_assert_uint_eq(c.calls_canceled, 2);
    ck_assert_uint_eq(c.calls_disconnected, 1);
    ck_assert_uint_eq(c.call_time.count, 4);
    ck_assert_uint_eq(b.requests_received, 6); /* the notice too, not what does not exist */
    ck_assert_uint_eq(b.requests_answered, 2);
    ck_assert_uint_eq(b.requests_failed, 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_caller_that_goes_abandons_its_calls)
{
    struct scene scene = scene_new(0);

    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(100));
    sim_bus_kill(scene.c);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(counters_of(scene.b).requests_abandoned, 1);
    ck_assert_uint_eq(counters_of(scene.b).requests_now, 0);
    ck_assert_uint_eq(counters_of(scene.b).inbound_now, 0);
    sim_reply(scene.b, "null");
    sim_free(scene.sim);
}
END_TEST

START_TEST(round_trips_of_binds_and_pings)
{
    struct scene scene = scene_new(0);
    struct ab_spread one = counters_of(scene.c).round_trip;
    struct ab_spread all;

    ck_assert_uint_ge(one.count, 1);
    ck_assert_int_gt(one.last, 0);
    sim_run(scene.sim, SECONDS(60)); /* a ping for every 15 s of silence */
    all = counters_of(scene.c).round_trip;
    ck_assert_uint_ge(all.count, one.count + 3);
    ck_assert_int_eq(all.last, one.last); /* the network is as quick as before */
    ck_assert_int_eq(all.most, one.most);
    ck_assert_int_eq(all.sum / (ab_time)all.count, one.last);
    sim_free(scene.sim);
}
END_TEST

START_TEST(events_and_values)
{
    struct scene scene = scene_new(0);
    struct ab_counters b;
    struct ab_counters c;

    sim_watch(scene.remote, "temp");
    sim_listen(scene.remote, "rang");
    sim_run(scene.sim, MS(100));
    for (unsigned i = 0; i < 3; i++)
        sim_fire(scene.hall, "rang", "[]");
    sim_set(scene.hall, "temp", "1");
    sim_set(scene.hall, "temp", "1"); /* the same: nobody hears of it */
    sim_run(scene.sim, MS(100));
    b = counters_of(scene.b);
    c = counters_of(scene.c);
    ck_assert_uint_eq(b.events_fired, 3);
    ck_assert_uint_eq(c.events_heard, 3);
    ck_assert_uint_eq(b.values_set, 1);
    ck_assert_uint_eq(b.values_sent, 1);
    ck_assert_uint_eq(c.values_heard, 1);
    ck_assert_uint_eq(b.values_merged, 0);
    ck_assert_uint_eq(b.bytes_waiting, 0);
    ck_assert_uint_eq(b.messages_sent, c.messages_received);
    ck_assert_uint_eq(c.messages_sent, b.messages_received);
    ck_assert_uint_gt(b.bytes_sent, 0);
    sim_free(scene.sim);
}
END_TEST

/* A client that watches temp, listens to rang, and does not read. */
static struct sim_link *deaf_client(struct scene *scene)
{
    struct sim_link *link = sim_dial(sim_peer(scene->sim, sim_host(scene->sim, "p"), "p"), scene->b);

    sim_run(scene->sim, MS(10));
    sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(scene->hall->service));
    sim_send(link, "{\"_type\":3,\"_command\":\"watch\",\"name\":\"temp\"}");
    sim_send(link, "{\"_type\":3,\"_command\":\"listen\",\"name\":\"rang\"}");
    sim_run(scene->sim, MS(10));
    sim_link_listen(link, false);
    return link;
}

START_TEST(values_that_are_merged_and_listeners_that_are_cut_off)
{
    struct scene scene = scene_new(0);
    struct ab_counters b;

    deaf_client(&scene);
    for (unsigned i = 0; i < 10000; i++) {
        char text[20];
        snprintf(text, sizeof text, "%u", i);
        sim_set(scene.hall, "temp", text);
    }
    b = counters_of(scene.b);
    ck_assert_uint_gt(b.values_merged, 5000);
    ck_assert_uint_gt(b.bytes_waiting, 65536);
    ck_assert_uint_ge(b.bytes_waiting_most, b.bytes_waiting);
    ck_assert_uint_eq(b.inbound_cut_off, 0);
    sim_run(scene.sim, SECONDS(15));
    b = counters_of(scene.b);
    ck_assert_uint_eq(b.inbound_cut_off, 1);
    ck_assert_uint_eq(b.inbound_slow, 1);
    ck_assert_uint_eq(b.bytes_waiting, 0);
    ck_assert_uint_gt(b.bytes_waiting_most, 65536);
    sim_free(scene.sim);
}
END_TEST

START_TEST(lines_over_a_limit)
{
    struct scene scene = scene_new(0);
    struct sim_link *link = deaf_client(&scene);
    char *line = malloc(2000000);

    memset(line, ' ', 2000000);
    line[1999999] = '\0';
    memcpy(line, "{\"_type\":1", 10);
    sim_link_listen(link, true);
    sim_send(link, "this is no message");
    sim_send(link, line);
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(counters_of(scene.b).messages_bad, 2);
    ck_assert_uint_eq(counters_of(scene.b).inbound_too_large, 1);
    ck_assert_uint_eq(counters_of(scene.b).inbound_cut_off, 0);
    free(line);
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_is_denied)
{
    struct scene scene = scene_new(0);
    struct ab_address to = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));

    sim_access(scene.hall, "10.99.0.0/16");
    sim_connection(scene.c, &to, ab_service_id(scene.hall->service));
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_ge(counters_of(scene.b).requests_denied, 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(connections_and_those_over_a_limit)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_counters counters;

    sim_bus_limit(b, "connections_per_host", 3);
    sim_bus_limit(b, "unbound", 2);
    sim_bus_start(b);
    sim_publish(b, "hall", HALL);
    for (unsigned i = 0; i < 3; i++)
        sim_dial(p, b);
    sim_run(sim, MS(100));
    counters = counters_of(b);
    ck_assert_uint_eq(counters.inbound_accepted, 3);
    ck_assert_uint_eq(counters.inbound_displaced, 1);
    ck_assert_uint_eq(counters.inbound_now, 2);
    ck_assert_uint_eq(counters.inbound_unbound, 2);
    sim_run(sim, SECONDS(6));
    counters = counters_of(b);
    ck_assert_uint_eq(counters.inbound_cut_off, 2); /* they did not bind */
    ck_assert_uint_eq(counters.inbound_silent, 2);
    ck_assert_uint_eq(counters.inbound_slow, 0);
    ck_assert_uint_eq(counters.inbound_now, 0);
    sim_free(sim);
}
END_TEST

START_TEST(a_bus_tells_its_counters_to_who_asks)
{
    struct scene scene = scene_new(0);
    struct ab_address to = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));
    struct sim_remote *bus = sim_connection(scene.c, &to, NULL);
    struct sim_slot *slot = sim_call(bus, "get_counters", "[]");
    struct sim_slot *hall = sim_call(scene.remote, "get_counters", "[]");

    sim_run(scene.sim, MS(100));
    ck_assert_int_eq(slot->code, 0);
    ck_assert_ptr_nonnull(strstr(slot->value, "\"inbound\":{\"now\":2,"));
    ck_assert_ptr_nonnull(strstr(slot->value, "\"simulation\":{")); /* what the host adds */
    ck_assert_int_eq(hall->code, AB_EREMOTE);                       /* of the introspection service alone */
    ck_assert_int_eq(sim_notice(bus, "get_counters", "[]"), 0);
    sim_run(scene.sim, MS(100));
    sim_free(scene.sim);
}
END_TEST

START_TEST(lost_datagrams_and_a_restart)
{
    struct scene scene = scene_new(0);
    struct ab_counters c;

    sim_bus_kill(scene.b);
    sim_run(scene.sim, SECONDS(5));
    c = counters_of(scene.c);
    ck_assert_uint_ge(c.outbound_lost, 2); /* the binding, and the probe that found nobody */
    ck_assert_uint_eq(c.outbound_now, 0);
    sim_publish(sim_bus(scene.sim, "b2"), "hall", HALL);
    sim_run(scene.sim, SECONDS(5));
    ck_assert(sim_bound(scene.remote));
    c = counters_of(scene.c);
    ck_assert_uint_eq(c.outbound_now, 1);
    ck_assert_uint_eq(c.outbound_bound, 2);
    ck_assert_uint_eq(c.outbound_opened, c.outbound_lost + 1);
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counters");
    TCase *tcase = tcase_create("counters");

    tcase_add_test(tcase, datagrams_by_their_command);
    tcase_add_test(tcase, calls_by_how_they_ended);
    tcase_add_test(tcase, a_caller_that_goes_abandons_its_calls);
    tcase_add_test(tcase, round_trips_of_binds_and_pings);
    tcase_add_test(tcase, events_and_values);
    tcase_add_test(tcase, values_that_are_merged_and_listeners_that_are_cut_off);
    tcase_add_test(tcase, lines_over_a_limit);
    tcase_add_test(tcase, who_is_denied);
    tcase_add_test(tcase, connections_and_those_over_a_limit);
    tcase_add_test(tcase, a_bus_tells_its_counters_to_who_asks);
    tcase_add_test(tcase, lost_datagrams_and_a_restart);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
