/* Datagrams: net/discovery.c. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "harness.h"
#include "net/counters.h"
#include "net/rig.h"

static const char query[] = "{\"command\": \"query\"}";
static const char goodbye[] = "{\"command\": \"remove\", \"port\": 7, \"service\": \"s\"}";

static struct sockaddr_in at(uint32_t host, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(host)}};
}

static int open_udp(uint32_t host, uint16_t port, bool shared)
{
    struct sockaddr_in address = at(host, port);
    struct timeval patience = {15, 0};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;

    ck_assert_int_ge(descriptor, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (shared)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    ck_assert_msg(bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0, "bind: %s",
                  strerror(errno));
    return descriptor;
}

static void send_udp(int descriptor, uint32_t host, uint16_t port, const void *data, size_t size)
{
    struct sockaddr_in address = at(host, port);

    ck_assert_msg(sendto(descriptor, data, size, 0, (const struct sockaddr *)&address, sizeof(address)) ==
                      (ssize_t)size,
                  "sendto: %s", strerror(errno));
}

static uint16_t discovery_port(struct rig *rig)
{
    return ab_settings_discovery_port(rig->net->settings);
}

static void broadcast_within(struct rig *rig, const char *text, enum ab_broadcast_order order,
                             const struct ab_networks *within)
{
    rig_lock(rig);
    ab_net_host()->broadcast(rig->net, text, strlen(text), order, within);
    rig_leave(rig);
}

static void broadcast(struct rig *rig, const char *text, enum ab_broadcast_order order)
{
    broadcast_within(rig, text, order, NULL);
}

static uint64_t fate(struct rig *rig, enum ab_datagram_fate which)
{
    return rig->net->discovery.fates.counts[which];
}

static void read_foreign(struct rig *rig, void *context)
{
    *(uint64_t *)context = fate(rig, AB_DATAGRAM_FOREIGN);
}

START_TEST(what_is_broadcast_is_heard_by_all_buses_of_the_machine)
{
    struct rig one;
    struct rig other;
    char port[8];

    rig_start(&one, rig_settings(NULL));
    snprintf(port, sizeof(port), "%u", discovery_port(&one));
    rig_start(&other, rig_settings("discovery_port", port, NULL));
    broadcast(&one, "{\"command\": \"add\", \"port\": 7, \"service\": \"s\", \"info\": {}}", AB_LOOPBACK_FIRST);
    struct rig_record record = rig_expect(&other, RIG_DATAGRAM);
    ck_assert_int_eq(record.code, AB_PACKET_ADD);
    ck_assert_str_eq(record.text, "s");
    ck_assert_uint_eq(record.address.host, INADDR_LOOPBACK);
    ck_assert_uint_ne(record.address.port, discovery_port(&one)); /* from a port of its own */
    rig_expect(&one, RIG_DATAGRAM);
    rig_end(&one);
    rig_end(&other);
}
END_TEST

static bool is_port_free(const struct rig *rig)
{
    struct sockaddr_in address = at(INADDR_ANY, ab_settings_discovery_port(rig->net->settings));
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_free = bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0; /* not shared */

    close(descriptor);
    return is_free;
}

static bool does_not_hold_the_port(struct rig *rig, void *context)
{
    (void)context;
    return is_port_free(rig);
}

static void hear(struct rig *rig, bool on)
{
    rig_lock(rig);
    ab_net_host()->hear(rig->net, on);
    rig_leave(rig);
}

START_TEST(a_port_is_held_only_while_somebody_hears)
{
    struct rig rig;
    json_t *counters = json_object();

    rig_start(&rig, rig_settings("discovery", "none", NULL));
    ck_assert(is_port_free(&rig));
    rig_lock(&rig);
    ck_assert_int_eq(ab_net_counters_put_private(rig.net, counters), 0);
    rig_leave(&rig);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(json_object_get(counters, "ports"), "udp"), "reason")),
        "discovery by broadcast is off");
    json_decref(counters);
    hear(&rig, true);
    rig_expect(&rig, RIG_NETWORK_CHANGED); /* it asks anew */
    ck_assert(!is_port_free(&rig));
    broadcast(&rig, "{\"command\": \"add\", \"port\": 7, \"service\": \"s\", \"info\": {}}", AB_LOOPBACK_FIRST);
    rig_expect(&rig, RIG_DATAGRAM);
    hear(&rig, false);
    rig_await(&rig, does_not_hold_the_port, NULL);
    hear(&rig, true);
    rig_expect(&rig, RIG_NETWORK_CHANGED);
    hear(&rig, false);
    hear(&rig, true);
    rig_end(&rig);
}
END_TEST

START_TEST(an_own_query_is_not_heard)
{
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    broadcast(&rig, query, AB_LOOPBACK_FIRST);
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST);
    ck_assert_int_eq(rig_expect(&rig, RIG_DATAGRAM).code, AB_PACKET_REMOVE);
    rig_join(&rig);
    ck_assert_uint_eq(fate(&rig, AB_DATAGRAM_OWN), 1);
    ck_assert_uint_eq(rig.net->discovery.sent, 2);
    for (size_t i = 0; i < rig.net->interfaces.count; i++) {
        const struct ab_interface *entry = &rig.net->interfaces.table[i];

        ck_assert_uint_eq(entry->sent, entry->reason ? 0 : 2);
        ck_assert_uint_eq(entry->heard_back, entry->reason ? 0 : 1);
    }
    rig_end(&rig);
}
END_TEST

START_TEST(bad_datagrams_are_counted_and_dropped)
{
    static const struct {
        const char *text;
        enum ab_datagram_fate fate;
    } bad[] = {
        {"{\"command\": \"dance\"}", AB_DATAGRAM_UNKNOWN},
        {"", AB_DATAGRAM_MALFORMED},
        {"{\"command\": \"add\", \"port\": 0}", AB_DATAGRAM_MALFORMED},
        {"{\"command\": \"query\", \"x\": [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]}", AB_DATAGRAM_TOO_LARGE},
    };
    struct rig rig;
    int sender = open_udp(INADDR_LOOPBACK, 0, false);

    for (size_t i = 0; i < COUNT(bad); i++) {
        rig_start(&rig, rig_settings(NULL));
        send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), bad[i].text, strlen(bad[i].text));
        send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), query, sizeof(query) - 1);
        rig_expect(&rig, RIG_DATAGRAM);
        rig_join(&rig);
        ck_assert_uint_eq(fate(&rig, bad[i].fate), 1);
        ck_assert_uint_eq(fate(&rig, AB_DATAGRAM_TAKEN), 1);
        rig_end(&rig);
    }
    close(sender);
}
END_TEST

START_TEST(the_limit_of_size_is_exact)
{
    struct rig rig;
    int sender = open_udp(INADDR_LOOPBACK, 0, false);
    char *data = malloc(20000);

    memset(data, ' ', 20000);
    memcpy(data, query, sizeof(query) - 1);
    rig_start(&rig, rig_settings(NULL));
    send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), data, 16385);
    send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), data, 20000);
    send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), data, 16384);
    rig_expect(&rig, RIG_DATAGRAM);
    rig_join(&rig);
    ck_assert_uint_eq(fate(&rig, AB_DATAGRAM_TOO_LARGE), 2);
    ck_assert_uint_eq(fate(&rig, AB_DATAGRAM_TAKEN), 1);
    rig_end(&rig);
    free(data);
    close(sender);
}
END_TEST

START_TEST(many_datagrams_come_in_order)
{
    struct rig rig;
    int sender = open_udp(INADDR_LOOPBACK, 0, false);
    char text[128];

    rig_start(&rig, rig_settings(NULL));
    for (int i = 0; i < 1000; i += 50) {
        for (int j = i; j < i + 50; j++) {
            snprintf(text, sizeof(text), "{\"command\": \"remove\", \"port\": 1, \"service\": \"%d\"}", j);
            send_udp(sender, INADDR_LOOPBACK, discovery_port(&rig), text, strlen(text));
        }
        for (int j = i; j < i + 50; j++)
            ck_assert_int_eq(atoi(rig_expect(&rig, RIG_DATAGRAM).text), j);
    }
    rig_end(&rig);
    close(sender);
}
END_TEST

static void retry_now(struct rig *rig, void *context)
{
    (void)context;
    event_active(rig->net->discovery.retry, EV_TIMEOUT, 1);
}

START_TEST(a_port_that_somebody_holds_is_asked_for_again)
{
    struct rig rig;
    int holder = open_udp(INADDR_ANY, 0, false);
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    char port[8];

    ck_assert_int_eq(getsockname(holder, (struct sockaddr *)&address, &size), 0);
    snprintf(port, sizeof(port), "%u", ntohs(address.sin_port));
    rig_start(&rig, rig_settings("discovery_port", port, NULL));
    ck_assert_ptr_nonnull(strstr(rig.logged, port));
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST); /* sending goes on */
    char text[64];
    ck_assert_int_eq(recv(holder, text, sizeof(text), 0), sizeof(goodbye) - 1);
    rig_do(&rig, retry_now, NULL);
    rig_rounds(&rig, 2);
    ck_assert_uint_eq(rig_count(&rig, RIG_NETWORK_CHANGED), 0);
    close(holder);
    rig_do(&rig, retry_now, NULL);
    rig_expect(&rig, RIG_NETWORK_CHANGED);
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST);
    rig_expect(&rig, RIG_DATAGRAM);
    rig_end(&rig);
}
END_TEST

START_TEST(what_cannot_be_sent_is_logged_once)
{
    struct rig rig;
    char *data = calloc(1, 70000);

    rig_start(&rig, rig_settings(NULL));
    rig_rounds(&rig, 1);
    unsigned long lines = rig.log_lines;
    memset(data, 'x', 69999); /* longer than a datagram can be */
    for (int i = 0; i < 10; i++)
        broadcast(&rig, data, AB_LOOPBACK_FIRST);
    ck_assert_uint_eq(rig.log_lines, lines + 1);
    ck_assert_ptr_nonnull(strstr(rig.logged, "cannot send on lo"));
    rig_end(&rig);
    free(data);
}
END_TEST

/* ---- With interfaces, in a namespace. */

#define NEEDS_NAMESPACE                                           \
    if (!rig_enter_namespace()) {                                 \
        fprintf(stderr, "skipped: no network namespaces here\n"); \
        return;                                                   \
    }

static void add_addresses(void)
{
    rig_command("ip addr add 10.77.0.1/24 brd + dev ab0 && ip addr add 10.77.0.9/24 brd + dev ab0 && "
                "ip addr add 10.79.0.1/16 dev ab0 && ip addr add 10.78.0.1/24 brd + dev ab1 && "
                "ip link set ab1 up && ip link set ab0 up");
}

static bool are_used(struct rig *rig, void *context)
{
    size_t used = 0;

    for (size_t i = 0; i < rig->net->interfaces.count; i++)
        used += !rig->net->interfaces.table[i].reason;
    if (used == *(size_t *)context)
        return true;
    ab_net_wake(rig->net);
    return false;
}

/* An interface is up at once and connected a little later. */
static void await_used(struct rig *rig, size_t count)
{
    rig_await(rig, are_used, &count);
}

START_TEST(each_network_hears_one_datagram)
{
    static const uint32_t sources[] = {INADDR_LOOPBACK, 0x0a4d0001, 0x0a4f0001, 0x0a4e0001};
    struct rig rig;
    bool heard[4] = {false};

    NEEDS_NAMESPACE
    add_addresses();
    rig_start(&rig, rig_settings("interfaces", "*", NULL));
    await_used(&rig, 4);
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST);
    for (int i = 0; i < 4; i++) {
        uint32_t source = rig_expect(&rig, RIG_DATAGRAM).address.host;
        int j = 0;

        while (j < 4 && sources[j] != source)
            j++;
        ck_assert_msg(j < 4 && !heard[j], "%x", source);
        heard[j] = true;
        ck_assert(i != 0 || j == 0);
    }
    broadcast(&rig, goodbye, AB_LOOPBACK_LAST);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(rig_expect(&rig, RIG_DATAGRAM).address.host == INADDR_LOOPBACK, i == 3);
    rig_rounds(&rig, 5);
    ck_assert_uint_eq(rig_count(&rig, RIG_DATAGRAM), 8);
    rig_end(&rig);
}
END_TEST

/* 10.79.1.0/24 is a part of the network of 10.79.0.1/16; loopback is always among them. */
START_TEST(what_is_for_some_networks_goes_to_no_other)
{
    struct ab_networks *within = calloc(1, sizeof(*within) + 2 * sizeof(*within->items));
    struct rig rig;

    NEEDS_NAMESPACE
    add_addresses();
    rig_start(&rig, rig_settings("interfaces", "*", NULL));
    await_used(&rig, 4);
    broadcast_within(&rig, goodbye, AB_LOOPBACK_FIRST, within);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, INADDR_LOOPBACK);
    within->count = 2;
    within->items[0] = (struct ab_network){0x0a4f0100, 0xffffff00};
    within->items[1] = (struct ab_network){0xc0a80000, 0xffff0000};
    broadcast_within(&rig, goodbye, AB_LOOPBACK_LAST, within);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, 0x0a4f0001);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, INADDR_LOOPBACK);
    rig_rounds(&rig, 5);
    ck_assert_uint_eq(rig_count(&rig, RIG_DATAGRAM), 3);
    rig_end(&rig);
    free(within);
}
END_TEST

START_TEST(a_foreign_datagram_is_dropped)
{
    uint64_t foreign = 0;
    struct rig rig;
    int sender;

    NEEDS_NAMESPACE
    add_addresses();
    rig_start(&rig, rig_settings("interfaces", "ab0", NULL));
    sender = open_udp(0x0a4e0001, 0, false); /* of ab1, which is not ours */
    send_udp(sender, 0x0a4d0001, discovery_port(&rig), query, sizeof(query) - 1);
    while (foreign == 0)
        rig_do(&rig, read_foreign, &foreign);
    ck_assert_uint_eq(rig_count(&rig, RIG_DATAGRAM), 0);
    rig_end(&rig);

    rig_start(&rig, rig_settings("interfaces", "ab0", "accept", "10.1.0.0/16,10.78.0.0/24", NULL));
    send_udp(sender, 0x0a4d0001, discovery_port(&rig), query, sizeof(query) - 1);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, 0x0a4e0001);
    rig_end(&rig);
    close(sender);
}
END_TEST

START_TEST(a_bound_bus_is_announced_at_its_address_alone)
{
    struct rig rig;

    NEEDS_NAMESPACE
    add_addresses();
    rig_start(&rig, rig_settings("interfaces", "*", "bind", "10.77.0.9", NULL));
    await_used(&rig, 1);
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, 0x0a4d0009);
    rig_rounds(&rig, 5);
    ck_assert_uint_eq(rig_count(&rig, RIG_DATAGRAM), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(an_interface_that_comes_is_used_and_one_that_goes_is_not)
{
    struct rig rig;

    NEEDS_NAMESPACE
    rig_start(&rig, rig_settings("interfaces", "*", NULL));
    broadcast(&rig, goodbye, AB_LOOPBACK_FIRST);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, INADDR_LOOPBACK);

    rig_command("ip addr add 10.77.0.1/24 brd + dev ab0 && ip link set ab1 up && "
                "ip link set ab0 up");
    await_used(&rig, 2);
    rig_expect(&rig, RIG_NETWORK_CHANGED);
    broadcast(&rig, goodbye, AB_LOOPBACK_LAST);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, 0x0a4d0001);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, INADDR_LOOPBACK);

    rig_command("ip link set ab0 down");
    await_used(&rig, 1);
    broadcast(&rig, goodbye, AB_LOOPBACK_LAST);
    ck_assert_uint_eq(rig_expect(&rig, RIG_DATAGRAM).address.host, INADDR_LOOPBACK);

    rig_command("ip link set ab0 up");
    await_used(&rig, 2);
    rig_command("ip link del ab0");
    await_used(&rig, 1);
    ck_assert_uint_ge(rig_count(&rig, RIG_NETWORK_CHANGED), 4);
    rig_end(&rig);
}
END_TEST

START_TEST(what_does_not_concern_us_is_no_change)
{
    struct rig rig;

    NEEDS_NAMESPACE
    rig_start(&rig, rig_settings("interfaces", "ab0", NULL));
    rig_command("ip addr add 10.78.0.1/24 dev ab1 && ip link set ab1 up && ip link set ab1 down && "
                "ip addr add 10.77.0.1/24 dev ab0 && ip link set ab1 up && ip link set ab0 up");
    await_used(&rig, 2);
    ck_assert_uint_le(rig_count(&rig, RIG_NETWORK_CHANGED), 2); /* up, connected */
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("discovery");
    TCase *loopback = tcase_create("loopback");
    TCase *interfaces = tcase_create("interfaces");

    tcase_add_test(loopback, what_is_broadcast_is_heard_by_all_buses_of_the_machine);
    tcase_add_test(loopback, a_port_is_held_only_while_somebody_hears);
    tcase_add_test(loopback, an_own_query_is_not_heard);
    tcase_add_test(loopback, bad_datagrams_are_counted_and_dropped);
    tcase_add_test(loopback, the_limit_of_size_is_exact);
    tcase_add_test(loopback, many_datagrams_come_in_order);
    tcase_add_test(loopback, a_port_that_somebody_holds_is_asked_for_again);
    tcase_add_test(loopback, what_cannot_be_sent_is_logged_once);
    tcase_add_test(interfaces, each_network_hears_one_datagram);
    tcase_add_test(interfaces, what_is_for_some_networks_goes_to_no_other);
    tcase_add_test(interfaces, a_foreign_datagram_is_dropped);
    tcase_add_test(interfaces, a_bound_bus_is_announced_at_its_address_alone);
    tcase_add_test(interfaces, an_interface_that_comes_is_used_and_one_that_goes_is_not);
    tcase_add_test(interfaces, what_does_not_concern_us_is_no_change);
    suite_add_tcase(suite, loopback);
    suite_add_tcase(suite, interfaces);
    return ab_test_run(suite);
}
