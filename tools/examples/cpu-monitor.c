/*
 * cpu-monitor: publishes how busy this machine is, so that any other machine can watch it.
 *
 *     cpu-monitor [SECONDS]          how often it measures; 5 unless given
 *
 * It needs no client of its own; in another terminal, on any machine of the network:
 *
 *     autobus-watch monitor cpu      each measurement of every machine that runs a monitor
 *     autobus-top monitor cpu        all of them in a live table
 *     autobus-watch 'type=monitor,monitor.host=kitchen' memory
 *
 * The pattern to copy: block the signals that end the program, publish, and let sigtimedwait be both
 * the clock and the way out. No thread, no lock and no signal handler is needed. And: measure only while
 * somebody watches.
 */

#include <autobus2.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct cpu_times {
    unsigned long long busy, total;
};

/* The first line of /proc/stat: what all processors together did since the machine started. */
static int read_cpu_times(struct cpu_times *times)
{
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    FILE *file = fopen("/proc/stat", "re");
    if (!file)
        return -1;
    int got = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait, &irq,
                     &softirq, &steal);
    fclose(file);
    if (got != 8)
        return -1;
    times->busy = user + nice + system + irq + softirq + steal;
    times->total = times->busy + idle + iowait;
    return 0;
}

static int read_memory(long long *total, long long *available)
{
    char line[256];
    int found = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return -1;
    while (found < 2 && fgets(line, sizeof(line), file)) {
        found += sscanf(line, "MemTotal: %lld", total) == 1;
        found += sscanf(line, "MemAvailable: %lld", available) == 1;
    }
    fclose(file);
    return found == 2 ? 0 : -1;
}

/* Measures, and gives the objects their new values. Watchers hear those that have changed. */
static int publish_values(autobus_service *service, struct cpu_times *before)
{
    struct cpu_times now;
    long long total, available;
    double load[3];
    if (read_cpu_times(&now) < 0 || read_memory(&total, &available) < 0 || getloadavg(load, 3) < 3) {
        fprintf(stderr, "cpu-monitor: /proc does not say how busy this machine is\n");
        return AUTOBUS_ENOENT;
    }

    double passed = (double)(now.total - before->total);
    double percent = passed > 0 ? 100 * (double)(now.busy - before->busy) / passed : 0;
    *before = now;

    int code =
        autobus_set(service, "cpu", "{s:f, s:i}", "percent", percent, "processors", (int)sysconf(_SC_NPROCESSORS_ONLN));
    if (code == 0)
        code = autobus_set(service, "memory", "{s:I, s:I}", "total_kib", (json_int_t)total, "available_kib",
                           (json_int_t)available);
    if (code == 0)
        code = autobus_set(service, "load", "{s:f, s:f, s:f}", "1min", load[0], "5min", load[1], "15min", load[2]);
    return code;
}

/* What it has, and whether anybody watches it: nothing is measured for nobody. */
static struct object {
    const char *name, *doc;
    atomic_bool watched;
} objects[] = {
    {"cpu", "Percent busy, and processors.", false},
    {"memory", "Memory, in KiB.", false},
    {"load", "Load averages.", false},
};
enum { OBJECTS = sizeof(objects) / sizeof(objects[0]) };

static bool anybody_watches(void)
{
    for (int i = 0; i < OBJECTS; i++) {
        if (atomic_load(&objects[i].watched))
            return true;
    }
    return false;
}

/* Runs on a thread of the library: the main thread is told by a signal, which it waits for. */
static void on_interest(const autobus_interest *interest, void *user_data)
{
    struct object *object = user_data;
    atomic_store(&object->watched, interest->interested);
    kill(getpid(), SIGUSR1);
}

static int add_object(autobus_service *service, struct object *object)
{
    int code = autobus_service_add_object(service, object->name, object->doc, json_null());
    if (code == 0)
        code = autobus_service_on_interest(service, AUTOBUS_KIND_OBJECT, object->name, on_interest, object, NULL, NULL);
    return code;
}

/* Makes the service. It is complete before anybody sees it: it appears when it is published. */
static int publish(autobus_bus *bus, struct cpu_times *times, autobus_service **ret_service)
{
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    json_t *info = json_pack("{s:s, s:s}", "type", "monitor", "monitor.host", host);
    autobus_service *service = NULL;
    int code = info ? autobus_service_new(bus, info, &service) : AUTOBUS_ENOMEM;
    json_decref(info); /* the service has a copy */

    for (int i = 0; code == 0 && i < OBJECTS; i++)
        code = add_object(service, &objects[i]);
    if (code == 0)
        code = publish_values(service, times);
    if (code == 0)
        code = autobus_service_publish(service);
    if (code == 0)
        *ret_service = service;
    else
        autobus_service_unref(service);
    return code;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 5;
    if (argc > 2 || seconds < 1) {
        fprintf(stderr, "usage: cpu-monitor [SECONDS]\n");
        return 2;
    }

    /* Blocked before the bus makes its threads: from here on these only end sigtimedwait. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    autobus_bus *bus;
    autobus_error error = AUTOBUS_ERROR_INIT;
    if (autobus_bus_new(NULL, &bus, &error) < 0) {
        fprintf(stderr, "cpu-monitor: %s\n", error.text);
        autobus_error_clear(&error);
        return 1;
    }

    struct cpu_times times = {0, 0};
    autobus_service *service = NULL;
    int code = publish(bus, &times, &service);
    struct timespec interval = {.tv_sec = seconds};
    while (code == 0) {
        bool watched = anybody_watches();
        int signal = watched ? sigtimedwait(&signals, NULL, &interval) : sigwaitinfo(&signals, NULL);
        if (signal == SIGINT || signal == SIGTERM)
            break;
        if (signal == SIGUSR1 ? anybody_watches() : errno == EAGAIN) /* somebody came, or the interval is over */
            code = publish_values(service, &times);
    }
    if (code < 0)
        fprintf(stderr, "cpu-monitor: %s\n", autobus_strerror(code));

    /* Says goodbye, so that the service is gone everywhere at once. */
    autobus_bus_close_wait(bus);
    autobus_service_unref(service);
    autobus_bus_unref(bus);
    return code < 0;
}
