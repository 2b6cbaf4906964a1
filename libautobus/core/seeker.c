/*
 * Owns the schedule of queries, and how long an answer to them may take. Must not know what the directory makes of the
 * answers.
 */
#include "core/seeker.h"

#include "core/internal.h"

#define SETTLE_QUIET (250 * AB_MILLISECOND)
#define SETTLE_MOST  (2 * AB_SECOND)
/* A bus that was asked often answers half a second after its last answer (PROTOCOL section 1), and half a second after
 * the first query the second one asks those who missed it. */
#define SETTLE_LEAST (550 * AB_MILLISECOND)

/* Gaps between queries: they go out at 0, 0.5, 1.5, 3.5, 7.5 and 14.5 s. */
static const ab_time query_gaps[] = {500 * AB_MILLISECOND, 1 * AB_SECOND, 2 * AB_SECOND, 4 * AB_SECOND, 7 * AB_SECOND};

/* ---- Asking */

static void send_query(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, seeker.query);
    struct ab_seeker *seeker = &engine->seeker;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    if (ab_packet_write_query(packet) == 0) {
        engine->host->broadcast(engine->context, ab_buffer_data(packet), ab_buffer_size(packet), AB_LOOPBACK_FIRST,
                                NULL);
        engine->counters.discovery_queries_sent++;
    }
    if (seeker->queries < sizeof(query_gaps) / sizeof(query_gaps[0]))
        ab_engine_arm(engine, timer, query_gaps[seeker->queries++]);
}

void ab_seeker_query(struct ab_engine *engine)
{
    if (!ab_discoverer_is_added(&engine->seeker.discoverer))
        return;
    engine->seeker.queries = 0;
    ab_engine_disarm(engine, &engine->seeker.query);
    send_query(&engine->seeker.query);
}

/* ---- Hearing */

void ab_seeker_heard(struct ab_engine *engine, const struct ab_address *at, const struct ab_packet *packet)
{
    struct ab_discoverer *discoverer = &engine->seeker.discoverer;

    if (packet->command == AB_PACKET_ADD && ab_distrust_holds(engine, at, packet->service))
        return;
    if (packet->command == AB_PACKET_ADD)
        ab_discoverer_report(discoverer, engine->now, at, packet->service, packet->info);
    else
        ab_discoverer_withdraw(discoverer, engine->now, at, packet->service);
}

/* ---- Settling */

static void settle_later(struct ab_engine *engine, ab_time quiet)
{
    struct ab_seeker *seeker = &engine->seeker;
    ab_time when = engine->now + quiet;

    if (!seeker->discoverer.looking)
        return;
    if (when < seeker->first_query + SETTLE_LEAST)
        when = seeker->first_query + SETTLE_LEAST;
    if (when > seeker->first_query + SETTLE_MOST)
        when = seeker->first_query + SETTLE_MOST;
    ab_timer_arm(&engine->timers, &seeker->settle, when);
}

static void settle(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, seeker.settle);

    ab_discoverer_looked(&engine->seeker.discoverer, engine->now);
}

void ab_seeker_news(struct ab_engine *engine)
{
    settle_later(engine, SETTLE_QUIET);
}

/* ---- Life */

void ab_seeker_init(struct ab_engine *engine)
{
    struct ab_seeker *seeker = &engine->seeker;

    ab_discoverer_init(&seeker->discoverer, "broadcast", AB_DISCOVERER_HEARSAY);
    ab_timer_init(&seeker->query, send_query);
    ab_timer_init(&seeker->settle, settle);
}

void ab_seeker_start(struct ab_engine *engine)
{
    struct ab_seeker *seeker = &engine->seeker;

    if (ab_discoverer_is_added(&seeker->discoverer))
        return;
    ab_discoverer_add(&seeker->discoverer, engine, engine->now);
    ab_discoverer_look(&seeker->discoverer);
    seeker->first_query = engine->now;
    ab_seeker_query(engine);
    settle_later(engine, 0);
}

void ab_seeker_close(struct ab_engine *engine)
{
    ab_engine_disarm(engine, &engine->seeker.query);
    ab_engine_disarm(engine, &engine->seeker.settle);
}

void ab_seeker_stop(struct ab_engine *engine)
{
    ab_seeker_close(engine);
    ab_discoverer_remove(&engine->seeker.discoverer, engine->now);
}
