/* Transcripts of proxies and connections: how they bind, lose what they bound to, and bind again. */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

/* ---- Proxies */

START_TEST(a_proxy_binds_to_what_its_filter_finds)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b, "hall");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_STREAMS | SIM_LINES | SIM_BINDINGS);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *slot = sim_on_binding(remote);
    sim_run(sim, SECONDS(1));
    sim_expect(
        sim,
        "20.000 c > b: connect 10.0.0.1:52722\n"
        "20.002 c > b: 1? bind service=hall extensions=[\"ping\",\"exists\",\"closing\",\"cancel\",\"deadline\",\"progress\"]\n"
        "20.003 b < c: accept\n"
        "20.003 b > c: 1= service=hall extensions=[\"ping\",\"exists\",\"closing\",\"cancel\",\"deadline\",\"progress\"]\n"
        "20.004 c: bound hall\n");
    ck_assert_ptr_nonnull(strstr(slot->value, "\"type\":\"hall\""));
    ck_assert_ptr_nonnull(strstr(slot->value, "\"host\":\"10.0.0.1\",\"port\":52722,\"service\":\""));
    sim_on_binding(remote);
    sim_expect(sim, "21.000 c: bound hall\n");
    sim_remote_end(remote);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "21.000 c > b: flush and close\n"
                    "21.001 b < c: end of input\n"
                    "21.001 b > c: flush and close\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_proxy_waits_for_its_service_to_come)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "hall");

    sim_on_binding(remote);
    sim_run(sim, SECONDS(3600));
    sim_record(sim, SIM_BINDINGS);
    ck_assert_int_eq(ab_remote_info(remote->remote, &(struct ab_value){0}), AB_ENOTBOUND);
    sim_publish_hall(b, "hall");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "3600.005 c: bound hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(the_next_route_is_tried_after_a_tenth_of_a_second)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_on_two(sim, "b");
    struct sim_bus *c = sim_bus_on_two(sim, "c");

    sim_publish_hall(b, "hall");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_STREAMS | SIM_LINES | SIM_BINDINGS | SIM_NUMBERS);
    sim_host_set_interface(b->process.host, 0, false);
    sim_transcript_clear(&sim->network.transcript);
    sim_on_binding(sim_proxy(c, "type=hall"));
    sim_run(sim, MS(500));
    sim_expect(sim, "20.000 c > 10.0.0.1:52722: connect 10.0.0.1:52722\n"
                    "20.100 c > b: connect 10.0.1.1:52722\n"
                    "20.102 c > b#2: 1? bind service=hall...\n"
                    "20.103 b < c#2: accept\n"
                    "20.103 b > c#2: 1= service=hall...\n"
                    "20.104 c > 10.0.0.1:52722#1: close\n"
                    "20.104 c: bound hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_refused_route_is_followed_by_the_next_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_host *here = sim_host(sim, "b");
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, here, "b"));
    struct sim_bus *c = sim_bus_start(sim_bus_new(sim, here, "c"));
    struct sim_peer *p = sim_peer(sim, here, "p");
    struct sim_service *hall = sim_publish_hall(b, "hall");
    char text[200];

    sim_run(sim, ASKED);
    /* A route of the same host and info where nobody listens, preferred because it is on loopback and lower. */
    snprintf(
        text, sizeof text,
        "{\"command\": \"add\", \"port\": 81, \"service\": \"%s\", \"info\": {\"type\": \"hall\", \"hostname\": \"b\"}}",
        ab_service_id(hall->service));
    sim_peer_broadcast(p, text, AB_LOOPBACK_FIRST);
    sim_run(sim, MS(10));
    sim_record(sim, SIM_STREAMS | SIM_BINDINGS);
    sim_on_binding(sim_proxy(c, "type=hall"));
    sim_run(sim, MS(50));
    ck_assert_uint_eq(sim_count(sim, "c > 127.0.0.1:81: connect"), 2); /* the proxy, and the probe that follows */
    ck_assert_uint_eq(sim_count(sim, "c: bound hall"), 1);
    ck_assert_int_le(sim_time(sim, "c: bound hall", 0), ASKED + MS(11));
    sim_free(sim);
}
END_TEST

START_TEST(another_service_takes_over_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b1 = sim_bus(sim, "b1");
    struct sim_bus *b2 = sim_bus(sim, "b2");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b1, "one");
    sim_run(sim, ASKED);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_run(sim, SECONDS(1));
    sim_publish_hall(b2, "two");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_BINDINGS | SIM_RESULTS);
    sim_bus_kill(b1);
    sim_run(sim, MS(100));
    sim_call(remote, "echo", "[1]");
    sim_run(sim, MS(100));
    sim_expect(sim, "22.001 c: unbound one EDISCONNECTED\n"
                    "22.005 c: bound two\n"
                    "22.102 c: echo = [1]\n");
    sim_free(sim);
}
END_TEST

START_TEST(after_a_rebind_everything_is_listened_to_and_watched_again)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b1 = sim_bus(sim, "b1");
    struct sim_bus *b2 = sim_bus(sim, "b2");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b1, "one");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_listen(remote, "rang");
    sim_watch(remote, "temp");
    sim_run(sim, ASKED);
    struct sim_service *two = sim_publish_hall(b2, "two");
    sim_set(two, "temp", "5");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LINES | SIM_PROGRAM);
    sim_bus_kill(b1);
    sim_run(sim, MS(100));
    sim_fire(two, "rang", "[1]");
    sim_set(two, "temp", "6");
    sim_run(sim, MS(100));
    sim_expect(sim, "21.001 c: value temp = absent (-)\n"
                    "21.001 c: unbound one EDISCONNECTED\n"
                    "21.005 c > b2: 1? bind service=two...\n"
                    "21.006 b2 > c: 1= service=two...\n"
                    "21.007 c > b2: 2? listen name=rang\n"
                    "21.007 c > b2: 3? watch name=temp\n"
                    "21.007 c: bound two\n"
                    "21.008 b2 > c: 2= name=rang\n"
                    "21.008 b2 > c: 3= name=temp value=5\n"
                    "21.009 c: value temp = 5 (two)\n"
                    "21.100 b2 > c: ! fired name=rang args=[1]\n"
                    "21.100 b2 > c: ! changed name=temp value=6\n"
                    "21.101 c: event rang [1] (two)\n"
                    "21.101 c: value temp = 6 (two)\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_says_goodbye_is_left_for_another)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b1 = sim_bus(sim, "b1");
    struct sim_bus *b2 = sim_bus(sim, "b2");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *one = sim_publish_hall(b1, "one");

    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_publish_hall(b2, "two");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_BINDINGS);
    sim_service_end(one);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "21.001 c: unbound one ECLOSED\n"
                    "21.00-21.02 c: bound two\n");
    sim_free(sim);
}
END_TEST

/* A server that takes connections and says nothing, or ends them. */
static void end_it(struct sim_link *link)
{
    sim_link_close(link);
}

static void bind_it(struct sim_link *link, const char *text, size_t size)
{
    if (memmem(text, size, "bind", 4))
        sim_send(link, "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}");
}

static struct sim_peer *false_server(struct sim *sim, const char *id, void (*opened)(struct sim_link *))
{
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    char text[200];

    sim_peer_listen(p, 700);
    p->opened = opened;
    snprintf(text, sizeof text,
             "{\"command\": \"add\", \"port\": 700, \"service\": \"%s\", \"info\": {\"type\": \"hall\"}}", id);
    sim_peer_broadcast(p, text, AB_LOOPBACK_FIRST);
    return p;
}

static void announce_again(struct sim_peer *p)
{
    sim_peer_broadcast(p, "{\"command\": \"add\", \"port\": 700, \"service\": \"x\", \"info\": {\"type\": \"hall\"}}",
                       AB_LOOPBACK_FIRST);
}

START_TEST(a_service_that_cannot_be_bound_is_tried_ever_more_rarely)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = false_server(sim, "x", end_it);
    unsigned first, later;

    sim_run(sim, MS(10));
    sim_record(sim, SIM_STREAMS);
    sim_proxy(c, "type=hall");
    for (unsigned i = 0; i < 5; i++) {
        announce_again(p);
        sim_run(sim, SECONDS(12));
    }
    first = sim_count(sim, "c > p: connect");
    sim_record(sim, SIM_STREAMS);
    for (unsigned i = 0; i < 50; i++) {
        announce_again(p);
        sim_run(sim, SECONDS(12));
    }
    later = sim_count(sim, "c > p: connect");
    /* Each announcement makes it be tried, and asked. */
    ck_assert_uint_ge(first, 5);
    ck_assert_uint_le(first, 15);
    ck_assert_uint_ge(later, 50);
    ck_assert_uint_le(later, 120);
    sim_free(sim);
}
END_TEST

/* A datagram is cheaper than a connection: whoever sends many does not have us connect as often. */
START_TEST(announcements_that_lead_nowhere_count_ever_more_rarely)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = false_server(sim, "x", end_it);
    struct sim_remote *remote;

    sim_run(sim, MS(10));
    remote = sim_proxy(c, "type=hall");
    sim_browse(c, "type=hall", AB_BROWSER_LIVENESS);
    sim_record(sim, SIM_STREAMS | SIM_BINDINGS);
    sim_on_binding(remote);
    for (unsigned i = 0; i < 6000; i++) {
        announce_again(p);
        sim_run(sim, MS(10));
    }
    ck_assert_uint_ge(sim_count(sim, "c > p: connect"), 10);
    ck_assert_uint_le(sim_count(sim, "c > p: connect"), 60);
    sim_publish(b, "hall", HALL);
    sim_run(sim, MS(100));
    ck_assert_uint_eq(sim_count(sim, "c: bound hall"), 1); /* what others announce does count */
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    sim_host_set_interface(c->process.host, 0, false);
    sim_host_set_interface(c->process.host, 0, true);
    sim_record(sim, SIM_STREAMS);
    announce_again(p);
    sim_run(sim, MS(100));
    ck_assert_uint_ge(sim_count(sim, "c > p: connect"), 1); /* and that the network is another now */
    p->opened = NULL;
    p->line = bind_it;
    for (unsigned i = 0; i < 20; i++) {
        announce_again(p);
        sim_run(sim, SECONDS(1));
    }
    ck_assert(sim_bound(remote));
    sim_free(sim);
}
END_TEST

static void bind_it_and_end(struct sim_link *link, const char *text, size_t size)
{
    bind_it(link, text, size);
    sim_link_close(link);
}

START_TEST(a_service_that_drops_who_has_bound_is_bound_ever_more_rarely)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = false_server(sim, "x", NULL);
    unsigned first, later;

    p->line = bind_it_and_end;
    sim_run(sim, MS(10));
    sim_browse(c, "type=hall", AB_BROWSER_LIVENESS);
    sim_record(sim, SIM_STREAMS | SIM_BINDINGS);
    sim_on_binding(sim_proxy(c, "type=hall"));
    for (unsigned i = 0; i < 600; i++) {
        announce_again(p);
        sim_run(sim, MS(100));
    }
    first = sim_count(sim, "c > p: connect");
    ck_assert_uint_ge(sim_count(sim, "c: bound x"), 8);
    ck_assert_uint_le(sim_count(sim, "c: bound x"), 14);
    sim_record(sim, SIM_STREAMS | SIM_BINDINGS);
    for (unsigned i = 0; i < 6000; i++) {
        announce_again(p);
        sim_run(sim, MS(100));
    }
    later = sim_count(sim, "c > p: connect");
    ck_assert_uint_le(sim_count(sim, "c: bound x"), 42); /* every 15 to 20 s */
    ck_assert_uint_le(first, 60);
    ck_assert_uint_le(later, 200);
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_does_not_answer_bind_gives_way_to_another)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    false_server(sim, "0-first", NULL);
    sim_run(sim, MS(10));
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_run(sim, SECONDS(1));
    sim_publish_hall(b, "hall");
    sim_run(sim, MS(50));
    ck_assert(sim_bound(remote));
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_comes_while_a_dead_one_is_tried_is_bound_at_once)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b1 = sim_bus(sim, "b1");
    struct sim_bus *b2 = sim_bus(sim, "b2");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b1, "one");
    sim_run(sim, ASKED);
    sim_crash(sim, b1->process.host);
    sim_on_binding(sim_proxy(c, "type=hall"));
    sim_run(sim, SECONDS(2));
    sim_record(sim, SIM_BINDINGS);
    sim_publish_hall(b2, "two");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "22.005 c: bound two\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_that_stops_answering_bind_keeps_its_place_a_second)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b, "hall");
    false_server(sim, "0-first", NULL);
    sim_run(sim, MS(10));
    sim_record(sim, SIM_BINDINGS);
    sim_on_binding(sim_proxy(c, "type=hall"));
    sim_run(sim, SECONDS(5));
    sim_expect(sim, "1.014 c: bound hall\n");
    sim_free(sim);
}
END_TEST

/* ---- Connections */

START_TEST(a_connection_binds_without_discovery_and_does_not_come_back)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish_hall(b, "hall");
    struct ab_address to = sim_host_address(b->process.host, 0, 52722);

    sim->network.loss = 1000;
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_PROGRAM);
    struct sim_remote *remote = sim_connection(c, &to, ab_service_id(hall->service));
    struct sim_slot *slot = sim_on_binding(remote);
    sim_watch(remote, "temp");
    sim_call(remote, "echo", "[1]");
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.004 c: bound hall\n"
                    "1.005 b: call echo [1]\n"
                    "1.006 c: value temp = 21.5 (hall)\n"
                    "1.006 c: echo = [1]\n");
    ck_assert_ptr_nonnull(strstr(slot->value, "{\"host\":\"10.0.0.1\",\"port\":52722,\"service\":\""));
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    ck_assert_int_eq(sim_call_try(remote, SECONDS(1), 0, "echo", "[]"), AB_EDISCONNECTED);
    ck_assert_int_eq(sim_notice(remote, "echo", "[]"), AB_EDISCONNECTED);
    sim_expect(sim, "2.001 c: value temp = absent (-)\n"
                    "2.001 c: unbound hall ECLOSED\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_place_alone_is_enough_to_ask_what_is_there)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct ab_address to = sim_host_address(b->process.host, 0, 52722);

    sim_publish_hall(b, "hall");
    sim->network.loss = 1000;
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LINES | SIM_PROGRAM);
    struct sim_remote *remote = sim_connection(c, &to, NULL);
    struct sim_slot *slot = sim_on_binding(remote);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.002 c > b: 1? bind service=null...\n"
                    "1.003 b > c: 1= service=b.details...\n"
                    "1.004 c: bound b.details\n");
    ck_assert_ptr_nonnull(strstr(slot->value, "{\"host\":\"10.0.0.1\",\"port\":52722,\"service\":\""));
    slot = sim_call(remote, "get_details", "[]");
    sim_run(sim, SECONDS(1));
    ck_assert_int_eq(slot->code, 0);
    ck_assert_ptr_nonnull(strstr(slot->value, "\"info\":{\"type\":\"hall\""));
    sim_free(sim);
}
END_TEST

START_TEST(who_binds_to_null_wants_to_hear_what_it_is)
{
    static const struct {
        const char *answer;
        const char *told;
    } cases[] = {
        {"{\"_type\":2,\"_id\":\"1\"}", "0.011 c: end failed: EPROTOCOL\n"},
        {"{\"_type\":2,\"_id\":\"1\",\"service\":null}", "0.011 c: end failed: EPROTOCOL\n"},
        {"{\"_type\":2,\"_id\":\"1\",\"service\":\"\"}", "0.011 c: end failed: EPROTOCOL\n"},
        {"{\"_type\":2,\"_id\":\"1\",\"_error\":{\"text\":\"No such service\"}}",
         "0.011 c: end failed: - \"the peer does not bind to null: a service of it must be named by its id\"\n"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim *sim = sim_new(1);
        struct sim_host *host = sim_host(sim, "b");
        struct sim_peer *b = sim_peer(sim, host, "b");
        struct sim_bus *c = sim_bus(sim, "c");
        struct ab_address to = sim_host_address(host, 0, 52722);

        sim_peer_listen(b, 52722);
        sim_on_end(sim_connection(c, &to, NULL), false);
        sim_run(sim, MS(10));
        sim_record(sim, SIM_RESULTS);
        sim_send(sim_peer_link(b, 0), cases[i].answer);
        sim_run(sim, SECONDS(1));
        sim_expect(sim, cases[i].told);
        sim_free(sim);
    }
}
END_TEST

START_TEST(the_end_of_a_connection_is_heard_even_late)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish_hall(b, "hall");
    struct ab_address to = sim_host_address(b->process.host, 0, 52722);

    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_PROGRAM);
    struct sim_remote *lost = sim_connection(c, &to, ab_service_id(hall->service));
    struct sim_remote *wrong = sim_connection(c, &to, "nobody");
    struct sim_remote *ended = sim_connection(c, &to, ab_service_id(hall->service));
    sim_cancel(sim_on_end(lost, false));
    sim_watch(lost, "temp");
    sim_on_end(lost, false);
    sim_on_end(wrong, false);
    sim_on_end(ended, true);
    sim_run(sim, SECONDS(1));
    sim_remote_end(ended);
    sim_expect(sim, "1.004 c: end failed: no_such_service \"there is no service of that id here\"\n"
                    "1.006 c: value temp = 21.5 (hall)\n");
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "2.001 c: value temp = absent (-)\n"
                    "2.001 c: end failed: EDISCONNECTED\n");
    sim_on_end(lost, true);
    sim_on_end(wrong, true);
    sim_expect(sim, "3.000 c: end failed: EDISCONNECTED\n"
                    "3.000 c: end failed: no_such_service \"there is no service of that id here\"\n");
    struct ab_subscription *none = NULL;
    ck_assert_int_eq(ab_remote_on_end(lost->remote, sim_bus_enter(c), false, NULL, &none), AB_EDISCONNECTED);
    sim_bus_leave(c);
    sim_free(sim);
}
END_TEST

START_TEST(a_connection_says_why_it_never_came_to_be)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_host *quiet = sim_host(sim, "quiet");
    struct ab_address right = sim_host_address(b->process.host, 0, 52722);
    struct ab_address wrong = sim_host_address(b->process.host, 0, 99);
    struct ab_address silent = sim_host_address(quiet, 0, 99);
    struct ab_address unreachable = ab_address_inet(0x0a000909, 99);

    sim_publish_hall(b, "hall");
    sim_host_crash(quiet);
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_PROGRAM);
    sim_call(sim_connection(c, &right, "nobody"), "wrong_id", "[]");
    sim_call(sim_connection(c, &wrong, "hall"), "wrong_port", "[]");
    sim_call(sim_connection(c, &silent, "hall"), "silent", "[]");
    struct sim_remote *remote = sim_connection(c, &unreachable, "hall");
    sim_on_binding(remote);
    sim_call(remote, "unreachable", "[]");
    remote = sim_connection(c, NULL, "hall");
    sim_call(remote, "unresolved", "[]");
    ab_remote_unresolved(remote->remote, sim_bus_enter(c), "no such host");
    sim_bus_leave(c);
    remote = sim_connection(c, NULL, "hall");
    sim_call(remote, "resolving", "[]");
    sim_run(sim, SECONDS(40));
    sim_expect(sim, "1.000 c: unresolved failed: ENETWORK\n"
                    "1.000 c: unreachable failed: ENETWORK\n"
                    "1.000 c: unbound hall ENETWORK\n"
                    "1.002 c: wrong_port failed: ENETWORK\n"
                    "1.004 c: wrong_id failed: no_such_service \"there is no service of that id here\"\n"
                    "11.000 c: silent failed: ETIMEDOUT\n"
                    "11.000 c: resolving failed: ETIMEDOUT\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_connection_to_several_addresses_takes_the_first_that_answers)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_host *quiet = sim_host(sim, "quiet");
    struct sim_service *hall = sim_publish_hall(b, "hall");
    struct ab_address addresses[] = {sim_host_address(quiet, 0, 52722), sim_host_address(b->process.host, 0, 52722)};

    sim_host_crash(quiet);
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_BINDINGS);
    struct sim_remote *remote = sim_connection(c, NULL, ab_service_id(hall->service));
    sim_on_binding(remote);
    ab_remote_resolved(remote->remote, sim_bus_enter(c), addresses, 2);
    sim_bus_leave(c);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.104 c: bound hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(no_descriptor_is_a_failure_that_is_told_later)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish_hall(b, "hall");
    struct ab_address to = sim_host_address(b->process.host, 0, 52722);

    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_PROGRAM);
    c->opening_fails = true;
    struct sim_remote *proxy = sim_proxy(c, "type=hall");
    sim_on_binding(proxy);
    struct sim_remote *connection = sim_connection(c, &to, ab_service_id(hall->service));
    ck_assert_int_eq(sim_call_try(connection, SECONDS(1), 0, "echo", "[1]"), AB_ENETWORK);
    sim_run(sim, SECONDS(5));
    c->opening_fails = false;
    sim_run(sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(sim, "c: bound hall"), 1);
    sim_free(sim);
}
END_TEST

/* ---- Silence */

START_TEST(a_half_open_connection_is_found_within_half_a_minute)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b, "hall");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_call_within(remote, SECONDS(600), 0, "hold", "[]");
    sim_run(sim, ASKED);
    sim_record(sim, SIM_BINDINGS | SIM_RESULTS);
    sim_cut(b->process.host, c->process.host, true);
    sim_run(sim, SECONDS(31));
    ck_assert_uint_eq(sim_count(sim, "c: unbound hall ETIMEDOUT"), 1);
    ck_assert_uint_eq(sim_count(sim, "c: hold failed: EDISCONNECTED"), 1);
    ck_assert_int_le(sim_time(sim, "c: unbound", 0), ASKED + SECONDS(30));
    ck_assert_uint_eq(b->open_streams, 0);
    sim_cut(b->process.host, c->process.host, false);
    sim_run(sim, SECONDS(60));
    ck_assert(sim_bound(remote));
    sim_free(sim);
}
END_TEST

START_TEST(an_idle_connection_is_kept_alive_by_pings)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b, "hall");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_LINES | SIM_BINDINGS);
    sim_run(sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(sim, "bound"), 0);
    ck_assert_uint_ge(sim_count(sim, "? ping"), 2);
    ck_assert_uint_le(sim_count(sim, "? ping"), 8);
    sim_free(sim);
}
END_TEST

START_TEST(a_machine_that_wakes_asks_each_connection_for_a_sign)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *b2 = sim_bus(sim, "b2");
    struct sim_bus *c = sim_bus(sim, "c");

    struct sim_service *hall = sim_publish_hall(b, "hall");
    struct sim_service *attic = sim_publish_hall(b2, "attic");
    struct sim_remote *stays = sim_proxy(c, ab_service_id(hall->service));
    struct sim_remote *goes = sim_proxy(c, ab_service_id(attic->service));
    sim_browse(c, "type=hall", 0);
    sim_on_binding(stays);
    sim_on_binding(goes);
    sim_run(sim, ASKED);
    sim_host_sleep(c->process.host);
    sim_run(sim, SECONDS(1));
    sim_crash(sim, b2->process.host);
    sim_run(sim, SECONDS(9));
    sim_record(sim, SIM_LINES | SIM_BINDINGS | SIM_SERVICES);
    sim_host_wake(c->process.host);
    sim_run(sim, SECONDS(6));
    ck_assert(sim_bound(stays));
    ck_assert(!sim_bound(goes));
    ck_assert_uint_eq(sim_count(sim, "30.000 c > b: 3? ping"), 1);
    ck_assert_uint_eq(sim_count(sim, "30.000 c > 10.0.0.2:52722: 3? ping"), 1);
    ck_assert_uint_eq(sim_count(sim, "30.001 b > c: 3="), 1);
    ck_assert_uint_eq(sim_count(sim, "35.000 c: unbound attic ETIMEDOUT"), 1);
    ck_assert_uint_eq(sim_count(sim, ""), 4);
    sim_free(sim);
}
END_TEST

START_TEST(a_long_sleep_costs_a_connection_and_no_service)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish_hall(b, "hall");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_browse(c, "type=hall", 0);
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_BINDINGS | SIM_SERVICES);
    sim_host_sleep(c->process.host);
    sim_run(sim, SECONDS(10000));
    ck_assert_uint_eq(b->open_streams, 0);
    sim_host_wake(c->process.host);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "10020.002 c: unbound hall EDISCONNECTED\n"
                    "10020.006 c: bound hall\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("remotes");
    TCase *proxies = tcase_create("proxies");
    TCase *connections = tcase_create("connections");
    TCase *silence = tcase_create("silence");

    tcase_add_test(proxies, a_proxy_binds_to_what_its_filter_finds);
    tcase_add_test(proxies, a_proxy_waits_for_its_service_to_come);
    tcase_add_test(proxies, the_next_route_is_tried_after_a_tenth_of_a_second);
    tcase_add_test(proxies, a_refused_route_is_followed_by_the_next_at_once);
    tcase_add_test(proxies, another_service_takes_over_at_once);
    tcase_add_test(proxies, after_a_rebind_everything_is_listened_to_and_watched_again);
    tcase_add_test(proxies, a_service_that_says_goodbye_is_left_for_another);
    tcase_add_test(proxies, a_service_that_cannot_be_bound_is_tried_ever_more_rarely);
    tcase_add_test(proxies, announcements_that_lead_nowhere_count_ever_more_rarely);
    tcase_add_test(proxies, a_service_that_drops_who_has_bound_is_bound_ever_more_rarely);
    tcase_add_test(proxies, a_service_that_does_not_answer_bind_gives_way_to_another);
    tcase_add_test(proxies, a_service_that_comes_while_a_dead_one_is_tried_is_bound_at_once);
    tcase_add_test(proxies, a_service_that_stops_answering_bind_keeps_its_place_a_second);
    tcase_add_test(connections, a_connection_binds_without_discovery_and_does_not_come_back);
    tcase_add_test(connections, a_connection_says_why_it_never_came_to_be);
    tcase_add_test(connections, a_place_alone_is_enough_to_ask_what_is_there);
    tcase_add_test(connections, who_binds_to_null_wants_to_hear_what_it_is);
    tcase_add_test(connections, the_end_of_a_connection_is_heard_even_late);
    tcase_add_test(connections, a_connection_to_several_addresses_takes_the_first_that_answers);
    tcase_add_test(connections, no_descriptor_is_a_failure_that_is_told_later);
    tcase_add_test(silence, a_half_open_connection_is_found_within_half_a_minute);
    tcase_add_test(silence, an_idle_connection_is_kept_alive_by_pings);
    tcase_add_test(silence, a_long_sleep_costs_a_connection_and_no_service);
    tcase_add_test(silence, a_machine_that_wakes_asks_each_connection_for_a_sign);
    suite_add_tcase(suite, proxies);
    suite_add_tcase(suite, connections);
    suite_add_tcase(suite, silence);
    return ab_test_run(suite);
}
