/*
 * Owns the pair of buses that tests of the public API start from. See buses.h for its use.
 */
#include "buses.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#define PATIENCE 10

void ab_gate_pass(struct ab_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->count++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

int ab_gate_count(struct ab_gate *gate)
{
    int count;

    pthread_mutex_lock(&gate->mutex);
    count = gate->count;
    pthread_mutex_unlock(&gate->mutex);
    return count;
}

void ab_gate_wait(struct ab_gate *gate, int count)
{
    struct timespec deadline;
    int r = 0;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE;
    pthread_mutex_lock(&gate->mutex);
    while (gate->count < count && r == 0)
        r = pthread_cond_timedwait(&gate->changed, &gate->mutex, &deadline);
    r = gate->count;
    pthread_mutex_unlock(&gate->mutex);
    ck_assert_msg(r >= count, "waited for %d, and there were %d", count, r);
}

void ab_gate_destroy(void *gate)
{
    ab_gate_pass(gate);
}

/* A port that nobody has now: others may still take it, but not another test of this run, which asks the same way. */
uint16_t ab_test_discovery_port(void)
{
    static uint16_t port;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int descriptor;

    if (port)
        return port;
    descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    close(descriptor);
    port = ntohs(address.sin_port);
    return port;
}

/* For whoever looks for a fault: AUTOBUS_TEST_LOG=4 shows everything. */
static void show(int level, const char *text, void *user_data)
{
    (void)user_data;
    fprintf(stderr, "[%d] %s\n", level, text);
}

static void log_if_wanted(autobus_options *options)
{
    const char *level = getenv("AUTOBUS_TEST_LOG");

    if (level)
        ck_assert_int_eq(autobus_options_set_log(options, atoi(level), show, NULL), 0);
}

autobus_options *ab_test_options(const char *name, ...)
{
    autobus_options *options;
    char port[8];
    va_list rest;

    snprintf(port, sizeof(port), "%d", ab_test_discovery_port());
    ck_assert_int_eq(autobus_options_new(&options), 0);
    ck_assert_int_eq(autobus_options_set(options, "interfaces", "lo", NULL), 0);
    ck_assert_int_eq(autobus_options_set(options, "discovery_port", port, NULL), 0);
    va_start(rest, name);
    for (; name; name = va_arg(rest, const char *))
        ck_assert_int_eq(autobus_options_set(options, name, va_arg(rest, const char *), NULL), 0);
    va_end(rest);
    log_if_wanted(options);
    return options;
}

static autobus_bus *bus_with(const autobus_options *options)
{
    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    int r = autobus_bus_new(options, &bus, &error);

    ck_assert_msg(r == 0, "no bus: %s", error.text);
    return bus;
}

autobus_bus *ab_test_bus(void)
{
    autobus_options *options = ab_test_options(NULL);
    autobus_bus *bus = bus_with(options);

    autobus_options_free(options);
    return bus;
}

void ab_test_bus_end(autobus_bus *bus)
{
    ck_assert_int_eq(autobus_bus_close_wait(bus), 0);
    autobus_bus_unref(bus);
}

static void echo(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply_json(request, autobus_request_args(request));
}

void ab_pair_function(struct ab_pair *pair, const char *name, enum autobus_mode mode, autobus_function_fn function,
                      void *user_data)
{
    ck_assert_int_eq(autobus_service_add_function(pair->service, name, NULL, mode, function, user_data, NULL, NULL), 0);
}

void ab_keep(autobus_request *request, void *user_data)
{
    struct ab_kept *kept = user_data;
    size_t count = (size_t)ab_gate_count(&kept->came);

    ck_assert_uint_lt(count, COUNT(kept->requests));
    kept->requests[count] = autobus_request_ref(request);
    ab_gate_pass(&kept->came);
}

void ab_kept_drop(struct ab_kept *kept)
{
    for (int i = 0; i < ab_gate_count(&kept->came); i++)
        kept->requests[i] = autobus_request_unref(kept->requests[i]);
}

void ab_pair_open(struct ab_pair *pair, autobus_options *options)
{
    autobus_options *used = options ? options : ab_test_options(NULL);
    json_t *info = json_pack("{s:s}", "type", "test");
    json_t *zero = json_integer(0);

    pair->server = bus_with(used);
    pair->client = bus_with(used);
    autobus_options_free(used);
    ck_assert_int_eq(autobus_service_new(pair->server, info, &pair->service), 0);
    ab_pair_function(pair, "echo", AUTOBUS_THREAD, echo, NULL);
    ck_assert_int_eq(autobus_service_add_event(pair->service, "ping", NULL), 0);
    ck_assert_int_eq(autobus_service_add_object(pair->service, "value", NULL, zero), 0);
    ck_assert_int_eq(autobus_service_publish(pair->service), 0);
    ck_assert_int_eq(autobus_proxy(pair->client, "test", &pair->remote, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(pair->remote, PATIENCE * 1000, NULL), 0);
    json_decref(info);
    json_decref(zero);
}

void ab_answer_take(const autobus_result *result, void *user_data)
{
    struct ab_answer *answer = user_data;

    ck_assert(result->last);
    ck_assert((result->code == 0) == (result->error == NULL));
    ck_assert(result->code == 0 || result->value == NULL);
    answer->code = result->code;
    answer->value = json_integer_value(result->value);
    if (result->error) {
        ck_assert_int_eq(result->error->code, result->code);
        snprintf(answer->type, sizeof(answer->type), "%s", result->error->type);
    }
    ab_gate_pass(&answer->came);
}

void ab_answer_destroyed(void *user_data)
{
    struct ab_answer *answer = user_data;

    ck_assert_int_le(ab_gate_count(&answer->came), 1);
    ab_gate_pass(&answer->destroyed);
}

uint16_t ab_pair_port(struct ab_pair *pair)
{
    json_t *info;
    uint16_t port;

    ck_assert_int_eq(autobus_remote_info(pair->remote, &info), 0);
    port = (uint16_t)json_integer_value(json_object_get(info, "port"));
    json_decref(info);
    return port;
}

/* The answer comes after all that was sent before it on the same connection. */
void ab_pair_flush(struct ab_pair *pair)
{
    ck_assert_int_eq(autobus_call(pair->remote, NULL, NULL, "echo", NULL), 0);
}

void ab_pair_close(struct ab_pair *pair)
{
    autobus_remote_unref(pair->remote);
    autobus_service_unref(pair->service);
    ab_test_bus_end(pair->client);
    ab_test_bus_end(pair->server);
}
