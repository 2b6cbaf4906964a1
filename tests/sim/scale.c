/*
 * How discovery scales: a network with so many buses, each on a machine of its own with one service, in the simulation.
 * Prints the table of autobus-scaling(7):
 *
 *     tests/sim/scale [BUSES…]
 *
 * One datagram of a hundred is lost, for each receiver by itself. All buses start within a second. Then, when their first
 * questions and announcements are over, the network is watched for a while, one more service is published, and one more
 * bus starts.
 *
 * To let thousands hear all that thousands say would take hours and the memory of a large machine. From MOST_FULL buses
 * on, OBSERVERS of them hear everything, and they are who must know all. The others hear each question, and what the
 * first EARLY say: that is all that decides how they answer, for beyond about two hundred buses a bus waits no longer for
 * knowing more of them (core/announcer.c).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing.h"
#include "sim/sim.h"

enum { MOST_FULL = 500, OBSERVERS = 20, EARLY = 210, SAMPLE = 32 };

#define POWER_ON SECONDS(1)
#define QUIET    SECONDS(20) /* the last question of a bus comes after 14.5 s */
#define WATCHED  SECONDS(10)
#define STEP     MS(10)
#define PATIENCE SECONDS(60)

struct node {
    struct scale *scale;
    struct sim_bus *bus;
    ab_time start;
    unsigned said; /* datagrams, from an early one */
    bool early;
};

struct scale {
    struct sim *sim;
    struct node *nodes;
    unsigned count;
    unsigned observers;
    struct sim_host *newcomer;
    struct sim_timer power;
    unsigned started;
};

struct figures {
    uint64_t on_packets, on_most;
    ab_time on_known, service_known, bus_known;
    double packets, kilobytes;
    size_t memory;
};

static struct scale *current; /* for is_wide, which has no context */

/* ---- Who hears what */

static bool is_wide(const struct sim_process *from, const char *data, size_t size)
{
    /* The newcomer's machine is the first. */
    struct node *node = from->host->number > 1 ? &current->nodes[from->host->number - 2] : NULL;

    if (memmem(data, size, "\"query\"", 7))
        return true;
    if (!node || !node->early || memmem(data, size, "autobus.details", 15))
        return false;
    return ++node->said <= 2 || node->said % SAMPLE == 0;
}

static size_t known(const struct sim_bus *bus)
{
    return (size_t)ab_engine_counters(bus->engine).discovery_services;
}

static bool all_know(const struct scale *scale, size_t services)
{
    for (unsigned i = 0; i < scale->observers; i++)
        if (!scale->nodes[i].bus || known(scale->nodes[i].bus) < services)
            return false;
    return true;
}

/* How long it took; -1: too long. */
static ab_time until_all_know(struct scale *scale, size_t services, ab_time since)
{
    while (!all_know(scale, services)) {
        if (sim_now(scale->sim) > since + PATIENCE)
            return -1;
        sim_run(scale->sim, STEP);
    }
    return sim_now(scale->sim) - since;
}

/* ---- Power comes on */

static int by_start(const void *one, const void *other)
{
    ab_time a = (*(struct node *const *)one)->start;
    ab_time b = (*(struct node *const *)other)->start;

    return (a > b) - (a < b);
}

static void start(void *context)
{
    struct node *node = context;
    struct scale *scale = node->scale;

    sim_bus_start(node->bus);
    sim_publish(node->bus, node->bus->name, "{\"type\": \"thermostat\", \"name\": \"Hall\", \"room\": \"hall\"}");
    scale->started++;
}

static void choose_early(struct scale *scale)
{
    struct node **order = sim_alloc(scale->count * sizeof *order);

    for (unsigned i = 0; i < scale->count; i++)
        order[i] = &scale->nodes[i];
    qsort(order, scale->count, sizeof *order, by_start);
    for (unsigned i = 0; i < scale->count && i < EARLY; i++)
        order[i]->early = true;
    free(order);
}

static void build(struct scale *scale, unsigned count)
{
    struct sim_network *network = &scale->sim->network;
    struct ab_random random;
    char name[16];

    ab_random_seed(&random, count);
    scale->count = count;
    scale->observers = count > MOST_FULL ? OBSERVERS : count;
    scale->nodes = sim_alloc(count * sizeof *scale->nodes);
    scale->newcomer = sim_host(scale->sim, "newcomer");
    for (unsigned i = 0; i < count; i++) {
        struct node *node = &scale->nodes[i];
        snprintf(name, sizeof name, "b%u", i);
        node->scale = scale;
        node->bus = sim_bus_new(scale->sim, sim_host(scale->sim, name), name);
        node->bus->process.receivers = 0;
        node->bus->log_level = 0;
        node->start = (ab_time)ab_random_below(&random, (uint64_t)POWER_ON);
        sim_clock_defer(&network->clock, node->start, start, node);
    }
    choose_early(scale);
    network->loss = 10;
    if (count > MOST_FULL) {
        network->is_wide = is_wide;
        network->listeners = 1 + scale->observers;
    }
}

/* Two of each: a service, and what tells about its bus. */
static void power_on(struct scale *scale, struct figures *figures)
{
    struct sim_network *network = &scale->sim->network;
    uint64_t before = 0;
    bool told = false;

    for (ab_time second = 0; second < QUIET; second += SECONDS(1)) {
        for (ab_time step = 0; step < SECONDS(1); step += STEP) {
            sim_run(scale->sim, STEP);
            if (!told && scale->started == scale->count && all_know(scale, 2 * (size_t)scale->count)) {
                told = true;
                figures->on_known = sim_now(scale->sim) - POWER_ON;
            }
        }
        if (network->broadcasts - before > figures->on_most)
            figures->on_most = network->broadcasts - before;
        before = network->broadcasts;
    }
    figures->on_packets = network->broadcasts;
    if (!told)
        figures->on_known = until_all_know(scale, 2 * (size_t)scale->count, POWER_ON);
}

/* ---- One more */

static void watch(struct scale *scale, struct figures *figures)
{
    struct sim_network *network = &scale->sim->network;
    uint64_t packets = network->broadcasts;
    uint64_t bytes = network->broadcast_bytes;

    sim_run(scale->sim, WATCHED);
    figures->packets = (double)(network->broadcasts - packets) * 1e6 / (double)WATCHED;
    figures->kilobytes = (double)(network->broadcast_bytes - bytes) * 1e3 / (double)WATCHED;
}

static void add_service(struct scale *scale, struct figures *figures)
{
    ab_time since = sim_now(scale->sim);

    sim_publish(scale->nodes[scale->count - 1].bus, "new", "{\"type\": \"doorbell\"}");
    figures->service_known = until_all_know(scale, 2 * (size_t)scale->count + 1, since);
}

/* It decodes for itself what it hears, so that its memory is all its own. */
static void add_bus(struct scale *scale, struct figures *figures)
{
    size_t held = ab_failing_held();
    ab_time since = sim_now(scale->sim);
    struct sim_bus *bus = sim_bus_new(scale->sim, scale->newcomer, "newcomer");

    bus->log_level = 0;
    bus->decodes = true;
    sim_bus_start(bus);
    while (known(bus) < 2 * (size_t)scale->count + 1 && sim_now(scale->sim) < since + PATIENCE)
        sim_run(scale->sim, STEP);
    figures->bus_known = sim_now(scale->sim) - since;
    figures->memory = ab_failing_held() - held;
}

/* ---- The table */

static void print(unsigned count, const struct figures *figures)
{
    printf("%5u %7.1f %6.1f %9lu %8lu %7.2f %8.2f %6.2f %8.0f\n", count, figures->packets, figures->kilobytes,
           (unsigned long)figures->on_packets, (unsigned long)figures->on_most, (double)figures->on_known / 1e6,
           (double)figures->service_known / 1e6, (double)figures->bus_known / 1e6, (double)figures->memory / 1024);
    fflush(stdout);
}

static void simulate(unsigned count)
{
    struct scale scale = {.sim = sim_new(count)};
    struct figures figures = {0};

    current = &scale;
    sim_record(scale.sim, 0);
    scale.sim->packets = sim_packets_new();
    build(&scale, count);
    power_on(&scale, &figures);
    watch(&scale, &figures);
    add_service(&scale, &figures);
    add_bus(&scale, &figures);
    print(count, &figures);
}

/* In a process of its own, which gives back at once what thousands of buses have. */
static bool run(unsigned count)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        return false;
    if (child == 0) {
        simulate(count);
        _exit(EXIT_SUCCESS);
    }
    return waitpid(child, &status, 0) == child && status == EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    static const unsigned usual[] = {10, 100, 1000, 5000};

    printf("          at rest         at power-on       all know after, in s\n"
           "buses  pack/s   KB/s   packets  in a sec  power  service    bus   memory\n");
    fflush(stdout);
    for (int i = 1; i < count; i++)
        if (!run((unsigned)atoi(arguments[i])))
            return EXIT_FAILURE;
    for (unsigned i = 0; count == 1 && i < sizeof usual / sizeof *usual; i++)
        if (!run(usual[i]))
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
