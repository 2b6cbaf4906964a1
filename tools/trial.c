/*
 * Owns the connections of a trial. Callbacks only write down, under the trial's lock, what came of what they waited for;
 * the thread that runs the trial starts them, ends them and tells.
 */
#include "trial.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deadline.h"
#include "message.h"
#include "text.h"

enum { AT_ONCE = 64 };

struct trial;

struct attempt {
    struct trial *trial;
    json_t *route;
    const char *service;
    autobus_remote *remote;
    autobus_slot *binding, *answer;
    struct timespec started, bound_at, answered_at;
    bool bound, over;
    int code; /* why, when it is over and did not succeed */
    char *text;
    bool denied;  /* the service is there, and not for us */
    json_t *told; /* what it answered, if that is wanted */
};

struct trial {
    autobus_bus *bus;
    enum tool_trial_question question;
    int timeout_ms;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct attempt *attempts;
    size_t count, running;
};

/* ---- time */

static struct timespec now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static double ms_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) * 1e3 + (double)(to->tv_nsec - from->tv_nsec) / 1e6;
}

/* ---- one attempt */

static void end(struct attempt *attempt, int code, const autobus_error *error)
{
    struct trial *trial = attempt->trial;
    pthread_mutex_lock(&trial->lock);
    attempt->over = true;
    attempt->code = code;
    attempt->text = error && error->text ? tool_copy(error->text) : NULL;
    attempt->denied = error && error->type && strcmp(error->type, "denied") == 0;
    trial->running--;
    pthread_cond_signal(&trial->changed);
    pthread_mutex_unlock(&trial->lock);
}

static void on_answer(const autobus_result *result, void *user_data)
{
    struct attempt *attempt = user_data;
    /* That there is no such object is an answer too. */
    bool answered = result->code == 0 || result->code == AUTOBUS_ENOENT || result->code == AUTOBUS_EREMOTE;
    attempt->answered_at = now();
    if (result->code == 0 && attempt->trial->question == TOOL_TRIAL_COUNTERS)
        attempt->told = json_incref(result->value);
    end(attempt, answered ? 0 : result->code, answered ? NULL : result->error);
}

static int ask(struct attempt *attempt, autobus_remote *remote)
{
    const struct trial *trial = attempt->trial;
    if (trial->question == TOOL_TRIAL_COUNTERS)
        return autobus_call_async(remote, "get_counters", NULL, 0, trial->timeout_ms, on_answer, attempt, NULL,
                                  &attempt->answer);
    return autobus_get_async(remote, "autobus.doc", 0, trial->timeout_ms, on_answer, attempt, NULL, &attempt->answer);
}

static void on_bound(const autobus_result *result, void *user_data)
{
    struct attempt *attempt = user_data;
    if (result->code == 0) {
        attempt->bound = true;
        attempt->bound_at = now();
    }
    if (result->code != 0 || attempt->trial->question == TOOL_TRIAL_NOTHING) {
        end(attempt, result->code, result->error);
        return;
    }
    int failed = ask(attempt, result->remote);
    if (failed < 0)
        end(attempt, failed, NULL);
}

/* On the event queue: what is timed should not wait for a worker. */
static void start(struct attempt *attempt, autobus_queue *queue)
{
    const struct trial *trial = attempt->trial;
    const json_t *route = attempt->route;
    attempt->started = now();
    int result = autobus_connect(trial->bus, json_string_value(json_object_get(route, "host")),
                                 (uint16_t)json_integer_value(json_object_get(route, "port")), attempt->service,
                                 &attempt->remote);
    if (result == 0)
        result = autobus_remote_set_queue(attempt->remote, queue);
    if (result == 0)
        result =
            autobus_remote_wait_async(attempt->remote, trial->timeout_ms, on_bound, attempt, NULL, &attempt->binding);
    if (result < 0)
        end(attempt, result, NULL);
}

/* No callback of it runs any more: the first has to be over before it is known whether there is a second. */
static void finish(struct attempt *attempt)
{
    if (attempt->binding)
        autobus_slot_cancel_wait(attempt->binding);
    autobus_slot_unref(attempt->binding);
    if (attempt->answer)
        autobus_slot_cancel_wait(attempt->answer);
    autobus_slot_unref(attempt->answer);
    autobus_remote_unref(attempt->remote);
}

/* ---- all of them */

/* Waits until at most so many are under way. False: not in time. */
static bool await(struct trial *trial, size_t most, const struct timespec *until)
{
    int result = 0;
    pthread_mutex_lock(&trial->lock);
    while (trial->running > most && result == 0)
        result = pthread_cond_timedwait(&trial->changed, &trial->lock, until);
    bool come = trial->running <= most;
    pthread_mutex_unlock(&trial->lock);
    return come;
}

static void start_all(struct trial *trial, autobus_queue *queue)
{
    struct timespec until = tool_deadline_in(trial->timeout_ms);
    for (size_t i = 0; i < trial->count && await(trial, AT_ONCE - 1, &until); i++) {
        pthread_mutex_lock(&trial->lock);
        trial->running++;
        pthread_mutex_unlock(&trial->lock);
        start(&trial->attempts[i], queue);
    }
}

static const char *name_of(const struct attempt *attempt, int code)
{
    if (attempt->denied)
        return "denied";
    switch (code) {
    case 0: return "answered";
    case AUTOBUS_ENETWORK: return "unreachable";
    case AUTOBUS_ETIMEDOUT: return "silent";
    case AUTOBUS_EREMOTE:
    case AUTOBUS_EPROTOCOL: return "refused";
    default: return "lost";
    }
}

static void set(json_t *route, const char *key, json_t *value)
{
    if (json_object_set_new(route, key, value) < 0)
        tool_out_of_memory();
}

static void set_error(json_t *route, int code, const char *text)
{
    json_t *error = text ? json_string(text) : NULL; /* a remote's may be no UTF-8 */
    set(route, "error", error ? error : json_string(autobus_strerror(code)));
}

/* What has not ended by now was silent. */
static void tell(const struct trial *trial, const struct attempt *attempt)
{
    bool tried = attempt->remote || attempt->over;
    int code = attempt->over ? attempt->code : AUTOBUS_ETIMEDOUT;
    set(attempt->route, "result", json_string(tried ? name_of(attempt, code) : "untried"));
    if (tried && code < 0)
        set_error(attempt->route, code, attempt->text);
    if (attempt->bound)
        set(attempt->route, "bind_ms", json_real(ms_between(&attempt->started, &attempt->bound_at)));
    if (trial->question != TOOL_TRIAL_NOTHING && tried && code == 0)
        set(attempt->route, "answer_ms", json_real(ms_between(&attempt->bound_at, &attempt->answered_at)));
    if (json_is_object(attempt->told))
        set(attempt->route, "counters", json_incref(attempt->told));
}

static size_t count_routes(const json_t *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(entries); i++)
        count += json_array_size(json_object_get(json_array_get(entries, i), "routes"));
    return count;
}

static void fill(struct trial *trial, const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        size_t j = 0;
        json_t *route = NULL;
        json_array_foreach(json_object_get(entry, "routes"), j, route)
        {
            trial->attempts[trial->count++] = (struct attempt){
                .trial = trial,
                .route = route,
                .service = json_string_value(json_object_get(entry, "service")),
            };
        }
    }
}

static void init(struct trial *trial)
{
    pthread_mutex_init(&trial->lock, NULL);
    tool_deadline_condition_init(&trial->changed);
}

static void deinit(struct trial *trial)
{
    for (size_t i = 0; i < trial->count; i++) {
        json_decref(trial->attempts[i].told);
        free(trial->attempts[i].text);
    }
    free(trial->attempts);
    pthread_cond_destroy(&trial->changed);
    pthread_mutex_destroy(&trial->lock);
}

void tool_trial_run(autobus_bus *bus, json_t *entries, enum tool_trial_question question, int timeout_ms)
{
    struct trial trial = {.bus = bus, .question = question, .timeout_ms = timeout_ms};
    autobus_queue *queue = autobus_bus_event_queue(bus);
    if (!queue)
        tool_out_of_memory();
    trial.attempts = tool_make(count_routes(entries) + 1, sizeof *trial.attempts);
    init(&trial);
    fill(&trial, entries);
    start_all(&trial, queue);
    struct timespec until = tool_deadline_in(timeout_ms);
    await(&trial, 0, &until);
    for (size_t i = 0; i < trial.count; i++) {
        finish(&trial.attempts[i]);
        tell(&trial, &trial.attempts[i]);
    }
    deinit(&trial);
    autobus_queue_unref(queue);
}
