/*
 * Owns the probes under way and the routes that wait for one. Must not decide what a failed probe means: that is the
 * directory's. PROTOCOL section 1 (expiry).
 *
 * Anybody can announce routes that lead nowhere, and each takes ten seconds to find out. So the routes of one host get
 * half of the places at most, and those that were merely silent three quarters.
 *
 * A bus that does not answer at all has none of its services: its routes are probed one after the other, and what the
 * first finds out about the bus holds for those that wait. So a machine that lost its power is gone after one probe,
 * however much it had.
 */
#include "core/prober.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/internal.h"
#include "core/outbound.h"

struct ab_probe {
    struct ab_route *route;
    struct ab_outbound *connection;
    bool urgent;
};

static void start_next(struct ab_engine *engine);

/* The probe is over; gives the route back. The connection is the caller's to end. */
static struct ab_route *end(struct ab_probe *probe)
{
    struct ab_route *route = probe->route;
    struct ab_prober *prober = &route->found->engine->prober;

    route->probe = NULL;
    route->source->probes--;
    route->node->probed = false;
    prober->running--;
    prober->routine_running -= !probe->urgent;
    ab_free(probe);
    return route;
}

static void connected(struct ab_outbound *connection)
{
    ab_outbound_bind(connection);
}

/* The directory has heard of it from the connection itself. */
static void bound(struct ab_outbound *connection)
{
    struct ab_engine *engine = connection->stream.engine;

    end(connection->owner);
    ab_outbound_close(connection, AB_CLOSE_FLUSH);
    start_next(engine);
}

/* Nobody listens there, or takes no notice: that is not about one service. */
static bool is_of_node(const struct ab_outbound_loss *loss)
{
    return loss->code == AB_ENETWORK || loss->code == AB_ETIMEDOUT;
}

/* With those of its node that wait for a probe. */
static void node_unreachable(struct ab_route *route)
{
    struct ab_list waiting;
    struct ab_list *each;

    ab_list_init(&waiting);
    AB_LIST_EACH (node, &route->node->routes) {
        struct ab_route *other = AB_CONTAINER(node, struct ab_route, node_node);

        if (!ab_list_linked(&other->probe_node))
            continue;
        ab_list_remove(&other->probe_node);
        ab_list_append(&waiting, &other->probe_node);
    }
    ab_directory_unreachable(route);
    while ((each = ab_list_take(&waiting)))
        ab_directory_unreachable(AB_CONTAINER(each, struct ab_route, probe_node));
}

static void lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_engine *engine = connection->stream.engine;
    struct ab_route *route = end(connection->owner);

    if (ab_outbound_denied(loss))
        ab_directory_answered(route);
    else if (loss->code == AB_ENOMEM)
        ab_directory_unproved(route);
    else if (is_of_node(loss))
        node_unreachable(route);
    else
        ab_directory_unreachable(route);
    start_next(engine);
}

static const struct ab_outbound_ops probe_ops = {
    .connected = connected,
    .bound = bound,
    .lost = lost,
};

static int start(struct ab_engine *engine, struct ab_route *route, bool urgent)
{
    struct ab_prober *prober = &engine->prober;
    struct ab_probe *probe = ab_malloc(sizeof(*probe));
    int r;

    if (!probe)
        return AB_ENOMEM;
    r = ab_outbound_open(engine, &route->node->address, route->found->id, &probe_ops, probe, &probe->connection);
    if (r < 0) {
        ab_free(probe);
        return r;
    }
    probe->route = route;
    probe->urgent = urgent;
    route->probe = probe;
    route->source->probes++;
    route->node->probed = true;
    prober->running++;
    prober->routine_running += !urgent;
    return 0;
}

/* The first whose host has a place left and whose node is not probed, taken off; NULL: there is none. */
static struct ab_route *take(struct ab_list *queue, size_t places)
{
    AB_LIST_EACH (each, queue) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_route, probe_node);

        if (route->source->probes < places && !route->node->probed) {
            ab_list_remove(each);
            return route;
        }
    }
    return NULL;
}

static void start_next(struct ab_engine *engine)
{
    struct ab_prober *prober = &engine->prober;
    size_t places = engine->limits.probes;
    size_t half = (places + 1) / 2;

    while (!engine->closing && prober->running < places) {
        struct ab_route *route = take(&prober->urgent, half);
        bool urgent = route;

        if (!route && prober->routine_running < places - places / 4)
            route = take(&prober->routine, half);
        if (!route)
            return;
        if (start(engine, route, urgent) < 0)
            ab_directory_unproved(route);
    }
}

void ab_prober_probe(struct ab_engine *engine, struct ab_route *route, bool urgent)
{
    if (route->probe || engine->closing || (ab_list_linked(&route->probe_node) && !urgent))
        return;
    ab_engine_disarm(engine, &route->silence);
    ab_list_remove(&route->probe_node);
    ab_list_append(urgent ? &engine->prober.urgent : &engine->prober.routine, &route->probe_node);
    start_next(engine);
}

void ab_prober_forget(struct ab_engine *engine, struct ab_route *route)
{
    struct ab_probe *probe = route->probe;

    ab_list_remove(&route->probe_node);
    if (!probe)
        return;
    ab_outbound_close(probe->connection, AB_CLOSE_NOW);
    end(probe);
    start_next(engine);
}

void ab_prober_stop(struct ab_engine *engine)
{
    AB_MAP_EACH (each, &engine->directory.services) {
        AB_LIST_EACH (node, &AB_CONTAINER(each, struct ab_found, node)->routes) {
            ab_prober_forget(engine, AB_CONTAINER(node, struct ab_route, found_node));
        }
    }
}

void ab_prober_init(struct ab_engine *engine)
{
    ab_list_init(&engine->prober.urgent);
    ab_list_init(&engine->prober.routine);
}
