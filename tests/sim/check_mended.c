/* Faults of the engine that were found and mended, one transcript each. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

static struct sim_link *bind_to(struct sim_peer *peer, struct sim_service *service)
{
    struct sim_link *link = sim_dial(peer, service->bus);

    sim_run(peer->sim, MS(10));
    sim_send_format(link, "{\"_type\": 1, \"_id\": \"b\", \"_command\": \"bind\", \"service\": \"%s\"}",
                    ab_service_id(service->service));
    sim_run(peer->sim, MS(10));
    return link;
}

static void watch(struct sim_link *link, const char *name)
{
    sim_send_format(link, "{\"_type\": 1, \"_id\": \"%s\", \"_command\": \"watch\", \"name\": \"%s\"}", name, name);
    sim_run(link->peer->sim, MS(10));
}

static void set_long(struct sim_service *service, const char *object, size_t size)
{
    char *text = calloc(1, size + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '1', size);
    text[0] = text[size - 1] = '"';
    sim_set(service, object, text);
    free(text);
}

/* ---- Objects */

START_TEST(an_object_may_lose_its_last_watcher_while_it_is_unlisted)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_link *link = bind_to(p, hall);

    sim_object(hall, "lamp", "1");
    watch(link, "autobus.objects");
    watch(link, "lamp");
    b->writes_fail = 1;
    sim_remove(hall, AB_TOPIC_OBJECT, "lamp");
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_peer_open(p), 0);
    sim_free(sim);
}
END_TEST

/* Descriptions of functions, which grow while somebody watches them. */
START_TEST(what_is_told_of_a_service_may_be_too_long_for_a_line)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    char doc[1001] = "";
    char name[16];

    sim_bus_limit(b, "line", 8192);
    sim_bus_start(b);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_link *link = bind_to(p, hall);
    watch(link, "autobus.functions");
    unsigned lines = link->lines;
    memset(doc, 'x', 1000);
    sim_record(sim, SIM_LOG);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        sim_function(hall, name, sim_echo);
        sim_set_doc(hall, AB_TOPIC_FUNCTION, name, doc);
    }
    sim_run(sim, MS(10));
    ck_assert_uint_ge(sim_count(sim, "the value of autobus.functions is too long for a line"), 1);
    ck_assert_uint_gt(link->lines, lines); /* while it was not */
    ck_assert_uint_eq(sim_peer_open(p), 1);
    sim_free(sim);
}
END_TEST

START_TEST(who_watches_by_a_notice_hears_the_value_that_is_there)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_link *link = sim_dial(sim_peer(sim, sim_host(sim, "p"), "p"), b);

    sim_object(hall, "lamp", "1");
    sim_run(sim, MS(10));
    sim_send_format(link,
                    "{\"_type\": 1, \"_id\": 1, \"_command\": \"bind\", \"service\": \"%s\", "
                    "\"extensions\": [\"exists\"]}",
                    ab_service_id(hall->service));
    sim_send(link, "{\"_type\": 3, \"_command\": \"watch\", \"name\": \"lamp\"}");
    sim_send(link, "{\"_type\": 3, \"_command\": \"watch\", \"name\": \"none\"}");
    sim_record(sim, SIM_LINES);
    sim_run(sim, MS(10));
    sim_expect(sim, "* b > p: 1= service=hall extensions=[\"exists\"]\n"
                    "* b > p: ! changed name=lamp value=1\n"
                    "* b > p: ! changed name=none\n");
    sim_free(sim);
}
END_TEST

/* ---- Output */

START_TEST(a_client_has_ten_seconds_from_when_it_falls_behind)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_link *link = bind_to(p, hall);

    sim_object(hall, "lamp", "1");
    watch(link, "lamp");
    sim_run_until(sim, SECONDS(5));
    sim_link_listen(link, false);
    set_long(hall, "lamp", 120000); /* the kernels take it */
    sim_run_until(sim, MS(9900));
    set_long(hall, "lamp", 500000); /* but none of this */
    sim_run_until(sim, MS(19800));
    sim_link_listen(link, true);
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(sim_peer_open(p), 1);
    ck_assert_uint_gt(link->received, 620000);
    sim_free(sim);
}
END_TEST

START_TEST(details_that_are_too_long_are_refused)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");

    sim_bus_limit(b, "line", 4096);
    sim_bus_start(b);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_link *link = sim_dial(p, b);
    sim_run(sim, MS(10));
    sim_record(sim, SIM_LINES);
    sim_send(link, "{\"_type\": 1, \"_id\": 1, \"_command\": \"bind\", \"service\": null}");
    sim_send(link, "{\"_type\": 1, \"_id\": 2, \"_command\": \"call\", \"name\": \"get_details\", \"args\": []}");
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_count(sim, "2= result="), 1);
    for (int i = 0; i < 100; i++) {
        char name[64];
        snprintf(name, sizeof name, "an event with a long name, to make the line long, %d", i);
        sim_event(hall, name);
    }
    sim_send(link, "{\"_type\": 1, \"_id\": 3, \"_command\": \"call\", \"name\": \"get_details\", \"args\": []}");
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_count(sim, "3= _error=too_large"), 1);
    watch(link, "details");
    ck_assert_uint_eq(sim_count(sim, "details= _error=too_large"), 1);
    watch(link, "autobus.functions");
    ck_assert_uint_eq(sim_count(sim, "autobus.functions= name="), 1);
    sim_event(hall, "one more");
    ck_assert_uint_eq(sim_peer_open(p), 1);
    sim_free(sim);
}
END_TEST

START_TEST(an_info_of_which_others_would_keep_nothing_is_refused)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct ab_service *service = NULL;
    json_t *info = json_object();
    char key[24];

    for (int i = 0; i < 120; i++) {
        snprintf(key, sizeof key, "%d", i);
        json_object_set_new(info, key, json_true());
    }
    sim_publish(b, "hall", HALL);
    sim_bus_enter(b);
    ck_assert_int_eq(ab_service_new(b->engine, info, &service), 0);
    for (int i = 120; i < 130; i++) {
        snprintf(key, sizeof key, "%d", i);
        json_object_set_new(info, key, json_true());
    }
    ck_assert_int_eq(ab_service_set_info(service, sim_now(sim), info), AB_ETOOLARGE);
    ab_service_free(service, sim_now(sim));
    sim_bus_leave(b);
    json_decref(info);
    sim_free(sim);
}
END_TEST

/* ---- Servers that are not ours */

/* As the existing implementation: unwatch is followed by a `changed` with null. */
static void answer_as_legacy(struct sim_link *link, const char *text, size_t size)
{
    char *id = sim_member(text, size, "_id", false), *command = sim_member(text, size, "_command", true);

    if (strcmp(command, "bind") == 0)
        sim_send_format(link, "{\"_type\": 2, \"_id\": %s, \"service\": \"x\"}", id);
    else if (strcmp(command, "watch") == 0)
        sim_send_format(link, "{\"_type\": 2, \"_id\": %s, \"name\": \"lamp\", \"value\": 1}", id);
    else if (strcmp(command, "unwatch") == 0)
        sim_send(link, "{\"_type\": 3, \"_command\": \"changed\", \"name\": \"lamp\", \"value\": null}");
    free(id);
    free(command);
}

/* A connection of the bus to a service "x" of the peer. */
static struct sim_remote *connect_to(struct sim_bus *bus, struct sim_peer *peer)
{
    struct ab_address at = sim_host_address(peer->process.host, 0, 80);

    sim_peer_listen(peer, 80);
    return sim_connection(bus, &at, "x");
}

static void get_again(struct sim_slot *slot, void *context)
{
    (void)slot;
    sim_get(context, "lamp");
}

START_TEST(a_get_after_a_get_gets_the_value_too)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");

    p->line = answer_as_legacy;
    struct sim_remote *remote = connect_to(c, p);
    sim_record(sim, SIM_RESULTS);
    struct sim_slot *first = sim_get(remote, "lamp");
    first->heard = get_again;
    first->context = remote;
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "* c: get lamp = 1\n"
                    "* c: get lamp = 1\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_listen_that_is_refused_is_told)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_bus_limit(b, "watches", 1);
    sim_bus_start(b);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_event(hall, "rang");
    sim_event(hall, "knocked");
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LOG | SIM_EVENTS);
    sim_listen(remote, "rang");
    sim_listen(remote, "knocked");
    sim_run(sim, MS(10));
    sim_fire(hall, "rang", "[]");
    sim_run(sim, MS(10));
    sim_expect(sim, "1.002 c: log 2 event knocked cannot be listened to...\n"
                    "1.002 c: event knocked too_large\n"
                    "1.011 c: event rang [] (hall)\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_server_that_commands_is_answered)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");

    p->line = answer_as_legacy;
    connect_to(c, p);
    sim_run(sim, MS(100));
    p->line = NULL;
    sim_record(sim, SIM_LINES);
    sim_send(sim_peer_link(p, 0), "{\"_type\": 1, \"_id\": 5, \"_command\": \"dance\"}");
    sim_send(sim_peer_link(p, 0), "{\"_type\": 3, \"_command\": \"dance\"}");
    sim_send(sim_peer_link(p, 0), "{\"_type\": 1, \"_id\": 6, \"_command\": \"fired\", \"name\": \"x\", \"args\": []}");
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_count(sim, "c > p: 5= _error=no_such_command"), 1);
    ck_assert_uint_eq(sim_count(sim, "c > p: 6="), 1);
    ck_assert_uint_eq(sim_count(sim, "c > p"), 2);
    sim_free(sim);
}
END_TEST

/* ---- The directory */

static void forge_many(struct sim_bus *to, uint32_t source, const char *prefix, unsigned count)
{
    char text[100];

    for (unsigned i = 0; i < count; i++) {
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": 80, \"service\": \"%s%u\", \"info\": {}}", prefix,
                 i);
        sim_forge(to->process.host, source, text);
    }
    sim_run(to->sim, MS(1));
}

START_TEST(routes_that_lead_nowhere_do_not_hide_a_death)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, "hall", 0);
    sim_run(sim, SECONDS(1));
    for (uint32_t host = 0; host < 10; host++) {
        char prefix[] = {(char)('a' + (int)host), '\0'};
        forge_many(c, 0x0a000050 + host, prefix, 100);
    }
    sim_run_until(sim, SECONDS(45));
    ck_assert(sim_bound(remote));
    sim_bus_kill(b);
    sim_run(sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(sim, "- hall"), 1);
    sim_free(sim);
}
END_TEST

START_TEST(a_flood_of_a_few_hosts_pushes_out_nobody_else)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "routes", 100);
    sim_bus_limit(c, "routes_per_host", 50);
    sim_bus_start(c);
    sim_publish(b, "hall", HALL);
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, "hall", 0);
    sim_run(sim, SECONDS(1));
    for (uint32_t host = 0; host < 10; host++) {
        char prefix[] = {(char)('a' + (int)host), '\0'};
        forge_many(c, 0x0a000050 + host, prefix, 100);
    }
    ck_assert_uint_eq(sim_count(sim, "- hall"), 0);
    sim_free(sim);
}
END_TEST

START_TEST(a_service_has_no_more_routes_than_a_machine_has_interfaces)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_slot *slot = sim_browse(c, NULL, 0);

    for (unsigned port = 1; port <= 200; port++) {
        char text[100];
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": %u, \"service\": \"x\", \"info\": {}}", port);
        sim_forge(c->process.host, 0x0a000050, text);
    }
    sim_record(sim, SIM_SERVICES);
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_count(sim, "c: + x"), 1);
    ck_assert_uint_eq(sim_count(sim, "c: ~ x"), 63);
    ck_assert_uint_eq(slot->count, 64);
    sim_free(sim);
}
END_TEST

static void answer_bind(struct sim_link *link, const char *text, size_t size)
{
    (void)text, (void)size;
    sim_send(link, "{\"_type\": 2, \"_id\": \"1\", \"service\": \"x\"}");
}

START_TEST(a_peer_cannot_fill_the_log)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 80);

    p->line = answer_bind;
    sim_peer_listen(p, 80);
    sim_bus_limit(c, "routes", 1);
    sim_bus_start(c);
    sim_record(sim, SIM_LOG);
    sim_forge(c->process.host, at.host, "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {}}");
    for (int i = 0; i < 1200; i++) {
        sim_forge(c->process.host, 0x0a000051,
                  "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"a\": 1}}");
        sim_run(sim, MS(10));
    }
    sim_expect(sim, "0.000 c: log 3 found service x\n"
                    "0.000 c: log 2 service x is ignored: it is known on another host, with another info\n"
                    "10.000 c: log 2 service x is ignored: it is known on another host, with another info (and 999 "
                    "like it before)\n");
    sim_free(sim);
}
END_TEST

/* ---- Calls */

START_TEST(a_call_that_is_given_up_makes_room_for_the_next)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "calls", 1);
    sim_bus_start(c);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_function(hall, "hold", sim_hold);
    sim_function(hall, "echo", sim_echo);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_RESULTS);
    sim_call_within(remote, SECONDS(1), 0, "hold", "[]");
    sim_call_within(remote, SECONDS(5), AB_CALL_ROOM, "echo", "[1]");
    sim_wait_bound(remote, SECONDS(5));
    sim_run(sim, SECONDS(2));
    sim_expect(sim, "1.000 c: bind done\n"
                    "2.000 c: hold failed: ETIMEDOUT\n"
                    "2.002 c: echo = [1]\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_notice_takes_no_room_from_calls)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus_new(sim, sim_host(sim, "b"), "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_bus_limit(b, "calls", 1);
    sim_bus_start(b);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_function(hall, "hold", sim_hold);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_CALLS | SIM_RESULTS);
    sim_call(remote, "hold", "[1]");
    ck_assert_int_eq(sim_notice(remote, "hold", "[2]"), 0);
    sim_call(remote, "hold", "[3]");
    sim_run(sim, MS(10));
    sim_expect(sim, "1.001 b: call hold [1]\n"
                    "1.001 b: call hold [2] (no answer wanted)\n"
                    "1.002 c: hold failed: busy...\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_call_that_reached_nobody_names_nobody)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct ab_notice *notice;
    struct ab_call *call;

    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    sim_service_end(hall);
    sim_run(sim, SECONDS(1));
    ck_assert(!sim_bound(remote));
    struct ab_text *args = ab_text_new("[]", 2);
    ab_time now = sim_bus_enter(c);
    ck_assert_int_eq(ab_remote_call(remote->remote, now, AB_CALL_FUNCTION, "echo", args, 0, now + 1, remote, &call), 0);
    ab_engine_tick(c->engine, now + 1);
    do
        notice = ab_engine_take_notice(c->engine);
    while (notice->kind != AB_NOTICE_COMPLETION);
    ck_assert_int_eq(notice->code, AB_ETIMEDOUT);
    ck_assert_ptr_null(notice->service);
    ab_notice_release(notice);
    sim_bus_leave(c);
    ab_text_unref(args);
    sim_free(sim);
}
END_TEST

START_TEST(every_message_can_be_logged)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    c->log_level = 4;
    sim_bus_start(c);
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    sim_object(hall, "lamp", "1");
    sim_function(hall, "echo", sim_echo);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_watch(remote, "lamp");
    sim_run(sim, SECONDS(1));
    sim_record(sim, SIM_LOG);
    sim_call(remote, "echo", "[1]");
    sim_run(sim, MS(10));
    set_long(hall, "lamp", 2000);
    sim_run(sim, MS(10));
    sim_expect(sim,
               "1.000 c: log 4 to 10.0.0.1:52722: "
               "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[1],\"deadline\":30000}\n"
               "1.001 c: log 4 from 10.0.0.1: datagram add b.details\n"
               "1.001 c: log 4 from 10.0.0.1: datagram add hall\n"
               "1.002 c: log 4 from 10.0.0.1:52722: response \"3\"\n"
               "1.011 c: log 4 from 10.0.0.1:52722: notice changed lamp\n");
    sim_free(sim);
}
END_TEST

/* ---- Memory */

START_TEST(a_name_that_nothing_can_have_is_not_kept)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_link *link = bind_to(p, hall);
    char name[257] = "";

    memset(name, 'x', 256);
    sim_send_format(link, "{\"_type\": 1, \"_id\": 1, \"_command\": \"watch\", \"name\": \"%s\"}", name);
    sim_send_format(link, "{\"_type\": 1, \"_id\": 2, \"_command\": \"listen\", \"name\": \"%s\"}", name);
    sim_record(sim, SIM_LINES);
    sim_run(sim, MS(10));
    sim_expect(sim, "0.021 b > p: 1= _error=too_large...\n"
                    "0.021 b > p: 2= _error=too_large...\n");
    name[255] = '\0';
    sim_send_format(link, "{\"_type\": 1, \"_id\": 3, \"_command\": \"listen\", \"name\": \"%s\"}", name);
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_count(sim, "3= name="), 1);
    sim_free(sim);
}
END_TEST

static bool ask_for_details(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    (void)context;
    sim_set_doc(hall, AB_TOPIC_SERVICE, NULL, "where one comes in");
    if (b && sim_bus_port(b)) {
        struct sim_link *link = sim_dial(sim_peer(sim, sim_host(sim, "p"), "p"), b);
        sim_run(sim, MS(10));
        sim_send(link, "{\"_type\": 1, \"_id\": 1, \"_command\": \"bind\", \"service\": null}");
        sim_send(link, "{\"_type\": 1, \"_id\": 2, \"_command\": \"call\", \"name\": \"get_details\", "
                       "\"args\": []}");
        sim_run(sim, MS(10));
    }
    sim_free(sim);
    return !ab_failing_happened();
}

START_TEST(details_without_memory_leak_nothing)
{
    ck_assert_uint_gt(ab_failing_each(ask_for_details, NULL), 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults that were mended");
    TCase *objects = tcase_create("objects");
    TCase *output = tcase_create("output");
    TCase *others = tcase_create("servers that are not ours");
    TCase *calls = tcase_create("calls");
    TCase *directory = tcase_create("the directory");
    TCase *memory = tcase_create("memory");

    tcase_add_test(objects, an_object_may_lose_its_last_watcher_while_it_is_unlisted);
    tcase_add_test(objects, what_is_told_of_a_service_may_be_too_long_for_a_line);
    tcase_add_test(objects, who_watches_by_a_notice_hears_the_value_that_is_there);
    tcase_add_test(output, a_client_has_ten_seconds_from_when_it_falls_behind);
    tcase_add_test(memory, an_info_of_which_others_would_keep_nothing_is_refused);
    tcase_add_test(memory, a_name_that_nothing_can_have_is_not_kept);
    tcase_add_test(output, details_that_are_too_long_are_refused);
    tcase_add_test(others, a_server_that_commands_is_answered);
    tcase_add_test(others, a_get_after_a_get_gets_the_value_too);
    tcase_add_test(memory, details_without_memory_leak_nothing);
    tcase_add_test(calls, a_notice_takes_no_room_from_calls);
    tcase_add_test(calls, every_message_can_be_logged);
    tcase_add_test(calls, a_listen_that_is_refused_is_told);
    tcase_add_test(directory, a_flood_of_a_few_hosts_pushes_out_nobody_else);
    tcase_add_test(directory, a_service_has_no_more_routes_than_a_machine_has_interfaces);
    tcase_add_test(directory, a_peer_cannot_fill_the_log);
    tcase_add_test(directory, routes_that_lead_nowhere_do_not_hide_a_death);
    tcase_add_test(calls, a_call_that_reached_nobody_names_nobody);
    tcase_add_test(calls, a_call_that_is_given_up_makes_room_for_the_next);
    suite_add_tcase(suite, objects);
    suite_add_tcase(suite, directory);
    suite_add_tcase(suite, calls);
    suite_add_tcase(suite, others);
    suite_add_tcase(suite, memory);
    suite_add_tcase(suite, output);
    return ab_test_run(suite);
}
