/* Transcripts of networks that change under the buses on them: interfaces, addresses, partitions. */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_host *here;
    struct sim_host *there;
    struct sim_bus *b;
    struct sim_bus *c;
    struct sim_service *hall;
    struct sim_remote *remote;
    struct sim_slot *watch;
};

/* A service here, a proxy there, two networks between them. */
static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.b = sim_bus_on_two(scene.sim, "b");
    scene.c = sim_bus_on_two(scene.sim, "c");
    scene.here = scene.b->process.host;
    scene.there = scene.c->process.host;
    scene.hall = sim_publish(scene.b, "hall", HALL);
    sim_object(scene.hall, "temp", "1");
    scene.remote = sim_proxy(scene.c, "type=hall");
    sim_on_binding(scene.remote);
    scene.watch = sim_watch(scene.remote, "temp");
    sim_browse(scene.c, "type=hall", 0);
    sim_run(scene.sim, ASKED);
    ck_assert(sim_bound(scene.remote));
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS | SIM_VALUES);
    return scene;
}

START_TEST(an_interface_that_goes_costs_half_a_minute_and_no_service)
{
    struct scene scene = scene_new();

    sim_host_set_interface(scene.here, 0, false);
    sim_run(scene.sim, SECONDS(60));
    sim_expect(scene.sim, "40-50 c: value temp = absent (-)\n"
                          "40-50 c: unbound hall ETIMEDOUT\n"
                          "* c: ~ hall 10.0.1.1:52722* 10.0.0.1:52722\n"
                          "40-50 c: bound hall\n"
                          "40-50 c: value temp = 1 (hall)\n"
                          "* c: ~ hall 10.0.1.1:52722*\n");
    sim_host_set_interface(scene.here, 0, true);
    sim_run(scene.sim, SECONDS(1));
    sim_expect(scene.sim, "80.001 c: ~ hall 10.0.1.1:52722* 10.0.0.1:52722\n");
    ck_assert(sim_bound(scene.remote));
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_own_interface_that_goes_costs_five_seconds)
{
    struct scene scene = scene_new();

    sim_host_set_interface(scene.there, 0, false);
    sim_run(scene.sim, SECONDS(10));
    sim_expect(scene.sim, "25.000 c: value temp = absent (-)\n"
                          "25.000 c: unbound hall ETIMEDOUT\n"
                          "25.000 c: ~ hall 10.0.1.1:52722*\n"
                          "25.004 c: bound hall\n"
                          "25.006 c: value temp = 1 (hall)\n");
    sim_free(scene.sim);
}
END_TEST

/* A cable that is out for a moment, or a radio between two stations. */
START_TEST(an_own_interface_that_is_back_soon_costs_nothing)
{
    struct scene scene = scene_new();

    sim_host_set_interface(scene.there, 1, false);
    sim_run(scene.sim, SECONDS(60));
    sim_record(scene.sim, SIM_BINDINGS | SIM_VALUES);
    sim_host_set_interface(scene.there, 0, false);
    sim_run(scene.sim, MS(4900));
    sim_set(scene.hall, "temp", "2");
    sim_host_set_interface(scene.there, 0, true);
    sim_run(scene.sim, SECONDS(60));
    sim_expect(scene.sim, "84.901 c: value temp = 2 (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(an_interface_that_nobody_uses_goes_unnoticed)
{
    struct scene scene = scene_new();

    sim_host_set_interface(scene.there, 1, false);
    sim_run(scene.sim, SECONDS(60));
    sim_expect(scene.sim, "35-80 c: ~ hall 10.0.0.1:52722*\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_host_with_another_address_is_found_there)
{
    struct scene scene = scene_new();

    sim_host_set_interface(scene.here, 1, false);
    sim_run(scene.sim, SECONDS(60));
    sim_record(scene.sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS);
    scene.here->interfaces[0].address = 0x0a000063;
    sim_host_set_interface(scene.here, 0, true);
    sim_run(scene.sim, SECONDS(60));
    ck_assert_int_le(sim_time(scene.sim, "c: ~ hall 10.0.0.1:52722* 10.0.0.99:52722", 0), SECONDS(80) + MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "c: unbound hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: bound hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: ~ hall 10.0.0.99:52722*\n") + sim_count(scene.sim, "c: - hall"), 0);
    json_t *entries;
    ck_assert_int_eq(ab_browser_snapshot(scene.c->engine, NULL, &entries), 0);
    const json_t *routes = json_object_get(json_array_get(entries, 0), "routes");
    ck_assert_uint_eq(json_array_size(routes), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(routes, 0), "host")), "10.0.0.99");
    json_decref(entries);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_partition_takes_services_away_and_gives_them_back)
{
    struct scene scene = scene_new();

    sim_cut(scene.here, scene.there, true);
    sim_run(scene.sim, SECONDS(120));
    ck_assert_uint_eq(sim_count(scene.sim, "c: - hall"), 1);
    ck_assert_int_le(sim_time(scene.sim, "c: - hall", 0), ASKED + SECONDS(50));
    sim_set(scene.hall, "temp", "2");
    sim_record(scene.sim, SIM_SERVICES | SIM_BINDINGS | SIM_VALUES);
    sim_cut(scene.here, scene.there, false);
    sim_run(scene.sim, SECONDS(20));
    ck_assert_uint_eq(sim_count(scene.sim, "c: + hall"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: bound hall"), 1);
    ck_assert_str_eq(scene.watch->value, "2");
    /* At the next announcement, which comes within 15 s. */
    ck_assert_int_le(sim_time(scene.sim, "c: bound hall", 0), SECONDS(155) + MS(100));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_short_cut_is_not_noticed)
{
    struct scene scene = scene_new();
    struct sim_slot *call;

    sim_function(scene.hall, "echo", sim_echo);
    sim_cut(scene.here, scene.there, true);
    call = sim_call(scene.remote, "echo", "[1]");
    sim_set(scene.hall, "temp", "2");
    sim_run(scene.sim, SECONDS(8));
    sim_cut(scene.here, scene.there, false);
    sim_run(scene.sim, SECONDS(1));
    ck_assert_str_eq(call->value, "[1]");
    sim_expect(scene.sim, "28.001 c: value temp = 2 (hall)\n");
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_machine_without_a_network_has_its_own_services)
{
    struct sim *sim = sim_new(1);
    struct sim_host *lone = sim_host(sim, "lone");
    struct sim_bus *far = sim_bus(sim, "far");

    sim_host_set_interface(lone, 0, false);
    sim_publish(far, "attic", HALL);
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, lone, "b"));
    struct sim_bus *c = sim_bus_start(sim_bus_new(sim, lone, "c"));
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS);
    sim_browse(c, "type=hall", AB_BROWSER_EXISTING);
    sim_publish(b, "hall", HALL);
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_on_binding(remote);
    sim_run(sim, ASKED);
    sim_expect(sim, "0.000 c: cached\n"
                    "0.000 c: + hall 127.0.0.1:52722*\n"
                    "0.000 c: bound hall\n"
                    "0.550 c: settled\n");
    sim_host_set_interface(lone, 0, true);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.000 c: ~ hall 127.0.0.1:52722* 10.0.0.1:52722\n"
                    "20.002 c: + attic 10.0.0.2:52722*\n");
    sim_free(sim);
}
END_TEST

START_TEST(a_service_of_the_same_id_that_starts_on_another_port_is_the_same)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host(sim, "l");
    struct legacy *legacy = legacy_new(sim, host, "l");
    struct sim_bus *c = sim_bus(sim, "c");

    sim_transcript_alias(&sim->network.transcript, LEGACY_ID, "hello");
    legacy_publish(legacy, LEGACY_ID, HALL, 700);
    legacy_set(legacy, "counter", "1");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    sim_on_binding(remote);
    sim_watch(remote, "counter");
    sim_browse(c, "type=hall", 0);
    sim_run(sim, ASKED);
    sim_record(sim, SIM_SERVICES | SIM_ROUTES | SIM_BINDINGS | SIM_VALUES);
    sim_peer_kill(legacy->peer);
    sim_run(sim, SECONDS(2));
    legacy = legacy_new(sim, host, "l2");
    legacy_set(legacy, "counter", "2");
    legacy_publish(legacy, LEGACY_ID, HALL, 701);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "20.001 c: value counter = absent (-)\n"
                    "20.001 c: unbound hello EDISCONNECTED\n"
                    "20.003 c: - hello 10.0.0.1:700*\n"
                    "22.001 c: + hello 10.0.0.1:701*\n"
                    "22.005 c: bound hello\n"
                    "22.007 c: value counter = 2 (hello)\n");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("networks that change");
    TCase *tests = tcase_create("networks");

    tcase_add_test(tests, an_interface_that_goes_costs_half_a_minute_and_no_service);
    tcase_add_test(tests, an_own_interface_that_goes_costs_five_seconds);
    tcase_add_test(tests, an_own_interface_that_is_back_soon_costs_nothing);
    tcase_add_test(tests, an_interface_that_nobody_uses_goes_unnoticed);
    tcase_add_test(tests, a_host_with_another_address_is_found_there);
    tcase_add_test(tests, a_partition_takes_services_away_and_gives_them_back);
    tcase_add_test(tests, a_short_cut_is_not_noticed);
    tcase_add_test(tests, a_machine_without_a_network_has_its_own_services);
    tcase_add_test(tests, a_service_of_the_same_id_that_starts_on_another_port_is_the_same);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
