/*
 * Owns the connection to a known host, and what it told last. Must not know names of hosts beyond showing them, nor what
 * the directory makes of reports.
 *
 * What it reports is hearsay: while the connection stands it is repeated, so that it never counts as silent, and when it
 * is lost the directory asks each route in its time. So another bus of the host can take over with nothing lost.
 *
 * Invariants: it waits for addresses, has a connection, or has `again` armed; it reports places at the address of the
 * connection that told them last, and only those of `told`.
 */
#include "core/seed.h"

#include <string.h>

#include "base/complaint.h"
#include "base/error.h"
#include "base/memory.h"
#include "core/internal.h"
#include "core/outbound.h"
#include "wire/packet.h"

#define ADDRESSES_MOST 16
#define STEADY         (5 * AB_SECOND) /* a connection that lasted this long owes no backoff */
#define REPEAT         (15 * AB_SECOND)
#define REPEAT_JITTER  (5 * AB_SECOND)
#define PATIENCE       (2 * AB_SECOND) /* autobus(7): settled */

static const char directory_object[] = "directory";
static const char details_object[] = "details"; /* of who has no directory: its own services, all at its port */

struct ab_seed {
    struct ab_list node; /* in engine->seeds */
    struct ab_engine *engine;
    struct ab_discoverer discoverer;
    struct ab_notice wish; /* for addresses */
    char *name;
    struct ab_address addresses[ADDRESSES_MOST];
    size_t count;
    size_t next; /* to try */
    struct ab_outbound *connection;
    ab_time bound_at; /* -1: it is not */
    const char *watched;
    uint64_t watch_id; /* of the command that was not answered yet */
    struct ab_timer again;
    struct ab_timer patience; /* until discovery waits for it no longer */
    unsigned level;           /* of the backoff */
    json_t *told;             /* the newest value, or NULL */
    struct ab_address teller; /* who told it */
    struct ab_complaint complaint;
};

/* ---- What it was told */

/* Text and number of one place; false: it is none. */
static bool read_place(const struct ab_seed *seed, const char *id, const json_t *place, struct ab_address *ret_at,
                       json_t **ret_info)
{
    size_t size = strlen(id);
    const json_t *port = json_object_get(place, "port");
    json_int_t number = port ? json_integer_value(port) : seed->teller.port;

    *ret_info = json_object_get(place, "info");
    *ret_at = seed->teller;
    ret_at->port = (uint16_t)number;
    return size >= 1 && size <= AB_SERVICE_MOST && json_is_object(*ret_info) && number >= 1 && number <= UINT16_MAX;
}

/* Nothing to say: whoever else reports it decides whether it is silent, or two hosts that know each other would keep
 * alive what is gone. But if the info is what this one told first, nobody else tells that it is another now. */
static bool has_been_said(struct ab_seed *seed, const struct ab_address *at, const char *id, const json_t *info)
{
    const struct ab_route *route = ab_directory_route(seed->engine, at, id);
    const struct ab_report *report = route ? ab_route_report_of(route, &seed->discoverer) : NULL;

    if (!report || ab_report_is_only(report))
        return false;
    return route->found->by != &seed->discoverer || json_equal(route->found->info, info);
}

static void report_all(struct ab_seed *seed)
{
    struct ab_address at;
    json_t *info;
    json_t *place;
    const char *id;

    json_object_foreach(seed->told, id, place)
    {
        if (read_place(seed, id, place, &at, &info) && !has_been_said(seed, &at, id, info))
            ab_discoverer_report(&seed->discoverer, seed->engine->now, &at, id, info);
    }
}

static bool is_told(const struct ab_seed *seed, const struct ab_route *route)
{
    const char *id = route->found->id->data;
    struct ab_address at;
    json_t *info;

    return read_place(seed, id, json_object_get(seed->told, id), &at, &info) &&
           ab_address_equal(&at, &route->node->address);
}

static void withdraw_others(struct ab_seed *seed)
{
    AB_LIST_EACH_SAFE (each, &seed->discoverer.reports) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_report, discoverer_node)->route;

        if (!is_told(seed, route))
            ab_discoverer_withdraw(&seed->discoverer, seed->engine->now, &route->node->address, route->found->id->data);
    }
}

/* Takes the value. */
static void take(struct ab_seed *seed, json_t *value)
{
    json_decref(seed->told);
    seed->told = value;
    seed->teller = seed->connection->stream.address;
    report_all(seed);
    withdraw_others(seed);
    ab_discoverer_looked(&seed->discoverer, seed->engine->now);
}

/* ---- Watching */

static void watch(struct ab_seed *seed, const char *object)
{
    struct ab_outbound *connection = seed->connection;
    struct ab_buffer *out = ab_engine_scratch(seed->engine);

    seed->watched = object;
    seed->watch_id = ab_outbound_next_id(connection);
    if (ab_message_write_named(out, seed->watch_id, AB_COMMAND_WATCH, object) < 0 ||
        ab_outbound_write(connection, out) < 0)
        ab_outbound_doom(connection);
}

static void complain(struct ab_seed *seed, const char *text)
{
    ab_engine_complain(seed->engine, &seed->complaint, "seed %s: %s", seed->name, text);
}

/* Null is how a peer that knows no `exists` says that there is no such object. */
static void on_value(struct ab_seed *seed, struct ab_message *message)
{
    json_t *value = NULL;

    if (ab_value_take_json(&message->value, &value) < 0) {
        ab_outbound_doom(seed->connection);
        return;
    }
    if (json_is_object(value)) {
        take(seed, value);
        return;
    }
    json_decref(value);
    if (seed->watched == directory_object)
        watch(seed, details_object);
}

static void on_answer(struct ab_seed *seed, struct ab_message *message)
{
    seed->watch_id = 0;
    if (message->problem || message->failed)
        complain(seed, message->problem ? message->reason : message->error_text);
    if (!message->problem)
        on_value(seed, message);
}

static void on_message(struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_seed *seed = connection->owner;
    uint64_t id;

    if (message->type == AB_MESSAGE_RESPONSE) {
        if (seed->watch_id && ab_message_own_id(message->id, &id) && id == seed->watch_id)
            on_answer(seed, message);
    } else if (message->command == AB_COMMAND_CHANGED) {
        ab_outbound_acknowledge(connection, message);
        if (!seed->watch_id && strcmp(message->name, seed->watched) == 0)
            on_value(seed, message);
    } else {
        ab_outbound_refuse(connection, message);
    }
}

/* ---- Connecting */

static void try_next(struct ab_seed *seed);

static void ask_addresses(struct ab_seed *seed)
{
    if (!ab_list_linked(&seed->wish.node))
        ab_engine_emit(seed->engine, &seed->wish);
}

static void try_later(struct ab_seed *seed)
{
    ab_engine_arm(seed->engine, &seed->again, ab_engine_backoff(seed->engine, seed->level));
    if (seed->level < AB_BACKOFF_LEVELS)
        seed->level++;
}

static void failed(struct ab_seed *seed, const char *text)
{
    complain(seed, text);
    ab_discoverer_looked(&seed->discoverer, seed->engine->now);
    try_later(seed);
}

static void on_again(struct ab_timer *timer)
{
    struct ab_seed *seed = AB_CONTAINER(timer, struct ab_seed, again);

    if (!seed->connection) {
        ask_addresses(seed);
        return;
    }
    report_all(seed);
    ab_engine_arm(seed->engine, timer, ab_engine_jitter(seed->engine, REPEAT, REPEAT_JITTER));
}

static void on_patience(struct ab_timer *timer)
{
    struct ab_seed *seed = AB_CONTAINER(timer, struct ab_seed, patience);

    ab_discoverer_looked(&seed->discoverer, seed->engine->now);
}

static void connected(struct ab_outbound *connection)
{
    ab_outbound_bind(connection);
}

static void bound(struct ab_outbound *connection)
{
    struct ab_seed *seed = connection->owner;

    seed->bound_at = seed->engine->now;
    ab_engine_log(seed->engine, AB_LOG_INFO, "seed %s answers", seed->name);
    ab_engine_arm(seed->engine, &seed->again, ab_engine_jitter(seed->engine, REPEAT, REPEAT_JITTER));
    watch(seed, directory_object);
}

/* The bus may be gone: its services are asked after. */
static void suspect(struct ab_seed *seed, const struct ab_address *bus)
{
    AB_LIST_EACH_SAFE (each, &seed->discoverer.reports) {
        struct ab_route *route = AB_CONTAINER(each, struct ab_report, discoverer_node)->route;

        if (ab_address_equal(&route->node->address, bus))
            ab_prober_probe(seed->engine, route, true);
    }
}

static void lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_seed *seed = connection->owner;
    ab_time bound_at = seed->bound_at;

    seed->connection = NULL;
    seed->bound_at = -1;
    seed->watch_id = 0;
    if (bound_at < 0) {
        if (seed->next < seed->count)
            try_next(seed);
        else
            failed(seed, loss->text);
        return;
    }
    if (seed->engine->now - bound_at >= STEADY)
        seed->level = 0;
    suspect(seed, &connection->stream.address);
    failed(seed, loss->text);
}

static const struct ab_outbound_ops ops = {
    .connected = connected,
    .bound = bound,
    .message = on_message,
    .lost = lost,
};

static void try_next(struct ab_seed *seed)
{
    while (seed->next < seed->count) {
        const struct ab_address *address = &seed->addresses[seed->next++];

        if (ab_outbound_open(seed->engine, address, NULL, &ops, seed, &seed->connection) == 0)
            return;
    }
    failed(seed, "out of memory or descriptors");
}

static bool is_waiting(const struct ab_seed *seed)
{
    return !seed->connection && !ab_timer_armed(&seed->again) && !seed->engine->closing;
}

void ab_seed_resolved(struct ab_seed *seed, ab_time now, const struct ab_address *addresses, size_t count)
{
    ab_engine_enter(seed->engine, now);
    if (!is_waiting(seed))
        return;
    seed->count = count < ADDRESSES_MOST ? count : ADDRESSES_MOST;
    seed->next = 0;
    memcpy(seed->addresses, addresses, seed->count * sizeof(*addresses));
    try_next(seed);
}

void ab_seed_unresolved(struct ab_seed *seed, ab_time now, const char *text)
{
    ab_engine_enter(seed->engine, now);
    if (is_waiting(seed))
        failed(seed, text);
}

/* ---- Life */

static void wish_released(struct ab_notice *notice)
{
    (void)notice; /* it is part of its seed */
}

static void stop(struct ab_seed *seed)
{
    ab_engine_disarm(seed->engine, &seed->again);
    ab_engine_disarm(seed->engine, &seed->patience);
    ab_outbound_close(seed->connection, AB_CLOSE_FLUSH);
    seed->connection = NULL;
}

int ab_seed_new(struct ab_engine *engine, ab_time now, const char *name, void *target, struct ab_seed **ret_seed)
{
    struct ab_seed *seed;

    ab_engine_enter(engine, now);
    if (engine->closing)
        return AB_ECLOSED;
    if (engine->seeds_count >= engine->limits.seed_hosts)
        return AB_ETOOLARGE;
    seed = ab_calloc(1, sizeof(*seed));
    if (!seed)
        return AB_ENOMEM;
    seed->name = ab_strdup(name);
    if (!seed->name) {
        ab_free(seed);
        return AB_ENOMEM;
    }
    seed->engine = engine;
    seed->bound_at = -1;
    ab_notice_init(&seed->wish, AB_NOTICE_SEED, target);
    seed->wish.release = wish_released;
    ab_timer_init(&seed->again, on_again);
    ab_timer_init(&seed->patience, on_patience);
    ab_list_append(&engine->seeds, &seed->node);
    engine->seeds_count++;
    ab_discoverer_init(&seed->discoverer, "seeds", AB_DISCOVERER_HEARSAY);
    ab_discoverer_add(&seed->discoverer, engine, now);
    ab_discoverer_look(&seed->discoverer);
    ab_engine_arm(engine, &seed->patience, PATIENCE);
    ask_addresses(seed);
    *ret_seed = seed;
    return 0;
}

void ab_seed_free(struct ab_seed *seed, ab_time now)
{
    struct ab_engine *engine;

    if (!seed)
        return;
    engine = seed->engine;
    ab_engine_enter(engine, now);
    stop(seed);
    ab_notice_release(&seed->wish);
    ab_discoverer_remove(&seed->discoverer, now);
    ab_list_remove(&seed->node);
    engine->seeds_count--;
    json_decref(seed->told);
    ab_free(seed->name);
    ab_free(seed);
}

void ab_seeds_hurry(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->seeds) {
        struct ab_seed *seed = AB_CONTAINER(each, struct ab_seed, node);

        if (seed->connection || !ab_timer_armed(&seed->again))
            continue;
        seed->level = 0;
        ab_engine_arm(engine, &seed->again, 0);
    }
}

void ab_seeds_close(struct ab_engine *engine)
{
    AB_LIST_EACH (each, &engine->seeds) {
        stop(AB_CONTAINER(each, struct ab_seed, node));
    }
}
