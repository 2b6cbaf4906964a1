/*
 * Every allocation of the engine fails once, and once with all that follow it, over scenarios that use each feature.
 * Whatever fails: nothing leaks or crashes, each call that began completes exactly once, and the buses close.
 * When memory is there again, so is the service.
 */

#include <string.h>

#include "failing.h"
#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define ROOM "{\"type\": \"hall\", \"room\": \"1\"}"

static struct sim_service *full_service(struct sim_bus *bus, const char *name)
{
    struct sim_service *service = sim_service(bus, name, ROOM);

    sim_function(service, "echo", sim_echo);
    sim_function(service, "hold", sim_hold);
    sim_function(service, "throw", sim_throw);
    sim_function_mode(service, "soon", AB_FUNCTION_ASYNC, sim_drop);
    sim_event(service, "rang");
    sim_object(service, "temp", "21.5");
    sim_service_publish_try(service);
    return service;
}

/* What several begin with: all of it may be NULL. */
struct scene {
    struct sim_bus *b, *c;
    struct sim_service *hall; /* of b */
    struct sim_remote *remote;
    struct sim_slot *watch; /* of the hall's object temp */
};

static struct scene scene_new(struct sim *sim)
{
    struct scene scene = {.b = sim_bus(sim, "b"), .c = sim_bus(sim, "c")};

    scene.hall = full_service(scene.b, "hall");
    scene.remote = sim_proxy(scene.c, "type=hall");
    scene.watch = sim_watch(scene.remote, "temp");
    sim_record(sim, 0);
    return scene;
}

static struct ab_address place_of(struct sim_bus *bus)
{
    return sim_host_address(bus->process.host, 0, sim_bus_port(bus));
}

/* ---- Finding and browsing */

static bool discovery(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall, *attic;
    struct sim_slot *slot;
    json_t *entries = NULL;

    (void)context;
    sim_record(sim, SIM_SERVICES);
    slot = sim_browse(c, "type=hall", AB_BROWSER_EXISTING);
    sim_browse(c, NULL, AB_BROWSER_ROUTES);
    hall = full_service(b, "hall");
    attic = full_service(b, "attic");
    sim_run(sim, MS(400));
    sim_browse(c, NULL, AB_BROWSER_EXISTING | AB_BROWSER_LIVENESS);
    sim_run(sim, MS(100));
    sim_set_info(hall, "{\"type\": \"hall\", \"room\": \"2\"}");
    sim_run(sim, MS(100));
    if (c && ab_browser_explain(c->engine, sim_now(sim), NULL, &entries) == 0)
        json_decref(entries);
    sim_service_end(attic);
    sim_run(sim, MS(100));
    sim_cancel(slot);
    if (c) { /* one that moved to where it is not either */
        sim_forge(c->process.host, 0x0a000060,
                  "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {}}");
        sim_run(sim, MS(10));
        sim_forge(c->process.host, 0x0a000061,
                  "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"a\": 1}}");
    }
    sim_run(sim, MS(100));
    if (b)
        sim_host_set_interface(b->process.host, 0, false);
    sim_run(sim, SECONDS(60));
    bool complete = sim_count(sim, "+ hall") >= 3 && sim_count(sim, "- attic") >= 2;
    sim_free(sim);
    return complete;
}

static bool discoverers(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_slot *herald = sim_herald(b);
    struct sim_service *hall = full_service(b, "hall");
    struct sim_discoverer *one = sim_discoverer(c, "one");
    struct sim_discoverer *two = sim_discoverer(c, "two");
    struct ab_address at = ab_address_inet(0x0a000063, 80);
    struct ab_address other = ab_address_inet(0x0a000064, 80);

    (void)context;
    sim_record(sim, SIM_SERVICES);
    sim_browse(c, NULL, 0);
    sim_browse(c, NULL, AB_BROWSER_ROUTES);
    sim_discover(one, &at, "x", "{}");
    sim_discover(two, &at, "x", "{}");
    sim_discover(two, &other, "x", "{\"room\": 2}");
    sim_discover(one, &at, "x", "{\"room\": 2}");
    sim_discover(two, &other, "x", "{\"room\": 2}");
    if (b && hall && sim_bus_port(b)) {
        at = place_of(b);
        sim_discover(one, &at, ab_service_id(hall->service), "{}");
    }
    struct sim_remote *remote = sim_proxy(c, "hall");
    sim_run(sim, MS(500));
    sim_set_broadcast(c, 0);
    sim_undiscover(two, &other, "x");
    sim_discoverer_end(one);
    sim_set_broadcast(b, AB_BROADCAST_DISCOVER);
    sim_cancel(herald);
    sim_set_broadcast(c, AB_BROADCAST_BOTH);
    sim_run(sim, SECONDS(10));
    sim_remote_end(remote);
    bool complete = sim_count(sim, "+ hall") >= 2 && sim_count(sim, "- hall") >= 2;
    sim_free(sim);
    return complete;
}

/* ---- Calling */

static bool calls(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *done[5];
    struct sim_slot *partial;

    (void)context;
    sim_record(sim, SIM_RESULTS);
    sim_on_binding(remote);
    done[0] = sim_call(remote, "echo", "[1, \"two\", {\"three\": 4.5}]");
    sim_wait_bound(remote, SECONDS(10));
    full_service(b, "hall");
    sim_run(sim, MS(100));
    done[1] = sim_call(remote, "throw", "[]");
    done[2] = sim_call(remote, "soon", "[]");
    done[3] = sim_call(remote, "missing", "[]");
    done[4] = sim_call(remote, "hold", "[]");
    sim_cancel(sim_call(remote, "hold", "[]"));
    sim_abort(sim_call(remote, "hold", "[]"));
    partial = sim_call_within(remote, SECONDS(9), AB_CALL_PROGRESS, "hold", "[]");
    sim_notice(remote, "echo", "[]");
    sim_run(sim, MS(100));
    if (b && b->held_count)
        sim_progress(b, b->held_count - 1, "[\"partial\"]");
    while (b && b->held_count)
        sim_reply(b, "{\"held\": true}");
    sim_call_within(remote, MS(50), 0, "hold", "[]");
    sim_run(sim, SECONDS(20)); /* pings too */
    bool complete = true;
    for (unsigned i = 0; i < 5; i++)
        complete = complete && done[i] && done[i]->count == 1;
    complete = complete && partial && partial->count == 2;
    complete = complete && sim_count(sim, "echo = [1,\"two\",{\"three\":4.5}]") == 1;
    sim_remote_end(remote);
    sim_free(sim);
    return complete;
}

/* ---- Watching and listening */

static void burst(struct sim_bus *b, struct sim_service *hall)
{
    if (!b || !hall)
        return;
    sim_bus_enter(b);
    sim_fire(hall, "rang", "[1]");
    sim_fire(hall, "rang", "[\"more than there is room for at first, in the memory of a small thing that was fired\"]");
    sim_fire(hall, "rang", "[3]");
    sim_bus_leave(b);
}

static bool objects(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct scene scene = scene_new(sim);
    struct sim_slot *again = sim_watch(scene.remote, "temp");
    struct sim_slot *listen = sim_listen(scene.remote, "rang");

    (void)context;
    sim_on_interest(scene.hall, AB_TOPIC_OBJECT, "temp");
    sim_on_interest(scene.hall, AB_TOPIC_EVENT, "later");
    sim_listen(scene.remote, "rang");
    sim_watch(scene.remote, "autobus.objects");
    sim_get(scene.remote, "autobus.functions");
    sim_get(scene.remote, "ghost");
    sim_run(sim, MS(100));
    sim_set(scene.hall, "temp", "{\"now\": [1, 2, 3]}");
    sim_fire(scene.hall, "rang", "[\"front\"]");
    sim_run(sim, MS(100));
    sim_cancel(again);
    sim_set_doc(scene.hall, AB_TOPIC_SERVICE, NULL, "the hall");
    sim_set_doc(scene.hall, AB_TOPIC_OBJECT, "temp", "degrees");
    sim_describe(scene.hall, AB_TOPIC_OBJECT, "temp", "{\"value\": {\"type\": \"number\"}}");
    sim_object(scene.hall, "door", "true");
    sim_remove(scene.hall, AB_TOPIC_OBJECT, "door");
    sim_remove(scene.hall, AB_TOPIC_EVENT, "rang");
    sim_event(scene.hall, "rang");
    sim_run(sim, MS(100));
    sim_set(scene.hall, "temp", "7");
    sim_fire(scene.hall, "rang", "[]");
    burst(scene.b, scene.hall);
    sim_run(sim, MS(100));
    struct sim_remote *details = sim_proxy(scene.c, "type=autobus.details");
    sim_watch(details, "details");
    sim_call(details, "get_details", "[]");
    sim_run(sim, MS(100));
    bool complete =
        scene.watch && listen && scene.watch->value && strcmp(scene.watch->value, "7") == 0 && listen->count == 5;
    sim_free(sim);
    return complete;
}

/* ---- Losing and finding again */

static bool failover(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct scene scene = scene_new(sim);
    struct sim_bus *other = sim_bus(sim, "other");

    (void)context;
    sim_on_binding(scene.remote);
    sim_listen(scene.remote, "rang");
    sim_run(sim, MS(100));
    struct sim_service *two = full_service(other, "two");
    sim_set(two, "temp", "5");
    if (scene.b && scene.hall && scene.c && sim_bus_port(scene.b)) {
        struct ab_address to = place_of(scene.b);
        struct sim_remote *fixed = sim_connection(scene.c, &to, ab_service_id(scene.hall->service));
        struct sim_remote *bus = sim_connection(scene.c, &to, NULL);
        sim_watch(fixed, "temp");
        sim_on_end(fixed, false);
        sim_on_end(bus, true);
        sim_call(bus, "get_details", "[]");
        sim_call(bus, "get_counters", "[]");
        sim_call(fixed, "hold", "[]");
    }
    sim_call(scene.remote, "hold", "[]");
    sim_run(sim, MS(100));
    sim_bus_kill(scene.b);
    sim_run(sim, MS(500));
    bool complete = scene.watch && scene.watch->value && strcmp(scene.watch->value, "5") == 0;
    if (other)
        sim_cut(other->process.host, scene.c ? scene.c->process.host : other->process.host, true);
    sim_run(sim, SECONDS(40));
    if (other)
        sim_cut(other->process.host, scene.c ? scene.c->process.host : other->process.host, false);
    sim_run(sim, SECONDS(10));
    sim_free(sim);
    return complete;
}

static bool closing(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct scene scene = scene_new(sim);
    struct sim_bus *other = sim_bus(sim, "other");
    struct sim_remote *many = sim_proxy_multiple(scene.c, "type=hall");

    (void)context;
    sim_browse(scene.c, "type=hall", AB_BROWSER_LIVENESS);
    sim_on_binding(many);
    sim_run(sim, MS(100));
    struct sim_service *two = full_service(other, "two");
    full_service(scene.b, "three");
    sim_set(two, "temp", "5");
    sim_run(sim, MS(100));
    struct sim_slot *call = sim_call(scene.remote, "hold", "[]");
    sim_call_all(many, NULL, 0, "hold", "[]");
    sim_run(sim, MS(100));
    sim_service_end(scene.hall);
    sim_run(sim, MS(100));
    while (scene.b && scene.b->held_count)
        sim_reply(scene.b, "1");
    sim_run(sim, SECONDS(5));
    bool complete = call && call->value && scene.watch && scene.watch->value;
    sim_free(sim);
    return complete;
}

/* ---- Known hosts */

static bool seeds(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_host *there = sim_host(sim, "there");
    struct sim_bus *a = sim_bus_start(sim_bus_new(sim, there, "a"));
    struct sim_bus *b = sim_bus_start(sim_bus_new(sim, there, "b"));
    struct sim_bus *c = sim_bus_new(sim, sim_host(sim, "c"), "c");
    struct ab_address at = sim_host_address(there, 0, 52722);

    (void)context;
    c->broadcast = 0;
    c = sim_bus_start(c);
    sim_record(sim, SIM_SERVICES);
    full_service(a, "hall");
    struct sim_service *attic = full_service(b, "attic");
    sim_browse(c, NULL, AB_BROWSER_EXISTING);
    struct sim_slot *seed = sim_seed(c, &at);
    sim_run(sim, SECONDS(1));
    sim_set_info(attic, "{\"type\": \"hall\", \"room\": \"2\"}");
    sim_run(sim, MS(100));
    sim_bus_kill(a);
    full_service(b, "cellar");
    sim_run(sim, SECONDS(20));
    bool complete = sim_count(sim, "+ hall") >= 1 && sim_count(sim, "+ attic") >= 1 && sim_count(sim, "- hall") >= 1 &&
                    sim_count(sim, "+ cellar") >= 1;
    sim_cancel(seed);
    sim_free(sim);
    return complete;
}

/* ---- Strangers */

static bool strangers(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_service *hall = full_service(b, "hall");
    bool complete = false;

    (void)context;
    sim_record(sim, 0);
    if (b && hall && sim_bus_port(b)) {
        struct sim_link *link = sim_dial(p, b);
        struct sim_link *other = sim_dial(p, b);
        sim_run(sim, MS(10));
        sim_send(other, "{\"_type\":1,\"_id\":[1],\"_command\":\"bind\",\"service\":null}");
        sim_send(other, "{\"_type\":1,\"_id\":[1],\"_command\":\"call\",\"name\":\"get_details\",\"args\":[]}");
        sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"}",
                        ab_service_id(hall->service));
        sim_send(link, "{\"_type\":3,\"_command\":\"watch\",\"name\":\"temp\"}");
        sim_send(link, "{\"_type\":1,\"_id\":\"2\",\"_command\":\"dance\"}");
        sim_send(link, "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[NaN]}");
        sim_send(link, "{\"_type\":1,\"_id\":{\"a\":1},\"_command\":\"call\",\"name\":\"hold\",\"args\":[1]}");
        sim_send(link, "{\"_type\":1,\"_id\":\"5\",\"_command\":\"unwatch\",\"name\":\"temp\"}");
        sim_send(link, "{\"_type\":1,\"_id\":\"6\",\"_command\":\"listen\",\"name\":\"rang\"}");
        sim_send(link, "{\"_type\":1,\"_id\":\"7\",\"_command\":\"unlisten\",\"name\":\"rang\"}");
        sim_run(sim, MS(10));
        complete = link->lines == 8 && other->lines == 2;
        sim_link_reset(link);
        sim_run(sim, MS(10));
        sim_dial(p, b);
        sim_forge(b->process.host, 0x0a000009,
                  "{\"command\": \"add\", \"port\": 80, \"service\": \"x\", \"info\": {\"a\": [1, 2]}}");
        sim_run(sim, SECONDS(10));
    }
    sim_free(sim);
    return complete;
}

/* ---- Who may not */

static bool but_secrets(void *context, const struct ab_peer *peer, enum ab_access_kind kind, const char *name)
{
    (void)context;
    return peer->local || kind == AB_ACCESS_BIND || strcmp(name, "secret") != 0;
}

static bool access_denied(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = full_service(b, "hall");
    struct sim_service *attic = full_service(b, "attic");
    struct sim_remote *remote = sim_proxy(c, "hall");
    struct sim_remote *many = sim_proxy_multiple(c, "type=hall");
    struct sim_remote *details = sim_proxy(c, "autobus.details");
    struct sim_slot *watch, *listen, *seen, *done[2];

    (void)context;
    sim_record(sim, 0);
    sim_object(hall, "secret", "1");
    sim_guard(hall, but_secrets, NULL);
    watch = sim_watch(remote, "secret");
    listen = sim_listen(remote, "secret");
    seen = sim_watch(details, "details");
    sim_watch(many, "secret");
    sim_run(sim, SECONDS(1));
    done[0] = sim_call(remote, "secret", "[]");
    sim_run(sim, MS(100));
    sim_access(attic, "local");
    sim_access(hall, "10.0.0.77, 192.168.0.0/16");
    sim_run(sim, MS(200));
    done[1] = sim_call(remote, "echo", "[]");
    sim_browse(c, NULL, AB_BROWSER_EXISTING | AB_BROWSER_LIVENESS);
    sim_run(sim, SECONDS(20));
    sim_access(hall, "*");
    sim_run(sim, SECONDS(20));
    bool complete = watch && listen && seen && done[0] && done[1] && watch->count >= 2 && listen->count >= 2 &&
                    seen->count >= 2 && done[0]->code == AB_EREMOTE && done[1]->code == AB_EREMOTE;
    sim_remote_end(remote);
    sim_free(sim);
    return complete;
}

/* ---- Memory that comes back */

START_TEST(a_service_is_reached_again_when_there_is_memory_again)
{
    for (long after = 0; after < 600; after += 7) {
        struct sim *sim = sim_new(1);
        struct scene scene = scene_new(sim);
        sim_run(sim, MS(100));
        sim->memory_fails = true;
        ab_failing_arm(after, true);
        sim_set(scene.hall, "temp", "5");
        sim_call(scene.remote, "echo", "[1]");
        sim_run(sim, MS(200));
        sim_fire(scene.hall, "rang", "[1]");
        sim_run(sim, SECONDS(30));
        ab_failing_arm(-1, false);
        sim->memory_fails = false;
        sim_run(sim, SECONDS(100));
        ck_assert_msg(sim_bound(scene.remote), "not bound again when allocations after %ld had failed", after);
        struct sim_slot *call = sim_call(scene.remote, "echo", "[2]");
        sim_set(scene.hall, "temp", "6");
        sim_run(sim, SECONDS(1));
        ck_assert_int_eq(call->code, 0);
        ck_assert_uint_eq(call->count, 1);
        ck_assert_msg(scene.watch->value && strcmp(scene.watch->value, "6") == 0, "after %ld: %s", after,
                      scene.watch->value);
        sim_free(sim);
    }
}
END_TEST

/* ---- The tests */

/* What each has to be good for, so that nobody makes them smaller unawares. */
static const struct {
    bool (*run)(void *context);
    size_t failures;
} scenarios[] = {
    {discovery, 5900}, {discoverers, 3700}, {calls, 4700},          {objects, 3500}, {failover, 6400},
    {closing, 10000},  {strangers, 2100},   {access_denied, 14000}, {seeds, 7800},
};

#define SCENARIOS ((int)(sizeof(scenarios) / sizeof(*scenarios)))

START_TEST(every_allocation_may_fail)
{
    ck_assert_uint_ge(ab_failing_each(scenarios[_i].run, NULL), scenarios[_i].failures / AB_FAILING_STEP);
}
END_TEST

START_TEST(at_least_twenty_thousand_fail)
{
    size_t all = 0;

    for (int i = 0; i < SCENARIOS; i++)
        all += scenarios[i].failures;
    ck_assert_uint_ge(all, 20000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 240);
    tcase_add_loop_test(tests, every_allocation_may_fail, 0, SCENARIOS);
    tcase_add_test(tests, at_least_twenty_thousand_fail);
    tcase_add_test(tests, a_service_is_reached_again_when_there_is_memory_again);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
