/* Transcripts of programs that end things from inside of what they hear. */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/scene.h"

static void on(struct sim_slot *slot, void (*heard)(struct sim_slot *, void *), void *context)
{
    slot->heard = heard;
    slot->context = context;
}

static void cancel_it(struct sim_slot *slot, void *other)
{
    (void)slot;
    sim_cancel(other);
}

static void end_remote(struct sim_slot *slot, void *remote)
{
    (void)slot;
    sim_remote_end(remote);
}

static void close_engine(struct sim_slot *slot, void *bus)
{
    (void)slot;
    ab_engine_close(((struct sim_bus *)bus)->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
}

START_TEST(a_listener_cancels_itself_and_the_next)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);
    struct sim_slot *slots[5];

    for (unsigned i = 0; i < 4; i++)
        slots[i] = sim_listen(scene.remote, "rang");
    on(slots[0], cancel_it, slots[1]);
    on(slots[2], cancel_it, slots[2]);
    sim_run(scene.sim, MS(10));
    sim_fire(scene.hall, "rang", "[1]");
    sim_fire(scene.hall, "rang", "[2]");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slots[0]->count, 2);
    ck_assert_uint_eq(slots[1]->count, 0);
    ck_assert_uint_eq(slots[2]->count, 1);
    ck_assert_uint_eq(slots[3]->count, 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_watcher_cancels_itself_and_the_others)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);
    struct sim_slot *slots[5];

    for (unsigned i = 0; i < 4; i++)
        slots[i] = sim_watch(scene.remote, "temp");
    on(slots[0], cancel_it, slots[1]);
    on(slots[2], cancel_it, slots[2]);
    on(slots[3], cancel_it, slots[0]);
    sim_run(scene.sim, MS(10));
    sim_set(scene.hall, "temp", "2");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(slots[0]->count, 1);
    ck_assert_uint_eq(slots[1]->count, 0);
    ck_assert_uint_eq(slots[2]->count, 1);
    ck_assert_uint_eq(slots[3]->count, 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_program_hears_a_value_and_drops_the_last_reference)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);
    struct sim_slot *slots[5];

    slots[0] = sim_watch(scene.remote, "temp");
    slots[1] = sim_watch(scene.remote, "temp");
    sim_listen(scene.remote, "rang");
    on(slots[0], end_remote, scene.remote);
    sim_call(scene.remote, "hold", "[]");
    sim_get(scene.remote, "ghost");
    sim_run(scene.sim, MS(10));
    /* The value comes first, and ends the rest. */
    ck_assert_uint_eq(sim_count(scene.sim, "value temp"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: hold failed: ECLOSED"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: get ghost failed: E"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_completion_drops_the_last_reference)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);

    struct sim_slot *slot = sim_call(scene.remote, "echo", "[]");
    on(slot, end_remote, scene.remote);
    sim_call(scene.remote, "echo", "[]");
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = []"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "failed: ECLOSED"), 2);
    sim_free(scene.sim);
}
END_TEST

START_TEST(who_hears_that_it_is_bound_or_unbound_ends_it)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);

    struct sim_slot *slot = sim_on_binding(scene.remote);
    sim_on_binding(scene.remote);
    on(slot, end_remote, scene.remote);
    sim_watch(scene.remote, "temp");
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    sim_bus_kill(scene.b);
    sim_run(scene.sim, SECONDS(5));

    struct sim_bus *d = sim_bus(scene.sim, "d");
    scene.remote = sim_proxy(scene.c, "type=hall");
    slot = sim_on_binding(scene.remote);
    on(slot, end_remote, scene.remote);
    sim_watch(scene.remote, "temp");
    sim_call(scene.remote, "echo", "[]");
    sim_publish(d, "again", HALL);
    sim_run(scene.sim, SECONDS(5));
    ck_assert_uint_eq(sim_count(scene.sim, "c: bound again"), 1);
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo failed: ECLOSED"), 1);
    ck_assert_uint_eq(scene.c->open_streams, 0);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_listener_for_services_ends_while_it_hears_what_is_there)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);
    struct sim_slot *slots[5];

    sim_publish(scene.b, "attic", HALL);
    sim_publish(scene.b, "porch", HALL);
    sim_run(scene.sim, MS(10));
    ab_time now = sim_bus_enter(scene.c);
    (void)now;
    slots[0] = sim_browse(scene.c, "type=hall", AB_BROWSER_EXISTING | AB_BROWSER_LIVENESS);
    slots[1] = sim_browse(scene.c, "type=hall", AB_BROWSER_EXISTING);
    on(slots[0], cancel_it, slots[0]);
    on(slots[1], cancel_it, slots[1]);
    sim_bus_leave(scene.c);
    ck_assert_uint_eq(slots[0]->count, 1);
    ck_assert_uint_eq(slots[1]->count, 1);
    sim_run(scene.sim, SECONDS(1));
    sim_free(scene.sim);
}
END_TEST

static void close_service(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    sim_service_end(slot->service);
    sim_echo(slot, request, args);
}

static void reply_and_close_engine(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    close_engine(slot, slot->bus);
    sim_echo(slot, request, args);
}

START_TEST(a_function_closes_its_service)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);

    sim_function(scene.hall, "end", close_service);
    sim_call(scene.remote, "end", "[1]");
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(sim_count(scene.sim, "c: end = [1]"), 1);
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_function_closes_its_bus)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);

    sim_function(scene.hall, "end", reply_and_close_engine);
    sim_call(scene.remote, "end", "[1]");
    sim_call(scene.remote, "end", "[1]");
    sim_run(scene.sim, SECONDS(2));
    ck_assert_uint_eq(sim_count(scene.sim, "c: end "), 2);
    ck_assert(ab_engine_closed_down(scene.b->engine));
    sim_free(scene.sim);
}
END_TEST

START_TEST(a_callback_closes_its_bus)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);

    struct sim_slot *slot = sim_watch(scene.remote, "temp");
    on(slot, close_engine, scene.c);
    sim_browse(scene.c, NULL, AB_BROWSER_LIVENESS);
    sim_call(scene.remote, "hold", "[]");
    sim_run(scene.sim, MS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "c: hold failed: ECLOSED"), 1);
    ck_assert_int_eq(sim_call_try(scene.remote, SECONDS(1), 0, "echo", "[]"), AB_ECLOSED);
    ck_assert(ab_engine_closed_down(scene.c->engine));
    sim_free(scene.sim);
}
END_TEST

static void call_again(struct sim_slot *slot, void *context)
{
    unsigned *left = context;

    if ((*left)--)
        on(sim_call(slot->remote, "echo", "[]"), call_again, context);
}

START_TEST(a_completion_calls_again_and_again)
{
    struct scene scene = scene_new(SIM_PROGRAM | SIM_SERVICES);
    unsigned left = 1000;

    sim_record(scene.sim, SIM_RESULTS);
    on(sim_call(scene.remote, "echo", "[]"), call_again, &left);
    sim_run(scene.sim, SECONDS(10));
    ck_assert_uint_eq(sim_count(scene.sim, "c: echo = []"), 1001);
    sim_free(scene.sim);
}
END_TEST

static void set_back(struct sim_slot *slot, void *service)
{
    (void)slot;
    sim_set(service, "temp", "3");
    sim_remove(service, AB_TOPIC_OBJECT, "temp");
    sim_object(service, "temp", "4");
}

START_TEST(a_bus_that_watches_itself_changes_what_it_watches)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);

    sim_object(hall, "temp", "1");
    struct sim_remote *remote = sim_proxy(b, "type=hall");
    struct sim_slot *other = sim_watch(remote, "temp");
    sim_run(sim, SECONDS(1));
    struct sim_slot *slot = sim_watch(remote, "temp");
    on(slot, set_back, hall);
    sim_set(hall, "temp", "2");
    sim_run(sim, MS(1));
    slot->heard = NULL;
    sim_run(sim, SECONDS(1));
    ck_assert_str_eq(slot->value, "4");
    ck_assert_str_eq(other->value, "4");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callbacks");
    TCase *tests = tcase_create("callbacks");

    tcase_add_test(tests, a_listener_cancels_itself_and_the_next);
    tcase_add_test(tests, a_watcher_cancels_itself_and_the_others);
    tcase_add_test(tests, a_program_hears_a_value_and_drops_the_last_reference);
    tcase_add_test(tests, a_completion_drops_the_last_reference);
    tcase_add_test(tests, who_hears_that_it_is_bound_or_unbound_ends_it);
    tcase_add_test(tests, a_listener_for_services_ends_while_it_hears_what_is_there);
    tcase_add_test(tests, a_function_closes_its_service);
    tcase_add_test(tests, a_function_closes_its_bus);
    tcase_add_test(tests, a_callback_closes_its_bus);
    tcase_add_test(tests, a_completion_calls_again_and_again);
    tcase_add_test(tests, a_bus_that_watches_itself_changes_what_it_watches);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
