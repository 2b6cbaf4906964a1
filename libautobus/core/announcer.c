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
#define GOODBYE_GAP     (45 * AB_MILLISECOND)
#define SHARE           (500) /* queries within half a millisecond share an answer: both packets of a pair do */
#define CROWD           4     /* buses that may answer at once without harm */
#define SPREAD_EACH     (500)
#define SPREAD_MOST     (99 * AB_MILLISECOND)

/* Where the service may be used, and nowhere else. */
static void send(const struct ab_service *service, const struct ab_buffer *packet, enum ab_broadcast_order order)
{
    struct ab_engine *engine = service->engine;

    engine->host->broadcast(engine->context, ab_buffer_data(packet), ab_buffer_size(packet), order, service->within);
}

/* ---- Announcements */

/* What is taken back later. */
static void remember_place(struct ab_service *service)
{
    service->port = service->engine->server.port;
    service->within = service->access;
}

/* A packet that does not fit was refused when the service was made; without memory it goes out the next time. */
static void send_add(struct ab_service *service)
{
    struct ab_engine *engine = service->engine;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    remember_place(service);
    if (ab_packet_write_add(packet, service->port, service->id->data, service->info,
                            engine->host->local(engine->context)) == 0) {
        send(service, packet, AB_LOOPBACK_FIRST);
        engine->counters.discovery_adds_sent++;
    }
}

static void send_remove(struct ab_service *service)
{
    struct ab_engine *engine = service->engine;
    struct ab_buffer *packet = ab_engine_scratch(engine);

    if (ab_packet_write_remove(packet, service->port, service->id->data) == 0) {
        send(service, packet, AB_LOOPBACK_LAST);
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

/* ---- Publishing */

void ab_announcer_forget(struct ab_service *service)
{
    ab_engine_disarm(service->engine, &service->announcement.timer);
    if (service->announcement.goodbyes > 0)
        service->engine->announcer.parting--;
    service->announcement.goodbyes = 0;
}

/* Now, and twice more soon: a datagram can be lost. */
static void begin(struct ab_service *service)
{
    ab_announcer_forget(service);
    service->announcement.early = 2;
    announce(service);
}

static void published(struct ab_publisher *publisher, struct ab_service *service)
{
    ab_time delay = (ab_time)publisher->engine->announce_delay_ms * AB_MILLISECOND;

    if (delay == 0) {
        begin(service);
        return;
    }
    ab_announcer_forget(service);
    service->announcement.early = 2;
    remember_place(service);
    ab_engine_arm(service->engine, &service->announcement.timer, delay);
}

/* Says once that what was announced last is no more. */
static void changed(struct ab_publisher *publisher, struct ab_service *service)
{
    (void)publisher;
    send_remove(service);
    begin(service);
}

/* ab_service_parted is called after the last. */
static void withdrawn(struct ab_publisher *publisher, struct ab_service *service)
{
    ab_announcer_forget(service);
    service->announcement.goodbyes = publisher->engine->goodbyes;
    publisher->engine->announcer.parting++;
    part(service);
}

static const struct ab_publisher_ops ops = {
    .published = published,
    .changed = changed,
    .withdrawn = withdrawn,
};

static bool is_started(const struct ab_engine *engine)
{
    return ab_publisher_is_added(&engine->announcer.publisher);
}

void ab_announcer_announce_all(struct ab_engine *engine)
{
    if (!is_started(engine))
        return;
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service))
            begin(service);
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

/* Takes one answer from the bucket: how long until it may go out. At most the gap between two answers, which is why
 * who asks waits for longer than that before he has seen all (seeker.c). */
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

    if (ab_timer_armed(&engine->announcer.answer) || !is_started(engine) || engine->server.published == 0)
        return;
    wait = bucket_delay(engine);
    crowd = crowd_delay(engine);
    ab_engine_arm(engine, &engine->announcer.answer, wait + crowd);
}

/* ---- Life */

void ab_announcer_init(struct ab_engine *engine)
{
    ab_publisher_init(&engine->announcer.publisher, &ops);
    ab_timer_init(&engine->announcer.answer, answer);
    engine->announcer.credit = INT64_MIN / 2;
}

void ab_announcer_start(struct ab_engine *engine)
{
    if (!is_started(engine))
        ab_publisher_add(&engine->announcer.publisher, engine);
}

void ab_announcer_close(struct ab_engine *engine)
{
    ab_engine_disarm(engine, &engine->announcer.answer);
}

void ab_announcer_stop(struct ab_engine *engine)
{
    ab_announcer_close(engine);
    if (!is_started(engine))
        return;
    ab_publisher_remove(&engine->announcer.publisher);
    AB_LIST_EACH (each, &engine->server.services) {
        struct ab_service *service = AB_CONTAINER(each, struct ab_service, node);

        if (ab_service_is_published(service))
            withdrawn(&engine->announcer.publisher, service);
    }
}
