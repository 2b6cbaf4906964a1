/*
 * The engine's inside: what core's own files share. Nothing outside core/ includes this.
 *
 * Who owns what: the engine owns the directory, the broadcast pair (seeker and announcer), the prober, the keeper,
 * inbound connections and the introspection service. Services, remotes, browsers and other discoverers and publishers
 * belong to their handles (the bus's); the engine only lists them.
 * A thing that ends while somebody above it on the stack may still look at it goes to the graveyard, which is emptied
 * when the driver has taken all notices. Entering does not: parts of the engine use its own functions for the bus.
 */
#ifndef AB_CORE_INTERNAL_H
#define AB_CORE_INTERNAL_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "core/announcer.h"
#include "core/burst.h"
#include "core/contest.h"
#include "core/counters.h"
#include "core/directory.h"
#include "core/distrust.h"
#include "core/engine.h"
#include "core/keeper.h"
#include "core/log.h"
#include "core/prober.h"
#include "core/publisher.h"
#include "core/seeker.h"
#include "core/server.h"
#include "core/settling.h"
#include "core/stream.h"
#include "core/timer.h"

/* Something that has ended and is freed once all notices are taken. */
struct ab_grave {
    struct ab_list node;
    void (*free)(struct ab_grave *grave);
};

struct ab_engine {
    struct ab_limits limits;
    struct ab_random random;
    const struct ab_host *host;
    void *context;
    char *identity;
    char *hostname;
    long pid;
    int log_level;
    struct ab_log_rations rations;
    unsigned broadcast;          /* AB_BROADCAST_…: what is to be started */
    unsigned goodbyes;           /* of each service */
    unsigned announce_delay_ms;  /* before its first announcement */
    struct ab_networks *allowed; /* who may use it until it is told; NULL: everybody */
    ab_time now;
    bool started;
    bool closing;
    struct ab_timers timers;
    struct ab_list notices;
    struct ab_list graves;
    struct ab_buffer scratch; /* for one message at a time */
    struct ab_burst burst;
    struct ab_text *null; /* the encoded value */
    struct ab_numbers streams;
    struct ab_numbers pending; /* struct ab_pending: what all remotes await */
    struct ab_directory directory;
    struct ab_distrust distrust;
    struct ab_contests contests;
    struct ab_settling settling;
    struct ab_seeker seeker;
    struct ab_announcer announcer;
    struct ab_list publishers; /* struct ab_publisher.node */
    struct ab_prober prober;
    struct ab_keeper keeper;
    struct ab_server server;
    struct ab_list browsers;
    struct ab_list remotes;
    struct ab_list multiples;
    struct ab_list seeds; /* struct ab_seed.node */
    size_t seeds_count;
    struct ab_counters counters;
};

/* Begins an entry: moves the clock. What was fired before leaves first, so what an entry looks at before may be gone. */
void ab_engine_enter(struct ab_engine *engine, ab_time now);
/* The same for who fires another event. */
void ab_engine_enter_to_fire(struct ab_engine *engine, ab_time now);
void ab_engine_emit(struct ab_engine *engine, struct ab_notice *notice);
void ab_engine_bury(struct ab_engine *engine, struct ab_grave *grave, void (*free)(struct ab_grave *));
/* The scratch buffer, empty. */
struct ab_buffer *ab_engine_scratch(struct ab_engine *engine);
/* Whether a line of that level is wanted: for who would have to work for it. */
static inline bool ab_engine_logs(const struct ab_engine *engine, int level)
{
    return engine->log_level >= level;
}
void ab_engine_arm(struct ab_engine *engine, struct ab_timer *timer, ab_time delay);
void ab_engine_disarm(struct ab_engine *engine, struct ab_timer *timer);
/* delay … delay + jitter */
ab_time ab_engine_jitter(struct ab_engine *engine, ab_time delay, ab_time jitter);
/* How long to wait before trying again after so many failures: doubled each, at most 20 s, a quarter of it random. */
ab_time ab_engine_backoff(struct ab_engine *engine, unsigned level);
#define AB_BACKOFF_LEVELS 8
/* A new id for a service: the identity and 128 random bits. */
struct ab_text *ab_engine_make_id(struct ab_engine *engine);

#endif
