/*
 * The system under the library at its worst: a clock that is set, buffers that are full, a machine that slept, forks,
 * small stacks, a locale with commas, a pipe that breaks. The functions of the C library that tell of it are this
 * program's own, and do what a test wants.
 */

#include <arpa/inet.h>
#include <autobus2.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buses.h"
#include "harness.h"

#define YEAR (366L * 24 * 3600)

/* ---- The C library, as it is here */

static atomic_long date_off; /* seconds that CLOCK_REALTIME is ahead */
static atomic_long slept;    /* seconds that CLOCK_BOOTTIME is ahead */
static atomic_bool buffers_full;
static atomic_int alarm_of_day = -1; /* what stands for a timer on CLOCK_REALTIME */

int clock_gettime(clockid_t clock, struct timespec *time)
{
    long r = syscall(SYS_clock_gettime, clock, time);

    if (r == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += atomic_load(&date_off);
    if (r == 0 && clock == CLOCK_BOOTTIME)
        time->tv_sec += atomic_load(&slept);
    return (int)r;
}

int timerfd_create(int clock, int flags)
{
    if (clock != CLOCK_REALTIME)
        return (int)syscall(SYS_timerfd_create, clock, flags);
    atomic_store(&alarm_of_day, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return atomic_load(&alarm_of_day);
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    if (descriptor == atomic_load(&alarm_of_day))
        return 0;
    return (int)syscall(SYS_timerfd_settime, descriptor, flags, when, old);
}

/* Of datagrams alone. */
ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    if (atomic_load(&buffers_full)) {
        errno = ENOBUFS;
        return -1;
    }
    return syscall(SYS_sendmsg, descriptor, message, flags);
}

/* What the kernel does when the clock is set, and when the machine wakes. */
static void clock_is_set(void)
{
    const uint64_t one = 1;

    ck_assert_int_eq(write(atomic_load(&alarm_of_day), &one, sizeof(one)), sizeof(one));
}

/* ---- What tests need */

static long long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static json_int_t counter(autobus_bus *bus, const char *group, const char *name)
{
    json_t *counters;
    json_int_t value;

    ck_assert_int_eq(autobus_bus_counters(bus, &counters), 0);
    value = json_integer_value(json_object_get(json_object_get(counters, group), name));
    json_decref(counters);
    return value;
}

/* Look again and again, at most 10 s. */
static bool comes_to(autobus_bus *bus, const char *group, const char *name, json_int_t least)
{
    long long end = milliseconds() + 10000;

    while (counter(bus, group, name) < least && milliseconds() < end)
        poll(NULL, 0, 5);
    return counter(bus, group, name) >= least;
}

static bool falls_to(autobus_bus *bus, const char *group, const char *name, json_int_t most)
{
    long long end = milliseconds() + 10000;

    while (counter(bus, group, name) > most && milliseconds() < end)
        poll(NULL, 0, 5);
    return counter(bus, group, name) <= most;
}

static void call_works(autobus_remote *remote)
{
    json_t *result;

    ck_assert_int_eq(autobus_call(remote, &result, NULL, "echo", "[i]", 7), 0);
    ck_assert_int_eq(json_integer_value(json_array_get(result, 0)), 7);
    json_decref(result);
}

/* ---- The clock of the day */

static void times_out_in_time(autobus_remote *remote)
{
    long long begun = milliseconds();

    ck_assert_int_eq(autobus_call_json(remote, NULL, NULL, "keep", NULL, 0, 200), AUTOBUS_ETIMEDOUT);
    ck_assert_int_ge(milliseconds() - begun, 200);
    ck_assert_int_lt(milliseconds() - begun, 10000);
}

START_TEST(a_clock_that_is_set_changes_nothing)
{
    static const long years[] = {YEAR, -YEAR, 0};
    struct ab_kept kept = AB_KEPT_INIT;
    struct ab_pair pair;
    json_int_t queries;

    ab_pair_open(&pair, NULL);
    ab_pair_function(&pair, "keep", AUTOBUS_SYNC, ab_keep, &kept);
    queries = counter(pair.client, "discovery", "queries_sent");
    for (size_t i = 0; i < COUNT(years); i++) {
        atomic_store(&date_off, years[i]);
        clock_is_set();
        call_works(pair.remote);
        times_out_in_time(pair.remote);
        ck_assert_int_eq(autobus_remote_wait(pair.remote, 1000, NULL), 0);
    }
    ck_assert_int_eq(counter(pair.client, "outbound", "lost"), 0);
    ck_assert_int_le(counter(pair.client, "discovery", "queries_sent"), queries + 3); /* it did not sleep */
    ab_pair_close(&pair);
    ab_kept_drop(&kept);
}
END_TEST

struct heard {
    struct ab_gate gate;
    const char *part;
};

static void hear(int level, const char *text, void *user_data)
{
    struct heard *heard = user_data;

    (void)level;
    if (strstr(text, heard->part))
        ab_gate_pass(&heard->gate);
}

START_TEST(a_machine_that_slept_looks_whether_all_are_there)
{
    struct heard heard = {AB_GATE_INIT, "the machine slept 3600 s"};
    autobus_options *options = ab_test_options(NULL);
    struct ab_pair pair;
    json_int_t trips;

    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_INFO, hear, &heard), 0);
    ab_pair_open(&pair, options);
    trips = counter(pair.client, "round_trip", "count");
    atomic_store(&slept, 3600);
    clock_is_set(); /* of the bus that came last: the client */
    ab_gate_wait(&heard.gate, 1);
    ck_assert(comes_to(pair.client, "round_trip", "count", trips + 1));
    ck_assert_int_eq(counter(pair.client, "outbound", "lost"), 0);
    call_works(pair.remote);
    ab_pair_close(&pair);
}
END_TEST

/* ---- Buffers */

START_TEST(datagrams_that_cannot_leave_are_sent_again)
{
    struct heard heard = {AB_GATE_INIT, "cannot send on lo: "};
    autobus_options *options = ab_test_options(NULL);
    autobus_bus *server;
    autobus_bus *client;
    autobus_service *service;
    autobus_remote *remote;
    json_t *info = json_pack("{s:s}", "type", "test");

    atomic_store(&buffers_full, true);
    ck_assert_int_eq(autobus_options_set_log(options, AUTOBUS_LOG_WARNING, hear, &heard), 0);
    ck_assert_int_eq(autobus_bus_new(options, &server, NULL), 0);
    ck_assert_int_eq(autobus_bus_new(options, &client, NULL), 0);
    autobus_options_free(options);
    ck_assert_int_eq(autobus_service_new(server, info, &service), 0);
    ck_assert_int_eq(autobus_service_publish(service), 0);
    ck_assert_int_eq(autobus_proxy(client, "test", &remote, NULL), 0);
    ck_assert_int_eq(autobus_bus_settle(client, 5000), 0);
    ck_assert_int_ge(counter(server, "datagrams", "unsent"), 1);
    ck_assert_int_eq(counter(server, "datagrams", "sent"), 0);
    ck_assert_int_eq(autobus_remote_wait(remote, 1, NULL), AUTOBUS_ETIMEDOUT);
    ab_gate_wait(&heard.gate, 2); /* once by each */
    atomic_store(&buffers_full, false);
    ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
    ck_assert_int_eq(ab_gate_count(&heard.gate), 2);
    autobus_remote_unref(remote);
    autobus_service_unref(service);
    json_decref(info);
    ab_test_bus_end(client);
    ab_test_bus_end(server);
}
END_TEST

/* ---- Processes */

/* A child that lives on, with all that it has of its parent. */
static pid_t idle_child(const struct ab_pair *pair)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    if (autobus_call(pair->remote, NULL, NULL, "echo", NULL) != AUTOBUS_EFORKED)
        _exit(1);
    for (;;)
        pause();
}

static bool port_is_free(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    bool is_free;

    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    is_free = bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(descriptor, 1) == 0;
    close(descriptor);
    return is_free;
}

static uint16_t port_of(autobus_bus *bus)
{
    json_t *counters;
    int port;

    ck_assert_int_eq(autobus_bus_counters(bus, &counters), 0);
    ck_assert_int_eq(json_unpack(counters, "{s:{s:{s:i}}}", "ports", "tcp", "port", &port), 0);
    json_decref(counters);
    return (uint16_t)port;
}

START_TEST(a_child_that_lives_on_keeps_nothing_of_its_parents)
{
    struct ab_pair pair;
    char own[8]; /* a port that no other bus of this machine will take */
    uint16_t port;
    pid_t child;
    int status;

    snprintf(own, sizeof(own), "%u", ab_test_discovery_port());
    ab_pair_open(&pair, ab_test_options("ports", own, NULL));
    port = port_of(pair.server);
    child = idle_child(&pair);
    call_works(pair.remote);
    autobus_service_close(pair.service);
    ck_assert(falls_to(pair.client, "outbound", "now", 0)); /* each has heard that the other closed */
    ck_assert(falls_to(pair.server, "inbound", "now", 0));
    ab_pair_close(&pair);
    ck_assert(port_is_free(port));
    ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0); /* it is there still */
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
}
END_TEST

/* How many descriptors are open, and how many of them would outlive an exec. */
static int count_descriptors(int *ret_kept)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    *ret_kept = 0;
    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder))) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);
        int flags = entry->d_name[0] == '.' ? -1 : fcntl(descriptor, F_GETFD);

        count += flags >= 0;
        *ret_kept += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    closedir(folder);
    return count;
}

START_TEST(no_descriptor_outlives_an_exec)
{
    struct ab_pair pair;
    autobus_queue *queue;
    autobus_remote *named;
    int before, kept_before, during, kept_during, after, kept_after;

    before = count_descriptors(&kept_before);
    ab_pair_open(&pair, ab_test_options("seeds", "127.0.0.1:1", NULL));
    ck_assert_int_eq(autobus_queue_new_polled(pair.client, &queue), 0);
    ck_assert_int_eq(autobus_connect(pair.client, "localhost", port_of(pair.server), NULL, &named), 0);
    autobus_remote_wait(named, 5000, NULL);
    call_works(pair.remote);
    during = count_descriptors(&kept_during);
    autobus_remote_unref(named);
    autobus_queue_unref(queue);
    ab_pair_close(&pair);
    after = count_descriptors(&kept_after);
    ck_assert_int_ge(during, before + 10);
    ck_assert_int_eq(kept_during, kept_before);
    ck_assert_int_eq(after, before);
    ck_assert_int_eq(kept_after, kept_before);
}
END_TEST

/* ---- Pipes */

struct broken {
    int listener;
    uint16_t port;
    pthread_t thread;
};

/* A service that answers bind, and then its system resets the connection. */
static void *break_it(void *context)
{
    static const char answer[] = "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\"}\n";
    struct linger at_once = {1, 0};
    struct broken *broken = context;
    int descriptor = accept4(broken->listener, NULL, NULL, SOCK_CLOEXEC);
    char line[512];

    ck_assert_int_gt(recv(descriptor, line, sizeof(line), 0), 0);
    ck_assert_int_eq(send(descriptor, answer, sizeof(answer) - 1, MSG_NOSIGNAL), sizeof(answer) - 1);
    ck_assert_int_gt(recv(descriptor, line, sizeof(line), 0), 0); /* a notice */
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(descriptor);
    return NULL;
}

static void broken_open(struct broken *broken)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);

    broken->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(broken->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(broken->listener, 1), 0);
    ck_assert_int_eq(getsockname(broken->listener, (struct sockaddr *)&address, &size), 0);
    broken->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&broken->thread, NULL, break_it, broken), 0);
}

START_TEST(a_broken_pipe_is_an_error_and_no_end)
{
    autobus_bus *bus = ab_test_bus();

    signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 20; i++) {
        struct broken broken;
        autobus_remote *remote;
        int r;

        broken_open(&broken);
        ck_assert_int_eq(autobus_connect(bus, "127.0.0.1", broken.port, "x", &remote), 0);
        ck_assert_int_eq(autobus_remote_wait(remote, 10000, NULL), 0);
        do {
            r = autobus_notice(remote, "f", "[s]", "a notice that nobody reads");
        } while (r == 0);
        ck_assert_msg(r == AUTOBUS_EDISCONNECTED || r == AUTOBUS_ENOTBOUND, "%s", autobus_strerror(r));
        pthread_join(broken.thread, NULL);
        close(broken.listener);
        autobus_remote_unref(remote);
    }
    ab_test_bus_end(bus);
}
END_TEST

/* ---- Stacks. Sanitizers make frames that are many times as large, and tell nothing of what ships. */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL_STACK ((size_t)1 << 20)
#else
#define SMALL_STACK ((size_t)64 << 10)
#endif
#define DEEPEST 60 /* the envelope has the rest of 64 */

static json_t *deep(void)
{
    json_t *value = json_array();

    for (int i = 1; i < DEEPEST; i++) {
        json_t *outer = json_array();

        json_array_append_new(outer, value);
        value = outer;
    }
    return value;
}

/* Encodes and decodes as deep as may be, on this thread and on those of the library. */
static void *call_deep(void *context)
{
    const struct ab_pair *pair = context;
    json_t *args = json_pack("[o]", deep());
    json_t *result = NULL;

    ck_assert_int_eq(autobus_call_json(pair->remote, &result, NULL, "echo", args, 0, 0), 0);
    ck_assert(json_equal(args, result));
    json_decref(result);
    json_decref(args);
    return NULL;
}

START_TEST(small_stacks_are_enough)
{
    pthread_attr_t attributes;
    pthread_t thread;
    struct ab_pair pair;
    size_t least = (size_t)PTHREAD_STACK_MIN;

    /* What pthread_create does with no attributes, also of threads that the library makes. */
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, least), 0);
    ck_assert_int_eq(pthread_setattr_default_np(&attributes), 0);
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, least > SMALL_STACK ? least : SMALL_STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, call_deep, &pair), 0);
    pthread_join(thread, NULL);
    ab_pair_close(&pair);
    pthread_attr_destroy(&attributes);
}
END_TEST

/* ---- Locales */

/* One with commas, compiled for the test, since a machine may have none. False: it cannot be had. */
static bool use_commas(void)
{
    char folder[] = "/tmp/check_system.XXXXXX", command[256];
    bool there;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof(command), "localedef -c -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    there = system(command) != -1;
    setenv("LOCPATH", folder, 1);
    there = there && setlocale(LC_ALL, "de_DE.UTF-8");
    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    return there;
}

static void get_half(const autobus_value *value, void *user_data)
{
    if (value->value && json_real_value(value->value) == 0.5)
        ab_gate_pass(user_data);
}

START_TEST(numbers_keep_their_point_in_every_locale)
{
    struct ab_gate gate = AB_GATE_INIT;
    struct ab_pair pair;
    json_t *half, *result;
    char printed[8], *text;

    if (!use_commas()) {
        fprintf(stderr, "skipped: no locale with commas can be had here\n");
        return;
    }
    snprintf(printed, sizeof(printed), "%.1f", 0.5);
    ck_assert_str_eq(printed, "0,5");
    ab_pair_open(&pair, NULL);
    ck_assert_int_eq(autobus_watch(pair.remote, "value", get_half, &gate, NULL, NULL), 0);
    ck_assert_int_eq(autobus_call(pair.remote, &result, NULL, "echo", "[f, f]", 21.5, 1e-7), 0);
    ck_assert_int_eq(autobus_json_encode(result, 0, &text), 0);
    ck_assert_str_eq(text, "[21.5,1e-7]");
    half = json_real(0.5);
    ck_assert_int_eq(autobus_set_json(pair.service, "value", half), 0);
    ab_gate_wait(&gate, 1);
    autobus_free(text);
    json_decref(half);
    json_decref(result);
    ab_pair_close(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the system");
    TCase *clocks = tcase_create("clocks and buffers");
    TCase *processes = tcase_create("processes");
    TCase *threads = tcase_create("threads");

    tcase_add_test(clocks, a_clock_that_is_set_changes_nothing);
    tcase_add_test(clocks, a_machine_that_slept_looks_whether_all_are_there);
    tcase_add_test(clocks, datagrams_that_cannot_leave_are_sent_again);
    tcase_add_test(processes, a_child_that_lives_on_keeps_nothing_of_its_parents);
    tcase_add_test(processes, no_descriptor_outlives_an_exec);
    tcase_add_test(processes, a_broken_pipe_is_an_error_and_no_end);
    tcase_add_test(threads, small_stacks_are_enough);
    tcase_add_test(threads, numbers_keep_their_point_in_every_locale);
    suite_add_tcase(suite, clocks);
    suite_add_tcase(suite, processes);
    suite_add_tcase(suite, threads);
    return ab_test_run(suite);
}
