/*
 * The library: its public API and its wire, with the limits that a workload needs raised by options and nothing else
 * different from any program. Calls, events and completions are served on the event queue, which is the quickest.
 *
 * Keys of its own: services=N: so many are published by the server, which is reached by its address then;
 * handler=sync|thread is the mode of the function that is called; route=tcp|local the kind of route;
 * idle=N: so many connections at rest beside it; threads=N (pipe): so many threads make blocking calls over one
 * connection, instead of one with a window.
 */
#include <autobus2.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/announcer.h"
#include "bench/bench.h"

#define PATIENCE 10000 /* milliseconds */

static autobus_bus *bus;
static json_t *arguments;

static void must(int result, const char *what)
{
    if (result < 0)
        bench_fail("%s: %s", what, autobus_strerror(result));
}

static void set_number(autobus_options *options, const char *name, int number)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", number);
    must(autobus_options_set(options, name, text, NULL), name);
}

static void make_bus(const char *interfaces)
{
    static const char *const raised[][2] = {
        {"line", "16777216"},
        {"connections", "32768"},
        {"connections_loopback", "32768"},
        {"unbound", "4096"},
        {"event_bytes_waiting", "67108864"},
        {"events_waiting", "1000000"},
        {"watches", "32768"},
        {"routes_loopback", "32768"},
    };
    autobus_options *options;
    autobus_error error = AUTOBUS_ERROR_INIT;

    must(autobus_options_new(&options), "options");
    must(autobus_options_set(options, "interfaces", interfaces, NULL), "interfaces");
    for (size_t i = 0; i < sizeof(raised) / sizeof(*raised); i++)
        must(autobus_options_set(options, raised[i][0], raised[i][1], NULL), raised[i][0]);
    must(autobus_options_set(options, "local_sockets", strcmp(settings.route, "local") == 0 ? "yes" : "no", NULL),
         "route");
    if (settings.workload != DISC) /* other buses of the machine are not heard */
        set_number(options, "discovery_port", BENCH_DISCOVERY_PORT);
    if (settings.services > 1 && settings.workload != DIRECTORY) { /* so many that announcing them would be measured */
        set_number(options, "ports", shared->port);
        must(autobus_options_set(options, "discovery", "none", NULL), "discovery");
    }
    if (autobus_bus_new(options, &bus, &error) < 0)
        bench_fail("bus: %s", error.text);
    autobus_options_free(options);
}

static void *or_fail(void *made)
{
    if (!made)
        bench_fail("out of memory");
    return made;
}

static autobus_queue *event_queue(void)
{
    return or_fail(autobus_bus_event_queue(bus));
}

/* All have one filter: it is the connections that are counted. */
static autobus_remote *reach(void)
{
    static autobus_filter *filter;
    autobus_remote *remote;

    if (settings.services > 1) {
        must(autobus_connect(bus, "127.0.0.1", (uint16_t)shared->port, shared->service, &remote), "connect");
        must(autobus_remote_set_queue(remote, event_queue()), "queue");
        return remote;
    }
    if (!filter)
        must(autobus_filter_parse(shared->service, &filter, NULL), "filter");
    must(autobus_proxy_filter(bus, filter, &remote), "proxy");
    must(autobus_remote_set_queue(remote, event_queue()), "queue");
    return remote;
}

static void wait_bound(autobus_remote *remote)
{
    must(autobus_remote_wait(remote, PATIENCE, NULL), "bind");
}

static autobus_service *make_service(void)
{
    autobus_service *service;
    json_t *info = or_fail(json_pack("{s:s}", "type", "bench"));

    must(autobus_service_new(bus, info, &service), "service");
    json_decref(info);
    snprintf(shared->service, sizeof(shared->service), "%s", autobus_service_id(service));
    return service;
}

static void __attribute__((noreturn)) sleep_on(void)
{
    for (;;)
        pause();
}

/* ---- rpc, big, pipe */

static void on_echo(autobus_request *request, void *data)
{
    (void)data;
    must(autobus_reply_json(request, autobus_request_args(request)), "reply");
}

static void serve(void)
{
    enum autobus_mode mode = strcmp(settings.handler, "thread") == 0 ? AUTOBUS_THREAD : AUTOBUS_SYNC;

    make_bus("lo");
    for (int i = 0; i < settings.services; i++) {
        autobus_service *service = make_service();

        must(autobus_service_add_function(service, "echo", NULL, mode, on_echo, NULL, NULL, NULL), "function");
        must(autobus_service_publish(service), "publish");
    }
    shared->ready++;
    sleep_on();
}

static autobus_remote *remote;

static void take_echo(json_t *result)
{
    if (json_array_size(result) != json_array_size(arguments))
        bench_fail("another answer");
    json_decref(result);
}

static void echo(void)
{
    json_t *result;

    must(settings.workload == BIG ? autobus_call_json(remote, &result, NULL, "echo", arguments, 0, 0)
                                  : autobus_call(remote, &result, NULL, "echo", "[is]", 42, "hello"),
         "call");
    take_echo(result);
}

static long sent, done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static bool is_over;

static void on_result(const autobus_result *result, void *data);

static void send_call(void)
{
    sent++;
    must(autobus_call_async(remote, "echo", arguments, 0, 0, on_result, NULL, NULL, NULL), "call");
}

/* The measure begins with the first call after the warm-up. */
static void count_call(void)
{
    if (++done == settings.warmup)
        bench_measure();
    if (done == settings.n + settings.warmup)
        bench_stop();
}

static void say_over(void)
{
    pthread_mutex_lock(&lock);
    is_over = true;
    pthread_cond_signal(&over);
    pthread_mutex_unlock(&lock);
}

/* Runs on the event thread, as all that asks: what is counted is its alone. */
static void on_result(const autobus_result *result, void *data)
{
    (void)data;
    must(result->code, "result");
    if (json_array_size(result->value) != json_array_size(arguments))
        bench_fail("another answer");
    count_call();
    if (sent < settings.n + settings.warmup)
        send_call();
    else if (done == sent)
        say_over();
}

static void on_first(const autobus_result *result, void *data)
{
    (void)data;
    must(result->code, "result");
    for (int i = 0; i < settings.window; i++)
        send_call();
}

static long *shares; /* of each thread's calls, once the warm-up is over */

static bool count_and_look(long *share)
{
    bool more;

    pthread_mutex_lock(&lock);
    more = done < settings.n + settings.warmup;
    if (more) {
        *share += done >= settings.warmup;
        count_call();
    }
    pthread_mutex_unlock(&lock);
    return more;
}

static void *call_and_call(void *data)
{
    do
        echo();
    while (count_and_look(data));
    return data;
}

static void share_calls(void)
{
    pthread_t *threads = or_fail(calloc((size_t)settings.threads, sizeof(*threads)));

    shares = or_fail(calloc((size_t)settings.threads, sizeof(*shares)));
    for (int i = 0; i < settings.threads; i++)
        if (pthread_create(&threads[i], NULL, call_and_call, &shares[i]) != 0)
            bench_fail("no thread");
    for (int i = 0; i < settings.threads; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static void pipeline(void)
{
    must(autobus_call_async(remote, "echo", arguments, 0, 0, on_first, NULL, NULL, NULL), "call");
    pthread_mutex_lock(&lock);
    while (!is_over)
        pthread_cond_wait(&over, &lock);
    pthread_mutex_unlock(&lock);
}

static void make_arguments(void)
{
    char *text;

    if (settings.workload != BIG && settings.workload != FAN) {
        arguments = or_fail(json_pack("[is]", 42, "hello"));
        return;
    }
    text = or_fail(calloc(1, settings.size + 1));
    memset(text, 'x', settings.size);
    arguments = or_fail(json_pack("[s]", text));
    free(text);
}

static void calls(void)
{
    if (settings.services > 1)
        close(bench_listen()); /* a port that is free */
    bench_fork(serve);
    bench_wait_ready(1);
    make_bus("lo");
    make_arguments();
    remote = reach();
    wait_bound(remote);
    for (int i = 0; i < settings.idle; i++)
        wait_bound(reach());
    if (settings.workload != PIPE) {
        bench_calls(echo);
        return;
    }
    if (settings.threads > 1) {
        share_calls();
        bench_report_threads(shares, settings.threads);
    } else {
        pipeline();
        bench_report_pipe();
    }
}

/* ---- fan */

static autobus_service *publisher;

static void publish(void)
{
    must(autobus_batch_begin(bus), "batch");
    for (int i = 0; i < settings.burst; i++)
        must(autobus_fire_json(publisher, "tick", arguments), "fire");
    must(autobus_batch_end(bus), "batch");
}

static void on_event(const autobus_event *event, void *data)
{
    (void)data;
    must(event->code, "event");
    bench_delivered(1);
}

static void listen_to_events(void)
{
    bench_wait_ready(1);
    make_bus("lo");
    for (int i = 0; i < settings.subs; i++) {
        autobus_remote *one = reach();

        must(autobus_listen(one, "tick", on_event, NULL, NULL, NULL), "listen");
        wait_bound(one);
        /* The listen is answered before what follows it. */
        must(autobus_call(one, NULL, NULL, "sync", NULL), "call");
    }
    shared->ready++;
    sleep_on();
}

static void on_sync(autobus_request *request, void *data)
{
    (void)request;
    (void)data;
}

static void fan(void)
{
    make_arguments();
    bench_fork(listen_to_events);
    make_bus("lo");
    publisher = make_service();
    must(autobus_service_add_event(publisher, "tick", NULL), "event");
    must(autobus_service_add_function(publisher, "sync", NULL, AUTOBUS_SYNC, on_sync, NULL, NULL, NULL), "function");
    must(autobus_service_publish(publisher), "publish");
    shared->ready++;
    bench_wait_ready(2);
    bench_fan(publish);
}

/* ---- mem */

static void memory(void)
{
    struct memory server[2], client[2];
    pid_t id = bench_fork(serve);
    autobus_remote **remotes = or_fail(calloc((size_t)settings.conns, sizeof(autobus_remote *)));

    bench_wait_ready(1);
    make_bus("lo");
    must(autobus_bus_settle(bus, PATIENCE), "settle");
    for (int i = 0; i < settings.conns; i++)
        remotes[i] = NULL; /* the array is not the library's: it is there before the measure begins */
    server[0] = bench_memory(id);
    client[0] = bench_memory(getpid());
    for (int i = 0; i < settings.conns; i++) {
        remotes[i] = reach();
        wait_bound(remotes[i]);
    }
    usleep(200000);
    server[1] = bench_memory(id);
    client[1] = bench_memory(getpid());
    bench_report_memory(server, client);
    free(remotes);
}

/* ---- dir: a listener, and a process that announces services which are not there */

static int known;

static void on_known(const autobus_services_event *event, void *data)
{
    (void)data;
    known += (event->kind == AUTOBUS_SERVICE_ADDED) - (event->kind == AUTOBUS_SERVICE_REMOVED);
}

/* Microseconds of this process. */
static double hear(int expected)
{
    uint64_t woken;
    json_t *services;
    double time;

    bench_measure();
    shared->ready++;
    if (read(shared->wake, &woken, sizeof(woken)) < 0)
        bench_fail("the announcer is gone");
    bench_stop();
    time = bench_client_us();
    must(autobus_bus_services(bus, NULL, &services), "services");
    if (json_array_size(services) != (size_t)expected || known != expected)
        bench_fail("datagrams were lost: %d services of %d", known, expected);
    json_decref(services);
    return time;
}

static void directory(void)
{
    double added, again, idle, removed;

    bench_fork(bench_announce);
    make_bus("lo");
    must(autobus_bus_set_queue(bus, event_queue()), "queue");
    must(autobus_listen_services(bus, NULL, 0, on_known, NULL, NULL, NULL), "listen");
    must(autobus_bus_settle(bus, PATIENCE), "settle");
    added = hear(settings.services);
    again = hear(settings.services);
    idle = hear(settings.services);
    removed = hear(0);
    bench_report_directory(added, again, idle, removed);
}

/* ---- rest */

static void rest(void)
{
    pid_t server = bench_fork(serve);
    long before[2];

    bench_wait_ready(1);
    make_bus("lo");
    wait_bound(reach());
    sleep(16); /* the queries of a start are over */
    before[0] = bench_wake_ups(getpid());
    before[1] = bench_wake_ups(server);
    sleep((unsigned)settings.seconds);
    bench_report_rest(bench_wake_ups(getpid()) - before[0], bench_wake_ups(server) - before[1]);
}

/* ---- disc: two hosts, each a network namespace, with a wire between them */

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
    char command[256];
    va_list values;

    va_start(values, format);
    vsnprintf(command, sizeof(command), format, values);
    va_end(values);
    if (system(command) != 0)
        bench_fail("failed (root is needed): %s", command);
}

/* The other host: on word, publishes a service, or ends it. */
static void other_host(void)
{
    autobus_service *service;

    if (unshare(CLONE_NEWNET) < 0)
        bench_fail("no namespace (root is needed)");
    shared->ready++;
    bench_wait_ready(2);
    run("ip link set lo up; ip addr add 10.222.0.2/24 brd + dev bench1; ip link set bench1 up");
    make_bus("bench1");
    shared->ready++;
    for (long wanted = 4;; wanted += 4) {
        bench_wait_ready(wanted);
        service = make_service();
        shared->time = bench_now();
        must(autobus_service_publish(service), "publish");
        shared->ready++;
        bench_wait_ready(wanted + 2);
        autobus_service_close(service);
        autobus_service_unref(service);
        shared->ready++;
    }
}

static void on_services(const autobus_services_event *event, void *data)
{
    long long now = bench_now();

    (void)data;
    if (event->kind != AUTOBUS_SERVICE_ADDED || strcmp(event->service, shared->service) != 0)
        return;
    pthread_mutex_lock(&lock);
    done = (long)(now - shared->time);
    pthread_cond_signal(&over);
    pthread_mutex_unlock(&lock);
}

static void listen_for_services(void)
{
    must(autobus_listen_services(bus, NULL, AUTOBUS_SERVICES_EXISTING, on_services, NULL, NULL, NULL), "listen");
}

static long long wait_seen(void)
{
    long long time;

    pthread_mutex_lock(&lock);
    while (done == 0)
        pthread_cond_wait(&over, &lock);
    time = done;
    done = 0;
    pthread_mutex_unlock(&lock);
    return time;
}

static void end_bus(void)
{
    must(autobus_bus_close_wait(bus), "close");
    autobus_bus_unref(bus);
}

static void wait_gone(void)
{
    json_t *services;
    size_t count;

    do {
        usleep(20000);
        must(autobus_bus_services(bus, NULL, &services), "services");
        count = json_array_size(services);
        json_decref(services);
    } while (count > 1); /* the introspection service stays */
}

static void discovery(void)
{
    long long *appear = or_fail(calloc((size_t)settings.n, sizeof(*appear)));
    long long *fresh = or_fail(calloc((size_t)settings.n, sizeof(*fresh)));
    pid_t other;

    if (unshare(CLONE_NEWNET) < 0)
        bench_fail("no namespace (root is needed)");
    other = bench_fork(other_host);
    bench_wait_ready(1);
    run("ip link add bench0 type veth peer name bench1; ip link set bench1 netns %d; ip link set lo up;"
        "ip addr add 10.222.0.1/24 brd + dev bench0; ip link set bench0 up",
        (int)other);
    shared->ready++;
    bench_wait_ready(3);
    for (long i = 0; i < settings.n; i++) {
        make_bus("bench0");
        must(autobus_bus_settle(bus, PATIENCE), "settle");
        listen_for_services();
        shared->ready++;
        appear[i] = wait_seen();
        bench_wait_ready(5 + 4 * i);
        end_bus();

        shared->time = bench_now();
        make_bus("bench0");
        listen_for_services();
        fresh[i] = wait_seen();
        shared->ready++;
        bench_wait_ready(7 + 4 * i);
        wait_gone();
        end_bus();
    }
    bench_report_discovery("appear", appear, settings.n);
    bench_report_discovery("fresh", fresh, settings.n);
}

int main(int count, char **texts)
{
    bench_begin(count, texts, "autobus2");
    switch (settings.workload) {
    case FAN: fan(); break;
    case MEM: memory(); break;
    case DISC: discovery(); break;
    case DIRECTORY: directory(); break;
    case REST: rest(); break;
    default: calls(); break;
    }
    return 0;
}
