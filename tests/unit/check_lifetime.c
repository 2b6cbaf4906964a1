/* What a program asks of its own service by the public API while it is used: what there is, who is interested, and other
 * handlers for its functions. */

#include <string.h>

#include "buses.h"
#include "harness.h"

/* ---- Replacing */

struct handler {
    struct ab_gate came;
    struct ab_gate may_go;
    struct ab_gate destroyed;
    int answer;
};

#define HANDLER(answer)                                    \
    {                                                      \
        AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT, (answer) \
    }

static void handle(autobus_request *request, void *user_data)
{
    struct handler *handler = user_data;

    ab_gate_pass(&handler->came);
    ab_gate_wait(&handler->may_go, 1);
    ck_assert_int_eq(autobus_reply(request, "i", handler->answer), 0);
}

static void destroyed(void *user_data)
{
    struct handler *handler = user_data;

    ab_gate_pass(&handler->destroyed);
}

struct heard {
    struct ab_gate gate;
    json_int_t sum;
};

static void add_up(const autobus_result *result, void *user_data)
{
    struct heard *heard = user_data;

    ck_assert_int_eq(result->code, 0);
    heard->sum += json_integer_value(result->value);
    ab_gate_pass(&heard->gate);
}

static void call(struct ab_pair *pair, struct heard *heard)
{
    ck_assert_int_eq(autobus_call_async(pair->remote, "work", NULL, 0, 0, add_up, heard, NULL, NULL), 0);
}

/* What was sent so far is with the service: an answer that needs no worker comes after it. */
static void arrive(struct ab_pair *pair)
{
    json_t *value = NULL;

    ck_assert_int_eq(autobus_get(pair->remote, "value", 0, 0, &value, NULL), 0);
    json_decref(value);
}

/* One worker: the second call waits for it, and is the old handler's too. */
START_TEST(calls_under_way_finish_with_the_old_handler)
{
    struct ab_pair pair;
    struct handler old = HANDLER(1), new = HANDLER(100);
    struct heard heard = {AB_GATE_INIT, 0};
    autobus_slot *old_slot, *new_slot;

    ab_pair_open(&pair, ab_test_options("workers", "2", NULL));
    ck_assert_int_eq(autobus_service_add_function(pair.service, "work", "Works.", AUTOBUS_THREAD, handle, &old,
                                                  destroyed, &old_slot),
                     0);
    call(&pair, &heard);
    call(&pair, &heard);
    ab_gate_wait(&old.came, 1);
    arrive(&pair);
    ck_assert_int_eq(
        autobus_service_replace_function(pair.service, "work", AUTOBUS_SYNC, handle, &new, destroyed, &new_slot), 0);
    ab_gate_pass(&new.may_go);
    call(&pair, &heard);
    ab_gate_wait(&new.came, 1);
    ab_gate_wait(&heard.gate, 1);
    ck_assert_int_eq(ab_gate_count(&old.destroyed), 0);
    ab_gate_pass(&old.may_go);
    ab_gate_wait(&heard.gate, 3);
    ab_gate_wait(&old.destroyed, 1);
    ck_assert_int_eq(heard.sum, 102);
    ck_assert_int_eq(ab_gate_count(&new.destroyed), 0);
    autobus_slot_cancel(old_slot); /* nothing is its own any more */
    ck_assert(autobus_service_has(pair.service, AUTOBUS_KIND_FUNCTION, "work"));
    autobus_slot_cancel(new_slot);
    ck_assert(!autobus_service_has(pair.service, AUTOBUS_KIND_FUNCTION, "work"));
    ab_gate_wait(&new.destroyed, 1);
    autobus_slot_unref(old_slot);
    autobus_slot_unref(new_slot);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&old.destroyed), 1);
    ck_assert_int_eq(ab_gate_count(&new.destroyed), 1);
}
END_TEST

START_TEST(an_idle_handler_is_gone_at_once)
{
    struct ab_pair pair;
    struct handler old = HANDLER(1), new = HANDLER(2);

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(
        autobus_service_add_function(pair.service, "work", NULL, AUTOBUS_THREAD, handle, &old, destroyed, NULL), 0);
    ck_assert_int_eq(
        autobus_service_replace_function(pair.service, "work", AUTOBUS_THREAD, handle, &new, destroyed, NULL), 0);
    ck_assert_int_eq(ab_gate_count(&old.destroyed), 1);
    ck_assert_int_eq(
        autobus_service_replace_function(pair.service, "work", AUTOBUS_THREAD, handle, &old, destroyed, NULL), 0);
    ck_assert_int_eq(ab_gate_count(&new.destroyed), 1);
    ck_assert_int_eq(autobus_service_remove(pair.service, AUTOBUS_KIND_FUNCTION, "work"), 0);
    ck_assert_int_eq(ab_gate_count(&old.destroyed), 2);
    ck_assert_int_eq(
        autobus_service_replace_function(pair.service, "work", AUTOBUS_THREAD, handle, &new, destroyed, NULL),
        AUTOBUS_ENOENT);
    ck_assert_int_eq(ab_gate_count(&new.destroyed), 1);
    ck_assert_int_eq(autobus_service_replace_function(pair.service, "work", 9, handle, &new, destroyed, NULL),
                     AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

/* The service closes while a retired handler runs and a call waits for it. */
START_TEST(a_service_closes_while_an_old_handler_runs)
{
    struct ab_pair pair;
    struct handler old = HANDLER(1), new = HANDLER(2);

    ab_pair_open(&pair, ab_test_options("workers", "2", NULL));
    ck_assert_int_eq(
        autobus_service_add_function(pair.service, "work", NULL, AUTOBUS_THREAD, handle, &old, destroyed, NULL), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(autobus_notice(pair.remote, "work", NULL), 0);
    ab_gate_wait(&old.came, 1);
    arrive(&pair);
    ck_assert_int_eq(
        autobus_service_replace_function(pair.service, "work", AUTOBUS_THREAD, handle, &new, destroyed, NULL), 0);
    autobus_service_close(pair.service);
    ck_assert_int_eq(ab_gate_count(&new.destroyed), 1);
    ck_assert_int_eq(ab_gate_count(&old.destroyed), 0);
    ab_gate_pass(&old.may_go);
    ab_gate_wait(&old.destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&old.came), 1);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Reading back */

START_TEST(what_there_is)
{
    struct ab_pair pair;
    json_t *value = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert(autobus_service_has(pair.service, AUTOBUS_KIND_FUNCTION, "echo"));
    ck_assert(autobus_service_has(pair.service, AUTOBUS_KIND_EVENT, "ping"));
    ck_assert(autobus_service_has(pair.service, AUTOBUS_KIND_OBJECT, "value"));
    ck_assert(!autobus_service_has(pair.service, AUTOBUS_KIND_OBJECT, "echo"));
    ck_assert(!autobus_service_has(pair.service, AUTOBUS_KIND_SERVICE, "echo"));
    ck_assert(!autobus_service_has(NULL, AUTOBUS_KIND_EVENT, "ping"));
    ck_assert_int_eq(autobus_service_set_doc(pair.service, AUTOBUS_KIND_EVENT, "ping", "Pings."), 0);
    ck_assert_int_eq(autobus_service_list(pair.service, AUTOBUS_KIND_EVENT, &value), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(value, "ping"), "doc")), "Pings.");
    json_decref(value);
    ck_assert_int_eq(autobus_service_list(pair.service, AUTOBUS_KIND_FUNCTION, &value), 0);
    ck_assert_ptr_nonnull(json_object_get(value, "echo"));
    json_decref(value);
    ck_assert_int_eq(autobus_service_list(pair.service, AUTOBUS_KIND_OBJECT, &value), 0);
    ck_assert_ptr_nonnull(json_object_get(value, "value"));
    json_decref(value);
    ck_assert_int_eq(autobus_service_list(pair.service, AUTOBUS_KIND_SERVICE, &value), 0);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(value, "functions"), "echo"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(value, "info"), "type")), "test");
    json_decref(value);
    ck_assert_int_eq(autobus_set(pair.service, "value", "{s:[i]}", "a", 7), 0);
    ck_assert_int_eq(autobus_service_get(pair.service, "value", &value), 0);
    ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(value, "a"), 0)), 7);
    json_decref(value);
    ck_assert_int_eq(autobus_service_get(pair.service, "ghost", &value), AUTOBUS_ENOENT);
    ck_assert_int_eq(autobus_service_get(pair.service, "value", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_list(pair.service, 7, &value), AUTOBUS_EINVAL);
    autobus_service_close(pair.service);
    ck_assert(!autobus_service_has(pair.service, AUTOBUS_KIND_FUNCTION, "echo"));
    ck_assert_int_eq(autobus_service_get(pair.service, "value", &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_list(pair.service, AUTOBUS_KIND_EVENT, &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_peers(pair.service, AUTOBUS_KIND_EVENT, "ping", &value), AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Descriptions */

static int describe(struct ab_pair *pair, enum autobus_kind kind, const char *name, const char *text)
{
    json_t *description = json_loads(text, JSON_DECODE_ANY, NULL);
    int r = autobus_service_set_description(pair->service, kind, name, description);

    ck_assert_ptr_nonnull(description);
    json_decref(description);
    return r;
}

START_TEST(what_is_described_is_seen)
{
    static const char function[] = "{\"args\": [{\"name\": \"room\", \"type\": \"string\"}, {\"type\": \"number\"}], "
                                   "\"result\": {\"type\": \"boolean\"}}";
    struct ab_pair pair;
    json_t *seen = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", function), 0);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_EVENT, "ping", "{\"args\": []}"), 0);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_OBJECT, "value", "{\"value\": {\"type\": \"integer\"}}"), 0);
    ck_assert_int_eq(autobus_service_set_doc(pair.service, AUTOBUS_KIND_FUNCTION, "echo", "Echoes."), 0);
    ck_assert_int_eq(autobus_get(pair.remote, "autobus.functions", 0, 0, &seen, NULL), 0);
    json_t *echo = json_object_get(seen, "echo"), *expected = json_loads(function, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(echo, "doc")), "Echoes.");
    json_object_del(echo, "doc");
    ck_assert(json_equal(echo, expected));
    json_decref(expected);
    json_decref(seen);
    ck_assert_int_eq(autobus_service_set_description(pair.service, AUTOBUS_KIND_FUNCTION, "echo", NULL), 0);
    ck_assert_int_eq(autobus_get(pair.remote, "autobus.functions", 0, 0, &seen, NULL), 0);
    ck_assert_uint_eq(json_object_size(json_object_get(seen, "echo")), 1);
    json_decref(seen);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(what_is_no_description)
{
    struct ab_pair pair;

    ab_pair_open(&pair, ab_test_options("description", "100", NULL));
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "ghost", "{}"), AUTOBUS_ENOENT);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_OBJECT, "autobus.doc", "{}"), AUTOBUS_ENOENT);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_SERVICE, "echo", "{}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "[]"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"doc\": \"x\"}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"args\": {}}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"args\": [1]}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"args\": [{\"name\": 1}]}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"result\": \"number\"}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_FUNCTION, "echo", "{\"value\": {}}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_EVENT, "ping", "{\"result\": {}}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_OBJECT, "value", "{\"args\": []}"), AUTOBUS_EINVAL);
    ck_assert_int_eq(describe(&pair, AUTOBUS_KIND_OBJECT, "value",
                              "{\"value\": {\"enum\": [1000000, 1000000, 1000000, 1000000, 1000000, 1000000, 1000000, "
                              "1000000, 1000000, 1000000, 1000000]}}"),
                     AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(
        describe(&pair, AUTOBUS_KIND_OBJECT, "value", "{\"value\": {\"a\": [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}}"),
        AUTOBUS_ETOOLARGE);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Interest */

struct sensor {
    struct ab_gate began;
    struct ab_gate ended;
    struct ab_gate destroyed;
};

static void interest(const autobus_interest *interest, void *user_data)
{
    struct sensor *sensor = user_data;

    ck_assert_str_eq(interest->name, "value");
    ck_assert_int_eq(interest->kind, AUTOBUS_KIND_OBJECT);
    if (interest->interested) /* as a sensor would */
        ck_assert_int_eq(autobus_set(interest->service, interest->name, "i", 21), 0);
    ab_gate_pass(interest->interested ? &sensor->began : &sensor->ended);
}

static void sensor_destroyed(void *user_data)
{
    struct sensor *sensor = user_data;

    ab_gate_pass(&sensor->destroyed);
}

static void value(const autobus_value *value, void *user_data)
{
    if (json_integer_value(value->value) == 21)
        ab_gate_pass(user_data);
}

START_TEST(a_sensor_measures_while_somebody_looks)
{
    struct ab_pair pair;
    struct sensor sensor = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    struct ab_gate measured = AB_GATE_INIT;
    json_t *peers = NULL;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_on_interest(pair.service, AUTOBUS_KIND_OBJECT, "value", interest, &sensor,
                                                 sensor_destroyed, NULL),
                     0);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", value, &measured, NULL, &slot), 0);
    ab_gate_wait(&sensor.began, 1);
    ab_gate_wait(&measured, 1);
    ck_assert_int_eq(autobus_service_peers(pair.service, AUTOBUS_KIND_OBJECT, "value", &peers), 0);
    ck_assert_uint_eq(json_array_size(peers), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(peers, 0), "host")), "127.0.0.1");
    ck_assert(json_is_true(json_object_get(json_array_get(peers, 0), "local")));
    json_decref(peers);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ab_gate_wait(&sensor.ended, 1);
    ck_assert_int_eq(ab_gate_count(&sensor.began), 1);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&sensor.destroyed), 1);
}
END_TEST

START_TEST(bad_questions)
{
    struct ab_pair pair;
    struct sensor sensor = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    json_t *peers = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_on_interest(pair.service, AUTOBUS_KIND_FUNCTION, "echo", interest, &sensor,
                                                 sensor_destroyed, NULL),
                     AUTOBUS_EINVAL);
    ck_assert_int_eq(
        autobus_service_on_interest(pair.service, AUTOBUS_KIND_EVENT, "", interest, &sensor, sensor_destroyed, NULL),
        AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_peers(pair.service, AUTOBUS_KIND_FUNCTION, "echo", &peers), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_peers(pair.service, AUTOBUS_KIND_OBJECT, "value", NULL), AUTOBUS_EINVAL);
    autobus_service_close(pair.service);
    ck_assert_int_eq(autobus_service_on_interest(pair.service, AUTOBUS_KIND_OBJECT, "value", interest, &sensor,
                                                 sensor_destroyed, NULL),
                     AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
    ck_assert_int_eq(ab_gate_count(&sensor.destroyed), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lifetime");
    TCase *tests = tcase_create("lifetime");

    tcase_add_test(tests, calls_under_way_finish_with_the_old_handler);
    tcase_add_test(tests, an_idle_handler_is_gone_at_once);
    tcase_add_test(tests, a_service_closes_while_an_old_handler_runs);
    tcase_add_test(tests, what_there_is);
    tcase_add_test(tests, what_is_described_is_seen);
    tcase_add_test(tests, what_is_no_description);
    tcase_add_test(tests, a_sensor_measures_while_somebody_looks);
    tcase_add_test(tests, bad_questions);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
