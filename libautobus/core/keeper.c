/*
 * Owns the idle connections of liveness. Must not remove anything from the directory: a connection that ends makes it
 * suspect the routes of that node, and the prober finds out.
 *
 * Invariants: a service that some liveness listener lists is in the list of one keep (if there is room), that of the node
 * whose route it preferred when it was last reviewed; a keep lives as long as its list is not empty; its connection is
 * bound to one of the node's services or waits to try again. When that service goes and the bus stays, the next one takes
 * its place without a pause in which a death would not be seen.
 */
#include "core/keeper.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/browser_internal.h"
#include "core/internal.h"
#include "core/outbound.h"

#define AGAIN      (1 * AB_SECOND)
#define AGAIN_MOST (20 * AB_SECOND)
#define STEADY     (5 * AB_SECOND) /* a binding that lasted this long owes no wait */

struct ab_keep {
    struct ab_engine *engine;
    struct ab_node *node;
    struct ab_list services; /* struct ab_found.keep_node; never empty */
    struct ab_outbound *connection;
    struct ab_timer again;
    ab_time delay;
    ab_time bound_at; /* -1: not bound */
};

static void connect_to(struct ab_keep *keep);

static void try_again_later(struct ab_keep *keep)
{
    ab_engine_arm(keep->engine, &keep->again, ab_engine_jitter(keep->engine, keep->delay * 3 / 4, keep->delay / 4));
    keep->delay = keep->delay * 2 < AGAIN_MOST ? keep->delay * 2 : AGAIN_MOST;
}

static void connected(struct ab_outbound *connection)
{
    ab_outbound_bind(connection);
}

static void bound(struct ab_outbound *connection)
{
    struct ab_keep *keep = connection->owner;

    keep->bound_at = keep->engine->now;
}

/* At once if it was bound for a time, to the next of the node's services: its own may be what is gone, or not let us in. */
static void move_on(struct ab_keep *keep)
{
    bool steady = keep->bound_at >= 0 && keep->engine->now - keep->bound_at >= STEADY;

    ab_list_append(&keep->services, ab_list_take(&keep->services));
    keep->bound_at = -1;
    if (!steady) {
        try_again_later(keep);
        return;
    }
    keep->delay = AGAIN;
    connect_to(keep);
}

/* The whole bus may be gone: every service there is asked after. */
static void lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_keep *keep = connection->owner;
    struct ab_engine *engine = keep->engine;
    struct ab_node *node = keep->node;

    keep->connection = NULL;
    move_on(keep);
    if (ab_outbound_denied(loss))
        return;
    AB_LIST_EACH (each, &node->routes) {
        ab_prober_probe(engine, AB_CONTAINER(each, struct ab_route, node_node), true);
    }
}

static void heard(struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_keep *keep = connection->owner;
    struct ab_engine *engine = keep->engine;

    if (message->command != AB_COMMAND_CLOSING)
        return;
    ab_outbound_close(connection, AB_CLOSE_FLUSH);
    keep->connection = NULL;
    move_on(keep);
    ab_directory_closed(engine, &connection->stream.address, connection->service->data);
}

static const struct ab_outbound_ops keep_ops = {
    .connected = connected,
    .bound = bound,
    .message = heard,
    .lost = lost,
};

static void connect_to(struct ab_keep *keep)
{
    struct ab_found *found = AB_CONTAINER(keep->services.next, struct ab_found, keep_node);

    if (ab_outbound_open(keep->engine, &keep->node->address, found->id, &keep_ops, keep, &keep->connection) < 0)
        try_again_later(keep);
}

static void again(struct ab_timer *timer)
{
    connect_to(AB_CONTAINER(timer, struct ab_keep, again));
}

static void keep_free(struct ab_keep *keep)
{
    ab_outbound_close(keep->connection, AB_CLOSE_FLUSH);
    ab_engine_disarm(keep->engine, &keep->again);
    keep->node->keep = NULL;
    keep->engine->keeper.kept--;
    if (keep->engine->keeper.refused)
        ab_engine_arm(keep->engine, &keep->engine->keeper.room, 0);
    ab_free(keep);
}

static struct ab_keep *keep_get(struct ab_engine *engine, struct ab_node *node)
{
    struct ab_keep *keep = node->keep;

    if (keep)
        return keep;
    if (engine->keeper.kept >= engine->limits.live_connections * engine->keeper.listeners) {
        engine->keeper.refused = true;
        return NULL;
    }
    keep = ab_calloc(1, sizeof(*keep));
    if (!keep)
        return NULL;
    keep->engine = engine;
    keep->node = node;
    keep->delay = AGAIN;
    keep->bound_at = -1;
    ab_list_init(&keep->services);
    ab_timer_init(&keep->again, again);
    node->keep = keep;
    engine->keeper.kept++;
    return keep;
}

void ab_keeper_forget(struct ab_found *found)
{
    struct ab_keep *keep = found->keep;

    if (!keep)
        return;
    found->keep = NULL;
    ab_list_remove(&found->keep_node);
    if (ab_list_empty(&keep->services))
        keep_free(keep);
}

void ab_keeper_review(struct ab_found *found)
{
    struct ab_engine *engine = found->engine;
    struct ab_node *node = ab_found_preferred(found)->node;
    bool wanted = engine->keeper.listeners > 0 && !engine->closing && ab_browsers_want_alive(found);
    struct ab_keep *keep;

    if (wanted ? found->keep && found->keep->node == node : !found->keep)
        return;
    ab_keeper_forget(found);
    keep = wanted ? keep_get(engine, node) : NULL;
    if (!keep)
        return;
    ab_list_append(&keep->services, &found->keep_node);
    found->keep = keep;
    if (!keep->connection && !ab_timer_armed(&keep->again))
        connect_to(keep);
}

void ab_keeper_review_all(struct ab_engine *engine)
{
    engine->keeper.refused = false;
    AB_MAP_EACH (each, &engine->directory.services) {
        ab_keeper_review(AB_CONTAINER(each, struct ab_found, node));
    }
}

void ab_keeper_node_gone(struct ab_node *node)
{
    struct ab_list *each;

    if (!node->keep)
        return;
    while ((each = ab_list_take(&node->keep->services)))
        AB_CONTAINER(each, struct ab_found, keep_node)->keep = NULL;
    keep_free(node->keep);
}

/* One that ended left its place to another. */
static void on_room(struct ab_timer *timer)
{
    ab_keeper_review_all(AB_CONTAINER(timer, struct ab_engine, keeper.room));
}

void ab_keeper_init(struct ab_engine *engine)
{
    ab_timer_init(&engine->keeper.room, on_room);
}

void ab_keeper_stop(struct ab_engine *engine)
{
    AB_MAP_EACH (each, &engine->directory.nodes) {
        ab_keeper_node_gone(AB_CONTAINER(each, struct ab_node, node));
    }
    ab_engine_disarm(engine, &engine->keeper.room);
}
