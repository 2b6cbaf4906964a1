/*
 * Owns the life of a bus in the simulation and its entries into the engine. After each entry, as a real bus does: all
 * notices are taken, what was written leaves, the engine's deadline is asked for.
 *
 * What must always hold is checked here: a tick leaves no deadline in the past, and at the end no stream is open that
 * the engine knows of, and no call is without its completion.
 */

#include "sim/bus.h"

#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"

/* A bus that closes has to be done in this time: goodbyes in 100 ms, what waits to be sent in 1 s. */
#define CLOSING_TIME SECONDS(5)

ab_time sim_bus_enter(struct sim_bus *bus)
{
    bus->depth++;
    return sim_host_now(bus->process.host);
}

static void set_tick(struct sim_bus *bus)
{
    struct sim_clock *clock = &bus->sim->network.clock;
    ab_time deadline = ab_engine_deadline(bus->engine);

    if (deadline == AB_TIME_NEVER || bus->process.host->asleep)
        sim_timer_cancel(clock, &bus->tick);
    else if (!bus->tick.place || bus->tick.time != deadline + bus->process.host->slept)
        sim_timer_set(clock, &bus->tick, deadline + bus->process.host->slept);
}

void sim_bus_leave(struct sim_bus *bus)
{
    if (bus->depth > 1) {
        bus->depth--;
        return;
    }
    ab_engine_flush(bus->engine);
    sim_bus_take_notices(bus);
    bus->depth--;
    sim_streams_flush(bus);
    set_tick(bus);
    sim_bus_act(bus);
}

static void tick(void *context)
{
    struct sim_bus *bus = context;

    if (bus->process.host->asleep)
        return;
    bus->ticks++;
    ab_time now = sim_bus_enter(bus);
    ab_engine_tick(bus->engine, now);
    ck_assert_msg(ab_engine_deadline(bus->engine) > now, "%s: a tick left a deadline in the past", bus->name);
    sim_bus_leave(bus);
}

/* As net does: the first port is taken too as soon as nobody has it. */
static void claim(void *context)
{
    struct sim_bus *bus = context;

    if (!sim_process_claim(&bus->process, bus->first_port)) {
        sim_bus_claim_in(bus, SECONDS(12));
        return;
    }
    ab_engine_port_claimed(bus->engine, sim_bus_enter(bus), bus->first_port);
    sim_bus_leave(bus);
}

void sim_bus_claim_in(struct sim_bus *bus, ab_time delay)
{
    struct sim_clock *clock = &bus->sim->network.clock;

    if (bus->process.listening && bus->process.listening != bus->first_port && !bus->process.claimed)
        sim_timer_set(clock, &bus->claim, clock->now + delay);
}

struct sim_bus *sim_bus_new(struct sim *sim, struct sim_host *host, const char *name)
{
    struct sim_bus *bus = sim_alloc(sizeof *bus);

    bus->sim = sim;
    bus->name = sim_strdup(name);
    bus->first_port = 52722;
    bus->log_level = 3;
    ab_list_init(&bus->streams);
    ab_list_init(&bus->slots);
    ab_list_init(&bus->taken);
    ab_list_init(&bus->services);
    ab_list_init(&bus->remotes);
    ab_list_init(&bus->discoverers);
    sim_timer_init(&bus->tick, tick, bus);
    sim_timer_init(&bus->crowd, sim_streams_crowded, bus);
    sim_timer_init(&bus->claim, claim, bus);
    sim_process_init(&bus->process, host, bus->name, &sim_bus_table);
    ab_limits_init(&bus->limits);
    bus->broadcast = AB_BROADCAST_BOTH;
    bus->goodbyes = 3;
    ab_list_append(&sim->buses, &bus->node);
    return bus;
}

void sim_bus_limit(struct sim_bus *bus, const char *name, long long value)
{
    ck_assert_int_eq(ab_limits_set(&bus->limits, name, value), 0);
}

struct sim_bus *sim_bus_start(struct sim_bus *bus)
{
    char *identity = sim_format("2026-%s", bus->name);
    struct ab_engine_config config = {
        .limits = bus->limits,
        .broadcast = bus->broadcast,
        .goodbyes = bus->goodbyes,
        .announce_delay_ms = bus->announce_delay_ms,
        .seed = ab_random_next(&bus->sim->network.random),
        .identity = identity,
        .hostname = bus->process.host->name,
        .pid = 1000 + (long)bus->process.datagram_port,
        .log_level = bus->log_level,
    };

    int result = ab_engine_new(&config, &sim_bus_host, bus, &bus->engine);
    free(identity);
    if (!sim_worked(bus, result, "ab_engine_new")) {
        sim_process_kill(&bus->process);
        ab_list_remove(&bus->node);
        free(bus->name);
        free(bus);
        return NULL;
    }
    ab_engine_start(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
    return bus;
}

struct sim_bus *sim_bus(struct sim *sim, const char *name)
{
    return sim_bus_start(sim_bus_new(sim, sim_host(sim, name), name));
}

struct sim_bus *sim_bus_on_two(struct sim *sim, const char *name)
{
    struct sim_host *host = sim_host(sim, name);

    sim_host_add_interface(host, 1);
    return sim_bus_start(sim_bus_new(sim, host, name));
}

uint16_t sim_bus_port(const struct sim_bus *bus)
{
    return bus->process.listening;
}

void sim_bus_move_port(struct sim_bus *bus, uint16_t port)
{
    bus->process.listening = bus->first_port = port; /* the old one is somebody else's */
    ab_engine_port_changed(bus->engine, sim_bus_enter(bus), port);
    sim_bus_leave(bus);
}

/* ---- The end */

static void check_slots(struct sim_bus *bus)
{
    AB_LIST_EACH (node, &bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind == SIM_SLOT_CALL)
            ck_assert_msg(slot->ended, "%s: %s never completed", bus->name, slot->label);
    }
}

/* What was counted as under way has ended: each is counted once when it begins and once when it is over. */
static void check_counters(struct sim_bus *bus)
{
    struct ab_counters counters = ab_engine_counters(bus->engine);

    ck_assert_msg(counters.calls_now == 0 && counters.requests_now == 0 && counters.outbound_now == 0 &&
                      counters.inbound_now == 0 && counters.bytes_waiting == 0,
                  "%s: counted and not over: %lu calls, %lu requests, %lu and %lu connections, %lu bytes", bus->name,
                  (unsigned long)counters.calls_now, (unsigned long)counters.requests_now,
                  (unsigned long)counters.outbound_now, (unsigned long)counters.inbound_now,
                  (unsigned long)counters.bytes_waiting);
}

/* The engine is empty of what the program had, and goes. */
static void free_engine(struct sim_bus *bus)
{
    struct sim_clock *clock = &bus->sim->network.clock;

    bus->depth++;
    bus->process.receivers = 0;
    sim_bus_drop_handles(bus);
    sim_bus_take_notices(bus);
    bus->depth--;
    sim_streams_flush(bus);
    sim_bus_act(bus);
    if (!bus->silent)
        ck_assert_msg(bus->open_streams == 0, "%s: %u streams were never closed", bus->name, bus->open_streams);
    if (!bus->silent)
        check_counters(bus);
    bus->depth++;
    ab_engine_free(bus->engine);
    sim_process_unlisten(&bus->process);
    bus->depth--;
    bus->engine = NULL;
    sim_timer_cancel(clock, &bus->tick);
    sim_timer_cancel(clock, &bus->claim);
    sim_timer_cancel(clock, &bus->crowd);
}

static void run_until_closed(struct sim_bus *bus)
{
    struct sim_clock *clock = &bus->sim->network.clock;
    ab_time end = clock->now + CLOSING_TIME;

    while (!ab_engine_closed_down(bus->engine))
        ck_assert_msg(sim_clock_step(clock, end), "%s: does not close", bus->name);
}

void sim_bus_close(struct sim_bus *bus)
{
    if (!bus || !bus->engine)
        return;
    ab_engine_close(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
    check_slots(bus);
    run_until_closed(bus);
    free_engine(bus);
    /* What lingers does so without the engine, for a second at most. */
    sim_run(bus->sim, SECONDS(2));
    sim_process_kill(&bus->process);
    sim_streams_free(bus);
}

void sim_bus_kill(struct sim_bus *bus)
{
    if (!bus || !bus->engine)
        return;
    bus->silent = true;
    sim_process_kill(&bus->process);
    ab_engine_close(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
    free_engine(bus);
    sim_streams_free(bus);
}

void sim_crash(struct sim *sim, struct sim_host *host)
{
    sim_host_crash(host);
    AB_LIST_EACH_SAFE (node, &sim->buses) {
        struct sim_bus *bus = AB_CONTAINER(node, struct sim_bus, node);
        if (bus->process.host == host)
            sim_bus_kill(bus);
    }
}

void sim_bus_free(struct sim_bus *bus)
{
    struct ab_list *node;

    ck_assert_ptr_null(bus->engine);
    while ((node = ab_list_take(&bus->slots))) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        free(slot->label);
        free(slot->value);
        free(slot);
    }
    while ((node = ab_list_take(&bus->services))) {
        struct sim_service *service = AB_CONTAINER(node, struct sim_service, node);
        free(service->name);
        free(service);
    }
    while ((node = ab_list_take(&bus->remotes)))
        free(AB_CONTAINER(node, struct sim_remote, node));
    while ((node = ab_list_take(&bus->discoverers)))
        free(AB_CONTAINER(node, struct sim_discoverer, node));
    ab_list_remove(&bus->node);
    free(bus->name);
    free(bus);
}
