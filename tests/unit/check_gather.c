/* Proxies of many services by the public API: what is heard of each, calls to all, and how they end. */

#include "buses.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE 10000

/* The pair's service and one more of the same type, each with its id as the object "value", and a proxy of both. */
struct many {
    struct ab_pair pair;
    autobus_service *other;
    autobus_remote *remote;
    struct ab_gate called; /* by a notice or a call of "note" */
    struct ab_gate bound;
};

static void echo(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply_json(request, autobus_request_args(request));
}

static void break_down(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply_error(request, "broken", "it does not work");
}

static void note(autobus_request *request, void *user_data)
{
    (void)request;
    ab_gate_pass(user_data);
}

static void count_bound(const autobus_binding *binding, void *user_data)
{
    ck_assert_ptr_nonnull(binding->service);
    if (binding->bound)
        ab_gate_pass(user_data);
}

static autobus_service *publish_other(struct many *many)
{
    json_t *info = json_pack("{s:s}", "type", "test");
    json_t *zero = json_integer(0);
    autobus_service *service;

    ck_assert_int_eq(autobus_service_new(many->pair.server, info, &service), 0);
    ck_assert_int_eq(autobus_service_add_function(service, "echo", NULL, AUTOBUS_THREAD, echo, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_service_add_function(service, "fail", NULL, AUTOBUS_SYNC, break_down, NULL, NULL, NULL),
                     0);
    ck_assert_int_eq(autobus_service_add_function(service, "note", NULL, AUTOBUS_SYNC, note, &many->called, NULL, NULL),
                     0);
    ck_assert_int_eq(autobus_service_add_event(service, "ping", NULL), 0);
    ck_assert_int_eq(autobus_service_add_object(service, "value", NULL, zero), 0);
    ck_assert_int_eq(autobus_service_publish(service), 0);
    json_decref(info);
    json_decref(zero);
    return service;
}

static void many_open(struct many *many, autobus_options *options)
{
    static const struct many empty = {.called = AB_GATE_INIT, .bound = AB_GATE_INIT};

    *many = empty;
    ab_pair_open(&many->pair, options);
    ab_pair_function(&many->pair, "note", AUTOBUS_SYNC, note, &many->called);
    many->other = publish_other(many);
    ck_assert_int_eq(autobus_proxy_multiple(many->pair.client, "test", &many->remote, NULL), 0);
    ck_assert_int_eq(autobus_remote_on_binding(many->remote, count_bound, &many->bound, NULL, NULL), 0);
    ab_gate_wait(&many->bound, 2);
}

static void many_close(struct many *many)
{
    autobus_remote_unref(many->remote);
    autobus_service_unref(many->other);
    ab_pair_close(&many->pair);
}

static json_t *find(json_t *results, const char *service)
{
    size_t i;
    json_t *entry;

    json_array_foreach(results, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "service")), service) == 0)
            return entry;
    }
    ck_abort_msg("nothing of %s", service);
    return NULL;
}

/* ---- Blocking */

START_TEST(each_service_has_its_result)
{
    struct many many;
    json_t *results = NULL;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_remote_wait(many.remote, PATIENCE, NULL), 0);
    ck_assert_int_eq(autobus_gather(many.remote, &results, NULL, "echo", "[i]", 7), 0);
    ck_assert_uint_eq(json_array_size(results), 2);
    ck_assert_int_eq(
        json_integer_value(json_array_get(json_object_get(find(results, autobus_service_id(many.other)), "result"), 0)),
        7);
    ck_assert_ptr_nonnull(json_object_get(find(results, autobus_service_id(many.pair.service)), "result"));
    json_decref(results);
    ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "echo", NULL), 0);
    many_close(&many);
}
END_TEST

START_TEST(each_service_has_its_error)
{
    struct many many;
    json_t *results = NULL;
    json_t *error;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_gather_json(many.remote, &results, NULL, "fail", NULL, AUTOBUS_CALL_BOUND, NULL), 0);
    error = json_object_get(find(results, autobus_service_id(many.other)), "error");
    ck_assert_str_eq(json_string_value(json_object_get(error, "type")), "broken");
    ck_assert_str_eq(json_string_value(json_object_get(error, "text")), "it does not work");
    error = json_object_get(find(results, autobus_service_id(many.pair.service)), "error");
    ck_assert_str_eq(json_string_value(json_object_get(error, "type")), "no_such_function");
    json_decref(results);
    many_close(&many);
}
END_TEST

START_TEST(rules_end_it)
{
    struct many many;
    struct ab_kept kept = AB_KEPT_INIT;
    const autobus_gather_rule first = {.count = 1};
    const autobus_gather_rule short_time = {.timeout_ms = 50};
    json_t *results = NULL;

    many_open(&many, NULL);
    ab_pair_function(&many.pair, "fail", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(autobus_gather_json(many.remote, &results, NULL, "echo", NULL, 0, &first), 0);
    ck_assert_uint_eq(json_array_size(results), 1);
    json_decref(results);
    ck_assert_int_eq(autobus_gather_json(many.remote, &results, NULL, "fail", NULL, 0, &short_time), 0);
    ck_assert_uint_eq(json_array_size(results), 2);
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_object_get(find(results, autobus_service_id(many.pair.service)), "error"), "type")),
                     "timeout");
    json_decref(results);
    many_close(&many);
    ab_kept_drop(&kept);
}
END_TEST

static void answer_long(autobus_request *request, void *user_data)
{
    char text[900];

    (void)user_data;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    if (json_array_size(autobus_request_args(request)) > 0)
        autobus_reply_error(request, "broken", "%s", text);
    else
        autobus_reply(request, "s", text);
}

/* Results and errors alike: of one there is room, of two there is not. */
START_TEST(more_than_may_be_kept)
{
    static const autobus_gather_rule first = {.count = 1};
    struct many many;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *results;

    many_open(&many, ab_test_options("event_bytes_waiting", "1024", NULL));
    ab_pair_function(&many.pair, "long", AUTOBUS_THREAD, answer_long, NULL);
    ck_assert_int_eq(
        autobus_service_add_function(many.other, "long", NULL, AUTOBUS_THREAD, answer_long, NULL, NULL, NULL), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(autobus_gather(many.remote, &results, &error, "long", i ? "[i]" : NULL, 1), AUTOBUS_EOVERFLOW);
        ck_assert_int_eq(error.code, AUTOBUS_EOVERFLOW);
        autobus_error_clear(&error);
    }
    ck_assert_int_eq(autobus_gather_json(many.remote, &results, NULL, "long", NULL, 0, &first), 0);
    ck_assert_uint_eq(json_array_size(results), 1);
    json_decref(results);
    many_close(&many);
}
END_TEST

START_TEST(nobody_is_asked)
{
    struct many many;
    autobus_remote *nobody;
    autobus_error error = AUTOBUS_ERROR_INIT;
    const autobus_gather_rule short_time = {.timeout_ms = 20};
    json_t *results = NULL;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_proxy_multiple(many.pair.client, "nobody", &nobody, NULL), 0);
    ck_assert_int_eq(autobus_gather_json(nobody, &results, &error, "echo", NULL, 0, &short_time), AUTOBUS_ETIMEDOUT);
    ck_assert_str_eq(error.text, "no service was found in time");
    ck_assert_int_eq(autobus_gather_json(nobody, &results, &error, "echo", NULL, AUTOBUS_CALL_BOUND, NULL),
                     AUTOBUS_ENOTBOUND);
    ck_assert_int_eq(autobus_remote_wait(nobody, 20, &error), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(autobus_notice(nobody, "echo", NULL), AUTOBUS_ENOTBOUND);
    ck_assert_ptr_null(results);
    autobus_error_clear(&error);
    autobus_remote_unref(nobody);
    many_close(&many);
}
END_TEST

/* ---- What makes no sense */

static void no_result(const autobus_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
    ck_abort_msg("it was not to be called");
}

START_TEST(what_is_for_one_service_is_refused)
{
    struct many many;
    autobus_error error = AUTOBUS_ERROR_INIT;
    const autobus_gather_rule bad = {.count = -1};
    json_t *value = NULL;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_call(many.remote, &value, &error, "echo", NULL), AUTOBUS_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "autobus_gather"));
    ck_assert_int_eq(autobus_get(many.remote, "value", 0, 0, &value, &error), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_remote_info(many.remote, &value), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_call_async(many.remote, "echo", NULL, 0, 0, no_result, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_get_async(many.remote, "value", 0, 0, no_result, NULL, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_gather(many.pair.remote, &value, &error, "echo", NULL), AUTOBUS_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "autobus_call"));
    ck_assert_int_eq(autobus_call_all(many.pair.remote, "echo", NULL, 0, NULL, no_result, NULL, NULL, NULL),
                     AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_gather_json(many.remote, &value, &error, "echo", NULL, 0, &bad), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_gather_json(many.remote, &value, &error, "echo", NULL, 99, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_gather_json(many.remote, &value, &error, "", NULL, 0, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_gather(many.remote, &value, &error, "echo", "{}"), AUTOBUS_EINVAL);
    ck_assert_str_eq(error.text, "the arguments are no array");
    ck_assert_int_eq(autobus_gather(NULL, &value, &error, "echo", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_proxy_multiple(many.pair.client, "=", &many.remote, &error), AUTOBUS_EINVAL);
    ck_assert_ptr_null(value);
    autobus_error_clear(&error);
    many_close(&many);
}
END_TEST

/* ---- With a callback */

struct heard {
    struct ab_gate results;
    struct ab_gate last;
    struct ab_gate destroyed;
    struct ab_gate entered;
    struct ab_gate released;
    bool slow;
    int code; /* of the last */
    autobus_slot *slot;
};

#define HEARD_INIT                                                                                         \
    {                                                                                                      \
        .results = AB_GATE_INIT, .last = AB_GATE_INIT, .destroyed = AB_GATE_INIT, .entered = AB_GATE_INIT, \
        .released = AB_GATE_INIT, .code = 1                                                                \
    }

static void destroyed(void *user_data)
{
    struct heard *heard = user_data;

    ab_gate_pass(&heard->destroyed);
}

static void hear(const autobus_result *result, void *user_data)
{
    struct heard *heard = user_data;

    ck_assert_int_eq(ab_gate_count(&heard->last), 0);
    if (result->last) {
        ck_assert_ptr_null(result->service);
        ck_assert_ptr_null(result->value);
        ck_assert((result->code == 0) == (result->error == NULL));
        heard->code = result->code;
        ab_gate_pass(&heard->last);
        return;
    }
    ck_assert_ptr_nonnull(result->service);
    ck_assert_int_eq(result->code, 0);
    ck_assert(json_is_array(result->value));
    ab_gate_pass(&heard->results);
    if (heard->slow) {
        heard->slow = false;
        ab_gate_pass(&heard->entered);
        ab_gate_wait(&heard->released, 1);
    }
}

START_TEST(results_come_one_by_one_and_then_the_end)
{
    struct many many;
    struct heard heard = HEARD_INIT;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_call_all(many.remote, "echo", NULL, 0, NULL, hear, &heard, destroyed, NULL), 0);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(ab_gate_count(&heard.results), 2);
    ck_assert_int_eq(ab_gate_count(&heard.last), 1);
    ck_assert_int_eq(heard.code, 0);
    many_close(&many);
    ck_assert_int_eq(ab_gate_count(&heard.destroyed), 1);
}
END_TEST

/* With a function "hold", which does not answer. */
static void many_open_held(struct many *many, struct ab_kept *kept)
{
    many_open(many, NULL);
    ab_pair_function(&many->pair, "hold", AUTOBUS_SYNC, ab_keep, kept);
    ck_assert_int_eq(autobus_service_add_function(many->other, "hold", NULL, AUTOBUS_SYNC, ab_keep, kept, NULL, NULL),
                     0);
}

START_TEST(a_call_that_is_cancelled_is_over)
{
    struct many many;
    struct heard heard = HEARD_INIT;
    struct ab_kept kept = AB_KEPT_INIT;

    many_open_held(&many, &kept);
    ck_assert_int_eq(autobus_call_all(many.remote, "hold", NULL, 0, NULL, no_result, &heard, destroyed, &heard.slot),
                     0);
    ab_gate_wait(&kept.came, 2);
    autobus_slot_cancel(heard.slot);
    ab_gate_wait(&heard.destroyed, 1);
    autobus_slot_unref(heard.slot);
    many_close(&many);
    ab_kept_drop(&kept);
}
END_TEST

START_TEST(a_close_is_the_end)
{
    struct many many;
    struct heard heard = HEARD_INIT;
    struct ab_kept kept = AB_KEPT_INIT;

    many_open_held(&many, &kept);
    ck_assert_int_eq(autobus_call_all(many.remote, "hold", NULL, 0, NULL, hear, &heard, destroyed, NULL), 0);
    ab_gate_wait(&kept.came, 2);
    autobus_remote_close(many.remote);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "echo", NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_notice(many.remote, "echo", NULL), AUTOBUS_ECLOSED);
    many_close(&many);
    ab_kept_drop(&kept);
}
END_TEST

/* One result is being heard while the bus closes: the other was not heard before it. */
START_TEST(a_close_of_the_bus_drops_what_was_not_heard)
{
    struct many many;
    struct heard heard = HEARD_INIT;

    many_open(&many, NULL);
    heard.slow = true;
    ck_assert_int_eq(autobus_call_all(many.remote, "echo", NULL, 0, NULL, hear, &heard, destroyed, NULL), 0);
    ab_gate_wait(&heard.entered, 1);
    ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "echo", NULL), 0);
    autobus_bus_close(many.pair.client);
    ab_gate_pass(&heard.released);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_ECLOSED);
    ck_assert_int_eq(ab_gate_count(&heard.results), 1);
    many_close(&many);
}
END_TEST

static void block_queue(const autobus_binding *binding, void *user_data)
{
    struct heard *heard = user_data;

    (void)binding;
    ab_gate_pass(&heard->entered);
    ab_gate_wait(&heard->released, 1);
}

/* Nothing runs until more results wait than may. */
START_TEST(who_does_not_keep_up_is_told_so)
{
    struct many many;
    struct heard heard = HEARD_INIT;
    autobus_service *more[2];

    many_open(&many, ab_test_options("events_waiting", "2", NULL));
    for (int i = 0; i < 2; i++) {
        more[i] = publish_other(&many);
        ab_gate_wait(&many.bound, 3 + i);
    }
    ck_assert_int_eq(autobus_remote_on_binding(many.remote, block_queue, &heard, NULL, NULL), 0);
    ab_gate_wait(&heard.entered, 1);
    ck_assert_int_eq(autobus_call_all(many.remote, "note", NULL, 0, NULL, hear, &heard, destroyed, NULL), 0);
    ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "note", NULL), 0);
    ab_gate_pass(&heard.released);
    ab_gate_wait(&heard.destroyed, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_EOVERFLOW);
    ck_assert_int_eq(ab_gate_count(&heard.results), 0);
    for (int i = 0; i < 2; i++)
        autobus_service_unref(more[i]);
    many_close(&many);
}
END_TEST

/* ---- Notices, events, values, binds */

START_TEST(a_notice_reaches_all)
{
    struct many many;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_notice(many.remote, "note", NULL), 0);
    ab_gate_wait(&many.called, 2);
    many_close(&many);
}
END_TEST

static void hear_event(const autobus_event *event, void *user_data)
{
    struct ab_gate *gates = user_data;

    ck_assert_int_eq(event->code, 0);
    ck_assert_ptr_nonnull(event->service);
    ab_gate_pass(&gates[json_integer_value(json_array_get(event->args, 0))]);
}

START_TEST(events_come_from_all)
{
    struct many many;
    struct ab_gate gates[2] = {AB_GATE_INIT, AB_GATE_INIT};

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_listen(many.remote, "ping", hear_event, gates, NULL, NULL), 0);
    ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "echo", NULL), 0); /* they listen */
    ck_assert_int_eq(autobus_fire(many.pair.service, "ping", "[i]", 0), 0);
    ck_assert_int_eq(autobus_fire(many.other, "ping", "[i]", 1), 0);
    ab_gate_wait(&gates[0], 1);
    ab_gate_wait(&gates[1], 1);
    many_close(&many);
}
END_TEST

/* A table of two rows, filled slowly. */
struct table {
    const char *other;
    struct ab_gate entered;
    struct ab_gate released;
    struct ab_gate runs;
    struct ab_gate gone;
    long long values[2];
};

static void fill(const autobus_value *value, void *user_data)
{
    struct table *table = user_data;
    int row = strcmp(value->service, table->other) == 0;

    if (ab_gate_count(&table->entered) == 0) {
        ab_gate_pass(&table->entered);
        ab_gate_wait(&table->released, 1);
    }
    table->values[row] = value->value ? json_integer_value(value->value) : -1;
    ab_gate_pass(&table->runs);
    if (!value->value)
        ab_gate_pass(&table->gone);
}

START_TEST(each_service_has_its_newest_value)
{
    struct many many;
    struct table table = {
        .entered = AB_GATE_INIT, .released = AB_GATE_INIT, .runs = AB_GATE_INIT, .gone = AB_GATE_INIT};

    many_open(&many, NULL);
    table.other = autobus_service_id(many.other);
    ck_assert_int_eq(autobus_watch(many.remote, "value", fill, &table, NULL, NULL), 0);
    ab_gate_wait(&table.entered, 1);
    for (int i = 1; i <= 50; i++) {
        ck_assert_int_eq(autobus_set(many.pair.service, "value", "i", i), 0);
        ck_assert_int_eq(autobus_set(many.other, "value", "i", 100 + i), 0);
        ck_assert_int_eq(autobus_gather(many.remote, NULL, NULL, "echo", NULL), 0);
    }
    ab_gate_pass(&table.released);
    ab_gate_wait(&table.runs, 3); /* the one that was held, and one of each */
    ck_assert_int_eq(table.values[0], 50);
    ck_assert_int_eq(table.values[1], 150);
    autobus_service_close(many.other);
    ab_gate_wait(&table.gone, 1);
    ck_assert_int_eq(table.values[0], 50);
    ck_assert_int_eq(table.values[1], -1);
    ck_assert_int_eq(ab_gate_count(&table.runs), 4);
    many_close(&many);
}
END_TEST

static void block_inside(const autobus_binding *binding, void *user_data)
{
    ck_assert_int_eq(autobus_gather(binding->remote, NULL, NULL, "echo", NULL), AUTOBUS_EDEADLK);
    ab_gate_pass(user_data);
}

START_TEST(the_event_thread_may_not_wait)
{
    struct many many;
    struct ab_gate gate = AB_GATE_INIT;
    autobus_queue *queue;

    many_open(&many, NULL);
    queue = autobus_bus_event_queue(many.pair.client);
    ck_assert_int_eq(autobus_remote_set_queue(many.remote, queue), 0);
    ck_assert_int_eq(autobus_remote_on_binding(many.remote, block_inside, &gate, NULL, NULL), 0);
    ab_gate_wait(&gate, 2);
    autobus_queue_unref(queue);
    many_close(&many);
}
END_TEST

/* ---- Threads */

static void *gather_often(void *user_data)
{
    struct many *many = user_data;

    for (int i = 0; i < 30; i++) {
        json_t *results = NULL;
        int r = autobus_gather(many->remote, &results, NULL, "echo", "[i]", i);

        ck_assert_int_eq(r, 0);
        ck_assert_uint_ge(json_array_size(results), 1);
        json_decref(results);
    }
    return NULL;
}

START_TEST(many_threads_ask_while_services_come_and_go)
{
    struct many many;
    struct table table = {
        .entered = AB_GATE_INIT, .released = AB_GATE_INIT, .runs = AB_GATE_INIT, .gone = AB_GATE_INIT};
    pthread_t threads[3];

    many_open(&many, NULL);
    table.other = autobus_service_id(many.other);
    ab_gate_pass(&table.released);
    ck_assert_int_eq(autobus_watch(many.remote, "value", fill, &table, NULL, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, gather_often, &many);
    for (int i = 0; i < 5; i++)
        autobus_service_unref(publish_other(&many));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    many_close(&many);
}
END_TEST

static void *gather_until_closed(void *user_data)
{
    struct many *many = user_data;

    ck_assert_int_eq(autobus_gather(many->remote, NULL, NULL, "note", NULL), AUTOBUS_ECLOSED);
    return NULL;
}

START_TEST(a_close_wakes_who_waits)
{
    struct many many;
    struct ab_kept kept = AB_KEPT_INIT;
    pthread_t thread;

    many_open(&many, NULL);
    ck_assert_int_eq(autobus_service_remove(many.other, AUTOBUS_KIND_FUNCTION, "note"), 0);
    ck_assert_int_eq(autobus_service_add_function(many.other, "note", NULL, AUTOBUS_SYNC, ab_keep, &kept, NULL, NULL),
                     0);
    pthread_create(&thread, NULL, gather_until_closed, &many);
    ab_gate_wait(&kept.came, 1);
    autobus_bus_close(many.pair.client);
    pthread_join(thread, NULL);
    many_close(&many);
    ab_kept_drop(&kept);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gather");
    TCase *blocking = tcase_create("blocking");
    TCase *callbacks = tcase_create("callbacks");
    TCase *hearing = tcase_create("hearing");
    TCase *threads = tcase_create("threads");

    tcase_add_test(blocking, each_service_has_its_result);
    tcase_add_test(blocking, each_service_has_its_error);
    tcase_add_test(blocking, rules_end_it);
    tcase_add_test(blocking, more_than_may_be_kept);
    tcase_add_test(blocking, nobody_is_asked);
    tcase_add_test(blocking, what_is_for_one_service_is_refused);
    tcase_add_test(callbacks, results_come_one_by_one_and_then_the_end);
    tcase_add_test(callbacks, a_call_that_is_cancelled_is_over);
    tcase_add_test(callbacks, a_close_is_the_end);
    tcase_add_test(callbacks, a_close_of_the_bus_drops_what_was_not_heard);
    tcase_add_test(callbacks, who_does_not_keep_up_is_told_so);
    tcase_add_test(hearing, a_notice_reaches_all);
    tcase_add_test(hearing, events_come_from_all);
    tcase_add_test(hearing, each_service_has_its_newest_value);
    tcase_add_test(hearing, the_event_thread_may_not_wait);
    tcase_add_test(threads, many_threads_ask_while_services_come_and_go);
    tcase_add_test(threads, a_close_wakes_who_waits);
    suite_add_tcase(suite, blocking);
    suite_add_tcase(suite, callbacks);
    suite_add_tcase(suite, hearing);
    suite_add_tcase(suite, threads);
    return ab_test_run(suite);
}
