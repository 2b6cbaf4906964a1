/*
 * Every allocation of the engine fails while the world around it changes: what a service has and where it is, networks
 * and sleep, peers that speak the protocol as it was before ours. As in check_memory.c: nothing leaks or crashes, no line
 * is torn, each call that began completes exactly once, and the buses close.
 */

#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

static struct sim_service *hall_of(struct sim_bus *bus)
{
    struct sim_service *service = sim_service(bus, "hall", HALL);

    sim_function(service, "echo", sim_echo);
    sim_event(service, "rang");
    sim_object(service, "temp", "21.5");
    sim_service_publish_try(service);
    return service;
}

/* ---- What a service has */

static bool functions(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_service *hall = hall_of(b);
    struct sim_slot *hold = sim_function(hall, "hold", sim_hold);
    struct sim_slot *other = NULL;
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *done[3], *all;

    (void)context;
    all = sim_watch(remote, "autobus.functions");
    sim_run(sim, MS(100));
    done[0] = sim_call(remote, "hold", "[1]");
    sim_run(sim, MS(10));
    if (hold)
        sim_replace(hold, AB_FUNCTION_SYNC, sim_echo, &other);
    done[1] = sim_call(remote, "hold", "[2]");
    sim_run(sim, MS(10));
    if (hold)
        sim_remove(hall, AB_TOPIC_FUNCTION, "hold");
    done[2] = sim_call(remote, "hold", "[3]");
    sim_run(sim, MS(10));
    while (b && b->held_count)
        sim_reply(b, "{\"held\": [true]}");
    sim_run(sim, SECONDS(1));
    bool complete = all && all->count == 2 && done[0] && done[0]->code == 0 && done[1] && done[1]->code == 0 &&
                    done[2] && done[2]->code == AB_EREMOTE;
    sim_free(sim);
    return complete;
}

/* ---- Where it is */

static bool networks(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_slot *watch = sim_watch(remote, "temp");
    struct sim_slot *seen = sim_browse(c, "type=hall", AB_BROWSER_EXISTING | AB_BROWSER_ROUTES);

    (void)context;
    hall_of(b);
    sim_run(sim, MS(500));
    if (b) {
        sim_host_set_interface(b->process.host, sim_host_add_interface(b->process.host, 0), true);
        sim_run(sim, MS(500));
        if (sim_bus_port(b))
            sim_bus_move_port(b, 52800);
    }
    sim_run(sim, SECONDS(1));
    if (c) {
        sim_host_sleep(c->process.host);
        sim_run(sim, SECONDS(100));
        sim_host_wake(c->process.host);
    }
    sim_run(sim, SECONDS(10));
    bool complete = watch && watch->value && seen && seen->count >= 3;
    sim_free(sim);
    return complete;
}

/* ---- A peer of before */

static void say(struct sim_link *link, const char *id, const char *rest)
{
    sim_send_format(link, "{\"_type\": 2, \"_id\": \"%s\", %s}", id, rest);
}

/* A service that has no extensions, tells a value as a command, and answers what it is asked. */
static void answer_as_before(struct sim_link *link, const char *text, size_t size)
{
    char *id = sim_member(text, size, "_id", true);
    char *command = sim_member(text, size, "_command", true);

    if (command && id && strcmp(command, "watch") == 0) {
        say(link, id, "\"name\": \"temp\", \"value\": 19");
        sim_send(link, "{\"_type\": 1, \"_id\": \"s1\", \"_command\": \"changed\", \"name\": \"temp\", \"value\": 20}");
    } else if (command && id && strcmp(command, "bind") == 0)
        say(link, id, "\"service\": \"old\"");
    else if (command && id && strcmp(command, "call") == 0)
        say(link, id, "\"_error\": {\"text\": \"not here\"}");
    else if (command && id)
        say(link, id, "\"name\": \"temp\"");
    free(id);
    free(command);
}

static bool as_before(void *context)
{
    struct sim *sim = sim_new_failing(1);
    struct sim_bus *c = sim_bus(sim, "c");
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct ab_address at = sim_host_address(p->process.host, 0, 35993);
    struct sim_remote *remote = sim_proxy(c, "type=hall");
    struct sim_remote *fixed = sim_connection(c, &at, "old");
    struct sim_slot *watch = sim_watch(remote, "temp");
    struct sim_slot *end = sim_on_end(fixed, true);
    struct sim_slot *call;

    (void)context;
    p->line = answer_as_before;
    sim_peer_listen(p, 35993);
    sim_listen(remote, "rang");
    sim_peer_broadcast(p, "{\"command\": \"add\", \"port\": 35993, \"service\": \"old\", \"info\": " HALL "}",
                       AB_LOOPBACK_FIRST);
    sim_run(sim, MS(500));
    call = sim_call(remote, "echo", "[{\"a\": [1, 2.5]}]");
    sim_cancel(watch);
    sim_run(sim, MS(100));
    sim_peer_broadcast(p, "{\"command\": \"remove\", \"port\": 35993, \"service\": \"old\"}", AB_LOOPBACK_FIRST);
    sim_run(sim, MS(100));
    sim_peer_kill(p);
    sim_run(sim, SECONDS(1));
    bool complete = watch && watch->count == 2 && end && end->count == 1 && call && call->code == AB_EREMOTE;
    sim_free(sim);
    return complete;
}

/* ---- The tests */

START_TEST(every_allocation_may_fail)
{
    static bool (*const scenarios[])(void *) = {functions, networks, as_before};

    ck_assert_uint_ge(ab_failing_each(scenarios[_i], NULL), 400 / AB_FAILING_STEP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory while things change");
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 240);
    tcase_add_loop_test(tests, every_allocation_may_fail, 0, 3);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
