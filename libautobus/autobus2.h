/*
 * libautobus2: a service bus for a home or lab network, without a server and without configuration.
 *
 * A bus publishes services and finds those of others by UDP broadcast, and talks to them over TCP: calls of functions,
 * events, and objects whose value is watched. The concepts are in autobus(7), the wire in autobus-protocol(7); "section"
 * below means a section of the latter.
 *
 * What holds for every function unless its comment says otherwise:
 *
 * Threads: any thread may call it, at any time, also from inside any callback of the library. The exception is a
 * filter's own function: inside it every function here returns AUTOBUS_EDEADLK (or NULL, false) and does nothing.
 * Blocking: it does not block. Those that do say so, and return AUTOBUS_EDEADLK at once on the event thread, in
 * callbacks that autobus_queue_dispatch runs, and in log and destroy functions on a thread that is blocked itself.
 * Errors: 0, or a negative AUTOBUS_E… code; outputs are untouched on failure. AUTOBUS_ENOMEM, AUTOBUS_EINVAL (a
 * required pointer is NULL, a name is not UTF-8 of 1 to 255 bytes, a value is out of its range), AUTOBUS_ECLOSED (the
 * bus is closed) and AUTOBUS_EFORKED (in a child of fork, where only the _unref functions work) can come from any.
 * Ownership: const char *, const json_t * and autobus_filter * arguments are borrowed and copied or counted; outputs
 * are the caller's own (json_decref, free with the function named).
 * Handles: counted. _ref returns its argument; _unref takes NULL and returns NULL. A handle outlives its bus, and
 * answers AUTOBUS_ECLOSED then.
 * JSON: values are jansson's. NaN and infinities are AUTOBUS_EINVAL, more than 64 levels AUTOBUS_ETOOLARGE. `format`
 * and what follows it are as of json_pack.
 * Times: whole milliseconds, int, 0 or more.
 */
#ifndef AUTOBUS2_H
#define AUTOBUS2_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AUTOBUS_EXPORT __attribute__((visibility("default")))

typedef struct autobus_bus autobus_bus;               /* a thread, sockets, and all below */
typedef struct autobus_options autobus_options;       /* how a bus is made */
typedef struct autobus_service autobus_service;       /* a service of this program */
typedef struct autobus_request autobus_request;       /* a call that this program answers */
typedef struct autobus_remote autobus_remote;         /* a connection or a proxy: a service of somebody's */
typedef struct autobus_filter autobus_filter;         /* which services */
typedef struct autobus_slot autobus_slot;             /* a registration of a callback */
typedef struct autobus_queue autobus_queue;           /* where callbacks run, one at a time */
typedef struct autobus_discoverer autobus_discoverer; /* somebody who says which services there are */

/* ------------------------------------------------------------------------------------------------------- errors */

enum {
    AUTOBUS_OK = 0,
    AUTOBUS_ENOMEM = -1,        /* out of memory */
    AUTOBUS_EINVAL = -2,        /* an argument is not what the function takes */
    AUTOBUS_ECLOSED = -3,       /* the bus, the service or the remote is closed */
    AUTOBUS_EDEADLK = -4,       /* it would block where nothing may block */
    AUTOBUS_ETIMEDOUT = -5,     /* the deadline passed */
    AUTOBUS_EDISCONNECTED = -6, /* the connection was lost; a call may have been carried out, or not */
    AUTOBUS_ECANCELED = -7,     /* cancelled */
    AUTOBUS_ENOTBOUND = -8,     /* the proxy is bound to no service now */
    AUTOBUS_EAGAIN = -9,        /* no room now: too much is under way on this connection */
    AUTOBUS_EOVERFLOW = -10,    /* more came than is kept: a listener that did not keep up was cut off */
    AUTOBUS_EREMOTE = -11,      /* the remote answered with an error: see autobus_error */
    AUTOBUS_ENOENT = -12,       /* no such name */
    AUTOBUS_EEXIST = -13,       /* the name is taken */
    AUTOBUS_ETOOLARGE = -14,    /* over a limit of size, nesting or number */
    AUTOBUS_ENETWORK = -15,     /* no socket, port, interface or address to be had; the host is unreachable */
    AUTOBUS_EPROTOCOL = -16,    /* the peer does not speak the protocol */
    AUTOBUS_EFORKED = -17       /* called in a child of fork */
};

/* What went wrong, in full. Start with AUTOBUS_ERROR_INIT; a function that fails fills it and frees what was in it, one
 * that succeeds leaves it alone. Every autobus_error * argument may be NULL. */
typedef struct autobus_error {
    int code;        /* AUTOBUS_E…, 0 when empty */
    char *type;      /* for machines: of the remote, as no_such_function or exception (section 2), or of this library */
    char *text;      /* for people; may come from the network: escape it before a terminal sees it */
    json_t *details; /* of a remote: the object that holds both, with what it added; else NULL */
} autobus_error;

/* clang-format off */
#define AUTOBUS_ERROR_INIT {0, NULL, NULL, NULL}
/* clang-format on */

/* Frees what is in it and empties it. Takes NULL. Works in every place, inside a filter's function too. */
AUTOBUS_EXPORT void autobus_error_clear(autobus_error *error);

/* A text for a code: static, never NULL, in English. */
AUTOBUS_EXPORT const char *autobus_strerror(int code);

/* The library's version, as "0.1.0". Static. */
AUTOBUS_EXPORT const char *autobus_version(void);

/* ------------------------------------------------------------------------------------------------------- options */

/* Options for a bus. What is not set comes from the environment (AUTOBUS_INTERFACES, …), then from /etc/autobus2.conf,
 * then from the defaults. Not counted and not locked: one thread at a time uses an options object. */
AUTOBUS_EXPORT int autobus_options_new(autobus_options **ret_options);

/* Frees; takes NULL. A bus made with it keeps what it needs. */
AUTOBUS_EXPORT void autobus_options_free(autobus_options *options);

/* Sets one option as text, as autobus(7) lists them: "interfaces", "bind", "ports", "discovery_port", "accept", "allow",
 * "discovery", "goodbyes", "announce_delay", "seeds", "local_sockets", "spin", and every limit by its name ("line", …).
 * AUTOBUS_ENOENT: no such option. AUTOBUS_EINVAL: a bad value; `error` says what is wrong with it. */
AUTOBUS_EXPORT int autobus_options_set(autobus_options *options, const char *name, const char *value,
                                       autobus_error *error);

enum {
    AUTOBUS_LOG_ERROR = 1, /* something does not work */
    AUTOBUS_LOG_WARNING,   /* something was refused, dropped or cut off */
    AUTOBUS_LOG_INFO,      /* services, connections and interfaces come and go */
    AUTOBUS_LOG_DEBUG      /* every message */
};

/* A line of log, without a line end, for people. Runs on any thread of the library or on one that is in a function of
 * it, no lock held, perhaps on several at once. May call anything that does not block. Text may hold bytes from the
 * network: escape it before a terminal sees it. Peers cannot make it endless: of each level but DEBUG there are at most
 * 1,000 lines at once, then one a second, and a line says how many were left out. */
typedef void (*autobus_log_fn)(int level, const char *text, void *user_data);

/* Logs up to `level` to `log`; without this a bus says nothing. `user_data` must live until autobus_bus_close_wait has
 * returned, or the bus's last reference and all its threads are gone. */
AUTOBUS_EXPORT int autobus_options_set_log(autobus_options *options, int level, autobus_log_fn log, void *user_data);

/* ------------------------------------------------------------------------------------------------------- bus */

/* Makes a bus and starts it: its event thread, discovery on every usable interface and on loopback. It listens on TCP
 * only from its first published service on. `options` may be NULL. Blocks no longer than opening a few sockets takes.
 * AUTOBUS_ENETWORK: no sockets to be had; AUTOBUS_EINVAL: an option, a variable or /etc/autobus2.conf is wrong. A bus
 * that finds no network starts all the same and uses what comes. */
AUTOBUS_EXPORT int autobus_bus_new(const autobus_options *options, autobus_bus **ret_bus, autobus_error *error);
AUTOBUS_EXPORT autobus_bus *autobus_bus_ref(autobus_bus *bus);
/* Dropping the last reference closes the bus as autobus_bus_close does. Other handles do not count as references. */
AUTOBUS_EXPORT autobus_bus *autobus_bus_unref(autobus_bus *bus);

/* Starts to close: services say goodbye, what was sent leaves, connections end, every call that waits ends with
 * AUTOBUS_ECLOSED, and every destroy function runs. Once it returns no new callback starts but completions with
 * AUTOBUS_ECLOSED and destroy functions. Handlers under way may still answer, for 1 s. Closing twice is harmless. */
AUTOBUS_EXPORT void autobus_bus_close(autobus_bus *bus);

/* The same, and waits until all of it is done and the library's threads have ended: blocks about 0.1 s for the goodbyes,
 * at most 1 s for the answers to calls under way and for what was sent, and for as long as the program's own callbacks
 * run; those that wait in a polled queue run inside it. In a callback of the library it closes, waits for nothing and
 * returns AUTOBUS_EDEADLK. */
AUTOBUS_EXPORT int autobus_bus_close_wait(autobus_bus *bus);

/* The interfaces that discovery uses now, and those it does not: an array of
 * {"name": "eth0", "address": "10.0.0.7", "broadcast": "10.0.0.255", "used": true, "sent": 7, "heard_back": 5}, with
 * "reason": text instead of the last two where used is false, and with "error": text if the last datagram could not
 * leave. `sent` counts the datagrams sent there and `heard_back` the queries among them that this bus itself heard, as
 * everybody there should. loopback is among them. */
AUTOBUS_EXPORT int autobus_bus_interfaces(autobus_bus *bus, json_t **ret_interfaces);

/* The settings in force, each by its name (autobus(7)): {"ports": {"value": "6000-6010", "from": "environment"}, "bind":
 * {"from": "default"}, …}. `from` is "program" (autobus_options_set), "environment", a file and line
 * ("/etc/autobus2.conf:3"), or "default". Limits are not among them. */
AUTOBUS_EXPORT int autobus_bus_settings(autobus_bus *bus, json_t **ret_settings);

/* What the bus has done and has under way: {"datagrams": {"taken": 12, "foreign": 0, …}, "calls": {…}, …}; all names are
 * in autobus(7), and none is ever left out. Counts begin with the bus. */
AUTOBUS_EXPORT int autobus_bus_counters(autobus_bus *bus, json_t **ret_counters);

/* ------------------------------------------------------------------------------------------------------- callbacks */

/* Frees or drops a callback's user_data. Runs exactly once for each registration, after the last run of the callback
 * has ended, on whichever thread that was (inside autobus_slot_cancel, if nothing was running). May be NULL. When a
 * registration fails it does not run: the user_data is still the caller's. */
typedef void (*autobus_destroy_fn)(void *user_data);

/* Registrations return a slot in their last argument, which may be NULL: then the registration lives as long as what it
 * was made on (the service, the remote, the bus). Dropping a slot's last reference does not cancel. */
AUTOBUS_EXPORT autobus_slot *autobus_slot_ref(autobus_slot *slot);
AUTOBUS_EXPORT autobus_slot *autobus_slot_unref(autobus_slot *slot);

/* Ends a registration: once it returns no new run of the callback starts. One that runs meanwhile on another thread
 * goes on. The slot of a call: the call is given up, and its callback does not run unless it had begun; its destroy
 * function tells that it is over (autobus_call_cancel ends it with a word). Cancelling twice is harmless. */
AUTOBUS_EXPORT void autobus_slot_cancel(autobus_slot *slot);

/* The same, and waits until the callback has ended and the destroy function has run. Blocks as long as they do. Inside
 * any callback of the library it cancels, waits for nothing and returns AUTOBUS_EDEADLK. */
AUTOBUS_EXPORT int autobus_slot_cancel_wait(autobus_slot *slot);

/* A queue runs its callbacks one at a time, in the order in which they came about, on a thread of the library. By
 * default all callbacks of a bus but functions run on the bus's own queue, so a program that uses no other needs no
 * locks among them. A slow callback delays its own queue and nothing else. */
AUTOBUS_EXPORT int autobus_queue_new(autobus_bus *bus, autobus_queue **ret_queue);
/* The queue that the event thread serves: the fastest, and all of the bus waits for its callbacks. Owned by the caller
 * as any other (unref it). NULL: no memory, or closed. */
AUTOBUS_EXPORT autobus_queue *autobus_bus_event_queue(autobus_bus *bus);
AUTOBUS_EXPORT autobus_queue *autobus_queue_ref(autobus_queue *queue);
AUTOBUS_EXPORT autobus_queue *autobus_queue_unref(autobus_queue *queue); /* registrations hold it on */

/* Where callbacks that are registered from now on run, if nothing nearer to them names a queue (their remote, their
 * service): those of service listeners, remotes and requests, and functions of the mode AUTOBUS_QUEUED. NULL: the bus's
 * own queue. AUTOBUS_EINVAL: of another bus. */
AUTOBUS_EXPORT int autobus_bus_set_queue(autobus_bus *bus, autobus_queue *queue);

/* A queue for a loop of the program's own: its callbacks run in autobus_queue_dispatch and nowhere else, but for those
 * that autobus_bus_close_wait finds waiting and runs itself. As the bus's queue, and with functions of the mode
 * AUTOBUS_QUEUED, it makes of a program one with a single thread. The limits on what waits hold here too: while a loop
 * stands still its listeners are cut off and its callers told that it is busy. Dropping the program's last reference
 * ends the queue: what is registered on it is cancelled, and what comes to be registered on it at once.
 * AUTOBUS_ENETWORK: no descriptor to be had. */
AUTOBUS_EXPORT int autobus_queue_new_polled(autobus_bus *bus, autobus_queue **ret_queue);
/* A descriptor to poll, for levels or edges: readable while callbacks wait and no thread runs them. It is the queue's and
 * ends with it: do not read or close it. AUTOBUS_EINVAL: the queue is not of this kind. */
AUTOBUS_EXPORT int autobus_queue_fd(autobus_queue *queue);
/* Runs callbacks that wait, on this thread, and returns how many; 0 also while another thread does so. It ends after
 * `most` of them (0 or more than 64: 64), and also once 200 microseconds are over, with the eighth by then or after some
 * milliseconds, whichever comes first, so that the loop gets to its other work; what is left makes the descriptor
 * readable. What the callbacks send leaves when it ends, so none of them may block. AUTOBUS_EINVAL: the queue is not of
 * this kind; AUTOBUS_EDEADLK: inside any callback of the library; AUTOBUS_ECLOSED: the bus is closed and nothing waits
 * any more. */
AUTOBUS_EXPORT int autobus_queue_dispatch(autobus_queue *queue, int most);

/* ------------------------------------------------------------------------------------------------------- batches */

/* Between these two, what this thread sends on the bus is held back and then leaves together: for a program that fires,
 * sets, notifies or calls many times in a row. Pairs may be nested; the last end sends. A blocking function sends what is
 * held first, and so does a close; what another thread sends meanwhile may take it along. A batch that a callback has
 * begun ends with it. AUTOBUS_EINVAL: this thread holds back the output of another bus (begin; then all leaves at once),
 * or has begun no batch of this one (end). */
AUTOBUS_EXPORT int autobus_batch_begin(autobus_bus *bus);
AUTOBUS_EXPORT int autobus_batch_end(autobus_bus *bus);

/* ------------------------------------------------------------------------------------------------------- filters */

/* A filter is a list of terms on a service's info, all of which must match; without terms it matches every service.
 * Info has `host`, `port` and `service` (the id) added (section 1). Keys are whole: "monitor.host" is one key. A filter
 * must not change once it is in use. These functions need no bus; the match and the counts may run on any thread, the
 * add functions on one at a time. */
AUTOBUS_EXPORT int autobus_filter_new(autobus_filter **ret_filter);
AUTOBUS_EXPORT autobus_filter *autobus_filter_ref(autobus_filter *filter);
AUTOBUS_EXPORT autobus_filter *autobus_filter_unref(autobus_filter *filter);

/* From text, as the tools take it: terms joined by commas; `\` escapes a comma. WORD (first term only): the service with
 * that id, or those of that type; key=value, key!=value (also absent): a string compared with the text, any other JSON
 * value with the text read as JSON; key~regex: POSIX extended, unanchored, on a string; key?: present; !key: absent.
 * AUTOBUS_EINVAL: `error` says where. */
AUTOBUS_EXPORT int autobus_filter_parse(const char *text, autobus_filter **ret_filter, autobus_error *error);

/* The value, of any type, equals (json_equal). Not equal matches an absent key too. */
AUTOBUS_EXPORT int autobus_filter_add_equal(autobus_filter *filter, const char *key, const json_t *value);
AUTOBUS_EXPORT int autobus_filter_add_not_equal(autobus_filter *filter, const char *key, const json_t *value);
AUTOBUS_EXPORT int autobus_filter_add_present(autobus_filter *filter, const char *key);
AUTOBUS_EXPORT int autobus_filter_add_absent(autobus_filter *filter, const char *key);
/* A POSIX extended regular expression somewhere in a string. AUTOBUS_EINVAL: `error` has regcomp's text. */
AUTOBUS_EXPORT int autobus_filter_add_regex(autobus_filter *filter, const char *key, const char *pattern,
                                            autobus_error *error);

/* A function of the program's. It runs with the bus locked: it must be a pure function of `info`, quick, and must not
 * change it or keep it. Every library call inside it returns AUTOBUS_EDEADLK. */
typedef bool (*autobus_filter_fn)(const json_t *info, void *user_data);
AUTOBUS_EXPORT int autobus_filter_add_function(autobus_filter *filter, autobus_filter_fn function, void *user_data,
                                               autobus_destroy_fn destroy);

AUTOBUS_EXPORT bool autobus_filter_match(const autobus_filter *filter, const json_t *info);

/* ------------------------------------------------------------------------------------------------------- discovery */

enum {
    AUTOBUS_SERVICES_EXISTING = 1 << 0, /* first what is there already, with no gap and no double */
    AUTOBUS_SERVICES_ROUTES = 1 << 1,   /* added, changed and removed for each route, not each service */
    AUTOBUS_SERVICES_LIVENESS = 1 << 2  /* keep one idle connection to each bus listed: a death is seen at once */
};

enum autobus_services_kind {
    AUTOBUS_SERVICE_ADDED = 1,
    AUTOBUS_SERVICE_CHANGED, /* its info, or its routes */
    AUTOBUS_SERVICE_REMOVED,
    AUTOBUS_SERVICES_CACHED,  /* all that the bus already knew has been told; comes once, with EXISTING */
    AUTOBUS_SERVICES_SETTLED, /* the network had time to answer (0.55 to 2 s from the bus's start; at once without
                                 discoverers); comes once */
    AUTOBUS_SERVICES_OVERFLOW /* the listener did not keep up, or memory was out: it is cancelled, this is the last */
};

/* Borrowed for the time of the callback; `entry` is this callback's own value: change it, or json_incref to keep it. */
typedef struct autobus_services_event {
    autobus_bus *bus;
    enum autobus_services_kind kind;
    const char *service; /* the id; NULL for the marks and overflow */
    json_t *entry;       /* {"service": id, "info": {…}, "routes": [{"host": text, "port": 1…65535, "discoverers":
                            [text, …], "preferred": bool}]}; one route with ROUTES; the last known one when removed;
                            NULL for the marks and overflow */
} autobus_services_event;

typedef void (*autobus_services_fn)(const autobus_services_event *event, void *user_data);

/* Hears services come, change and go. `filter` may be NULL: all, those of type autobus.… included. A service whose
 * changed info ceases to match is removed for this listener, and the other way round. */
AUTOBUS_EXPORT int autobus_listen_services(autobus_bus *bus, autobus_filter *filter, unsigned flags,
                                           autobus_services_fn callback, void *user_data, autobus_destroy_fn destroy,
                                           autobus_slot **ret_slot);

/* All services known now: an array of entries as above, in the order of their ids. `filter` may be NULL. */
AUTOBUS_EXPORT int autobus_bus_services(autobus_bus *bus, autobus_filter *filter, json_t **ret_services);

/* The same, with each route explained, by these keys besides:
 * "heard_ms": how long ago a discoverer last reported it; "tried_ms", "answered_ms", "failed_ms":
 * how long ago this bus last began a connection over it, last bound one, and last failed to or lost one with none bound
 * since, each null if it never did; "failure": why, "unreachable" (refused, or no way there), "timeout", "rejected" (the
 * service is not there), "protocol" or "lost", null if it did not; "round_trip_ms": real, of the last bind or ping over
 * it, null if there was none; "in_use": connections of this bus that are bound over it; "local": bool, such a one goes by
 * the local socket (autobus(7)); "reason": why it is preferred, "only", "loopback", "answered_last", "others_failed" or
 * "lowest" (none was tried), or why it is not, "failed", "not_loopback", "slower" (another was bound first while it was
 * being tried), "answered_earlier", "no_answer" (so far) or "never_tried". There may be more words some day. */
AUTOBUS_EXPORT int autobus_bus_routes(autobus_bus *bus, autobus_filter *filter, json_t **ret_services);

/* Blocks until discovery has settled (see AUTOBUS_SERVICES_SETTLED), or AUTOBUS_ETIMEDOUT. */
AUTOBUS_EXPORT int autobus_bus_settle(autobus_bus *bus, int timeout_ms);

/* ------------------------------------------------------------------------------- discoverers and publishers */

/*
 * A bus is told which services there are by its discoverers, and a service is known as long as one of them reports it:
 * what two report is one service. Its publishers make its own services known. It starts with a pair of them that works
 * by broadcast, or without any (the option "discovery": "none"), and has then settled at once; a program adds its own
 * and takes them away.
 */
enum {
    AUTOBUS_BROADCAST_DISCOVER = 1 << 0, /* ask, and heed what others announce */
    AUTOBUS_BROADCAST_PUBLISH = 1 << 1   /* announce, and answer those who ask */
};

/* Which of the broadcast pair work from now on: 0 or several of the above. The discoverer that ends takes away what it
 * alone reported; the publisher says goodbye for every service. Bound remotes stay bound. */
AUTOBUS_EXPORT int autobus_bus_set_broadcast(autobus_bus *bus, unsigned parts);

/* A discoverer of the program's own. Its name is shown with each route that it reports; several may have the same. */
AUTOBUS_EXPORT int autobus_discoverer_new(autobus_bus *bus, const char *name, autobus_discoverer **ret_discoverer);
AUTOBUS_EXPORT autobus_discoverer *autobus_discoverer_ref(autobus_discoverer *discoverer);
/* Dropping the last reference closes it. */
AUTOBUS_EXPORT autobus_discoverer *autobus_discoverer_unref(autobus_discoverer *discoverer);
/* What it alone reported is gone, and it reports nothing more. */
AUTOBUS_EXPORT void autobus_discoverer_close(autobus_discoverer *discoverer);

/* A known host that is asked over TCP which services it has, where broadcast does not reach: as the option "seeds" does
 * from the start on. `host` is a numeric IPv4 address or a name (looked up meanwhile, and anew each time it is connected
 * to), `port` that of any bus there: 52722 leads to one as long as there is one. What comes and goes there is told at
 * once; a host that does not answer is asked again for ever, after 20 s at most. Routes that it reports show the
 * discoverer "seeds". AUTOBUS_ETOOLARGE: there are 64 (the limit "seed_hosts"). autobus_discover and autobus_undiscover
 * are AUTOBUS_EINVAL on it. */
AUTOBUS_EXPORT int autobus_discoverer_new_seed(autobus_bus *bus, const char *host, uint16_t port,
                                               autobus_discoverer **ret_discoverer);

/* Reports: the service with this id can be had at `host`, a numeric IPv4 address, and `port`. `info` is an object as the
 * service publishes it, or NULL for an empty one. It counts until it is taken back: it does not expire, a goodbye by
 * broadcast does not end it, and when it cannot be reached it is only the last to be tried. Reporting again is harmless,
 * and changes the info if this discoverer was the first to report the service on that host. AUTOBUS_EEXIST: it is known
 * on another host with another info, and this is not reported; if it was hearsay, it is asked whether it is there, and
 * reporting again works once it is not. AUTOBUS_ETOOLARGE: the info is over 16 KiB encoded, or too much is known (the
 * limits "routes", "routes_per_host", "routes_per_service", "route_bytes"). */
AUTOBUS_EXPORT int autobus_discover(autobus_discoverer *discoverer, const char *host, uint16_t port,
                                    const char *service, const json_t *info);
/* Takes that back. AUTOBUS_ENOENT: it does not report it. */
AUTOBUS_EXPORT int autobus_undiscover(autobus_discoverer *discoverer, const char *host, uint16_t port,
                                      const char *service);

enum autobus_publication_kind {
    AUTOBUS_PUBLICATION_ADDED = 1,
    AUTOBUS_PUBLICATION_CHANGED, /* its info, or the port */
    AUTOBUS_PUBLICATION_REMOVED,
    AUTOBUS_PUBLICATION_OVERFLOW /* the publisher did not keep up, or memory was out: cancelled, this is the last */
};

/* Borrowed for the time of the callback; `info` is this callback's own: change it, or json_incref to keep it. */
typedef struct autobus_publication {
    autobus_bus *bus;
    enum autobus_publication_kind kind;
    const char *service; /* the id; NULL for overflow */
    json_t *info;        /* as published, `hostname` included; NULL for removed and overflow */
    uint16_t port;       /* that the bus listens on */
} autobus_publication;

typedef void (*autobus_publication_fn)(const autobus_publication *publication, void *user_data);

/* Adds a publisher of the program's own: hears of each service of this bus, first of those that are published already,
 * that of type autobus.details included; on the queue of service listeners. Cancelling the slot takes it away. When the
 * bus closes it hears no more, and its destroy function runs. */
AUTOBUS_EXPORT int autobus_publisher_add(autobus_bus *bus, autobus_publication_fn callback, void *user_data,
                                         autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* ------------------------------------------------------------------------------------------------------- services */

/* A service of this program, not yet seen by anybody: add to it, then publish it. `info` is an object, by convention
 * with `type` and perhaps `name`, `room`, `version`; `hostname` is added unless it is there (section 1); NULL: an empty
 * one. AUTOBUS_ETOOLARGE: over 8 KiB encoded, or some 120 members. */
AUTOBUS_EXPORT int autobus_service_new(autobus_bus *bus, const json_t *info, autobus_service **ret_service);
AUTOBUS_EXPORT autobus_service *autobus_service_ref(autobus_service *service);
/* Dropping the last reference closes the service. */
AUTOBUS_EXPORT autobus_service *autobus_service_unref(autobus_service *service);

/* Listens, if this is the bus's first service, and announces. Publishing twice is harmless. AUTOBUS_ENETWORK: no port to
 * listen on; AUTOBUS_ECLOSED: the service was closed. */
AUTOBUS_EXPORT int autobus_service_publish(autobus_service *service);

/* Says goodbye, tells its clients, who then go elsewhere at once, and ends the connections to it and all its
 * registrations; calls under way are answered if their handlers do so within 1 s. It cannot be published again. */
AUTOBUS_EXPORT void autobus_service_close(autobus_service *service);

/* The unique id: printable ASCII without spaces, at most 255 bytes; lives as long as the handle. */
AUTOBUS_EXPORT const char *autobus_service_id(autobus_service *service);

/* Replaces the info; a published service is announced anew (removed and added), its connections stay. */
AUTOBUS_EXPORT int autobus_service_set_info(autobus_service *service, const json_t *info);

enum autobus_mode {
    AUTOBUS_THREAD, /* on a worker thread, in parallel with other calls */
    AUTOBUS_SYNC,   /* on the event thread: the quickest, all of the bus waits for it, and it must not block */
    AUTOBUS_ASYNC,  /* null is answered at once; then as THREAD; what the handler replies goes nowhere */
    AUTOBUS_QUEUED  /* on the service's queue, one at a time and in order with the other callbacks there */
};

/* Answers a call. It is given one reference of the request, which the library drops after it returns: keep the request
 * with autobus_request_ref to answer later, from any thread. A request dropped without an answer is answered null. */
typedef void (*autobus_function_fn)(autobus_request *request, void *user_data);

/* Adds a function. `doc` is for people and may be NULL. Cancelling the slot removes the function. AUTOBUS_EEXIST: there
 * is one of that name. Names that begin with "autobus." are the library's: AUTOBUS_EINVAL. */
AUTOBUS_EXPORT int autobus_service_add_function(autobus_service *service, const char *name, const char *doc,
                                                enum autobus_mode mode, autobus_function_fn function, void *user_data,
                                                autobus_destroy_fn destroy, autobus_slot **ret_slot);
/* Gives a function another handler and mode, while it is called: no call is refused for it. Calls that came before are
 * carried out by the old handler, whose destroy function then runs as if its slot had been cancelled; that slot removes
 * nothing any more, the new one does. Documentation stays. AUTOBUS_ENOENT: there is none of that name. */
AUTOBUS_EXPORT int autobus_service_replace_function(autobus_service *service, const char *name, enum autobus_mode mode,
                                                    autobus_function_fn function, void *user_data,
                                                    autobus_destroy_fn destroy, autobus_slot **ret_slot);
/* Where functions of the mode AUTOBUS_QUEUED and listeners for interest that are added from now on run; NULL: the bus's
 * queue. AUTOBUS_EINVAL: of another bus. */
AUTOBUS_EXPORT int autobus_service_set_queue(autobus_service *service, autobus_queue *queue);
/* Adds an event that may be fired. Errors as above. */
AUTOBUS_EXPORT int autobus_service_add_event(autobus_service *service, const char *name, const char *doc);
/* Adds an object with its first value, of any JSON type. Errors as above. */
AUTOBUS_EXPORT int autobus_service_add_object(autobus_service *service, const char *name, const char *doc,
                                              const json_t *value);

enum autobus_kind { AUTOBUS_KIND_SERVICE, AUTOBUS_KIND_FUNCTION, AUTOBUS_KIND_EVENT, AUTOBUS_KIND_OBJECT };

/* Removes a function, event or object. AUTOBUS_ENOENT: there is none. */
AUTOBUS_EXPORT int autobus_service_remove(autobus_service *service, enum autobus_kind kind, const char *name);
/* Replaces the documentation; whoever watches it sees the change (section 3). `name` is NULL for AUTOBUS_KIND_SERVICE;
 * `doc` NULL takes it away. AUTOBUS_ENOENT. */
AUTOBUS_EXPORT int autobus_service_set_doc(autobus_service *service, enum autobus_kind kind, const char *name,
                                           const char *doc);

/* What there is, published or not. False: also of a service that is closed. */
AUTOBUS_EXPORT bool autobus_service_has(autobus_service *service, enum autobus_kind kind, const char *name);
/* All functions, events or objects: an object of names with what is known of each, {"doc": text} and its description; of
 * AUTOBUS_KIND_SERVICE {"info": {…}, "doc": text, "functions": {…}, "events": {…}, "objects": {…}} (section 3). */
AUTOBUS_EXPORT int autobus_service_list(autobus_service *service, enum autobus_kind kind, json_t **ret_list);
/* The value of an object of this service. AUTOBUS_ENOENT. */
AUTOBUS_EXPORT int autobus_service_get(autobus_service *service, const char *object, json_t **ret_value);

/* Who listens to an event, or watches an object (of that name, there or not): an array of
 * {"host": text, "port": number, "local": bool} as in autobus_peer, one for each connection. */
AUTOBUS_EXPORT int autobus_service_peers(autobus_service *service, enum autobus_kind kind, const char *name,
                                         json_t **ret_peers);

/* Whether anybody listens to an event or watches an object. Borrowed for the time of the callback. */
typedef struct autobus_interest {
    autobus_service *service;
    enum autobus_kind kind;
    const char *name;
    bool interested;
} autobus_interest;
typedef void (*autobus_interest_fn)(const autobus_interest *interest, void *user_data);

/* Hears of the first who listens to an event or watches an object, at once if there is one, and that all are gone when
 * nobody came for 1 s after the last: so a sensor measures only while somebody looks, and who reads a value once, or is
 * back after a loss, does not make it begin and end all the time. The event or object need not be there (yet): it can be
 * added when somebody asks for it. A callback that is slower than the changes hears the newest only. Nothing is told when
 * the service is closed; the destroy function runs. AUTOBUS_EINVAL: another kind than these two. */
AUTOBUS_EXPORT int autobus_service_on_interest(autobus_service *service, enum autobus_kind kind, const char *name,
                                               autobus_interest_fn callback, void *user_data,
                                               autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* Describes what a function takes and gives, what an event carries, or what an object is, with fragments of JSON Schema
 * (section 3); others see it with the documentation, and nothing is checked against it. `description` is an object: of a
 * function {"args": [{"name": text, "type": "string", …}, …], "result": {…}}, of an event {"args": […]}, of an object
 * {"value": {…}}, each key optional; "optional": true in an argument means that it may be left out. NULL takes it away.
 * AUTOBUS_EINVAL: another key or form. AUTOBUS_ETOOLARGE: over 8 KiB encoded (the limit "description"), or 16 levels.
 * AUTOBUS_ENOENT. */
AUTOBUS_EXPORT int autobus_service_set_description(autobus_service *service, enum autobus_kind kind, const char *name,
                                                   const json_t *description);

/* Fires an event: autobus_fire(service, "rang", "[s]", "front"). The arguments are an array; `format` NULL: []. Encoded
 * once, sent to all who listen. AUTOBUS_ENOENT: no such event. AUTOBUS_ETOOLARGE: over the limit of a line, 1 MiB. */
AUTOBUS_EXPORT int autobus_fire(autobus_service *service, const char *event, const char *format, ...);
AUTOBUS_EXPORT int autobus_fire_json(autobus_service *service, const char *event, const json_t *args);

/* Gives an object a new value: autobus_set(service, "temperature", "f", 21.5). Watchers hear it if it differs from the
 * old one; a slow watcher hears the newest only. Errors as autobus_fire. */
AUTOBUS_EXPORT int autobus_set(autobus_service *service, const char *object, const char *format, ...);
AUTOBUS_EXPORT int autobus_set_json(autobus_service *service, const char *object, const json_t *value);

/* ------------------------------------------------------------------------------------------------------- requests */

/* What a handler is given. All of it lives as long as the request; one thread at a time may use the args. */
AUTOBUS_EXPORT autobus_request *autobus_request_ref(autobus_request *request);
AUTOBUS_EXPORT autobus_request *autobus_request_unref(autobus_request *request);
AUTOBUS_EXPORT const char *autobus_request_function(autobus_request *request); /* the name that was called */
AUTOBUS_EXPORT const char *autobus_request_service(autobus_request *request);  /* the id of the service */
AUTOBUS_EXPORT json_t *autobus_request_args(autobus_request *request);         /* array; borrowed, never NULL */
/* True: the caller sent a notice, or the function is AUTOBUS_ASYNC: he hears no answer (one is thrown away without an
 * error). */
AUTOBUS_EXPORT bool autobus_request_is_notice(autobus_request *request);

/* Who calls. Nothing of it is authenticated. */
typedef struct autobus_peer {
    const char *host;    /* numeric address */
    uint16_t port;       /* 0: it came by the local socket, autobus(7) */
    bool local;          /* a program of this machine, by loopback or by an address of its own */
    uint64_t connection; /* its number: see autobus_service_connections */
} autobus_peer;
AUTOBUS_EXPORT const autobus_peer *autobus_request_peer(autobus_request *request);

/* Takes the arguments apart as json_unpack does: autobus_request_unpack(request, "[sF]", &room, &degrees) (F takes 21 and
 * 21.0, f the latter alone). The array must have just these elements unless the format says otherwise. AUTOBUS_EINVAL:
 * they do not fit, and the caller has been answered bad_arguments with a text that says why; the handler just returns. */
AUTOBUS_EXPORT int autobus_request_unpack(autobus_request *request, const char *format, ...);

/* Answers: autobus_reply(request, "{s:f}", "celsius", 21.5). `format` NULL: null. AUTOBUS_EEXIST: it has been answered.
 * AUTOBUS_EINVAL, AUTOBUS_ETOOLARGE: the value cannot be sent; the caller has been answered an error that says so.
 * AUTOBUS_EDISCONNECTED: the caller is gone. AUTOBUS_ECANCELED, AUTOBUS_ETIMEDOUT: he has given the call up, his
 * time for it is over. */
AUTOBUS_EXPORT int autobus_reply(autobus_request *request, const char *format, ...);
AUTOBUS_EXPORT int autobus_reply_json(autobus_request *request, const json_t *result);
/* Gives the caller a partial result before the answer, if he wants to hear any (else 0, and nothing is sent): the share
 * that is done, a line of output, a row of a table. Format and value as of a reply. AUTOBUS_EAGAIN: he reads too slowly
 * and half a MiB waits for him; this one was not sent: later there may be room. AUTOBUS_EINVAL, AUTOBUS_ETOOLARGE: the
 * value cannot be sent, and was not. The others as of a reply. */
AUTOBUS_EXPORT int autobus_request_progress(autobus_request *request, const char *format, ...);
AUTOBUS_EXPORT int autobus_request_progress_json(autobus_request *request, const json_t *value);
/* True: partial results are sent. */
AUTOBUS_EXPORT bool autobus_request_wants_progress(autobus_request *request);

/* Answers with an exception. `type` is for machines and may be NULL ("exception"); the text is for people, made as by
 * printf. AUTOBUS_EINVAL: no type (it is a name: UTF-8 of 1 to 255 bytes) or no text; nothing has been answered, and what
 * is then dropped without an answer is answered with an exception. */
AUTOBUS_EXPORT int autobus_reply_error(autobus_request *request, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with data of the program's own, any value: the caller finds it as "data" in autobus_error.details. */
AUTOBUS_EXPORT int autobus_reply_error_json(autobus_request *request, const char *type, const char *text,
                                            const json_t *data);

/* Milliseconds until the caller gives up, 0 when that has passed. AUTOBUS_ENOENT: he has not said. */
AUTOBUS_EXPORT int autobus_request_remaining(autobus_request *request);

/* True once nobody waits for the answer: the caller is gone or has given the call up (cancelled it, or his time is over),
 * the service is closed and the second that handlers then have is over, or it has been answered. A call that is given up
 * while it waits for its handler is not handed to it at all; one whose caller is gone without a word is: he may have
 * wanted it done. */
AUTOBUS_EXPORT bool autobus_request_abandoned(autobus_request *request);
/* Runs the callback once, when that happens before an answer was given (at once, if it has happened); on the bus's
 * queue. It is cancelled when the request is answered. */
typedef void (*autobus_abandoned_fn)(autobus_request *request, void *user_data);
AUTOBUS_EXPORT int autobus_request_on_abandoned(autobus_request *request, autobus_abandoned_fn callback,
                                                void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* ------------------------------------------------------------------------------------------------------- access */

/*
 * Who may use a service. Unless something is set, here or by the option "allow", anybody on the network. Who may not
 * is answered an error of type `denied` (section 2), whatever he asks for, and the details of the bus (section 3) leave
 * the service out for him.
 */

/* From where: a list, separated by commas, of networks (192.168.1.0/24), addresses, `local` and `*`. This machine is
 * always among them; "local" is nobody else, NULL or "*" is everybody. The service is announced on loopback and on the
 * interfaces with one of these networks. May be changed at any time: connections from elsewhere then end.
 * AUTOBUS_EINVAL: `error` says what is wrong with the list. */
AUTOBUS_EXPORT int autobus_service_set_access(autobus_service *service, const char *access, autobus_error *error);

enum autobus_access_kind {
    AUTOBUS_ACCESS_BIND, /* to have to do with the service at all, and to see it in the details of its bus */
    AUTOBUS_ACCESS_CALL,
    AUTOBUS_ACCESS_WATCH, /* and to get; of the objects autobus.functions, … too */
    AUTOBUS_ACCESS_LISTEN
};

/* What somebody asks for. Borrowed for the time of the callback. */
typedef struct autobus_access {
    enum autobus_access_kind kind;
    const char *service; /* the id */
    const char *name;    /* of the function, object or event, which need not exist; NULL: AUTOBUS_ACCESS_BIND */
    const autobus_peer *peer;
} autobus_access;

/* A function of the program's that decides: true lets it happen. It is asked, after the list above, about each bind, call
 * (a notice too), watch and listen, on whichever thread that was, with the bus locked. So it must be quick, and what it
 * says must depend on `access` and on what does not change; every library call inside it returns AUTOBUS_EDEADLK. */
typedef bool (*autobus_guard_fn)(const autobus_access *access, void *user_data);

/* Sets or replaces it; NULL takes it away. `destroy` runs once it is asked no more. What stands is judged anew: a
 * connection ends that bound, watches or listens to what it would be refused now. */
AUTOBUS_EXPORT int autobus_service_set_guard(autobus_service *service, autobus_guard_fn guard, void *user_data,
                                             autobus_destroy_fn destroy);

/* Who is connected to the service now, in the order in which they came: an array of {"connection": number, "host": text,
 * "port": number, "local": bool (as in autobus_peer), "age_ms": since it was bound, "silence_ms": since it said
 * something, "calls": how many it waits for, "watches": [name, …], "listens": [name, …], "waiting": bytes that it has not
 * read}. */
AUTOBUS_EXPORT int autobus_service_connections(autobus_service *service, json_t **ret_connections);

/* Closes one of them, by its number, which no other connection of the bus ever has; the calls it waits for are abandoned.
 * The other end sees its connection end, and a proxy there binds again: to keep somebody out there are
 * autobus_service_set_access and autobus_service_set_guard. AUTOBUS_ENOENT: there is none of that number any more. */
AUTOBUS_EXPORT int autobus_service_disconnect(autobus_service *service, uint64_t connection);

/* ------------------------------------------------------------------------------------------------------- remotes */

/* A proxy: binds to a service that matches, and when that one is lost binds again, to the same or another, as long as it
 * lives. What is listened to and watched is listened to and watched again. `service` is a filter's text. */
AUTOBUS_EXPORT int autobus_proxy(autobus_bus *bus, const char *service, autobus_remote **ret_remote,
                                 autobus_error *error);
AUTOBUS_EXPORT int autobus_proxy_filter(autobus_bus *bus, autobus_filter *filter, autobus_remote **ret_remote);

/* A proxy of many: binds to every service that matches, each once whatever the number of its routes, as it comes, until
 * it is gone or its info ceases to match; at most 1,024 (the limit "multiple_services"). It is listened to, watched and
 * sent notices as any other remote, on all its services; callbacks say which one it is from. autobus_remote_wait waits
 * for the first. Calls are autobus_call_all and autobus_gather; autobus_call, autobus_get, theirs with _json and _async
 * and autobus_remote_info are AUTOBUS_EINVAL on it. */
AUTOBUS_EXPORT int autobus_proxy_multiple(autobus_bus *bus, const char *service, autobus_remote **ret_remote,
                                          autobus_error *error);
AUTOBUS_EXPORT int autobus_proxy_multiple_filter(autobus_bus *bus, autobus_filter *filter, autobus_remote **ret_remote);

/* A connection: to one service at one place, without discovery. `host` is a numeric IPv4 address or a name (resolved
 * meanwhile), `port` 1 to 65535, `service` the id, or NULL: the introspection service of the bus there, which tells what
 * else it has (section 3). Returns at once; it connects in the background for at most 10 s: see autobus_remote_wait and
 * autobus_remote_wait_async. It does not come back once it is lost: everything then ends with AUTOBUS_EDISCONNECTED (or
 * with the reason it never came to be: AUTOBUS_ENETWORK, AUTOBUS_ETIMEDOUT, AUTOBUS_EPROTOCOL, AUTOBUS_EREMOTE of type
 * no_such_service), and what is watched reads as absent. */
AUTOBUS_EXPORT int autobus_connect(autobus_bus *bus, const char *host, uint16_t port, const char *service,
                                   autobus_remote **ret_remote);

AUTOBUS_EXPORT autobus_remote *autobus_remote_ref(autobus_remote *remote);
/* Dropping the last reference closes the remote; registrations on it do not count as references. */
AUTOBUS_EXPORT autobus_remote *autobus_remote_unref(autobus_remote *remote);
/* Ends it: calls complete with AUTOBUS_ECLOSED, registrations end. What was sent still leaves. */
AUTOBUS_EXPORT void autobus_remote_close(autobus_remote *remote);

/* Blocks until it is bound (a proxy of many: to one at least): 0, AUTOBUS_ETIMEDOUT, or why a connection failed. */
AUTOBUS_EXPORT int autobus_remote_wait(autobus_remote *remote, int timeout_ms, autobus_error *error);
/* The info of the service that it is bound to, as it is known now, with host, port and service added. A connection's has
 * these three alone. AUTOBUS_ENOTBOUND. */
AUTOBUS_EXPORT int autobus_remote_info(autobus_remote *remote, json_t **ret_info);
/* How long its calls take at most, from 1 ms on; 30,000 unless set. */
AUTOBUS_EXPORT int autobus_remote_set_timeout(autobus_remote *remote, int timeout_ms);
/* Where callbacks registered on it from now on run; NULL: the bus's queue. AUTOBUS_EINVAL: of another bus. */
AUTOBUS_EXPORT int autobus_remote_set_queue(autobus_remote *remote, autobus_queue *queue);

/* Bound or unbound: between an unbind and the next bind events can have been missed. Told at once if it is bound. A proxy
 * of many tells both for each service; one that does not match any more is unbound with AUTOBUS_ENOENT; a listener that
 * does not keep up hears a last one, not bound, with AUTOBUS_EOVERFLOW.
 * All pointers are borrowed for the time of the callback; json as in the others. */
typedef struct autobus_binding {
    autobus_remote *remote;
    const char *service; /* the id of the service bound to, or lost */
    bool bound;
    int reason;   /* unbound: why, AUTOBUS_E…; AUTOBUS_ECLOSED: the service was closed by its program (told too when a
                     connection never came to be, with service NULL or the id) */
    json_t *info; /* bound: as autobus_remote_info (NULL: there was no memory for it); else NULL */
} autobus_binding;
typedef void (*autobus_binding_fn)(const autobus_binding *binding, void *user_data);
AUTOBUS_EXPORT int autobus_remote_on_binding(autobus_remote *remote, autobus_binding_fn callback, void *user_data,
                                             autobus_destroy_fn destroy, autobus_slot **ret_slot);

/*
 * Calls. A call on a proxy that is not bound waits for it to bind, within its own time. It is sent at most once: when
 * its connection is lost after it may have left, it ends with AUTOBUS_EDISCONNECTED and the library does not repeat it.
 * The arguments are an array: `format` as of json_pack, "[sf]"; NULL: [].
 *
 * Errors of a call: AUTOBUS_EREMOTE with the remote's type and text in `error` (exception, no_such_function,
 * bad_arguments, busy, denied, …: section 2), AUTOBUS_ETIMEDOUT, AUTOBUS_ECANCELED, AUTOBUS_EDISCONNECTED,
 * AUTOBUS_ENOTBOUND, AUTOBUS_EAGAIN (1,024 calls or 8 MiB are under way; a blocking call waits for room instead),
 * AUTOBUS_ECLOSED, AUTOBUS_ETOOLARGE.
 */
enum {
    AUTOBUS_CALL_BOUND = 1 << 0,   /* fail with AUTOBUS_ENOTBOUND at once instead of waiting for a service */
    AUTOBUS_CALL_PROGRESS = 1 << 1 /* hear partial results too; of autobus_call_async and autobus_call_all alone */
};

/* Calls and blocks for the answer, at most the remote's timeout. `ret_result` and `error` may be NULL.
 * autobus_call(remote, &result, &error, "set_target", "[sf]", "hall", 21.5) */
AUTOBUS_EXPORT int autobus_call(autobus_remote *remote, json_t **ret_result, autobus_error *error, const char *function,
                                const char *format, ...);
/* The same with the arguments as a value (NULL: []), flags, and a time of its own in milliseconds (0: the remote's). */
AUTOBUS_EXPORT int autobus_call_json(autobus_remote *remote, json_t **ret_result, autobus_error *error,
                                     const char *function, const json_t *args, unsigned flags, int timeout_ms);

/* Borrowed for the time of the callback; `value` is this callback's own: change it, or json_incref to keep it. */
typedef struct autobus_result {
    autobus_remote *remote;
    const char *service;        /* the id of the service that answered; NULL if none was reached */
    int code;                   /* 0, or an error of a call */
    json_t *value;              /* NULL unless code is 0 */
    const autobus_error *error; /* NULL when code is 0 */
    bool last;                  /* no other follows: always, but for what services answer to autobus_call_all */
    bool partial;               /* a partial result: the service has more to say to this call (and last is false) */
} autobus_result;
typedef void (*autobus_result_fn)(const autobus_result *result, void *user_data);

typedef struct autobus_canceler autobus_canceler; /* ends calls that block, from another thread */

/* More about a call that blocks: start with {0}, which is as autobus_call. */
typedef struct autobus_call_options {
    unsigned flags;             /* AUTOBUS_CALL_… */
    int timeout_ms;             /* its time; 0: the remote's */
    autobus_canceler *canceler; /* of the same bus; borrowed; NULL: nobody cancels it */
    autobus_result_fn partial;  /* hears each partial result, in the thread that called; NULL: none is wanted */
    void *user_data;            /* of partial */
} autobus_call_options;
/* The same with all that can be said about a call. */
AUTOBUS_EXPORT int autobus_call_with(autobus_remote *remote, json_t **ret_result, autobus_error *error,
                                     const char *function, const json_t *args, const autobus_call_options *options);

/* Ends calls that block in other threads. Counted. One canceler may be given to any number of calls. */
AUTOBUS_EXPORT int autobus_canceler_new(autobus_bus *bus, autobus_canceler **ret_canceler);
AUTOBUS_EXPORT autobus_canceler *autobus_canceler_ref(autobus_canceler *canceler);
AUTOBUS_EXPORT autobus_canceler *autobus_canceler_unref(autobus_canceler *canceler); /* cancels nothing */
/* Every call that has it ends with AUTOBUS_ECANCELED, now and from now on; the services that were asked are told. */
AUTOBUS_EXPORT void autobus_canceler_cancel(autobus_canceler *canceler);

/* As autobus_remote_wait, with a callback: it runs exactly once, on the remote's queue, with code 0 once it is bound, or
 * with why it is not; value is NULL. `timeout_ms` 0: the remote's. */
AUTOBUS_EXPORT int autobus_remote_wait_async(autobus_remote *remote, int timeout_ms, autobus_result_fn callback,
                                             void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot);

enum {
    AUTOBUS_END_PAST = 1 << 0 /* hear of an end that was before the registration too, instead of failing with it */
};
/* Hears of a connection's end, once: code, and error with it, is why it was lost or never came to be, as autobus_connect
 * lists them. If it is over already that code is returned, or with the flag told. Closing the remote or the bus is not
 * told: the destroy function runs. AUTOBUS_EINVAL: of a proxy, which does not end. */
AUTOBUS_EXPORT int autobus_remote_on_end(autobus_remote *remote, unsigned flags, autobus_result_fn callback,
                                         void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* Calls and returns; `callback` runs exactly once, on the remote's queue, unless this fails; with AUTOBUS_CALL_PROGRESS
 * before that once for each partial result, in order. They do not make the call's time longer, and none is lost in
 * silence: when more wait for the callback than may (as of events) the call ends with AUTOBUS_EOVERFLOW. Arguments as
 * above. */
AUTOBUS_EXPORT int autobus_call_async(autobus_remote *remote, const char *function, const json_t *args, unsigned flags,
                                      int timeout_ms, autobus_result_fn callback, void *user_data,
                                      autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* Cancels a call by the slot that autobus_call_async, autobus_get_async or autobus_call_all gave: its callback runs (a last
 * time) with AUTOBUS_ECANCELED, unless it had ended before. The service is told, so that it can stop. 0 also when it was
 * over already; AUTOBUS_EINVAL: the slot is of no call. autobus_slot_cancel gives it up without a word. */
AUTOBUS_EXPORT int autobus_call_cancel(autobus_slot *slot);

/* When a call to all ends, at the latest: start with {0}, which is when all have answered. */
typedef struct autobus_gather_rule {
    int count;                  /* with so many results; errors do not count; 0: does not matter */
    int quiet_ms;               /* so long after the last result or error; 0: does not matter */
    int timeout_ms;             /* so long after its start; 0: the remote's timeout */
    autobus_canceler *canceler; /* of the same bus, for autobus_gather_json alone; NULL: nobody cancels it */
} autobus_gather_rule;

/*
 * Calls a function of all services of a proxy of many. Asked is each that is bound; unless `flags` has
 * AUTOBUS_CALL_BOUND also each that is being bound and each that appears while the call goes on; each once. It ends when
 * all that were asked have answered (without AUTOBUS_CALL_BOUND not before discovery has settled, which takes the first
 * 0.55 to 2 s of a bus), or earlier by its rule (NULL: {0}). Who has not answered at its time, or when it was quiet, is
 * told as AUTOBUS_ETIMEDOUT, and who was found and cannot be reached as AUTOBUS_ENETWORK; who is not waited for because
 * there are enough results is not told. The services that are not waited for any longer hear so, as of every call that is
 * given up. While no service is bound it waits for one until its time is over, or with AUTOBUS_CALL_BOUND fails with
 * AUTOBUS_ENOTBOUND.
 *
 * `callback` runs on the remote's queue for each service with its result or error as it comes, and a last time with
 * result.last, service NULL and value NULL; code 0, or why nobody was asked (AUTOBUS_ETIMEDOUT), AUTOBUS_ECLOSED, or
 * AUTOBUS_EOVERFLOW: more results waited for the callback than may, the rest is lost. Cancelling the slot gives up the
 * call.
 */
AUTOBUS_EXPORT int autobus_call_all(autobus_remote *remote, const char *function, const json_t *args, unsigned flags,
                                    const autobus_gather_rule *rule, autobus_result_fn callback, void *user_data,
                                    autobus_destroy_fn destroy, autobus_slot **ret_slot);
/* The same, and blocks until it ends. *ret_results (may be NULL) is an array in the order in which they came:
 * {"service": id, "result": value} or {"service": id, "error": {"type": text, "text": text}}, with "details" in the
 * error, as in autobus_error, if the remote answered with it. 0 if somebody was asked, whatever came of it;
 * AUTOBUS_EOVERFLOW when the results are over the limit "event_bytes_waiting".
 * autobus_gather(remote, &results, &error, "temperature", NULL) */
AUTOBUS_EXPORT int autobus_gather(autobus_remote *remote, json_t **ret_results, autobus_error *error,
                                  const char *function, const char *format, ...);
AUTOBUS_EXPORT int autobus_gather_json(autobus_remote *remote, json_t **ret_results, autobus_error *error,
                                       const char *function, const json_t *args, unsigned flags,
                                       const autobus_gather_rule *rule);

/* Calls and wants no answer: handed to the network at once, never repeated; a close of the bus or remote lets it leave.
 * AUTOBUS_ENOTBOUND: the proxy is bound to nothing now, or the connection does not stand yet. A proxy of many sends it to
 * every service bound: 0 if one took it at least; who did not is in the log. */
AUTOBUS_EXPORT int autobus_notice(autobus_remote *remote, const char *function, const char *format, ...);
AUTOBUS_EXPORT int autobus_notice_json(autobus_remote *remote, const char *function, const json_t *args);

/* An event that was fired. Borrowed for the time of the callback; `args` is this callback's own. */
typedef struct autobus_event {
    autobus_remote *remote;
    const char *service; /* the id of the service that fired it */
    const char *name;
    int code;     /* 0; AUTOBUS_EOVERFLOW: more waited than may, this is the last callback and the slot is cancelled;
                     AUTOBUS_EREMOTE: the service refuses it, see `error`; at the next bind it is asked again */
    json_t *args; /* array; NULL unless code is 0 */
    const autobus_error *error; /* NULL when code is 0 */
} autobus_event;
typedef void (*autobus_event_fn)(const autobus_event *event, void *user_data);

/* Listens to an event, each time the remote is bound anew too. An event that does not exist (yet) is no error. One that
 * may not be listened to is: the callback hears AUTOBUS_EREMOTE with the service's error (`denied`), once a binding. So
 * it does when no service that a proxy finds lets it bind; then the event's `service` is NULL. */
AUTOBUS_EXPORT int autobus_listen(autobus_remote *remote, const char *event, autobus_event_fn callback, void *user_data,
                                  autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* A value of an object. Borrowed for the time of the callback; `value` is this callback's own. */
typedef struct autobus_value {
    autobus_remote *remote;
    const char *service; /* the id of the service it is from; NULL while unbound, but on a proxy of many */
    const char *name;
    json_t *value; /* NULL: the object is absent, or the remote is not bound (null is a value: json_null) */
    int code;      /* 0; AUTOBUS_EREMOTE: the service refuses it (then value is NULL), as with autobus_event */
    const autobus_error *error; /* NULL when code is 0 */
} autobus_value;
typedef void (*autobus_value_fn)(const autobus_value *value, void *user_data);

/* Watches an object: the value that is there (absent, if the service says so), then every change; the newest only, when
 * the callback is slower than the changes; absent when the service is lost. Not called before the first is known. On a
 * proxy of many all this holds for each service by itself. */
AUTOBUS_EXPORT int autobus_watch(autobus_remote *remote, const char *object, autobus_value_fn callback, void *user_data,
                                 autobus_destroy_fn destroy, autobus_slot **ret_slot);

/* Blocks for an object's value as a call does (flags, time and errors too). AUTOBUS_ENOENT: there is no such object. If
 * the object is watched already, this is the watch's newest value, and nothing is sent. */
AUTOBUS_EXPORT int autobus_get(autobus_remote *remote, const char *object, unsigned flags, int timeout_ms,
                               json_t **ret_value, autobus_error *error);
/* The same with a callback; result.code AUTOBUS_ENOENT: no such object. */
AUTOBUS_EXPORT int autobus_get_async(autobus_remote *remote, const char *object, unsigned flags, int timeout_ms,
                                     autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy,
                                     autobus_slot **ret_slot);

/* ------------------------------------------------------------------------------------------------------- JSON text */

/* Compact JSON text, reals in the shortest form that reads back the same, whatever the locale; `indent` spaces a level
 * when it is 1 to 16, one line when 0. Needs no bus. Free with autobus_free. */
AUTOBUS_EXPORT int autobus_json_encode(const json_t *value, unsigned indent, char **ret_text);
AUTOBUS_EXPORT void autobus_free(void *block); /* takes NULL */

#ifdef __cplusplus
}
#endif

#endif
