/* Who may use a service, by the public API. All that is here is on loopback: networks are with the simulation. */

#include "buses.h"
#include "harness.h"

#include <string.h>

/* ---- A list of networks */

START_TEST(lists_are_checked)
{
    struct ab_pair pair;
    autobus_error error = AUTOBUS_ERROR_INIT;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_set_access(pair.service, "local, 10.0.0.0/8,192.168.1.7", NULL), 0);
    ck_assert_int_eq(autobus_service_set_access(pair.service, NULL, NULL), 0);
    ck_assert_int_eq(autobus_service_set_access(pair.service, "local,nowhere", &error), AUTOBUS_EINVAL);
    ck_assert_str_eq(error.text, "\"nowhere\" is no network: ADDRESS/BITS, ADDRESS, local, or *");
    ck_assert_int_eq(autobus_service_set_access(pair.service, "", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_set_access(NULL, "local", &error), AUTOBUS_EINVAL);
    autobus_error_clear(&error);
    autobus_service_close(pair.service);
    ck_assert_int_eq(autobus_service_set_access(pair.service, "local", NULL), AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(this_machine_is_in_every_list)
{
    struct ab_pair pair;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_service_set_access(pair.service, "203.0.113.0/24", NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    ab_pair_close(&pair);
}
END_TEST

/* ---- A function that decides */

/* Lets nobody do one thing. */
struct rule {
    enum autobus_access_kind kind;
    const char *name;
    const char *service;
    autobus_bus *bus;
    struct ab_gate asked;
    struct ab_gate destroyed;
};

static bool decide(const autobus_access *access, void *user_data)
{
    struct rule *rule = user_data;
    json_t *services = NULL;

    ck_assert_str_eq(access->service, rule->service);
    ck_assert_str_eq(access->peer->host, "127.0.0.1");
    ck_assert(access->peer->local);
    ck_assert((access->kind == AUTOBUS_ACCESS_BIND) == !access->name);
    ck_assert_int_eq(autobus_bus_services(rule->bus, NULL, &services), AUTOBUS_EDEADLK);
    ab_gate_pass(&rule->asked);
    if (access->kind != rule->kind)
        return true;
    return access->name && strcmp(access->name, rule->name) != 0;
}

static void destroyed(void *user_data)
{
    struct rule *rule = user_data;

    ab_gate_pass(&rule->destroyed);
}

static void rule_set(struct rule *rule, const struct ab_pair *pair, enum autobus_access_kind kind, const char *name)
{
    static const struct rule empty = {.asked = AB_GATE_INIT, .destroyed = AB_GATE_INIT};

    *rule = empty;
    rule->kind = kind;
    rule->name = name;
    rule->bus = pair->server;
    rule->service = autobus_service_id(pair->service);
    ck_assert_int_eq(autobus_service_set_guard(pair->service, decide, rule, destroyed), 0);
}

START_TEST(a_call_is_denied)
{
    struct ab_pair pair;
    struct rule rule;
    autobus_error error = AUTOBUS_ERROR_INIT;

    ab_pair_open(&pair, NULL);
    rule_set(&rule, &pair, AUTOBUS_ACCESS_CALL, "echo");
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "echo", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "denied");
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "missing", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "no_such_function");
    ck_assert_int_eq(autobus_service_set_guard(pair.service, NULL, NULL, NULL), 0);
    ck_assert_int_eq(ab_gate_count(&rule.destroyed), 1);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_guard_is_let_go_when_it_is_replaced_and_when_the_service_is_closed)
{
    struct ab_pair pair;
    struct rule first, second;

    ab_pair_open(&pair, NULL);
    rule_set(&first, &pair, AUTOBUS_ACCESS_CALL, "echo");
    rule_set(&second, &pair, AUTOBUS_ACCESS_CALL, "other");
    ck_assert_int_eq(ab_gate_count(&first.destroyed), 1);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    autobus_service_close(pair.service);
    ck_assert_int_eq(ab_gate_count(&second.destroyed), 1);
    ck_assert_int_eq(autobus_service_set_guard(pair.service, decide, &second, destroyed), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_set_guard(NULL, decide, &second, destroyed), AUTOBUS_EINVAL);
    ck_assert_int_eq(ab_gate_count(&second.destroyed), 1);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_guard_of_a_service_that_nobody_saw_is_let_go_too)
{
    autobus_bus *bus = ab_test_bus();
    struct rule rule = {.asked = AB_GATE_INIT, .destroyed = AB_GATE_INIT};
    autobus_service *service;

    ck_assert_int_eq(autobus_service_new(bus, NULL, &service), 0);
    ck_assert_int_eq(autobus_service_set_guard(service, decide, &rule, destroyed), 0);
    ab_test_bus_end(bus);
    ck_assert_int_eq(ab_gate_count(&rule.destroyed), 1);
    autobus_service_unref(service);
    ck_assert_int_eq(ab_gate_count(&rule.destroyed), 1);
}
END_TEST

/* ---- What the others hear */

struct heard {
    struct ab_gate gate;
    int code;
    char type[32];
    char service[256];
    bool present;
};

static void note(struct heard *heard, int code, const autobus_error *error, const char *service, const json_t *value)
{
    ck_assert(!error == !code);
    heard->code = code;
    strcpy(heard->type, error ? error->type : "");
    strcpy(heard->service, service ? service : "");
    heard->present = value != NULL;
    ab_gate_pass(&heard->gate);
}

static void on_event(const autobus_event *event, void *user_data)
{
    note(user_data, event->code, event->error, event->service, event->args);
}

static void on_value(const autobus_value *value, void *user_data)
{
    note(user_data, value->code, value->error, value->service, value->value);
}

START_TEST(who_listens_to_what_he_may_not_hears_so_and_listens_on)
{
    struct ab_pair pair;
    struct rule rule;
    struct heard heard = {.gate = AB_GATE_INIT};

    ab_pair_open(&pair, NULL);
    rule_set(&rule, &pair, AUTOBUS_ACCESS_LISTEN, "ping");
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", on_event, &heard, NULL, NULL), 0);
    ab_gate_wait(&heard.gate, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_EREMOTE);
    ck_assert_str_eq(heard.type, "denied");
    ck_assert_str_eq(heard.service, autobus_service_id(pair.service));
    ck_assert_int_eq(autobus_service_set_guard(pair.service, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", on_event, &heard, NULL, NULL), 0); /* asks anew */
    ab_pair_flush(&pair);
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), 0);
    ab_gate_wait(&heard.gate, 3);
    ck_assert_int_eq(heard.code, 0);
    ck_assert(heard.present);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(who_watches_what_he_may_not_hears_so)
{
    struct ab_pair pair;
    struct rule rule;
    struct heard heard = {.gate = AB_GATE_INIT};
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *value = NULL;

    ab_pair_open(&pair, NULL);
    rule_set(&rule, &pair, AUTOBUS_ACCESS_WATCH, "value");
    ck_assert_int_eq(autobus_watch(pair.remote, "value", on_value, &heard, NULL, NULL), 0);
    ab_gate_wait(&heard.gate, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_EREMOTE);
    ck_assert_str_eq(heard.type, "denied");
    ck_assert(!heard.present);
    ck_assert_int_eq(autobus_get(pair.remote, "value", 0, 0, &value, &error), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "denied");
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(of_many_each_refusal_is_told)
{
    struct ab_pair pair;
    struct rule rule;
    struct heard heard = {.gate = AB_GATE_INIT};
    autobus_remote *many;

    ab_pair_open(&pair, NULL);
    rule_set(&rule, &pair, AUTOBUS_ACCESS_WATCH, "value");
    ck_assert_int_eq(autobus_proxy_multiple(pair.client, "test", &many, NULL), 0);
    ck_assert_int_eq(autobus_watch(many, "value", on_value, &heard, NULL, NULL), 0);
    ab_gate_wait(&heard.gate, 1);
    ck_assert_int_eq(heard.code, AUTOBUS_EREMOTE);
    ck_assert_str_eq(heard.service, autobus_service_id(pair.service));
    autobus_remote_unref(many);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(who_may_not_bind_hears_so_whatever_he_does)
{
    struct ab_pair pair;
    struct rule rule;
    struct heard event = {.gate = AB_GATE_INIT}, value = {.gate = AB_GATE_INIT};
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *remote;

    ab_pair_open(&pair, NULL);
    rule_set(&rule, &pair, AUTOBUS_ACCESS_BIND, NULL); /* ends the pair's own connection */
    ck_assert_int_eq(autobus_proxy(pair.client, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_watch(remote, "value", on_value, &value, NULL, NULL), 0);
    ck_assert_int_eq(autobus_listen(remote, "ping", on_event, &event, NULL, NULL), 0);
    ab_gate_wait(&event.gate, 1);
    ab_gate_wait(&value.gate, 1);
    ck_assert_str_eq(value.type, "denied");
    ck_assert_str_eq(value.service, "");
    ck_assert_str_eq(event.type, "denied");
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, &error), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "denied");
    ck_assert_int_eq(autobus_call(remote, NULL, &error, "echo", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "denied");
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "echo", NULL), AUTOBUS_EREMOTE);
    autobus_error_clear(&error);
    ck_assert_int_eq(autobus_service_set_guard(pair.service, NULL, NULL, NULL), 0);
    ck_assert_int_eq(autobus_call(remote, NULL, NULL, "echo", NULL), 0); /* at once: a call asks anew */
    autobus_remote_unref(remote);
    ab_pair_close(&pair);
}
END_TEST

static void tell_whether_local(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, "b", autobus_request_peer(request)->local);
}

START_TEST(a_handler_knows_who_is_of_this_machine)
{
    struct ab_pair pair;
    json_t *result = NULL;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "local", AUTOBUS_SYNC, tell_whether_local, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "local", NULL), 0);
    ck_assert(json_is_true(result));
    json_decref(result);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Who is connected */

static json_t *connections(autobus_service *service)
{
    json_t *all = NULL;

    ck_assert_int_eq(autobus_service_connections(service, &all), 0);
    ck_assert(json_is_array(all));
    return all;
}

static void throw_out(autobus_request *request, void *user_data)
{
    ck_assert_int_eq(autobus_service_disconnect(user_data, autobus_request_peer(request)->connection), 0);
}

START_TEST(a_service_knows_who_is_connected)
{
    struct ab_pair pair;
    struct heard heard = {.gate = AB_GATE_INIT};
    json_t *all, *one;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", on_value, &heard, NULL, NULL), 0);
    ab_pair_flush(&pair);
    all = connections(pair.service);
    ck_assert_uint_eq(json_array_size(all), 1);
    one = json_array_get(all, 0);
    ck_assert_str_eq(json_string_value(json_object_get(one, "host")), "127.0.0.1");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(one, "watches"), 0)), "value");
    ck_assert_int_eq(json_integer_value(json_object_get(one, "calls")), 0);
    json_decref(all);
    ck_assert_int_eq(autobus_service_connections(pair.service, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_service_connections(NULL, &all), AUTOBUS_EINVAL);
    autobus_service_close(pair.service);
    ck_assert_int_eq(autobus_service_connections(pair.service, &all), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_disconnect(pair.service, 1), AUTOBUS_ECLOSED);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(who_is_put_out_comes_back)
{
    struct ab_pair pair;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *all;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "leave", AUTOBUS_THREAD, throw_out, pair.service);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "leave", NULL), AUTOBUS_EDISCONNECTED);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, &error, "echo", NULL), 0);
    all = connections(pair.service);
    ck_assert_uint_ge(json_array_size(all), 1); /* and perhaps one that only looked whether the service is there */
    json_decref(all);
    ck_assert_int_eq(autobus_service_disconnect(pair.service, 0), AUTOBUS_ENOENT);
    ck_assert_int_eq(autobus_service_disconnect(NULL, 1), AUTOBUS_EINVAL);
    autobus_error_clear(&error);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access");
    TCase *rules = tcase_create("rules");
    TCase *connected = tcase_create("connected");
    TCase *heard = tcase_create("heard");

    tcase_add_test(rules, lists_are_checked);
    tcase_add_test(rules, this_machine_is_in_every_list);
    tcase_add_test(rules, a_call_is_denied);
    tcase_add_test(rules, a_guard_is_let_go_when_it_is_replaced_and_when_the_service_is_closed);
    tcase_add_test(rules, a_guard_of_a_service_that_nobody_saw_is_let_go_too);
    tcase_add_test(rules, a_handler_knows_who_is_of_this_machine);
    suite_add_tcase(suite, rules);
    tcase_add_test(heard, who_listens_to_what_he_may_not_hears_so_and_listens_on);
    tcase_add_test(heard, who_watches_what_he_may_not_hears_so);
    tcase_add_test(heard, of_many_each_refusal_is_told);
    tcase_add_test(heard, who_may_not_bind_hears_so_whatever_he_does);
    suite_add_tcase(suite, heard);
    tcase_add_test(connected, a_service_knows_who_is_connected);
    tcase_add_test(connected, who_is_put_out_comes_back);
    suite_add_tcase(suite, connected);
    return ab_test_run(suite);
}
