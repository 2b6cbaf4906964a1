/* An engine that closes, and a service that has closed, take nothing new: each entry says so, and no input has an effect
 * any more. What ends something takes NULL where it says so. */

#include "harness.h"
#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c;
    struct ab_service *hall; /* of b */
    struct ab_remote *remote;
    struct ab_remote *connection;
    struct ab_multiple *many;
    struct sim_slot *seed;
};

/* b offers what c is bound to, in three ways. */
static struct scene scene_new(void)
{
    static struct ab_address nowhere;
    struct scene scene = {.sim = sim_new(1)};
    struct sim_service *hall;
    struct ab_address at;

    scene.b = sim_bus(scene.sim, "b");
    scene.c = sim_bus(scene.sim, "c");
    hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    sim_function(hall, "echo", sim_echo);
    sim_event(hall, "rang");
    sim_object(hall, "temp", "0");
    scene.hall = hall->service;
    at = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));
    scene.remote = sim_proxy(scene.c, "type=hall")->remote;
    scene.connection = sim_connection(scene.c, &at, ab_service_id(scene.hall))->remote;
    scene.many = sim_proxy_multiple(scene.c, "type=hall")->multiple;
    scene.seed = sim_seed(scene.c, &nowhere);
    sim_run(scene.sim, SECONDS(1));
    ck_assert(ab_remote_bound(scene.remote) && ab_remote_bound(scene.connection) && ab_multiple_bound(scene.many));
    return scene;
}

/* ---- Services */

static void ask_service(struct ab_service *hall, ab_time now)
{
    struct ab_access_guard guard = {0};
    struct ab_text *text = ab_text_new("[]", 2);
    struct ab_audience *audience;
    struct ab_text *value;
    json_t *out;

    ck_assert_int_eq(ab_service_publish(hall, now), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set_info(hall, now, NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set_access(hall, now, NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set_guard(hall, now, &guard), AB_ECLOSED);
    ck_assert_int_eq(ab_service_add_function(hall, now, "f", NULL, AB_FUNCTION_SYNC, NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_replace_function(hall, now, "echo", AB_FUNCTION_SYNC, NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_add_event(hall, now, "e", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_add_object(hall, now, "o", NULL, text), AB_ECLOSED);
    ck_assert_int_eq(ab_service_remove(hall, now, AB_TOPIC_EVENT, "rang"), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set_doc(hall, now, AB_TOPIC_EVENT, "rang", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set_description(hall, now, AB_TOPIC_EVENT, "rang", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_service_fire(hall, now, "rang", text), AB_ECLOSED);
    ck_assert_int_eq(ab_service_set(hall, now, "temp", text), AB_ECLOSED);
    ck_assert_int_eq(ab_service_has(hall, AB_TOPIC_EVENT, "rang"), AB_ECLOSED);
    ck_assert_int_eq(ab_service_get(hall, "temp", &value), AB_ECLOSED);
    ck_assert_int_eq(ab_service_list(hall, AB_TOPIC_EVENT, &out), AB_ECLOSED);
    ck_assert_int_eq(ab_service_peers(hall, AB_TOPIC_EVENT, "rang", &out), AB_ECLOSED);
    ck_assert_int_eq(ab_audience_new(hall, now, AB_TOPIC_EVENT, "rang", NULL, &audience), AB_ECLOSED);
    ab_text_unref(text);
}

START_TEST(a_closed_service)
{
    struct scene scene = scene_new();
    ab_time now = sim_bus_enter(scene.b);

    ab_service_close(scene.hall, now);
    ab_service_close(scene.hall, now);
    ask_service(scene.hall, now);
    sim_bus_leave(scene.b);
    sim_run(scene.sim, SECONDS(3));
    ck_assert(!ab_remote_bound(scene.remote));
    sim_free(scene.sim);
}
END_TEST

/* ---- Buses */

static void ask_remotes(const struct scene *scene, ab_time now)
{
    const struct ab_gather_rule rule = {.deadline = now + SECONDS(1)};
    struct ab_subscription *subscription;
    struct ab_gather *gather;
    struct ab_value info;
    struct ab_call *call;
    struct ab_fan *fan;

    ck_assert_int_eq(ab_remote_call(scene->remote, now, AB_CALL_BIND, NULL, NULL, 0, rule.deadline, NULL, &call),
                     AB_ECLOSED);
    ck_assert_int_eq(ab_remote_notice(scene->remote, now, "echo", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_listen(scene->remote, now, "rang", NULL, &subscription), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_watch(scene->remote, now, "temp", NULL, &subscription), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_on_binding(scene->remote, now, NULL, &subscription), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_on_end(scene->connection, now, false, NULL, &subscription), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_info(scene->remote, &info), AB_ECLOSED);
    ck_assert_int_eq(ab_multiple_call(scene->many, now, NULL, NULL, 0, &rule, NULL, &gather), AB_ECLOSED);
    ck_assert_int_eq(ab_multiple_notice(scene->many, now, "echo", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_multiple_subscribe(scene->many, now, AB_NOTICE_EVENT, "rang", NULL, &fan), AB_ECLOSED);
}

static void ask_for_more(struct ab_engine *engine, ab_time now)
{
    struct ab_discoverer discoverer;
    struct ab_address at = ab_address_inet(0x0a000009, 1);
    struct ab_multiple *many;
    struct ab_service *service;
    struct ab_browser *browser;
    struct ab_herald *herald;
    struct ab_remote *remote;
    struct ab_filter *filter;
    struct ab_seed *seed;

    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_int_eq(ab_service_new(engine, NULL, &service), AB_ECLOSED);
    ck_assert_int_eq(ab_browser_new(engine, now, NULL, 0, NULL, &browser), AB_ECLOSED);
    ck_assert_int_eq(ab_herald_new(engine, now, NULL, &herald), AB_ECLOSED);
    ck_assert_int_eq(ab_seed_new(engine, now, "host", NULL, &seed), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_new_proxy(engine, now, filter, &remote), AB_ECLOSED);
    ck_assert_int_eq(ab_remote_new_connection(engine, now, NULL, &remote), AB_ECLOSED);
    ck_assert_int_eq(ab_multiple_new(engine, now, filter, &many), AB_ECLOSED);
    ab_discoverer_init(&discoverer, "late", AB_DISCOVERER_STEADY);
    ab_discoverer_look(&discoverer);
    ck_assert_int_eq(ab_discoverer_withdraw(&discoverer, now, &at, "x"), AB_ECLOSED);
    ab_discoverer_add(&discoverer, engine, now);
    ck_assert_int_eq(ab_discoverer_report(&discoverer, now, &at, "x", NULL), AB_ECLOSED);
    ck_assert_int_eq(ab_discoverer_withdraw(&discoverer, now, &at, "x"), AB_ECLOSED);
    ab_discoverer_remove(&discoverer, now);
    ab_filter_unref(filter);
}

/* All that a host may still say, which does not know yet. */
static void tell(const struct scene *scene, struct ab_engine *engine, ab_time now)
{
    struct ab_address at = ab_address_inet(0x0a000009, 1);

    ab_engine_close(engine, now);
    ab_engine_start(engine, now);
    ab_engine_network_changed(engine, now);
    ab_engine_woke(engine, now);
    ab_engine_set_broadcast(engine, now, 0);
    ab_engine_port_changed(engine, now, 1);
    ab_seed_resolved(scene->seed->seed, now, &at, 1);
    ab_seed_unresolved(scene->seed->seed, now, "no");
    ab_remote_resolved(scene->connection, now, &at, 1);
    ab_remote_unresolved(scene->connection, now, "no");
    ab_engine_closed(engine, now, 1 << 30, 0);
}

START_TEST(a_bus_that_closes)
{
    struct scene scene = scene_new();
    ab_time now;

    now = sim_bus_enter(scene.b);
    ab_engine_close(scene.b->engine, now);
    ask_service(scene.hall, now);
    sim_bus_leave(scene.b);
    now = sim_bus_enter(scene.c);
    ab_engine_close(scene.c->engine, now);
    ask_remotes(&scene, now);
    ask_for_more(scene.c->engine, now);
    sim_record(scene.sim, SIM_PACKETS | SIM_STREAMS | SIM_PROGRAM);
    tell(&scene, scene.c->engine, now);
    sim_bus_leave(scene.c);
    sim_expect(scene.sim, "");
    sim_free(scene.sim);
}
END_TEST

START_TEST(nothing_to_free)
{
    ab_engine_free(NULL);
    ab_browser_free(NULL, 0);
    ab_herald_free(NULL, 0);
    ab_seed_free(NULL, 0);
    ab_remote_free(NULL, 0);
    ab_multiple_free(NULL, 0);
    ab_fan_cancel(NULL, 0);
    ab_subscription_cancel(NULL, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("closed");
    TCase *tests = tcase_create("closed");

    tcase_add_test(tests, a_closed_service);
    tcase_add_test(tests, a_bus_that_closes);
    tcase_add_test(tests, nothing_to_free);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
