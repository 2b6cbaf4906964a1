/*
 * Random worlds: buses that come, go, crash and sleep on a network that loses, doubles, cuts and delays, with programs
 * that do what programs do. What must always hold is checked all the time (sim.h). Then the network heals, and after two
 * minutes everybody must know the truth: which services there are, what proxies are bound to, what objects hold.
 *
 * The number of a test is its seed: see sim_seeds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"
#include "sim/sim.h"

enum { HOSTS = 4, BUSES = 6, SERVICES = 3, REMOTES = 4, BROWSERS = 2, STEPS = 250 };

struct remote {
    struct sim_remote *remote; /* NULL: none */
    char type[4];              /* of a proxy; empty: a connection */
    struct sim_slot *binding;
    struct sim_slot *watch;
    struct sim_slot *listen;
};

struct browser {
    struct sim_slot *slot; /* NULL: none */
    char *known[64];       /* ids */
    unsigned count;
};

struct place {
    struct sim_bus *bus; /* NULL: none runs */
    struct sim_service *services[SERVICES];
    char values[SERVICES][16]; /* of the object n; empty: removed */
    char types[SERVICES][4];
    struct remote remotes[REMOTES];
    struct browser browsers[BROWSERS];
};

struct world {
    struct sim *sim;
    struct ab_random random;
    struct sim_host *hosts[HOSTS];
    struct ab_address known[HOSTS]; /* their first ports */
    struct place places[BUSES];
    unsigned made; /* for names */
    unsigned number;
};

static unsigned below(struct world *world, unsigned bound)
{
    return (unsigned)ab_random_below(&world->random, bound);
}

static bool runs(const struct place *place)
{
    return place->bus && !place->bus->process.host->asleep;
}

/* ---- Listeners for services keep a book of what they heard */

static void forget_known(struct browser *browser)
{
    if (browser->slot)
        browser->slot->heard = NULL;
    for (unsigned i = 0; i < browser->count; i++)
        free(browser->known[i]);
    *browser = (struct browser){0};
}

static int find_known(const struct browser *browser, const char *id)
{
    for (unsigned i = 0; i < browser->count; i++)
        if (strcmp(browser->known[i], id) == 0)
            return (int)i;
    return -1;
}

static void heard_service(struct sim_slot *slot, void *context)
{
    struct browser *browser = context;
    char *id = slot->value ? sim_member(slot->value, strlen(slot->value), "service", true) : NULL;
    int index = id ? find_known(browser, id) : -1;

    if (slot->code == AB_SERVICE_ADDED) {
        ck_assert_msg(index < 0, "%s was added twice", id);
        ck_assert_uint_lt(browser->count, 64);
        browser->known[browser->count++] = sim_strdup(id);
    } else if (slot->code == AB_SERVICE_CHANGED) {
        ck_assert_msg(index >= 0, "%s changed and was never added", id);
    } else if (slot->code == AB_SERVICE_REMOVED) {
        ck_assert_msg(index >= 0, "%s was removed and never added", id);
        free(browser->known[index]);
        browser->known[index] = browser->known[--browser->count];
    }
    free(id);
}

/* ---- What happens */

static void start_bus(struct world *world, struct place *place)
{
    struct sim_host *host = world->hosts[below(world, HOSTS)];
    char *name;

    if (place->bus || host->asleep)
        return;
    name = sim_format("b%u", world->made++);
    place->bus = sim_bus_start(sim_bus_new(world->sim, host, name));
    if (below(world, 2))
        sim_seed(place->bus, &world->known[below(world, HOSTS)]);
    free(name);
}

static void end_bus(struct world *world, struct place *place)
{
    if (!runs(place))
        return;
    if (below(world, 2))
        sim_bus_kill(place->bus);
    else
        sim_bus_close(place->bus);
    for (unsigned i = 0; i < BROWSERS; i++)
        forget_known(&place->browsers[i]);
    *place = (struct place){0};
}

static void set_number(struct world *world, struct place *place, unsigned index)
{
    snprintf(place->values[index], sizeof place->values[index], "%u", ++world->number);
}

static void publish(struct world *world, struct place *place)
{
    unsigned index = below(world, SERVICES);

    if (!runs(place) || place->services[index])
        return;
    char *name = sim_format("s%u", world->made++);
    snprintf(place->types[index], sizeof place->types[index], "t%u", below(world, 2));
    char *info = sim_format("{\"type\": \"%s\", \"n\": %u}", place->types[index], world->made);
    struct sim_service *service = sim_service(place->bus, name, info);
    set_number(world, place, index);
    sim_function(service, "echo", sim_echo);
    sim_function(service, "hold", sim_hold);
    sim_event(service, "e");
    sim_object(service, "n", place->values[index]);
    sim_service_publish_try(service);
    place->services[index] = service;
    free(name);
    free(info);
}

static void change_service(struct world *world, struct place *place)
{
    unsigned index = below(world, SERVICES);
    struct sim_service *service = place->services[index];
    static const char *const lists[] = {"local", "10.0.0.0/31", "*"};
    bool there = *place->values[index];
    char *info;

    if (!runs(place) || !service)
        return;
    switch (below(world, 9)) {
    case 0:
        sim_service_end(service);
        place->services[index] = NULL;
        break;
    case 1:
        info = sim_format("{\"type\": \"%s\", \"n\": %u}", place->types[index], ++world->number);
        sim_set_info(service, info);
        free(info);
        break;
    case 2:
        if (there)
            sim_remove(service, AB_TOPIC_OBJECT, "n");
        *place->values[index] = 0;
        break;
    case 3: sim_fire(service, "e", "[1, 2, 3]"); break;
    case 4: sim_access(service, lists[below(world, 3)]); break;
    default:
        set_number(world, place, index);
        if (there)
            sim_set(service, "n", place->values[index]);
        else
            sim_object(service, "n", place->values[index]);
        break;
    }
}

static void make_remote(struct world *world, struct place *place)
{
    struct remote *remote = &place->remotes[below(world, REMOTES)];
    struct place *other = &world->places[below(world, BUSES)];
    struct sim_service *service = other->services[below(world, SERVICES)];

    if (!runs(place) || remote->remote)
        return;
    if (service && below(world, 4) == 0) {
        struct ab_address to = sim_host_address(other->bus->process.host, 0, sim_bus_port(other->bus));
        remote->remote = sim_connection(place->bus, &to, ab_service_id(service->service));
        *remote->type = 0;
        return;
    }
    snprintf(remote->type, sizeof remote->type, "t%u", below(world, 2));
    char *filter = sim_format("type=%s", remote->type);
    remote->remote = sim_proxy(place->bus, filter);
    remote->binding = sim_on_binding(remote->remote);
    if (below(world, 2))
        remote->watch = sim_watch(remote->remote, "n");
    if (below(world, 2))
        remote->listen = sim_listen(remote->remote, "e");
    free(filter);
}

static void use_remote(struct world *world, struct place *place)
{
    struct remote *remote = &place->remotes[below(world, REMOTES)];
    int result;

    if (!runs(place) || !remote->remote)
        return;
    switch (below(world, 10)) {
    case 0:
        sim_remote_end(remote->remote);
        *remote = (struct remote){0};
        return;
    case 1:
        if (*remote->type && !remote->watch)
            remote->watch = sim_watch(remote->remote, "n");
        return;
    case 2:
        if (*remote->type && !remote->listen)
            remote->listen = sim_listen(remote->remote, "e");
        return;
    case 3:
        if (below(world, 3) == 0)
            sim_cancel(below(world, 2) ? remote->watch : remote->listen);
        if (remote->watch && remote->watch->ended)
            remote->watch = NULL;
        if (remote->listen && remote->listen->ended)
            remote->listen = NULL;
        return;
    case 4:
        if (*remote->type)
            sim_get(remote->remote, "n");
        return;
    case 5:
        result = sim_notice(remote->remote, "echo", "[]");
        ck_assert(result != AB_ECLOSED && result != AB_EAGAIN && (result != AB_ENOMEM || world->sim->memory_fails));
        return;
    default:
        result = sim_call_try(remote->remote, MS(10 + below(world, 20000)), below(world, 3) ? 0 : AB_CALL_BOUND_ONLY,
                              below(world, 3) ? "echo" : "hold", "[true]");
        ck_assert(result == 0 || result == AB_ENOTBOUND || !*remote->type ||
                  (result == AB_ENOMEM && world->sim->memory_fails));
    }
}

static void cancel_something(struct world *world, struct place *place)
{
    unsigned skip = below(world, 20);

    if (!runs(place))
        return;
    AB_LIST_EACH (node, &place->bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind == SIM_SLOT_CALL && !slot->ended && skip-- == 0) {
            sim_cancel(slot);
            return;
        }
    }
}

static void browse(struct world *world, struct place *place)
{
    static const char *const filters[] = {"type=t0", "type=t1", NULL, "n?"};
    struct browser *browser = &place->browsers[below(world, BROWSERS)];

    if (!runs(place))
        return;
    if (browser->slot) {
        sim_cancel(browser->slot);
        forget_known(browser);
        return;
    }
    /* What is there already is heard inside, before the book can be opened: so the entry is kept open. */
    sim_bus_enter(place->bus);
    browser->slot = sim_browse(place->bus, filters[below(world, 4)],
                               AB_BROWSER_EXISTING | (below(world, 2) ? AB_BROWSER_LIVENESS : 0));
    if (browser->slot) {
        browser->slot->heard = heard_service;
        browser->slot->context = browser;
    }
    sim_bus_leave(place->bus);
}

static void answer(struct world *world, struct place *place)
{
    if (runs(place) && place->bus->held_count > 0)
        sim_reply_to(place->bus, below(world, place->bus->held_count), "\"held\"");
}

static void trouble(struct world *world)
{
    struct sim_network *network = &world->sim->network;
    struct sim_host *host = world->hosts[below(world, HOSTS)];
    struct sim_host *other = world->hosts[below(world, HOSTS)];

    switch (below(world, 7)) {
    case 0:
        if (host != other)
            sim_cut(host, other, below(world, 2));
        break;
    case 1: sim_host_set_interface(host, below(world, 2), below(world, 2)); break;
    case 2:
        if (!host->asleep)
            sim_host_sleep(host);
        else
            sim_host_wake(host);
        break;
    case 3: network->loss = below(world, 2) ? below(world, 800) : 0; break;
    case 4: network->duplication = below(world, 500); break;
    case 5: network->jitter = MS(below(world, 50)); break;
    case 6: network->single_bytes = below(world, 2); break;
    }
}

static void step(struct world *world)
{
    struct place *place = &world->places[below(world, BUSES)];

    switch (below(world, 20)) {
    case 0: start_bus(world, place); break;
    case 1:
        if (below(world, 3) == 0)
            end_bus(world, place);
        break;
    case 2:
    case 3: publish(world, place); break;
    case 4:
    case 5:
    case 6: change_service(world, place); break;
    case 7:
    case 8: make_remote(world, place); break;
    case 9: browse(world, place); break;
    case 10: answer(world, place); break;
    case 11: trouble(world); break;
    case 12: cancel_something(world, place); break;
    default: use_remote(world, place); break;
    }
}

/* ---- The truth at the end */

static void heal(struct world *world)
{
    struct sim_network *network = &world->sim->network;

    network->loss = network->duplication = 0;
    network->jitter = 0;
    for (unsigned i = 0; i < HOSTS; i++) {
        for (unsigned j = 0; j < i; j++)
            sim_cut(world->hosts[i], world->hosts[j], false);
        for (unsigned j = 0; j < world->hosts[i]->interface_count; j++)
            sim_host_set_interface(world->hosts[i], j, true);
        if (world->hosts[i]->asleep)
            sim_host_wake(world->hosts[i]);
    }
    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < SERVICES; j++)
            if (world->places[i].services[j])
                sim_access(world->places[i].services[j], "*");
}

static struct sim_service *find_service(struct world *world, const char *id, char **ret_value)
{
    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < SERVICES; j++)
            if (world->places[i].services[j] && strcmp(ab_service_id(world->places[i].services[j]->service), id) == 0) {
                *ret_value = world->places[i].values[j];
                return world->places[i].services[j];
            }
    return NULL;
}

static unsigned count_services(struct world *world, const char *type)
{
    unsigned count = 0;

    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < SERVICES; j++)
            count += world->places[i].services[j] && (!type || strcmp(world->places[i].types[j], type) == 0);
    return count;
}

static void check_directory(struct world *world, struct place *place)
{
    json_t *entries, *entry;
    size_t index;
    unsigned seen = 0;
    char *value;

    ck_assert_int_eq(ab_browser_snapshot(place->bus->engine, NULL, &entries), 0);
    json_array_foreach(entries, index, entry)
    {
        const char *id = json_string_value(json_object_get(entry, "service"));
        const char *type = json_string_value(json_object_get(json_object_get(entry, "info"), "type"));
        if (strcmp(type, "autobus.details") == 0)
            continue;
        ck_assert_msg(find_service(world, id, &value), "%s knows %s, which is gone", place->bus->name, id);
        seen++;
    }
    json_decref(entries);
    ck_assert_msg(seen == count_services(world, NULL), "%s knows %u services of %u", place->bus->name, seen,
                  count_services(world, NULL));
}

static void check_browser(struct place *place, struct browser *browser)
{
    json_t *entries, *entry;
    size_t index;

    if (!browser->slot)
        return;
    ck_assert_int_eq(ab_browser_snapshot(place->bus->engine, NULL, &entries), 0);
    for (unsigned i = 0; i < browser->count; i++) {
        bool found = false;
        json_array_foreach(entries, index, entry)
        {
            found = found || strcmp(json_string_value(json_object_get(entry, "service")), browser->known[i]) == 0;
        }
        ck_assert_msg(found, "%s: a listener was not told that %s is gone", place->bus->name, browser->known[i]);
    }
    json_decref(entries);
}

static void check_remote(struct world *world, struct place *place, struct remote *remote)
{
    char *value = NULL;

    if (!remote->remote || !*remote->type)
        return;
    bool bound = sim_bound(remote->remote);
    ck_assert_msg(bound == (count_services(world, remote->type) > 0), "%s: a proxy of %s is %sbound", place->bus->name,
                  remote->type, bound ? "" : "not ");
    ck_assert_int_eq(remote->binding->count > 0 && remote->binding->code, bound);
    if (!bound)
        return;
    char *id = sim_member(remote->binding->value, strlen(remote->binding->value), "service", true);
    ck_assert_msg(find_service(world, id, &value), "%s is bound to a service that is gone", place->bus->name);
    if (remote->watch) {
        ck_assert_uint_gt(remote->watch->count, 0);
        ck_assert_msg(strcmp(remote->watch->value ? remote->watch->value : "", value) == 0, "%s: n is %s, and not %s",
                      place->bus->name, remote->watch->value, value);
    }
    free(id);
}

static void check_truth(struct world *world)
{
    for (unsigned i = 0; i < BUSES; i++) {
        struct place *place = &world->places[i];
        if (!place->bus)
            continue;
        check_directory(world, place);
        for (unsigned j = 0; j < REMOTES; j++)
            check_remote(world, place, &place->remotes[j]);
        for (unsigned j = 0; j < BROWSERS; j++)
            check_browser(place, &place->browsers[j]);
    }
}

/* What works when all is well: a listener hears one event of the service it is bound to, and a call is answered. */
static void check_work(struct world *world)
{
    unsigned counts[BUSES][REMOTES] = {{0}};
    struct sim_slot *calls[BUSES][REMOTES] = {{NULL}};

    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < REMOTES; j++) {
            struct remote *remote = &world->places[i].remotes[j];
            counts[i][j] = remote->listen ? remote->listen->count : 0;
            if (*remote->type && sim_bound(remote->remote))
                calls[i][j] = sim_call(remote->remote, "echo", "[7]");
        }
    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < SERVICES; j++)
            if (world->places[i].services[j])
                sim_fire(world->places[i].services[j], "e", "[]");
    sim_run(world->sim, SECONDS(1));
    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < REMOTES; j++) {
            struct remote *remote = &world->places[i].remotes[j];
            if (!calls[i][j])
                continue;
            ck_assert_str_eq(calls[i][j]->value, "[7]");
            if (remote->listen)
                ck_assert_uint_eq(remote->listen->count, counts[i][j] + 1);
        }
}

/* For the next step one allocation fails, or all from some one on. */
static void starve(struct world *world)
{
    if (below(world, 4) == 0)
        ab_failing_arm((long)below(world, 300), below(world, 2));
    else
        ab_failing_arm(-1, false);
}

/* Where memory was short a program's own calls fail too, so what it meant to be true is not known. */
static void live(uint64_t seed, bool starving)
{
    struct world world = {.sim = sim_new(seed)};

    sim_record(world.sim, 0);
    world.sim->memory_fails = starving;
    ab_random_seed(&world.random, seed);
    for (unsigned i = 0; i < HOSTS; i++) {
        char *name = sim_format("h%u", i);
        world.hosts[i] = sim_host(world.sim, name);
        sim_host_add_interface(world.hosts[i], 1);
        world.known[i] = sim_host_address(world.hosts[i], below(&world, 2), 52722);
        free(name);
    }
    for (unsigned i = 0; i < BUSES; i++)
        start_bus(&world, &world.places[i]);
    for (unsigned i = 0; i < STEPS; i++) {
        if (starving)
            starve(&world);
        step(&world);
        sim_run(world.sim, below(&world, 10) ? MS(below(&world, 300)) : MS(below(&world, 30000)));
    }
    ab_failing_arm(-1, false);
    heal(&world);
    sim_run(world.sim, SECONDS(120));
    if (!starving) {
        check_truth(&world);
        check_work(&world);
    }
    for (unsigned i = 0; i < BUSES; i++)
        for (unsigned j = 0; j < BROWSERS; j++)
            forget_known(&world.places[i].browsers[j]);
    sim_free(world.sim);
}

START_TEST(a_random_world_comes_to_know_the_truth)
{
    live((uint64_t)_i, false);
}
END_TEST

START_TEST(a_random_world_lives_on_where_memory_is_short)
{
    live((uint64_t)_i, true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random worlds (the number of a test is its seed)");
    TCase *tests = tcase_create("random worlds");

    int first;
    int end = sim_seeds(60, &first);

    tcase_add_loop_test(tests, a_random_world_comes_to_know_the_truth, first, end);
    tcase_add_loop_test(tests, a_random_world_lives_on_where_memory_is_short, first, end);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
