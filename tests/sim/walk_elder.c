/* Owns the program of the existing implementation in a walk: a service that comes and goes, and a client of ours. */

#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "sim/walk.h"

#define PORT 35993

static void start(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;
    char *name = sim_format("elder%u", walk->made++);

    elder->legacy = legacy_new(walk->sim, elder->host, name);
    elder->legacy->padding = walk_below(walk, 2);
    elder->legacy->loses_errors = walk_below(walk, 2);
    elder->legacy->changed_as_command = walk_below(walk, 2);
    elder->legacy->older = walk_below(walk, 2);
    free(name);
}

static void publish(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;
    char *id = sim_format("elder-%u", walk->made++);
    char *info;

    snprintf(elder->says.type, sizeof elder->says.type, "t%u", walk_below(walk, 2));
    snprintf(elder->says.value, sizeof elder->says.value, "%u", ++walk->made);
    info = sim_format("{\"type\": \"%s\", \"n\": 0}", elder->says.type);
    legacy_set(elder->legacy, "n", elder->says.value);
    legacy_publish(elder->legacy, id, info, PORT);
    free(info);
    free(id);
}

static void set(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;

    snprintf(elder->says.value, sizeof elder->says.value, "%u", ++walk->made);
    legacy_set(elder->legacy, "n", elder->says.value);
}

/* With a goodbye, which may be lost, or without. */
static void end(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;

    walk_elder_check(walk);
    if (elder->legacy->service && walk_below(walk, 2))
        legacy_withdraw(elder->legacy);
    sim_peer_kill(elder->legacy->peer);
    elder->legacy = NULL;
    elder->link = NULL;
}

static void use_ours(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;
    struct walk_place *place = &walk->places[walk_below(walk, WALK_PLACES)];
    struct sim_service *service = place->services[walk_below(walk, WALK_SERVICES)].service;

    if (elder->link) {
        sim_link_close(elder->link);
        elder->link = NULL;
        return;
    }
    if (!service || !sim_bus_port(place->bus))
        return;
    struct ab_address to = sim_host_address(place->bus->process.host, 0, sim_bus_port(place->bus));
    elder->link = legacy_bind(elder->legacy, &to, ab_service_id(service->service));
    legacy_watch(elder->link, "n");
    legacy_call(elder->link, walk_below(walk, 2) ? "echo" : "throw", "[1]");
}

void walk_elder_act(struct walk *walk)
{
    struct walk_elder *elder = &walk->elder;

    if (!elder->host)
        return;
    if (!elder->legacy) {
        start(walk);
        return;
    }
    switch (walk_below(walk, 6)) {
    case 0: end(walk); break;
    case 1:
        if (elder->link)
            legacy_unwatch(elder->link, "n");
        break;
    case 2: use_ours(walk); break;
    default:
        if (elder->legacy->service)
            set(walk);
        else
            publish(walk);
        break;
    }
}

void walk_elder_check(struct walk *walk)
{
    if (walk->elder.legacy)
        ck_assert_msg(walk->elder.legacy->violations == 0, "the existing implementation dropped a connection of ours");
}
