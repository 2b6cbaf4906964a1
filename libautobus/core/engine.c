/*
 * Owns the engine as a whole: its life, its clock, its queue of notices and its graveyard, and the inputs that are no
 * stream's. What the parts do is theirs.
 */
#include "core/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "core/internal.h"
#include "core/introspection.h"
#include "core/multiple_internal.h"
#include "core/remote_internal.h"
#include "core/seed.h"

#define SCRATCH_KEPT     4096
#define IDENTITY_LONGEST 128
#define RETRY            (125 * AB_MILLISECOND)
#define RETRY_MOST       (20 * AB_SECOND)

/* ---- What the parts use */

static void empty_graves(struct ab_engine *engine)
{
    struct ab_list *each;

    while ((each = ab_list_take(&engine->graves))) {
        struct ab_grave *grave = AB_CONTAINER(each, struct ab_grave, node);

        grave->free(grave);
    }
}

void ab_engine_enter_to_fire(struct ab_engine *engine, ab_time now)
{
    if (now > engine->now)
        engine->now = now;
}

void ab_engine_enter(struct ab_engine *engine, ab_time now)
{
    ab_engine_enter_to_fire(engine, now);
    ab_engine_flush(engine);
}

void ab_engine_bury(struct ab_engine *engine, struct ab_grave *grave, void (*free)(struct ab_grave *))
{
    grave->free = free;
    ab_list_append(&engine->graves, &grave->node);
}

void ab_engine_emit(struct ab_engine *engine, struct ab_notice *notice)
{
    ab_list_append(&engine->notices, &notice->node);
}

struct ab_buffer *ab_engine_scratch(struct ab_engine *engine)
{
    ab_buffer_truncate(&engine->scratch, 0);
    ab_buffer_trim(&engine->scratch, SCRATCH_KEPT);
    return &engine->scratch;
}

void ab_engine_arm(struct ab_engine *engine, struct ab_timer *timer, ab_time delay)
{
    ab_timer_arm(&engine->timers, timer, engine->now + delay);
}

void ab_engine_disarm(struct ab_engine *engine, struct ab_timer *timer)
{
    ab_timer_disarm(&engine->timers, timer);
}

ab_time ab_engine_jitter(struct ab_engine *engine, ab_time delay, ab_time jitter)
{
    return delay + (ab_time)ab_random_below(&engine->random, (uint64_t)jitter + 1);
}

struct ab_text *ab_engine_make_id(struct ab_engine *engine)
{
    char id[IDENTITY_LONGEST + 40];
    uint64_t one = ab_random_next(&engine->random);
    uint64_t other = ab_random_next(&engine->random);
    int size = snprintf(id, sizeof(id), "%s-%016" PRIx64 "%016" PRIx64, engine->identity, one, other);

    return ab_text_new(id, (size_t)size);
}

ab_time ab_engine_backoff(struct ab_engine *engine, unsigned level)
{
    ab_time delay = RETRY << (level < AB_BACKOFF_LEVELS ? level : AB_BACKOFF_LEVELS);

    if (delay > RETRY_MOST)
        delay = RETRY_MOST;
    return ab_engine_jitter(engine, delay * 3 / 4, delay / 4);
}

/* ---- Life */

static int copy_config(struct ab_engine *engine, const struct ab_engine_config *config)
{
    engine->limits = config->limits;
    engine->pid = config->pid;
    engine->log_level = config->log_level;
    engine->broadcast = config->broadcast;
    engine->goodbyes = config->goodbyes;
    engine->announce_delay_ms = config->announce_delay_ms;
    if (ab_networks_copy(config->allowed, &engine->allowed) < 0)
        return AB_ENOMEM;
    engine->identity = ab_strndup(config->identity, strnlen(config->identity, IDENTITY_LONGEST));
    engine->hostname = ab_strndup(config->hostname, strcspn(config->hostname, "."));
    engine->null = ab_text_new("null", 4);
    return engine->identity && engine->hostname && engine->null ? 0 : AB_ENOMEM;
}

int ab_engine_new(const struct ab_engine_config *config, const struct ab_host *host, void *context,
                  struct ab_engine **ret_engine)
{
    struct ab_engine *engine = ab_calloc(1, sizeof(*engine));

    if (!engine)
        return AB_ENOMEM;
    engine->host = host;
    engine->context = context;
    ab_random_seed(&engine->random, config->seed);
    ab_list_init(&engine->notices);
    ab_list_init(&engine->graves);
    ab_list_init(&engine->browsers);
    ab_list_init(&engine->remotes);
    ab_list_init(&engine->multiples);
    ab_list_init(&engine->publishers);
    ab_list_init(&engine->seeds);
    ab_numbers_init(&engine->streams);
    ab_numbers_init(&engine->pending);
    ab_directory_init(engine);
    ab_contests_init(engine);
    ab_seeker_init(engine);
    ab_announcer_init(engine);
    ab_log_rations_init(&engine->rations);
    ab_keeper_init(engine);
    ab_prober_init(engine);
    ab_server_init(engine);
    if (copy_config(engine, config) < 0) {
        ab_engine_free(engine);
        return AB_ENOMEM;
    }
    *ret_engine = engine;
    return 0;
}

void ab_engine_free(struct ab_engine *engine)
{
    struct ab_notice *notice;

    if (!engine)
        return;
    engine->closing = true;
    ab_server_deinit(engine);
    ab_keeper_stop(engine);
    ab_directory_deinit(engine);
    ab_distrust_forget_all(engine);
    ab_contests_deinit(engine);
    empty_graves(engine);
    while ((notice = ab_engine_take_notice(engine)))
        ab_notice_release(notice);
    ab_numbers_deinit(&engine->streams);
    ab_numbers_deinit(&engine->pending);
    ab_buffer_deinit(&engine->scratch);
    ab_buffer_deinit(&engine->burst.lines);
    ab_text_unref(engine->null);
    ab_free(engine->identity);
    ab_free(engine->hostname);
    ab_free(engine->allowed);
    ab_free(engine);
}

const struct ab_limits *ab_engine_limits(const struct ab_engine *engine)
{
    return &engine->limits;
}

void ab_engine_start(struct ab_engine *engine, ab_time now)
{
    ab_engine_enter(engine, now);
    if (engine->started)
        return;
    engine->started = true;
    ab_engine_set_broadcast(engine, now, engine->broadcast);
    ab_settling_review(engine);
}

void ab_engine_set_broadcast(struct ab_engine *engine, ab_time now, unsigned parts)
{
    ab_engine_enter(engine, now);
    engine->broadcast = parts;
    if (!engine->started || engine->closing)
        return;
    engine->host->hear(engine->context, parts != 0);
    if (parts & AB_BROADCAST_DISCOVER)
        ab_seeker_start(engine);
    else
        ab_seeker_stop(engine);
    if (parts & AB_BROADCAST_PUBLISH)
        ab_announcer_start(engine);
    else
        ab_announcer_stop(engine);
}

void ab_engine_close(struct ab_engine *engine, ab_time now)
{
    ab_engine_enter(engine, now);
    if (engine->closing)
        return;
    engine->closing = true;
    ab_seeker_close(engine);
    ab_announcer_close(engine);
    ab_seeds_close(engine);
    ab_remotes_close(engine);
    ab_multiples_close(engine);
    ab_keeper_stop(engine);
    ab_prober_stop(engine);
    ab_server_close(engine);
}

bool ab_engine_closed_down(const struct ab_engine *engine)
{
    return engine->closing && engine->announcer.parting == 0 && engine->server.connections == 0;
}

/* ---- Inputs that are no stream's */

static void log_datagram(struct ab_engine *engine, const struct ab_address *from, const struct ab_packet *packet)
{
    static const char *const commands[] = {"query", "add", "remove"};
    char host[AB_ADDRESS_HOST_TEXT];

    if (ab_engine_logs(engine, AB_LOG_DEBUG))
        ab_engine_log(engine, AB_LOG_DEBUG, "from %s: datagram %s%s%s", ab_address_host_text(from, host),
                      commands[packet->command], packet->service ? " " : "", packet->service ? packet->service : "");
}

static void count_datagram(struct ab_engine *engine, enum ab_packet_command command)
{
    switch (command) {
    case AB_PACKET_QUERY: engine->counters.discovery_queries_heard++; break;
    case AB_PACKET_ADD: engine->counters.discovery_adds_heard++; break;
    case AB_PACKET_REMOVE: engine->counters.discovery_removes_heard++; break;
    }
}

void ab_engine_datagram(struct ab_engine *engine, ab_time now, const struct ab_address *from, struct ab_packet *packet)
{
    struct ab_address at = *from;

    ab_engine_enter(engine, now);
    log_datagram(engine, from, packet);
    count_datagram(engine, packet->command);
    at.port = packet->port; /* PROTOCOL section 1: the host is the source, whatever the datagram says */
    if (engine->closing)
        ; /* nobody is interested any more */
    else if (packet->command == AB_PACKET_QUERY)
        ab_announcer_asked(engine);
    else
        ab_seeker_heard(engine, &at, packet);
    ab_packet_deinit(packet);
}

/* Connections may have lost their way, others may be at hand, and so may we. */
static void look_around(struct ab_engine *engine)
{
    ab_distrust_forget_all(engine);
    AB_NUMBERS_EACH (each, &engine->streams) {
        struct ab_stream *stream = AB_CONTAINER(each, struct ab_stream, id);

        stream->ops->doubt(stream);
    }
    ab_seeker_query(engine);
    ab_seeds_hurry(engine);
    ab_announcer_announce_all(engine);
}

void ab_engine_network_changed(struct ab_engine *engine, ab_time now)
{
    ab_engine_enter(engine, now);
    if (!engine->started || engine->closing)
        return;
    ab_introspection_here_changed(engine);
    look_around(engine);
}

void ab_engine_woke(struct ab_engine *engine, ab_time now)
{
    ab_engine_enter(engine, now);
    if (!engine->started || engine->closing)
        return;
    ab_directory_woke(engine);
    look_around(engine);
}

void ab_engine_tick(struct ab_engine *engine, ab_time now)
{
    struct ab_timer *timer;

    ab_engine_enter(engine, now);
    while ((timer = ab_timers_take_due(&engine->timers, engine->now)))
        timer->fire(timer);
}

void ab_engine_flush(struct ab_engine *engine)
{
    if (engine->burst.topic)
        ab_burst_send(engine);
}

/* ---- Outputs */

ab_time ab_engine_now(const struct ab_engine *engine)
{
    return engine->now;
}

ab_time ab_engine_deadline(const struct ab_engine *engine)
{
    return ab_timers_deadline(&engine->timers);
}

/* Whoever asks has nothing of the engine's above it on the stack. */
struct ab_notice *ab_engine_take_notice(struct ab_engine *engine)
{
    struct ab_list *node = ab_list_take(&engine->notices);

    if (node)
        return AB_CONTAINER(node, struct ab_notice, node);
    empty_graves(engine);
    return NULL;
}

bool ab_engine_settled(const struct ab_engine *engine)
{
    return engine->settling.settled;
}

/* ---- Counters */

struct ab_counters ab_engine_counters(const struct ab_engine *engine)
{
    struct ab_counters counters = engine->counters;

    counters.discovery_services = engine->directory.services.count;
    counters.discovery_routes = engine->directory.routes;
    counters.discovery_buses = engine->directory.nodes.count;
    counters.discovery_probes = engine->prober.running;
    counters.inbound_now = engine->server.connections;
    counters.inbound_unbound = engine->server.unbound_count;
    AB_NUMBERS_EACH (each, &engine->streams) {
        counters.bytes_waiting += ab_stream_waiting(AB_CONTAINER(each, struct ab_stream, id));
    }
    return counters;
}

json_t *ab_engine_counters_json(const struct ab_engine *engine)
{
    struct ab_counters counters = ab_engine_counters(engine);
    json_t *json = json_object();
    int r = json ? ab_counters_put_all(json, &counters) : AB_ENOMEM;

    if (r == 0)
        r = engine->host->counters(engine->context, json);
    if (r == 0)
        return json;
    json_decref(json);
    return NULL;
}
