/*
 * Owns whose connection is given up when those of all clients together have too much waiting (autobus(7)). Must not
 * know what it is that waits.
 *
 * Each connection may have a line of input and megabytes of output waiting, and there may be thousands. The host that has
 * most loses the connection that has most, so that nobody is harmed by what another host does.
 */
#include "core/inbound.h"

static size_t held(const struct ab_inbound *connection)
{
    const struct ab_engine *engine = connection->stream.engine;

    return engine->host->held(engine->context, connection->stream.id.number);
}

/* All that waits, and what of it each host has. */
static size_t weigh(struct ab_engine *engine)
{
    size_t all = 0;

    AB_MAP_EACH (each, &engine->server.visitors) {
        AB_CONTAINER(each, struct ab_visitor, node)->held = 0;
    }
    AB_NUMBERS_EACH (each, &engine->streams) {
        struct ab_inbound *connection = ab_inbound_of(AB_CONTAINER(each, struct ab_stream, id));
        size_t bytes = connection ? held(connection) : 0;

        if (connection)
            connection->visitor->held += bytes;
        all += bytes;
    }
    return all;
}

static struct ab_visitor *heaviest_visitor(struct ab_engine *engine)
{
    struct ab_visitor *most = NULL;

    AB_MAP_EACH (each, &engine->server.visitors) {
        struct ab_visitor *visitor = AB_CONTAINER(each, struct ab_visitor, node);

        if (!most || visitor->held > most->held)
            most = visitor;
    }
    return most;
}

static struct ab_inbound *heaviest_of(struct ab_engine *engine, const struct ab_visitor *visitor)
{
    struct ab_inbound *most = NULL;

    AB_NUMBERS_EACH (each, &engine->streams) {
        struct ab_inbound *connection = ab_inbound_of(AB_CONTAINER(each, struct ab_stream, id));

        if (connection && connection->visitor == visitor && (!most || held(connection) > held(most)))
            most = connection;
    }
    return most;
}

bool ab_engine_crowded(struct ab_engine *engine, ab_time now)
{
    size_t most = engine->limits.inbound_bytes;
    size_t all, left;

    ab_engine_enter(engine, now);
    all = left = weigh(engine);
    while (left > most) {
        struct ab_visitor *visitor = heaviest_visitor(engine);
        struct ab_inbound *connection = heaviest_of(engine, visitor);
        size_t bytes = held(connection);

        left -= bytes;
        visitor->held -= bytes; /* which may be gone with its last connection */
        ab_inbound_cut_off(connection, "all clients together have too much waiting, and it has most");
    }
    return all > most;
}
