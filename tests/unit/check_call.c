/* Calls: blocking and not, in every mode of a function, and each way in which they can end. */

#include "bus/bus.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "buses.h"
#include "core/remote.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define MODES 3

static const char *const mode_names[MODES] = {"thread", "sync", "async"};

static void add(autobus_request *request, void *user_data)
{
    int a, b;

    (void)user_data;
    if (autobus_request_unpack(request, "[ii]", &a, &b) == 0)
        autobus_reply(request, "i", a + b);
}

static void add_in_all_modes(struct ab_pair *pair)
{
    for (int mode = 0; mode < MODES; mode++)
        ab_pair_function(pair, mode_names[mode], (enum autobus_mode)mode, add, NULL);
}

START_TEST(in_all_modes)
{
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    add_in_all_modes(&pair);
    for (int mode = 0; mode < MODES; mode++) {
        json_t *result = NULL;

        ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, mode_names[mode], "[ii]", 2, 3), 0);
        if (mode == AUTOBUS_ASYNC)
            ck_assert(json_is_null(result));
        else
            ck_assert_int_eq(json_integer_value(result), 5);
        json_decref(result);
    }
    ab_pair_close(&pair);
}
END_TEST

/* ---- With a callback */

static int ask(struct ab_pair *pair, const char *function, unsigned flags, int timeout_ms, struct ab_answer *answer)
{
    json_t *args = json_pack("[ii]", 2, 3);
    int r = autobus_call_async(pair->remote, function, args, flags, timeout_ms, ab_answer_take, answer,
                               ab_answer_destroyed, NULL);

    json_decref(args);
    return r;
}

static void ends_with(struct ab_answer *answer, int code, const char *type)
{
    ab_gate_wait(&answer->destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&answer->came), 1);
    ck_assert_int_eq(answer->code, code);
    if (type)
        ck_assert_str_eq(answer->type, type);
}

START_TEST(with_a_callback)
{
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    add_in_all_modes(&pair);
    for (int mode = 0; mode < MODES; mode++) {
        struct ab_answer answer = AB_ANSWER_INIT;

        ck_assert_int_eq(ask(&pair, mode_names[mode], 0, 0, &answer), 0);
        ends_with(&answer, 0, NULL);
        ck_assert_int_eq(answer.value, mode == AUTOBUS_ASYNC ? 0 : 5);
    }
    ab_pair_close(&pair);
}
END_TEST

/* ---- How calls end */

static void throw(autobus_request * request, void *user_data)
{
    (void)user_data;
    autobus_reply_error(request, "cold", "too cold");
}

START_TEST(what_the_remote_says)
{
    struct ab_pair pair;
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_answer missing = AB_ANSWER_INIT;
    struct ab_answer thrown = AB_ANSWER_INIT;
    json_t *result = (json_t *)&pair;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "throw", AUTOBUS_THREAD, throw, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, &result, &error, "missing", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "no_such_function");
    ck_assert_int_eq(autobus_call(pair.remote, &result, &error, "throw", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "cold");
    ck_assert_str_eq(error.text, "too cold");
    ck_assert_ptr_eq(result, (json_t *)&pair);
    ck_assert_int_eq(ask(&pair, "missing", 0, 0, &missing), 0);
    ends_with(&missing, AUTOBUS_EREMOTE, "no_such_function");
    ck_assert_int_eq(ask(&pair, "throw", 0, 0, &thrown), 0);
    ends_with(&thrown, AUTOBUS_EREMOTE, "cold");
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(out_of_time)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_answer answer = AB_ANSWER_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "never", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, &error, "never", NULL, 0, 20), AUTOBUS_ETIMEDOUT);
    ck_assert_str_eq(error.type, "timeout");
    ck_assert_int_eq(autobus_remote_set_timeout(pair.remote, 20), 0);
    ck_assert_int_eq(autobus_remote_set_timeout(pair.remote, 0), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "never", NULL), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(ask(&pair, "never", 0, 0, &answer), 0);
    ends_with(&answer, AUTOBUS_ETIMEDOUT, "timeout");
    autobus_error_clear(&error);
    autobus_bus_close(pair.server);
    ab_pair_close(&pair);
    ab_kept_drop(&kept);
}
END_TEST

START_TEST(nobody_is_there)
{
    autobus_bus *bus = ab_test_bus();
    autobus_remote *remote;
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_pair pair = {.client = bus};
    struct ab_answer answer = AB_ANSWER_INIT;
    json_t *value;

    ck_assert_int_eq(autobus_proxy(bus, "nobody", &remote, NULL), 0);
    pair.remote = remote;
    ck_assert_int_eq(autobus_remote_wait(remote, 10, &error), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(error.code, AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(autobus_remote_info(remote, &value), AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(autobus_notice(remote, "x", NULL), AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(autobus_call_json(remote, NULL, &error, "x", NULL, AUTOBUS_CALL_BOUND, 0), AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(error.code, AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(autobus_get(remote, "x", AUTOBUS_CALL_BOUND, 0, &value, NULL), AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(ask(&pair, "x", AUTOBUS_CALL_BOUND, 0, &answer), AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(autobus_call_json(remote, NULL, NULL, "x", NULL, 0, 10), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(ask(&pair, "x", 0, 0, &answer), 0);
    autobus_remote_close(remote);
    ends_with(&answer, AUTOBUS_ECLOSED, "closed");
    autobus_remote_unref(remote);
    autobus_error_clear(&error);
    ab_test_bus_end(bus);
}
END_TEST

START_TEST(the_server_goes)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    struct ab_answer answer = AB_ANSWER_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "hold", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(ask(&pair, "hold", 0, 0, &answer), 0);
    ab_gate_wait(&kept.came, 1);
    ck_assert_int_eq(autobus_bus_close_wait(pair.server), 0);
    ends_with(&answer, AUTOBUS_EDISCONNECTED, NULL);
    ab_kept_drop(&kept);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(the_client_closes)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    struct ab_answer answer = AB_ANSWER_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "hold", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(ask(&pair, "hold", 0, 0, &answer), 0);
    ab_gate_wait(&kept.came, 1);
    ck_assert_int_eq(autobus_bus_close_wait(pair.client), 0);
    ck_assert_int_eq(ab_gate_count(&answer.destroyed), 1);
    ends_with(&answer, AUTOBUS_ECLOSED, "closed");
    autobus_bus_close(pair.server);
    ab_kept_drop(&kept);
    ab_pair_close(&pair);
}
END_TEST

static void *call_and_block(void *user_data)
{
    struct ab_pair *pair = user_data;

    return (void *)(intptr_t)autobus_call(pair->remote, NULL, NULL, "hold", NULL);
}

START_TEST(closed_while_it_blocks)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    pthread_t thread;
    void *code;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "hold", AUTOBUS_SYNC, ab_keep, &kept);
    pthread_create(&thread, NULL, call_and_block, &pair);
    ab_gate_wait(&kept.came, 1);
    autobus_bus_close(pair.client);
    pthread_join(thread, &code);
    ck_assert_int_eq((int)(intptr_t)code, AUTOBUS_ECLOSED);
    autobus_bus_close(pair.server);
    ab_kept_drop(&kept);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(bad_arguments)
{
    struct ab_pair pair;
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_answer answer = AB_ANSWER_INIT;
    json_t *deep = json_array();
    json_t *object = json_object();
    json_t *large;
    json_t *out;
    char *text = malloc(2 << 20);

    for (int i = 0; i < 64; i++)
        deep = json_pack("[o]", deep);
    memset(text, 'x', 2 << 20);
    large = json_pack("[o]", json_stringn(text, 2 << 20));
    free(text);
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "echo", "["), AUTOBUS_EINVAL);
    ck_assert_uint_gt(strlen(error.text), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", "i", 1), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call(NULL, NULL, NULL, "echo", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "echo", object, 0, 0), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "echo", NULL, 2, 0), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "echo", NULL, 0, -1), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, &error, "echo", deep, 0, 0), AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, &error, "echo", large, 0, 0), AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(autobus_notice_json(pair.remote, "echo", large), AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(autobus_notice(pair.remote, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_get(pair.remote, "value", 0, 0, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_get(pair.remote, "", 0, 0, &out, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, NULL, &answer, ab_answer_destroyed, NULL),
                     AUTOBUS_EINVAL);
    ck_assert_int_eq(ab_gate_count(&answer.destroyed), 0);
    autobus_error_clear(&error);
    json_decref(deep);
    json_decref(object);
    json_decref(large);
    ab_pair_close(&pair);
}
END_TEST

/* ---- No room */

START_TEST(no_room)
{
    struct ab_pair pair;
    struct ab_kept kept = AB_KEPT_INIT;
    struct ab_answer first = AB_ANSWER_INIT;
    struct ab_answer second = AB_ANSWER_INIT;

    ab_pair_open(&pair, ab_test_options("calls", "1", NULL));
    ab_pair_function(&pair, "never", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(ask(&pair, "never", 0, 0, &first), 0);
    ck_assert_int_eq(ask(&pair, "never", 0, 0, &second), AUTOBUS_EAGAIN);
    /* One that blocks waits for room, here until its time is over. */
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "never", NULL, 0, 20), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(ab_gate_count(&first.came), 0);
    autobus_bus_close(pair.server);
    ends_with(&first, AUTOBUS_EDISCONNECTED, NULL);
    ck_assert_int_eq(ab_gate_count(&second.destroyed), 0);
    ab_pair_close(&pair);
    ab_kept_drop(&kept);
}
END_TEST

/* ---- Where it may block */

struct place {
    struct ab_pair *pair;
    struct ab_gate done;
    int call, get, wait, settle;
};

static void block(struct place *place)
{
    json_t *value = NULL;

    place->call = autobus_call(place->pair->remote, NULL, NULL, "echo", NULL);
    place->get = autobus_get(place->pair->remote, "value", 0, 0, &value, NULL);
    place->wait = autobus_remote_wait(place->pair->remote, 1000, NULL);
    place->settle = autobus_bus_settle(place->pair->client, 5000);
    json_decref(value);
    ab_gate_pass(&place->done);
}

static void block_in_function(autobus_request *request, void *user_data)
{
    (void)request;
    block(user_data);
}

static void block_in_result(const autobus_result *result, void *user_data)
{
    (void)result;
    block(user_data);
}

static void all_are(struct place *place, int code)
{
    ab_gate_wait(&place->done, 1);
    ck_assert_int_eq(place->call, code);
    ck_assert_int_eq(place->get, code);
    ck_assert_int_eq(place->wait, code);
    ck_assert_int_eq(place->settle, code);
}

START_TEST(where_it_may_block)
{
    struct ab_pair pair;
    struct place sync = {&pair, AB_GATE_INIT, 1, 1, 1, 1};
    struct place thread = {&pair, AB_GATE_INIT, 1, 1, 1, 1};
    struct place queue = {&pair, AB_GATE_INIT, 1, 1, 1, 1};
    struct place events = {&pair, AB_GATE_INIT, 1, 1, 1, 1};
    autobus_queue *event_queue;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "sync", AUTOBUS_SYNC, block_in_function, &sync);
    ab_pair_function(&pair, "thread", AUTOBUS_THREAD, block_in_function, &thread);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "sync", NULL), 0);
    all_are(&sync, AUTOBUS_EDEADLK);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "thread", NULL), 0);
    all_are(&thread, 0);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, block_in_result, &queue, NULL, NULL), 0);
    all_are(&queue, 0);
    event_queue = autobus_bus_event_queue(pair.client);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, event_queue), 0);
    autobus_queue_unref(event_queue);
    ck_assert_int_eq(autobus_call_async(pair.remote, "echo", NULL, 0, 0, block_in_result, &events, NULL, NULL), 0);
    all_are(&events, AUTOBUS_EDEADLK);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Objects */

START_TEST(reading_an_object)
{
    struct ab_pair pair;
    struct ab_answer there = AB_ANSWER_INIT;
    struct ab_answer missing = AB_ANSWER_INIT;
    json_t *value = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_set(pair.service, "value", "i", 41), 0);
    ck_assert_int_eq(autobus_get(pair.remote, "value", 0, 0, &value, NULL), 0);
    ck_assert_int_eq(json_integer_value(value), 41);
    json_decref(value);
    ck_assert_int_eq(autobus_get(pair.remote, "missing", 0, 0, &value, NULL), AUTOBUS_ENOENT);
    ck_assert_int_eq(autobus_get_async(pair.remote, "value", 0, 0, ab_answer_take, &there, ab_answer_destroyed, NULL),
                     0);
    ends_with(&there, 0, NULL);
    ck_assert_int_eq(there.value, 41);
    ck_assert_int_eq(
        autobus_get_async(pair.remote, "missing", 0, 0, ab_answer_take, &missing, ab_answer_destroyed, NULL), 0);
    ends_with(&missing, AUTOBUS_ENOENT, "no_such_object");
    ab_pair_close(&pair);
}
END_TEST

/* ---- Connections */

START_TEST(a_connection)
{
    struct ab_pair pair;
    autobus_remote *remote;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *info;
    uint16_t port;

    ab_pair_open(&pair, NULL);
    port = ab_pair_port(&pair);
    ck_assert_int_eq(autobus_connect(pair.client, ab_test_localhost(), port, autobus_service_id(pair.service), &remote),
                     0);
    ck_assert_int_eq(autobus_call(remote, NULL, &error, "echo", NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 0, &error), 0);
    ck_assert_int_eq(autobus_remote_info(remote, &info), 0);
    ck_assert_uint_eq(json_object_size(info), 3);
    json_decref(info);
    autobus_remote_unref(remote);

    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", port, "missing", &remote), 0);
    ck_assert_int_eq(autobus_call(remote, NULL, &error, "echo", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "no_such_service");
    ck_assert_int_eq(autobus_remote_wait(remote, 0, &error), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "no_such_service");
    autobus_remote_unref(remote);

    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", 1, "missing", &remote), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 5000, &error), AUTOBUS_ENETWORK);
    autobus_remote_unref(remote);
    ck_assert_int_eq(autobus_connect(pair.client, "no such name", 1, "missing", &remote), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, &error), AUTOBUS_ENETWORK);
    autobus_remote_unref(remote);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", 0, "missing", &remote), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_connect(pair.client, "", 1, "missing", &remote), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", 1, "", &remote), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_proxy(pair.client, "a~(", &remote, &error), AUTOBUS_EINVAL);
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_place_alone)
{
    struct ab_pair pair;
    struct ab_answer bound = AB_ANSWER_INIT;
    autobus_remote *remote;
    json_t *details;
    json_t *info;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", ab_pair_port(&pair), NULL, &remote), 0);
    ck_assert_int_eq(autobus_remote_wait_async(remote, 5000, ab_answer_take, &bound, ab_answer_destroyed, NULL), 0);
    ends_with(&bound, 0, NULL);
    ck_assert_int_eq(autobus_remote_info(remote, &info), 0);
    ck_assert_int_eq(autobus_call(remote, &details, NULL, "get_details", NULL), 0);
    ck_assert_ptr_nonnull(json_object_get(details, json_string_value(json_object_get(info, "service"))));
    ck_assert_ptr_nonnull(json_object_get(details, autobus_service_id(pair.service)));
    json_decref(details);
    ck_assert_int_eq(autobus_call(remote, &details, NULL, "get_counters", NULL), 0);
    ck_assert_int_ge(json_integer_value(json_object_get(json_object_get(details, "inbound"), "now")), 1);
    ck_assert_int_ge(json_integer_value(json_object_get(json_object_get(details, "datagrams"), "sent")), 1);
    ck_assert_ptr_null(json_object_get(details, "sources")); /* who sends it what is nobody else's affair */
    json_decref(details);
    json_decref(info);
    autobus_remote_unref(remote);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(waiting_with_a_callback)
{
    struct ab_pair pair;
    autobus_remote *nobody;
    autobus_remote *refused;
    autobus_remote *many;
    struct ab_answer never = AB_ANSWER_INIT;
    struct ab_answer failed = AB_ANSWER_INIT;
    struct ab_answer over = AB_ANSWER_INIT;
    struct ab_answer one = AB_ANSWER_INIT;
    struct ab_answer given_up = AB_ANSWER_INIT;
    struct ab_answer closed = AB_ANSWER_INIT;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_proxy(pair.client, "nobody", &nobody, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait_async(nobody, 20, ab_answer_take, &never, ab_answer_destroyed, NULL), 0);
    ends_with(&never, AUTOBUS_ETIMEDOUT, "timeout");
    ck_assert_int_eq(autobus_remote_wait_async(nobody, 0, ab_answer_take, &given_up, ab_answer_destroyed, &slot), 0);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ab_gate_wait(&given_up.destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&given_up.came), 0);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", 1, "x", &refused), 0);
    ck_assert_int_eq(autobus_remote_wait_async(refused, 5000, ab_answer_take, &failed, ab_answer_destroyed, NULL), 0);
    ends_with(&failed, AUTOBUS_ENETWORK, NULL);
    ck_assert_int_eq(autobus_remote_wait_async(refused, 5000, ab_answer_take, &over, ab_answer_destroyed, NULL), 0);
    ends_with(&over, AUTOBUS_ENETWORK, NULL);
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "test", &many, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait_async(many, 5000, ab_answer_take, &one, ab_answer_destroyed, NULL), 0);
    ends_with(&one, 0, NULL);
    autobus_remote_unref(many);
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "nobody", &many, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait_async(many, 0, ab_answer_take, &given_up, ab_answer_destroyed, &slot), 0);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ab_gate_wait(&given_up.destroyed, 2);
    ck_assert_int_eq(ab_gate_count(&given_up.came), 0);
    ck_assert_int_eq(autobus_remote_wait_async(many, -1, ab_answer_take, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_remote_wait_async(NULL, 1, ab_answer_take, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_remote_wait_async(nobody, 0, ab_answer_take, &closed, ab_answer_destroyed, NULL), 0);
    autobus_remote_close(nobody);
    ends_with(&closed, AUTOBUS_ECLOSED, NULL);
    autobus_remote_unref(nobody);
    autobus_remote_unref(refused);
    autobus_remote_unref(many);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(the_end_of_a_connection)
{
    struct ab_pair pair;
    autobus_remote *remote;
    autobus_remote *dropped;
    struct ab_answer lost = AB_ANSWER_INIT;
    struct ab_answer late = AB_ANSWER_INIT;
    struct ab_answer silent = AB_ANSWER_INIT;
    json_t *value;
    uint16_t port;

    ab_pair_open(&pair, NULL);
    port = ab_pair_port(&pair);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", port, NULL, &remote), 0);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", port, NULL, &dropped), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 5000, NULL), 0);
    ck_assert_int_eq(autobus_remote_on_end(remote, 0, ab_answer_take, &lost, ab_answer_destroyed, NULL), 0);
    ck_assert_int_eq(autobus_remote_on_end(dropped, 0, ab_answer_take, &silent, ab_answer_destroyed, NULL), 0);
    ck_assert_int_eq(autobus_remote_on_end(pair.remote, 0, ab_answer_take, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_remote_on_end(remote, 2, ab_answer_take, NULL, NULL, NULL), AUTOBUS_EINVAL);
    autobus_remote_unref(dropped);
    ab_gate_wait(&silent.destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&silent.came), 0);
    ck_assert_int_eq(ab_gate_count(&lost.destroyed), 0);
    ck_assert_int_eq(autobus_bus_close_wait(pair.server), 0);
    ends_with(&lost, AUTOBUS_EDISCONNECTED, "disconnected");
    ck_assert_int_eq(autobus_remote_on_end(remote, 0, ab_answer_take, NULL, NULL, NULL), AUTOBUS_EDISCONNECTED);
    ck_assert_int_eq(autobus_remote_on_end(remote, AUTOBUS_END_PAST, ab_answer_take, &late, ab_answer_destroyed, NULL),
                     0);
    ends_with(&late, AUTOBUS_EDISCONNECTED, "disconnected");
    ck_assert_int_eq(autobus_get(remote, "details", 0, 0, &value, NULL), AUTOBUS_EDISCONNECTED);
    autobus_remote_unref(remote);
    ab_pair_close(&pair);
}
END_TEST

struct bindings {
    struct ab_gate told;
    bool bound[2];
    int reason[2];
};

static void note_binding(const autobus_binding *binding, void *user_data)
{
    struct bindings *bindings = user_data;
    int index = ab_gate_count(&bindings->told);

    ck_assert_int_lt(index, 2);
    ck_assert(binding->bound == (binding->info != NULL));
    bindings->bound[index] = binding->bound;
    bindings->reason[index] = binding->reason;
    ab_gate_pass(&bindings->told);
}

START_TEST(bound_and_lost)
{
    struct ab_pair pair;
    struct bindings bindings = {.told = AB_GATE_INIT};

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_remote_on_binding(pair.remote, note_binding, &bindings, NULL, NULL), 0);
    ab_gate_wait(&bindings.told, 1);
    ck_assert_int_eq(autobus_bus_close_wait(pair.server), 0);
    ab_gate_wait(&bindings.told, 2);
    ck_assert(bindings.bound[0] && !bindings.bound[1]);
    ck_assert_int_eq(bindings.reason[0], 0);
    ck_assert_int_lt(bindings.reason[1], 0);
    ab_pair_close(&pair);
}
END_TEST

struct put_off {
    struct ab_deferred deferred;
    autobus_remote *remote;
    int result;
};

static void call_at_last(struct ab_deferred *deferred)
{
    struct put_off *put_off = AB_CONTAINER(deferred, struct put_off, deferred);

    put_off->result = autobus_call(put_off->remote, NULL, NULL, "echo", "[i]", 1);
}

/* What must wait until no lock is held (a destroy function of a filter's) does not run in the middle of a send: it may
 * block for an answer to what the same stream has to send. */
START_TEST(not_in_the_middle_of_a_send)
{
    struct ab_text *args = ab_text_new("[]", 2);
    struct put_off put_off = {.result = 1};
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    put_off.remote = pair.remote;
    ck_assert_int_eq(autobus_remote_set_timeout(pair.remote, 3000), 0);
    ck_assert_int_eq(ab_bus_enter(pair.client), 0);
    ck_assert_int_eq(ab_remote_notice(pair.remote->engine, ab_bus_now(pair.client), "echo", args), 0);
    ab_defer(&put_off.deferred, call_at_last);
    ab_bus_leave(pair.client);
    ck_assert_int_eq(put_off.result, 0);
    ab_text_unref(args);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call");
    TCase *tcase = tcase_create("call");

    tcase_add_test(tcase, in_all_modes);
    tcase_add_test(tcase, with_a_callback);
    tcase_add_test(tcase, what_the_remote_says);
    tcase_add_test(tcase, out_of_time);
    tcase_add_test(tcase, nobody_is_there);
    tcase_add_test(tcase, the_server_goes);
    tcase_add_test(tcase, the_client_closes);
    tcase_add_test(tcase, closed_while_it_blocks);
    tcase_add_test(tcase, bad_arguments);
    tcase_add_test(tcase, no_room);
    tcase_add_test(tcase, where_it_may_block);
    tcase_add_test(tcase, reading_an_object);
    tcase_add_test(tcase, a_connection);
    tcase_add_test(tcase, a_place_alone);
    tcase_add_test(tcase, waiting_with_a_callback);
    tcase_add_test(tcase, the_end_of_a_connection);
    tcase_add_test(tcase, bound_and_lost);
    tcase_add_test(tcase, not_in_the_middle_of_a_send);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
