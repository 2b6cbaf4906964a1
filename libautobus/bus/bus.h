/*
 * The bus: one lock over an engine and the net that drives it, and the threads around them.
 *
 * A function of the public API is one turn: ab_bus_enter, entries into the engine, ab_bus_leave. Whenever the lock is
 * let go, all notices have been taken, so a target that the engine names is never one that is gone.
 *
 * Open: everything works. Closing: the engine says goodbye, handles are closed and answer AB_ECLOSED, callbacks under
 * way end, completions are told. Closed: engine and net are gone.
 */
#ifndef AB_BUS_BUS_H
#define AB_BUS_BUS_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/text.h"
#include "bus/callers.h"
#include "bus/counters.h"
#include "bus/handle.h"
#include "bus/log.h"
#include "bus/queue.h"
#include "bus/slot.h"
#include "bus/workers.h"
#include "core/engine.h"
#include "net/net.h"
#include "wire/limits.h"

enum ab_bus_state { AB_BUS_OPEN, AB_BUS_CLOSING, AB_BUS_CLOSED };

struct autobus_bus {
    struct ab_handle handle;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something ended that a wait may be for */
    enum ab_bus_state state;
    bool stopped; /* the net was told to stop */
    struct ab_engine *engine;
    struct ab_net *net;
    struct ab_limits limits;
    struct ab_text *null;     /* the answer of requests that are dropped: it must not need memory then */
    struct ab_list slots;     /* all that are not gone */
    struct ab_list listeners; /* slots of service listeners and publishers */
    struct ab_list services;  /* handles that are not closed */
    struct ab_list remotes;
    struct ab_list discoverers;
    struct ab_list requests; /* not answered */
    struct ab_list settling; /* waiters for discovery to settle */
    struct ab_list called;   /* sleepers that are woken when the lock is let go */
    struct ab_list over;     /* slots whose destroy function is due when the turn ends */
    autobus_queue queue;
    autobus_queue events;
    struct ab_round round; /* the event thread's, while it holds output back */
    struct ab_pass pass;   /* the event thread's */
    autobus_queue *chosen; /* where callbacks run if it is not `queue`; one reference */
    struct ab_list polled; /* queues that the program runs */
    bool events_due;       /* the event thread has to be told of its queue */
    unsigned inside;       /* threads inside net that are not its own */
    struct ab_workers workers;
    struct ab_callers callers;
    struct ab_log log;
    struct ab_bus_counters counters;
    pthread_t event_thread;
    bool event_thread_made; /* and not joined */
    bool event_thread_over;
    bool joining; /* somebody joins the threads that are over */
    bool joined;
};

autobus_bus *ab_bus_hold(autobus_bus *bus);
/* Not with the lock held, unless another reference is sure to be left. */
void ab_bus_release(autobus_bus *bus);

/* ---- turn.c */

/* 0 with the lock held, or AB_EINVAL (NULL), AB_EDEADLK, AB_EFORKED, AB_ECLOSED. */
int ab_bus_enter(autobus_bus *bus);
/* As above, for what works on a closed bus too. */
int ab_bus_enter_any(autobus_bus *bus);
/* As above, for what works as long as there is an engine: until the bus is closed. */
int ab_bus_enter_closing(autobus_bus *bus);
/* Ends a turn: tells, sends, lets the lock go, runs what may run only then. */
void ab_bus_leave(autobus_bus *bus);
/* The lock alone, for what enters no engine. */
void ab_bus_lock(autobus_bus *bus);
void ab_bus_unlock(autobus_bus *bus);
/* Waits for bus->changed, or not at all: look again in a loop. */
void ab_bus_wait(autobus_bus *bus);
/* Hands the engine's notices to their targets. Lock held. */
void ab_bus_take_notices(autobus_bus *bus);
static inline ab_time ab_bus_now(const autobus_bus *bus)
{
    return ab_net_now(bus->net);
}
/* The same for what a callback may do many times: on the event thread it is what its watch says. */
ab_time ab_bus_look(autobus_bus *bus);

/* ---- serve.c */

/* Starts the event thread. AB_ENOMEM. */
int ab_bus_serve(autobus_bus *bus);
/* What net needs of a bus. */
extern const struct ab_net_driver ab_bus_driver;

/* ---- close.c */

/* Lock held, open: the engine says goodbye, slots and handles end. */
void ab_bus_start_closing(autobus_bus *bus);
/* Lets go of threads that are over: joins them, but the one that calls. No lock held; nobody else does so. */
void ab_bus_join(autobus_bus *bus);

#endif
