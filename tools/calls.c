/*
 * Owns calls between their arrival and their answer. They arrive on the bus's event thread, which must not wait, so they
 * only pass through an inbox; all else happens on the loop's thread.
 *
 * A notice's caller waits for nothing and may be gone at once: its command runs all the same.
 */
#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "message.h"
#include "output.h"
#include "text.h"

struct job {
    struct job *next;
    struct tool_calls *calls;
    const struct tool_item *item;
    autobus_request *request;
    struct tool_run *run;
    bool stream; /* the lines that it prints are partial results */
};

/* What a function's handler is given. */
struct function {
    struct tool_calls *calls;
    const struct tool_item *item;
};

void tool_calls_init(struct tool_calls *calls, struct tool_loop *loop)
{
    *calls = (struct tool_calls){
        .loop = loop,
        .runner = {.loop = loop, .timeout_ms = 30000, .most_output = 1 << 20},
        .most = 8,
    };
    pthread_mutex_init(&calls->lock, NULL);
}

static void job_free(struct job *job)
{
    autobus_request_unref(job->request);
    free(job);
}

/* ---- on the bus's threads */

static void on_call(autobus_request *request, void *user_data)
{
    const struct function *function = user_data;
    struct tool_calls *calls = function->calls;
    struct job *job = malloc(sizeof *job);
    if (!job) {
        autobus_reply_error(request, "busy", "no memory");
        return;
    }
    *job = (struct job){.calls = calls, .item = function->item, .request = autobus_request_ref(request)};
    pthread_mutex_lock(&calls->lock);
    job->next = calls->inbox;
    calls->inbox = job;
    pthread_mutex_unlock(&calls->lock);
    tool_loop_wake(calls->loop);
}

static void on_abandoned(autobus_request *request, void *user_data)
{
    struct tool_calls *calls = user_data;
    (void)request;
    tool_loop_wake(calls->loop);
}

int tool_calls_add(struct tool_calls *calls, autobus_service *service, const struct tool_item *item)
{
    struct function *function = malloc(sizeof *function);
    if (!function)
        return AUTOBUS_ENOMEM;
    *function = (struct function){calls, item};
    int result =
        autobus_service_add_function(service, item->name, item->doc, AUTOBUS_SYNC, on_call, function, free, NULL);
    if (result < 0)
        free(function);
    return result;
}

/* ---- answering */

static bool is_abandoned(const struct job *job)
{
    return !autobus_request_is_notice(job->request) && autobus_request_abandoned(job->request);
}

static void say_end(const struct job *job, const char *how, int64_t took_ms)
{
    const autobus_peer *peer = autobus_request_peer(job->request);
    char *args = tool_json_text(autobus_request_args(job->request), 0);
    tool_detail("%s %s from %s:%u: %s, %lld ms", job->item->name, args, peer->host, peer->port, how,
                (long long)took_ms);
    free(args);
}

static void unlink_job(struct job *job)
{
    struct job **place = &job->calls->jobs;
    while (*place != job)
        place = &(*place)->next;
    *place = job->next;
}

/* A caller that is gone, or has given up, is told of by other ways. */
static bool on_line(const char *line, size_t size, void *user_data)
{
    struct job *job = user_data;
    json_t *value = tool_answer_line(line, size);
    int code = autobus_request_progress_json(job->request, value);
    json_decref(value);
    if (code == AUTOBUS_ETOOLARGE)
        tool_error("%s: a line is too long to be sent", job->item->name);
    return code != AUTOBUS_EAGAIN;
}

/* What is left may be a last line without an end. None is lost in silence. */
static void read_answer(struct job *job, const struct tool_run_result *result, struct tool_answer *ret_answer)
{
    struct tool_run_result rest = *result;
    bool taken = true;
    if (job->stream && result->outcome == TOOL_RUN_EXITED && result->out_size > 0) {
        taken = !memchr(result->out, '\n', result->out_size) && on_line(result->out, result->out_size, job);
        rest.out_size = 0;
    }
    if (taken)
        tool_answer_read(&job->calls->runner, &rest, ret_answer);
    else
        *ret_answer = (struct tool_answer){.type = "busy", .text = tool_print("the caller reads too slowly")};
}

static void on_done(const struct tool_run_result *result, void *user_data)
{
    struct job *job = user_data;
    struct tool_answer answer;
    read_answer(job, result, &answer);
    if (answer.value) {
        int code = autobus_reply_json(job->request, answer.value);
        say_end(job, code < 0 ? autobus_strerror(code) : "done", result->took_ms);
    } else {
        bool unheard = result->outcome == TOOL_RUN_CANCELLED && is_abandoned(job);
        autobus_reply_error(job->request, answer.type, "%s", answer.text);
        say_end(job, unheard ? "nobody waits for it any more" : answer.text, result->took_ms);
    }
    tool_answer_deinit(&answer);
    unlink_job(job);
    job_free(job);
}

/* ---- starting */

static int start_command(struct job *job)
{
    const autobus_peer *peer = autobus_request_peer(job->request);
    char *function = tool_print("AUTOBUS_FUNCTION=%s", autobus_request_function(job->request));
    char *service = tool_print("AUTOBUS_SERVICE=%s", autobus_request_service(job->request));
    char *caller = tool_print("AUTOBUS_PEER=%s:%u", peer->host, peer->port);
    const char *variables[] = {function, service, caller, NULL};
    const struct tool_command command = {
        .text = job->item->command,
        .name = job->item->name,
        .args = autobus_request_args(job->request),
        .variables = variables,
    };
    int error = tool_runner_start(&job->calls->runner, &command, on_done, job, &job->run);
    job->stream = !error && job->item->stream && autobus_request_wants_progress(job->request);
    if (job->stream)
        tool_run_give_lines(job->run, on_line);
    free(caller);
    free(service);
    free(function);
    return error;
}

static void refuse(struct job *job, const char *type, const char *text)
{
    autobus_reply_error(job->request, type, "%s", text);
    say_end(job, text, 0);
    job_free(job);
}

static void start(struct job *job)
{
    struct tool_calls *calls = job->calls;
    if (is_abandoned(job)) {
        job_free(job);
        return;
    }
    if (calls->runner.count >= calls->most) {
        refuse(job, "busy", "too many calls run already");
        return;
    }
    int error = start_command(job);
    if (error) {
        refuse(job, error == E2BIG ? "too_large" : "busy",
               error == E2BIG ? "the arguments are too long for a command" : strerror(error));
        return;
    }
    job->next = calls->jobs;
    calls->jobs = job;
    if (!autobus_request_is_notice(job->request))
        autobus_request_on_abandoned(job->request, on_abandoned, calls, NULL, NULL);
}

/* All that came, the oldest first. */
static struct job *take_inbox(struct tool_calls *calls)
{
    struct job *oldest = NULL;
    pthread_mutex_lock(&calls->lock);
    struct job *newest = calls->inbox;
    calls->inbox = NULL;
    pthread_mutex_unlock(&calls->lock);
    while (newest) {
        struct job *job = newest;
        newest = job->next;
        job->next = oldest;
        oldest = job;
    }
    return oldest;
}

static void cancel_abandoned(struct tool_calls *calls)
{
    struct job *next = NULL;
    for (struct job *job = calls->jobs; job; job = next) {
        next = job->next;
        if (is_abandoned(job))
            tool_run_cancel(job->run); /* frees the job */
    }
}

void tool_calls_wake(struct tool_calls *calls)
{
    cancel_abandoned(calls);
    struct job *next = NULL;
    for (struct job *job = take_inbox(calls); job; job = next) {
        next = job->next;
        start(job);
    }
}

void tool_calls_end(struct tool_calls *calls)
{
    struct job *next = NULL;
    for (struct job *job = take_inbox(calls); job; job = next) {
        next = job->next;
        refuse(job, "exception", "the service ends");
    }
    tool_runner_end(&calls->runner);
}

void tool_calls_deinit(struct tool_calls *calls)
{
    struct job *next = NULL;
    for (struct job *job = take_inbox(calls); job; job = next) {
        next = job->next;
        job_free(job);
    }
    pthread_mutex_destroy(&calls->lock);
}
