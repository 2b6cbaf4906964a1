/*
 * Owns the decision who may use a service. Must not know what is answered to who may not, nor where services are
 * announced.
 *
 * Invariant: what a peer is not permitted is refused before anything of the service is looked up for it, so that a
 * refusal says nothing of what is there.
 */
#include "core/access.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/inbound.h"

/* ---- Deciding */

/* The introspection service is everybody's: it tells nobody more than he may know. */
static bool is_within(const struct ab_service *service, const struct ab_peer *peer)
{
    const struct ab_networks *access = service->access;

    if (!access || peer->local || service == service->engine->server.details)
        return true;
    for (size_t i = 0; i < access->count; i++) {
        if (ab_network_has(&access->items[i], peer->address.host))
            return true;
    }
    return false;
}

bool ab_access_permits(const struct ab_service *service, const struct ab_inbound *connection, enum ab_access_kind kind,
                       const char *name)
{
    const struct ab_access_guard *guard = &service->guard;
    struct ab_peer peer = ab_inbound_peer(connection);

    if (!is_within(service, &peer))
        return false;
    return !guard->permits || guard->permits(guard->context, &peer, kind, name);
}

bool ab_access_admits(const struct ab_service *service, const struct ab_inbound *connection, enum ab_access_kind kind,
                      const char *name)
{
    static const char *const what[] = {[AB_ACCESS_BIND] = "to bind to",
                                       [AB_ACCESS_CALL] = "a call of",
                                       [AB_ACCESS_WATCH] = "to watch",
                                       [AB_ACCESS_LISTEN] = "to listen to"};
    struct ab_engine *engine = service->engine;
    const char *denied = name ? name : service->id->data;
    char host[AB_ADDRESS_HOST_TEXT];

    if (ab_access_permits(service, connection, kind, name))
        return true;
    engine->counters.requests_denied++;
    ab_engine_complain(engine, &engine->server.denials, "client %s:%u is denied %s %.*s",
                       ab_address_host_text(&connection->stream.address, host),
                       (unsigned)connection->stream.address.port, what[kind],
                       (int)ab_text_cut(denied, strlen(denied), 100), denied);
    return false;
}

/* ---- Where a bus is seen */

static bool counts(const struct ab_service *service, const struct ab_service *also)
{
    if (service == service->engine->server.details)
        return false;
    return service == also || ab_service_is_published(service);
}

/* Each network once. */
static void add_networks(struct ab_networks *to, const struct ab_networks *from)
{
    for (size_t i = 0; i < from->count; i++) {
        size_t at = 0;

        while (at < to->count && memcmp(&to->items[at], &from->items[i], sizeof(*to->items)) != 0)
            at++;
        to->items[at] = from->items[i];
        if (at == to->count)
            to->count++;
    }
}

/* False: everywhere. */
static bool count_networks(struct ab_engine *engine, const struct ab_service *also, size_t *ret_most)
{
    size_t most = 0;

    AB_LIST_EACH (each, &engine->server.services) {
        const struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (counts(service, also) && !service->access)
            return false;
        most += counts(service, also) ? service->access->count : 0;
    }
    *ret_most = most;
    return true;
}

int ab_scope_of(struct ab_engine *engine, const struct ab_service *also, struct ab_networks **ret_networks)
{
    struct ab_networks *all;
    size_t most;

    if (!count_networks(engine, also, &most)) {
        *ret_networks = NULL;
        return 0;
    }
    all = ab_calloc(1, sizeof(*all) + most * sizeof(*all->items));
    if (!all)
        return AB_ENOMEM;
    AB_LIST_EACH (each, &engine->server.services) {
        const struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (counts(service, also))
            add_networks(all, service->access);
    }
    *ret_networks = all;
    return 0;
}

/* ---- New rules */

static bool permits_all(const struct ab_service *service, const struct ab_inbound *connection,
                        const struct ab_map *interests, enum ab_access_kind kind)
{
    AB_MAP_EACH (each, interests) {
        const struct ab_interest *interest = AB_CONTAINER(each, struct ab_interest, node);

        if (!ab_access_permits(service, connection, kind, interest->topic->name->data))
            return false;
    }
    return true;
}

void ab_access_review(struct ab_service *service)
{
    AB_LIST_EACH_SAFE (each, &service->connections) {
        struct ab_inbound *connection = AB_CONTAINER(each, struct ab_inbound, node);

        if (!ab_access_permits(service, connection, AB_ACCESS_BIND, NULL) ||
            (connection->interests &&
             (!permits_all(service, connection, &connection->interests->watches, AB_ACCESS_WATCH) ||
              !permits_all(service, connection, &connection->interests->listens, AB_ACCESS_LISTEN))))
            ab_inbound_close(connection, AB_CLOSE_FLUSH);
    }
}

void ab_access_drop_guard(struct ab_service *service)
{
    struct ab_access_guard guard = service->guard;

    service->guard = (struct ab_access_guard){0};
    if (guard.release)
        guard.release(guard.context);
}
