/*
 * Owns what the storm does with what is found, and looks at: discoverers, filters, and what a bus tells of itself. See
 * storm.h.
 */
#include "harness.h"
#include "threads/storm.h"

/* The server's host, known for a moment: its services are told of twice meanwhile. */
static void know_for_a_moment(void)
{
    const char *host = chance(2) ? "127.0.0.1" : ab_test_localhost();
    autobus_discoverer *seed;

    if (!fine(autobus_discoverer_new_seed(storm.pair.client, host, storm.port, &seed)))
        return;
    if (chance(2))
        fine(autobus_bus_settle(storm.pair.client, 5));
    autobus_discoverer_unref(seed);
}

static void change_discovery(void)
{
    autobus_discoverer *other;

    fine(autobus_bus_set_broadcast(chance(2) ? storm.pair.client : storm.pair.server, chance(4)));
    if (fine(autobus_discoverer_new(storm.pair.client, "moment", &other))) {
        autobus_discoverer_unref(autobus_discoverer_ref(other));
        fine(autobus_discover(other, "127.0.0.1", 9, "nobody", NULL));
        if (chance(2))
            autobus_discoverer_close(other);
        autobus_discoverer_unref(other);
    }
    fine(autobus_bus_set_broadcast(storm.pair.client, AUTOBUS_BROADCAST_DISCOVER | AUTOBUS_BROADCAST_PUBLISH));
    fine(autobus_bus_set_broadcast(storm.pair.server, AUTOBUS_BROADCAST_DISCOVER | AUTOBUS_BROADCAST_PUBLISH));
}

/* What needs no bus, and handles for a moment. */
static void show(void)
{
    json_t *value = json_pack("{s:f}", autobus_version(), 0.5);
    autobus_queue *queue = storm.queues[chance(STORM_QUEUES)];
    char *text = NULL;

    if (autobus_json_encode(value, chance(4), &text) == 0)
        ck_assert_int_eq(text[0], '{');
    ck_assert_ptr_nonnull(autobus_strerror(-(int)chance(20)));
    if (queue)
        autobus_queue_unref(autobus_queue_ref(queue));
    autobus_bus_unref(autobus_bus_ref(storm.pair.client));
    autobus_free(text);
    json_decref(value);
}

void look_around(void)
{
    json_t *out = NULL;

    switch (chance(11)) {
    case 0: fine(autobus_bus_services(storm.pair.client, NULL, &out)); break;
    case 1: fine(autobus_bus_interfaces(storm.pair.client, &out)); break;
    case 2: fine(autobus_bus_counters(storm.pair.server, &out)); break;
    case 3: fine(autobus_discover(storm.discoverer, "127.0.0.1", 9, "nobody", NULL)); break;
    case 4: fine(autobus_undiscover(storm.discoverer, "127.0.0.1", 9, "nobody")); break;
    case 5: fine(autobus_bus_routes(storm.pair.client, NULL, &out)); break;
    case 6: know_for_a_moment(); break;
    case 7: fine(autobus_bus_settings(storm.pair.client, &out)); break;
    case 8: change_discovery(); break;
    case 9: show(); break;
    default: fine(autobus_bus_settle(storm.pair.client, 10));
    }
    json_decref(out);
}

/* ---- Filters */

static autobus_filter *new_filter(struct registration *registration)
{
    json_t *type = json_string("test");
    autobus_filter *filter;

    ck_assert_int_eq(autobus_filter_new(&filter), 0);
    ck_assert_int_eq(autobus_filter_add_equal(filter, "type", type), 0);
    ck_assert_int_eq(autobus_filter_add_not_equal(filter, "room", type), 0);
    ck_assert_int_eq(autobus_filter_add_present(filter, "hostname"), 0);
    ck_assert_int_eq(autobus_filter_add_absent(filter, "version"), 0);
    ck_assert_int_eq(autobus_filter_add_regex(filter, "type", "^t", NULL), 0);
    registration_made(registration,
                      autobus_filter_add_function(filter, on_filter, registration, registration_destroyed), NULL);
    json_decref(type);
    return filter;
}

void find_by_filter(void)
{
    struct registration *registration = registration_new(OF_FILTER);
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_remote *remote = NULL;
    autobus_filter *filter;
    json_t *all = NULL;

    if (!registration)
        return;
    filter = new_filter(registration);
    fine(autobus_bus_services(storm.pair.client, filter, &all));
    autobus_filter_match(filter, json_object_get(json_array_get(all, 0), "info"));
    fine(chance(2) ? autobus_proxy_filter(storm.pair.client, filter, &remote)
                   : autobus_proxy_multiple_filter(storm.pair.client, filter, &remote));
    autobus_filter_unref(autobus_filter_ref(filter));
    autobus_filter_unref(filter);
    if (remote && chance(2))
        fine(autobus_remote_wait(remote, 5, &error));
    autobus_remote_unref(remote);
    json_decref(all);
    ck_assert_int_eq(autobus_filter_parse("a~[", &filter, &error), AUTOBUS_EINVAL);
    autobus_error_clear(&error);
}
