/*
 * Owns the wait for the answers of many services. The callbacks of a remote run one at a time, so each line is printed
 * where it comes; the waiting thread looks at numbers alone.
 */
#include "multiple.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "deadline.h"
#include "exit.h"
#include "failure.h"
#include "find.h"
#include "interrupt.h"
#include "message.h"
#include "output.h"
#include "text.h"

struct progress {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t bound;
    bool over;
    int end; /* what to exit with */
};

static void progress_init(struct progress *progress)
{
    *progress = (struct progress){0};
    pthread_mutex_init(&progress->lock, NULL);
    tool_deadline_condition_init(&progress->changed);
}

static void progress_deinit(struct progress *progress)
{
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->lock);
}

/* ---- results */

static void print_part(const autobus_result *result)
{
    json_t *object = json_pack("{s:s}", "service", result->service);
    json_t *what = result->code == 0 ? json_incref(result->value) : tool_failure_json(result->code, result->error);
    const char *key = result->code != 0 ? "error" : result->partial ? "partial" : "result";
    if (json_object_set_new(object, key, what) < 0)
        tool_out_of_memory();
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void on_result(const autobus_result *result, void *user_data)
{
    struct progress *progress = user_data;
    int end = tool_failure_exit(result->code, result->error ? result->error->type : NULL);
    if (!result->last)
        print_part(result);
    else if (result->code < 0)
        tool_error("%s", tool_failure_text(result->code, result->error));
    pthread_mutex_lock(&progress->lock);
    if (end > progress->end)
        progress->end = end;
    progress->over = result->last;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
}

/* The library ends it in time. */
static int call_all(autobus_remote *remote, const struct tool_settings *settings, const char *function,
                    const json_t *args, bool partial, struct progress *progress)
{
    const autobus_gather_rule rule = {.timeout_ms = settings->timeout_ms};
    int result = autobus_call_all(remote, function, args, partial ? AUTOBUS_CALL_PROGRESS : 0, &rule, on_result,
                                  progress, NULL, NULL);
    if (result < 0) {
        tool_error("%s", autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    pthread_mutex_lock(&progress->lock);
    while (!progress->over)
        pthread_cond_wait(&progress->changed, &progress->lock);
    pthread_mutex_unlock(&progress->lock);
    return progress->end;
}

/* ---- notices */

static void on_binding(const autobus_binding *binding, void *user_data)
{
    struct progress *progress = user_data;
    pthread_mutex_lock(&progress->lock);
    if (binding->bound)
        progress->bound++;
    else
        progress->bound--;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
}

static bool all_bound(struct progress *progress, size_t count, int timeout_ms)
{
    struct timespec deadline = tool_deadline_in(timeout_ms);
    int result = 0;
    pthread_mutex_lock(&progress->lock);
    while (progress->bound < count && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&progress->changed, &progress->lock, &deadline);
    bool all = progress->bound >= count;
    pthread_mutex_unlock(&progress->lock);
    return all;
}

/* Who cannot be reached in time gets none, and the others do. */
static int notify_all(autobus_remote *remote, const struct tool_settings *settings, const char *function,
                      const json_t *args, size_t count, struct progress *progress)
{
    autobus_slot *slot = NULL;
    int result = autobus_remote_on_binding(remote, on_binding, progress, NULL, &slot);
    bool all = result == 0 && all_bound(progress, count, settings->timeout_ms);
    if (result == 0)
        result = autobus_notice_json(remote, function, args);
    if (slot)
        autobus_slot_cancel_wait(slot);
    autobus_slot_unref(slot);
    if (result < 0) {
        tool_error("%s", autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    if (all)
        return TOOL_EXIT_DONE;
    tool_error("not all of the %zu services could be reached in time", count);
    return TOOL_EXIT_TIMEOUT;
}

/* ---- all of it */

static int call_found(autobus_remote *remote, const struct tool_settings *settings, const char *function,
                      const json_t *args, bool notice, bool partial, size_t count)
{
    struct progress progress;
    progress_init(&progress);
    int end = notice ? notify_all(remote, settings, function, args, count, &progress)
                     : call_all(remote, settings, function, args, partial, &progress);
    progress_deinit(&progress);
    return end;
}

int tool_multiple_call(autobus_bus *bus, const struct tool_target *target, const struct tool_settings *settings,
                       const char *function, const json_t *args, bool notice, bool partial)
{
    autobus_remote *remote = NULL;
    json_t *entries = NULL;
    if (tool_target_is_direct(target)) {
        tool_error("--multiple needs a filter");
        return TOOL_EXIT_USAGE;
    }
    int end = tool_find_all(bus, target, settings->wait_ms, &entries);
    if (end)
        return end;
    size_t count = json_array_size(entries);
    json_decref(entries);
    if (count == 0) {
        tool_find_explain(bus, target);
        return TOOL_EXIT_ABSENT;
    }
    tool_detail("calling %s of %zu services", function, count);
    int result = autobus_proxy_multiple_filter(bus, target->filter, &remote);
    if (result < 0) {
        tool_error("%s", autobus_strerror(result));
        return tool_failure_exit(result, NULL);
    }
    tool_interrupt_set(bus);
    end = call_found(remote, settings, function, args, notice, partial, count);
    tool_interrupt_set(NULL);
    autobus_remote_unref(remote);
    return end;
}
