/* A bus by its public API: how it is made, closed and left behind, what it counts and what it logs. */

#include "buses.h"
#include "harness.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/bus.h"

#define DESCRIPTORS "/proc/self/fd"
#define THREADS     "/proc/self/task"

START_TEST(nothing_is_left)
{
    int before = ab_test_entries(DESCRIPTORS);
    int running;

    ab_test_bus_end(ab_test_bus()); /* a sanitizer has a thread of its own from the first one on */
    running = ab_test_entries(THREADS);
    for (int i = 0; i < 3; i++) {
        struct ab_pair pair;

        ab_pair_open(&pair, NULL);
        ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", "[i]", i), 0);
        ab_pair_close(&pair);
        ck_assert_int_eq(ab_test_entries(DESCRIPTORS), before);
        ck_assert_int_eq(ab_test_entries(THREADS), running);
    }
}
END_TEST

START_TEST(wrong_options)
{
    autobus_options *options = ab_test_options(NULL);
    autobus_error error = AUTOBUS_ERROR_INIT;
    int before = ab_test_entries(DESCRIPTORS);
    autobus_bus *bus;

    ck_assert_int_eq(autobus_options_set(options, "no_such_option", "1", &error), AUTOBUS_ENOENT);
    ck_assert_str_eq(error.text, "there is no option of that name");
    ck_assert_int_eq(autobus_options_set(options, "ports", "x", &error), AUTOBUS_EINVAL);
    ck_assert_ptr_nonnull(error.text);
    ck_assert_int_eq(autobus_options_set(options, NULL, "1", NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_DEBUG, NULL, NULL), AUTOBUS_EINVAL);
    autobus_options_free(options);
    setenv("AUTOBUS_PORTS", "nonsense", 1);
    ck_assert_int_eq(autobus_bus_new(NULL, &bus, &error), AUTOBUS_EINVAL);
    ck_assert_ptr_nonnull(error.text);
    ck_assert_int_eq(autobus_bus_new(NULL, NULL, &error), AUTOBUS_EINVAL);
    ck_assert_int_eq(ab_test_entries(DESCRIPTORS), before);
    autobus_error_clear(&error);
    autobus_options_free(NULL);
}
END_TEST

START_TEST(what_a_bus_knows)
{
    autobus_bus *bus = ab_test_bus();
    json_t *value;

    ck_assert_int_eq(autobus_bus_settle(bus, 5000), 0);
    ck_assert_int_eq(autobus_bus_settle(bus, 0), 0);
    ck_assert_int_eq(autobus_bus_services(bus, NULL, &value), 0);
    ck_assert_uint_eq(json_array_size(value), 0);
    json_decref(value);
    ck_assert_int_eq(autobus_bus_interfaces(bus, &value), 0);
    ck_assert(json_is_array(value));
    json_decref(value);
    ck_assert_int_eq(autobus_bus_settings(bus, &value), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(value, "discovery_port"), "from")), "program");
    json_decref(value);
    ck_assert_ptr_null(autobus_bus_unref(NULL));
    ck_assert_ptr_null(autobus_bus_ref(NULL));
    ck_assert_ptr_eq(autobus_bus_ref(bus), bus);
    ck_assert_ptr_null(autobus_bus_unref(bus));
    ab_test_bus_end(bus);
}
END_TEST

static json_int_t count_of(const json_t *counters, const char *group, const char *name)
{
    json_t *value = json_object_get(json_object_get(counters, group), name);

    ck_assert_msg(json_is_integer(value), "%s.%s", group, name);
    return json_integer_value(value);
}

START_TEST(what_a_bus_counts)
{
    struct ab_pair pair;
    json_t *client;
    json_t *server;
    autobus_remote *bus;
    uint16_t port;
    int open;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", "[i]", 1), 0);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "nothing", NULL), AUTOBUS_EREMOTE);
    ck_assert_int_eq(autobus_bus_counters(pair.client, &client), 0);
    ck_assert_int_eq(autobus_bus_counters(pair.server, &server), 0);
    ck_assert_int_eq(count_of(client, "calls", "answered"), 1);
    ck_assert_int_eq(count_of(client, "calls", "failed"), 1);
    ck_assert_int_eq(count_of(client, "call_time", "count"), 2);
    ck_assert_int_ge(count_of(client, "round_trip", "most_us"), count_of(client, "round_trip", "last_us"));
    ck_assert_int_eq(count_of(client, "messages", "sent"), count_of(server, "messages", "received"));
    ck_assert_int_eq(count_of(client, "bytes", "sent"), count_of(server, "bytes", "received"));
    ck_assert_int_eq(count_of(server, "requests", "answered"), 1);
    ck_assert_int_eq(count_of(server, "inbound", "now"), 1);
    ck_assert_int_ge(count_of(server, "workers", "started"), 1);
    ck_assert_int_ge(count_of(server, "callbacks", "run"), 1);
    ck_assert_int_ge(count_of(server, "datagrams", "sent"), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(server, "sources")), 0);
    ck_assert_int_eq(json_unpack(json_object_get(server, "ports"), "{s:{s:b}}", "udp", "open", &open), 0);
    ck_assert_int_eq(open, 1);
    port = (uint16_t)count_of(json_object_get(server, "ports"), "tcp", "port");
    ck_assert_uint_gt(port, 0);
    ck_assert_ptr_null(json_object_get(json_object_get(client, "ports"), "tcp")); /* it publishes nothing */
    json_decref(client);
    json_decref(server);
    ck_assert_int_eq(autobus_connect(pair.client, "127.0.0.1", port, NULL, &bus), 0);
    ck_assert_int_eq(autobus_call(bus, &client, NULL, "get_counters", NULL), 0);
    ck_assert_int_ge(count_of(client, "callbacks", "run"), 1);
    ck_assert_int_ge(count_of(client, "workers", "started"), 1);
    ck_assert_ptr_null(json_object_get(client, "sources")); /* who is near it is nobody's business */
    json_decref(client);
    autobus_remote_unref(bus);
    ck_assert_int_eq(autobus_bus_counters(pair.client, NULL), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_counters(NULL, &client), AUTOBUS_EINVAL);
    ab_pair_close(&pair);
}
END_TEST

static void send_nonsense(uint32_t from, uint16_t port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(from)}};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(descriptor, (struct sockaddr *)&own, sizeof(own)), 0);
    ck_assert_int_eq(sendto(descriptor, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
    close(descriptor);
}

/* Until a datagram of each has been dropped; the test has its time. */
static json_t *await_sources(autobus_bus *bus, size_t dropped)
{
    for (;;) {
        json_t *counters;
        json_t *source;
        json_t *sources;
        size_t index, sum = 0;

        ck_assert_int_eq(autobus_bus_counters(bus, &counters), 0);
        sources = json_incref(json_object_get(counters, "sources"));
        json_decref(counters);
        json_array_foreach(sources, index, source)
        {
            sum += (size_t)json_integer_value(json_object_get(source, "dropped"));
        }
        if (sum >= dropped)
            return sources;
        json_decref(sources);
        sched_yield();
    }
}

START_TEST(the_worst_source_is_told_first)
{
    autobus_bus *bus = ab_test_bus();
    json_t *sources;
    json_t *counters;
    uint16_t port;

    ck_assert_int_eq(autobus_bus_counters(bus, &counters), 0);
    port = (uint16_t)count_of(json_object_get(counters, "ports"), "udp", "port");
    json_decref(counters);
    send_nonsense(0x7f000002, port);
    json_decref(await_sources(bus, 1));
    send_nonsense(0x7f000003, port);
    send_nonsense(0x7f000003, port);
    sources = await_sources(bus, 3);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(sources, 0), "host")), "127.0.0.3");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(sources, 1), "host")), "127.0.0.2");
    json_decref(sources);
    ab_test_bus_end(bus);
}
END_TEST

static void hostname_is(const char *name, const char *told)
{
    struct ab_pair pair;
    json_t *info;

    ck_assert_int_eq(sethostname(name, strlen(name)), 0);
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_remote_info(pair.remote, &info), 0);
    ck_assert_str_eq(json_string_value(json_object_get(info, "hostname")), told);
    json_decref(info);
    ab_pair_close(&pair);
}

/* Others print it and filter by it. */
START_TEST(the_name_of_the_host)
{
    if (unshare(CLONE_NEWUTS) < 0)
        return; /* not root */
    hostname_is("attic", "attic");
    hostname_is("h\xc3\xb6hle 7\n", "h--hle-7-");
    hostname_is("", "localhost");
}
END_TEST

START_TEST(settling_in_time)
{
    autobus_bus *bus = ab_test_bus();
    int r = autobus_bus_settle(bus, 1); /* it has 300 ms at least */

    ck_assert_int_eq(r, AUTOBUS_ETIMEDOUT);
    r = autobus_bus_settle(bus, 2999);
    ck_assert(r == 0 || r == AUTOBUS_ETIMEDOUT);
    ab_test_bus_end(bus);
    bus = ab_test_bus();
    ck_assert_int_eq(autobus_bus_settle(bus, 0), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(autobus_bus_settle(bus, -1), AUTOBUS_EINVAL);
    ck_assert_int_eq(autobus_bus_settle(NULL, 1), AUTOBUS_EINVAL);
    ab_test_bus_end(bus);
}
END_TEST

/* Every handle outlives the bus and answers; its memory goes with the last of them. */
START_TEST(handles_outlive_the_bus)
{
    struct ab_pair pair;
    struct ab_gate destroyed = AB_GATE_INIT;
    autobus_queue *queue;
    autobus_queue *events;
    autobus_slot *slot;
    struct ab_kept kept = AB_KEPT_INIT;
    json_t *value = json_integer(1);
    json_t *out = NULL;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_SYNC, ab_keep, &kept);
    ck_assert_int_eq(autobus_notice(pair.remote, "keep", NULL), 0);
    ab_gate_wait(&kept.came, 1);
    ck_assert_int_eq(autobus_queue_new(pair.client, &queue), 0);
    events = autobus_bus_event_queue(pair.client);
    ck_assert_ptr_nonnull(events);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", (autobus_event_fn)abort, &destroyed, ab_gate_destroy, &slot),
                     0);
    ab_test_bus_end(pair.client);
    ab_test_bus_end(pair.server);
    ck_assert_int_eq(ab_gate_count(&destroyed), 1);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_notice(pair.remote, "echo", NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_remote_wait(pair.remote, 0, NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_remote_info(pair.remote, &out), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_remote_set_timeout(pair.remote, 1), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_remote_set_queue(pair.remote, queue), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", (autobus_event_fn)abort, &destroyed, ab_gate_destroy, NULL),
                     AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_request_progress(kept.requests[0], NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_reply(kept.requests[0], NULL), AUTOBUS_ECLOSED);
    ck_assert(autobus_request_abandoned(kept.requests[0]));
    ck_assert_ptr_null(autobus_request_unref(kept.requests[0]));
    ck_assert_int_eq(autobus_fire(pair.service, "ping", NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_set(pair.service, "value", "i", 1), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_publish(pair.service), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_service_add_object(pair.service, "x", NULL, value), AUTOBUS_ECLOSED);
    ck_assert_uint_gt(strlen(autobus_service_id(pair.service)), 0);
    autobus_slot_cancel(slot);
    ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    ck_assert_int_eq(ab_gate_count(&destroyed), 1);
    autobus_slot_unref(slot);
    autobus_queue_unref(queue);
    autobus_queue_unref(events);
    autobus_remote_close(pair.remote);
    autobus_remote_unref(pair.remote);
    autobus_service_close(pair.service);
    autobus_service_unref(pair.service);
    json_decref(value);
}
END_TEST

START_TEST(a_closed_bus)
{
    autobus_bus *bus = ab_test_bus();
    autobus_discoverer *discoverer;
    autobus_service *service;
    autobus_remote *remote;
    autobus_queue *queue;
    json_t *value;

    autobus_bus_close(bus);
    autobus_bus_close(bus);
    ck_assert_int_eq(autobus_service_new(bus, NULL, &service), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_proxy(bus, "x", &remote, NULL), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_connect(bus, "127.0.0.1", 1, "x", &remote), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_queue_new(bus, &queue), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_discoverer_new(bus, "mine", &discoverer), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_discoverer_new_seed(bus, "127.0.0.1", 1, &discoverer), AUTOBUS_ECLOSED);
    ck_assert_ptr_null(autobus_bus_event_queue(bus));
    ck_assert_int_eq(autobus_bus_services(bus, NULL, &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_bus_interfaces(bus, &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_bus_settings(bus, &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_bus_counters(bus, &value), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_bus_settle(bus, 0), AUTOBUS_ECLOSED);
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    autobus_bus_unref(bus);
}
END_TEST

/* Dropping the bus closes it; nobody waits, and yet all of it goes (the sanitizers look). */
START_TEST(dropped_without_a_wait)
{
    struct ab_pair pair;
    struct ab_gate destroyed = AB_GATE_INIT;

    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_listen(pair.remote, "ping", (autobus_event_fn)abort, &destroyed, ab_gate_destroy, NULL),
                     0);
    autobus_bus_unref(pair.client);
    autobus_bus_unref(pair.server);
    ab_gate_wait(&destroyed, 1);
    autobus_remote_unref(pair.remote);
    autobus_service_unref(pair.service);
}
END_TEST

static void *close_and_wait(void *bus)
{
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    return NULL;
}

START_TEST(many_wait_for_the_close)
{
    struct ab_pair pair;
    pthread_t closers[4];

    ab_pair_open(&pair, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&closers[i], NULL, close_and_wait, pair.client);
    for (int i = 0; i < 4; i++)
        pthread_join(closers[i], NULL);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Filters */

static bool fits(const autobus_filter *filter, const char *text)
{
    json_t *info = json_loads(text, 0, NULL);
    bool matches = autobus_filter_match(filter, info);

    json_decref(info);
    return matches;
}

START_TEST(a_filter_is_built)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *hall = json_string("hall");
    json_t *old = json_integer(1);
    autobus_filter *filter;
    autobus_filter *same;

    ck_assert_int_eq(autobus_filter_new(&filter), 0);
    ck_assert(fits(filter, "{}"));
    ck_assert_int_eq(autobus_filter_add_equal(filter, "room", hall), 0);
    ck_assert_int_eq(autobus_filter_add_not_equal(filter, "version", old), 0);
    ck_assert_int_eq(autobus_filter_add_present(filter, "owner"), 0);
    ck_assert_int_eq(autobus_filter_add_absent(filter, "broken"), 0);
    ck_assert_int_eq(autobus_filter_add_regex(filter, "name", "^T.*[0-9]$", &error), 0);
    ck_assert_int_eq(autobus_filter_add_regex(filter, "name", "[", &error), AUTOBUS_EINVAL);
    ck_assert_str_ne(error.text, "");
    same = autobus_filter_ref(filter);
    ck_assert_ptr_eq(same, filter);
    ck_assert_ptr_null(autobus_filter_unref(filter));
    ck_assert(fits(same, "{\"room\": \"hall\", \"version\": 2, \"owner\": null, \"name\": \"T 1\"}"));
    ck_assert(!fits(same, "{\"room\": \"loft\", \"version\": 2, \"owner\": null, \"name\": \"T 1\"}"));
    ck_assert(!fits(same, "{\"room\": \"hall\", \"version\": 1, \"owner\": null, \"name\": \"T 1\"}"));
    ck_assert(!fits(same, "{\"room\": \"hall\", \"version\": 2, \"name\": \"T 1\"}"));
    ck_assert(!fits(same, "{\"room\": \"hall\", \"version\": 2, \"owner\": 1, \"broken\": 0, \"name\": \"T 1\"}"));
    ck_assert(!fits(same, "{\"room\": \"hall\", \"version\": 2, \"owner\": null, \"name\": \"T\"}"));
    ck_assert_ptr_null(autobus_filter_unref(same));
    autobus_error_clear(&error);
    json_decref(hall);
    json_decref(old);
}
END_TEST

struct closing {
    autobus_bus *bus;
    struct ab_gate destroyed;
};

/* It would hang if the bus was still locked. */
static void destroy_and_call(void *user_data)
{
    struct closing *closing = user_data;
    json_t *services;

    if (autobus_bus_services(closing->bus, NULL, &services) == 0)
        json_decref(services);
    ab_gate_pass(&closing->destroyed);
}

static bool accept_all(const json_t *info, void *user_data)
{
    (void)info;
    (void)user_data;
    return true;
}

START_TEST(a_filter_ends_without_the_lock)
{
    struct closing closing = {.destroyed = AB_GATE_INIT};
    autobus_filter *filter;
    autobus_slot *slot;

    closing.bus = ab_test_bus();
    ck_assert_int_eq(autobus_filter_new(&filter), 0);
    ck_assert_int_eq(autobus_filter_add_function(filter, accept_all, &closing, destroy_and_call), 0);
    ck_assert_int_eq(autobus_listen_services(closing.bus, filter, 0, (autobus_services_fn)abort, NULL, NULL, &slot), 0);
    autobus_filter_unref(filter);
    ck_assert_int_eq(ab_gate_count(&closing.destroyed), 0);
    autobus_slot_cancel(slot);
    autobus_slot_unref(slot);
    ck_assert_int_eq(ab_gate_count(&closing.destroyed), 1);
    ab_test_bus_end(closing.bus);
}
END_TEST

/* ---- The log */

struct logged {
    struct ab_gate lines;
    autobus_bus *bus;
};

static void log_and_call(int level, const char *text, void *user_data)
{
    struct logged *logged = user_data;
    json_t *services;

    ck_assert_int_ge(level, AUTOBUS_LOG_ERROR);
    ck_assert_int_le(level, AUTOBUS_LOG_DEBUG);
    ck_assert_ptr_nonnull(text);
    if (autobus_bus_services(logged->bus, NULL, &services) == 0)
        json_decref(services);
    ab_gate_pass(&logged->lines);
}

START_TEST(log_lines)
{
    struct logged logged = {.lines = AB_GATE_INIT};
    autobus_options *options = ab_test_options(NULL);
    autobus_service *service;
    int lines;

    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_DEBUG, log_and_call, &logged), 0);
    ck_assert_int_eq(autobus_bus_new(options, &logged.bus, NULL), 0);
    autobus_options_free(options);
    ck_assert_int_eq(autobus_service_new(logged.bus, NULL, &service), 0);
    ck_assert_int_eq(autobus_service_publish(service), 0);
    ck_assert_int_eq(autobus_bus_settle(logged.bus, 5000), 0);
    ab_gate_wait(&logged.lines, 1);
    autobus_service_unref(service);
    ab_test_bus_end(logged.bus);
    lines = ab_gate_count(&logged.lines);
    ck_assert_int_gt(lines, 0);
}
END_TEST

static void log_anlog(int level, const char *text, void *user_data)
{
    struct logged *logged = user_data;

    (void)level;
    if (text[0] > '0' && text[0] <= '9')
        ab_log_put(&logged->bus->log, AUTOBUS_LOG_ERROR, (const char[]){(char)(text[0] - 1)}, 1);
    else if (text[0] == '0')
        ab_gate_pass(&logged->lines);
}

/* Nobody but the log's function makes the bus do anything. */
START_TEST(lines_that_come_about_in_the_log)
{
    struct logged logged = {.lines = AB_GATE_INIT};
    autobus_options *options = ab_test_options(NULL);

    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_ERROR, log_anlog, &logged), 0);
    ck_assert_int_eq(autobus_bus_new(options, &logged.bus, NULL), 0);
    autobus_options_free(options);
    ck_assert_int_eq(autobus_bus_settle(logged.bus, 5000), 0);
    ab_log_put(&logged.bus->log, AUTOBUS_LOG_ERROR, "9", 1);
    ck_assert_int_eq(autobus_batch_begin(logged.bus), 0);
    ck_assert_int_eq(autobus_batch_end(logged.bus), 0); /* a turn */
    ab_gate_wait(&logged.lines, 1);
    ab_log_put(&logged.bus->log, AUTOBUS_LOG_ERROR, "9", 1);
    ab_test_bus_end(logged.bus);
    ck_assert_int_eq(ab_gate_count(&logged.lines), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bus");
    TCase *life = tcase_create("life");
    TCase *filter = tcase_create("filter");
    TCase *log = tcase_create("log");

    tcase_add_test(life, nothing_is_left);
    tcase_add_test(life, wrong_options);
    tcase_add_test(life, what_a_bus_knows);
    tcase_add_test(life, what_a_bus_counts);
    tcase_add_test(life, the_worst_source_is_told_first);
    tcase_add_test(life, the_name_of_the_host);
    tcase_add_test(life, settling_in_time);
    tcase_add_test(life, handles_outlive_the_bus);
    tcase_add_test(life, a_closed_bus);
    tcase_add_test(life, dropped_without_a_wait);
    tcase_add_test(life, many_wait_for_the_close);
    tcase_add_test(filter, a_filter_is_built);
    tcase_add_test(filter, a_filter_ends_without_the_lock);
    tcase_add_test(log, log_lines);
    tcase_add_test(log, lines_that_come_about_in_the_log);
    suite_add_tcase(suite, life);
    suite_add_tcase(suite, filter);
    suite_add_tcase(suite, log);
    return ab_test_run(suite);
}
