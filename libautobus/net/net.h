/*
 * The real host: sockets, timers and interfaces on libevent, driving one engine.
 *
 * Threads: libevent is touched on the event thread alone (the one inside ab_net_run). The engine and net's tables are
 * guarded by the driver's lock, which net takes and leaves through the driver's table; system calls on streams happen
 * with it released. A stream has at most one reading and one sending thread, marked under the lock; who finds a sender
 * active leaves its bytes to it. Another thread reaches the event thread by one eventfd, written only when that thread
 * sleeps and something is due earlier than it knows.
 */
#ifndef AB_NET_NET_H
#define AB_NET_NET_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/engine.h"
#include "core/host.h"
#include "net/settings.h"

struct ab_net;
struct ab_socket;

/* What net needs of the bus that drives it. */
struct ab_net_driver {
    void (*lock)(void *context);
    void (*unlock)(void *context);
    /* Ends a turn of the event thread, or of one that reads for itself: called with the lock held after entries into the
     * engine, returns with it released. It takes the notices, calls ab_net_flush, and hands callbacks to their queues. */
    void (*turn)(void *context);
    /* The same for a turn of messages, of which the socket may have read more: some of the callbacks run first. */
    void (*interlude)(void *context);
    /* On the event thread, no lock held, after each round of the loop and after ab_net_wake: runs the callbacks that
     * belong to this thread. Returns true when more wait, so that sockets get their turn in between. */
    bool (*callbacks)(void *context);
    int (*counters)(void *context, json_t *counters);        /* puts what it counts itself; lock held. AB_ENOMEM */
    void (*log)(void *context, int level, const char *text); /* any thread, lock held or not: must only queue it */
};

/* `settings` is copied. AB_ENETWORK: no sockets to be had (text in *ret_problem, ab_free), AB_ENOMEM. */
int ab_net_new(const struct ab_settings *settings, const struct ab_net_driver *driver, void *context,
               struct ab_net **ret_net, char **ret_problem);
/* After ab_net_run has returned, or was never called. */
void ab_net_free(struct ab_net *net);

/* The table to give to ab_engine_new, with the net as its context; then the engine to drive. */
const struct ab_host *ab_net_host(void);
void ab_net_attach(struct ab_net *net, struct ab_engine *engine);

/* The event thread: returns when ab_net_stop was called and all streams are flushed or 1 s has passed. */
void ab_net_run(struct ab_net *net);
void ab_net_stop(struct ab_net *net); /* lock held */

ab_time ab_net_now(const struct ab_net *net);      /* any thread */
struct ab_watch *ab_net_watch(struct ab_net *net); /* the event thread's */
/* Lock held. Sends what the engine's turn queued, releasing the lock around each system call and taking it again; wakes
 * the event thread if it has something to do that it does not know (a deadline, a new stream, a full socket). */
void ab_net_flush(struct ab_net *net);
/* Lock held, instead of it, if what is queued is held back: the engine's deadlines do not wait for that. */
void ab_net_set_alarm(struct ab_net *net);
/* Any thread: the event thread calls driver->callbacks soon. */
void ab_net_wake(struct ab_net *net);

/* Reading for oneself: a thread of the program's that waits for what only one stream can bring. Lock held: takes the
 * reading of the stream, if it is to be had now; NULL: wait to be called. Between this and ab_net_give_reading the net
 * must not be freed. */
struct ab_socket *ab_net_take_reading(struct ab_net *net, ab_stream_id stream);
/* No lock held, which is taken for each of the driver's turns. Until `done`, or until the reading is wanted back. */
void ab_net_read_until(struct ab_socket *socket, const atomic_bool *done);
/* Lock held, any thread: it looks at `done`. */
void ab_net_nudge(struct ab_socket *socket);
/* Lock held: gives it back. `again`: nothing else is expected, so the next call may take it at once. False: the event
 * thread has to do with it, so end this turn with ab_net_flush. */
bool ab_net_give_reading(struct ab_socket *socket, bool again);

bool ab_net_on_event_thread(const struct ab_net *net);

/* Resolves `name` on a helper thread, or at once if it is numeric; `done` runs on the event thread with the lock held,
 * unless the net is stopped first (then with count 0). `text` explains count 0. AB_ENOMEM. */
typedef void (*ab_net_resolved)(void *target, const struct ab_address *addresses, size_t count, const char *text);
int ab_net_resolve(struct ab_net *net, const char *name, uint16_t port, ab_net_resolved done, void *target);

/* As autobus_bus_settings describes it. Lock held. AB_ENOMEM. */
int ab_net_settings(const struct ab_net *net, json_t **ret_settings);
/* As autobus_bus_interfaces describes it. Lock held. */
int ab_net_interfaces(const struct ab_net *net, json_t **ret_interfaces);

#endif
