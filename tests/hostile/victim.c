/*
 * Owns the victim's process: what it offers, and how it is asked how it fares. The test's side talks to it over a pair of
 * sockets, a byte for a question and a line for an answer, so that asking does not depend on what is being attacked.
 */
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buses.h"
#include "hostile/stage.h"

/* ---- In its process. */

struct program {
    autobus_bus *bus;
    autobus_service *service;
    autobus_remote *honest;
    autobus_remote *false_one;
    autobus_slot *lamp;
    autobus_slot *rang;
    json_t *much;
};

static atomic_ulong log_lines;

static void die(const char *what, int code)
{
    fprintf(stderr, "victim: %s: %s\n", what, autobus_strerror(code));
    _exit(1);
}

static void must(int code, const char *what)
{
    if (code < 0)
        die(what, code);
}

static void on_log(int level, const char *text, void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&log_lines, 1);
    if (getenv("AUTOBUS_TEST_LOG"))
        fprintf(stderr, "[%d] %s\n", level, text);
}

static void echo(autobus_request *request, void *user_data)
{
    struct program *program = user_data;

    autobus_fire_json(program->service, "tick", autobus_request_args(request)); /* before another call may follow */
    autobus_reply_json(request, autobus_request_args(request));
}

static void drop(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_request_unref(request);
}

static void hold(autobus_request *request, void *user_data)
{
    autobus_slot *slot;

    autobus_request_ref(request);
    if (autobus_request_on_abandoned(request, drop, user_data, NULL, &slot) < 0)
        autobus_request_unref(request);
    else
        autobus_slot_unref(slot);
}

static void much(autobus_request *request, void *user_data)
{
    struct program *program = user_data;

    autobus_reply_json(request, program->much);
}

static void slow(autobus_request *request, void *user_data)
{
    (void)user_data;
    poll(NULL, 0, 20);
    autobus_reply(request, NULL);
}

static void relay(autobus_request *request, void *user_data)
{
    struct program *program = user_data;
    json_t *result;
    autobus_error error = AUTOBUS_ERROR_INIT;
    int r = autobus_call_json(program->honest, &result, &error, "echo", autobus_request_args(request), 0, SOON_MS);

    if (r < 0) {
        autobus_reply_error(request, "relay", "%s", error.text ? error.text : "");
        autobus_error_clear(&error);
        return;
    }
    autobus_reply_json(request, result);
    json_decref(result);
}

static void on_value(const autobus_value *value, void *user_data)
{
    (void)value;
    (void)user_data;
}

static void on_event(const autobus_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
}

static void offer(struct program *program, const char *name, enum autobus_mode mode, autobus_function_fn function)
{
    must(autobus_service_add_function(program->service, name, NULL, mode, function, program, NULL, NULL), name);
}

static void open_program(struct program *program)
{
    autobus_options *options = ab_test_options(NULL);
    json_t *info = json_pack("{s:s}", "type", "victim");
    char *bytes = calloc(1, 100001);

    autobus_options_set_log(options, AUTOBUS_LOG_INFO, on_log, NULL);
    must(autobus_bus_new(options, &program->bus, NULL), "a bus");
    autobus_options_free(options);
    memset(bytes, 'm', 100000);
    program->much = json_string(bytes);
    free(bytes);
    must(autobus_service_new(program->bus, info, &program->service), "a service");
    json_decref(info);
    offer(program, "echo", AUTOBUS_THREAD, echo);
    offer(program, "hold", AUTOBUS_SYNC, hold);
    offer(program, "much", AUTOBUS_SYNC, much);
    offer(program, "slow", AUTOBUS_THREAD, slow);
    offer(program, "relay", AUTOBUS_THREAD, relay);
    must(autobus_service_add_event(program->service, "tick", NULL), "an event");
    must(autobus_service_add_object(program->service, "value", NULL, program->much), "an object");
    must(autobus_service_publish(program->service), "publishing");
    must(autobus_proxy(program->bus, "honest", &program->honest, NULL), "a proxy");
    must(autobus_proxy(program->bus, "false", &program->false_one, NULL), "a proxy");
    must(autobus_watch(program->false_one, "lamp", on_value, NULL, NULL, &program->lamp), "a watch");
    must(autobus_listen(program->false_one, "rang", on_event, NULL, NULL, &program->rang), "a listener");
}

static void close_program(struct program *program)
{
    autobus_slot_unref(program->lamp);
    autobus_slot_unref(program->rang);
    autobus_remote_unref(program->false_one);
    autobus_remote_unref(program->honest);
    must(autobus_bus_close_wait(program->bus), "closing");
    autobus_service_unref(program->service);
    autobus_bus_unref(program->bus);
    json_decref(program->much);
}

static json_t *tell(const struct program *program)
{
    struct mallinfo2 heap = mallinfo2();
    json_t *counters = NULL;

    must(autobus_bus_counters(program->bus, &counters), "counters");
    json_object_set_new(counters, "log", json_pack("{s:I}", "lines", (json_int_t)atomic_load(&log_lines)));
    json_object_set_new(counters, "heap", json_integer((json_int_t)((heap.uordblks + heap.hblkhd) / 1024)));
    json_object_set_new(counters, "service", json_string(autobus_service_id(program->service)));
    return counters;
}

static json_t *know(const struct program *program)
{
    json_t *types = json_object(), *services, *entry;
    size_t i;

    must(autobus_bus_services(program->bus, NULL, &services), "services");
    json_array_foreach(services, i, entry)
    {
        const char *type = json_string_value(json_object_get(json_object_get(entry, "info"), "type"));
        json_t *before = type ? json_object_get(types, type) : NULL;

        if (type)
            json_object_set_new(types, type, json_integer(json_integer_value(before) + 1));
    }
    json_decref(services);
    return types;
}

static void answer(int control, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    FILE *out = fdopen(dup(control), "w");

    fprintf(out, "%s\n", text);
    fclose(out);
    free(text);
    json_decref(value);
}

static void live(int control)
{
    struct program program = {0};
    char question;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_program(&program);
    while (read(control, &question, 1) == 1)
        answer(control, question == 'k' ? know(&program) : tell(&program));
    close_program(&program);
    exit(0);
}

/* ---- In the test's. */

static json_t *ask(struct victim *victim, char question)
{
    static char text[1 << 20];
    size_t size = 0;
    json_t *value;

    ck_assert_int_eq(write(victim->control, &question, 1), 1);
    while (size == 0 || text[size - 1] != '\n') {
        ssize_t got = read(victim->control, text + size, sizeof text - size);

        ck_assert_msg(got > 0, "the victim is dead");
        size += (size_t)got;
    }
    value = json_loadb(text, size, 0, NULL);
    ck_assert_ptr_nonnull(value);
    return value;
}

void victim_start(struct victim *victim)
{
    int pair[2];
    json_t *told;

    autobus_options_free(ab_test_options(NULL)); /* both processes know the port */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    victim->pid = fork();
    ck_assert_int_ge(victim->pid, 0);
    if (victim->pid == 0) {
        close(pair[0]);
        live(pair[1]);
    }
    close(pair[1]);
    victim->control = pair[0];
    told = ask(victim, 'c');
    snprintf(victim->id, sizeof victim->id, "%s", json_string_value(json_object_get(told, "service")));
    victim->port =
        (uint16_t)json_integer_value(json_object_get(json_object_get(json_object_get(told, "ports"), "tcp"), "port"));
    json_decref(told);
    ck_assert_uint_ne(victim->port, 0);
}

void victim_end(struct victim *victim)
{
    int status;

    close(victim->control);
    ck_assert_int_eq(waitpid(victim->pid, &status, 0), victim->pid);
    ck_assert_msg(status == 0, "the victim ended with status %x", (unsigned)status);
}

long victim_count(struct victim *victim, const char *group, const char *name)
{
    json_t *told = ask(victim, 'c');
    json_t *value = json_object_get(json_object_get(told, group), name);
    long count = (long)json_integer_value(value);

    ck_assert_msg(json_is_integer(value), "%s.%s", group, name);
    json_decref(told);
    return count;
}

void victim_await(struct victim *victim, const char *group, const char *name, long least)
{
    long end = now_ms() + PATIENCE_MS;
    long count;

    while ((count = victim_count(victim, group, name)) < least && now_ms() < end)
        poll(NULL, 0, 5);
    ck_assert_msg(count >= least, "%s.%s is %ld and not %ld", group, name, count, least);
}

long victim_knows(struct victim *victim, const char *type)
{
    json_t *types = ask(victim, 'k');
    long count = (long)json_integer_value(json_object_get(types, type));

    json_decref(types);
    return count;
}

static long peak_kib(pid_t pid)
{
    char line[200];
    long peak = 0;
    FILE *status;

    snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
    status = fopen(line, "r");
    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status))
        sscanf(line, "VmHWM: %ld", &peak);
    fclose(status);
    return peak;
}

static int descriptors(pid_t pid)
{
    char name[40];

    snprintf(name, sizeof name, "/proc/%d/fd", (int)pid);
    return ab_test_entries(name);
}

struct victim_size victim_measure(struct victim *victim)
{
    json_t *told = ask(victim, 'c');
    struct victim_size size = {.heap_kib = (long)json_integer_value(json_object_get(told, "heap"))};
    struct timespec used = {0};
    clockid_t clock;

    json_decref(told);
    ck_assert_int_eq(clock_getcpuclockid(victim->pid, &clock), 0);
    clock_gettime(clock, &used);
    size.cpu_ms = used.tv_sec * 1000 + used.tv_nsec / 1000000;
    size.peak_kib = peak_kib(victim->pid);
    size.descriptors = descriptors(victim->pid);
    return size;
}

void victim_forget_peak(struct victim *victim)
{
    char name[40];
    FILE *file;

    snprintf(name, sizeof name, "/proc/%d/clear_refs", (int)victim->pid);
    file = fopen(name, "w");
    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}
