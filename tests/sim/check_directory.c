/* Transcripts of the directory: services, their routes, and what listeners for services hear. */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

static void say(struct sim_peer *peer, const char *text)
{
    sim_peer_broadcast(peer, text, AB_LOOPBACK_FIRST);
}

/* ---- Services and their info */

START_TEST(a_changed_info_is_a_change_of_the_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", "{\"type\": \"hall\", \"room\": 1}");
    struct sim_slot *slot = sim_browse(c, "hall", 0);

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_PACKETS | SIM_INFO);
    sim_set_info(hall, "{\"type\": \"hall\", \"room\": 2}");
    sim_run(sim, MS(500));
    sim_expect(sim, "20.000 b > *: remove 52722 hall\n"
                    "20.000 b > *: add 52722 hall {\"type\":\"hall\",\"room\":2,\"hostname\":\"b\"}\n"
                    "20.001 c: - hall "
                    "{\"type\":\"hall\",\"room\":1,\"hostname\":\"b\",\"host\":\"10.0.0.1\",\"port\":52722,\"service\":"
                    "\"hall\"}\n"
                    "20.001 c: + hall "
                    "{\"type\":\"hall\",\"room\":2,\"hostname\":\"b\",\"host\":\"10.0.0.1\",\"port\":52722,\"service\":"
                    "\"hall\"}\n");
    ck_assert_ptr_nonnull(strstr(slot->value, "\"discoverers\":[\"broadcast\"]"));
    sim_free(sim);
}
END_TEST

START_TEST(a_changed_info_leaves_connections_alone)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", "{\"type\": \"hall\", \"room\": 1}");

    sim_function(hall, "echo", sim_echo);
    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_PACKETS | SIM_STREAMS | SIM_RESULTS | SIM_BINDINGS);
    sim_set_info(hall, "{\"type\": \"hall\", \"room\": 2}");
    sim_run(sim, MS(500));
    sim_call(remote, "echo", "[1]");
    sim_run(sim, MS(500));
    /* The goodbye of a route that has a connection is not believed: it is asked. */
    sim_expect(sim, "20.000 b > *: remove 52722 hall\n"
                    "20.000 b > *: add 52722 hall\n"
                    "20.001 c > b: connect 10.0.0.1:52722\n"
                    "20.001 c: ~ hall\n"
                    "20.004 b < c: accept\n"
                    "20.005 c > b: flush and close\n"
                    "20.006 b < c: end of input\n"
                    "20.006 b > c: flush and close\n"
                    "20.502 c: echo = [1]\n"
                    "21.000 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_same_id_on_another_host_cannot_change_the_info)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_peer *q = sim_peer(sim, sim_host(sim, "q"), "q");

    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_INFO);
    sim_browse(c, NULL, 0);
    sim_peer_listen(p, 80);
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 1}}");
    sim_run(sim, MS(100));
    say(q, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 2}}");
    say(q, "{\"command\": \"remove\", \"port\": 80, \"service\": \"x\"}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"remove\", \"port\": 80, \"service\": \"x\"}");
    sim_run_until(sim, MS(550));
    sim_expect(sim, "0.001 c: + x 10.0.0.2:80* {\"room\":1,\"host\":\"10.0.0.2\",\"port\":80,\"service\":\"x\"}\n"
                    "0.201 c: - x 10.0.0.2:80* {\"room\":1,\"host\":\"10.0.0.2\",\"port\":80,\"service\":\"x\"}\n"
                    "0.550 c: settled\n");
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {}}");
    say(q, "{\"command\": \"add\", \"port\": 81, \"service\": \"x\", \"info\": {}}");
    sim_record(sim, SIM_SERVICES | SIM_ROUTES);
    sim_run(sim, MS(100));
    sim_expect(sim, "0.551 c: + x 10.0.0.2:80*\n"
                    "0.551 c: ~ x 10.0.0.2:80* 10.0.0.3:81\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_moves_to_another_port_stays_one_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    sim_function(hall, "echo", sim_echo);
    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_PACKETS | SIM_RESULTS);
    sim_bus_move_port(b, 52800);
    sim_run(sim, SECONDS(2));
    sim_call(remote, "echo", "[1]");
    sim_run(sim, SECONDS(2));
    /* The old route stays as long as it has a connection. */
    sim_expect(sim, "20.000 b > *: remove 52722 hall\n"
                    "20.000 b > *: add 52800 hall\n"
                    "20.001 c: ~ hall 10.0.0.1:52722* 10.0.0.1:52800\n"
                    "21.000 b > *: add 52800 hall\n"
                    "22.002 c: echo = [1]\n"
                    "23.000 b > *: add 52800 hall\n");
    sim_record(sim, SIM_SERVICES | SIM_ROUTES);
    sim_remote_end(remote);
    sim_run(sim, SECONDS(60));
    sim_expect(sim, "34-69 c: ~ hall 10.0.0.1:52800*\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_bus_that_restarts_is_another_service)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS);
    sim_bus_kill(b);
    sim_run(sim, MS(100));
    b = sim_bus_new(sim, host, "b2");
    b->first_port = 52800;
    sim_bus_start(b);
    struct sim_service *again = sim_publish(b, "hall2", HALL);
    (void)again;
    sim_run(sim, SECONDS(5));
    sim_expect(sim, "20.001 c: unbound hall EDISCONNECTED\n"
                    "20.003 c: - hall 10.0.0.1:52722*\n"
                    "20.101 c: + hall2 10.0.0.1:52800*\n"
                    "20.105 c: bound hall2\n");
    sim_free(sim);
}
END_TEST

/* ---- Routes */

START_TEST(a_service_seen_on_two_networks_is_one_with_two_routes)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_on_two(sim, "b");
    struct sim_bus *c = sim_bus_on_two(sim, "c");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES);
    sim_browse(c, "hall", 0);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(1));
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 c: settled\n"
                    "20.001 c: + hall 10.0.0.1:52722*\n"
                    "20.001 c: ~ hall 10.0.0.1:52722* 10.0.1.1:52722\n"
                    "21.001 c: ~ hall 10.0.1.1:52722*\n"
                    "21.001 c: - hall 10.0.1.1:52722*\n");
    sim_free(sim);
}
END_TEST

START_TEST(listeners_for_routes_hear_each)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_on_two(sim, "b");
    struct sim_bus *c = sim_bus_on_two(sim, "c");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES);
    sim_browse(c, "hall", AB_BROWSER_ROUTES);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_run(sim, SECONDS(1));
    sim_browse(c, "hall", AB_BROWSER_ROUTES | AB_BROWSER_EXISTING);
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 c: settled\n"
                    "20.001 c: + hall 10.0.0.1:52722*\n"
                    "20.001 c: + hall 10.0.1.1:52722\n"
                    "21.000 c: + hall 10.0.0.1:52722*\n"
                    "21.000 c: + hall 10.0.1.1:52722\n"
                    "21.000 c: cached\n"
                    "21.000 c: settled\n"
                    "21.001 c: - hall 10.0.0.1:52722*\n"
                    "21.001 c: - hall 10.0.0.1:52722*\n"
                    "21.001 c: ~ hall 10.0.1.1:52722*\n"
                    "21.001 c: ~ hall 10.0.1.1:52722*\n"
                    "21.001 c: - hall 10.0.1.1:52722*\n"
                    "21.001 c: - hall 10.0.1.1:52722*\n");
    sim_free(sim);
}
END_TEST

START_TEST(loopback_is_preferred_on_the_machine_itself)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, host, "b"));
    struct sim_bus *c = sim_bus_start(sim_bus_new(sim, host, "c"));

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_STREAMS);
    sim_browse(c, "hall", 0);
    sim_publish(b, "hall", HALL);
    sim_run(sim, MS(100));
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, MS(100));
    ck_assert(sim_bound(remote));
    sim_expect(sim, "20.000 c: settled\n"
                    "20.000 c: + hall 127.0.0.1:52722*\n"
                    "20.000 c: ~ hall 127.0.0.1:52722* 10.0.0.1:52722\n"
                    "20.100 c > b: connect 127.0.0.1:52722\n"
                    "20.100 b < c: accept\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_route_that_answered_last_is_preferred)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_on_two(sim, "b");
    struct sim_bus *c = sim_bus_on_two(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES);
    sim_browse(c, "hall", AB_BROWSER_EXISTING);
    /* The first one is silent: the second is tried 100 ms later. */
    sim_host_set_interface(b->process.host, 0, false);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, MS(150));
    ck_assert(sim_bound(remote));
    sim_expect(sim, "20.000 c: + hall 10.0.0.1:52722* 10.0.1.1:52722\n"
                    "20.000 c: cached\n"
                    "20.000 c: settled\n"
                    "20.104 c: ~ hall 10.0.1.1:52722* 10.0.0.1:52722\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_forged_goodbye_does_not_end_what_is_alive)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    char text[200];

    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_STREAMS);
    snprintf(text, sizeof text, "{\"command\": \"remove\", \"port\": 52722, \"service\": \"%s\"}",
             ab_service_id(hall->service));
    sim_forge(c->process.host, 0x0a000001, text);
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(remote));
    sim_expect(sim, "20.000 c > b: connect 10.0.0.1:52722\n"
                    "20.003 b < c: accept\n"
                    "20.004 c > b: flush and close\n"
                    "20.005 b < c: end of input\n"
                    "20.005 b > c: flush and close\n");
    sim_free(sim);
}
END_TEST

/* A machine that lost its power and is back says nothing of what ran there: whoever finds that out tells the others. */
START_TEST(a_route_that_is_refused_has_no_live_connection)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_host *there = b->process.host;
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    char text[200];

    snprintf(text, sizeof text, "{\"command\": \"remove\", \"port\": 52722, \"service\": \"%s\"}",
             ab_service_id(hall->service));
    sim_browse(c, "hall", 0);
    sim_on_binding(sim_proxy(c, "hall"));
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_BINDINGS);
    sim_crash(sim, there);
    sim_host_boot(there);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "");
    sim_forge(c->process.host, 0x0a000001, text);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "21.004 c: unbound hall EDISCONNECTED\n"
                    "21.006 c: - hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_true_goodbye_ends_what_was_alive)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_BINDINGS);
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    ck_assert(!sim_bound(remote));
    ck_assert_uint_eq(sim_count(sim, "c: - hall"), 1);
    ck_assert_int_le(sim_time(sim, "c: - hall", 0), ASKED + MS(10));
    ck_assert_uint_eq(sim_count(sim, "c: unbound hall ECLOSED"), 1);
    sim_free(sim);
}
END_TEST

/* ---- Dying */

START_TEST(a_killed_service_that_was_in_use_is_gone_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    sim_function(hall, "hold", sim_hold);
    sim_browse(c, "hall", 0);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_on_binding(remote);
    sim_call(remote, "hold", "[]");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_BINDINGS | SIM_RESULTS | SIM_STREAMS);
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.001 c < 10.0.0.1:52722: end of input\n"
                    "20.001 c > 10.0.0.1:52722: close\n"
                    "20.001 c > 10.0.0.1:52722: connect 10.0.0.1:52722\n"
                    "20.001 c > 10.0.0.1:52722: connect 10.0.0.1:52722\n"
                    "20.001 c: hold failed: EDISCONNECTED\n"
                    "20.001 c: unbound hall EDISCONNECTED\n"
                    "20.003 c < 10.0.0.1:52722: ENETWORK\n"
                    "20.003 c: - hall\n"
                    "20.003 c < 10.0.0.1:52722: ENETWORK\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_connect_that_fails_makes_the_route_be_asked)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_browse(c, "hall", 0);
    sim_run(sim, ASKED);
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_SERVICES);
    sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(sim, "c: - hall"), 1);
    ck_assert_int_le(sim_time(sim, "c: - hall", 0), SECONDS(21) + MS(10));
    sim_free(sim);
}
END_TEST

START_TEST(a_listener_that_asks_for_it_sees_a_death_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_publish(b, "attic", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_STREAMS);
    sim_browse(c, "type=hall", AB_BROWSER_LIVENESS | AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(100));
    /* One connection for the two services of one bus. */
    ck_assert_uint_eq(sim_count(sim, "b < c: accept"), 1);
    sim_transcript_clear(&sim->network.transcript);
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    ck_assert_int_ge(sim_time(sim, "c: - hall", 0), SECONDS(120));
    ck_assert_int_le(sim_time(sim, "c: - hall", 0), SECONDS(120) + MS(100));
    ck_assert_int_le(sim_time(sim, "c: - attic", 0), SECONDS(120) + MS(100));
    ck_assert_int_ge(sim_time(sim, "c: - attic", 0), SECONDS(120));
    sim_free(sim);
}
END_TEST

START_TEST(without_listeners_for_it_no_connection_is_kept)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    sim_run(sim, ASKED);
    struct sim_slot *slot = sim_browse(c, "hall", AB_BROWSER_LIVENESS);
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(c->open_streams, 1);
    sim_cancel(slot);
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(c->open_streams, 0);
    ck_assert_uint_eq(b->open_streams, 0);
    sim_free(sim);
}
END_TEST

/* ---- Marks */

START_TEST(discovery_settles_a_quarter_second_after_the_last_news)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");

    sim_publish(b, "one", HALL);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES);
    struct sim_bus *c = sim_bus(sim, "c");
    sim_browse(c, NULL, AB_BROWSER_EXISTING);
    sim_run(sim, MS(400));
    sim_publish(b, "two", HALL);
    ck_assert(!ab_engine_settled(c->engine));
    sim_run(sim, MS(300));
    ck_assert(ab_engine_settled(c->engine));
    sim_expect(sim, "20.000 c: cached\n"
                    "20.002 c: + one\n"
                    "20.401 c: + two\n"
                    "20.651 c: settled\n");
    sim_browse(c, NULL, AB_BROWSER_EXISTING);
    ck_assert_uint_eq(sim_count(sim, "20.700 c: +"), 2);
    ck_assert_uint_eq(sim_count(sim, "20.700 c: cached"), 1);
    ck_assert_uint_eq(sim_count(sim, "20.700 c: settled"), 1);
    sim_free(sim);
}
END_TEST

START_TEST(discovery_settles_after_two_seconds_whatever_comes)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    char text[100];

    sim_record(sim, SIM_SERVICES);
    sim_browse(c, NULL, 0);
    for (unsigned i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": 80, \"service\": \"s%u\", \"info\": {}}", i);
        say(p, text);
        sim_run(sim, MS(100));
    }
    ck_assert_int_eq(sim_time(sim, "settled", 0), SECONDS(2));
    ck_assert_uint_eq(sim_count(sim, "settled"), 1);
    sim_free(sim);
}
END_TEST

START_TEST(a_listener_hears_what_begins_and_ceases_to_match)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");

    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, "room=1", 0);
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 2}}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 1}}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 1, \"name\": \"n\"}}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 1, \"name\": \"n\"}}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"room\": 2}}");
    sim_run(sim, MS(100));
    say(p, "{\"command\": \"remove\", \"port\": 80, \"service\": \"x\"}");
    sim_run(sim, MS(100));
    sim_expect(sim, "20.000 c: settled\n"
                    "20.101 c: + x\n"
                    "20.201 c: ~ x\n"
                    "20.401 c: - x\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the directory");
    TCase *info = tcase_create("services and info");
    TCase *routes = tcase_create("routes");
    TCase *dying = tcase_create("dying");
    TCase *marks = tcase_create("marks");

    tcase_add_test(info, a_changed_info_is_a_change_of_the_service);
    tcase_add_test(info, a_changed_info_leaves_connections_alone);
    tcase_add_test(info, a_same_id_on_another_host_cannot_change_the_info);
    tcase_add_test(info, a_service_that_moves_to_another_port_stays_one_service);
    tcase_add_test(info, a_bus_that_restarts_is_another_service);
    tcase_add_test(routes, a_service_seen_on_two_networks_is_one_with_two_routes);
    tcase_add_test(routes, listeners_for_routes_hear_each);
    tcase_add_test(routes, loopback_is_preferred_on_the_machine_itself);
    tcase_add_test(routes, the_route_that_answered_last_is_preferred);
    tcase_add_test(routes, a_forged_goodbye_does_not_end_what_is_alive);
    tcase_add_test(routes, a_route_that_is_refused_has_no_live_connection);
    tcase_add_test(routes, a_true_goodbye_ends_what_was_alive);
    tcase_add_test(dying, a_killed_service_that_was_in_use_is_gone_at_once);
    tcase_add_test(dying, a_connect_that_fails_makes_the_route_be_asked);
    tcase_add_test(dying, a_listener_that_asks_for_it_sees_a_death_at_once);
    tcase_add_test(dying, without_listeners_for_it_no_connection_is_kept);
    tcase_add_test(marks, discovery_settles_a_quarter_second_after_the_last_news);
    tcase_add_test(marks, discovery_settles_after_two_seconds_whatever_comes);
    tcase_add_test(marks, a_listener_hears_what_begins_and_ceases_to_match);
    suite_add_tcase(suite, info);
    suite_add_tcase(suite, routes);
    suite_add_tcase(suite, dying);
    suite_add_tcase(suite, marks);
    return ab_test_run(suite);
}
