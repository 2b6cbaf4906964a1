/* Owns one net, its event thread and what the fake engine has heard. See rig.h. */

#include "net/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "failing.h"
#include "harness.h"

#define PATIENCE 15 /* seconds, before a wait fails the test */

/* ---- The driver. */

static void driver_lock(void *context)
{
    struct rig *rig = context;

    pthread_mutex_lock(&rig->lock);
}

static void driver_unlock(void *context)
{
    struct rig *rig = context;

    pthread_mutex_unlock(&rig->lock);
}

static void driver_turn(void *context)
{
    struct rig *rig = context;

    ab_net_flush(rig->net);
    pthread_mutex_unlock(&rig->lock);
}

static bool driver_callbacks(void *context)
{
    struct rig *rig = context;
    bool (*callbacks)(struct rig *);

    pthread_mutex_lock(&rig->lock);
    rig->rounds++;
    callbacks = rig->callbacks;
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->lock);
    return callbacks ? callbacks(rig) : false;
}

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void driver_log(void *context, int level, const char *text)
{
    struct rig *rig = context;

    (void)level;
    pthread_mutex_lock(&log_lock);
    snprintf(rig->logged, sizeof(rig->logged), "%s", text);
    rig->log_lines++;
    pthread_mutex_unlock(&log_lock);
}

/* The fake engine asks for no counters. */
static const struct ab_net_driver driver = {
    .lock = driver_lock,
    .unlock = driver_unlock,
    .turn = driver_turn,
    .interlude = driver_turn,
    .callbacks = driver_callbacks,
    .log = driver_log,
};

/* ---- Beginning and end. */

rig_hook rig_default_hook;

static uint16_t free_port(int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, type, 0);

    ck_assert_int_eq(bind(descriptor, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    close(descriptor);
    return ntohs(address.sin_port);
}

struct ab_settings *rig_settings(const char *name, ...)
{
    struct ab_settings *settings;
    char *problem = NULL;
    char port[8];
    va_list arguments;

    ck_assert_int_eq(ab_settings_new(&settings), 0);
    snprintf(port, sizeof(port), "%u", free_port(SOCK_DGRAM));
    ck_assert_int_eq(ab_settings_set(settings, "interfaces", "lo", &problem), 0);
    ck_assert_int_eq(ab_settings_set(settings, "discovery_port", port, &problem), 0);
    /* Not the usual ports: a bus of another test that looks for one that is gone would come to us. */
    snprintf(port, sizeof(port), "%u", free_port(SOCK_STREAM));
    ck_assert_int_eq(ab_settings_set(settings, "ports", port, &problem), 0);
    va_start(arguments, name);
    for (; name; name = va_arg(arguments, const char *))
        ck_assert_int_eq(ab_settings_set(settings, name, va_arg(arguments, const char *), &problem), 0);
    va_end(arguments);
    return settings;
}

int rig_open(struct rig *rig, struct ab_settings *settings)
{
    pthread_condattr_t attributes;
    char *problem = NULL;
    int r;

    memset(rig, 0, sizeof(*rig));
    pthread_mutex_init(&rig->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&rig->changed, &attributes);
    ab_list_init(&rig->records);
    rig_engine_init(&rig->engine, rig);
    rig->hook = rig_default_hook;
    r = ab_net_new(settings, &driver, rig, &rig->net, &problem);
    ab_free(problem);
    ab_settings_free(settings);
    if (r == 0)
        ab_net_attach(rig->net, &rig->engine);
    return r;
}

static void *thread_main(void *argument)
{
    struct rig *rig = argument;

    ab_net_run(rig->net);
    return NULL;
}

void rig_run(struct rig *rig)
{
    ck_assert_int_eq(pthread_create(&rig->thread, NULL, thread_main, rig), 0);
    rig->running = true;
}

void rig_start(struct rig *rig, struct ab_settings *settings)
{
    ck_assert_int_eq(rig_open(rig, settings), 0);
    rig_run(rig);
}

void rig_join(struct rig *rig)
{
    if (!rig->running)
        return;
    rig_lock(rig);
    ab_net_stop(rig->net);
    pthread_mutex_unlock(&rig->lock);
    pthread_join(rig->thread, NULL);
    rig->running = false;
}

void rig_end(struct rig *rig)
{
    struct ab_list *node;

    rig_join(rig);
    ab_net_free(rig->net);
    while ((node = ab_list_take(&rig->records)))
        ab_free(AB_CONTAINER(node, struct rig_record, node));
    pthread_cond_destroy(&rig->changed);
    pthread_mutex_destroy(&rig->lock);
}

void rig_lock(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
}

void rig_leave(struct rig *rig)
{
    ab_net_flush(rig->net);
    pthread_mutex_unlock(&rig->lock);
}

/* ---- Waiting. */

bool rig_try(struct rig *rig, bool (*done)(struct rig *rig, void *context), void *context, ab_time time)
{
    struct timespec until;
    bool there;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(time % AB_SECOND) * 1000;
    until.tv_sec += (time_t)(time / AB_SECOND) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    rig_lock(rig);
    while (!(there = done(rig, context)))
        if (pthread_cond_timedwait(&rig->changed, &rig->lock, &until) != 0)
            break;
    pthread_mutex_unlock(&rig->lock);
    return there;
}

void rig_await(struct rig *rig, bool (*done)(struct rig *rig, void *context), void *context)
{
    ck_assert_msg(rig_try(rig, done, context, PATIENCE * AB_SECOND), "waited in vain; last logged: %s", rig->logged);
}

struct wanted {
    enum rig_input input;
    ab_stream_id stream; /* 0: any */
    struct rig_record found;
};

static bool find(struct rig *rig, void *context)
{
    struct wanted *wanted = context;

    AB_LIST_EACH (node, &rig->records) {
        struct rig_record *record = AB_CONTAINER(node, struct rig_record, node);

        if (record->input != wanted->input || (wanted->stream && record->stream != wanted->stream))
            continue;
        wanted->found = *record;
        ab_list_remove(&record->node);
        ab_free(record);
        return true;
    }
    return false;
}

struct rig_record rig_expect_on(struct rig *rig, enum rig_input input, ab_stream_id stream)
{
    struct wanted wanted = {.input = input, .stream = stream};

    rig_await(rig, find, &wanted);
    return wanted.found;
}

struct rig_record rig_expect(struct rig *rig, enum rig_input input)
{
    return rig_expect_on(rig, input, 0);
}

static bool rounds_done(struct rig *rig, void *context)
{
    ab_net_wake(rig->net);
    return rig->rounds >= *(unsigned long *)context;
}

void rig_rounds(struct rig *rig, unsigned long count)
{
    rig_lock(rig);
    count += rig->rounds;
    pthread_mutex_unlock(&rig->lock);
    rig_await(rig, rounds_done, &count);
}

unsigned long rig_count(struct rig *rig, enum rig_input input)
{
    unsigned long count;

    rig_lock(rig);
    count = rig->counts[input];
    pthread_mutex_unlock(&rig->lock);
    return count;
}

struct work {
    void (*run)(struct rig *rig, void *context);
    void *context;
    bool done;
};

static bool run_work(struct rig *rig)
{
    struct work *work = rig->work;

    rig->callbacks = NULL;
    work->run(rig, work->context);
    rig_lock(rig);
    work->done = true;
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->lock);
    return false;
}

static bool work_done(struct rig *rig, void *context)
{
    (void)rig;
    return ((struct work *)context)->done;
}

void rig_do(struct rig *rig, void (*run)(struct rig *rig, void *context), void *context)
{
    struct work work = {run, context, false};

    rig_lock(rig);
    rig->work = &work;
    rig->callbacks = run_work;
    ab_net_wake(rig->net);
    pthread_mutex_unlock(&rig->lock);
    rig_await(rig, work_done, &work);
}

/* ---- The engine's side. */

uint16_t rig_listen(struct rig *rig)
{
    uint16_t port = 0;

    rig_lock(rig);
    ck_assert_int_eq(ab_net_host()->listen(rig->net, &port), 0);
    rig_leave(rig);
    return port;
}

ab_stream_id rig_connect(struct rig *rig, uint16_t port)
{
    struct ab_address to = ab_address_inet(INADDR_LOOPBACK, port);
    ab_stream_id stream;

    rig_lock(rig);
    ck_assert_int_eq(ab_net_host()->open(rig->net, &to, &stream), 0);
    rig_leave(rig);
    return stream;
}

void rig_write(struct rig *rig, ab_stream_id stream, const void *data, size_t size)
{
    rig_lock(rig);
    ck_assert_int_eq(ab_net_host()->write(rig->net, stream, data, size), 0);
    rig_leave(rig);
}

void rig_close(struct rig *rig, ab_stream_id stream, enum ab_close_mode mode)
{
    rig_lock(rig);
    ab_net_host()->close(rig->net, stream, mode);
    rig_leave(rig);
}

void rig_pause(struct rig *rig, ab_stream_id stream, bool paused)
{
    rig_lock(rig);
    ab_net_host()->pause(rig->net, stream, paused);
    rig_leave(rig);
}

size_t rig_waiting(struct rig *rig, ab_stream_id stream)
{
    size_t waiting;

    rig_lock(rig);
    waiting = ab_net_host()->waiting(rig->net, stream);
    rig_leave(rig);
    return waiting;
}

/* ---- The other side. */

static void be_patient(int descriptor)
{
    struct timeval patience = {PATIENCE, 0};

    ck_assert_int_ge(descriptor, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

int peer_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    be_patient(descriptor);
    ck_assert_msg(connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0, "connect: %s",
                  strerror(errno));
    return descriptor;
}

int peer_listen(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    be_patient(descriptor);
    ck_assert_int_eq(bind(descriptor, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(descriptor, 16), 0);
    ck_assert_int_eq(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return descriptor;
}

int peer_accept(int descriptor)
{
    int peer = accept4(descriptor, NULL, NULL, SOCK_CLOEXEC);

    be_patient(peer);
    return peer;
}

void peer_send(int descriptor, const void *data, size_t size)
{
    const char *rest = data;

    while (size > 0) {
        ssize_t sent = send(descriptor, rest, size, MSG_NOSIGNAL);

        ck_assert_msg(sent > 0, "send: %s", strerror(errno));
        rest += sent;
        size -= (size_t)sent;
    }
}

void peer_send_text(int descriptor, const char *text)
{
    peer_send(descriptor, text, strlen(text));
}

void peer_fire(int descriptor, const char *name)
{
    char line[256];

    snprintf(line, sizeof(line), "{\"_type\": 3, \"_command\": \"fired\", \"name\": \"%s\", \"args\": []}\r\n", name);
    peer_send_text(descriptor, line);
}

void peer_receive(int descriptor, void *data, size_t size)
{
    char *to = data;

    while (size > 0) {
        ssize_t count = recv(descriptor, to, size, 0);

        ck_assert_msg(count > 0, "recv: %s", count < 0 ? strerror(errno) : "end of input");
        to += count;
        size -= (size_t)count;
    }
}

long peer_drain(int descriptor)
{
    char scrap[65536];
    long total = 0;
    ssize_t count;

    while ((count = recv(descriptor, scrap, sizeof(scrap), 0)) > 0)
        total += count;
    ck_assert_msg(count == 0 || errno == ECONNRESET, "recv: %s", strerror(errno));
    return count == 0 ? total : -1;
}

/* ---- Namespaces. */

void rig_command(const char *format, ...)
{
    char command[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/* `format` may use the number. */
static bool write_file(const char *file, const char *format, unsigned number)
{
    char text[64];
    int size = snprintf(text, sizeof(text), format, number);
    int descriptor = open(file, O_WRONLY | O_CLOEXEC);
    bool written = descriptor >= 0 && write(descriptor, text, (size_t)size) == size;

    if (descriptor >= 0)
        close(descriptor);
    return written;
}

bool rig_enter_namespace(void)
{
    unsigned user = getuid();
    unsigned group = getgid();

    if (unshare(CLONE_NEWNET) < 0 &&
        (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 || !write_file("/proc/self/setgroups", "deny", 0) ||
         !write_file("/proc/self/uid_map", "0 %u 1", user) || !write_file("/proc/self/gid_map", "0 %u 1", group)))
        return false;
    return system("{ ip link set lo up && ip link add ab0 type veth peer name ab1; } 2>/dev/null") == 0;
}
