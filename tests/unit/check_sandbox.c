/* What the kernel refuses, and what a bus makes of it: it works with what is left, or says what is missing and leaves
 * nothing behind. */

#include "buses.h"
#include "harness.h"
#include "refusing.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

/* Without a filter there is nothing to test. */
#define REFUSE(done)                            \
    do {                                        \
        if (!(done)) {                          \
            puts("this kernel has no seccomp"); \
            return;                             \
        }                                       \
    } while (0)

#define DESCRIPTORS "/proc/self/fd"

/* ---- What is logged */

struct told {
    const char *words;
    atomic_int times;
};

static void tell(int level, const char *text, void *user_data)
{
    struct told *told = user_data;

    (void)level;
    if (strstr(text, told->words))
        atomic_fetch_add(&told->times, 1);
}

static autobus_options *options_telling(struct told *told)
{
    autobus_options *options = ab_test_options(NULL);

    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_INFO, tell, told), 0);
    return options;
}

/* ---- What it can do without */

static void works(const char *words)
{
    struct told told = {words, 0};
    struct ab_pair pair;

    ab_pair_open(&pair, options_telling(&told));
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    ab_pair_close(&pair);
    ck_assert_int_eq(told.times, 2); /* two buses */
}

/* As with RestrictAddressFamilies=AF_INET: the interfaces cannot be read either. */
START_TEST(without_netlink_there_is_loopback)
{
    autobus_bus *bus;
    json_t *interfaces;

    REFUSE(ab_refuse_with(SYS_socket, 0, AF_NETLINK, EAFNOSUPPORT));
    works("changes of interfaces will not be noticed: netlink: Address family not supported");
    works("cannot read the interfaces");
    bus = ab_test_bus();
    ck_assert_int_eq(autobus_bus_interfaces(bus, &interfaces), 0);
    ck_assert_uint_eq(json_array_size(interfaces), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(interfaces, 0), "name")), "lo");
    json_decref(interfaces);
    ab_test_bus_end(bus);
}
END_TEST

/* The interfaces can be read here, by a socket that binds to no group. */
START_TEST(without_notice_of_changes)
{
    REFUSE(ab_refuse_with(SYS_bind, 2, 12, EPERM)); /* the size of the address of such a socket, and of no other */
    works("changes of interfaces will not be noticed: netlink: Operation not permitted");
}
END_TEST

START_TEST(without_a_clock_that_tells_of_sleep)
{
    REFUSE(ab_refuse_with(SYS_timerfd_create, 0, CLOCK_REALTIME, EINVAL));
    works("waking from sleep will not be noticed: Invalid argument");
}
END_TEST

START_TEST(without_alarms_of_that_clock)
{
    REFUSE(ab_refuse_with(SYS_timerfd_settime, 1, 3, EINVAL)); /* TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET */
    works("waking from sleep will not be noticed: Invalid argument");
}
END_TEST

START_TEST(without_a_random_seed)
{
    struct ab_pair pair;

    REFUSE(ab_refuse(SYS_getrandom, ENOSYS));
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_call(pair.remote, NULL, NULL, "echo", NULL), 0);
    ab_pair_close(&pair);
}
END_TEST

/* ---- What it cannot do without */

static const struct {
    long call;
    unsigned argument;
    uint32_t value;
    int error;
    const char *text;
} needed[] = {
    {SYS_eventfd2, 0, 0, EMFILE, "no descriptors for a loop: Too many open files"},
    {SYS_timerfd_create, 0, CLOCK_MONOTONIC, EMFILE, "no timerfd: Too many open files"},
    {SYS_socket, 1, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, EACCES, "no socket for discovery: Permission denied"},
    {SYS_getsockname, 2, 0, ENOBUFS, "no socket for discovery: No buffer space available"},
};

START_TEST(a_bus_that_cannot_be)
{
    autobus_options *options = ab_test_options(NULL);
    autobus_error error = AUTOBUS_ERROR_INIT;
    int before = ab_test_entries(DESCRIPTORS);
    autobus_bus *bus = NULL;

    if (needed[_i].call == SYS_getsockname)
        REFUSE(ab_refuse(needed[_i].call, needed[_i].error));
    else
        REFUSE(ab_refuse_with(needed[_i].call, needed[_i].argument, needed[_i].value, needed[_i].error));
    ck_assert_int_eq(autobus_bus_new(options, &bus, &error), AUTOBUS_ENETWORK);
    ck_assert_str_eq(error.text, needed[_i].text);
    ck_assert_ptr_null(bus);
    ck_assert_int_eq(ab_test_entries(DESCRIPTORS), before);
    autobus_error_clear(&error);
    autobus_options_free(options);
}
END_TEST

START_TEST(a_bus_without_its_thread)
{
    autobus_options *options = ab_test_options(NULL);
    int before = ab_test_entries(DESCRIPTORS);
    autobus_bus *bus = NULL;

    REFUSE(ab_refuse_threads());
    ck_assert_int_eq(autobus_bus_new(options, &bus, NULL), AUTOBUS_ENOMEM);
    ck_assert_ptr_null(bus);
    ck_assert_int_eq(ab_test_entries(DESCRIPTORS), before);
    autobus_options_free(options);
}
END_TEST

/* ---- What fails later */

#define STREAM (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

START_TEST(no_socket_to_listen_on)
{
    autobus_bus *bus = ab_test_bus();
    autobus_service *service;

    REFUSE(ab_refuse_with(SYS_socket, 1, STREAM, EACCES));
    ck_assert_int_eq(autobus_service_new(bus, NULL, &service), 0);
    ck_assert_int_eq(autobus_service_publish(service), AUTOBUS_ENETWORK);
    ck_assert_int_eq(autobus_service_publish(service), AUTOBUS_ENETWORK);
    autobus_service_unref(service);
    ab_test_bus_end(bus);
}
END_TEST

START_TEST(no_socket_to_connect_with)
{
    autobus_bus *bus = ab_test_bus();
    autobus_remote *remote;

    REFUSE(ab_refuse_with(SYS_socket, 1, STREAM, EACCES));
    ck_assert_int_eq(autobus_connect(bus, "127.0.0.1", 1, "x", &remote), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), AUTOBUS_ENETWORK);
    autobus_remote_unref(remote);
    ab_test_bus_end(bus);
}
END_TEST

START_TEST(no_thread_to_look_names_up)
{
    autobus_bus *bus = ab_test_bus();
    autobus_remote *remote;

    REFUSE(ab_refuse_threads());
    ck_assert_int_eq(autobus_connect(bus, "localhost", 1, "x", &remote), AUTOBUS_ENOMEM);
    ck_assert_int_eq(autobus_connect(bus, "127.0.0.1", 1, "x", &remote), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), AUTOBUS_ENETWORK); /* nobody listens there */
    autobus_remote_unref(remote);
    ab_test_bus_end(bus);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *without = tcase_create("without");
    TCase *missing = tcase_create("missing");
    TCase *later = tcase_create("later");

    tcase_add_test(without, without_netlink_there_is_loopback);
    tcase_add_test(without, without_notice_of_changes);
    tcase_add_test(without, without_a_clock_that_tells_of_sleep);
    tcase_add_test(without, without_alarms_of_that_clock);
    tcase_add_test(without, without_a_random_seed);
    tcase_add_loop_test(missing, a_bus_that_cannot_be, 0, COUNT(needed));
    tcase_add_test(missing, a_bus_without_its_thread);
    tcase_add_test(later, no_socket_to_listen_on);
    tcase_add_test(later, no_socket_to_connect_with);
    tcase_add_test(later, no_thread_to_look_names_up);
    suite_add_tcase(suite, without);
    suite_add_tcase(suite, missing);
    suite_add_tcase(suite, later);
    return ab_test_run(suite);
}
