/* The local socket: net/local.c, and that nobody notices when it is not to be had. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "buses.h"
#include "harness.h"
#include "net/local.h"

#define LOOPBACK 0x7f000001

static void hear(struct ab_local *local, uint32_t host, uint16_t port, enum ab_packet_command command, bool offered)
{
    struct ab_address from = ab_address_inet(host, 40000);
    struct ab_packet packet = {.command = command, .port = port, .local = offered};

    ab_local_heard(local, &from, &packet);
}

static bool knows(const struct ab_local *local, uint32_t host, uint16_t port)
{
    struct ab_address to = ab_address_inet(host, port);

    return ab_local_knows(local, &to);
}

START_TEST(what_loopback_says_of_a_port_is_heeded)
{
    static struct ab_local local;

    ck_assert(!knows(&local, LOOPBACK, 52722));
    hear(&local, 0x0a000001, 52722, AB_PACKET_ADD, true); /* of another host */
    ck_assert(!knows(&local, LOOPBACK, 52722));
    hear(&local, LOOPBACK, 52722, AB_PACKET_ADD, true);
    hear(&local, LOOPBACK, 65535, AB_PACKET_ADD, true);
    ck_assert(knows(&local, LOOPBACK, 52722));
    ck_assert(knows(&local, LOOPBACK, 65535));
    ck_assert(!knows(&local, LOOPBACK, 52723));
    ck_assert(!knows(&local, 0x0a000001, 52722));
    hear(&local, LOOPBACK, 52722, AB_PACKET_REMOVE, false);
    hear(&local, 0x0a000001, 52722, AB_PACKET_ADD, false);
    ck_assert(knows(&local, LOOPBACK, 52722));
    hear(&local, LOOPBACK, 52722, AB_PACKET_ADD, false); /* of another bus, that has the port now */
    ck_assert(!knows(&local, LOOPBACK, 52722));
    ck_assert(knows(&local, LOOPBACK, 65535));
}
END_TEST

START_TEST(one_has_a_name_and_the_next_does_not)
{
    int first = ab_local_listen(1, 1);
    int client = ab_local_connect(1);

    ck_assert_int_ge(first, 0);
    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(ab_local_listen(1, 1), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    close(first);
    ck_assert_int_eq(ab_local_connect(1), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(client);
}
END_TEST

/* ---- Between buses */

static void tell_port(autobus_request *request, void *user_data)
{
    (void)user_data;
    ck_assert_str_eq(autobus_request_peer(request)->host, "127.0.0.1");
    ck_assert(autobus_request_peer(request)->local);
    autobus_reply(request, "i", autobus_request_peer(request)->port);
}

/* The port that the client comes from; 0: by the local socket. */
static int port_of_client(struct ab_pair *pair)
{
    json_t *port = NULL;
    int number;

    ck_assert_int_eq(autobus_call(pair->remote, &port, NULL, "tell_port", NULL), 0);
    number = (int)json_integer_value(port);
    json_decref(port);
    return number;
}

static void open_pair(struct ab_pair *pair, autobus_options *options)
{
    ab_pair_open(pair, options);
    ab_pair_function(pair, "tell_port", AUTOBUS_SYNC, tell_port, NULL);
}

START_TEST(buses_of_one_machine_use_it)
{
    struct ab_pair pair;
    json_t *result = NULL;
    char *large = malloc(900000);

    open_pair(&pair, NULL);
    ck_assert_int_eq(port_of_client(&pair), 0);
    memset(large, 'x', 899999);
    large[899999] = '\0';
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "echo", "[s]", large), 0);
    ck_assert_uint_eq(json_string_length(json_array_get(result, 0)), 899999);
    json_decref(result);
    free(large);
    ab_pair_close(&pair);
}
END_TEST

START_TEST(with_no_it_is_neither_offered_nor_used)
{
    struct ab_pair pair;

    open_pair(&pair, ab_test_options("local_sockets", "no", NULL));
    ck_assert_int_ne(port_of_client(&pair), 0);
    ab_pair_close(&pair);
}
END_TEST

/* Nobody's, and its name nobody's either, unless another is as quick. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    close(descriptor);
    return ntohs(address.sin_port);
}

/* Somebody has the name of the only port that the buses may take. */
START_TEST(without_its_name_they_use_tcp)
{
    struct ab_pair pair;
    char port[8];
    int number = free_port();
    int squatter = ab_local_listen((uint16_t)number, 1);

    snprintf(port, sizeof(port), "%d", number);
    open_pair(&pair, ab_test_options("ports", port, NULL));
    ck_assert_int_ne(port_of_client(&pair), 0);
    ab_pair_close(&pair);
    close(squatter);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("local");
    TCase *tests = tcase_create("local");

    tcase_add_test(tests, what_loopback_says_of_a_port_is_heeded);
    tcase_add_test(tests, one_has_a_name_and_the_next_does_not);
    tcase_add_test(tests, buses_of_one_machine_use_it);
    tcase_add_test(tests, with_no_it_is_neither_offered_nor_used);
    tcase_add_test(tests, without_its_name_they_use_tcp);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
