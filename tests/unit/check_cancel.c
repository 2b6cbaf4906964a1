/* Calls that are cancelled, by their slot or from another thread, and what their services see of it. */

#include "buses.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* ---- At the service */

struct service {
    struct ab_kept kept;
    struct ab_gate abandoned;
};

#define SERVICE_INIT               \
    {                              \
        AB_KEPT_INIT, AB_GATE_INIT \
    }

static void abandoned(autobus_request *request, void *user_data)
{
    struct service *service = user_data;

    ck_assert(autobus_request_abandoned(request));
    ab_gate_pass(&service->abandoned);
}

static void keep(autobus_request *request, void *user_data)
{
    struct service *service = user_data;

    ck_assert_int_eq(autobus_request_on_abandoned(request, abandoned, service, NULL, NULL), 0);
    ab_keep(request, &service->kept);
}

/* Its calls were cancelled, which it is told once. */
static void drop(struct service *service)
{
    for (int i = 0; i < ab_gate_count(&service->kept.came); i++) {
        ck_assert_int_eq(autobus_reply(service->kept.requests[i], NULL), AUTOBUS_ECANCELED);
        ck_assert_int_eq(autobus_reply(service->kept.requests[i], NULL), AUTOBUS_EEXIST);
    }
    ab_kept_drop(&service->kept);
}

static void open_pair(struct ab_pair *pair, struct service *service)
{
    ab_pair_open(pair, NULL);
    ab_pair_function(pair, "keep", AUTOBUS_SYNC, keep, service);
}

/* ---- With a callback */

static void is_cancelled(struct ab_answer *answer, autobus_slot *slot)
{
    ck_assert_int_eq(autobus_call_cancel(slot), 0);
    ck_assert_int_eq(autobus_call_cancel(slot), 0);
    ab_gate_wait(&answer->destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&answer->came), 1);
    ck_assert_int_eq(answer->code, AUTOBUS_ECANCELED);
    ck_assert_str_eq(answer->type, "canceled");
    ck_assert_int_eq(autobus_call_cancel(slot), 0);
    autobus_slot_unref(slot);
}

START_TEST(a_call_is_cancelled_by_its_slot)
{
    struct ab_pair pair;
    struct service service = SERVICE_INIT;
    struct ab_answer answer = AB_ANSWER_INIT;
    autobus_slot *slot;

    open_pair(&pair, &service);
    ck_assert_int_eq(
        autobus_call_async(pair.remote, "keep", NULL, 0, 0, ab_answer_take, &answer, ab_answer_destroyed, &slot), 0);
    ab_gate_wait(&service.kept.came, 1);
    is_cancelled(&answer, slot);
    ab_gate_wait(&service.abandoned, 1);
    drop(&service);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(an_answer_that_came_before_stays)
{
    struct ab_pair pair;
    struct ab_answer answer = AB_ANSWER_INIT;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(
        autobus_call_async(pair.remote, "echo", NULL, 0, 0, ab_answer_take, &answer, ab_answer_destroyed, &slot), 0);
    ab_gate_wait(&answer.destroyed, 1);
    ck_assert_int_eq(autobus_call_cancel(slot), 0);
    ck_assert_int_eq(answer.code, 0);
    ck_assert_int_eq(ab_gate_count(&answer.came), 1);
    autobus_slot_unref(slot);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_read_and_a_call_to_all_are_calls_too)
{
    struct ab_pair pair;
    struct service service = SERVICE_INIT;
    struct ab_answer read = AB_ANSWER_INIT;
    struct ab_answer all = AB_ANSWER_INIT;
    autobus_remote *nobody, *many;
    autobus_slot *slot;

    open_pair(&pair, &service);
    ck_assert_int_eq(autobus_proxy(pair.client, "nobody", &nobody, NULL), 0);
    ck_assert_int_eq(autobus_get_async(nobody, "x", 0, 0, ab_answer_take, &read, ab_answer_destroyed, &slot), 0);
    is_cancelled(&read, slot);
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "test", &many, NULL), 0);
    ck_assert_int_eq(autobus_call_all(many, "keep", NULL, 0, NULL, ab_answer_take, &all, ab_answer_destroyed, &slot),
                     0);
    ab_gate_wait(&service.kept.came, 1);
    is_cancelled(&all, slot);
    ab_gate_wait(&service.abandoned, 1);
    drop(&service);
    autobus_remote_unref(nobody);
    autobus_remote_unref(many);
    ab_pair_close(&pair);
}
END_TEST

static void note_event(const autobus_event *event, void *user_data)
{
    (void)event, (void)user_data;
}

START_TEST(only_calls_are_cancelled)
{
    struct ab_pair pair;
    autobus_slot *slot;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", note_event, NULL, NULL, &slot), 0);
    ck_assert_int_eq(autobus_call_cancel(slot), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_cancel(NULL), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
    ck_assert_int_eq(autobus_call_cancel(slot), AUTOBUS_ECLOSED);
    autobus_slot_unref(slot);
}
END_TEST

/* ---- From another thread */

struct caller {
    struct ab_pair *pair;
    autobus_remote *many;
    autobus_canceler *canceler;
    pthread_t thread;
    int code;
    char type[32];
};

static void *call_and_block(void *user_data)
{
    struct caller *caller = user_data;
    autobus_error error = AUTOBUS_ERROR_INIT;
    const autobus_call_options options = {.canceler = caller->canceler};
    const autobus_gather_rule rule = {.canceler = caller->canceler};

    if (caller->many)
        caller->code = autobus_gather_json(caller->many, NULL, &error, "keep", NULL, 0, &rule);
    else
        caller->code = autobus_call_with(caller->pair->remote, NULL, &error, "keep", NULL, &options);
    snprintf(caller->type, sizeof(caller->type), "%s", error.type);
    autobus_error_clear(&error);
    return NULL;
}

static void cancel_blocked(struct caller *caller, struct service *service)
{
    ck_assert_int_eq(autobus_canceler_new(caller->pair->client, &caller->canceler), 0);
    pthread_create(&caller->thread, NULL, call_and_block, caller);
    ab_gate_wait(&service->kept.came, 1);
    autobus_canceler_cancel(caller->canceler);
    pthread_join(caller->thread, NULL);
    ck_assert_int_eq(caller->code, AUTOBUS_ECANCELED);
    ck_assert_str_eq(caller->type, "canceled");
    ab_gate_wait(&service->abandoned, 1);
    drop(service);
    /* And every later one. */
    call_and_block(caller);
    ck_assert_int_eq(caller->code, AUTOBUS_ECANCELED);
    autobus_canceler_cancel(caller->canceler);
    ck_assert_ptr_null(autobus_canceler_unref(caller->canceler));
}

START_TEST(a_call_that_blocks_is_cancelled_from_another_thread)
{
    struct ab_pair pair;
    struct service service = SERVICE_INIT;
    struct caller caller = {.pair = &pair};

    open_pair(&pair, &service);
    cancel_blocked(&caller, &service);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(so_is_one_to_all)
{
    struct ab_pair pair;
    struct service service = SERVICE_INIT;
    struct caller caller = {.pair = &pair};

    open_pair(&pair, &service);
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "test", &caller.many, NULL), 0);
    cancel_blocked(&caller, &service);
    autobus_remote_unref(caller.many);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(one_canceler_ends_many_calls)
{
    struct ab_pair pair;
    struct service service = SERVICE_INIT;
    struct caller callers[3];
    autobus_canceler *canceler;

    open_pair(&pair, &service);
    ck_assert_int_eq(autobus_canceler_new(pair.client, &canceler), 0);
    for (int i = 0; i < 3; i++) {
        callers[i] = (struct caller){.pair = &pair, .canceler = canceler};
        pthread_create(&callers[i].thread, NULL, call_and_block, &callers[i]);
        ab_gate_wait(&service.kept.came, i + 1);
    }
    autobus_canceler_ref(canceler);
    autobus_canceler_unref(canceler);
    autobus_canceler_cancel(canceler);
    autobus_canceler_unref(canceler);
    for (int i = 0; i < 3; i++) {
        pthread_join(callers[i].thread, NULL);
        ck_assert_int_eq(callers[i].code, AUTOBUS_ECANCELED);
    }
    ab_gate_wait(&service.abandoned, 3);
    drop(&service);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_canceler_is_of_its_bus)
{
    struct ab_pair pair;
    autobus_canceler *canceler;
    json_t *result = NULL;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_canceler_new(NULL, &canceler), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_canceler_new(pair.server, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_canceler_new(pair.server, &canceler), 0);
    const autobus_call_options wrong = {.canceler = canceler};
    ck_assert_int_eq(autobus_call_with(pair.remote, NULL, NULL, "echo", NULL, &wrong), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_with(pair.remote, &result, NULL, "echo", NULL, NULL), 0);
    ck_assert(json_is_array(result));
    json_decref(result);
    ab_pair_close(&pair);
    autobus_canceler_cancel(canceler);
    autobus_canceler_cancel(NULL);
    ck_assert_ptr_null(autobus_canceler_ref(NULL));
    ck_assert_ptr_null(autobus_canceler_unref(NULL));
    autobus_canceler_unref(canceler);
}
END_TEST

/* ---- A call that waits for a worker is not run */

struct turnstile {
    struct ab_gate entered;
    struct ab_gate open;
    struct ab_gate counted;
};

static void block(autobus_request *request, void *user_data)
{
    struct turnstile *turnstile = user_data;

    (void)request;
    ab_gate_pass(&turnstile->entered);
    ab_gate_wait(&turnstile->open, 1);
}

static void count(autobus_request *request, void *user_data)
{
    struct turnstile *turnstile = user_data;

    (void)request;
    ab_gate_pass(&turnstile->counted);
}

static void nothing(autobus_request *request, void *user_data)
{
    (void)request, (void)user_data;
}

START_TEST(a_call_that_waits_for_its_handler_is_not_handed_to_it)
{
    struct ab_pair pair;
    struct turnstile turnstile = {AB_GATE_INIT, AB_GATE_INIT, AB_GATE_INIT};
    struct ab_answer answers[3] = {AB_ANSWER_INIT, AB_ANSWER_INIT, AB_ANSWER_INIT};
    autobus_slot *slot;

    ab_pair_open(&pair, ab_test_options("workers", "1", NULL));
    ab_pair_function(&pair, "block", AUTOBUS_THREAD, block, &turnstile);
    ab_pair_function(&pair, "count", AUTOBUS_THREAD, count, &turnstile);
    ab_pair_function(&pair, "sync", AUTOBUS_SYNC, nothing, NULL);
    autobus_call_async(pair.remote, "block", NULL, 0, 0, ab_answer_take, &answers[0], ab_answer_destroyed, NULL);
    ab_gate_wait(&turnstile.entered, 1);
    autobus_call_async(pair.remote, "count", NULL, 0, 0, ab_answer_take, &answers[1], ab_answer_destroyed, &slot);
    autobus_call_async(pair.remote, "count", NULL, 0, 0, ab_answer_take, &answers[2], ab_answer_destroyed, NULL);
    is_cancelled(&answers[1], slot);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "sync", NULL), 0);
    ab_gate_pass(&turnstile.open);
    ab_gate_wait(&answers[0].destroyed, 1);
    ab_gate_wait(&answers[2].destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&turnstile.counted), 1);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cancel");
    TCase *slots = tcase_create("with a callback");
    TCase *threads = tcase_create("from another thread");
    TCase *waiting = tcase_create("waiting calls");

    tcase_add_test(slots, a_call_is_cancelled_by_its_slot);
    tcase_add_test(slots, an_answer_that_came_before_stays);
    tcase_add_test(slots, a_read_and_a_call_to_all_are_calls_too);
    tcase_add_test(slots, only_calls_are_cancelled);
    tcase_add_test(threads, a_call_that_blocks_is_cancelled_from_another_thread);
    tcase_add_test(threads, so_is_one_to_all);
    tcase_add_test(threads, one_canceler_ends_many_calls);
    tcase_add_test(threads, a_canceler_is_of_its_bus);
    tcase_add_test(waiting, a_call_that_waits_for_its_handler_is_not_handed_to_it);
    suite_add_tcase(suite, slots);
    suite_add_tcase(suite, threads);
    suite_add_tcase(suite, waiting);
    return ab_test_run(suite);
}
