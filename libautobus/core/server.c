/*
 * Owns the port, the introspection service, and the accounting of connections that come in. Must not know what is said on
 * them. Limits: autobus(7).
 */
#include "core/server.h"

#include "base/error.h"
#include "base/memory.h"
#include "core/inbound.h"
#include "core/introspection.h"
#include "core/service_internal.h"

/* ---- Visitors */

static struct ab_visitor *visitor_get(struct ab_engine *engine, const struct ab_address *peer)
{
    struct ab_address host = *peer;
    struct ab_map_node *node;
    struct ab_visitor *visitor;

    host.port = 0;
    node = ab_map_find(&engine->server.visitors, &host, sizeof(host));
    if (node)
        return AB_CONTAINER(node, struct ab_visitor, node);
    visitor = ab_calloc(1, sizeof(*visitor));
    if (!visitor)
        return NULL;
    visitor->host = host;
    ab_map_insert(&engine->server.visitors, &visitor->node, &visitor->host, sizeof(visitor->host));
    return visitor;
}

static void visitor_put(struct ab_engine *engine, struct ab_visitor *visitor)
{
    if (visitor->connections > 0)
        return;
    ab_map_remove(&engine->server.visitors, &visitor->node);
    ab_free(visitor);
}

struct ab_visitor *ab_server_admit(struct ab_engine *engine, const struct ab_address *peer)
{
    struct ab_visitor *visitor = visitor_get(engine, peer);
    size_t most =
        ab_address_is_loopback(peer) ? engine->limits.connections_loopback : engine->limits.connections_per_host;
    char host[AB_ADDRESS_HOST_TEXT];

    if (!visitor)
        return NULL;
    if (engine->server.connections >= engine->limits.connections || visitor->connections >= most) {
        ab_engine_complain(engine, &engine->server.complaint, "client %s is refused: too many connections",
                           ab_address_host_text(peer, host));
        visitor_put(engine, visitor);
        engine->counters.inbound_refused++;
        return NULL;
    }
    engine->counters.inbound_accepted++;
    visitor->connections++;
    engine->server.connections++;
    return visitor;
}

void ab_server_dismiss(struct ab_engine *engine, struct ab_visitor *visitor)
{
    visitor->connections--;
    engine->server.connections--;
    visitor_put(engine, visitor);
}

/* ---- Connections that are not bound */

static struct ab_visitor *most_unbound(struct ab_engine *engine)
{
    struct ab_visitor *most = NULL;

    AB_LIST_EACH (each, &engine->server.unbound) {
        struct ab_visitor *visitor = AB_CONTAINER(each, struct ab_inbound, node)->visitor;

        if (!most || visitor->unbound > most->unbound)
            most = visitor;
    }
    return most;
}

static void displace_oldest_of(struct ab_engine *engine, const struct ab_visitor *visitor)
{
    AB_LIST_EACH (each, &engine->server.unbound) {
        struct ab_inbound *connection = AB_CONTAINER(each, struct ab_inbound, node);

        if (connection->visitor == visitor) {
            engine->counters.inbound_displaced++;
            ab_inbound_close(connection, AB_CLOSE_NOW);
            return;
        }
    }
}

void ab_server_unbound(struct ab_engine *engine, struct ab_inbound *connection)
{
    if (engine->server.unbound_count >= engine->limits.unbound)
        displace_oldest_of(engine, most_unbound(engine));
    ab_list_append(&engine->server.unbound, &connection->node);
    engine->server.unbound_count++;
    connection->visitor->unbound++;
}

/* ---- Listening */

struct ab_service *ab_server_find(struct ab_engine *engine, const char *service)
{
    struct ab_map_node *node;

    if (!service)
        return engine->server.details;
    node = ab_map_find_text(&engine->server.published_ids, service);
    return node ? AB_CONTAINER(node, struct ab_service, published_node) : NULL;
}

static int listen_on_port(struct ab_engine *engine)
{
    return engine->server.port ? 0 : engine->host->listen(engine->context, &engine->server.port);
}

static void listen_no_more(struct ab_engine *engine)
{
    if (engine->server.port)
        engine->host->unlisten(engine->context);
    engine->server.port = 0;
}

static int open_details(struct ab_engine *engine, const struct ab_service *also)
{
    struct ab_networks *scope;
    struct ab_service *details;
    int r = ab_scope_of(engine, also, &scope);

    if (r < 0)
        return r;
    r = ab_service_new_details(engine, scope, &details);
    if (r < 0)
        ab_free(scope);
    else
        engine->server.details = details;
    return r;
}

static int set_scope(struct ab_engine *engine, const struct ab_service *also)
{
    struct ab_service *details = engine->server.details;
    struct ab_networks *scope;
    int r = ab_scope_of(engine, also, &scope);

    if (r < 0)
        return r;
    if (ab_networks_equal(scope, details->access))
        ab_free(scope);
    else
        ab_service_move(details, scope);
    return 0;
}

int ab_server_open(struct ab_engine *engine, const struct ab_service *also)
{
    int r = listen_on_port(engine);

    if (r < 0)
        return r;
    if (engine->server.details)
        return set_scope(engine, also);
    r = open_details(engine, also);
    if (r < 0)
        listen_no_more(engine);
    return r;
}

void ab_server_review_scope(struct ab_engine *engine)
{
    if (engine->server.details)
        set_scope(engine, NULL);
}

void ab_server_settle(struct ab_engine *engine)
{
    struct ab_service *details = engine->server.details;

    if (engine->server.published > 0) {
        ab_server_review_scope(engine);
        return;
    }
    engine->server.details = NULL;
    if (details)
        ab_service_free(details, engine->now);
    ab_engine_disarm(engine, &engine->server.gathering);
    listen_no_more(engine);
}

void ab_engine_port_changed(struct ab_engine *engine, ab_time now, uint16_t port)
{
    ab_engine_enter(engine, now);
    if (!engine->server.port || engine->server.port == port)
        return;
    engine->server.port = port;
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service))
            ab_publishers_changed(service);
    }
    if (engine->server.details)
        ab_introspection_changed(engine->server.details, AB_BUILTIN_NONE);
}

void ab_engine_port_claimed(struct ab_engine *engine, ab_time now, uint16_t port)
{
    ab_engine_enter(engine, now);
    AB_MAP_EACH (each, &engine->directory.nodes) {
        struct ab_node *node = AB_CONTAINER(each, struct ab_node, node);

        if (node->address.port != port || !engine->host->here(engine->context, &node->address))
            continue;
        AB_LIST_EACH (route, &node->routes) {
            ab_prober_probe(engine, AB_CONTAINER(route, struct ab_route, node_node), true);
        }
    }
}

/* ---- Life */

static void close_list(struct ab_list *list)
{
    AB_LIST_EACH_SAFE (each, list) {
        ab_inbound_close(AB_CONTAINER(each, struct ab_inbound, node), AB_CLOSE_FLUSH);
    }
}

/* Closing one service may end the introspection service too, so each step begins anew. */
static struct ab_service *next_open(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (!service->closed && service != engine->server.details)
            return service;
    }
    return NULL;
}

void ab_server_close(struct ab_engine *engine)
{
    struct ab_service *service;

    while ((service = next_open(engine)))
        ab_service_close(service, engine->now);
    close_list(&engine->server.unbound);
    ab_server_settle(engine);
}

void ab_server_init(struct ab_engine *engine)
{
    struct ab_server *server = &engine->server;

    ab_list_init(&server->services);
    ab_list_init(&server->unbound);
    ab_list_init(&server->closing);
    ab_introspection_init(engine);
    ab_map_init(&server->published_ids, ab_random_next(&engine->random));
    ab_map_init(&server->visitors, ab_random_next(&engine->random));
}

/* Handles are dead by now; what is left are services that still have goodbyes to say. */
void ab_server_deinit(struct ab_engine *engine)
{
    close_list(&engine->server.unbound);
    close_list(&engine->server.closing);
    AB_LIST_EACH_SAFE (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        ab_announcer_forget(service);
        ab_service_parted(service);
    }
    ab_map_deinit(&engine->server.published_ids);
    ab_map_deinit(&engine->server.visitors);
}
