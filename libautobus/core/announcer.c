/*
 * Owns the schedule of datagrams. Must not know the directory beyond how many nodes it has, nor what a service is beyond
 * its id and its encoded info.
 *
 * Invariant: a service has its timer armed exactly while it is published (next announcement) or has goodbyes left.
 */
#include "core/announcer.h"

#include "core/internal.h"
#include "core/service_internal.h"

#define ANNOUNCE        (10 * AB_SECOND)
#define ANNOUNCE_JITTER (5 * AB_SECOND)
#define GOODBYES        3
#define GOODBYE_GAP     (45 * AB_MILLISECOND)
#define SHARE           (500) /* queries within half a millisecond share an answer: both packets of a pair do */
#define CROWD           4     /* buses that may answer at once without harm */
#define SPREAD_EACH     (500)
#define SPREAD_MOST     (99 * AB_MILLISECOND)

/* ---- Queries */

/* Gaps between queries: they go out at 0, 0.5, 1.5, 3.5, 7.5 and 14.5 s. */
static const ab_time query_gaps[] = {500 * AB_MILLISECOND, 1 * AB_SECOND, 2 * AB_SECOND, 4 * AB_SECOND, 7 * AB_SECOND};

static void send(struct ab_engine *engine, const struct ab_buffer *packet, enum ab_broadcast_order order)
{
    engine->host->broadcast(engine->context, ab_buffer_data(packet), ab_buffer_size(packet), order);
}

static void send_query(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, announcer.query);
    struct ab_announcer *announcer = &engine->announcer;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    if (ab_packet_write_query(packet) == 0) {
        send(engine, packet, AB_LOOPBACK_FIRST);
        engine->counters.discovery_queries_sent++;
    }
    if (announcer->queries < sizeof(query_gaps) / sizeof(query_gaps[0]))
        ab_engine_arm(engine, timer, query_gaps[announcer->queries++]);
}

void ab_announcer_query(struct ab_engine *engine)
{
    engine->announcer.queries = 0;
    ab_engine_disarm(engine, &engine->announcer.query);
    send_query(&engine->announcer.query);
}

/* ---- Announcements */

/* A packet that does not fit was refused when the service was made; without memory it goes out the next time. */
static void send_add(struct ab_service *service)
{
    struct ab_engine *engine = service->engine;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    service->port = engine->server.port;
    if (ab_packet_write_add(packet, service->port, service->id->data, service->info) == 0) {
        send(engine, packet, AB_LOOPBACK_FIRST);
        engine->counters.discovery_adds_sent++;
    }
}

static void send_remove(struct ab_service *service)
{
    struct ab_engine *engine = service->engine;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    if (ab_packet_write_remove(packet, service->port, service->id->data) == 0) {
        send(engine, packet, AB_LOOPBACK_LAST);
        engine->counters.discovery_removes_sent++;
    }
}

static void announce(struct ab_service *service)
{
    struct ab_announcement *announcement = &service->announcement;
    ab_time next;

    send_add(service);
    if (announcement->early > 0)
        next = announcement->early-- == 2 ? 1 * AB_SECOND : 2 * AB_SECOND;
    else
        next = ab_engine_jitter(service->engine, ANNOUNCE, ANNOUNCE_JITTER);
    ab_engine_arm(service->engine, &announcement->timer, next);
}

static void part(struct ab_service *service)
{
    struct ab_announcement *announcement = &service->announcement;

    send_remove(service);
    if (--announcement->goodbyes > 0) {
        ab_engine_arm(service->engine, &announcement->timer, GOODBYE_GAP);
        return;
    }
    service->engine->announcer.parting--;
    ab_service_parted(service);
}

static void due(struct ab_timer *timer)
{
    struct ab_service *service = AB_CONTAINER(timer, struct ab_service, announcement.timer);

    if (service->announcement.goodbyes > 0)
        part(service);
    else
        announce(service);
}

void ab_announcement_init(struct ab_announcement *announcement)
{
    *announcement = (struct ab_announcement){0};
    ab_timer_init(&announcement->timer, due);
}

void ab_announcer_publish(struct ab_service *service)
{
    service->announcement.early = 2;
    announce(service);
}

void ab_announcer_withdraw(struct ab_service *service)
{
    send_remove(service);
}

void ab_announcer_goodbye(struct ab_service *service)
{
    service->announcement.goodbyes = GOODBYES;
    service->engine->announcer.parting++;
    part(service);
}

void ab_announcer_forget(struct ab_service *service)
{
    ab_engine_disarm(service->engine, &service->announcement.timer);
    if (service->announcement.goodbyes > 0)
        service->engine->announcer.parting--;
    service->announcement.goodbyes = 0;
}

void ab_announcer_announce_all(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service))
            ab_announcer_publish(service);
    }
}

/* ---- Answers */

/* One answer announces every service; each then has its time to the next announcement anew, unless that is one of its
 * first: those come in any case, since the answer too may be lost. */
static void answer(struct ab_timer *timer)
{
    struct ab_engine *engine = AB_CONTAINER(timer, struct ab_engine, announcer.answer);

    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (!ab_service_is_published(service))
            continue;
        if (service->announcement.early > 0)
            send_add(service);
        else
            announce(service);
    }
}

/* Takes one answer from the bucket: how long until it may go out. */
static ab_time bucket_delay(struct ab_engine *engine)
{
    struct ab_announcer *announcer = &engine->announcer;
    ab_time each = AB_SECOND / (ab_time)engine->limits.answers_per_second;
    ab_time depth = each * ((ab_time)engine->limits.answers_burst - 1);

    if (announcer->credit < engine->now - depth)
        announcer->credit = engine->now - depth;
    announcer->credit += each;
    return announcer->credit - each > engine->now ? announcer->credit - each - engine->now : 0;
}

/* Grows with the number of buses that may answer too (PROTOCOL section 1). */
static ab_time crowd_delay(struct ab_engine *engine)
{
    size_t nodes = engine->directory.nodes.count;
    ab_time spread = nodes > CROWD ? (ab_time)(nodes - CROWD) * SPREAD_EACH : 0;

    return ab_engine_jitter(engine, SHARE, spread < SPREAD_MOST ? spread : SPREAD_MOST);
}

void ab_announcer_asked(struct ab_engine *engine)
{
    ab_time wait;
    ab_time crowd;

    if (engine->announcer.answer.armed || engine->closing || engine->server.published == 0)
        return;
    wait = bucket_delay(engine);
    crowd = crowd_delay(engine);
    ab_engine_arm(engine, &engine->announcer.answer, wait > crowd ? wait : crowd);
}

/* ---- Life */

void ab_announcer_init(struct ab_engine *engine)
{
    ab_timer_init(&engine->announcer.query, send_query);
    ab_timer_init(&engine->announcer.answer, answer);
    engine->announcer.credit = INT64_MIN / 2;
}

void ab_announcer_stop(struct ab_engine *engine)
{
    ab_engine_disarm(engine, &engine->announcer.query);
    ab_engine_disarm(engine, &engine->announcer.answer);
}
