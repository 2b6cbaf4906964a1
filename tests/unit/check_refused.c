/* Where nothing may be called, every function of the public API says so and does nothing: in a filter's function, and in
 * a child of fork, where handles can be given back all the same. */

#include "hands.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void try_bus(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_options *options;
    autobus_queue *queue;
    autobus_bus *bus;
    json_t *out;
    char *text;

    REFUSES(autobus_options_new(&options));
    REFUSES(autobus_options_set(hands->options, "ports", "1", &error));
    REFUSES(autobus_options_set_log(hands->options, 0, NULL, NULL));
    REFUSES(autobus_bus_new(NULL, &bus, &error));
    REFUSES(autobus_bus_interfaces(hands->bus, &out));
    REFUSES(autobus_bus_settings(hands->bus, &out));
    REFUSES(autobus_bus_counters(hands->bus, &out));
    REFUSES(autobus_bus_services(hands->bus, NULL, &out));
    REFUSES(autobus_bus_routes(hands->bus, NULL, &out));
    REFUSES(autobus_bus_settle(hands->bus, 0));
    REFUSES(autobus_bus_close_wait(hands->bus));
    REFUSES(autobus_batch_begin(hands->bus));
    REFUSES(autobus_batch_end(hands->bus));
    REFUSES(autobus_queue_new(hands->bus, &queue));
    REFUSES(autobus_queue_new_polled(hands->bus, &queue));
    REFUSES(autobus_bus_set_queue(hands->bus, hands->queue));
    REFUSES(autobus_queue_fd(hands->polled));
    REFUSES(autobus_queue_dispatch(hands->polled, 0));
    REFUSES(autobus_slot_cancel_wait(hands->slot));
    REFUSES(autobus_call_cancel(hands->slot));
    REFUSES(autobus_json_encode(hands->value, 0, &text));
    SAYS_NOTHING(autobus_bus_event_queue(hands->bus));
    autobus_error_clear(&error);
}

static void try_discovery(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_discoverer *discoverer;
    autobus_filter *filter;

    REFUSES(autobus_filter_new(&filter));
    REFUSES(autobus_filter_parse("a=b", &filter, &error));
    REFUSES(autobus_filter_add_equal(hands->filter, "a", hands->value));
    REFUSES(autobus_filter_add_not_equal(hands->filter, "a", hands->value));
    REFUSES(autobus_filter_add_present(hands->filter, "a"));
    REFUSES(autobus_filter_add_absent(hands->filter, "a"));
    REFUSES(autobus_filter_add_regex(hands->filter, "a", "b", &error));
    REFUSES(autobus_filter_add_function(hands->filter, (autobus_filter_fn)abort, NEVER));
    SAYS_NOTHING(autobus_filter_match(hands->filter, hands->object));
    REFUSES(autobus_listen_services(hands->bus, NULL, 0, (autobus_services_fn)abort, NEVER, NULL));
    REFUSES(autobus_bus_set_broadcast(hands->bus, 0));
    REFUSES(autobus_discoverer_new(hands->bus, "his", &discoverer));
    REFUSES(autobus_discoverer_new_seed(hands->bus, "127.0.0.1", 1, &discoverer));
    REFUSES(autobus_discover(hands->discoverer, "127.0.0.1", 1, "x", NULL));
    REFUSES(autobus_undiscover(hands->discoverer, "127.0.0.1", 1, "x"));
    REFUSES(autobus_publisher_add(hands->bus, (autobus_publication_fn)abort, NEVER, NULL));
    autobus_error_clear(&error);
}

static void try_service(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_service *service;
    json_t *out;

    REFUSES(autobus_service_new(hands->bus, NULL, &service));
    REFUSES(autobus_service_publish(hands->service));
    REFUSES(autobus_service_set_info(hands->service, NULL));
    REFUSES(
        autobus_service_add_function(hands->service, "f", NULL, AUTOBUS_SYNC, (autobus_function_fn)abort, NEVER, NULL));
    REFUSES(autobus_service_replace_function(hands->service, "echo", AUTOBUS_SYNC, (autobus_function_fn)abort, NEVER,
                                             NULL));
    REFUSES(autobus_service_set_queue(hands->service, NULL));
    REFUSES(autobus_service_add_event(hands->service, "e", NULL));
    REFUSES(autobus_service_add_object(hands->service, "o", NULL, hands->value));
    REFUSES(autobus_service_remove(hands->service, AUTOBUS_KIND_EVENT, "ping"));
    REFUSES(autobus_service_set_doc(hands->service, AUTOBUS_KIND_EVENT, "ping", "doc"));
    REFUSES(autobus_service_set_description(hands->service, AUTOBUS_KIND_EVENT, "ping", NULL));
    SAYS_NOTHING(autobus_service_has(hands->service, AUTOBUS_KIND_EVENT, "ping"));
    SAYS_NOTHING(autobus_service_id(hands->service));
    REFUSES(autobus_service_list(hands->service, AUTOBUS_KIND_EVENT, &out));
    REFUSES(autobus_service_get(hands->service, "value", &out));
    REFUSES(autobus_service_peers(hands->service, AUTOBUS_KIND_EVENT, "ping", &out));
    REFUSES(autobus_service_on_interest(hands->service, AUTOBUS_KIND_EVENT, "ping", (autobus_interest_fn)abort, NEVER,
                                        NULL));
    REFUSES(autobus_service_set_access(hands->service, "local", &error));
    REFUSES(autobus_service_set_guard(hands->service, (autobus_guard_fn)abort, NEVER));
    REFUSES(autobus_service_connections(hands->service, &out));
    REFUSES(autobus_service_disconnect(hands->service, 1));
    REFUSES(autobus_fire(hands->service, "ping", NULL));
    REFUSES(autobus_fire_json(hands->service, "ping", NULL));
    REFUSES(autobus_set(hands->service, "value", "i", 1));
    REFUSES(autobus_set_json(hands->service, "value", hands->value));
    autobus_error_clear(&error);
}

static void try_request(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;

    SAYS_NOTHING(autobus_request_function(hands->request));
    SAYS_NOTHING(autobus_request_service(hands->request));
    SAYS_NOTHING(autobus_request_args(hands->request));
    SAYS_NOTHING(autobus_request_peer(hands->request));
    SAYS_NOTHING(autobus_request_is_notice(hands->request));
    SAYS_NOTHING(autobus_request_wants_progress(hands->request));
    SAYS_NOTHING(autobus_request_abandoned(hands->request));
    REFUSES(autobus_request_remaining(hands->request));
    REFUSES(autobus_request_unpack(hands->request, "[]"));
    REFUSES(autobus_reply(hands->request, NULL));
    REFUSES(autobus_reply_json(hands->request, hands->value));
    REFUSES(autobus_request_progress(hands->request, NULL));
    REFUSES(autobus_request_progress_json(hands->request, hands->value));
    REFUSES(autobus_reply_error(hands->request, NULL, "no"));
    REFUSES(autobus_reply_error_json(hands->request, NULL, "no", hands->value));
    REFUSES(autobus_request_on_abandoned(hands->request, (autobus_abandoned_fn)abort, NEVER, NULL));
}

static void try_remote(struct ab_trial *trial)
{
    const autobus_gather_rule *rule = NULL;
    struct ab_hands *hands = trial->hands;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_canceler *canceler;
    autobus_remote *remote;
    json_t *out;

    REFUSES(autobus_proxy(hands->bus, "x", &remote, &error));
    REFUSES(autobus_proxy_filter(hands->bus, hands->filter, &remote));
    REFUSES(autobus_proxy_multiple(hands->bus, "x", &remote, &error));
    REFUSES(autobus_proxy_multiple_filter(hands->bus, hands->filter, &remote));
    REFUSES(autobus_connect(hands->bus, "127.0.0.1", 1, "x", &remote));
    REFUSES(autobus_remote_wait(hands->remote, 0, &error));
    REFUSES(autobus_remote_wait_async(hands->remote, 0, (autobus_result_fn)abort, NEVER, NULL));
    REFUSES(autobus_remote_on_end(hands->remote, 0, (autobus_result_fn)abort, NEVER, NULL));
    REFUSES(autobus_remote_on_binding(hands->remote, (autobus_binding_fn)abort, NEVER, NULL));
    REFUSES(autobus_remote_info(hands->remote, &out));
    REFUSES(autobus_remote_set_timeout(hands->remote, 1));
    REFUSES(autobus_remote_set_queue(hands->remote, NULL));
    REFUSES(autobus_canceler_new(hands->bus, &canceler));
    REFUSES(autobus_call(hands->remote, &out, &error, "echo", NULL));
    REFUSES(autobus_call_json(hands->remote, &out, &error, "echo", NULL, 0, 0));
    REFUSES(autobus_call_with(hands->remote, &out, &error, "echo", NULL, NULL));
    REFUSES(autobus_call_async(hands->remote, "echo", NULL, 0, 0, (autobus_result_fn)abort, NEVER, NULL));
    REFUSES(autobus_call_all(hands->many, "echo", NULL, 0, rule, (autobus_result_fn)abort, NEVER, NULL));
    REFUSES(autobus_gather(hands->many, &out, &error, "echo", NULL));
    REFUSES(autobus_gather_json(hands->many, &out, &error, "echo", NULL, 0, rule));
    REFUSES(autobus_notice(hands->remote, "echo", NULL));
    REFUSES(autobus_notice_json(hands->remote, "echo", NULL));
    REFUSES(autobus_listen(hands->remote, "ping", (autobus_event_fn)abort, NEVER, NULL));
    REFUSES(autobus_watch(hands->remote, "value", (autobus_value_fn)abort, NEVER, NULL));
    REFUSES(autobus_get(hands->remote, "value", 0, 0, &out, &error));
    REFUSES(autobus_get_async(hands->remote, "value", 0, 0, (autobus_result_fn)abort, NEVER, NULL));
    autobus_error_clear(&error);
}

static void try_all(struct ab_trial *trial)
{
    try_bus(trial);
    try_discovery(trial);
    try_service(trial);
    try_request(trial);
    try_remote(trial);
}

/* References are counted in a filter's function neither way, and what would close something does nothing. */
static void try_references(struct ab_trial *trial)
{
    struct ab_hands *hands = trial->hands;

    SAYS_NOTHING(autobus_bus_ref(hands->bus));
    SAYS_NOTHING(autobus_queue_ref(hands->queue));
    SAYS_NOTHING(autobus_slot_ref(hands->slot));
    SAYS_NOTHING(autobus_filter_ref(hands->filter));
    SAYS_NOTHING(autobus_service_ref(hands->service));
    SAYS_NOTHING(autobus_request_ref(hands->request));
    SAYS_NOTHING(autobus_remote_ref(hands->remote));
    SAYS_NOTHING(autobus_canceler_ref(hands->canceler));
    SAYS_NOTHING(autobus_discoverer_ref(hands->discoverer));
    autobus_bus_close(hands->bus);
    autobus_remote_close(hands->remote);
    autobus_service_close(hands->service);
    autobus_discoverer_close(hands->discoverer);
    autobus_canceler_cancel(hands->canceler);
    autobus_slot_cancel(hands->slot);
    ab_hands_drop(hands);
}

static bool try_in_filter(const json_t *info, void *user_data)
{
    struct ab_trial *trial = user_data;

    try_all(trial);
    try_references(trial);
    return strcmp(json_string_value(json_object_get(info, "type")), "test") == 0;
}

START_TEST(inside_a_filter)
{
    struct ab_hands hands;
    struct ab_trial trial = {&hands, AUTOBUS_EDEADLK, NULL};
    autobus_filter *filter;
    autobus_remote *remote;
    json_t *services;

    ab_hands_open(&hands);
    ck_assert_int_eq(autobus_filter_new(&filter), 0);
    ck_assert_int_eq(autobus_filter_add_function(filter, try_in_filter, &trial, NULL), 0);
    ck_assert_int_eq(autobus_bus_services(hands.bus, filter, &services), 0);
    ck_assert_uint_eq(json_array_size(services), 1);
    json_decref(services);
    ck_assert_int_eq(autobus_proxy_filter(hands.bus, filter, &remote), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
    autobus_filter_unref(filter);
    autobus_remote_unref(remote);
    ck_assert_msg(!trial.wrong, "%s", trial.wrong);
    ab_pair_flush(&hands.pair);
    ab_hands_close(&hands);
}
END_TEST

START_TEST(in_a_child_of_fork)
{
    struct ab_hands hands;
    struct ab_trial trial = {&hands, AUTOBUS_EFORKED, NULL};
    int status;
    pid_t child;

    ab_hands_open(&hands);
    child = fork();
    if (child == 0) {
        try_all(&trial);
        autobus_bus_close(hands.bus);
        ab_hands_drop(&hands);
        autobus_remote_unref(hands.remote);
        autobus_service_unref(hands.service);
        autobus_bus_unref(hands.bus);
        if (trial.wrong)
            fprintf(stderr, "%s\n", trial.wrong);
        ab_test_exit(trial.wrong ? 1 : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ab_pair_flush(&hands.pair);
    ab_hands_close(&hands);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("refused");
    TCase *tests = tcase_create("places");

    tcase_add_test(tests, inside_a_filter);
    tcase_add_test(tests, in_a_child_of_fork);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
