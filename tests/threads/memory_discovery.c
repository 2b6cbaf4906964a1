/*
 * Owns the acts of finding: what a bus knows and tells of itself, filters, discoverers and publishers; and a bus from its
 * beginning to its end. See memory.h.
 */
#include "threads/memory.h"

#include <string.h>

/* ---- Callbacks */

static void on_services(const autobus_services_event *what, void *gate)
{
    ck_assert((what->kind <= AUTOBUS_SERVICE_REMOVED) == (what->entry != NULL));
    ab_gate_pass(gate);
}

static void on_publication(const autobus_publication *what, void *gate)
{
    ck_assert(what->kind == AUTOBUS_PUBLICATION_OVERFLOW || what->service);
    ab_gate_pass(gate);
}

/* ---- What a bus tells */

static void look_around(void)
{
    static int (*const tell[])(autobus_bus *, json_t **) = {autobus_bus_settings, autobus_bus_interfaces,
                                                            autobus_bus_counters};
    json_t *out = NULL;

    for (size_t i = 0; i < sizeof(tell) / sizeof(*tell); i++) {
        if (fine(tell[i](memory.pair.client, &out)))
            json_decref(out);
    }
    if (fine(autobus_bus_services(memory.pair.client, NULL, &out)))
        json_decref(out);
    if (fine(autobus_bus_routes(memory.pair.client, NULL, &out)))
        json_decref(out);
    ck_assert_ptr_nonnull(strchr(autobus_version(), '.'));
    ck_assert_ptr_nonnull(autobus_strerror(AUTOBUS_ENOMEM));
}

static void listen_to_services(void)
{
    static const unsigned flags[] = {AUTOBUS_SERVICES_EXISTING, AUTOBUS_SERVICES_ROUTES | AUTOBUS_SERVICES_EXISTING,
                                     AUTOBUS_SERVICES_LIVENESS | AUTOBUS_SERVICES_EXISTING};
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;

    for (int i = 0; i < 3; i++) {
        if (count(autobus_listen_services(memory.pair.client, NULL, flags[i], on_services, &gate, destroyed, &slot)))
            cancel(slot);
    }
    fine_in_time(autobus_bus_settle(memory.pair.client, memory.time_ms));
}

static void look_at_a_bus(void)
{
    static const char *const functions[] = {"get_details", "get_directory", "get_counters"};
    autobus_remote *remote;
    json_t *out = NULL;

    if (!fine(autobus_connect(memory.pair.client, "127.0.0.1", memory.port, NULL, &remote)))
        return;
    if (fine_in_time(autobus_remote_wait(remote, memory.time_ms, NULL)) && fine(autobus_remote_info(remote, &out)))
        json_decref(out);
    for (int i = 0; i < 3; i++) {
        if (fine(autobus_call_json(remote, &out, NULL, functions[i], NULL, 0, memory.time_ms)))
            json_decref(out);
    }
    autobus_remote_unref(autobus_remote_ref(remote));
    autobus_remote_unref(remote);
}

/* ---- Filters */

static bool yes(const json_t *info, void *user_data)
{
    (void)user_data;
    return json_is_object(info);
}

static int add_terms(autobus_filter *filter, const json_t *value)
{
    int r = autobus_filter_add_equal(filter, "type", value);

    if (r == 0)
        r = autobus_filter_add_not_equal(filter, "room", value);
    if (r == 0)
        r = autobus_filter_add_present(filter, "hostname");
    if (r == 0)
        r = autobus_filter_add_absent(filter, "version");
    if (r == 0)
        r = autobus_filter_add_regex(filter, "type", "^t", NULL);
    if (r == 0)
        r = autobus_filter_add_function(filter, yes, NULL, destroyed);
    return r;
}

static void find_by_filter(void)
{
    json_t *value = json_string("test");
    autobus_filter *filter;
    autobus_remote *remote;
    json_t *out = NULL;

    if (value && fine(autobus_filter_new(&filter))) {
        if (count(add_terms(filter, value))) {
            if (fine(autobus_bus_services(memory.pair.client, filter, &out)))
                ck_assert(!autobus_filter_match(filter, out));
            json_decref(out);
            if (fine(autobus_proxy_filter(memory.pair.client, filter, &remote))) {
                fine_in_time(autobus_remote_wait(remote, 20, NULL));
                autobus_remote_unref(remote);
            }
            if (fine(autobus_proxy_multiple_filter(memory.pair.client, filter, &remote)))
                autobus_remote_unref(remote);
        }
        autobus_filter_unref(autobus_filter_ref(filter));
        autobus_filter_unref(filter);
    }
    json_decref(value);
}

static void find(void)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *remote;
    json_t *info;
    int r;

    if (!fine(autobus_proxy(memory.pair.client, "test", &remote, &error))) {
        autobus_error_clear(&error);
        return;
    }
    r = autobus_remote_wait(remote, 20, NULL);
    /* When an attempt fails the next is a while away; that it comes is for the engine's own tests. */
    if (r == AUTOBUS_ETIMEDOUT && !ab_failing_happened())
        r = autobus_remote_wait(remote, memory.time_ms, NULL);
    if (fine_in_time(r) && fine(autobus_remote_info(remote, &info)))
        json_decref(info);
    autobus_remote_unref(remote);
}

/* ---- Discoverers and publishers */

static void report(void)
{
    autobus_discoverer *discoverer;
    json_t *info = json_pack("{s:s}", "type", "reported");

    if (info && fine(autobus_discoverer_new(memory.pair.client, "mine", &discoverer))) {
        fine(autobus_discover(discoverer, "10.0.0.1", 80, "x", info));
        json_object_set_new(info, "room", json_string("hall"));
        fine(autobus_discover(discoverer, "10.0.0.1", 80, "x", info));
        if (fine(autobus_discover(discoverer, "10.0.0.1", 81, "x", info)))
            ck_assert_int_eq(autobus_undiscover(discoverer, "10.0.0.1", 81, "x"), 0);
        autobus_discoverer_close(discoverer);
        autobus_discoverer_unref(autobus_discoverer_ref(discoverer));
        autobus_discoverer_unref(discoverer);
    }
    json_decref(info);
}

static void listen_to_publications(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;

    if (count(autobus_publisher_add(memory.pair.server, on_publication, &gate, destroyed, &slot)))
        cancel(slot);
}

/* The server's host is known, and what is found is found so. */
static void seed(void)
{
    autobus_discoverer *known;

    ck_assert_int_eq(autobus_bus_set_broadcast(memory.pair.client, 0), 0);
    if (fine(autobus_discoverer_new_seed(memory.pair.client, "127.0.0.1", memory.port, &known))) {
        fine_in_time(autobus_bus_settle(memory.pair.client, memory.time_ms));
        find();
        autobus_discoverer_unref(known);
    }
    fine(autobus_bus_set_broadcast(memory.pair.client, AUTOBUS_BROADCAST_DISCOVER | AUTOBUS_BROADCAST_PUBLISH));
}

/* ---- A bus and all that is on it, from the beginning to the end */

static void log_line(int level, const char *text, void *user_data)
{
    (void)user_data;
    ck_assert(level >= AUTOBUS_LOG_ERROR && text[0]);
}

static autobus_options *options_of_its_own(void)
{
    autobus_options *options = NULL;

    ab_failing_pause(true);
    options = ab_test_options("goodbyes", "1", NULL);
    ab_failing_pause(false);
    fine(autobus_options_set_log(options, AUTOBUS_LOG_DEBUG, log_line, NULL));
    return options;
}

static void answer(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, NULL);
}

static void use_and_close(autobus_bus *bus)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);
    autobus_service *service = NULL;
    autobus_remote *remote = NULL;
    bool asked = false;

    if (fine(autobus_service_new(bus, NULL, &service))) {
        count(autobus_service_add_function(service, "f", NULL, AUTOBUS_THREAD, answer, NULL, destroyed, NULL));
        fine(autobus_service_publish(service));
    }
    memory.ending = true;
    if (fine(autobus_connect(bus, "127.0.0.1", memory.port, autobus_service_id(memory.pair.service), &remote))) {
        fine(autobus_call_json(remote, NULL, NULL, "echo", NULL, 0, memory.time_ms));
        count(autobus_watch(remote, "value", on_value, &gate, destroyed, NULL));
        asked = count(autobus_call_async(remote, "later", NULL, 0, memory.time_ms, on_result, &gate, destroyed, NULL));
    }
    autobus_bus_unref(autobus_bus_ref(bus));
    autobus_bus_close(bus);
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    ck_assert_int_ge(ab_gate_count(&gate), before + asked);
    memory.ending = false;
    autobus_remote_unref(remote);
    autobus_service_unref(service);
}

static void come_and_go(void)
{
    autobus_options *options = options_of_its_own();
    autobus_bus *bus;

    if (fine(autobus_bus_new(options, &bus, NULL))) {
        use_and_close(bus);
        autobus_bus_unref(bus);
    }
    autobus_options_free(options);
}

const struct memory_act memory_discovery[] = {
    {"look around", look_around},
    {"services", listen_to_services},
    {"a bus", look_at_a_bus},
    {"filter", find_by_filter},
    {"find", find},
    {"report", report},
    {"publications", listen_to_publications},
    {"seed", seed},
    {"come and go", come_and_go},
    {NULL, NULL},
};
