/* Faults of the engine that were found and mended, one transcript each. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define HALL "{\"type\": \"hall\"}"

static struct sim_link *bind_to(struct sim_peer *peer, struct sim_service *service)
{
    struct sim_link *link = sim_dial(peer, service->bus);

    sim_run(peer->sim, MS(10));
    sim_send_format(link, "{\"_type\": 1, \"_id\": \"b\", \"_command\": \"bind\", \"service\": \"%s\"}",
                    ab_service_id(service->service));
    sim_run(peer->sim, MS(10));
    return link;
}

static void watch(struct sim_link *link, const char *name)
{
    sim_send_format(link, "{\"_type\": 1, \"_id\": \"%s\", \"_command\": \"watch\", \"name\": \"%s\"}", name, name);
    sim_run(link->peer->sim, MS(10));
}

/* ---- Objects */

START_TEST(an_object_may_lose_its_last_watcher_while_it_is_unlisted)
{
    struct sim *sim = sim_new(1);
    struct sim_bus *b = sim_bus(sim, "b");
    struct sim_service *hall = sim_publish(b, "hall", HALL);
    struct sim_peer *p = sim_peer(sim, sim_host(sim, "p"), "p");
    struct sim_link *link = bind_to(p, hall);

    sim_object(hall, "lamp", "1");
    watch(link, "autobus.objects");
    watch(link, "lamp");
    b->writes_fail = 1;
    sim_remove(hall, AB_TOPIC_OBJECT, "lamp");
    sim_run(sim, MS(10));
    ck_assert_uint_eq(sim_peer_open(p), 0);
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults that were mended");
    TCase *objects = tcase_create("objects");

    tcase_add_test(objects, an_object_may_lose_its_last_watcher_while_it_is_unlisted);
    suite_add_tcase(suite, objects);
    return ab_test_run(suite);
}
