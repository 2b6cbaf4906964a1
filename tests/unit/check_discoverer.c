/* Discoverers and publishers of a program by the public API, and buses without broadcast. */

#include "buses.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static autobus_bus *bus_without(void)
{
    autobus_options *options = ab_test_options("discovery", "none", NULL);
    autobus_bus *bus;

    ck_assert_int_eq(autobus_bus_new(options, &bus, NULL), 0);
    autobus_options_free(options);
    return bus;
}

static autobus_discoverer *discoverer(autobus_bus *bus, const char *name)
{
    autobus_discoverer *made;

    ck_assert_int_eq(autobus_discoverer_new(bus, name, &made), 0);
    return made;
}

/* What is known, as JSON; the caller's own. */
static json_t *known(autobus_bus *bus)
{
    json_t *services;

    ck_assert_int_eq(autobus_bus_services(bus, NULL, &services), 0);
    return services;
}

static void expect_known(autobus_bus *bus, const char *expected)
{
    json_t *services = known(bus);
    json_t *wanted = json_loads(expected, 0, NULL);
    char *text = json_dumps(services, JSON_COMPACT);

    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(services, wanted), "%s", text);
    free(text);
    json_decref(wanted);
    json_decref(services);
}

/* ---- Known hosts */

/* The discoverer of the only route of that service; NULL: it is not known. The caller frees it. */
static char *discoverer_of(autobus_bus *bus, const char *service)
{
    json_t *services = known(bus);
    json_t *entry;
    char *name = NULL;
    size_t i;

    json_array_foreach(services, i, entry)
    {
        json_t *routes = json_object_get(entry, "routes");

        if (strcmp(json_string_value(json_object_get(entry, "service")), service) != 0)
            continue;
        ck_assert_uint_eq(json_array_size(routes), 1);
        name = strdup(json_string_value(json_array_get(json_object_get(json_array_get(routes, 0), "discoverers"), 0)));
    }
    json_decref(services);
    return name;
}

START_TEST(a_known_host_of_the_options_is_asked)
{
    struct ab_pair pair;
    autobus_options *options;
    autobus_remote *remote;
    autobus_bus *bus;
    char text[40];
    char *name;

    ab_pair_open(&pair, NULL);
    snprintf(text, sizeof(text), "127.0.0.1:%u", ab_pair_port(&pair));
    options = ab_test_options("discovery", "none", "seeds", text, NULL);
    ck_assert_int_eq(autobus_bus_new(options, &bus, NULL), 0);
    ck_assert_int_eq(autobus_bus_settle(bus, 10000), 0);
    name = discoverer_of(bus, autobus_service_id(pair.service));
    ck_assert_pstr_eq(name, "seeds");
    free(name);
    ck_assert_int_eq(autobus_proxy(bus, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_call(remote, NULL, NULL, "echo", NULL), 0);
    autobus_remote_unref(remote);
    ab_test_bus_end(bus);
    autobus_options_free(options);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(a_known_host_comes_and_goes)
{
    struct ab_pair pair;
    autobus_bus *bus = bus_without();
    autobus_discoverer *seed;
    autobus_remote *remote;
    char *name;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, ab_test_localhost(), ab_pair_port(&pair), &seed), 0);
    ck_assert_int_eq(autobus_proxy(bus, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
    name = discoverer_of(bus, autobus_service_id(pair.service));
    ck_assert_pstr_eq(name, "seeds");
    free(name);
    ck_assert_int_eq(autobus_discover(seed, "127.0.0.1", 1, "x", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_undiscover(seed, "127.0.0.1", 1, "x"), AUTOBUS_EINVAL);
    autobus_remote_unref(remote);
    autobus_discoverer_close(seed);
    expect_known(bus, "[]");
    autobus_discoverer_close(seed);
    autobus_discoverer_unref(seed);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "name.invalid", 1, &seed), 0);
    autobus_discoverer_unref(seed);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "127.0.0.1", 1, &seed), 0);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "127.0.0.1", 0, &seed), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "", 1, &seed), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discoverer_new_seed(NULL, "127.0.0.1", 1, &seed), AUTOBUS_EINVAL);
    autobus_bus_close(bus);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "127.0.0.1", 1, &seed), AUTOBUS_ECLOSED);
    ab_test_bus_end(bus);
    autobus_discoverer_unref(seed);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(known_hosts_have_a_limit)
{
    autobus_options *options = ab_test_options("seed_hosts", "1", "seeds", "127.0.0.1:1,127.0.0.1:2", NULL);
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_discoverer *seed;
    autobus_bus *bus;

    ck_assert_int_eq(autobus_bus_new(options, &bus, &error), AUTOBUS_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "seed_hosts"));
    autobus_error_clear(&error);
    ck_assert_int_eq(autobus_options_set(options, "seeds", "127.0.0.1:1", NULL), 0);
    ck_assert_int_eq(autobus_bus_new(options, &bus, NULL), 0);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "127.0.0.1", 1, &seed), AUTOBUS_ETOOLARGE);
    ab_test_bus_end(bus);
    autobus_options_free(options);
}
END_TEST

/* ---- Discoverers */

#define X_AT(host, by)                                                \
    "[{\"service\": \"x\", \"info\": {\"room\": 1, \"host\": \"" host \
    "\", \"port\": 80, \"service\": \"x\"}, \"routes\": [" by "]}]"
#define ROUTE(host, names, preferred) \
    "{\"host\": \"" host "\", \"port\": 80, \"discoverers\": [" names "], \"preferred\": " preferred "}"

START_TEST(what_is_reported_is_known)
{
    autobus_bus *bus = bus_without();
    autobus_discoverer *one = discoverer(bus, "one");
    autobus_discoverer *two = discoverer(bus, "two");
    json_t *info = json_pack("{s:i}", "room", 1);

    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", info), 0);
    ck_assert_int_eq(autobus_discover(two, "10.0.0.1", 80, "x", info), 0);
    ck_assert_int_eq(autobus_discover(two, "10.0.0.2", 80, "x", info), 0);
    expect_known(
        bus, X_AT("10.0.0.1", ROUTE("10.0.0.1", "\"one\", \"two\"", "true") "," ROUTE("10.0.0.2", "\"two\"", "false")));
    ck_assert_int_eq(autobus_undiscover(two, "10.0.0.1", 80, "x"), 0);
    expect_known(bus, X_AT("10.0.0.1", ROUTE("10.0.0.1", "\"one\"", "true") "," ROUTE("10.0.0.2", "\"two\"", "false")));
    autobus_discoverer_close(one);
    expect_known(bus, X_AT("10.0.0.2", ROUTE("10.0.0.2", "\"two\"", "true")));
    autobus_discoverer_unref(two);
    expect_known(bus, "[]");
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", info), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_undiscover(one, "10.0.0.1", 80, "x"), AUTOBUS_ECLOSED);
    autobus_discoverer_close(one);
    ck_assert_ptr_null(autobus_discoverer_unref(one));
    json_decref(info);
    ab_test_bus_end(bus);
}
END_TEST

/* The directory has nothing of the program's value. */
START_TEST(the_info_stays_the_programs)
{
    autobus_bus *bus = bus_without();
    autobus_discoverer *one = discoverer(bus, "one");
    json_t *info = json_pack("{s:i}", "room", 1);

    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", info), 0);
    json_object_set_new(info, "room", json_integer(2));
    expect_known(bus, X_AT("10.0.0.1", ROUTE("10.0.0.1", "\"one\"", "true")));
    ck_assert_uint_eq(info->refcount, 1);
    json_decref(info);
    autobus_discoverer_unref(one);
    ab_test_bus_end(bus);
}
END_TEST

START_TEST(what_is_refused)
{
    autobus_bus *bus = bus_without();
    autobus_discoverer *one = discoverer(bus, "one");
    autobus_discoverer *other;
    json_t *info = json_pack("{s:i}", "room", 1);
    json_t *array = json_array();
    char *text = calloc(1, 20001);

    memset(text, 'x', 20000);
    json_t *large = json_pack("{s:s}", "text", text);
    free(text);
    ck_assert_int_eq(autobus_discoverer_new(NULL, "one", &other), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discoverer_new(bus, "", &other), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discoverer_new(bus, NULL, &other), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discoverer_new(bus, "one", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(NULL, "10.0.0.1", 80, "x", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, NULL, 80, "x", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "localhost", 80, "x", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 0, "x", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, NULL, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", array), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", large), AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(autobus_undiscover(one, "10.0.0.1", 80, "x"), AUTOBUS_ENOENT);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", info), 0);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.2", 80, "x", NULL), AUTOBUS_EEXIST);
    for (unsigned port = 1; port <= 63; port++)
        ck_assert_int_eq(autobus_discover(one, "10.0.0.1", (uint16_t)(1000 + port), "x", info), 0);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 999, "x", info), AUTOBUS_ETOOLARGE);
    ck_assert_int_eq(autobus_bus_set_broadcast(bus, 4), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_set_broadcast(NULL, 0), AUTOBUS_EINVAL);
    ck_assert_ptr_null(autobus_discoverer_ref(NULL));
    ck_assert_ptr_null(autobus_discoverer_unref(NULL));
    autobus_discoverer_close(NULL);
    json_decref(info);
    json_decref(array);
    json_decref(large);
    ab_test_bus_end(bus);
    ck_assert_int_eq(autobus_discover(one, "10.0.0.1", 80, "x", NULL), AUTOBUS_ECLOSED);
    autobus_discoverer_unref(one);
}
END_TEST

/* ---- Without broadcast */

struct published {
    struct ab_gate gate;
    struct ab_gate destroyed;
    autobus_discoverer *to; /* everything that comes is reported here */
    char last[64];
};

static void hear(const autobus_publication *publication, void *user_data)
{
    struct published *published = user_data;
    const char *type = json_string_value(json_object_get(publication->info, "type"));

    if (type && strcmp(type, "test") == 0 && published->to)
        ck_assert_int_eq(
            autobus_discover(published->to, "127.0.0.1", publication->port, publication->service, publication->info),
            0);
    ck_assert_int_eq(publication->kind == AUTOBUS_PUBLICATION_REMOVED, publication->info == NULL);
    snprintf(published->last, sizeof published->last, "%d %s", (int)publication->kind, type ? type : "-");
    ab_gate_pass(&published->gate);
}

static void destroy(void *user_data)
{
    struct published *published = user_data;

    ab_gate_pass(&published->destroyed);
}

static autobus_service *publish(autobus_bus *bus)
{
    json_t *info = json_pack("{s:s}", "type", "test");
    autobus_service *service;

    ck_assert_int_eq(autobus_service_new(bus, info, &service), 0);
    ck_assert_int_eq(autobus_service_publish(service), 0);
    json_decref(info);
    return service;
}

START_TEST(a_bus_without_broadcast_settles_at_once_and_hears_nothing)
{
    autobus_bus *loud = ab_test_bus();
    autobus_bus *quiet = bus_without();
    autobus_service *service = publish(loud);
    autobus_remote *remote;

    ck_assert_int_eq(autobus_bus_settle(quiet, 0), 0);
    ck_assert_int_eq(autobus_bus_settle(loud, 5000), 0);
    expect_known(quiet, "[]");
    ck_assert_int_eq(autobus_proxy(quiet, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_bus_set_broadcast(quiet, AUTOBUS_BROADCAST_DISCOVER), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
    ck_assert_int_eq(autobus_bus_set_broadcast(quiet, 0), 0);
    expect_known(quiet, "[]");
    ck_assert_int_eq(autobus_remote_wait(remote, 0, NULL), 0); /* bound all the same */
    autobus_remote_unref(remote);
    autobus_service_unref(service);
    ab_test_bus_end(quiet);
    ab_test_bus_end(loud);
}
END_TEST

START_TEST(a_service_is_found_by_a_wire_of_the_programs)
{
    autobus_bus *server = bus_without();
    autobus_bus *client = bus_without();
    struct published published = {.gate = AB_GATE_INIT, .destroyed = AB_GATE_INIT, .to = discoverer(client, "wire")};
    autobus_service *service = publish(server);
    autobus_remote *remote;
    autobus_slot *slot;

    ck_assert_int_eq(autobus_publisher_add(server, hear, &published, destroy, &slot), 0);
    ck_assert_int_eq(autobus_proxy(client, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
    ab_gate_wait(&published.gate, 2); /* the introspection service too */
    autobus_service_close(service);
    ab_gate_wait(&published.gate, 4);
    ck_assert_str_eq(published.last, "3 -");
    ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    ck_assert_int_eq(ab_gate_count(&published.destroyed), 1);
    autobus_slot_unref(slot);
    autobus_remote_unref(remote);
    autobus_service_unref(service);
    autobus_discoverer_unref(published.to);
    ab_test_bus_end(client);
    ab_test_bus_end(server);
}
END_TEST

START_TEST(a_publisher_ends_with_its_bus)
{
    autobus_bus *bus = ab_test_bus();
    struct published published = {.gate = AB_GATE_INIT, .destroyed = AB_GATE_INIT};
    autobus_service *service = publish(bus);

    ck_assert_int_eq(autobus_publisher_add(NULL, hear, &published, destroy, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_publisher_add(bus, NULL, &published, destroy, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_publisher_add(bus, hear, &published, destroy, NULL), 0);
    ab_gate_wait(&published.gate, 2);
    ab_test_bus_end(bus);
    ck_assert_int_eq(ab_gate_count(&published.gate), 2);
    ck_assert_int_eq(ab_gate_count(&published.destroyed), 1);
    autobus_service_unref(service);
}
END_TEST

START_TEST(a_publisher_hears_of_all_that_is_published)
{
    autobus_options *options = ab_test_options("events_waiting", "1", NULL);
    struct published published = {.gate = AB_GATE_INIT, .destroyed = AB_GATE_INIT};
    autobus_service *services[3];
    autobus_bus *bus;

    ck_assert_int_eq(autobus_bus_new(options, &bus, NULL), 0);
    autobus_options_free(options);
    for (int i = 0; i < 3; i++)
        services[i] = publish(bus);
    ck_assert_int_eq(autobus_publisher_add(bus, hear, &published, destroy, NULL), 0);
    ab_gate_wait(&published.gate, 4);
    ck_assert_int_eq(ab_gate_count(&published.destroyed), 0);
    ab_test_bus_end(bus);
    for (int i = 0; i < 3; i++)
        autobus_service_unref(services[i]);
}
END_TEST

/* It takes part in nothing but is there for what the program reports, also from inside callbacks. */
static void report_more(const autobus_services_event *event, void *user_data)
{
    struct published *published = user_data;

    if (event->kind == AUTOBUS_SERVICE_ADDED && strcmp(event->service, "x") == 0)
        ck_assert_int_eq(autobus_discover(published->to, "10.0.0.1", 80, "y", NULL), 0);
    if (event->kind == AUTOBUS_SERVICE_ADDED && strcmp(event->service, "y") == 0)
        autobus_discoverer_close(published->to);
    ab_gate_pass(&published->gate);
}

START_TEST(in_a_callback_everything_may_be_reported)
{
    autobus_bus *bus = bus_without();
    struct published published = {.gate = AB_GATE_INIT, .destroyed = AB_GATE_INIT, .to = discoverer(bus, "mine")};

    ck_assert_int_eq(autobus_listen_services(bus, NULL, 0, report_more, &published, NULL, NULL), 0);
    ck_assert_int_eq(autobus_discover(published.to, "10.0.0.1", 80, "x", NULL), 0);
    ab_gate_wait(&published.gate, 5); /* settled, x, y, and both are gone */
    expect_known(bus, "[]");
    autobus_discoverer_unref(published.to);
    ab_test_bus_end(bus);
}
END_TEST

/* ---- Routes explained */

START_TEST(a_route_in_use_is_explained)
{
    struct ab_pair pair;
    autobus_filter *filter;
    json_t *services;
    const json_t *route;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_filter_parse("test", &filter, NULL), 0);
    ck_assert_int_eq(autobus_bus_routes(NULL, filter, &services), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_routes(pair.client, filter, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_routes(pair.client, filter, &services), 0);
    ck_assert_uint_eq(json_array_size(services), 1);
    route = json_array_get(json_object_get(json_array_get(services, 0), "routes"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(route, "host")), "127.0.0.1");
    ck_assert_int_eq(json_integer_value(json_object_get(route, "in_use")), 1);
    ck_assert(json_is_boolean(json_object_get(route, "local")));
    ck_assert(json_is_true(json_object_get(route, "preferred")));
    ck_assert(json_real_value(json_object_get(route, "round_trip_ms")) > 0);
    ck_assert(json_is_integer(json_object_get(route, "heard_ms")));
    ck_assert(json_is_integer(json_object_get(route, "tried_ms")));
    ck_assert(json_is_integer(json_object_get(route, "answered_ms")));
    ck_assert(json_is_null(json_object_get(route, "failed_ms")));
    ck_assert(json_is_null(json_object_get(route, "failure")));
    ck_assert_str_eq(json_string_value(json_object_get(route, "reason")), "only");
    json_decref(services);
    autobus_filter_unref(filter);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("discoverers");
    TCase *discoverers = tcase_create("discoverers");
    TCase *broadcast = tcase_create("without broadcast");

    tcase_set_timeout(broadcast, 60);
    tcase_add_test(discoverers, what_is_reported_is_known);
    tcase_add_test(discoverers, a_known_host_of_the_options_is_asked);
    tcase_add_test(discoverers, a_known_host_comes_and_goes);
    tcase_add_test(discoverers, known_hosts_have_a_limit);
    tcase_add_test(discoverers, the_info_stays_the_programs);
    tcase_add_test(discoverers, what_is_refused);
    tcase_add_test(broadcast, a_bus_without_broadcast_settles_at_once_and_hears_nothing);
    tcase_add_test(broadcast, a_service_is_found_by_a_wire_of_the_programs);
    tcase_add_test(broadcast, a_publisher_ends_with_its_bus);
    tcase_add_test(broadcast, a_publisher_hears_of_all_that_is_published);
    tcase_add_test(broadcast, in_a_callback_everything_may_be_reported);
    tcase_add_test(broadcast, a_route_in_use_is_explained);
    suite_add_tcase(suite, discoverers);
    suite_add_tcase(suite, broadcast);
    return ab_test_run(suite);
}
