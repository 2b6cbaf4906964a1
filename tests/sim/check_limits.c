/* Transcripts of limits (autobus(7)): what a peer can make grow ends where the table says, and harms nobody else. */

#include <string.h>

#include "harness.h"
#include "json_text.h"
#include "sim/peer.h"
#include "sim/sim.h"

/* ---- Of the directory */

static void add_many(struct sim *sim, struct sim_host *to, uint32_t source, unsigned first, unsigned count)
{
    char text[100];

    for (unsigned i = first; i < first + count; i++) {
        snprintf(text, sizeof text, "{\"command\": \"add\", \"port\": 80, \"service\": \"s%u\", \"info\": {}}", i);
        sim_forge(to, source, text);
    }
    sim_run(sim, MS(1));
}

static size_t known(struct sim_bus *bus)
{
    json_t *entries;
    ck_assert_int_eq(ab_browser_snapshot(bus->engine, NULL, &entries), 0);
    size_t count = json_array_size(entries);
    json_decref(entries);
    return count;
}

START_TEST(routes_are_limited_in_all_and_for_each_host)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "routes_per_host", 10);
    sim_bus_limit(c, "routes_loopback", 20);
    sim_bus_limit(c, "routes", 50);
    sim_bus_start(c);
    add_many(sim, c->process.host, 0x0a000050, 0, 100);
    ck_assert_uint_eq(known(c), 10);
    add_many(sim, c->process.host, SIM_LOOPBACK, 1000, 100);
    ck_assert_uint_eq(known(c), 30);
    for (uint32_t host = 0; host < 10; host++)
        add_many(sim, c->process.host, 0x0a000060 + host, 2000 + host * 100, 100);
    ck_assert_uint_eq(known(c), 50);
    sim_free(sim);
}
END_TEST

START_TEST(a_route_in_use_is_never_evicted)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_publish(b, "hall", HALL);
    sim_bus_limit(c, "routes_per_host", 3);
    sim_bus_limit(c, "routes", 4);
    sim_bus_start(c);
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, "hall", AB_BROWSER_EXISTING);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(remote));
    add_many(sim, c->process.host, 0x0a000001, 0, 100);
    for (uint32_t host = 0; host < 100; host++)
        add_many(sim, c->process.host, 0x0a000060 + host, 2000 + host * 10, 10);
    sim_run(sim, SECONDS(100));
    ck_assert(sim_bound(remote));
    ck_assert_uint_eq(sim_count(sim, "- hall"), 0);
    ck_assert_uint_le(known(c), 4);
    sim_free(sim);
}
END_TEST

/* All that are known have answered: what comes then is not kept. */
START_TEST(there_may_be_none_to_give_up)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_publish(b, "hall", HALL);
    sim_bus_limit(c, "routes", 2);
    sim_bus_start(c);
    struct sim_remote *hall = sim_proxy(c, "hall");
    struct sim_remote *details = sim_proxy(c, "type=autobus.details");
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(hall) && sim_bound(details));
    add_many(sim, c->process.host, 0x0a000060, 2000, 10);
    sim_run(sim, SECONDS(1));
    ck_assert(sim_bound(hall) && sim_bound(details));
    ck_assert_uint_eq(known(c), 2);
    sim_free(sim);
}
END_TEST

START_TEST(probes_are_limited)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus(sim, "c");
    unsigned most = 0;

    for (uint32_t host = 0; host < 20; host++)
        add_many(sim, c->process.host, 0x0a000050 + host, host * 100, 10);
    for (unsigned i = 0; i < 600; i++) {
        sim_run(sim, MS(100));
        most = c->open_streams > most ? c->open_streams : most;
    }
    ck_assert_uint_eq(most, 6); /* the others are for routes that somebody used */
    sim_free(sim);
}
END_TEST

/* One that `c` keeps a connection to, or any when it keeps none. */
static struct sim_bus *kept_bus(struct sim *sim, const struct sim_bus *c)
{
    struct sim_bus *any = NULL;

    AB_LIST_EACH (node, &sim->buses) {
        struct sim_bus *bus = AB_CONTAINER(node, struct sim_bus, node);
        if (bus != c && bus->engine && bus->open_streams)
            return bus;
        if (bus != c && bus->engine)
            any = bus;
    }
    return any;
}

START_TEST(liveness_keeps_so_many_connections_and_no_more)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");

    sim_bus_limit(c, "live_connections", 3);
    sim_bus_start(c);
    for (unsigned i = 0; i < 6; i++) {
        char name[8];
        snprintf(name, sizeof name, "b%u", i);
        sim_publish(sim_bus(sim, name), name, HALL);
    }
    sim_run(sim, SECONDS(20));
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, "type=hall", AB_BROWSER_LIVENESS | AB_BROWSER_EXISTING);
    sim_run(sim, SECONDS(5));
    ck_assert_uint_eq(sim_count(sim, "c: + b"), 6);
    ck_assert_uint_eq(c->open_streams, 3);
    /* One that is free goes to the next. */
    for (unsigned i = 0; i < 6; i++) {
        struct sim_bus *b = kept_bus(sim, c);
        sim_bus_kill(b);
        sim_run(sim, SECONDS(2));
        ck_assert_uint_eq(sim_count(sim, "c: - b"), i + 1);
        ck_assert_uint_eq(c->open_streams, i < 3 ? 3 : 5 - i);
    }
    sim_free(sim);
}
END_TEST

/* ---- Of a connection */

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall;
    struct sim_peer *p;
    struct sim_link *link;
};

static struct scene scene_with(const char *limit, long long value)
{
    struct scene scene = {.sim = sim_new(1)};

    sim_record(scene.sim, 0);
    scene.b = sim_bus_new(scene.sim, sim_host(scene.sim, "b"), "b");
    if (limit)
        sim_bus_limit(scene.b, limit, value);
    sim_bus_start(scene.b);
    scene.hall = sim_publish(scene.b, "hall", HALL);
    sim_function(scene.hall, "echo", sim_echo);
    sim_function(scene.hall, "hold", sim_hold);
    scene.p = sim_peer(scene.sim, sim_host(scene.sim, "p"), "p");
    scene.link = sim_dial(scene.p, scene.b);
    sim_run(scene.sim, MS(10));
    sim_send_format(scene.link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                    ab_service_id(scene.hall->service));
    sim_run(scene.sim, MS(990));
    sim_record(scene.sim, SIM_LINES | SIM_STREAMS);
    return scene;
}

static void named(struct scene *scene, unsigned id, const char *command, const char *name, unsigned number)
{
    sim_send_format(scene->link, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"%s\",\"name\":\"%s%u\"}", id, command,
                    name, number);
    sim_run(scene->sim, MS(3));
}

START_TEST(watches_and_listens_of_a_connection_are_limited)
{
    struct scene scene = scene_with("watches", 4);

    for (unsigned i = 0; i < 3; i++) {
        named(&scene, 10 + i, "watch", "w", i);
        named(&scene, 20 + i, "listen", "l", i);
    }
    ck_assert_uint_eq(sim_count(scene.sim, "_error=too_large"), 2);
    named(&scene, 30, "unwatch", "w", 0);
    named(&scene, 31, "listen", "l", 2);
    named(&scene, 32, "listen", "l", 3);
    ck_assert_uint_eq(sim_count(scene.sim, "_error=too_large"), 3);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 31= name=l2"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 32= _error=too_large"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(calls_in_progress_on_a_connection_are_limited)
{
    struct scene scene = scene_with("calls", 3);

    for (unsigned i = 2; i < 6; i++)
        sim_send_format(scene.link, "{\"_type\":1,\"_id\":\"%u\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}",
                        i);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 5= _error=busy"), 1);
    sim_reply(scene.b, "null");
    sim_send(scene.link, "{\"_type\":1,\"_id\":\"6\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[6]}");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "b > p: 6= result=[6]"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_long_id_is_refused)
{
    struct scene scene = scene_with(NULL, 0);
    char id[300];

    memset(id, 'i', sizeof id);
    id[254] = 0;
    sim_send_format(scene.link, "{\"_type\":1,\"_id\":\"%s\",\"_command\":\"ping\"}", id);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(scene.link->lines, 2);
    ck_assert_ptr_nonnull(strstr(scene.link->last, id));
    id[254] = 'i';
    id[255] = 0;
    sim_send_format(scene.link, "{\"_type\":1,\"_id\":\"%s\",\"_command\":\"ping\"}", id);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(scene.link->lines, 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(one_client_over_its_limits_does_not_harm_another)
{
    struct scene scene = scene_with(NULL, 0);
    struct sim_bus *c = sim_bus(scene.sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *call;
    char *args = ab_test_json_long(900000);

    sim_event(scene.hall, "rang");
    named(&scene, 2, "listen", "rang", 0);
    sim_send(scene.link, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"listen\",\"name\":\"rang\"}");
    struct sim_slot *listen = sim_listen(remote, "rang");
    sim_run(scene.sim, SECONDS(1));
    sim_link_listen(scene.link, false);
    sim_record(scene.sim, 0);
    for (unsigned i = 0; i < 12; i++) {
        sim_fire(scene.hall, "rang", args);
        sim_run(scene.sim, SECONDS(1));
    }
    call = sim_call(remote, "echo", "[1]");
    sim_run(scene.sim, MS(10));
    ck_assert_int_eq(call->code, 0);
    ck_assert_uint_eq(listen->count, 12);
    ck_assert_uint_eq(scene.b->open_streams, 1);
    free(args);
    sim_free(scene.sim);
}
END_TEST

/* ---- Of our own */

START_TEST(info_that_does_not_fit_a_datagram_is_refused)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct ab_service *service = NULL;
    static char text[9000];
    json_t *info = json_object();

    memset(text, 'x', sizeof text - 1);
    json_object_set_new(info, "much", json_string(text));
    sim_bus_enter(b);
    ck_assert_int_eq(ab_service_new(b->engine, info, &service), AB_ETOOLARGE);
    sim_bus_leave(b);
    ck_assert_ptr_null(service);
    sim_record(sim, SIM_PACKETS);
    ck_assert_int_eq(ab_service_set_info(hall->service, sim_bus_enter(b), info), AB_ETOOLARGE);
    sim_bus_leave(b);
    sim_expect(sim, "");
    json_decref(info);
    sim_free(sim);
}
END_TEST

START_TEST(without_a_port_nothing_is_published_until_there_is_one)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_service(b, "hall", HALL);

    sim_run(sim, SECONDS(20));
    sim_record(sim, SIM_PACKETS | SIM_DETAILS);
    b->listening_fails = true;
    ck_assert_int_eq(sim_service_publish_try(hall), AB_ENETWORK);
    sim_run(sim, SECONDS(20));
    sim_expect(sim, "");
    b->listening_fails = false;
    ck_assert_int_eq(sim_service_publish_try(hall), 0);
    ck_assert_int_eq(sim_service_publish_try(hall), 0);
    sim_expect(sim, "40.000 b > *: add 52722 b.details\n"
                    "40.000 b > *: add 52722 hall\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_value_longer_than_a_line_is_refused)
{
    struct scene scene = scene_with(NULL, 0);
    size_t size = 1u << 20;
    char *text = malloc(size + 1);
    struct ab_text *value;

    memset(text, '1', size);
    text[0] = '[';
    text[size - 1] = ']';
    value = ab_text_new(text, size);
    sim_object(scene.hall, "temp", "1");
    sim_event(scene.hall, "rang");
    ab_time now = sim_bus_enter(scene.b);
    ck_assert_int_eq(ab_service_set(scene.hall->service, now, "temp", value), AB_ETOOLARGE);
    ck_assert_int_eq(ab_service_fire(scene.hall->service, now, "rang", value), AB_ETOOLARGE);
    ck_assert_int_eq(ab_service_add_object(scene.hall->service, now, "much", NULL, value), AB_ETOOLARGE);
    sim_bus_leave(scene.b);
    ab_text_unref(value);
    free(text);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_bus_at_rest_wakes_up_for_announcements_and_keep_alives_alone)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_publish(b, "hall", HALL);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_watch(remote, "temp");
    sim_run(sim, SECONDS(60));
    b->ticks = c->ticks = 0;
    sim_run(sim, SECONDS(3600));
    /* An hour: 2 services each 10 to 15 s; a ping each 15 s, its answer, and two looks at how they fare; routes looked
     * at each 30 s and more, of which b sees four and c two. */
    ck_assert_uint_le(b->ticks, 2 * 360 + 3 * 240 + 4 * 120);
    ck_assert_uint_le(c->ticks, 3 * 240 + 2 * 120);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *directory = tcase_create("of the directory");
    TCase *connection = tcase_create("of a connection");
    TCase *own = tcase_create("of our own");

    tcase_add_test(directory, routes_are_limited_in_all_and_for_each_host);
    tcase_add_test(directory, a_route_in_use_is_never_evicted);
    tcase_add_test(directory, there_may_be_none_to_give_up);
    tcase_add_test(directory, probes_are_limited);
    tcase_add_test(directory, liveness_keeps_so_many_connections_and_no_more);
    tcase_add_test(connection, watches_and_listens_of_a_connection_are_limited);
    tcase_add_test(connection, calls_in_progress_on_a_connection_are_limited);
    tcase_add_test(connection, a_long_id_is_refused);
    tcase_add_test(connection, one_client_over_its_limits_does_not_harm_another);
    tcase_add_test(own, info_that_does_not_fit_a_datagram_is_refused);
    tcase_add_test(own, without_a_port_nothing_is_published_until_there_is_one);
    tcase_add_test(own, a_value_longer_than_a_line_is_refused);
    tcase_add_test(own, a_bus_at_rest_wakes_up_for_announcements_and_keep_alives_alone);
    suite_add_tcase(suite, directory);
    suite_add_tcase(suite, connection);
    suite_add_tcase(suite, own);
    return ab_test_run(suite);
}
