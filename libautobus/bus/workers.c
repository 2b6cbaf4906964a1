/*
 * Owns the worker threads and the choice of what they do next. Must not know what callbacks do.
 *
 * Invariants, under the bus's lock: as many workers are coming as there is work that may begin, or as many as there may
 * be; one that is done with something counts as coming until it waits; handlers of calls leave one worker to the queues
 * (if there may be more than one), so that no number of slow handlers stops listeners. When no thread can be made at all,
 * the event thread does the work of queues, and calls are answered busy: slower, but nothing hangs. Each worker that ends
 * joins the one that ended before it.
 */
#include "bus/workers.h"

#include <time.h>

#include "base/error.h"
#include "bus/bus.h"
#include "bus/request.h"
#include "bus/sleeper.h"
#include "bus/thread.h"

#define IDLE_SECONDS 10

void ab_workers_init(struct ab_workers *workers)
{
    *workers = (struct ab_workers){.count = 0};
    ab_list_init(&workers->queues);
    ab_list_init(&workers->idle);
}

/* ---- How many are wanted */

static size_t calls_most(const autobus_bus *bus)
{
    return bus->limits.workers > 1 ? bus->limits.workers - 1 : 1;
}

static size_t calls_startable(const autobus_bus *bus)
{
    const struct ab_workers *workers = &bus->workers;
    size_t most = calls_most(bus);
    size_t room = workers->calls_running < most ? most - workers->calls_running : 0;

    return workers->calls_count < room ? workers->calls_count : room;
}

/* To work, or to end. */
static void call_idle(autobus_bus *bus)
{
    bus->workers.coming++;
    ab_sleeper_call(AB_CONTAINER(bus->workers.idle.next, struct ab_sleeper, node), bus);
}

static void balance(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;

    while (workers->coming < workers->queues_count + calls_startable(bus)) {
        if (!ab_list_empty(&workers->idle)) {
            call_idle(bus);
        } else if (workers->count < bus->limits.workers) {
            workers->count++;
            bus->counters.workers_started++;
            workers->coming++;
            workers->unstarted++;
        } else {
            return;
        }
    }
}

void ab_workers_add_queue(autobus_bus *bus, autobus_queue *queue)
{
    ab_list_append(&bus->workers.queues, &queue->ready);
    bus->workers.queues_count++;
    balance(bus);
}

void ab_workers_remove_queue(autobus_bus *bus, autobus_queue *queue)
{
    ab_list_remove(&queue->ready);
    bus->workers.queues_count--;
}

void ab_workers_add_call(autobus_bus *bus, struct ab_item *item)
{
    ab_request_queue(item);
    bus->workers.calls_count++;
    balance(bus);
}

void ab_workers_call_removed(autobus_bus *bus)
{
    bus->workers.calls_count--;
}

/* ---- What a worker does */

/* The end of a bus waits for this. */
static void not_coming(autobus_bus *bus)
{
    bus->workers.coming--;
    if (bus->state != AB_BUS_OPEN)
        pthread_cond_broadcast(&bus->changed);
}

/* Runs it as somebody who is not there for other work meanwhile. */
static void run(autobus_bus *bus, struct ab_item *item)
{
    not_coming(bus);
    ab_slot_run(item);
    bus->workers.coming++;
}

static void run_queue(autobus_bus *bus)
{
    autobus_queue *queue = AB_CONTAINER(bus->workers.queues.next, autobus_queue, ready);

    bus->workers.calls_next = true;
    run(bus, ab_queue_begin(queue));
    ab_queue_end(queue);
}

static void run_call(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;

    workers->calls_next = false;
    workers->calls_running++;
    run(bus, ab_callers_next(&bus->callers));
    workers->calls_running--;
}

/* False: there is nothing to do. */
static bool work(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;
    bool calls = calls_startable(bus) > 0;

    if (calls && (workers->calls_next || workers->queues_count == 0))
        run_call(bus);
    else if (workers->queues_count > 0)
        run_queue(bus);
    else
        return false;
    return true;
}

/* False: nobody called for 10 s, or the bus is closed. */
static bool wait_for_call(autobus_bus *bus, struct ab_sleeper *worker)
{
    struct timespec deadline;

    not_coming(bus);
    if (bus->state == AB_BUS_CLOSED)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += IDLE_SECONDS;
    ab_list_prepend(&bus->workers.idle, &worker->node);
    return ab_sleeper_sleep_until(worker, bus, &deadline);
}

static void serve(autobus_bus *bus, struct ab_sleeper *worker)
{
    do {
        while (work(bus))
            ;
    } while (wait_for_call(bus, worker));
}

/* The one that ended before is past its last line, so joining it takes no time. */
static void end(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;
    bool join = workers->ended_one;
    pthread_t before = workers->ended;

    workers->ended = pthread_self();
    workers->ended_one = true;
    workers->count--;
    pthread_cond_broadcast(&bus->changed);
    ab_bus_unlock(bus);
    if (join)
        pthread_join(before, NULL);
}

static void *worker_main(void *context)
{
    autobus_bus *bus = context;
    struct ab_sleeper worker;

    pthread_setname_np(pthread_self(), "autobus-worker");
    ab_sleeper_init(&worker);
    ab_bus_lock(bus);
    serve(bus, &worker);
    ab_sleeper_deinit(&worker);
    end(bus);
    ab_bus_release(bus);
    return NULL;
}

/* ---- Starting, and doing without */

static void start_failed(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;
    static const char text[] = "no thread could be started for a worker";

    ab_log_put(&bus->log, AUTOBUS_LOG_ERROR, text, sizeof(text) - 1);
    ab_bus_lock(bus);
    workers->count--;
    workers->coming--;
    if (workers->count == 0) {
        workers->stuck = true;
        bus->events_due = true;
    }
    pthread_cond_broadcast(&bus->changed);
    ab_bus_unlock(bus);
}

static bool take_unstarted(autobus_bus *bus)
{
    bool taken;

    pthread_mutex_lock(&bus->lock);
    taken = bus->workers.unstarted > 0;
    if (taken)
        bus->workers.unstarted--;
    pthread_mutex_unlock(&bus->lock);
    return taken;
}

void ab_workers_start(autobus_bus *bus)
{
    pthread_t thread;

    while (take_unstarted(bus)) {
        ab_bus_hold(bus);
        if (ab_thread_start(&thread, worker_main, bus) < 0) {
            start_failed(bus);
            ab_bus_release(bus);
        }
    }
}

static bool rescue_one(autobus_bus *bus)
{
    struct ab_workers *workers = &bus->workers;
    struct ab_round one = {.left = 1};

    if (workers->calls_count > 0)
        ab_request_refuse(ab_callers_next(&bus->callers));
    else if (workers->queues_count > 0)
        ab_queue_run(AB_CONTAINER(workers->queues.next, autobus_queue, ready), &one);
    else
        return false;
    return true;
}

void ab_workers_rescue(autobus_bus *bus, struct ab_round *round)
{
    struct ab_workers *workers = &bus->workers;

    while (workers->stuck && workers->count == 0 && rescue_one(bus)) {
        if (!ab_round_next(round))
            return; /* still stuck: the next round goes on */
    }
    workers->stuck = false;
}

void ab_workers_end(autobus_bus *bus)
{
    while (!ab_list_empty(&bus->workers.idle))
        call_idle(bus);
}
