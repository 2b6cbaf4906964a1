/* Listening and accepting: net/acceptor.c. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "harness.h"
#include "net/rig.h"

/* The address that the net listens at. */
static uint32_t bound_host(struct rig *rig)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);

    rig_lock(rig);
    ck_assert_int_eq(getsockname(rig->net->acceptor.descriptor, (struct sockaddr *)&address, &size), 0);
    pthread_mutex_unlock(&rig->lock);
    return ntohl(address.sin_addr.s_addr);
}

static bool has_bound_host(struct rig *rig, void *context)
{
    if (rig->net->acceptor.host == *(uint32_t *)context)
        return true;
    ab_net_wake(rig->net);
    return false;
}

static void await_bound_host(struct rig *rig, uint32_t host)
{
    rig_await(rig, has_bound_host, &host);
    ck_assert_uint_eq(bound_host(rig), host);
}

static bool is_refused(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED;

    close(descriptor);
    return refused;
}

static struct ab_settings *settings_of_ports(const char *interfaces, uint16_t first, uint16_t last)
{
    char text[16];

    snprintf(text, sizeof(text), "%u-%u", first, last);
    return rig_settings("interfaces", interfaces, "ports", text, NULL);
}

START_TEST(the_first_free_port_of_the_range_is_taken)
{
    struct rig rig;
    uint16_t taken;
    int other = peer_listen(&taken);
    uint16_t port;

    rig_start(&rig, settings_of_ports("lo", taken, (uint16_t)(taken + 5)));
    port = rig_listen(&rig);
    ck_assert_uint_gt(port, taken);
    ck_assert_uint_eq(rig_listen(&rig), port); /* twice is once */
    close(peer_connect(port));
    rig_expect(&rig, RIG_ACCEPTED);
    rig_end(&rig);
    close(other);
}
END_TEST

START_TEST(any_port_is_taken_when_the_range_is_not_free)
{
    struct rig rig;
    uint16_t taken;
    int other = peer_listen(&taken);
    uint16_t port;

    rig_start(&rig, settings_of_ports("lo", taken, taken));
    port = rig_listen(&rig);
    ck_assert_uint_ne(port, taken);
    close(peer_connect(port));
    rig_expect(&rig, RIG_ACCEPTED);
    rig_end(&rig);
    close(other);
}
END_TEST

START_TEST(the_first_port_is_taken_too_when_its_bus_goes)
{
    struct rig rig;
    uint16_t taken;
    int other = peer_listen(&taken);
    uint16_t port;

    rig_start(&rig, settings_of_ports("lo", taken, (uint16_t)(taken + 5)));
    port = rig_listen(&rig);
    rig_rounds(&rig, 3);
    ck_assert_int_lt(rig.net->claim.served, 0);
    close(other);
    rig_lock(&rig);
    ab_net_host()->neighbour_gone(rig.net);
    rig_leave(&rig);
    ck_assert_int_eq(rig_expect(&rig, RIG_PORT_CLAIMED).code, taken);
    close(peer_connect(taken));
    rig_expect(&rig, RIG_ACCEPTED);
    close(peer_connect(port));
    rig_expect(&rig, RIG_ACCEPTED);
    ck_assert_uint_eq(rig_listen(&rig), port);
    ck_assert_uint_eq(rig_count(&rig, RIG_PORT_CHANGED), 0);
    rig_lock(&rig);
    ab_net_host()->unlisten(rig.net);
    rig_leave(&rig);
    ck_assert(is_refused(taken) && is_refused(port));
    rig_end(&rig);
}
END_TEST

START_TEST(who_has_the_first_port_claims_no_more)
{
    struct rig rig;
    uint16_t free_port;
    int other = peer_listen(&free_port);

    close(other);
    rig_start(&rig, settings_of_ports("lo", free_port, (uint16_t)(free_port + 5)));
    ck_assert_uint_eq(rig_listen(&rig), free_port);
    rig_rounds(&rig, 3);
    rig_lock(&rig);
    ab_net_host()->neighbour_gone(rig.net);
    rig_leave(&rig);
    rig_rounds(&rig, 3);
    ck_assert_int_lt(rig.net->claim.served, 0);
    ck_assert(!evtimer_pending(rig.net->claim.timer, NULL));
    rig_end(&rig);
}
END_TEST

START_TEST(a_port_is_kept_from_one_time_to_the_next)
{
    struct rig rig;
    uint16_t port;

    rig_start(&rig, rig_settings(NULL));
    port = rig_listen(&rig);
    for (int i = 0; i < 20; i++) {
        rig_lock(&rig);
        ab_net_host()->unlisten(rig.net);
        if (i % 2)
            rig_leave(&rig);
        else
            pthread_mutex_unlock(&rig.lock);
        ck_assert(is_refused(port));
        ck_assert_uint_eq(rig_listen(&rig), port);
        close(peer_connect(port));
        rig_expect(&rig, RIG_ACCEPTED);
    }
    rig_end(&rig);
}
END_TEST

START_TEST(loopback_alone_is_listened_on_while_it_is_alone)
{
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), INADDR_LOOPBACK);
    rig_end(&rig);
}
END_TEST

START_TEST(the_setting_bind_wins)
{
    struct rig rig;

    rig_start(&rig, rig_settings("bind", "127.0.0.9", NULL));
    rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), 0x7f000009);
    rig_end(&rig);
}
END_TEST

START_TEST(a_bound_address_may_come_later)
{
    struct rig rig;

    rig_start(&rig, rig_settings("bind", "192.0.2.77", NULL)); /* of nobody */
    rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), 0xc000024d);
    rig_end(&rig);
}
END_TEST

static bool has_no_more(int peer)
{
    char byte;

    return recv(peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool has_logged_more(struct rig *rig, void *context)
{
    return rig->log_lines > *(unsigned long *)context;
}

/* Without descriptors, who connects is refused, nothing spins, and all goes on when there are some again. */
START_TEST(no_descriptors_is_no_disaster)
{
    struct rlimit before;
    struct rlimit few;
    struct rusage first;
    struct rusage last;
    struct rig rig;
    int peers[40];
    unsigned long lines;
    uint16_t port;
    long spent;

    rig_start(&rig, rig_settings(NULL));
    port = rig_listen(&rig);
    rig_rounds(&rig, 2);
    for (int i = 0; i < 40; i++)
        peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    lines = rig.log_lines;
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = (rlim_t)peers[39] + 4;
    setrlimit(RLIMIT_NOFILE, &few);
    getrusage(RUSAGE_SELF, &first);
    for (int i = 0; i < 40; i++) {
        struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        ck_assert_int_eq(connect(peers[i], (const struct sockaddr *)&address, sizeof(address)), 0);
    }
    rig_await(&rig, has_logged_more, &lines);
    ck_assert_str_eq(rig.logged, "a connection cannot be accepted: Too many open files");
    usleep(250000); /* nothing tells of a thread that does not spin: long enough to see one that does */
    getrusage(RUSAGE_SELF, &last);
    spent = (last.ru_utime.tv_sec - first.ru_utime.tv_sec) * 1000000 + last.ru_utime.tv_usec - first.ru_utime.tv_usec +
            (last.ru_stime.tv_sec - first.ru_stime.tv_sec) * 1000000 + last.ru_stime.tv_usec - first.ru_stime.tv_usec;
    ck_assert_int_lt(spent, 100000);
    ck_assert_uint_le(rig_count(&rig, RIG_ACCEPTED), 3);
    int refused = 0;
    for (int i = 0; i < 40; i++)
        refused += has_no_more(peers[i]);
    ck_assert_int_ge(refused, 1);

    setrlimit(RLIMIT_NOFILE, &before);
    for (int i = 0; i < 40 - refused; i++)
        rig_expect(&rig, RIG_ACCEPTED);
    for (int i = 0; i < 40; i++)
        close(peers[i]);
    rig_end(&rig);
}
END_TEST

/* ---- Interfaces that come and go, in a namespace. */

#define NEEDS_NAMESPACE                                           \
    if (!rig_enter_namespace()) {                                 \
        fprintf(stderr, "skipped: no network namespaces here\n"); \
        return;                                                   \
    }

START_TEST(an_interface_opens_the_same_port_to_all)
{
    struct rig rig;
    uint16_t port;
    int peer;

    NEEDS_NAMESPACE
    rig_start(&rig, rig_settings("interfaces", "*", NULL));
    port = rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), INADDR_LOOPBACK);
    peer = peer_connect(port);
    rig_expect(&rig, RIG_ACCEPTED);

    rig_command("ip addr add 10.77.0.1/24 dev ab0 && ip link set ab1 up && ip link set ab0 up");
    await_bound_host(&rig, INADDR_ANY);
    ck_assert_uint_ge(rig_count(&rig, RIG_NETWORK_CHANGED), 1);
    ck_assert_uint_eq(rig_count(&rig, RIG_PORT_CHANGED), 0);
    close(peer_connect(port));
    rig_expect(&rig, RIG_ACCEPTED);

    rig_command("ip addr flush dev ab0");
    await_bound_host(&rig, INADDR_LOOPBACK);
    peer_fire(peer, "x"); /* what was there is not disturbed */
    rig_expect(&rig, RIG_MESSAGE);
    close(peer);
    rig_end(&rig);
}
END_TEST

START_TEST(a_port_that_is_taken_meanwhile_is_changed)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a4d0001)}};
    struct rig rig;
    uint16_t port;
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    NEEDS_NAMESPACE
    close(other);
    other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rig_command("ip addr add 10.77.0.1/24 dev ab0");
    rig_start(&rig, rig_settings("interfaces", "*", NULL));
    port = rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), INADDR_LOOPBACK);
    address.sin_port = htons(port); /* not in the way of loopback, but of all */
    ck_assert_int_eq(bind(other, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(other, 1), 0);
    rig_command("ip link set ab1 up && ip link set ab0 up");
    struct rig_record record = rig_expect(&rig, RIG_PORT_CHANGED);
    ck_assert_int_ne(record.code, port);
    ck_assert_uint_eq(bound_host(&rig), INADDR_ANY);
    close(peer_connect((uint16_t)record.code));
    rig_expect(&rig, RIG_ACCEPTED);
    rig_end(&rig);
    close(other);
}
END_TEST

static int connect_to(uint32_t host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(host)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(connect(descriptor, (const struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

static bool claims_other_address(struct rig *rig, void *context)
{
    return rig->net->claim.descriptor >= 0 && rig->net->claim.host != *(uint32_t *)context;
}

START_TEST(the_first_port_is_taken_where_another_bus_has_it_on_loopback_alone)
{
    struct rig rig;
    uint32_t host;
    uint16_t taken;
    uint16_t port;
    int other;

    NEEDS_NAMESPACE
    other = peer_listen(&taken);
    rig_command("ip addr add 10.77.0.1/24 dev ab0 && ip addr add 10.78.0.1/24 dev ab1 && "
                "ip link set ab1 up && ip link set ab0 up");
    rig_start(&rig, settings_of_ports("*", taken, (uint16_t)(taken + 5)));
    port = rig_listen(&rig);
    ck_assert_uint_ne(port, taken);
    ck_assert_int_eq(rig_expect(&rig, RIG_PORT_CLAIMED).code, taken);
    rig_lock(&rig);
    host = rig.net->claim.host;
    pthread_mutex_unlock(&rig.lock);
    close(connect_to(host, taken));
    rig_expect(&rig, RIG_ACCEPTED);
    close(connect_to(host, port));
    rig_expect(&rig, RIG_ACCEPTED);
    rig_command("ip addr flush dev %s", host == 0x0a4d0001 ? "ab0" : "ab1");
    rig_await(&rig, claims_other_address, &host);
    close(connect_to(host ^ 0x0a4d0001 ^ 0x0a4e0001, taken));
    rig_expect(&rig, RIG_ACCEPTED);
    rig_end(&rig);
    close(other);
}
END_TEST

START_TEST(an_excluded_interface_is_not_served)
{
    struct rig rig;
    uint16_t port;
    int peer;

    NEEDS_NAMESPACE
    rig_command("ip addr add 10.77.0.1/24 dev ab0 && ip addr add 10.78.0.1/24 dev ab1 && "
                "ip link set ab1 up && ip link set ab0 up");
    rig_start(&rig, rig_settings("interfaces", "!ab1", NULL));
    port = rig_listen(&rig);
    ck_assert_uint_eq(bound_host(&rig), INADDR_ANY);
    peer = connect_to(0x0a4d0001, port);
    rig_expect(&rig, RIG_ACCEPTED);
    close(peer);
    peer = connect_to(0x0a4e0001, port);
    ck_assert_int_le(peer_drain(peer), 0);
    close(peer);
    ck_assert_uint_eq(rig_count(&rig, RIG_ACCEPTED), 1);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acceptor");
    TCase *ports = tcase_create("ports");
    TCase *interfaces = tcase_create("interfaces");

    tcase_add_test(ports, the_first_free_port_of_the_range_is_taken);
    tcase_add_test(ports, any_port_is_taken_when_the_range_is_not_free);
    tcase_add_test(ports, the_first_port_is_taken_too_when_its_bus_goes);
    tcase_add_test(ports, who_has_the_first_port_claims_no_more);
    tcase_add_test(ports, a_port_is_kept_from_one_time_to_the_next);
    tcase_add_test(ports, loopback_alone_is_listened_on_while_it_is_alone);
    tcase_add_test(ports, the_setting_bind_wins);
    tcase_add_test(ports, a_bound_address_may_come_later);
    tcase_add_test(ports, no_descriptors_is_no_disaster);
    tcase_add_test(interfaces, an_interface_opens_the_same_port_to_all);
    tcase_add_test(interfaces, a_port_that_is_taken_meanwhile_is_changed);
    tcase_add_test(interfaces, the_first_port_is_taken_where_another_bus_has_it_on_loopback_alone);
    tcase_add_test(interfaces, an_excluded_interface_is_not_served);
    suite_add_tcase(suite, ports);
    suite_add_tcase(suite, interfaces);
    return ab_test_run(suite);
}
