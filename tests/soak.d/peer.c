/*
 * A program of the soak: see peer.h.
 *
 *     peer FILE publish NAME | call | follow SERVICE | gather | churn
 *
 * FILE is written each second. SIGUSR1: the faults are over. SIGTERM: the end; the status is 0 if nothing was wrong.
 */

#include "peer.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ENDS 32

static const struct role *const roles[] = {&publisher, &caller, &follower, &gatherer, &churner};
static atomic_uint wrongs;
static atomic_uint age;
static atomic_bool stopping;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char name[64];
    unsigned long count;
} ends[ENDS];

void peer_wrong(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "WRONG: %s\n", text);
    atomic_fetch_add(&wrongs, 1);
}

void peer_must(int code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "WRONG: %s: %s\n", what, autobus_strerror(code));
    exit(1);
}

unsigned peer_age(void)
{
    return atomic_load(&age);
}

bool peer_stopping(void)
{
    return atomic_load(&stopping);
}

/* ---- How calls end */

static void name_end(char *name, size_t size, int code, const autobus_error *error)
{
    static const char *const names[] = {[-AUTOBUS_ETIMEDOUT] = "timed_out",
                                        [-AUTOBUS_EDISCONNECTED] = "disconnected",
                                        [-AUTOBUS_ECANCELED] = "canceled",
                                        [-AUTOBUS_ENOTBOUND] = "not_bound",
                                        [-AUTOBUS_ECLOSED] = "closed"};

    if (code == 0)
        snprintf(name, size, "answered");
    else if (code == AUTOBUS_EREMOTE)
        snprintf(name, size, "refused:%s", error && error->type ? error->type : "?");
    else if (-code < (int)(sizeof names / sizeof *names) && names[-code])
        snprintf(name, size, "%s", names[-code]);
    else
        snprintf(name, size, "code:%d", code);
}

void peer_count_end(int code, const autobus_error *error)
{
    char name[64];

    name_end(name, sizeof name, code, error);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ENDS; i++)
        if (!ends[i].count || strcmp(ends[i].name, name) == 0) {
            strcpy(ends[i].name, name);
            ends[i].count++;
            break;
        }
    pthread_mutex_unlock(&lock);
}

/* A service in the midst of its goodbye, or one that was stopped and is behind; and at the place of one that died there may
 * be another. */
static bool may_refuse(const char *type, bool of_many)
{
    return strcmp(type, "busy") == 0 || strcmp(type, "timeout") == 0 ||
           (of_many && strcmp(type, "no_such_service") == 0);
}

static bool wrong_end(int code, const autobus_error *error, const char *what)
{
    peer_wrong("%s ended with %s (%s: %s)", what, autobus_strerror(code), error && error->type ? error->type : "-",
               error && error->text ? error->text : "-");
    return false;
}

bool peer_may_end(int code, const autobus_error *error, const char *what, bool of_many)
{
    switch (code) {
    case AUTOBUS_OK:
    case AUTOBUS_ETIMEDOUT:
    case AUTOBUS_EDISCONNECTED:
    case AUTOBUS_ECANCELED: return true;
    case AUTOBUS_EREMOTE:
        return may_refuse(error && error->type ? error->type : "", of_many) || wrong_end(code, error, what);
    case AUTOBUS_ENETWORK: /* a service that was found cannot be reached: nobody waits for it, as a proxy would */
        return of_many || wrong_end(code, error, what);
    case AUTOBUS_ECLOSED: return peer_stopping() || wrong_end(code, error, what);
    default: return wrong_end(code, error, what);
    }
}

/* ---- The file */

static void report(const struct role *role, const char *path)
{
    char new_path[4096];
    FILE *file;

    snprintf(new_path, sizeof new_path, "%s.new", path);
    file = fopen(new_path, "w");
    if (!file)
        return;
    role->report(file);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ENDS && ends[i].count; i++)
        fprintf(file, "ended %s %lu\n", ends[i].name, ends[i].count);
    pthread_mutex_unlock(&lock);
    fclose(file);
    rename(new_path, path);
}

/* ---- Its life */

static void log_line(int level, const char *text, void *user_data)
{
    struct timespec now;
    (void)level;
    (void)user_data;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(stderr, "%ld.%03ld %s\n", (long)now.tv_sec, now.tv_nsec / 1000000, text);
}

static void live(const struct role *role, const char *path, const sigset_t *signals)
{
    static const struct timespec tenth = {.tv_nsec = 100000000};

    for (;;) {
        int number = sigtimedwait(signals, NULL, &tenth);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGUSR1)
            role->rest();
        else if (number < 0 && role->tick)
            role->tick();
        if (atomic_fetch_add(&age, number < 0) % 10 == 9)
            report(role, path);
    }
}

static autobus_bus *open_bus(void)
{
    autobus_options *options;
    autobus_bus *bus;
    const char *level = getenv("SOAK_LOG");

    peer_must(autobus_options_new(&options), "options");
    peer_must(autobus_options_set_log(options, level ? atoi(level) : AUTOBUS_LOG_WARNING, log_line, NULL), "log");
    peer_must(autobus_bus_new(options, &bus, NULL), "bus");
    autobus_options_free(options);
    return bus;
}

int main(int argc, char **argv)
{
    const struct role *role = NULL;
    autobus_bus *bus;
    sigset_t signals;

    for (size_t i = 0; argc >= 3 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i]->name, argv[2]) == 0)
            role = roles[i];
    if (!role) {
        fputs("usage: peer FILE publish NAME | call | follow SERVICE | gather | churn\n", stderr);
        return 2;
    }
    setvbuf(stderr, NULL, _IOLBF, 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    bus = open_bus();
    role->start(bus, argc > 3 ? argv[3] : "");
    live(role, argv[1], &signals);
    atomic_store(&stopping, true);
    role->stop();
    peer_must(autobus_bus_close_wait(bus), "close");
    autobus_bus_unref(bus);
    role->check();
    report(role, argv[1]);
    return atomic_load(&wrongs) != 0;
}
