/* Partial results, deadlines and errors with data of their own, as a program sees them. */

#include "buses.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* ---- Functions */

/* Counts up to its argument: each number a partial result, the sum the answer. */
static void count(autobus_request *request, void *user_data)
{
    int sum = 0, most;

    (void)user_data;
    if (autobus_request_unpack(request, "[i]", &most) < 0)
        return;
    for (int i = 1; i <= most; i++) {
        ck_assert_int_eq(autobus_request_progress(request, "i", i), 0);
        sum += i;
    }
    autobus_reply(request, "i", sum);
}

static void wants(autobus_request *request, void *user_data)
{
    bool wanted = autobus_request_wants_progress(request);

    (void)user_data;
    ck_assert_int_eq(autobus_request_progress_json(request, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_request_progress(request, NULL), 0);
    autobus_reply(request, "b", wanted);
    ck_assert_int_eq(autobus_request_progress(request, "i", 1), AUTOBUS_EEXIST);
}

/* Gives as much as is taken. */
static void flood(autobus_request *request, void *user_data)
{
    struct ab_gate *over = user_data;
    int r = 0;

    for (int i = 0; r == 0; i++)
        r = autobus_request_progress(request, "s",
                                     "a line of text that takes some room: it is repeated until it is full");
    ck_assert_msg(r == AUTOBUS_ECANCELED || r == AUTOBUS_EAGAIN, "%d", r);
    while (r == AUTOBUS_EAGAIN)
        r = autobus_request_progress(request, "i", 1);
    ab_gate_pass(over);
}

/* ---- Blocking */

struct partials {
    int count;
    int sum;
    pthread_t thread;
};

static void add_partial(const autobus_result *result, void *user_data)
{
    struct partials *partials = user_data;

    ck_assert(result->partial);
    ck_assert(!result->last);
    ck_assert_int_eq(result->code, 0);
    ck_assert_ptr_nonnull(result->service);
    ck_assert(pthread_equal(pthread_self(), partials->thread));
    partials->count++;
    partials->sum += (int)json_integer_value(result->value);
}

START_TEST(a_call_that_blocks_hears_them_in_its_own_thread)
{
    struct ab_pair pair;
    struct partials partials = {.thread = pthread_self()};
    const autobus_call_options options = {.partial = add_partial, .user_data = &partials};
    json_t *args = json_pack("[i]", 1000);
    json_t *result;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, NULL);
    ab_pair_function(&pair, "wants", AUTOBUS_SYNC, wants, NULL);
    ck_assert_int_eq(autobus_call_with(pair.remote, &result, NULL, "count", args, &options), 0);
    ck_assert_int_eq(json_integer_value(result), 500500);
    ck_assert_int_eq(partials.count, 1000);
    ck_assert_int_eq(partials.sum, 500500);
    json_decref(result);
    ck_assert_int_eq(autobus_call_with(pair.remote, &result, NULL, "wants", NULL, &options), 0);
    ck_assert(json_is_true(result));
    ck_assert_int_eq(partials.count, 1001);
    json_decref(args);
    ab_pair_close(&pair);
}
END_TEST

struct inside {
    autobus_bus *bus;
    autobus_slot *slot;
    int count;
};

/* A batch that one of them begins is over before the next, and none waits for others. */
static void try_inside(const autobus_result *result, void *user_data)
{
    struct inside *inside = user_data;

    (void)result;
    ck_assert_int_eq(autobus_batch_end(inside->bus), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_batch_begin(inside->bus), 0);
    ck_assert_int_eq(autobus_slot_cancel_wait(inside->slot), AUTOBUS_EDEADLK);
    inside->count++;
}

static void no_services(const autobus_services_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
}

START_TEST(they_are_callbacks_as_all_others)
{
    struct ab_pair pair;
    struct inside inside = {0};
    const autobus_call_options options = {.partial = try_inside, .user_data = &inside};
    json_t *args = json_pack("[i]", 3);

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, NULL);
    inside.bus = pair.client;
    ck_assert_int_eq(autobus_listen_services(pair.client, NULL, 0, no_services, NULL, NULL, &inside.slot), 0);
    ck_assert_int_eq(autobus_call_with(pair.remote, NULL, NULL, "count", args, &options), 0);
    ck_assert_int_eq(inside.count, 3);
    autobus_slot_unref(inside.slot);
    json_decref(args);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(who_does_not_ask_hears_none)
{
    struct ab_pair pair;
    json_t *result;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, NULL);
    ab_pair_function(&pair, "wants", AUTOBUS_SYNC, wants, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "count", "[i]", 10), 0);
    ck_assert_int_eq(json_integer_value(result), 55);
    json_decref(result);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "wants", NULL), 0);
    ck_assert(json_is_false(result));
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "wants", NULL, AUTOBUS_CALL_PROGRESS, 0),
                     AUTOBUS_EINVAL);
    ck_assert(!autobus_request_wants_progress(NULL));
    ck_assert_int_eq(autobus_request_progress(NULL, NULL), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

/* ---- With a callback */

struct heard {
    struct ab_gate last;
    struct ab_gate destroyed;
    struct ab_gate go_on; /* the first waits for it */
    bool slow;
    int partials;
    int code;
    json_int_t value;
};

#define HEARD_INIT                                                                        \
    {                                                                                     \
        .last = AB_GATE_INIT, .destroyed = AB_GATE_INIT, .go_on = AB_GATE_INIT, .code = 1 \
    }

static void hear(const autobus_result *result, void *user_data)
{
    struct heard *heard = user_data;

    ck_assert(!result->partial || !result->last);
    if (result->partial) {
        heard->partials++;
        if (heard->slow)
            ab_gate_wait(&heard->go_on, 1);
        return;
    }
    heard->code = result->code;
    if (result->value)
        heard->value += json_integer_value(result->value);
    if (result->last)
        ab_gate_pass(&heard->last);
}

static void heard_destroyed(void *user_data)
{
    struct heard *heard = user_data;

    ab_gate_pass(&heard->destroyed);
}

START_TEST(a_callback_hears_them_before_the_answer)
{
    struct ab_pair pair;
    struct heard heard = HEARD_INIT;
    json_t *args = json_pack("[i]", 100);

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, NULL);
    ck_assert_int_eq(
        autobus_call_async(pair.remote, "count", args, AUTOBUS_CALL_PROGRESS, 0, hear, &heard, heard_destroyed, NULL),
        0);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, 0);
    ck_assert_int_eq(heard.partials, 100);
    ck_assert_int_eq(heard.value, 5050);
    ck_assert_int_eq(
        autobus_get_async(pair.remote, "value", AUTOBUS_CALL_PROGRESS, 0, hear, &heard, heard_destroyed, NULL),
        AUTOBUS_EINVAL);
    json_decref(args);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(so_does_that_of_a_call_to_all)
{
    struct ab_pair pair;
    struct heard heard = HEARD_INIT;
    json_t *args = json_pack("[i]", 100);
    autobus_remote *many;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, NULL);
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "test", &many, NULL), 0);
    ck_assert_int_eq(
        autobus_call_all(many, "count", args, AUTOBUS_CALL_PROGRESS, NULL, hear, &heard, heard_destroyed, NULL), 0);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, 0);
    ck_assert_int_eq(heard.partials, 100);
    ck_assert_int_eq(heard.value, 5050);
    json_decref(args);
    autobus_remote_unref(many);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_callback_that_does_not_keep_up_ends_the_call)
{
    struct ab_pair pair;
    struct heard heard = HEARD_INIT;
    struct ab_gate over = AB_GATE_INIT;

    heard.slow = true;
    ab_pair_open(&pair, ab_test_options("events_waiting", "100", NULL));
    ab_pair_function(&pair, "flood", AUTOBUS_THREAD, flood, &over);
    ck_assert_int_eq(
        autobus_call_async(pair.remote, "flood", NULL, AUTOBUS_CALL_PROGRESS, 0, hear, &heard, heard_destroyed, NULL),
        0);
    ab_gate_wait(&over, 1); /* it was told that nobody listens any more */
    ab_gate_pass(&heard.go_on);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_EOVERFLOW);
    ck_assert_int_le(heard.partials, 1);
    ab_pair_close(&pair);
}
END_TEST

static void wait_at_first(const autobus_result *result, void *user_data)
{
    struct heard *heard = user_data;

    ck_assert(result->partial);
    if (heard->partials++ == 0)
        ab_gate_wait(&heard->go_on, 1); /* until the function is over */
}

START_TEST(so_does_a_thread_that_does_not)
{
    struct ab_pair pair;
    struct heard heard = HEARD_INIT;
    const autobus_call_options options = {.partial = wait_at_first, .user_data = &heard};
    autobus_error error = AUTOBUS_ERROR_INIT;

    ab_pair_open(&pair, ab_test_options("event_bytes_waiting", "10000", NULL));
    ab_pair_function(&pair, "flood", AUTOBUS_THREAD, flood, &heard.go_on);
    ck_assert_int_eq(autobus_call_with(pair.remote, NULL, &error, "flood", NULL, &options), AUTOBUS_EOVERFLOW);
    ck_assert_str_eq(error.type, "overflow");
    ab_gate_wait(&heard.go_on, 1);
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Deadlines */

static void remaining(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, "i", autobus_request_remaining(request));
}

static void outlive(autobus_request *request, void *user_data)
{
    struct ab_gate *gates = user_data;

    ab_gate_pass(&gates[0]);
    ab_gate_wait(&gates[1], 1);
    ck_assert_int_le(autobus_request_remaining(request), 50);
    ck_assert(autobus_request_abandoned(request));
    ab_gate_pass(&gates[2]);
}

static void tell_abandoned(autobus_request *request, void *user_data)
{
    (void)request;
    ab_gate_pass(user_data);
}

static void wait_abandoned(autobus_request *request, void *user_data)
{
    struct ab_gate *gates = user_data;

    ck_assert_int_eq(autobus_request_on_abandoned(request, tell_abandoned, &gates[1], NULL, NULL), 0);
    outlive(request, user_data);
}

START_TEST(a_function_knows_how_long_its_caller_waits)
{
    struct ab_pair pair;
    struct ab_gate gates[3] = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    json_t *result;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "remaining", AUTOBUS_SYNC, remaining, NULL);
    ab_pair_function(&pair, "wait", AUTOBUS_THREAD, wait_abandoned, gates);
    ck_assert_int_eq(autobus_call_json(pair.remote, &result, NULL, "remaining", NULL, 0, 600000), 0);
    ck_assert_int_gt(json_integer_value(result), 500000);
    ck_assert_int_le(json_integer_value(result), 600000);
    json_decref(result);
    ck_assert_int_eq(autobus_call_json(pair.remote, NULL, NULL, "wait", NULL, 0, 100), AUTOBUS_ETIMEDOUT);
    ab_gate_wait(&gates[2], 1);
    ck_assert_int_eq(autobus_request_remaining(NULL), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

static void no_deadline(autobus_request *request, void *user_data)
{
    ck_assert_int_eq(autobus_request_remaining(request), AUTOBUS_ENOENT);
    ab_gate_pass(user_data);
}

START_TEST(a_notice_has_no_time)
{
    struct ab_pair pair;
    struct ab_gate gate = AB_GATE_INIT;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "note", AUTOBUS_SYNC, no_deadline, &gate);
    ck_assert_int_eq(autobus_notice(pair.remote, "note", NULL), 0);
    ab_gate_wait(&gate, 1);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Errors with data */

static void fail_hot(autobus_request *request, void *user_data)
{
    json_t *data = json_pack("{s:f, s:[s]}", "celsius", 95.5, "parts", "valve");

    (void)user_data;
    ck_assert_int_eq(autobus_reply_error_json(request, "hot", NULL, data), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_reply_error_json(request, "hot", "\xff", data), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_reply_error_json(request, "", "text", data), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_reply_error_json(request, "hot", "it is too hot", data), 0);
    ck_assert_int_eq(autobus_reply_error_json(request, "hot", "it is too hot", data), AUTOBUS_EEXIST);
    json_decref(data);
}

static void fail_bare(autobus_request *request, void *user_data)
{
    (void)user_data;
    ck_assert_int_eq(autobus_reply_error_json(request, NULL, "no", NULL), 0);
}

static void fail_large(autobus_request *request, void *user_data)
{
    json_t *data = json_array();

    (void)user_data;
    for (int i = 0; i < 30000; i++)
        json_array_append_new(data, json_string("a long line of data"));
    ck_assert_int_eq(autobus_reply_error_json(request, "hot", "it is too hot", data), AUTOBUS_ETOOLARGE);
    json_decref(data);
}

START_TEST(an_error_has_data_of_its_own)
{
    struct ab_pair pair;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *data;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "fail", AUTOBUS_SYNC, fail_hot, NULL);
    ab_pair_function(&pair, "bare", AUTOBUS_SYNC, fail_bare, NULL);
    ab_pair_function(&pair, "large", AUTOBUS_SYNC, fail_large, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "fail", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "hot");
    ck_assert_str_eq(error.text, "it is too hot");
    data = json_object_get(error.details, "data");
    ck_assert(json_real_value(json_object_get(data, "celsius")) == 95.5);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "bare", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "exception");
    ck_assert_str_eq(error.text, "no");
    ck_assert_ptr_null(json_object_get(error.details, "data"));
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "large", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "too_large");
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *partial = tcase_create("partial results");
    TCase *deadlines = tcase_create("deadlines");
    TCase *errors = tcase_create("errors");

    tcase_set_timeout(partial, 30);
    tcase_add_test(partial, a_call_that_blocks_hears_them_in_its_own_thread);
    tcase_add_test(partial, they_are_callbacks_as_all_others);
    tcase_add_test(partial, who_does_not_ask_hears_none);
    tcase_add_test(partial, a_callback_hears_them_before_the_answer);
    tcase_add_test(partial, so_does_that_of_a_call_to_all);
    tcase_add_test(partial, a_callback_that_does_not_keep_up_ends_the_call);
    tcase_add_test(partial, so_does_a_thread_that_does_not);
    tcase_add_test(deadlines, a_function_knows_how_long_its_caller_waits);
    tcase_add_test(deadlines, a_notice_has_no_time);
    tcase_add_test(errors, an_error_has_data_of_its_own);
    suite_add_tcase(suite, partial);
    suite_add_tcase(suite, deadlines);
    suite_add_tcase(suite, errors);
    return ab_test_run(suite);
}
