/*
 * Owns what the programs of a walk do: each act is one that a program may do at that moment, and what it wants to be
 * true is written down for walk_truth.c. Without memory an act may fail: then there is no handle, which all take.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/walk.h"

static unsigned below(const struct walk_place *place, unsigned bound)
{
    return walk_below(place->walk, bound);
}

/* ---- Life */

void walk_program_start(struct walk_place *place)
{
    struct walk *walk = place->walk;
    struct sim_host *host = walk->hosts[below(place, WALK_HOSTS)];
    char *name;

    if (place->bus || host->asleep || !host->running)
        return;
    name = sim_format("b%u", walk->made++);
    place->bus = sim_bus_start(sim_bus_new(walk->sim, host, name));
    free(name);
    if (below(place, 2))
        sim_seed(place->bus, &walk->known[below(place, WALK_HOSTS)]);
    if (below(place, 4) == 0)
        sim_herald(place->bus);
}

void walk_program_gone(struct walk_place *place)
{
    for (unsigned i = 0; i < WALK_BROWSERS; i++)
        walk_browser_forget(&place->browsers[i]);
    *place = (struct walk_place){.walk = place->walk};
}

static void end(struct walk_place *place)
{
    if (below(place, 2))
        sim_bus_kill(place->bus);
    else
        sim_bus_close(place->bus);
    walk_program_gone(place);
}

/* ---- Services */

static void set_number(struct walk_place *place, struct walk_service *service)
{
    snprintf(service->value, sizeof service->value, "%u", ++place->walk->made);
}

static void publish(struct walk_place *place, struct walk_service *service)
{
    static const struct {
        const char *name;
        enum ab_function_mode mode;
        sim_handler handler;
    } functions[] = {
        {"echo", AB_FUNCTION_THREAD, sim_echo}, {"hold", AB_FUNCTION_THREAD, sim_hold},
        {"throw", AB_FUNCTION_SYNC, sim_throw}, {"drop", AB_FUNCTION_THREAD, sim_drop},
        {"quick", AB_FUNCTION_ASYNC, sim_echo},
    };
    char *name = sim_format("s%u", place->walk->made++);
    struct sim_service *made;
    char *info;

    snprintf(service->type, sizeof service->type, "t%u", below(place, 2));
    info = sim_format("{\"type\": \"%s\", \"n\": %u}", service->type, place->walk->made);
    made = sim_service(place->bus, name, info);
    set_number(place, service);
    for (size_t i = 0; i < COUNT(functions); i++)
        sim_function_mode(made, functions[i].name, functions[i].mode, functions[i].handler);
    sim_event(made, "e");
    sim_object(made, "n", service->value);
    if (below(place, 2))
        sim_on_interest(made, below(place, 2) ? AB_TOPIC_OBJECT : AB_TOPIC_EVENT, below(place, 2) ? "n" : "e");
    sim_service_publish_try(made);
    service->service = made;
    free(name);
    free(info);
}

static void set_value(struct walk_place *place, struct walk_service *service)
{
    bool there = *service->value;

    set_number(place, service);
    if (there)
        sim_set(service->service, "n", service->value);
    else
        sim_object(service->service, "n", service->value);
}

static void remove_value(struct walk_service *service)
{
    if (*service->value)
        sim_remove(service->service, AB_TOPIC_OBJECT, "n");
    *service->value = 0;
}

static void set_info(struct walk_place *place, struct walk_service *service)
{
    char *info = sim_format("{\"type\": \"%s\", \"n\": %u}", service->type, ++place->walk->made);

    sim_set_info(service->service, info);
    free(info);
}

static void act_on_service(struct walk_place *place)
{
    static const char *const lists[] = {"local", "10.0.0.0/31", "*"};
    struct walk_service *service = &place->services[below(place, WALK_SERVICES)];

    if (!service->service) {
        publish(place, service);
        return;
    }
    switch (below(place, 12)) {
    case 0:
        sim_service_end(service->service);
        service->service = NULL;
        break;
    case 1: set_info(place, service); break;
    case 2: remove_value(service); break;
    case 3:
    case 4: sim_fire(service->service, "e", "[1, 2, 3]"); break;
    case 5: sim_access(service->service, lists[below(place, 3)]); break;
    case 6: sim_set_doc(service->service, AB_TOPIC_FUNCTION, "echo", below(place, 2) ? "Says it again." : NULL); break;
    case 7: sim_describe(service->service, AB_TOPIC_EVENT, "e", below(place, 2) ? "{\"n\": 1}" : NULL); break;
    default: set_value(place, service); break;
    }
}

static void answer(struct walk_place *place)
{
    unsigned which;

    if (place->bus->held_count == 0)
        return;
    which = below(place, place->bus->held_count);
    if (below(place, 3) == 0)
        sim_progress(place->bus, which, "\"half\"");
    else
        sim_reply_to(place->bus, which, "\"held\"");
}

/* ---- Remotes */

/* In a callback a program may do what it likes: here it calls, or ends a call. */
static void meddle(struct sim_slot *slot, void *context)
{
    struct walk_place *place = context;

    if (!place->bus || slot->bus != place->bus || below(place, 4) != 0)
        return;
    AB_LIST_EACH (node, &slot->bus->slots) {
        struct sim_slot *other = AB_CONTAINER(node, struct sim_slot, node);
        if (other->kind == SIM_SLOT_CALL && !other->ended) {
            sim_cancel(other);
            return;
        }
    }
}

static struct sim_slot *meddling(struct walk_place *place, struct sim_slot *slot)
{
    if (slot && below(place, 3) == 0) {
        slot->heard = meddle;
        slot->context = place;
    }
    return slot;
}

static void connect_to(struct walk_place *place, struct walk_remote *remote)
{
    struct walk_place *other = &place->walk->places[below(place, WALK_PLACES)];
    struct sim_service *service = other->services[below(place, WALK_SERVICES)].service;

    if (!service)
        return;
    struct sim_host *host = other->bus->process.host;
    struct ab_address to = sim_host_address(host, below(place, host->interface_count), sim_bus_port(other->bus));
    remote->remote = sim_connection(place->bus, &to, ab_service_id(service->service));
    *remote->type = 0;
    remote->many = false;
    sim_on_end(remote->remote, true);
}

static void make_remote(struct walk_place *place, struct walk_remote *remote)
{
    char filter[16];

    if (below(place, 4) == 0) {
        connect_to(place, remote);
        return;
    }
    snprintf(remote->type, sizeof remote->type, "t%u", below(place, 2));
    snprintf(filter, sizeof filter, "type=%s", remote->type);
    remote->many = below(place, 3) == 0;
    remote->remote = remote->many ? sim_proxy_multiple(place->bus, filter) : sim_proxy(place->bus, filter);
    remote->binding = meddling(place, sim_on_binding(remote->remote));
    if (below(place, 2))
        remote->watch = meddling(place, sim_watch(remote->remote, "n"));
    if (below(place, 2))
        remote->listen = sim_listen(remote->remote, "e");
}

static void stop_following(struct walk_place *place, struct walk_remote *remote)
{
    struct sim_slot **slot = below(place, 2) ? &remote->watch : &remote->listen;

    if (below(place, 3) == 0)
        sim_cancel(*slot);
    if (*slot && (*slot)->ended)
        *slot = NULL;
}

static void call_all(struct walk_place *place, struct walk_remote *remote, const char *function)
{
    struct ab_gather_rule rule = {
        .count = below(place, 3),
        .quiet = MS(below(place, 3) * 200),
        .deadline = MS(10 + below(place, 20000)),
    };

    if (below(place, 3) == 0)
        sim_call_all_try(remote->remote, AB_CALL_BOUND_ONLY, function, "[true]");
    else
        sim_call_all(remote->remote, &rule, below(place, 2) ? AB_CALL_PROGRESS : 0, function, "[true]");
}

static void call_one(struct walk_place *place, struct walk_remote *remote, const char *function)
{
    static const unsigned flags[] = {0, AB_CALL_BOUND_ONLY, AB_CALL_PROGRESS};
    int result = sim_call_try(remote->remote, MS(10 + below(place, 20000)), flags[below(place, 3)], function, "[true]");

    ck_assert(result == 0 || result == AB_ENOTBOUND || !*remote->type ||
              (result == AB_ENOMEM && place->walk->starving));
}

static void call(struct walk_place *place, struct walk_remote *remote)
{
    static const char *const functions[] = {"echo", "echo", "hold", "hold", "throw", "drop", "quick", "none"};
    const char *function = functions[below(place, 8)];

    if (remote->many)
        call_all(place, remote, function);
    else
        call_one(place, remote, function);
}

static void notify(struct walk_place *place, struct walk_remote *remote)
{
    int result = sim_notice(remote->remote, "echo", "[]");

    ck_assert(result != AB_ECLOSED && result != AB_EAGAIN && (result != AB_ENOMEM || place->walk->starving));
}

static void act_on_remote(struct walk_place *place)
{
    struct walk_remote *remote = &place->remotes[below(place, WALK_REMOTES)];

    if (!remote->remote) {
        *remote = (struct walk_remote){0};
        make_remote(place, remote);
        return;
    }
    switch (below(place, 12)) {
    case 0:
        sim_remote_end(remote->remote);
        *remote = (struct walk_remote){0};
        break;
    case 1:
        if (*remote->type && !remote->watch)
            remote->watch = sim_watch(remote->remote, "n");
        break;
    case 2:
        if (*remote->type && !remote->listen)
            remote->listen = sim_listen(remote->remote, "e");
        break;
    case 3: stop_following(place, remote); break;
    case 4:
        if (*remote->type && !remote->many)
            sim_get(remote->remote, "n");
        break;
    case 5: notify(place, remote); break;
    case 6:
        if (*remote->type)
            sim_wait_bound(remote->remote, MS(below(place, 5000)));
        break;
    default: call(place, remote); break;
    }
}

static void end_a_call(struct walk_place *place)
{
    unsigned skip = below(place, 10);

    AB_LIST_EACH (node, &place->bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind != SIM_SLOT_CALL || slot->ended || skip-- > 0)
            continue;
        if (below(place, 2))
            sim_cancel(slot);
        else
            sim_abort(slot);
        return;
    }
}

/* ---- Discovery */

/* What it says is not true: nobody is at that address. */
static void discover(struct walk_place *place)
{
    struct ab_address at = ab_address_inet(0x0a0000c8, 80);

    if (!place->discoverer) {
        place->discoverer = sim_discoverer(place->bus, "walk");
        sim_discover(place->discoverer, &at, "nobody", "{\"type\": \"t0\"}");
    } else {
        sim_discoverer_end(place->discoverer);
        place->discoverer = NULL;
    }
}

static void change_broadcast(struct walk_place *place)
{
    static const unsigned parts[] = {0, AB_BROADCAST_PUBLISH, AB_BROADCAST_DISCOVER, AB_BROADCAST_BOTH};

    sim_set_broadcast(place->bus, parts[below(place, 4)]);
}

static void move_port(struct walk_place *place)
{
    if (sim_bus_port(place->bus) && !place->bus->process.claimed && below(place, 4) == 0)
        sim_bus_move_port(place->bus, (uint16_t)(53000 + ++place->walk->made % 1000));
}

void walk_program_act(struct walk_place *place)
{
    if (!place->bus) {
        walk_program_start(place);
        return;
    }
    if (!walk_runs(place))
        return;
    switch (below(place, 32)) {
    case 0:
        if (below(place, 3) == 0)
            end(place);
        break;
    case 1:
    case 2: walk_browse(place); break;
    case 3:
    case 4:
    case 5: answer(place); break;
    case 6:
    case 7: end_a_call(place); break;
    case 8: discover(place); break;
    case 9: change_broadcast(place); break;
    case 10: move_port(place); break;
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18: act_on_service(place); break;
    default: act_on_remote(place); break;
    }
}

/* Without memory a program cannot know what came of what it did: now it says again what it wants. */
static void say_again(struct walk_place *place, struct walk_service *service)
{
    sim_access(service->service, "*");
    if (!place->walk->starving)
        return;
    sim_remove(service->service, AB_TOPIC_OBJECT, "n");
    *service->value = 0;
    set_value(place, service);
    sim_service_publish_try(service->service);
}

void walk_program_calm(struct walk_place *place)
{
    if (!place->bus)
        return;
    sim_discoverer_end(place->discoverer);
    place->discoverer = NULL;
    sim_set_broadcast(place->bus, AB_BROADCAST_BOTH);
    for (unsigned i = 0; i < WALK_SERVICES; i++)
        if (place->services[i].service)
            say_again(place, &place->services[i]);
}
