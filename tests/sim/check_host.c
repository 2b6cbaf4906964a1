/* Transcripts of the directory of a host: any bus of it tells of all, and the first port leads to one. */

#include <string.h>

#include "harness.h"
#include "sim/legacy.h"
#include "sim/peer.h"
#include "sim/sim.h"

struct scene {
    struct sim *sim;
    struct sim_host *host; /* with a and b on it */
    struct sim_bus *a;     /* has the first port */
    struct sim_bus *b;
    struct sim_bus *c; /* elsewhere */
    struct sim_service *hall;
    struct sim_service *attic;
    struct ab_address first;
};

static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1)};

    scene.host = sim_host(scene.sim, "h");
    scene.a = sim_bus_start(sim_bus_new(scene.sim, scene.host, "a"));
    scene.b = sim_bus_start(sim_bus_new(scene.sim, scene.host, "b"));
    scene.c = sim_bus(scene.sim, "c");
    scene.hall = sim_publish(scene.a, "hall", "{\"type\": \"hall\"}");
    scene.attic = sim_publish(scene.b, "attic", "{\"type\": \"attic\"}");
    sim_run(scene.sim, SECONDS(5));
    scene.first = sim_host_address(scene.host, 0, 52722);
    return scene;
}

/* The ports by type, as "attic:52723 hall:52722"; introspection services left out. */
static const char *places(const char *directory)
{
    static char text[400];
    json_t *all = directory ? json_loads(directory, 0, NULL) : NULL;
    const char *types[] = {"attic", "cellar", "examples.hello", "hall"};
    const char *id;
    json_t *place;

    text[0] = '\0';
    for (size_t i = 0; i < COUNT(types); i++) {
        json_object_foreach(all, id, place)
        {
            const char *type = json_string_value(json_object_get(json_object_get(place, "info"), "type"));
            size_t size = strlen(text);
            if (type && strcmp(type, types[i]) == 0)
                snprintf(text + size, sizeof text - size, "%s%s:%d", size ? " " : "", type,
                         (int)json_integer_value(json_object_get(place, "port")));
        }
    }
    json_decref(all);
    return text;
}

static void expect_places(struct sim_slot *slot, const char *wanted)
{
    ck_assert_str_eq(places(slot->value), wanted);
}

START_TEST(any_bus_tells_of_all_of_its_host)
{
    struct scene scene = scene_new();
    struct ab_address second = sim_host_address(scene.host, 0, 52723);

    sim_publish(scene.c, "hall2", "{\"type\": \"hall\"}");
    sim_run(scene.sim, SECONDS(1));
    struct sim_slot *one = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    struct sim_slot *other = sim_call(sim_connection(scene.c, &second, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    expect_places(one, "attic:52723 hall:52722");
    expect_places(other, "attic:52723 hall:52722");
    ck_assert_ptr_nonnull(strstr(one->value, "\"info\":{\"type\":\"hall\",\"hostname\":\"h\"},\"port\":52722"));
    ck_assert_ptr_nonnull(strstr(one->value, "autobus.details"));
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_watches_hears_what_comes_changes_and_goes)
{
    struct scene scene = scene_new();
    struct sim_slot *watch = sim_watch(sim_connection(scene.c, &scene.first, NULL), "directory");

    sim_run(scene.sim, SECONDS(1));
    expect_places(watch, "attic:52723 hall:52722");
    ck_assert_uint_eq(watch->count, 1);
    for (unsigned i = 0; i < 20; i++)
        sim_publish(scene.b, "cellar", "{\"type\": \"many\"}");
    struct sim_service *cellar = sim_publish(scene.b, "cellar", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, MS(100));
    expect_places(watch, "attic:52723 cellar:52723 hall:52722");
    ck_assert_uint_eq(watch->count, 2);
    sim_set_info(scene.attic, "{\"type\": \"attic\", \"room\": 5}");
    sim_run(scene.sim, MS(100));
    ck_assert_ptr_nonnull(strstr(watch->value, "\"room\":5"));
    sim_service_end(cellar);
    sim_run(scene.sim, MS(100));
    expect_places(watch, "attic:52723 hall:52722");
    sim_publish(scene.a, "cellar2", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, MS(100));
    expect_places(watch, "attic:52723 cellar:52722 hall:52722");
    sim_bus_kill(scene.b);
    sim_run(scene.sim, SECONDS(60));
    expect_places(watch, "cellar:52722 hall:52722");
    unsigned count = watch->count;
    sim_run(scene.sim, SECONDS(600)); /* announcements of what is known are no change */
    ck_assert_uint_eq(watch->count, count);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_service_of_the_existing_implementation_is_told_too)
{
    struct scene scene = scene_new();
    struct legacy *legacy = legacy_new(scene.sim, scene.host, "l");

    legacy_publish(legacy, LEGACY_ID, "{\"type\": \"examples.hello\", \"hostname\": \"h\"}", 35993);
    sim_run(scene.sim, SECONDS(1));
    struct sim_slot *slot = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    expect_places(slot, "attic:52723 examples.hello:35993 hall:52722");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_first_port_goes_to_another_with_a_goodbye)
{
    struct scene scene = scene_new();

    sim_service_end(scene.hall);
    sim_run(scene.sim, MS(200));
    struct sim_slot *slot = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    expect_places(slot, "attic:52723");
    sim_publish(scene.a, "cellar", "{\"type\": \"cellar\"}");
    sim_run(scene.sim, SECONDS(1));
    slot = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    expect_places(slot, "attic:52723 cellar:52724");
    sim_free(scene.sim);
}
END_TEST

START_TEST(the_first_port_goes_to_another_after_a_kill)
{
    struct scene scene = scene_new();

    sim_bus_kill(scene.a);
    sim_run(scene.sim, SECONDS(13));
    struct sim_slot *slot = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_int_eq(slot->code, 0);
    sim_run(scene.sim, SECONDS(40));
    slot = sim_call(sim_connection(scene.c, &scene.first, NULL), "get_directory", "[]");
    sim_run(scene.sim, SECONDS(1));
    expect_places(slot, "attic:52723");
    sim_free(scene.sim);
}
END_TEST

static void short_lines(struct sim_bus *bus)
{
    sim_bus_limit(bus, "line", 4096);
}

START_TEST(what_is_too_much_for_a_line_is_said)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *a = sim_bus_new(sim, sim_host(sim, "a"), "a");
    struct sim_bus *c = sim_bus(sim, "c");
    struct ab_address to = sim_host_address(a->process.host, 0, 52722);

    short_lines(a);
    sim_bus_start(a);
    for (unsigned i = 0; i < 60; i++)
        sim_publish(a, "hall", "{\"type\": \"hall\"}");
    sim_run(sim, SECONDS(1));
    struct sim_slot *slot = sim_call(sim_connection(c, &to, NULL), "get_directory", "[]");
    sim_record(sim, SIM_RESULTS);
    sim_run(sim, SECONDS(1));
    sim_expect(sim, "1.006 c: get_directory failed: too_large \"there are too many services for one line\"\n");
    ck_assert_ptr_null(slot->value);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *tests = tcase_create("directory");

    tcase_add_test(tests, any_bus_tells_of_all_of_its_host);
    tcase_add_test(tests, who_watches_hears_what_comes_changes_and_goes);
    tcase_add_test(tests, a_service_of_the_existing_implementation_is_told_too);
    tcase_add_test(tests, the_first_port_goes_to_another_with_a_goodbye);
    tcase_add_test(tests, the_first_port_goes_to_another_after_a_kill);
    tcase_add_test(tests, what_is_too_much_for_a_line_is_said);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
