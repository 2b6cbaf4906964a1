/*
 * A simulated world: a network, buses on it (the library's engine, driven by a host made for it), and peers that are
 * not ours. Everything happens at virtual times, in one thread, the same way in every run of a seed.
 *
 *     struct sim *sim = sim_new(1);
 *     struct sim_bus *b = sim_bus_start(sim_bus_new(sim, sim_host(sim, "h1"), "b"));
 *     struct sim_service *hall = sim_publish(b, "hall", "{\"type\": \"thermostat\"}");
 *     sim_run(sim, SECONDS(1));
 *     sim_expect(sim, "0.000 b > *: query\n" …);
 *     sim_free(sim);
 *
 * What must always hold is checked in every test without being asked for (bus.c): each call completes exactly once;
 * nothing is heard of what was cancelled; a tick leaves no deadline in the past; every stream is closed at the end; no
 * memory is left.
 */
#ifndef AB_TESTS_SIM_SIM_H
#define AB_TESTS_SIM_SIM_H

#include "core/access.h"
#include "core/audience.h"
#include "core/browser.h"
#include "core/counters.h"
#include "core/discoverer.h"
#include "core/engine.h"
#include "core/herald.h"
#include "core/multiple.h"
#include "core/remote.h"
#include "core/request.h"
#include "core/seed.h"
#include "core/service.h"
#include "sim/network.h"
#include "sim/packets.h"

struct sim_bus;
struct sim_service;
struct sim_remote;

struct sim {
    struct sim_network network;
    struct ab_list buses;
    struct ab_list peers;
    bool memory_fails; /* AB_ENOMEM of a registration is no failure of the test: the handle is NULL, which all take */
    bool may_refuse;   /* the same of what says that there is no connection, or no room */
    struct sim_packets *packets; /* NULL: each bus decodes what it hears by itself */
    long live;                   /* blocks of memory before */
    long live_json;
};

#define ASKED SECONDS(20) /* the queries of a start are over */

struct sim *sim_new(uint64_t seed);
struct sim *sim_new_failing(uint64_t seed); /* inside of ab_failing_each */
/* Closes every bus, lets the goodbyes leave, and checks what must hold at the end. */
void sim_free(struct sim *sim);
void sim_run(struct sim *sim, ab_time duration);
void sim_run_until(struct sim *sim, ab_time time);
ab_time sim_now(const struct sim *sim);
void sim_record(struct sim *sim, unsigned kinds); /* enum sim_kind, from now on; drops what was recorded */
/* A line of the test's own in the transcript. */
void sim_say(struct sim *sim, const char *text);
struct sim_host *sim_host(struct sim *sim, const char *name);

/* For tests that a random seed decides: seeds from *ret_first to before the result. AB_SIM_SEED=N runs that one alone,
 * AB_SIM_SEEDS=N so many. */
int sim_seeds(int otherwise, int *ret_first);

/* clang-format off */
#define sim_expect(sim, expected)                                                                                      \
    sim_transcript_expect(&(sim)->network.transcript, (expected), __FILE__, __LINE__)
/* clang-format on */
#define sim_count(sim, part)     sim_transcript_count(&(sim)->network.transcript, (part))
#define sim_time(sim, part, nth) sim_transcript_time(&(sim)->network.transcript, (part), (nth))

/* ---- Buses */

/* What the program registered on a bus, and what came of it. Lives until sim_free, so that a late notice is caught. */
enum sim_slot_kind {
    SIM_SLOT_FUNCTION,
    SIM_SLOT_BROWSER,
    SIM_SLOT_CALL,
    SIM_SLOT_SUBSCRIPTION,
    SIM_SLOT_REQUEST,
    SIM_SLOT_HERALD,
    SIM_SLOT_SEED,
    SIM_SLOT_AUDIENCE
};

struct sim_slot {
    struct ab_list node;
    struct sim_bus *bus;
    enum sim_slot_kind kind;
    char *label;
    bool ended;                                          /* cancelled, or complete: no notice may come */
    bool completed;                                      /* of a call: its completion was taken */
    ab_time latest;                                      /* of a call: its deadline */
    bool overflowed;                                     /* it heard that it hears no more */
    unsigned count;                                      /* notices */
    int code;                                            /* of the last: its code, or its change */
    char *value;                                         /* of the last, as JSON text; NULL: absent */
    void (*heard)(struct sim_slot *slot, void *context); /* runs at each notice, as a callback of the program would */
    void *context;
    void (*handler)(struct sim_slot *slot, struct ab_request *request, const char *args);
    struct sim_service *service; /* of a function */
    struct sim_remote *remote;   /* of a call or a subscription */
    union {
        struct ab_audience *audience;
        struct ab_browser *browser;
        struct ab_seed *seed;
        struct ab_herald *herald;
        struct ab_call *call;
        struct ab_gather *gather; /* of a call to all */
        struct ab_subscription *subscription;
        struct ab_fan *fan; /* of a subscription on many */
    };
};

struct sim_bus {
    struct sim_process process; /* first */
    struct ab_list node;
    struct sim *sim;
    char *name;
    struct ab_limits limits;
    int log_level;      /* 3: all but messages */
    unsigned broadcast; /* both, 3 and 0: changed before sim_bus_start */
    unsigned goodbyes;
    unsigned announce_delay_ms;
    struct ab_engine *engine;
    struct ab_list streams;
    struct ab_list slots;
    struct ab_list services;
    struct ab_list remotes;
    struct ab_list discoverers;
    struct sim_timer tick;
    struct sim_timer claim; /* to the next try to listen on the first port too */
    struct sim_timer crowd; /* clients have too much waiting */
    ab_stream_id last_stream;
    struct ab_list taken;          /* notices that the program did not act on yet */
    bool acting;                   /* a callback of the program runs */
    unsigned depth;                /* entries into the engine */
    unsigned ticks;                /* how often the engine's deadline came */
    unsigned open_streams;         /* that the engine knows of */
    bool decodes;                  /* what it hears by itself, whatever others do (sim->packets) */
    bool silent;                   /* killed: nothing leaves any more, nothing is recorded */
    uint16_t first_port;           /* listens from here on */
    bool local;                    /* offers a local socket */
    bool listening_fails;          /* from now on */
    bool opening_fails;            /* from now on */
    unsigned writes_fail;          /* so many writes from now on find no memory */
    struct ab_request *held[4096]; /* calls that nobody answered yet, oldest first */
    unsigned held_count;
};

/* Makes a bus that has not started; its limits can be changed until then with sim_bus_limit. */
struct sim_bus *sim_bus_new(struct sim *sim, struct sim_host *host, const char *name);
void sim_bus_limit(struct sim_bus *bus, const char *name, long long value); /* before sim_bus_start */
struct sim_bus *sim_bus_start(struct sim_bus *bus);
/* A machine with one bus on it, started. */
struct sim_bus *sim_bus(struct sim *sim, const char *name);
struct sim_bus *sim_bus_on_two(struct sim *sim, const char *name); /* the same on networks 0 and 1 */
void sim_bus_close(struct sim_bus *bus);                           /* in order: takes 100 ms and more of the clock */
void sim_bus_kill(struct sim_bus *bus);                            /* kill -9 */
/* Moves what it listens on to another port, as a host that had to. */
void sim_bus_move_port(struct sim_bus *bus, uint16_t port);
/* Power of a machine is gone, with all that ran there. */
void sim_crash(struct sim *sim, struct sim_host *host);
/* Around each entry into the engine that a test makes by itself. */
ab_time sim_bus_enter(struct sim_bus *bus);
void sim_bus_leave(struct sim_bus *bus);
uint16_t sim_bus_port(const struct sim_bus *bus);

/* ---- Services. A failure of any of these fails the test, unless its name ends in _try. */
/* (With sim->memory_fails, having no memory is none: then handles may be NULL, and all of these take NULL.) */

struct sim_service {
    struct ab_list node;
    struct sim_bus *bus;
    struct ab_service *service; /* NULL: freed */
    char *name;
};

#define HALL "{\"type\": \"hall\"}" /* the info of most */

struct sim_service *sim_service(struct sim_bus *bus, const char *name, const char *info); /* not published */
struct sim_service *sim_publish(struct sim_bus *bus, const char *name, const char *info);
int sim_service_publish_try(struct sim_service *service);
/* The one that most tests have: of type hall, with the functions echo, hold and throw, the event rang, and the object temp
 * (21.5). */
struct sim_service *sim_publish_hall(struct sim_bus *bus, const char *name);
void sim_service_end(struct sim_service *service);
void sim_set_info(struct sim_service *service, const char *info);
/* As autobus_service_set_access; and a function that decides (NULL: none). */
void sim_access(struct sim_service *service, const char *access);
typedef bool (*sim_guard_fn)(void *context, const struct ab_peer *peer, enum ab_access_kind kind, const char *name);
void sim_guard(struct sim_service *service, sim_guard_fn permits, void *context);
typedef void (*sim_handler)(struct sim_slot *slot, struct ab_request *request, const char *args);
struct sim_slot *sim_function(struct sim_service *service, const char *name, sim_handler handler);
struct sim_slot *sim_function_mode(struct sim_service *service, const char *name, enum ab_function_mode mode,
                                   sim_handler handler);
void sim_event(struct sim_service *service, const char *name);
void sim_object(struct sim_service *service, const char *name, const char *value);
int sim_replace(struct sim_slot *function, enum ab_function_mode mode, sim_handler handler, struct sim_slot **ret_new);
struct sim_slot *sim_on_interest(struct sim_service *service, enum ab_topic_kind kind, const char *name);
void sim_set(struct sim_service *service, const char *object, const char *value);
void sim_fire(struct sim_service *service, const char *event, const char *args);
void sim_remove(struct sim_service *service, enum ab_topic_kind kind, const char *name);
void sim_describe(struct sim_service *service, enum ab_topic_kind kind, const char *name, const char *description);
void sim_set_doc(struct sim_service *service, enum ab_topic_kind kind, const char *name, const char *doc);

/* Handlers. */
void sim_echo(struct sim_slot *slot, struct ab_request *request, const char *args);  /* the args are the result */
void sim_hold(struct sim_slot *slot, struct ab_request *request, const char *args);  /* until sim_reply */
void sim_throw(struct sim_slot *slot, struct ab_request *request, const char *args); /* an exception "no" */
void sim_drop(struct sim_slot *slot, struct ab_request *request, const char *args);  /* dropped without an answer */
/* Answers the oldest call that is held; the result of ab_request_reply. */
int sim_reply(struct sim_bus *bus, const char *result);
int sim_reply_to(struct sim_bus *bus, unsigned index, const char *result); /* not the oldest */
int sim_progress(struct sim_bus *bus, unsigned index, const char *value);  /* a partial result of one that is held */

/* ---- Discoverers and publishers of the program's: discover.c */

struct sim_discoverer {
    struct ab_list node;
    struct sim_bus *bus;
    struct ab_discoverer discoverer;
};

struct sim_discoverer *sim_discoverer(struct sim_bus *bus, const char *name);
void sim_discoverer_end(struct sim_discoverer *discoverer);
int sim_discover(struct sim_discoverer *discoverer, const struct ab_address *at, const char *service, const char *info);
int sim_undiscover(struct sim_discoverer *discoverer, const struct ab_address *at, const char *service);
struct sim_slot *sim_herald(struct sim_bus *bus);
void sim_set_broadcast(struct sim_bus *bus, unsigned parts);

/* ---- Remotes */

struct sim_remote {
    struct ab_list node;
    struct sim_bus *bus;
    struct ab_remote *remote;     /* NULL: freed, or of many */
    struct ab_multiple *multiple; /* NULL: freed, or of one */
    bool is_multiple;
};

struct sim_remote *sim_proxy(struct sim_bus *bus, const char *filter);
struct sim_remote *sim_proxy_multiple(struct sim_bus *bus, const char *filter);
struct sim_remote *sim_connection(struct sim_bus *bus, const struct ab_address *to, const char *service);
void sim_remote_end(struct sim_remote *remote);
bool sim_bound(const struct sim_remote *remote);
/* Deadline: 30 s from now. */
struct sim_slot *sim_call(struct sim_remote *remote, const char *function, const char *args);
struct sim_slot *sim_call_within(struct sim_remote *remote, ab_time time, unsigned flags, const char *function,
                                 const char *args);
int sim_call_try(struct sim_remote *remote, ab_time time, unsigned flags, const char *function, const char *args);
struct sim_slot *sim_get(struct sim_remote *remote, const char *object);
struct sim_slot *sim_wait_bound(struct sim_remote *remote, ab_time time);
/* On a proxy of many. The rule's deadline is a time from now; NULL: 30 s. */
struct sim_slot *sim_call_all(struct sim_remote *remote, const struct ab_gather_rule *rule, unsigned flags,
                              const char *function, const char *args);
int sim_call_all_try(struct sim_remote *remote, unsigned flags, const char *function, const char *args);
int sim_notice(struct sim_remote *remote, const char *function, const char *args);
struct sim_slot *sim_listen(struct sim_remote *remote, const char *event);
struct sim_slot *sim_watch(struct sim_remote *remote, const char *object);
struct sim_slot *sim_on_binding(struct sim_remote *remote);
/* A connection's end: completes as a call "end". */
struct sim_slot *sim_on_end(struct sim_remote *remote, bool past);
struct sim_slot *sim_browse(struct sim_bus *bus, const char *filter, unsigned flags);
/* A known host that is asked over TCP. Each time that its name is looked up it is what `at` is by then; of no kind: it has
 * no address. sim_cancel ends it. */
struct sim_slot *sim_seed(struct sim_bus *bus, struct ab_address *at);
/* Ends a registration or a call; twice is harmless. */
void sim_cancel(struct sim_slot *slot);
/* Ends a call with a word: ECANCELED, unless it is complete. */
void sim_abort(struct sim_slot *slot);

#endif
