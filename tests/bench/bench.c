/*
 * Owns the processes of a run, its clocks and its reports. Must not know what is measured.
 *
 * Invariant: no process outlives the one that began the run, and that one ends when its time is over.
 */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_PROCESSES 8

struct settings settings = {.pin = "none",
                            .route = "tcp",
                            .handler = "sync",
                            .n = 20000,
                            .warmup = -1,
                            .window = 64,
                            .subs = 1,
                            .burst = 64,
                            .conns = 1000,
                            .threads = 1,
                            .services = 1,
                            .seconds = 10,
                            .timeout = 60};
struct shared *shared;

static const char *const workloads[] = {"rpc", "pipe", "fan", "big", "mem", "disc", "dir", "rest"};

static const char *peer;
static pid_t began;
static struct {
    pid_t id;
    enum role role;
    long long before;
} processes[MOST_PROCESSES];
static int processes_count;
static long long wall, cpu[ROLES];

/* ---- Beginning and failing */

static void end_children(void)
{
    for (int i = 1; i < processes_count; i++)
        kill(processes[i].id, SIGKILL);
    for (int i = 1; i < processes_count; i++)
        waitpid(processes[i].id, NULL, 0);
    processes_count = 1;
}

void bench_fail(const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (getpid() != began) {
        fprintf(stderr, "%s: %s\n", peer, text);
        _exit(1);
    }
    printf("{\"peer\":\"%s\",\"workload\":\"%s\",\"ok\":0,\"error\":\"%s\"}\n", peer, workloads[settings.workload],
           text);
    fflush(stdout);
    end_children();
    _exit(1);
}

static void on_alarm(int signal)
{
    static const char text[] = "{\"ok\":0,\"error\":\"it took too long\"}\n";

    (void)signal;
    if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
        _exit(2);
    _exit(1); /* the children end with us */
}

static void pin(enum role role)
{
    bool split = strcmp(settings.pin, "split") == 0;
    cpu_set_t set;

    if (!split && strcmp(settings.pin, "same") != 0)
        return;
    CPU_ZERO(&set);
    CPU_SET(split && role != CLIENT ? 1 : 0, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static bool set_number(const char *key, const char *value)
{
    long number = atol(value);

    if (strcmp(key, "n") == 0)
        settings.n = number;
    else if (strcmp(key, "warmup") == 0)
        settings.warmup = number;
    else if (strcmp(key, "window") == 0)
        settings.window = (int)number;
    else if (strcmp(key, "subs") == 0)
        settings.subs = (int)number;
    else if (strcmp(key, "burst") == 0)
        settings.burst = (int)number;
    else if (strcmp(key, "size") == 0)
        settings.size = (size_t)number;
    else if (strcmp(key, "conns") == 0)
        settings.conns = (int)number;
    else if (strcmp(key, "idle") == 0)
        settings.idle = (int)number;
    else if (strcmp(key, "threads") == 0)
        settings.threads = (int)number;
    else if (strcmp(key, "services") == 0)
        settings.services = (int)number;
    else if (strcmp(key, "seconds") == 0)
        settings.seconds = (int)number;
    else if (strcmp(key, "timeout") == 0)
        settings.timeout = (int)number;
    else
        return false;
    return true;
}

static void set(char *argument)
{
    char *value = strchr(argument, '=');

    if (!value)
        bench_fail("not KEY=VALUE: %s", argument);
    *value++ = '\0';
    if (strcmp(argument, "pin") == 0)
        settings.pin = value;
    else if (strcmp(argument, "route") == 0)
        settings.route = value;
    else if (strcmp(argument, "handler") == 0)
        settings.handler = value;
    else if (!set_number(argument, value) && strcmp(argument, "mode") != 0 && strcmp(argument, "codec") != 0)
        bench_fail("no such key: %s", argument);
}

static void read_arguments(int count, char **arguments)
{
    size_t workload = 0;

    while (count > 1 && workload < sizeof(workloads) / sizeof(*workloads) &&
           strcmp(workloads[workload], arguments[1]) != 0)
        workload++;
    if (count < 2 || workload == sizeof(workloads) / sizeof(*workloads))
        bench_fail("usage: WORKLOAD [KEY=VALUE…]");
    settings.workload = (enum workload)workload;
    for (int i = 2; i < count; i++)
        set(arguments[i]);
    if (settings.warmup < 0)
        settings.warmup = settings.n / 20 + 1;
    if (settings.size == 0)
        settings.size = settings.workload == BIG ? 1 << 20 : 100;
    if (settings.n < 1 || settings.burst < 1 || settings.subs < 1 || settings.window < 1 || settings.threads < 1)
        bench_fail("numbers are 1 or more");
}

void bench_begin(int count, char **arguments, const char *name)
{
    peer = name;
    began = getpid();
    processes[processes_count++].id = began;
    read_arguments(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, on_alarm);
    alarm((unsigned)settings.timeout);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || (shared->wake = eventfd(0, 0)) < 0)
        bench_fail("%s", strerror(errno));
    pin(CLIENT);
}

pid_t bench_fork(void (*part)(void))
{
    pid_t id;

    if (processes_count == MOST_PROCESSES)
        bench_fail("too many processes");
    fflush(stdout);
    id = fork();
    if (id < 0)
        bench_fail("%s", strerror(errno));
    if (id == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != began)
            _exit(1);
        pin(SERVER);
        part();
        _exit(0);
    }
    processes[processes_count].role = SERVER;
    processes[processes_count++].id = id;
    return id;
}

void bench_wait_ready(long count)
{
    while (shared->ready < count)
        usleep(500);
}

/* ---- Measuring */

static long long nanoseconds(clockid_t clock)
{
    struct timespec time;

    if (clock_gettime(clock, &time) < 0)
        bench_fail("a process has ended");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

long long bench_now(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

static long long cpu_of(pid_t process)
{
    clockid_t clock;

    if (clock_getcpuclockid(process, &clock) != 0)
        bench_fail("a process has ended");
    return nanoseconds(clock);
}

void bench_measure(void)
{
    for (int i = 0; i < processes_count; i++)
        processes[i].before = cpu_of(processes[i].id);
    wall = bench_now();
}

void bench_stop(void)
{
    wall = bench_now() - wall;
    memset(cpu, 0, sizeof(cpu));
    for (int i = 0; i < processes_count; i++)
        cpu[processes[i].role] += cpu_of(processes[i].id) - processes[i].before;
}

double bench_client_us(void)
{
    return (double)cpu[CLIENT] / 1e3;
}

/* A thread wakes as often as it has gone to sleep by itself. */
static long wake_ups_of(pid_t process, const char *thread)
{
    char path[300], line[256];
    long count = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)process, thread);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    if (file)
        fclose(file);
    return count;
}

long bench_wake_ups(pid_t process)
{
    char path[64];
    struct dirent *entry;
    long count = 0;
    DIR *threads;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
    threads = opendir(path);
    while (threads && (entry = readdir(threads)))
        if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != process)
            count += wake_ups_of(process, entry->d_name);
    if (threads)
        closedir(threads);
    return count;
}

/* ---- Reporting */

static int compare(const void *one, const void *other)
{
    long long a = *(const long long *)one, b = *(const long long *)other;

    return (a > b) - (a < b);
}

static void report_head(void)
{
    printf("{\"peer\":\"%s\",\"workload\":\"%s\",\"ok\":1,\"pin\":\"%s\"", peer, workloads[settings.workload],
           settings.pin);
}

static void report_cpu(long operations)
{
    double each = (double)operations * 1000;

    printf(",\"ops\":%ld,\"wall_s\":%.4f,\"ops_per_s\":%.1f,\"cpu_us_per_op\":%.3f,\"cpu_client_us\":%.3f,"
           "\"cpu_server_us\":%.3f,\"cpu_broker_us\":0",
           operations, (double)wall / 1e9, (double)operations * 1e9 / (double)wall,
           (double)(cpu[CLIENT] + cpu[SERVER]) / each, (double)cpu[CLIENT] / each, (double)cpu[SERVER] / each);
}

static void report_times(long long *times, long count)
{
    qsort(times, (size_t)count, sizeof(*times), compare);
    printf(",\"min_us\":%.2f,\"p50_us\":%.2f,\"p99_us\":%.2f", (double)times[0] / 1e3, (double)times[count / 2] / 1e3,
           (double)times[count * 99 / 100] / 1e3);
}

static void report_end(void)
{
    puts("}");
    fflush(stdout);
    end_children();
}

static long long *make_times(long count)
{
    long long *times = calloc((size_t)count, sizeof(*times));

    if (!times)
        bench_fail("out of memory");
    return times;
}

void bench_calls(void (*call)(void))
{
    long long *times = make_times(settings.n), last, now;

    for (long i = 0; i < settings.warmup; i++)
        call();
    bench_measure();
    last = bench_now();
    for (long i = 0; i < settings.n; i++) {
        call();
        now = bench_now();
        times[i] = now - last;
        last = now;
    }
    bench_stop();
    report_head();
    report_cpu(settings.n);
    report_times(times, settings.n);
    if (settings.workload == BIG)
        printf(",\"mb_per_s\":%.1f", (double)settings.n * (double)settings.size * 1e3 / (double)wall);
    report_end();
    free(times);
}

void bench_report_pipe(void)
{
    report_head();
    report_cpu(settings.n);
    report_end();
}

void bench_report_threads(const long *shares, int count)
{
    double even = (double)settings.n / count / 100;
    long least = shares[0], most = shares[0];

    for (int i = 1; i < count; i++) {
        least = shares[i] < least ? shares[i] : least;
        most = shares[i] > most ? shares[i] : most;
    }
    report_head();
    report_cpu(settings.n);
    printf(",\"least_percent\":%.1f,\"most_percent\":%.1f", (double)least / even, (double)most / even);
    report_end();
}

void bench_delivered(long count)
{
    long after = atomic_fetch_add(&shared->delivered, count) + count;
    uint64_t one = 1;

    if (after == shared->target && write(shared->wake, &one, sizeof(one)) < 0)
        bench_fail("%s", strerror(errno));
}

void bench_fan(void (*publish)(void))
{
    long bursts = settings.n >= settings.burst ? settings.n / settings.burst : 1;
    long long *times = make_times(bursts), start;
    uint64_t woken;

    for (long i = -2; i < bursts; i++) {
        if (i == 0)
            bench_measure();
        start = bench_now();
        shared->target += (long)settings.burst * settings.subs;
        publish();
        if (read(shared->wake, &woken, sizeof(woken)) < 0)
            bench_fail("%s", strerror(errno));
        if (i >= 0)
            times[i] = bench_now() - start;
    }
    bench_stop();
    report_head();
    printf(",\"subs\":%d,\"burst\":%d", settings.subs, settings.burst);
    report_cpu(bursts * settings.burst * settings.subs);
    report_times(times, bursts);
    report_end();
    free(times);
}

struct memory bench_memory(pid_t process)
{
    struct memory memory = {0, 0};
    char path[64], line[256];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)process);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "Rss: %ld", &memory.resident);
    if (file)
        fclose(file);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)process);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "Threads: %ld", &memory.threads);
    if (file)
        fclose(file);
    return memory;
}

void bench_report_memory(const struct memory server[2], const struct memory client[2])
{
    report_head();
    printf(",\"conns\":%d,\"idle_rss_kb\":%ld,\"client_idle_rss_kb\":%ld,\"idle_threads\":%ld,\"server_threads\":%ld,"
           "\"client_threads\":%ld,\"server_kb_per_conn\":%.2f,\"client_kb_per_conn\":%.2f",
           settings.conns, server[0].resident, client[0].resident, client[0].threads, server[1].threads,
           client[1].threads, (double)(server[1].resident - server[0].resident) / settings.conns,
           (double)(client[1].resident - client[0].resident) / settings.conns);
    report_end();
}

void bench_report_directory(double added, double again, double idle, double removed)
{
    double each = settings.services;

    report_head();
    printf(",\"services\":%d,\"add_us\":%.2f,\"again_us\":%.2f,\"remove_us\":%.2f,\"idle_percent\":%.3f",
           settings.services, added / each, again / each, removed / each, idle / settings.seconds / 1e4);
    report_end();
}

void bench_report_rest(long client, long server)
{
    double minutes = settings.seconds / 60.0;

    report_head();
    printf(",\"client_per_minute\":%.1f,\"server_per_minute\":%.1f", (double)client / minutes,
           (double)server / minutes);
    report_end();
}

void bench_report_discovery(const char *what, long long *times, long count)
{
    qsort(times, (size_t)count, sizeof(*times), compare);
    report_head();
    printf(",\"what\":\"%s\",\"n\":%ld,\"min_ms\":%.2f,\"p50_ms\":%.2f,\"max_ms\":%.2f}\n", what, count,
           (double)times[0] / 1e6, (double)times[count / 2] / 1e6, (double)times[count - 1] / 1e6);
    fflush(stdout);
    end_children();
}

/* ---- Sockets */

static int no_delay(int descriptor)
{
    int one = 1;

    if (descriptor < 0 || setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
        bench_fail("%s", strerror(errno));
    return descriptor;
}

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)shared->port)};
}

int bench_listen(void)
{
    struct sockaddr_in at = loopback();
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(listener, (struct sockaddr *)&at, size) < 0 || listen(listener, 1024) < 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) < 0)
        bench_fail("%s", strerror(errno));
    shared->port = ntohs(at.sin_port);
    return listener;
}

int bench_accept(int listener)
{
    return no_delay(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int bench_connect(void)
{
    struct sockaddr_in to;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    while (!shared->port)
        usleep(200);
    to = loopback();
    if (connect(descriptor, (struct sockaddr *)&to, sizeof(to)) < 0)
        bench_fail("%s", strerror(errno));
    if (fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0)
        bench_fail("%s", strerror(errno));
    return no_delay(descriptor);
}

void bench_send(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        struct pollfd room = {.fd = descriptor, .events = POLLOUT};
        ssize_t sent = send(descriptor, data, size, MSG_NOSIGNAL);

        if (sent < 0 && (errno != EAGAIN || poll(&room, 1, -1) < 0))
            bench_fail("%s", strerror(errno));
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
    }
}
