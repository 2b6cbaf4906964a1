/*
 * Calls all the time: through a proxy from callbacks and from a thread that blocks, and through a proxy of many; some
 * calls it cancels. Each must end exactly once, in its time, with the answer that belongs to it. See peer.h.
 */

#include "peer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UNDER_WAY  16
#define TIMEOUT_MS 10000
#define LATEST     200 /* tenths of a second after which a call must have ended */

struct call {
    struct call *next;
    json_int_t number;
    unsigned began; /* age */
    int ends;
    int steps; /* partial results heard */
    bool cancel;
    autobus_slot *slot;
};

/* A call to all. */
struct round {
    json_t *answered; /* ids */
    json_int_t number;
    bool ended;
};

static autobus_remote *one;
static autobus_remote *many;
static char name[64];
static pthread_t thread;
static atomic_long numbers;
static atomic_ulong answered_since; /* the faults are over, by calls begun since */
static atomic_uint rested;          /* age */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for all below */
static struct call *calls;
static unsigned under_way;
static bool round_under_way;
static unsigned long rounds;
static json_t *last_round; /* ids of those that answered the last one */

static json_t *arguments(json_int_t number)
{
    return json_pack("[sIs]", name, number, number % 100 == 7 ? "a longer text: \xc3\xa4\n\"\\" : "x");
}

static void check_answer(json_int_t number, const json_t *value)
{
    json_t *wanted = arguments(number);

    if (!value || !json_equal(wanted, value)) {
        char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
        peer_wrong("call %lld: another answer: %s", (long long)number, text ? text : "none");
        free(text);
    }
    json_decref(wanted);
}

static void answered(unsigned began)
{
    if (atomic_load(&rested) && began > atomic_load(&rested))
        atomic_fetch_add(&answered_since, 1);
}

/* ---- From callbacks */

static void on_result(const autobus_result *result, void *user_data)
{
    struct call *call = user_data;

    if (call->ends)
        peer_wrong("call %lld: heard of after its end", (long long)call->number);
    if (result->partial) {
        if (json_integer_value(result->value) != ++call->steps)
            peer_wrong("call %lld: partial result %lld in the place of %d", (long long)call->number,
                       (long long)json_integer_value(result->value), call->steps);
        return;
    }
    call->ends++;
    if (result->code == 0) {
        check_answer(call->number, result->value);
        if (call->number % 8 == 3 && call->steps != SOAK_STEPS)
            peer_wrong("call %lld: %d partial results", (long long)call->number, call->steps);
        answered(call->began);
    } else if (peer_may_end(result->code, result->error, "a call", false) && result->code == AUTOBUS_ECANCELED &&
               !call->cancel) {
        peer_wrong("call %lld: cancelled by nobody", (long long)call->number);
    }
    peer_count_end(result->code, result->error);
}

static void on_destroy(void *user_data)
{
    struct call *call = user_data;
    struct call **place = &calls;

    pthread_mutex_lock(&lock);
    while (*place && *place != call)
        place = &(*place)->next;
    if (!*place)
        peer_wrong("a call was destroyed twice");
    else
        *place = call->next;
    under_way--;
    pthread_mutex_unlock(&lock);
    if (call->ends != 1)
        peer_wrong("call %lld ended %d times", (long long)call->number, call->ends);
    autobus_slot_unref(call->slot);
    free(call);
}

static const char *function_of(json_int_t number)
{
    return number % 8 == 3 ? "steps" : number % 8 == 5 ? "late" : "echo";
}

static void begin(void)
{
    struct call *call = calloc(1, sizeof *call);
    autobus_slot *slot = NULL;
    json_t *args;
    int code;

    if (!call)
        abort();
    call->number = atomic_fetch_add(&numbers, 1);
    call->began = peer_age();
    call->cancel = call->number % 16 == 9;
    args = arguments(call->number);
    pthread_mutex_lock(&lock);
    call->next = calls;
    calls = call;
    under_way++;
    pthread_mutex_unlock(&lock);
    code = autobus_call_async(one, function_of(call->number), args, call->number % 8 == 3 ? AUTOBUS_CALL_PROGRESS : 0,
                              TIMEOUT_MS, on_result, call, on_destroy, call->cancel ? &slot : NULL);
    json_decref(args);
    if (code != 0) {
        peer_wrong("a call did not begin: %s", autobus_strerror(code));
        call->ends = 1;
        on_destroy(call);
    } else if (slot) {
        /* It may have ended meanwhile. */
        autobus_call_cancel(slot);
        autobus_slot_unref(slot);
    }
}

static void check_age(void)
{
    pthread_mutex_lock(&lock);
    for (struct call *call = calls; call; call = call->next)
        if (peer_age() - call->began == LATEST)
            peer_wrong("call %lld has not ended", (long long)call->number);
    pthread_mutex_unlock(&lock);
}

/* ---- To all */

static void on_answer(const autobus_result *result, void *user_data)
{
    struct round *round = user_data;

    if (round->ended) {
        peer_wrong("a call to all: heard of after its end");
    } else if (result->last) {
        round->ended = true;
        if (result->code != 0)
            peer_may_end(result->code, result->error, "a call to all", false);
    } else {
        if (json_object_get(round->answered, result->service))
            peer_wrong("%s has answered a call to all twice", result->service);
        json_object_set_new(round->answered, result->service, json_boolean(result->code == 0));
        if (result->code == 0)
            check_answer(round->number, result->value);
        else
            peer_may_end(result->code, result->error, "a part of a call to all", true);
    }
}

static void on_round_destroyed(void *user_data)
{
    struct round *round = user_data;

    if (!round->ended)
        peer_wrong("a call to all was destroyed before its end");
    pthread_mutex_lock(&lock);
    round_under_way = false;
    rounds++;
    json_decref(last_round);
    last_round = round->answered;
    pthread_mutex_unlock(&lock);
    free(round);
}

static void begin_round(void)
{
    struct round *round = calloc(1, sizeof *round);
    json_t *args;
    int code;

    if (!round)
        abort();
    round->answered = json_object();
    round->number = atomic_fetch_add(&numbers, 1);
    args = arguments(round->number);
    round_under_way = true;
    code = autobus_call_all(many, "echo", args, 0, &(autobus_gather_rule){.timeout_ms = 5000}, on_answer, round,
                            on_round_destroyed, NULL);
    json_decref(args);
    if (code != 0) {
        peer_wrong("a call to all did not begin: %s", autobus_strerror(code));
        round->ended = true;
        on_round_destroyed(round);
    }
}

/* ---- From a thread that blocks */

static void *block(void *user_data)
{
    static const struct timespec pause = {.tv_nsec = 150000000};
    (void)user_data;

    while (!peer_stopping()) {
        autobus_error error = AUTOBUS_ERROR_INIT;
        json_int_t number = atomic_fetch_add(&numbers, 1);
        unsigned began = peer_age();
        json_t *args = arguments(number);
        json_t *result = NULL;
        int code = autobus_call_json(one, &result, &error, number % 4 ? "echo" : "late", args, 0, TIMEOUT_MS);

        if (code == 0) {
            check_answer(number, result);
            answered(began);
        } else {
            peer_may_end(code, &error, "a call that blocks", false);
        }
        peer_count_end(code, &error);
        if (peer_age() - began > LATEST)
            peer_wrong("a call blocked for %u tenths of a second", peer_age() - began);
        json_decref(args);
        json_decref(result);
        autobus_error_clear(&error);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* ---- The role */

static void start(autobus_bus *bus, const char *argument)
{
    char host[32] = "";
    struct timespec now;
    (void)argument;

    gethostname(host, sizeof host - 1);
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "%s-%d-%ld", host, (int)getpid(), (long)now.tv_sec);
    atomic_store(&numbers, 1);
    last_round = json_object();
    peer_must(autobus_proxy(bus, SOAK_ROOMS, &one, NULL), "proxy");
    peer_must(autobus_proxy_multiple(bus, SOAK_ROOMS, &many, NULL), "proxy of many");
    peer_must(pthread_create(&thread, NULL, block, NULL) ? AUTOBUS_ENOMEM : 0, "thread");
}

static void tick(void)
{
    unsigned room;
    bool idle;

    check_age();
    pthread_mutex_lock(&lock);
    room = UNDER_WAY > under_way ? UNDER_WAY - under_way : 0;
    idle = !round_under_way;
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < 2 && i < room; i++)
        begin();
    if (idle && peer_age() % 10 == 0)
        begin_round();
}

static void rest(void)
{
    atomic_store(&answered_since, 0);
    atomic_store(&rested, peer_age() + 1);
}

static void report(FILE *file)
{
    const char *id;
    json_t *value;

    pthread_mutex_lock(&lock);
    fprintf(file, "calls %ld\nrounds %lu\nunder_way %u\nanswered_since %lu\n", atomic_load(&numbers) - 1, rounds,
            under_way, atomic_load(&answered_since));
    json_object_foreach(last_round, id, value) if (json_is_true(value)) fprintf(file, "answers %s\n", id);
    pthread_mutex_unlock(&lock);
}

static void stop(void)
{
    autobus_remote_close(one);
    pthread_join(thread, NULL);
}

static void check(void)
{
    autobus_remote_unref(one);
    autobus_remote_unref(many);
    if (under_way || calls)
        peer_wrong("%u calls have not ended", under_way);
    if (round_under_way)
        peer_wrong("a call to all has not ended");
    json_decref(last_round);
    last_round = NULL;
}

const struct role caller = {"call", start, tick, rest, report, stop, check};
