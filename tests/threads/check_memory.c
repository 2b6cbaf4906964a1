/*
 * Buses without memory: while a pair of them does everything once, one allocation after the other fails, on whatever
 * thread it is, of the library, of jansson or of libevent, alone and with all that follow it. Each function succeeds or
 * says why not, no call is left without an end, each registration is destroyed once, no line is torn, the pair works
 * again afterwards, and nothing leaks.
 */
#include "threads/memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "threads/relay.h"

#define MOST 1000 /* allocations of one act; more is a fault */

static const struct memory_act *const tables[] = {memory_calls, memory_services, memory_discovery};

static const struct memory_act *nth_act(int nth)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        for (const struct memory_act *act = tables[i]; act->name; act++) {
            if (nth-- == 0)
                return act;
        }
    }
    return NULL;
}

/* ---- The scene */

static void open_scene(void)
{
    json_t *info;

    /* What was missed for want of memory is asked for again, each time. */
    ab_pair_open(&memory.pair, ab_test_options("answers_burst", "1000", "answers_per_second", "1000", NULL));
    add_handlers(memory.pair.service);
    ck_assert_int_eq(autobus_remote_info(memory.pair.remote, &info), 0);
    memory.port = (uint16_t)json_integer_value(json_object_get(info, "port"));
    json_decref(info);
    memory.relay_port = relay_start(memory.port);
}

/* Calls work once there is memory again: by a new proxy, since one that often lost its connection takes its time; and if
 * the service was missed when it was announced, which takes its time too, by a connection. */
static void recover(void)
{
    struct ab_pair *pair = &memory.pair;

    ab_failing_arm(-1, false);
    autobus_remote_unref(pair->remote);
    ck_assert_int_eq(autobus_proxy(pair->client, "test", &pair->remote, NULL), 0);
    if (autobus_remote_wait(pair->remote, 20, NULL) < 0) {
        autobus_remote_unref(pair->remote);
        ck_assert_int_eq(
            autobus_connect(pair->client, "127.0.0.1", memory.port, autobus_service_id(pair->service), &pair->remote),
            0);
    }
    ck_assert_int_eq(autobus_call(pair->remote, NULL, NULL, "echo", NULL), 0);
}

/* In the end the service is found again, whatever was missed. */
static void find_again(void)
{
    autobus_remote *remote;

    ck_assert_int_eq(autobus_proxy(memory.pair.client, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_call(remote, NULL, NULL, "echo", NULL), 0);
    autobus_remote_unref(remote);
}

static void close_scene(const char *name)
{
    ab_pair_close(&memory.pair);
    relay_stop();
    check_destroyed();
    ck_assert_msg(ab_failing_live() == 0 && ab_failing_live_json() == 0 && ab_failing_live_event() == 0,
                  "%s: %ld blocks, %ld of jansson, %ld of libevent", name, ab_failing_live(), ab_failing_live_json(),
                  ab_failing_live_event());
}

static bool run_without(const struct memory_act *act, long number, bool stay)
{
    bool happened;

    memory.gone = stay;
    memory.time_ms = stay ? 30 : PATIENCE_MS;
    ab_failing_arm(number, stay);
    act->run();
    happened = ab_failing_happened();
    recover();
    return happened;
}

START_TEST(each_act)
{
    const struct memory_act *act = nth_act(_i);
    bool happened = true;

    ab_failing_install();
    open_scene();
    act->run();
    for (long number = 0; happened; number++) {
        ck_assert_int_lt(number, MOST);
        happened = run_without(act, number, false);
        happened = run_without(act, number, true) || happened;
    }
    find_again();
    close_scene(act->name);
    ab_failing_remove();
    ab_failing_tell();
}
END_TEST

/* What all of it takes, and that it is given back. */
START_TEST(all_acts_with_memory)
{
    ab_failing_install();
    open_scene();
    for (int i = 0; i < _i; i++)
        nth_act(i)->run();
    close_scene("all");
    printf("figure: %zu bytes of memory at most, in the test of it\n", ab_failing_most());
    fflush(stdout);
    ab_failing_remove();
}
END_TEST

/* ---- What needs no pair */

static bool a_bus(void *options)
{
    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    int r = autobus_bus_new(options, &bus, &error);

    if (r == 0) {
        ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
        autobus_bus_unref(bus);
    } else {
        ck_assert_int_eq(r, AUTOBUS_ENOMEM);
        ck_assert_int_eq(error.code, r);
    }
    autobus_error_clear(&error);
    return r == 0;
}

START_TEST(making_a_bus)
{
    autobus_options *options = ab_test_options("seeds", "127.0.0.1:1,127.0.0.1:2", "allow", "local, 10.0.0.0/8", NULL);

    ck_assert_uint_gt(ab_failing_each(a_bus, options), 100);
    autobus_options_free(options);
}
END_TEST

static bool some_options(void *unused)
{
    autobus_options *options = NULL;
    autobus_filter *filter = NULL;
    autobus_error error = AUTOBUS_ERROR_INIT;
    char *text = NULL;
    json_t *value = json_pack("{s:[i]}", "a", 1);
    bool complete = autobus_options_new(&options) == 0 &&
                    autobus_options_set(options, "interfaces", "lo", &error) == 0 &&
                    autobus_filter_parse("a=1,b~x", &filter, &error) == 0 &&
                    autobus_filter_add_function(filter, (autobus_filter_fn)abort, NULL, NULL) == 0 && value &&
                    autobus_json_encode(value, 2, &text) == 0;

    (void)unused;
    autobus_options_free(options);
    autobus_filter_unref(filter);
    autobus_error_clear(&error);
    autobus_free(text);
    json_decref(value);
    return complete;
}

START_TEST(what_needs_no_bus)
{
    ck_assert_uint_gt(ab_failing_each(some_options, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    int acts = 0;

    while (nth_act(acts))
        acts++;
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, what_needs_no_bus);
    tcase_add_test(tcase, making_a_bus);
    tcase_add_loop_test(tcase, each_act, 0, acts);
    tcase_add_loop_test(tcase, all_acts_with_memory, acts, acts + 1);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
