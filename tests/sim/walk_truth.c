/*
 * Owns what must be true of a walk: at any time what is counted is what is there, and a minute after the last fault
 * everybody knows which services there are, is bound to one that is there, has its value, and can use it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/bus.h"
#include "sim/walk.h"

/* ---- At any time */

/* Bytes accounted for are bytes held, and connections counted are connections open. */
static void check_counters(struct sim_bus *bus)
{
    struct ab_counters counters = ab_engine_counters(bus->engine);

    ck_assert_msg(counters.bytes_waiting == sim_streams_waiting(bus), "%s: %lu bytes are said to wait, %zu do",
                  bus->name, (unsigned long)counters.bytes_waiting, sim_streams_waiting(bus));
    ck_assert_msg(counters.inbound_now + counters.outbound_now == bus->open_streams,
                  "%s: %lu and %lu connections are counted, %u are open", bus->name,
                  (unsigned long)counters.inbound_now, (unsigned long)counters.outbound_now, bus->open_streams);
}

void walk_check_step(struct walk *walk)
{
    for (unsigned i = 0; i < WALK_PLACES; i++)
        if (walk_runs(&walk->places[i]))
            check_counters(walk->places[i].bus);
    walk_elder_check(walk);
}

/* ---- What there is */

static const struct walk_service *find_service(struct walk *walk, const char *id)
{
    struct legacy *legacy = walk->elder.legacy;

    if (legacy && legacy->service && strcmp(legacy->service, id) == 0)
        return &walk->elder.says;
    for (unsigned i = 0; i < WALK_PLACES; i++)
        for (unsigned j = 0; j < WALK_SERVICES; j++) {
            struct walk_service *service = &walk->places[i].services[j];
            if (service->service && strcmp(ab_service_id(service->service->service), id) == 0)
                return service;
        }
    return NULL;
}

static unsigned count_services(struct walk *walk, const char *type)
{
    struct walk_elder *elder = &walk->elder;
    unsigned count = elder->legacy && elder->legacy->service && (!type || strcmp(elder->says.type, type) == 0);

    for (unsigned i = 0; i < WALK_PLACES; i++)
        for (unsigned j = 0; j < WALK_SERVICES; j++) {
            struct walk_service *service = &walk->places[i].services[j];
            count += service->service && (!type || strcmp(service->type, type) == 0);
        }
    return count;
}

static void check_directory(struct walk *walk, struct walk_place *place)
{
    json_t *entries, *entry;
    size_t index;
    unsigned seen = 0;

    ck_assert_int_eq(ab_browser_snapshot(place->bus->engine, NULL, &entries), 0);
    json_array_foreach(entries, index, entry)
    {
        const char *id = json_string_value(json_object_get(entry, "service"));
        const char *type = json_string_value(json_object_get(json_object_get(entry, "info"), "type"));
        if (strcmp(type, "autobus.details") == 0)
            continue;
        ck_assert_msg(find_service(walk, id), "%s knows %s, which is gone", place->bus->name, id);
        seen++;
    }
    json_decref(entries);
    ck_assert_msg(seen == count_services(walk, NULL), "%s knows %u services of %u", place->bus->name, seen,
                  count_services(walk, NULL));
}

/* ---- Remotes */

static void check_value(struct walk_place *place, struct walk_remote *remote, const struct walk_service *service)
{
    const char *seen = remote->watch->value ? remote->watch->value : "";

    ck_assert_uint_gt(remote->watch->count, 0);
    ck_assert_msg(strcmp(seen, service->value) == 0, "%s: n is %s, and not %s", place->bus->name, seen, service->value);
}

static void check_remote(struct walk *walk, struct walk_place *place, struct walk_remote *remote)
{
    const struct walk_service *service;
    bool bound = sim_bound(remote->remote);

    if (!remote->remote || !*remote->type)
        return;
    ck_assert_msg(bound == (count_services(walk, remote->type) > 0), "%s: a proxy of %s is %sbound", place->bus->name,
                  remote->type, bound ? "" : "not ");
    if (!remote->binding || remote->binding->overflowed || remote->many)
        return;
    ck_assert_int_eq(remote->binding->count > 0 && remote->binding->code, bound);
    if (!bound)
        return;
    char *id = sim_member(remote->binding->value, strlen(remote->binding->value), "service", true);
    service = find_service(walk, id);
    ck_assert_msg(service, "%s is bound to %s, which is gone", place->bus->name, id);
    if (remote->watch && !remote->watch->overflowed)
        check_value(place, remote, service);
    free(id);
}

/* A call whose time is over has completed. */
static void check_calls(struct sim_bus *bus)
{
    ab_time now = sim_host_now(bus->process.host);

    AB_LIST_EACH (node, &bus->slots) {
        const struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind == SIM_SLOT_CALL && !slot->ended)
            ck_assert_msg(slot->latest >= now, "%s: %s did not complete in time", bus->name, slot->label);
    }
}

/* ---- What works when all is well: each call is answered once, and by all who are asked */

struct work {
    struct sim_slot *call;
    unsigned answers;
    unsigned events;
};

static void count_answer(struct sim_slot *slot, void *context)
{
    struct work *work = context;

    work->answers += slot->code == 0;
}

static void begin_work(struct walk_remote *remote, struct work *work)
{
    if (remote->listen)
        work->events = remote->listen->count;
    if (!remote->remote || !*remote->type || !sim_bound(remote->remote))
        return;
    if (remote->many)
        work->call = sim_call_all(remote->remote, NULL, 0, "echo", "[7]");
    else
        work->call = sim_call(remote->remote, "echo", "[7]");
    if (work->call) {
        work->call->heard = count_answer;
        work->call->context = work;
    }
}

static bool is_the_elders(struct walk *walk, struct walk_remote *remote)
{
    struct legacy *legacy = walk->elder.legacy;

    return legacy && legacy->service && remote->binding->value && strstr(remote->binding->value, legacy->service);
}

/* The existing implementation fires no event. */
static void check_events(struct walk *walk, struct walk_remote *remote, const struct work *work)
{
    unsigned expected = 1;

    if (remote->many)
        expected = count_services(walk, remote->type) - (walk->elder.legacy && walk->elder.legacy->service &&
                                                         strcmp(walk->elder.says.type, remote->type) == 0);
    else if (is_the_elders(walk, remote))
        expected = 0;
    ck_assert_uint_eq(remote->listen->count - work->events, expected);
}

static void end_work(struct walk *walk, struct walk_remote *remote, struct work *work)
{
    if (!work->call)
        return;
    ck_assert_msg(work->call->ended, "a call to a %s was not answered", remote->type);
    ck_assert_uint_eq(work->answers, remote->many ? count_services(walk, remote->type) + 1 : 1);
    work->call->heard = NULL;
    if (remote->listen)
        check_events(walk, remote, work);
}

static void check_work(struct walk *walk)
{
    struct work work[WALK_PLACES][WALK_REMOTES] = {{{0}}};

    for (unsigned i = 0; i < WALK_PLACES; i++)
        for (unsigned j = 0; j < WALK_REMOTES; j++)
            begin_work(&walk->places[i].remotes[j], &work[i][j]);
    for (unsigned i = 0; i < WALK_PLACES; i++)
        for (unsigned j = 0; j < WALK_SERVICES; j++)
            if (walk->places[i].services[j].service)
                sim_fire(walk->places[i].services[j].service, "e", "[]");
    sim_run(walk->sim, SECONDS(1));
    for (unsigned i = 0; i < WALK_PLACES; i++)
        for (unsigned j = 0; j < WALK_REMOTES; j++)
            end_work(walk, &walk->places[i].remotes[j], &work[i][j]);
}

void walk_check_truth(struct walk *walk)
{
    for (unsigned i = 0; i < WALK_PLACES; i++) {
        struct walk_place *place = &walk->places[i];
        if (!place->bus)
            continue;
        check_calls(place->bus);
        check_directory(walk, place);
        for (unsigned j = 0; j < WALK_REMOTES; j++)
            check_remote(walk, place, &place->remotes[j]);
        for (unsigned j = 0; j < WALK_BROWSERS; j++)
            walk_browser_check(place, &place->browsers[j]);
    }
    if (!walk->starving)
        check_work(walk);
}
