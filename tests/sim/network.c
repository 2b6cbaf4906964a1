/*
 * Owns machines, their interfaces, and datagrams on their way. Knows nothing of the library's engine: a process is a
 * table of functions. TCP is in socket.c.
 *
 * A datagram to 127.255.255.255 reaches every receiver of its own machine, a broadcast of an interface every receiver
 * of every machine on its segment, its own included: once for each socket that is bound to the port.
 */

#include "sim/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct datagram {
    struct sim_host **to; /* all who hear it at that instant */
    size_t count, capacity;
    ab_time arrival;
    struct ab_address from;
    size_t size;
    char data[];
};

void sim_network_init(struct sim_network *network, uint64_t seed)
{
    *network = (struct sim_network){
        .latency = MS(1),
        .loopback_latency = 50,
        .send_buffer = 65536,
        .receive_buffer = 65536,
    };
    ab_list_init(&network->hosts);
    ab_list_init(&network->sockets);
    ab_random_seed(&network->random, seed);
    network->transcript.clock = &network->clock;
}

static void run_out(struct sim_network *network)
{
    /* Datagrams that are still under way own memory: let them arrive, where nobody is left. */
    while (sim_clock_step(&network->clock, AB_TIME_NEVER))
        ;
}

void sim_network_deinit(struct sim_network *network)
{
    sim_sockets_free(network);
    run_out(network);
    AB_LIST_EACH_SAFE (node, &network->hosts) {
        struct sim_host *host = AB_CONTAINER(node, struct sim_host, node);
        free(host->name);
        free(host);
    }
    sim_clock_deinit(&network->clock);
    sim_transcript_deinit(&network->transcript);
}

/* ---- Machines */

struct sim_host *sim_host_new(struct sim_network *network, const char *name)
{
    struct sim_host *host = sim_alloc(sizeof *host);

    host->network = network;
    host->name = sim_strdup(name);
    host->number = ++network->host_count;
    host->running = true;
    host->next_port = 40000;
    ab_list_init(&host->processes);
    ab_list_append(&network->hosts, &host->node);
    sim_host_add_interface(host, 0);
    return host;
}

unsigned sim_host_add_interface(struct sim_host *host, unsigned segment)
{
    unsigned index = host->interface_count++;

    if (index >= SIM_INTERFACES)
        abort();
    host->interfaces[index] = (struct sim_interface){segment, 0x0a000000u + segment * 256 + host->number, true};
    return index;
}

struct ab_address sim_host_address(const struct sim_host *host, unsigned index, uint16_t port)
{
    return ab_address_inet(host->interfaces[index].address, port);
}

ab_time sim_host_now(const struct sim_host *host)
{
    ab_time now = host->network->clock.now;

    return (host->asleep ? host->asleep_since : now) - host->slept;
}

static void tell_network_changed(struct sim_host *host)
{
    AB_LIST_EACH_SAFE (node, &host->processes) {
        struct sim_process *process = AB_CONTAINER(node, struct sim_process, node);
        if (process->table->network_changed)
            process->table->network_changed(process);
    }
}

void sim_host_set_interface(struct sim_host *host, unsigned index, bool up)
{
    host->interfaces[index].up = up;
    tell_network_changed(host);
    sim_sockets_retry(host->network);
}

void sim_host_crash(struct sim_host *host)
{
    host->running = false;
    sim_sockets_forget(host->network, host);
}

void sim_host_boot(struct sim_host *host)
{
    host->running = true;
    sim_sockets_retry(host->network);
}

void sim_host_sleep(struct sim_host *host)
{
    host->asleep_since = host->network->clock.now;
    host->asleep = true;
}

void sim_host_wake(struct sim_host *host)
{
    host->slept += host->network->clock.now - host->asleep_since;
    host->asleep = false;
    AB_LIST_EACH_SAFE (node, &host->processes) {
        struct sim_process *process = AB_CONTAINER(node, struct sim_process, node);
        if (process->table->woke)
            process->table->woke(process);
    }
    sim_sockets_retry(host->network);
}

void sim_cut(struct sim_host *one, struct sim_host *other, bool cut)
{
    uint64_t bit_of_other = (uint64_t)1 << (other->number % 64);
    uint64_t bit_of_one = (uint64_t)1 << (one->number % 64);

    one->cut_off = cut ? one->cut_off | bit_of_other : one->cut_off & ~bit_of_other;
    other->cut_off = cut ? other->cut_off | bit_of_one : other->cut_off & ~bit_of_one;
    if (!cut)
        sim_sockets_retry(one->network);
}

static bool awake(const struct sim_host *host)
{
    return host->running && !host->asleep;
}

bool sim_host_reaches(const struct sim_host *from, const struct sim_host *to)
{
    return awake(from) && awake(to) && !(from->cut_off & (uint64_t)1 << (to->number % 64));
}

bool sim_host_has(const struct sim_host *host, uint32_t address)
{
    for (unsigned i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].address == address && host->interfaces[i].up)
            return true;
    return address >> 24 == 127;
}

struct sim_host *sim_host_find(const struct sim_host *from, uint32_t address)
{
    if (address >> 24 == 127)
        return (struct sim_host *)from;
    AB_LIST_EACH (node, &from->network->hosts) {
        struct sim_host *host = AB_CONTAINER(node, struct sim_host, node);
        if (sim_host_has(host, address))
            return host;
    }
    return NULL;
}

/* ---- Processes */

void sim_process_init(struct sim_process *process, struct sim_host *host, const char *name,
                      const struct sim_process_table *table)
{
    *process = (struct sim_process){
        .host = host,
        .name = name,
        .table = table,
        .alive = true,
        .receivers = 1,
        .datagram_port = ++host->next_port,
    };
    ab_list_append(&host->processes, &process->node);
}

void sim_process_kill(struct sim_process *process)
{
    if (!process->alive)
        return;
    process->alive = false;
    sim_process_unlisten(process);
    ab_list_remove(&process->node);
    sim_sockets_close(process->host->network, process);
}

static bool is_taken(const struct sim_host *host, uint16_t port)
{
    AB_LIST_EACH (node, &host->processes) {
        const struct sim_process *process = AB_CONTAINER(node, struct sim_process, node);
        if (process->listening == port || process->claimed == port)
            return true;
    }
    return false;
}

uint16_t sim_process_listen(struct sim_process *process, uint16_t first)
{
    for (uint16_t port = first;; port++)
        if (!is_taken(process->host, port))
            return process->listening = port;
}

bool sim_process_claim(struct sim_process *process, uint16_t port)
{
    if (is_taken(process->host, port))
        return false;
    process->claimed = port;
    return true;
}

void sim_process_unlisten(struct sim_process *process)
{
    process->listening = 0;
    process->claimed = 0;
}

/* ---- Datagrams */

static void deliver_to(struct sim_host *to, const struct datagram *datagram)
{
    if (!awake(to))
        return;
    AB_LIST_EACH_SAFE (node, &to->processes) {
        struct sim_process *process = AB_CONTAINER(node, struct sim_process, node);
        for (unsigned i = 0; i < process->receivers && process->alive; i++)
            process->table->datagram(process, &datagram->from, datagram->data, datagram->size);
    }
}

static void deliver(void *context)
{
    struct datagram *datagram = context;

    for (size_t i = 0; i < datagram->count; i++)
        deliver_to(datagram->to[i], datagram);
    free(datagram->to);
    free(datagram);
}

/* Joins the datagram that was sent last, if that is the same one: `last` is NULL or the result of the call before. */
static struct datagram *send_datagram(struct datagram *last, struct sim_host *to, struct ab_address from, ab_time delay,
                                      const void *data, size_t size)
{
    struct sim_clock *clock = &to->network->clock;
    struct datagram *datagram = last;

    if (!datagram || datagram->arrival != clock->now + delay) {
        datagram = sim_alloc(sizeof *datagram + size + 1);
        *datagram = (struct datagram){.from = from, .arrival = clock->now + delay, .size = size};
        memcpy(datagram->data, data, size);
        sim_clock_defer(clock, delay, deliver, datagram);
    }
    datagram->to = sim_grow_to(datagram->to, &datagram->capacity, (datagram->count + 1) * sizeof(struct sim_host *));
    datagram->to[datagram->count++] = to;
    return datagram;
}

static bool chance(struct sim_network *network, unsigned thousandths)
{
    return thousandths && ab_random_below(&network->random, 1000) < thousandths;
}

static struct datagram *send_between(struct datagram *last, struct sim_host *from, struct sim_host *to,
                                     struct ab_address source, const void *data, size_t size)
{
    struct sim_network *network = from->network;

    if (from == to)
        return send_datagram(last, to, source, network->loopback_latency, data, size);
    if (!sim_host_reaches(from, to) || chance(network, network->loss))
        return last;
    for (unsigned copies = chance(network, network->duplication) ? 2 : 1; copies; copies--) {
        ab_time jitter = network->jitter ? (ab_time)ab_random_below(&network->random, (uint64_t)network->jitter) : 0;
        last = send_datagram(last, to, source, network->latency + jitter, data, size);
    }
    return last;
}

static bool hears(const struct sim_host *host, unsigned segment)
{
    for (unsigned i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].segment == segment && host->interfaces[i].up)
            return true;
    return false;
}

static void broadcast_on(struct sim_process *process, const struct sim_interface *interface, const void *data,
                         size_t size)
{
    struct sim_network *network = process->host->network;

    if (!interface->up)
        return;
    struct ab_address source = ab_address_inet(interface->address, process->datagram_port);
    bool wide = !network->is_wide || network->is_wide(process, data, size);
    struct datagram *last = NULL;
    network->broadcasts++;
    network->broadcast_bytes += size;
    AB_LIST_EACH (node, &network->hosts) {
        struct sim_host *to = AB_CONTAINER(node, struct sim_host, node);
        if (!wide && to->number > network->listeners)
            break;
        if (hears(to, interface->segment))
            last = send_between(last, process->host, to, source, data, size);
    }
}

/* The network of a segment is 10.0.segment.0/24. */
static bool is_within(const struct sim_interface *interface, const struct ab_networks *within)
{
    struct ab_network network = {interface->address & 0xffffff00u, 0xffffff00u};

    return ab_networks_meet(within, &network);
}

void sim_process_broadcast(struct sim_process *process, const void *data, size_t size, enum ab_broadcast_order order,
                           const struct ab_networks *within)
{
    struct sim_host *host = process->host;
    struct ab_address loopback = ab_address_inet(SIM_LOOPBACK, process->datagram_port);

    if (order == AB_LOOPBACK_FIRST)
        send_between(NULL, host, host, loopback, data, size);
    for (unsigned i = 0; i < host->interface_count; i++)
        if (is_within(&host->interfaces[i], within))
            broadcast_on(process, &host->interfaces[i], data, size);
    if (order == AB_LOOPBACK_LAST)
        send_between(NULL, host, host, loopback, data, size);
}

void sim_forge(struct sim_host *to, uint32_t source, const char *text)
{
    send_datagram(NULL, to, ab_address_inet(source, 9), to->network->loopback_latency, text, strlen(text));
}
