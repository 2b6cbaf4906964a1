/* Transcripts of who may use a service, and of what those hear who may not. */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/visit.h"
#include "core/internal.h"

/* b has the service; c is on the same network, h a program of the machine of b. */
struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c;
    struct sim_bus *h;
    struct sim_service *hall;
};

static struct scene scene_new(const char *access)
{
    struct scene scene = {.sim = sim_new(1)};

    sim_record(scene.sim, 0);
    scene.b = sim_bus(scene.sim, "b");
    scene.c = sim_bus(scene.sim, "c");
    scene.h = sim_bus_start(sim_bus_new(scene.sim, scene.b->process.host, "h"));
    scene.hall = sim_service(scene.b, "hall", HALL);
    sim_function(scene.hall, "echo", sim_echo);
    sim_function(scene.hall, "hold", sim_hold);
    sim_event(scene.hall, "rang");
    sim_object(scene.hall, "temp", "21.5");
    if (access)
        sim_access(scene.hall, access);
    ck_assert_int_eq(sim_service_publish_try(scene.hall), 0);
    sim_run_until(scene.sim, SECONDS(5));
    sim_record(scene.sim, SIM_PROGRAM);
    return scene;
}

static struct sim_remote *connect_by(struct sim_bus *from, struct scene *scene, uint32_t host)
{
    struct ab_address at = ab_address_inet(host, sim_bus_port(scene->b));

    return sim_connection(from, &at, ab_service_id(scene->hall->service));
}

static uint32_t address_of(struct sim_bus *bus)
{
    return sim_host_address(bus->process.host, 0, 0).host;
}

/* What a call over a new connection from that bus comes to. */
static const char *outcome(struct scene *scene, struct sim_bus *from, uint32_t host)
{
    struct sim_remote *remote = connect_by(from, scene, host);
    struct sim_slot *call = sim_call(remote, "echo", "[1]");

    sim_record(scene->sim, SIM_RESULTS);
    sim_run(scene->sim, MS(100));
    ck_assert_uint_eq(call->count, 1);
    sim_remote_end(remote);
    return call->code == 0 ? "result" : sim_count(scene->sim, "denied \"access is denied\"") ? "denied" : "?";
}

/* ---- From where */

START_TEST(without_limits_a_service_is_everybodys)
{
    struct scene scene = scene_new(NULL);

    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "result");
    sim_access(scene.hall, "*");
    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "result");
    sim_free(scene.sim);
}
END_TEST

START_TEST(local_is_this_machine_by_any_of_its_addresses)
{
    struct scene scene = scene_new("local");

    ck_assert_str_eq(outcome(&scene, scene.h, SIM_LOOPBACK), "result");
    ck_assert_str_eq(outcome(&scene, scene.h, address_of(scene.b)), "result");
    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "denied");
    sim_free(scene.sim);
}
END_TEST

START_TEST(networks_are_those_and_this_machine)
{
    struct scene scene = scene_new("192.168.0.0/16, 10.0.0.0/24");

    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "result");
    sim_access(scene.hall, "192.168.0.0/16");
    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "denied");
    ck_assert_str_eq(outcome(&scene, scene.h, SIM_LOOPBACK), "result");
    sim_access(scene.hall, "10.0.0.2,local");
    ck_assert_str_eq(outcome(&scene, scene.c, address_of(scene.b)), "result");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_list_is_understood_whole_or_not_at_all)
{
    static const char *const bad[] = {"",           "locals",    "10.0.0.0/33", "10.0.0",         "10.0.0.0/8,",
                                      "10.0.0.1.2", "::1/128",   "10.0.0.0/",   "010.0.0.1",      "10.0.0.1 10.0.0.2",
                                      "256.0.0.1",  "10.0.0.-1", "10..0.1",     "local,,10.0.0.1"};
    struct ab_networks *access = NULL;
    const char *item = NULL;
    size_t size;

    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(ab_networks_parse(bad[i], &access, &item, &size) == AB_EINVAL, "%s", bad[i]);
    ck_assert_ptr_null(access);
    ck_assert_int_eq(ab_networks_parse("local, 10.0.0.0/99 ", &access, &item, &size), AB_EINVAL);
    ck_assert_int_eq(strncmp(item, "10.0.0.0/99 ", size + 1), 0);
    ck_assert_int_eq(ab_networks_parse(" 0.0.0.0/0 ", &access, &item, &size), 0);
    ck_assert_ptr_null(access);
}
END_TEST

/* ---- What those hear who may not */

START_TEST(who_may_not_bind_is_told_and_put_out)
{
    struct visit visit = visit_new(NULL);

    sim_access(visit.hall, "local");
    visit_bind(&visit, visit.link);
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= _error=denied\n"
                          "1.001 b > p: flush and close\n"
                          "1.002 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

/* A proxy finds the service, since it is announced on a network where some may use it. */
START_TEST(a_proxy_that_nobody_lets_in_says_so_and_goes_on_trying)
{
    struct scene scene = scene_new("10.0.0.77");
    struct sim_remote *remote = sim_proxy(scene.c, "type=hall");

    sim_call(remote, "echo", "[1]");
    sim_get(remote, "temp");
    sim_wait_bound(remote, SECONDS(10));
    sim_watch(remote, "temp");
    sim_listen(remote, "rang");
    sim_on_binding(remote);
    sim_run(scene.sim, SECONDS(9));
    sim_expect(scene.sim, "5.004 c: bind failed: denied \"access is denied\"\n"
                          "5.004 c: echo failed: denied \"access is denied\"\n"
                          "5.004 c: event rang denied\n"
                          "5.004 c: value temp denied (-)\n"
                          "5.004 c: get temp failed: denied \"access is denied\"\n");
    sim_call(remote, "echo", "[2]"); /* asks again, and need not wait for the next round */
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "14.004 c: echo failed: denied \"access is denied\"\n");
    sim_watch(remote, "temp");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "14.014 c: value temp denied (-)\n");
    sim_access(scene.hall, "10.0.0.0/24");
    sim_run(scene.sim, SECONDS(20));
    sim_fire(scene.hall, "rang", "[1]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "* c: bound hall\n"
                          "* c: value temp = 21.5 (hall)\n"
                          "* c: value temp = 21.5 (hall)\n"
                          "* c: event rang [1] (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_proxy_binds_to_whom_it_may)
{
    struct scene scene = scene_new("10.0.0.77");
    struct sim_service *other = sim_publish(scene.b, "other", HALL);
    struct sim_remote *remote = sim_proxy(scene.c, "type=hall");
    struct sim_slot *call = sim_call(remote, "missing", "[]");

    sim_on_binding(remote);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(scene.sim, "c: bound other"), 1);
    ck_assert_uint_eq(call->count, 1);
    sim_service_end(other);
    sim_run(scene.sim, SECONDS(10));
    sim_record(scene.sim, SIM_PROGRAM);
    sim_call(remote, "echo", "[]");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "* c: echo failed: denied \"access is denied\"\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(of_many_each_that_lets_nobody_in_is_told_by_itself)
{
    struct scene scene = scene_new("10.0.0.77");
    struct sim_remote *remote = sim_proxy_multiple(scene.c, "type=hall");
    struct sim_service *other = sim_publish(scene.b, "other", HALL);

    sim_function(other, "echo", sim_echo);
    sim_object(other, "temp", "3");
    sim_watch(remote, "temp");
    sim_listen(remote, "rang");
    sim_run(scene.sim, SECONDS(3));
    sim_expect(scene.sim, "5.004 c: event rang denied\n"
                          "5.004 c: value temp denied (hall)\n"
                          "5.007 c: value temp = 3 (other)\n");
    sim_record(scene.sim, SIM_RESULTS);
    sim_call_all(remote, NULL, 0, "echo", "[]");
    sim_run(scene.sim, MS(100));
    sim_expect(scene.sim, "8.002 c: echo = [] (other)\n"
                          "8.004 c: echo failed: denied \"access is denied\" (hall)\n"
                          "8.004 c: echo done\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_service_that_denies_is_there)
{
    struct scene scene = scene_new("10.0.0.77");
    struct sim_remote *remote = sim_proxy(scene.c, "type=hall");

    sim_record(scene.sim, SIM_SERVICES);
    sim_browse(scene.c, "type=hall", AB_BROWSER_EXISTING | AB_BROWSER_LIVENESS);
    sim_call(remote, "echo", "[]");
    scene.sim->network.loss = 1000; /* nothing is heard of it any more: it is probed */
    sim_run(scene.sim, SECONDS(120));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: - hall"), 0);
    sim_crash(scene.sim, scene.b->process.host);
    sim_run(scene.sim, SECONDS(60));
    ck_assert_uint_eq(sim_count(scene.sim, "c: - hall"), 1);
    sim_free(scene.sim);
}
END_TEST

/* ---- Where it is announced */

/* b has an interface on each of two networks; near and far are on one of them each, h is on the machine of b. */
struct place {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_service *hall;
};

static void watch_from(struct sim_bus *bus)
{
    sim_browse(bus, NULL, AB_BROWSER_EXISTING);
}

static struct place place_new(const char *access)
{
    struct place place = {.sim = sim_new(1)};
    struct sim_host *here = sim_host(place.sim, "b");
    struct sim_host *away = sim_host(place.sim, "far");

    sim_record(place.sim, 0);
    sim_host_add_interface(here, 1);
    sim_host_set_interface(away, 0, false);
    sim_host_add_interface(away, 1);
    place.b = sim_bus_start(sim_bus_new(place.sim, here, "b"));
    place.hall = sim_service(place.b, "hall", HALL);
    sim_access(place.hall, access);
    watch_from(sim_bus(place.sim, "near"));
    watch_from(sim_bus_start(sim_bus_new(place.sim, away, "far")));
    watch_from(sim_bus_start(sim_bus_new(place.sim, here, "h")));
    sim_run_until(place.sim, SECONDS(3));
    sim_record(place.sim, SIM_SERVICES | SIM_PACKETS | SIM_DETAILS);
    ck_assert_int_eq(sim_service_publish_try(place.hall), 0);
    sim_run(place.sim, MS(100));
    return place;
}

START_TEST(a_local_service_is_announced_to_this_machine_alone)
{
    struct place place = place_new("local");

    sim_expect(place.sim, "3.000 b > *: add 52722 b.details\n"
                          "3.000 b > *: add 52722 hall\n"
                          "3.000 h: + b.details\n"
                          "3.000 h: + hall\n");
    watch_from(sim_bus(place.sim, "late")); /* asks */
    sim_run(place.sim, SECONDS(20));
    ck_assert_uint_eq(sim_count(place.sim, "late: + "), 0);
    sim_record(place.sim, SIM_SERVICES | SIM_ROUTES);
    sim_service_end(place.hall);
    sim_run(place.sim, SECONDS(1));
    sim_expect(place.sim, "23.100 h: - hall 127.0.0.1:52722*\n");
    sim_free(place.sim);
}
END_TEST

START_TEST(a_service_for_a_network_is_announced_there)
{
    struct place place = place_new("10.0.1.0/28");

    ck_assert_uint_eq(sim_count(place.sim, "near: "), 0);
    ck_assert_uint_eq(sim_count(place.sim, "far: + hall"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "far: + b.details"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "h: + hall"), 1);
    sim_record(place.sim, SIM_SERVICES);
    sim_service_end(place.hall);
    sim_run(place.sim, SECONDS(1));
    ck_assert_uint_eq(sim_count(place.sim, "near: "), 0);
    ck_assert_uint_eq(sim_count(place.sim, "far: - hall"), 1);
    sim_free(place.sim);
}
END_TEST

START_TEST(new_rules_are_announced_and_old_ones_taken_back)
{
    struct place place = place_new("*");

    sim_record(place.sim, SIM_SERVICES | SIM_DETAILS);
    sim_access(place.hall, "10.0.1.0/24");
    sim_run(place.sim, MS(100));
    ck_assert_uint_eq(sim_count(place.sim, "near: - hall"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "near: - b.details"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "near: + "), 0);
    ck_assert_uint_eq(sim_count(place.sim, "far: + hall"), 1); /* it was taken back there, and came again */
    sim_record(place.sim, SIM_SERVICES | SIM_DETAILS);
    sim_publish(place.b, "open", "{\"type\": \"open\"}");
    sim_run(place.sim, MS(100));
    ck_assert_uint_eq(sim_count(place.sim, "near: + open"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "near: + b.details"), 1);
    ck_assert_uint_eq(sim_count(place.sim, "near: + hall"), 0);
    sim_record(place.sim, SIM_SERVICES | SIM_DETAILS);
    sim_access(place.hall, "local"); /* the other keeps the details where they are */
    sim_run(place.sim, MS(100));
    ck_assert_uint_eq(sim_count(place.sim, "b.details"), 0);
    ck_assert_uint_eq(sim_count(place.sim, "far: - hall"), 1);
    sim_access(place.hall, "*");
    sim_run(place.sim, MS(100));
    ck_assert_uint_eq(sim_count(place.sim, "near: + hall"), 1);
    sim_free(place.sim);
}
END_TEST

/* ---- A function that decides */

static bool but_secrets(void *context, const struct ab_peer *peer, enum ab_access_kind kind, const char *name)
{
    (void)context;
    return peer->local || kind == AB_ACCESS_BIND || strcmp(name, "secret") != 0;
}

START_TEST(a_guard_decides_on_each_call_watch_and_listen)
{
    struct visit visit = visit_new(NULL);

    sim_function(visit.hall, "secret", sim_echo);
    sim_guard(visit.hall, but_secrets, NULL);
    visit_bind(&visit, visit.link);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"secret\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"watch\",\"name\":\"secret\"}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"4\",\"_command\":\"listen\",\"name\":\"secret\"}");
    visit_say(&visit, "{\"_type\":3,\"_command\":\"call\",\"name\":\"secret\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}");
    visit_say(&visit, "{\"_type\":1,\"_id\":\"6\",\"_command\":\"unwatch\",\"name\":\"secret\"}");
    sim_expect(visit.sim, "1.000 p > b: 1? bind service=hall\n"
                          "1.001 b > p: 1= service=hall\n"
                          "1.010 p > b: 2? call name=secret args=[]\n"
                          "1.011 b > p: 2= _error=denied\n"
                          "1.020 p > b: 3? watch name=secret\n"
                          "1.021 b > p: 3= _error=denied\n"
                          "1.030 p > b: 4? listen name=secret\n"
                          "1.031 b > p: 4= _error=denied\n"
                          "1.040 p > b: ! call name=secret args=[]\n"
                          "1.050 p > b: 5? call name=echo args=[]\n"
                          "1.051 b > p: 5= result=[]\n"
                          "1.060 p > b: 6? unwatch name=secret\n"
                          "1.061 b > p: 6= _error=not_watching\n");
    sim_free(visit.sim);
}
END_TEST

START_TEST(a_program_hears_once_a_binding_what_is_denied)
{
    struct scene scene = scene_new(NULL);
    struct sim_remote *remote = sim_proxy(scene.c, "type=hall");
    struct sim_slot *watch;

    sim_guard(scene.hall, but_secrets, NULL);
    sim_object(scene.hall, "secret", "42");
    watch = sim_watch(remote, "secret");
    sim_listen(remote, "secret");
    sim_watch(remote, "temp");
    sim_run(scene.sim, SECONDS(1));
    sim_get(remote, "secret");
    sim_call(remote, "secret", "[]");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "5.006 c: event secret denied\n"
                          "5.006 c: value secret denied (hall)\n"
                          "5.006 c: value temp = 21.5 (hall)\n"
                          "6.002 c: get secret failed: denied \"access is denied\"\n"
                          "6.002 c: secret failed: denied \"access is denied\"\n");
    ck_assert_int_eq(watch->code, AB_EREMOTE);
    sim_service_end(scene.hall);
    scene.hall = sim_service(scene.b, "hall2", HALL);
    sim_object(scene.hall, "secret", "43");
    ck_assert_int_eq(sim_service_publish_try(scene.hall), 0);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "7.001 c: value temp = absent (-)\n"
                          "* c: value secret = 43 (hall2)\n"
                          "* c: value temp = absent (hall2)\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- New rules */

START_TEST(what_stands_ends_when_it_is_not_allowed_any_more)
{
    struct scene scene = scene_new(NULL);
    struct sim_remote *remote = connect_by(scene.c, &scene, address_of(scene.b));
    struct sim_remote *own = connect_by(scene.h, &scene, SIM_LOOPBACK);

    sim_watch(remote, "temp");
    sim_watch(own, "temp");
    sim_run(scene.sim, MS(10));
    sim_call(remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_record(scene.sim, SIM_PROGRAM & ~SIM_CALLS);
    sim_access(scene.hall, "local");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "5.021 c: value temp = absent (-)\n"
                          "5.021 c: hold failed: EDISCONNECTED\n");
    sim_set(scene.hall, "temp", "22");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "5.030 h: value temp = 22 (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_new_guard_judges_what_is_watched)
{
    struct scene scene = scene_new(NULL);
    struct sim_remote *remote = sim_proxy(scene.c, "type=hall");
    struct sim_remote *other = sim_proxy(scene.c, "type=hall");

    sim_object(scene.hall, "secret", "42");
    sim_watch(remote, "secret");
    sim_watch(other, "temp");
    sim_run(scene.sim, SECONDS(6));
    sim_record(scene.sim, SIM_PROGRAM);
    sim_guard(scene.hall, but_secrets, NULL);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "11.001 c: value secret = absent (-)\n"
                          "11.007 c: value secret denied (hall)\n");
    sim_guard(scene.hall, NULL, NULL);
    sim_run(scene.sim, SECONDS(1));
    sim_get(remote, "secret");
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "13.002 c: value secret = 42 (hall)\n"
                          "13.002 c: get secret = 42\n");
    sim_free(scene.sim);
}
END_TEST

/* ---- Who is connected */

static json_t *connections(struct sim_service *service)
{
    json_t *all = ab_service_connections(service->service, sim_bus_enter(service->bus));

    sim_bus_leave(service->bus);
    ck_assert_ptr_nonnull(all);
    return all;
}

static int disconnect(struct sim_service *service, uint64_t number)
{
    int result = ab_service_disconnect(service->service, sim_bus_enter(service->bus), number);

    sim_bus_leave(service->bus);
    return result;
}

START_TEST(a_service_knows_who_is_connected_and_can_end_it)
{
    struct scene scene = scene_new(NULL);
    struct sim_remote *remote = sim_proxy(scene.c, "hall");
    struct sim_remote *own = connect_by(scene.h, &scene, SIM_LOOPBACK);
    json_t *all;
    uint64_t number;

    sim_watch(remote, "temp");
    sim_watch(remote, "autobus.doc");
    sim_listen(remote, "rang");
    sim_run(scene.sim, SECONDS(7));
    sim_call(remote, "hold", "[]");
    sim_run(scene.sim, MS(500));
    all = connections(scene.hall);
    ck_assert_uint_eq(json_array_size(all), 2);
    number = (uint64_t)json_integer_value(json_object_get(json_array_get(all, 1), "connection"));
    json_t *expected =
        json_pack("{s:I, s:s, s:i, s:b, s:i, s:i, s:i, s:[s, s], s:[s], s:i}", "connection", (json_int_t)number, "host",
                  "10.0.0.2", "port", 40002, "local", 0, "age_ms", 7497, "silence_ms", 499, "calls", 1, "watches",
                  "temp", "autobus.doc", "listens", "rang", "waiting", 0);
    ck_assert(json_equal(json_array_get(all, 1), expected));
    ck_assert(json_is_true(json_object_get(json_array_get(all, 0), "local")));
    json_decref(expected);
    json_decref(all);
    sim_record(scene.sim, SIM_RESULTS | SIM_VALUES | SIM_STREAMS);
    ck_assert_int_eq(disconnect(scene.hall, number), 0);
    ck_assert_int_eq(disconnect(scene.hall, number), AB_ENOENT);
    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(sim_count(scene.sim, "c: hold failed: EDISCONNECTED"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: value temp = 21.5 (hall)"), 1); /* it came back */
    ck_assert(sim_bound(own));
    all = connections(scene.hall);
    ck_assert_uint_eq(json_array_size(all), 2);
    ck_assert_int_ne(json_integer_value(json_object_get(json_array_get(all, 1), "connection")), (json_int_t)number);
    json_decref(all);
    sim_free(scene.sim);
}
END_TEST

START_TEST(whoever_is_put_out_sees_the_end_and_no_more)
{
    struct visit visit = visit_bound();
    json_t *all = connections(visit.hall);
    uint64_t number = (uint64_t)json_integer_value(json_object_get(json_array_get(all, 0), "connection"));

    json_decref(all);
    visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}");
    ck_assert_int_eq(disconnect(visit.hall, number), 0);
    sim_reply(visit.b, "1");
    sim_run(visit.sim, MS(10));
    sim_expect(visit.sim, "1.010 p > b: 2? call name=hold args=[]\n"
                          "1.020 b > p: flush and close\n"
                          "1.021 p < b: end of input\n");
    sim_free(visit.sim);
}
END_TEST

/* ---- Introspection */

static const char *details_of(struct scene *scene, struct sim_remote *remote)
{
    struct sim_slot *call = sim_call(remote, "get_details", "[]");

    sim_run(scene->sim, MS(10));
    ck_assert_int_eq(call->code, 0);
    return call->value;
}

static struct sim_remote *introspect(struct sim_bus *from, struct scene *scene, uint32_t host)
{
    struct ab_address at = ab_address_inet(host, sim_bus_port(scene->b));

    (void)scene;
    return sim_connection(from, &at, ab_service_id(scene->b->engine->server.details));
}

START_TEST(details_leave_out_what_one_may_not_bind_to)
{
    struct scene scene = scene_new("local");
    struct sim_remote *remote = introspect(scene.c, &scene, address_of(scene.b));
    struct sim_remote *own = introspect(scene.h, &scene, SIM_LOOPBACK);

    sim_publish(scene.b, "open", "{\"type\": \"open\"}");
    sim_run(scene.sim, MS(10));
    ck_assert_ptr_null(strstr(details_of(&scene, remote), "\"type\":\"hall\""));
    ck_assert_ptr_nonnull(strstr(details_of(&scene, remote), "\"type\":\"open\""));
    ck_assert_ptr_nonnull(strstr(details_of(&scene, own), "\"type\":\"hall\""));
    sim_access(scene.hall, "*");
    ck_assert_ptr_nonnull(strstr(details_of(&scene, remote), "\"type\":\"hall\""));
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_watches_the_details_hears_nothing_of_it_either)
{
    struct scene scene = scene_new("local");
    struct sim_remote *remote = introspect(scene.c, &scene, address_of(scene.b));
    struct sim_remote *own = introspect(scene.h, &scene, SIM_LOOPBACK);
    struct sim_slot *watch = sim_watch(remote, "details");
    struct sim_slot *inside = sim_watch(own, "details");

    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(watch->count, 1);
    ck_assert_uint_eq(inside->count, 1);
    sim_object(scene.hall, "more", "1");
    sim_set_info(scene.hall, "{\"type\": \"hall\", \"room\": \"2\"}");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(watch->count, 1);
    ck_assert_uint_eq(inside->count, 3);
    sim_access(scene.hall, "*");
    sim_run(scene.sim, MS(10));
    ck_assert_ptr_nonnull(strstr(watch->value, "\"room\":\"2\""));
    sim_access(scene.hall, "local");
    sim_run(scene.sim, MS(10));
    ck_assert_ptr_null(strstr(watch->value, "\"type\":\"hall\""));
    unsigned before = watch->count;
    sim_publish(scene.b, "open", "{\"type\": \"open\"}");
    sim_service_end(scene.hall);
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(watch->count, before + 1);
    ck_assert_ptr_null(strstr(inside->value, "\"type\":\"hall\""));
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_watches_the_directory_hears_nothing_of_what_is_not_for_him)
{
    struct scene scene = scene_new("local");
    struct sim_bus *neighbour = sim_bus_start(sim_bus_new(scene.sim, scene.b->process.host, "n"));
    struct sim_service *hut = sim_service(neighbour, "hut", "{\"type\": \"hut\"}");
    struct sim_slot *watch = sim_watch(introspect(scene.c, &scene, address_of(scene.b)), "directory");
    struct sim_slot *inside = sim_watch(introspect(scene.h, &scene, SIM_LOOPBACK), "directory");

    sim_run(scene.sim, MS(100));
    ck_assert_uint_eq(watch->count, 1);
    ck_assert_uint_eq(inside->count, 1);
    sim_set_info(scene.hall, "{\"type\": \"hall\", \"room\": \"2\"}");
    sim_access(hut, "local");
    ck_assert_int_eq(sim_service_publish_try(hut), 0);
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(inside->value, "\"room\":\"2\""));
    ck_assert_ptr_nonnull(strstr(inside->value, "\"type\":\"hut\""));
    ck_assert_uint_eq(watch->count, 1);
    sim_access(hut, "*");
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(watch->value, "\"type\":\"hut\""));
    sim_set_info(hut, "{\"type\": \"hut\", \"room\": \"3\"}");
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(watch->value, "\"room\":\"3\""));
    sim_access(scene.hall, "*");
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(watch->value, "\"type\":\"hall\""));
    sim_access(scene.hall, "local");
    sim_access(hut, "local");
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_null(strstr(watch->value, "\"type\":\"hall\""));
    ck_assert_ptr_null(strstr(watch->value, "\"type\":\"hut\""));
    sim_free(scene.sim);
}
END_TEST

/* b's machine is on two networks, and its neighbour has something for each: nobody hears of the other's, by whichever
 * address he asks. */
START_TEST(the_directory_tells_of_what_is_for_the_network_of_who_asks)
{
    struct scene scene = scene_new(NULL);
    struct sim_host *host = scene.b->process.host, *there = sim_host(scene.sim, "d"), *afar = sim_host(scene.sim, "e");
    unsigned second = sim_host_add_interface(host, 1);
    uint32_t address = sim_host_address(host, second, 0).host;

    sim_host_set_interface(there, 0, false);
    sim_host_add_interface(there, 1);
    sim_host_set_interface(afar, 0, false);
    sim_host_add_interface(afar, 2);
    struct sim_bus *neighbour = sim_bus_start(sim_bus_new(scene.sim, host, "n"));
    struct sim_bus *d = sim_bus_start(sim_bus_new(scene.sim, there, "d"));
    struct sim_bus *e = sim_bus_start(sim_bus_new(scene.sim, afar, "e"));
    struct sim_service *hut = sim_service(neighbour, "hut", "{\"type\": \"hut\"}");
    struct sim_service *den = sim_service(neighbour, "den", "{\"type\": \"den\"}");
    struct sim_service *inn = sim_service(neighbour, "inn", "{\"type\": \"inn\"}");

    sim_access(hut, "10.0.0.0/24");
    sim_access(den, "10.0.1.0/24");
    ck_assert_int_eq(sim_service_publish_try(hut), 0);
    ck_assert_int_eq(sim_service_publish_try(den), 0);
    ck_assert_int_eq(sim_service_publish_try(inn), 0);
    scene.sim->network.routed = true;
    struct sim_slot *first = sim_watch(introspect(scene.c, &scene, address_of(scene.b)), "directory");
    struct sim_slot *across = sim_watch(introspect(d, &scene, address_of(scene.b)), "directory");
    struct sim_slot *other = sim_watch(introspect(d, &scene, address), "directory");
    struct sim_slot *routed = sim_watch(introspect(e, &scene, address), "directory");
    sim_run(scene.sim, SECONDS(5));
    const struct {
        struct sim_slot *slot;
        bool hut, den;
    } rows[] = {{first, true, false}, {across, false, true}, {other, false, true}, {routed, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_ptr_nonnull(rows[i].slot->value);
        ck_assert(rows[i].hut == (strstr(rows[i].slot->value, "\"type\":\"hut\"") != NULL));
        ck_assert(rows[i].den == (strstr(rows[i].slot->value, "\"type\":\"den\"") != NULL));
        ck_assert_ptr_nonnull(strstr(rows[i].slot->value, "\"type\":\"inn\""));
    }
    sim_free(scene.sim);
}
END_TEST

/* ---- Legacy */

START_TEST(a_legacy_client_is_told_too)
{
    struct scene scene = scene_new(NULL);
    struct ab_address at = ab_address_inet(address_of(scene.b), sim_bus_port(scene.b));
    struct legacy *legacy = legacy_new(scene.sim, sim_host(scene.sim, "l"), "l");
    struct sim_link *link;

    sim_guard(scene.hall, but_secrets, NULL);
    sim_object(scene.hall, "secret", "42");
    sim_run(scene.sim, SECONDS(1));
    sim_record(scene.sim, SIM_RESULTS | SIM_VALUES);
    link = legacy_bind(legacy, &at, ab_service_id(scene.hall->service));
    legacy_call(link, "secret", "[]");
    legacy_watch(link, "secret"); /* as a notice: nothing is answered, and nothing comes */
    legacy_watch(link, "temp");
    sim_run(scene.sim, MS(10));
    sim_set(scene.hall, "secret", "43");
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "6.004 l: secret failed: access is denied\n"
                          "6.004 l: value temp = 21.5\n");
    ck_assert_uint_eq(legacy->violations, 0);
    sim_access(scene.hall, "local");
    sim_run(scene.sim, MS(10));
    legacy_bind(legacy, &at, ab_service_id(scene.hall->service));
    sim_run(scene.sim, MS(10));
    sim_expect(scene.sim, "6.034 l: 0 failed: access is denied\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(refusals_are_logged_and_not_one_by_one)
{
    struct visit visit = visit_new(NULL);

    sim_guard(visit.hall, but_secrets, NULL);
    visit_bind(&visit, visit.link);
    sim_record(visit.sim, SIM_LOG);
    for (unsigned i = 0; i < 50; i++)
        visit_say(&visit, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"secret\",\"args\":[]}");
    sim_expect(visit.sim, "1.011 b: log 2 client 10.0.0.2:40002 is denied a call of secret\n");
    sim_free(visit.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access");
    TCase *place = tcase_create("from where");
    TCase *announced = tcase_create("announced");
    TCase *told = tcase_create("told");
    TCase *guard = tcase_create("guard");
    TCase *connected = tcase_create("connected");
    TCase *details = tcase_create("details");

    tcase_add_test(place, without_limits_a_service_is_everybodys);
    tcase_add_test(place, local_is_this_machine_by_any_of_its_addresses);
    tcase_add_test(place, networks_are_those_and_this_machine);
    tcase_add_test(place, a_list_is_understood_whole_or_not_at_all);
    suite_add_tcase(suite, place);
    tcase_add_test(announced, a_local_service_is_announced_to_this_machine_alone);
    tcase_add_test(announced, a_service_for_a_network_is_announced_there);
    tcase_add_test(announced, new_rules_are_announced_and_old_ones_taken_back);
    suite_add_tcase(suite, announced);
    tcase_add_test(told, who_may_not_bind_is_told_and_put_out);
    tcase_add_test(told, a_proxy_that_nobody_lets_in_says_so_and_goes_on_trying);
    tcase_add_test(told, a_proxy_binds_to_whom_it_may);
    tcase_add_test(told, of_many_each_that_lets_nobody_in_is_told_by_itself);
    tcase_add_test(told, a_service_that_denies_is_there);
    tcase_add_test(told, a_legacy_client_is_told_too);
    tcase_add_test(told, refusals_are_logged_and_not_one_by_one);
    suite_add_tcase(suite, told);
    tcase_add_test(guard, a_guard_decides_on_each_call_watch_and_listen);
    tcase_add_test(guard, a_program_hears_once_a_binding_what_is_denied);
    tcase_add_test(guard, what_stands_ends_when_it_is_not_allowed_any_more);
    tcase_add_test(guard, a_new_guard_judges_what_is_watched);
    suite_add_tcase(suite, guard);
    tcase_add_test(connected, a_service_knows_who_is_connected_and_can_end_it);
    tcase_add_test(connected, whoever_is_put_out_sees_the_end_and_no_more);
    suite_add_tcase(suite, connected);
    tcase_add_test(details, details_leave_out_what_one_may_not_bind_to);
    tcase_add_test(details, who_watches_the_details_hears_nothing_of_it_either);
    tcase_add_test(details, who_watches_the_directory_hears_nothing_of_what_is_not_for_him);
    tcase_add_test(details, the_directory_tells_of_what_is_for_the_network_of_who_asks);
    suite_add_tcase(suite, details);
    return ab_test_run(suite);
}
