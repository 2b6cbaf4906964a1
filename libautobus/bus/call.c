/*
 * Owns calls, notices and reads of objects, blocking and not. Must not know how a remote finds its service.
 *
 * A blocking call waits for room on its connection, one that does not fails with AB_EAGAIN; apart from that they differ
 * only in who is the engine's target: a waiter on the caller's stack, or a slot.
 */
#include <stdarg.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/remote.h"
#include "bus/thread.h"
#include "bus/waiter.h"
#include "core/remote.h"

_Static_assert((unsigned)AUTOBUS_CALL_BOUND == (unsigned)AB_CALL_BOUND_ONLY, "one number, two names");

/* What is asked of a remote. `args` is of a function only, and owned. */
struct question {
    enum ab_call_kind kind;
    const char *name;
    struct ab_text *args;
    unsigned flags;
    int timeout_ms;
};

static int check(const autobus_remote *remote, const struct question *question)
{
    if (!remote || ab_name_check(question->name) < 0 || (question->flags & ~(unsigned)AUTOBUS_CALL_BOUND) ||
        question->timeout_ms < 0)
        return AB_EINVAL;
    return 0;
}

static int ask(autobus_remote *remote, const struct question *question, unsigned flags, struct ab_target *target,
               struct ab_call **ret_call)
{
    return ab_remote_call(remote->engine, ab_bus_now(remote->bus), question->kind, question->name, question->args,
                          question->flags | flags, ab_remote_handle_deadline(remote, question->timeout_ms), target,
                          ret_call);
}

/* ---- Blocking */

static int take_result(struct ab_notice *notice, json_t **ret_result, autobus_error *error)
{
    int r;

    if (notice->code != 0)
        return ab_error_take(error, notice);
    if (!ret_result)
        return 0;
    r = ab_value_take_json(&notice->value, ret_result);
    return r < 0 ? ab_error_fail(error, r) : 0;
}

static int ask_and_wait(autobus_remote *remote, const struct question *question, json_t **ret_result,
                        autobus_error *error)
{
    struct ab_waiter waiter;
    struct ab_call *call;
    int r = ab_remote_handle_check_single(remote, error);

    if (r < 0)
        return r;
    r = check(remote, question);
    if (r == 0)
        r = ab_remote_handle_enter(remote);
    if (r < 0)
        return ab_error_fail(error, r);
    ab_waiter_init(&waiter, remote->bus);
    r = ask(remote, question, AB_CALL_ROOM, &waiter.target, &call);
    if (r < 0)
        ab_remote_handle_fail(remote, error, r);
    ab_bus_leave(remote->bus);
    if (r == 0) {
        ab_waiter_wait(&waiter);
        r = take_result(&waiter.notice, ret_result, error);
    }
    ab_waiter_deinit(&waiter);
    return r;
}

int autobus_call_json(autobus_remote *remote, json_t **ret_result, autobus_error *error, const char *function,
                      const json_t *args, unsigned flags, int timeout_ms)
{
    struct question question = {.kind = AB_CALL_FUNCTION, .name = function, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard_blocking();

    if (r == 0 && args && !json_is_array(args))
        return ab_error_fail_text(error, AB_EINVAL, "the arguments are no array");
    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_and_wait(remote, &question, ret_result, error);
    ab_text_unref(question.args);
    return r;
}

int autobus_call(autobus_remote *remote, json_t **ret_result, autobus_error *error, const char *function,
                 const char *format, ...)
{
    json_error_t problem;
    json_t *args;
    va_list values;
    int r = ab_guard_blocking();

    if (r < 0)
        return ab_error_fail(error, r);
    va_start(values, format);
    r = ab_json_pack(&args, &problem, format, values);
    va_end(values);
    if (r < 0)
        return ab_error_fail_text(error, r, problem.text);
    r = autobus_call_json(remote, ret_result, error, function, args, 0, 0);
    json_decref(args);
    return r;
}

int autobus_get(autobus_remote *remote, const char *object, unsigned flags, int timeout_ms, json_t **ret_value,
                autobus_error *error)
{
    struct question question = {.kind = AB_CALL_GET, .name = object, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard_blocking();

    if (r == 0 && !ret_value)
        r = AB_EINVAL;
    return r < 0 ? ab_error_fail(error, r) : ask_and_wait(remote, &question, ret_value, error);
}

/* ---- With a callback */

static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    slot->source = NULL;
    ab_slot_put_last(slot, notice);
}

static void run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_error error;
    autobus_result result = {
        .remote = slot->owner,
        .service = notice->service ? notice->service->data : NULL,
        .last = true,
    };

    if (notice->code == 0)
        notice->code = ab_value_take_json(&notice->value, &result.value);
    if (notice->code != 0) {
        ab_error_show(&error, notice);
        result.error = &error;
    }
    result.code = notice->code;
    slot->callback.result(&result, slot->user_data);
    json_decref(result.value);
}

static void detach(autobus_slot *slot)
{
    ab_call_cancel(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_call = {
    .deliver = deliver,
    .run = run,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
    .completes = true,
};

static int ask_locked(autobus_remote *remote, const struct question *question, autobus_slot *slot,
                      autobus_slot **ret_slot)
{
    struct ab_call *call;
    int r = ask(remote, question, 0, &slot->target, &call);

    if (r < 0)
        return r;
    slot->source = call;
    ab_slot_register(slot, &remote->slots, ret_slot);
    return 0;
}

static int ask_async(autobus_remote *remote, const struct question *question, autobus_result_fn callback,
                     void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = check(remote, question);

    if (r < 0 || !callback || ab_remote_handle_check_single(remote, NULL) < 0)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_call, NULL, user_data, destroy);
    if (!slot)
        return AB_ENOMEM;
    slot->callback.result = callback;
    r = ab_remote_handle_enter(remote);
    if (r == 0) {
        r = ask_locked(remote, question, slot, ret_slot);
        ab_bus_leave(remote->bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}

int autobus_call_async(autobus_remote *remote, const char *function, const json_t *args, unsigned flags, int timeout_ms,
                       autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct question question = {.kind = AB_CALL_FUNCTION, .name = function, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard();

    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return r;
    r = ask_async(remote, &question, callback, user_data, destroy, ret_slot);
    ab_text_unref(question.args);
    return r;
}

int autobus_get_async(autobus_remote *remote, const char *object, unsigned flags, int timeout_ms,
                      autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct question question = {.kind = AB_CALL_GET, .name = object, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard();

    return r < 0 ? r : ask_async(remote, &question, callback, user_data, destroy, ret_slot);
}

/* ---- Notices */

int autobus_notice_json(autobus_remote *remote, const char *function, const json_t *args)
{
    struct ab_text *text;
    int r = ab_guard();

    if (r == 0)
        r = ab_name_check(function);
    if (r == 0)
        r = ab_json_args(args, &text);
    if (r < 0)
        return r;
    r = ab_remote_handle_enter(remote);
    if (r == 0) {
        if (remote->multiple)
            r = ab_multiple_notice(remote->multiple, ab_bus_now(remote->bus), function, text);
        else
            r = ab_remote_notice(remote->engine, ab_bus_now(remote->bus), function, text);
        ab_bus_leave(remote->bus);
    }
    ab_text_unref(text);
    return r;
}

int autobus_notice(autobus_remote *remote, const char *function, const char *format, ...)
{
    json_t *args;
    va_list values;
    int r = ab_guard();

    if (r < 0)
        return r;
    va_start(values, format);
    r = ab_json_pack(&args, NULL, format, values);
    va_end(values);
    if (r < 0)
        return r;
    r = autobus_notice_json(remote, function, args);
    json_decref(args);
    return r;
}
