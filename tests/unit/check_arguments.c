/* What is no argument: every function of the public API refuses it, does nothing, and writes no output. */

#include "hands.h"
#include "harness.h"

#include <stdlib.h>

#define LATIN "caf\xe9" /* no UTF-8 */

static void mistake_bus(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_discoverer *discoverer;
    autobus_queue *queue;
    autobus_bus *bus = hands->bus;
    json_t *out;
    char *text;

    REFUSES(autobus_options_new(NULL));
    REFUSES(autobus_options_set(NULL, "ports", "1", &error));
    REFUSES(autobus_options_set(hands->options, NULL, "1", &error));
    REFUSES(autobus_options_set(hands->options, "ports", NULL, &error));
    REFUSES(autobus_options_set_log(NULL, 0, NULL, NULL));
    REFUSES(autobus_options_set_log(hands->options, -1, (autobus_log_fn)abort, NULL));
    REFUSES(autobus_options_set_log(hands->options, 5, (autobus_log_fn)abort, NULL));
    REFUSES(autobus_options_set_log(hands->options, AUTOBUS_LOG_ERROR, NULL, NULL));
    REFUSES(autobus_bus_new(NULL, NULL, &error));
    REFUSES(autobus_bus_interfaces(NULL, &out));
    REFUSES(autobus_bus_interfaces(bus, NULL));
    REFUSES(autobus_bus_settings(NULL, &out));
    REFUSES(autobus_bus_settings(bus, NULL));
    REFUSES(autobus_bus_counters(NULL, &out));
    REFUSES(autobus_bus_counters(bus, NULL));
    REFUSES(autobus_bus_services(NULL, NULL, &out));
    REFUSES(autobus_bus_services(bus, NULL, NULL));
    REFUSES(autobus_bus_routes(NULL, NULL, &out));
    REFUSES(autobus_bus_routes(bus, NULL, NULL));
    REFUSES(autobus_bus_settle(NULL, 1));
    REFUSES(autobus_bus_settle(bus, -1));
    REFUSES(autobus_bus_close_wait(NULL));
    REFUSES(autobus_batch_begin(NULL));
    REFUSES(autobus_batch_end(NULL));
    REFUSES(autobus_queue_new(NULL, &queue));
    REFUSES(autobus_queue_new(bus, NULL));
    REFUSES(autobus_queue_new_polled(NULL, &queue));
    REFUSES(autobus_queue_new_polled(bus, NULL));
    REFUSES(autobus_bus_set_queue(NULL, hands->queue));
    REFUSES(autobus_bus_set_queue(hands->pair.server, hands->queue)); /* of another bus */
    REFUSES(autobus_queue_fd(NULL));
    REFUSES(autobus_queue_fd(hands->queue));
    REFUSES(autobus_queue_dispatch(hands->queue, 0));
    REFUSES(autobus_queue_dispatch(hands->polled, -1));
    REFUSES(autobus_slot_cancel_wait(NULL));
    REFUSES(autobus_call_cancel(NULL));
    REFUSES(autobus_call_cancel(hands->slot)); /* of a listener */
    REFUSES(autobus_json_encode(NULL, 0, &text));
    REFUSES(autobus_json_encode(hands->value, 0, NULL));
    REFUSES(autobus_json_encode(hands->value, 17, &text));
    SAYS_NOTHING(autobus_bus_event_queue(NULL));
    REFUSES(autobus_bus_set_broadcast(NULL, 0));
    REFUSES(autobus_bus_set_broadcast(bus, 4));
    REFUSES(autobus_listen_services(NULL, NULL, 0, (autobus_services_fn)abort, NEVER, NULL));
    REFUSES(autobus_listen_services(bus, NULL, 0, NULL, NEVER, NULL));
    REFUSES(autobus_listen_services(bus, NULL, 8, (autobus_services_fn)abort, NEVER, NULL));
    REFUSES(autobus_publisher_add(NULL, (autobus_publication_fn)abort, NEVER, NULL));
    REFUSES(autobus_publisher_add(bus, NULL, NEVER, NULL));
    REFUSES(autobus_discoverer_new(NULL, "his", &discoverer));
    REFUSES(autobus_discoverer_new(bus, NULL, &discoverer));
    REFUSES(autobus_discoverer_new(bus, "", &discoverer));
    REFUSES(autobus_discoverer_new(bus, "his", NULL));
    REFUSES(autobus_discoverer_new_seed(NULL, "127.0.0.1", 1, &discoverer));
    REFUSES(autobus_discoverer_new_seed(bus, NULL, 1, &discoverer));
    REFUSES(autobus_discoverer_new_seed(bus, "127.0.0.1", 0, &discoverer));
    REFUSES(autobus_discoverer_new_seed(bus, "127.0.0.1", 1, NULL));
    autobus_error_clear(&error);
}

static void mistake_reports(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_discoverer *mine = hands->discoverer;
    autobus_discoverer *seed;

    REFUSES(autobus_discover(NULL, "127.0.0.1", 1, "x", NULL));
    REFUSES(autobus_discover(mine, NULL, 1, "x", NULL));
    REFUSES(autobus_discover(mine, "localhost", 1, "x", NULL)); /* a name */
    REFUSES(autobus_discover(mine, "127.0.0.1", 0, "x", NULL));
    REFUSES(autobus_discover(mine, "127.0.0.1", 1, NULL, NULL));
    REFUSES(autobus_discover(mine, "127.0.0.1", 1, LATIN, NULL));
    REFUSES(autobus_discover(mine, "127.0.0.1", 1, "x", hands->array));
    REFUSES(autobus_undiscover(NULL, "127.0.0.1", 1, "x"));
    REFUSES(autobus_undiscover(mine, "::1", 1, "x"));
    ck_assert_int_eq(autobus_discoverer_new_seed(hands->bus, "127.0.0.1", 1, &seed), 0);
    REFUSES(autobus_discover(seed, "127.0.0.1", 1, "x", NULL)); /* it reports what the host says */
    REFUSES(autobus_undiscover(seed, "127.0.0.1", 1, "x"));
    autobus_discoverer_unref(seed);
}

static void mistake_filters(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_filter *mine = hands->filter;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_filter *filter;

    REFUSES(autobus_filter_new(NULL));
    REFUSES(autobus_filter_parse(NULL, &filter, &error));
    REFUSES(autobus_filter_parse("a=b", NULL, &error));
    REFUSES(autobus_filter_add_equal(NULL, "a", hands->value));
    REFUSES(autobus_filter_add_equal(mine, NULL, hands->value));
    REFUSES(autobus_filter_add_equal(mine, "a", NULL));
    REFUSES(autobus_filter_add_not_equal(NULL, "a", hands->value));
    REFUSES(autobus_filter_add_not_equal(mine, "a", NULL));
    REFUSES(autobus_filter_add_present(mine, NULL));
    REFUSES(autobus_filter_add_absent(NULL, "a"));
    REFUSES(autobus_filter_add_regex(mine, NULL, "b", &error));
    REFUSES(autobus_filter_add_regex(mine, "a", NULL, &error));
    REFUSES(autobus_filter_add_regex(mine, "a", "(", &error));
    REFUSES(autobus_filter_add_function(NULL, (autobus_filter_fn)abort, NEVER));
    REFUSES(autobus_filter_add_function(mine, NULL, NEVER));
    SAYS_NOTHING(autobus_filter_match(NULL, hands->object));
    SAYS_NOTHING(autobus_filter_match(mine, NULL));
    autobus_error_clear(&error);
}

static void mistake_service(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_service *mine = hands->service;
    autobus_service *service;
    autobus_function_fn function = (autobus_function_fn)abort;

    REFUSES(autobus_service_new(NULL, NULL, &service));
    REFUSES(autobus_service_new(hands->bus, NULL, NULL));
    REFUSES(autobus_service_new(hands->bus, hands->array, &service));
    REFUSES(autobus_service_publish(NULL));
    REFUSES(autobus_service_set_info(NULL, NULL));
    REFUSES(autobus_service_set_info(mine, hands->array));
    REFUSES(autobus_service_add_function(NULL, "f", NULL, AUTOBUS_SYNC, function, NEVER, NULL));
    REFUSES(autobus_service_add_function(mine, NULL, NULL, AUTOBUS_SYNC, function, NEVER, NULL));
    REFUSES(autobus_service_add_function(mine, LATIN, NULL, AUTOBUS_SYNC, function, NEVER, NULL));
    REFUSES(autobus_service_add_function(mine, "f", LATIN, AUTOBUS_SYNC, function, NEVER, NULL));
    REFUSES(autobus_service_add_function(mine, "f", NULL, (enum autobus_mode)4, function, NEVER, NULL));
    REFUSES(autobus_service_add_function(mine, "f", NULL, AUTOBUS_SYNC, NULL, NEVER, NULL));
    REFUSES(autobus_service_replace_function(mine, "echo", AUTOBUS_SYNC, NULL, NEVER, NULL));
    REFUSES(autobus_service_set_queue(NULL, NULL));
    REFUSES(autobus_service_set_queue(mine, hands->queue)); /* of another bus */
    REFUSES(autobus_service_add_event(NULL, "e", NULL));
    REFUSES(autobus_service_add_event(mine, "", NULL));
    REFUSES(autobus_service_add_event(mine, "e", LATIN));
    REFUSES(autobus_service_add_object(NULL, "o", NULL, hands->value));
    REFUSES(autobus_service_add_object(mine, "o", LATIN, hands->value));
    REFUSES(autobus_service_add_object(mine, "o", NULL, NULL));
    REFUSES(autobus_service_remove(NULL, AUTOBUS_KIND_EVENT, "ping"));
    REFUSES(autobus_service_remove(mine, AUTOBUS_KIND_SERVICE, "ping"));
    REFUSES(autobus_service_remove(mine, (enum autobus_kind)4, "ping"));
    REFUSES(autobus_service_set_doc(NULL, AUTOBUS_KIND_EVENT, "ping", NULL));
    REFUSES(autobus_service_set_doc(mine, AUTOBUS_KIND_EVENT, NULL, NULL));
    REFUSES(autobus_service_set_doc(mine, AUTOBUS_KIND_EVENT, "ping", LATIN));
    REFUSES(autobus_service_set_doc(mine, AUTOBUS_KIND_SERVICE, "ping", NULL)); /* it has no name */
    REFUSES(autobus_service_set_doc(mine, (enum autobus_kind)4, "ping", NULL));
    REFUSES(autobus_service_set_description(NULL, AUTOBUS_KIND_EVENT, "ping", NULL));
    REFUSES(autobus_service_set_description(mine, AUTOBUS_KIND_SERVICE, "ping", NULL));
    REFUSES(autobus_service_set_description(mine, AUTOBUS_KIND_EVENT, NULL, NULL));
    REFUSES(autobus_service_set_description(mine, AUTOBUS_KIND_EVENT, "ping", hands->array));
}

static void mistake_looks(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_service *mine = hands->service;
    autobus_interest_fn interest = (autobus_interest_fn)abort;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *out;

    SAYS_NOTHING(autobus_service_has(NULL, AUTOBUS_KIND_EVENT, "ping"));
    SAYS_NOTHING(autobus_service_has(mine, AUTOBUS_KIND_EVENT, NULL));
    SAYS_NOTHING(autobus_service_has(mine, AUTOBUS_KIND_SERVICE, "ping"));
    SAYS_NOTHING(autobus_service_id(NULL));
    REFUSES(autobus_service_list(NULL, AUTOBUS_KIND_EVENT, &out));
    REFUSES(autobus_service_list(mine, AUTOBUS_KIND_EVENT, NULL));
    REFUSES(autobus_service_list(mine, (enum autobus_kind)4, &out));
    REFUSES(autobus_service_get(NULL, "value", &out));
    REFUSES(autobus_service_get(mine, NULL, &out));
    REFUSES(autobus_service_get(mine, "value", NULL));
    REFUSES(autobus_service_peers(NULL, AUTOBUS_KIND_EVENT, "ping", &out));
    REFUSES(autobus_service_peers(mine, AUTOBUS_KIND_FUNCTION, "echo", &out));
    REFUSES(autobus_service_peers(mine, AUTOBUS_KIND_EVENT, NULL, &out));
    REFUSES(autobus_service_peers(mine, AUTOBUS_KIND_EVENT, "ping", NULL));
    REFUSES(autobus_service_on_interest(NULL, AUTOBUS_KIND_EVENT, "ping", interest, NEVER, NULL));
    REFUSES(autobus_service_on_interest(mine, AUTOBUS_KIND_FUNCTION, "echo", interest, NEVER, NULL));
    REFUSES(autobus_service_on_interest(mine, AUTOBUS_KIND_EVENT, NULL, interest, NEVER, NULL));
    REFUSES(autobus_service_on_interest(mine, AUTOBUS_KIND_EVENT, "ping", NULL, NEVER, NULL));
    REFUSES(autobus_service_set_access(NULL, "local", &error));
    REFUSES(autobus_service_set_access(mine, "10.0.0.0/33", &error));
    REFUSES(autobus_service_set_guard(NULL, (autobus_guard_fn)abort, NEVER));
    REFUSES(autobus_service_connections(NULL, &out));
    REFUSES(autobus_service_connections(mine, NULL));
    REFUSES(autobus_service_disconnect(NULL, 1));
    REFUSES(autobus_fire(NULL, "ping", NULL));
    REFUSES(autobus_fire(mine, NULL, NULL));
    REFUSES(autobus_fire(mine, "ping", "["));
    REFUSES(autobus_fire_json(mine, "ping", hands->value)); /* no array */
    REFUSES(autobus_set(NULL, "value", "i", 1));
    REFUSES(autobus_set(mine, "value", "i i", 1, 2));
    REFUSES(autobus_set_json(mine, "", hands->value));
    REFUSES(autobus_set_json(mine, "value", NULL));
    autobus_error_clear(&error);
}

static void mistake_request(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_request *mine = hands->request;

    SAYS_NOTHING(autobus_request_function(NULL));
    SAYS_NOTHING(autobus_request_service(NULL));
    SAYS_NOTHING(autobus_request_args(NULL));
    SAYS_NOTHING(autobus_request_peer(NULL));
    SAYS_NOTHING(autobus_request_is_notice(NULL));
    SAYS_NOTHING(autobus_request_wants_progress(NULL));
    SAYS_NOTHING(autobus_request_abandoned(NULL));
    REFUSES(autobus_request_remaining(NULL));
    REFUSES(autobus_request_unpack(NULL, "[]"));
    REFUSES(autobus_request_unpack(mine, NULL));
    REFUSES(autobus_reply(NULL, NULL));
    REFUSES(autobus_reply_json(NULL, hands->value));
    REFUSES(autobus_request_progress(NULL, NULL));
    REFUSES(autobus_request_progress(mine, "["));
    REFUSES(autobus_request_progress_json(NULL, hands->value));
    REFUSES(autobus_request_progress_json(mine, NULL));
    REFUSES(autobus_reply_error(NULL, NULL, "no"));
    REFUSES(autobus_reply_error(mine, NULL, NULL));
    REFUSES(autobus_reply_error(mine, LATIN, "no"));
    REFUSES(autobus_reply_error_json(NULL, NULL, "no", NULL));
    REFUSES(autobus_reply_error_json(mine, NULL, NULL, NULL));
    REFUSES(autobus_reply_error_json(mine, NULL, LATIN, NULL));
    REFUSES(autobus_reply_error_json(mine, LATIN, "no", NULL));
    REFUSES(autobus_request_on_abandoned(NULL, (autobus_abandoned_fn)abort, NEVER, NULL));
    REFUSES(autobus_request_on_abandoned(mine, NULL, NEVER, NULL));
}

static void mistake_remote(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *mine = hands->remote;
    autobus_result_fn result = (autobus_result_fn)abort;
    autobus_canceler *canceler;
    autobus_remote *remote;
    json_t *out;

    REFUSES(autobus_proxy(NULL, "x", &remote, &error));
    REFUSES(autobus_proxy(hands->bus, NULL, &remote, &error));
    REFUSES(autobus_proxy(hands->bus, "x~(", &remote, &error));
    REFUSES(autobus_proxy(hands->bus, "x", NULL, &error));
    REFUSES(autobus_proxy_filter(NULL, hands->filter, &remote));
    REFUSES(autobus_proxy_filter(hands->bus, NULL, &remote));
    REFUSES(autobus_proxy_multiple(hands->bus, NULL, &remote, &error));
    REFUSES(autobus_proxy_multiple_filter(hands->bus, hands->filter, NULL));
    REFUSES(autobus_connect(NULL, "127.0.0.1", 1, "x", &remote));
    REFUSES(autobus_connect(hands->bus, NULL, 1, "x", &remote));
    REFUSES(autobus_connect(hands->bus, "127.0.0.1", 0, "x", &remote));
    REFUSES(autobus_connect(hands->bus, "127.0.0.1", 1, LATIN, &remote));
    REFUSES(autobus_connect(hands->bus, "127.0.0.1", 1, "x", NULL));
    REFUSES(autobus_remote_wait(NULL, 0, &error));
    REFUSES(autobus_remote_wait(mine, -1, &error));
    REFUSES(autobus_remote_wait_async(NULL, 0, result, NEVER, NULL));
    REFUSES(autobus_remote_wait_async(mine, -1, result, NEVER, NULL));
    REFUSES(autobus_remote_wait_async(mine, 0, NULL, NEVER, NULL));
    REFUSES(autobus_remote_on_end(NULL, 0, result, NEVER, NULL));
    REFUSES(autobus_remote_on_end(mine, 0, result, NEVER, NULL)); /* a proxy has no end */
    REFUSES(autobus_remote_on_end(hands->many, 0, result, NEVER, NULL));
    REFUSES(autobus_remote_on_binding(NULL, (autobus_binding_fn)abort, NEVER, NULL));
    REFUSES(autobus_remote_on_binding(mine, NULL, NEVER, NULL));
    REFUSES(autobus_remote_info(NULL, &out));
    REFUSES(autobus_remote_info(mine, NULL));
    REFUSES(autobus_remote_info(hands->many, &out));
    REFUSES(autobus_remote_set_timeout(NULL, 1));
    REFUSES(autobus_remote_set_timeout(mine, 0));
    REFUSES(autobus_remote_set_queue(NULL, NULL));
    REFUSES(autobus_canceler_new(NULL, &canceler));
    REFUSES(autobus_canceler_new(hands->bus, NULL));
    REFUSES(autobus_listen(NULL, "ping", (autobus_event_fn)abort, NEVER, NULL));
    REFUSES(autobus_listen(mine, NULL, (autobus_event_fn)abort, NEVER, NULL));
    REFUSES(autobus_listen(mine, "ping", NULL, NEVER, NULL));
    REFUSES(autobus_watch(mine, LATIN, (autobus_value_fn)abort, NEVER, NULL));
    REFUSES(autobus_watch(mine, "value", NULL, NEVER, NULL));
    autobus_error_clear(&error);
}

static void mistake_calls(struct ab_trial *trial)
{
    const autobus_gather_rule bad_rule = {.count = -1};
    struct ab_hands *hands = trial->hands;
    autobus_call_options options = {.timeout_ms = -1};
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *mine = hands->remote;
    autobus_result_fn result = (autobus_result_fn)abort;
    json_t *out;

    REFUSES(autobus_call(NULL, NULL, &error, "echo", NULL));
    REFUSES(autobus_call(mine, NULL, &error, NULL, NULL));
    REFUSES(autobus_call(mine, NULL, &error, "echo", "["));
    REFUSES(autobus_call(hands->many, NULL, &error, "echo", NULL));
    REFUSES(autobus_call_json(mine, NULL, &error, "echo", hands->value, 0, 0));
    REFUSES(autobus_call_json(mine, NULL, &error, "echo", NULL, 4, 0));
    REFUSES(autobus_call_with(mine, NULL, &error, "echo", NULL, &options));
    REFUSES(autobus_call_async(NULL, "echo", NULL, 0, 0, result, NEVER, NULL));
    REFUSES(autobus_call_async(mine, "echo", hands->value, 0, 0, result, NEVER, NULL));
    REFUSES(autobus_call_async(mine, "echo", NULL, 4, 0, result, NEVER, NULL));
    REFUSES(autobus_call_async(mine, "echo", NULL, 0, 0, NULL, NEVER, NULL));
    REFUSES(autobus_call_async(hands->many, "echo", NULL, 0, 0, result, NEVER, NULL));
    REFUSES(autobus_call_all(mine, "echo", NULL, 0, NULL, result, NEVER, NULL)); /* a proxy of one */
    REFUSES(autobus_call_all(hands->many, "echo", hands->value, 0, NULL, result, NEVER, NULL));
    REFUSES(autobus_call_all(hands->many, "echo", NULL, 0, &bad_rule, result, NEVER, NULL));
    REFUSES(autobus_gather(mine, &out, &error, "echo", NULL));
    REFUSES(autobus_gather(hands->many, &out, &error, "echo", "["));
    REFUSES(autobus_gather_json(hands->many, &out, &error, "echo", hands->value, 0, NULL));
    REFUSES(autobus_notice(NULL, "echo", NULL));
    REFUSES(autobus_notice(mine, NULL, NULL));
    REFUSES(autobus_notice(mine, "echo", "["));
    REFUSES(autobus_notice_json(mine, "echo", hands->value));
    REFUSES(autobus_get(NULL, "value", 0, 0, &out, &error));
    REFUSES(autobus_get(mine, NULL, 0, 0, &out, &error));
    REFUSES(autobus_get(mine, "value", 0, 0, NULL, &error));
    REFUSES(autobus_get_async(mine, NULL, 0, 0, result, NEVER, NULL));
    REFUSES(autobus_get_async(mine, "value", 0, 0, NULL, NEVER, NULL));
    autobus_error_clear(&error);
}

START_TEST(wrong_arguments)
{
    static void (*const mistakes[])(struct ab_trial * trial) = {
        mistake_bus,   mistake_reports, mistake_filters, mistake_service,
        mistake_looks, mistake_request, mistake_remote,  mistake_calls,
    };
    struct ab_hands hands;
    struct ab_trial trial = {&hands, AUTOBUS_EINVAL, NULL};

    ab_hands_open(&hands);
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        mistakes[i](&trial);
        ck_assert_msg(!trial.wrong, "%s", trial.wrong);
    }
    ab_pair_flush(&hands.pair);
    ab_hands_close(&hands);
}
END_TEST

/* What takes a handle takes NULL too, where it gives it back or ends it. */
START_TEST(nothing_to_end)
{
    ck_assert_ptr_null(autobus_bus_ref(NULL));
    ck_assert_ptr_null(autobus_bus_unref(NULL));
    ck_assert_ptr_null(autobus_queue_ref(NULL));
    ck_assert_ptr_null(autobus_queue_unref(NULL));
    ck_assert_ptr_null(autobus_slot_ref(NULL));
    ck_assert_ptr_null(autobus_slot_unref(NULL));
    ck_assert_ptr_null(autobus_filter_ref(NULL));
    ck_assert_ptr_null(autobus_filter_unref(NULL));
    ck_assert_ptr_null(autobus_service_ref(NULL));
    ck_assert_ptr_null(autobus_service_unref(NULL));
    ck_assert_ptr_null(autobus_request_ref(NULL));
    ck_assert_ptr_null(autobus_request_unref(NULL));
    ck_assert_ptr_null(autobus_remote_ref(NULL));
    ck_assert_ptr_null(autobus_remote_unref(NULL));
    ck_assert_ptr_null(autobus_canceler_ref(NULL));
    ck_assert_ptr_null(autobus_canceler_unref(NULL));
    ck_assert_ptr_null(autobus_discoverer_ref(NULL));
    ck_assert_ptr_null(autobus_discoverer_unref(NULL));
    autobus_bus_close(NULL);
    autobus_service_close(NULL);
    autobus_remote_close(NULL);
    autobus_discoverer_close(NULL);
    autobus_canceler_cancel(NULL);
    autobus_slot_cancel(NULL);
    autobus_options_free(NULL);
    autobus_error_clear(NULL);
    autobus_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arguments");
    TCase *tests = tcase_create("arguments");

    tcase_add_test(tests, wrong_arguments);
    tcase_add_test(tests, nothing_to_end);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
