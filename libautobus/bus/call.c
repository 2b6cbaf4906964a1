/*
 * Owns calls, notices and reads of objects, blocking and not. Must not know how a question travels.
 */
#include <stdarg.h>

#include "base/error.h"
#include "bus/ask.h"
#include "bus/bus.h"
#include "bus/error.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/remote.h"
#include "bus/thread.h"

/* ---- Blocking */

static int ask_and_take(autobus_remote *remote, const struct ab_question *question, json_t **ret_result,
                        autobus_error *error)
{
    struct ab_answers answers;
    int r = ab_ask_and_wait(remote, question, &answers, error);

    if (r == 0 && ret_result) {
        r = ab_value_take_json(&answers.end.value, ret_result);
        if (r < 0)
            ab_error_fail(error, r);
    }
    ab_answers_deinit(&answers);
    return r;
}

int autobus_call_with(autobus_remote *remote, json_t **ret_result, autobus_error *error, const char *function,
                      const json_t *args, const autobus_call_options *options)
{
    static const autobus_call_options none = {0};
    const autobus_call_options *how = options ? options : &none;
    struct ab_text_place place;
    struct ab_question question = {
        .kind = AB_CALL_FUNCTION,
        .name = function,
        .flags = how->flags,
        .timeout_ms = how->timeout_ms,
        .canceler = how->canceler,
        .partial = how->partial,
        .user_data = how->user_data,
    };
    int r = ab_guard_blocking();

    if (r == 0 && args && !json_is_array(args))
        return ab_error_fail_text(error, AB_EINVAL, "the arguments are no array");
    if (r == 0)
        r = ab_json_args_in(&place, args, &question.args);
    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_and_take(remote, &question, ret_result, error);
    ab_text_leave(&place, question.args);
    return r;
}

int autobus_call_json(autobus_remote *remote, json_t **ret_result, autobus_error *error, const char *function,
                      const json_t *args, unsigned flags, int timeout_ms)
{
    const autobus_call_options options = {.flags = flags, .timeout_ms = timeout_ms};

    return autobus_call_with(remote, ret_result, error, function, args, &options);
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
    struct ab_question question = {.kind = AB_CALL_GET, .name = object, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard_blocking();

    if (r == 0 && !ret_value)
        r = AB_EINVAL;
    return r < 0 ? ab_error_fail(error, r) : ask_and_take(remote, &question, ret_value, error);
}

/* ---- With a callback */

int autobus_call_async(autobus_remote *remote, const char *function, const json_t *args, unsigned flags, int timeout_ms,
                       autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct ab_question question = {
        .kind = AB_CALL_FUNCTION, .name = function, .flags = flags, .timeout_ms = timeout_ms};
    struct ab_text_place place;
    int r = ab_guard();

    if (r == 0)
        r = ab_json_args_in(&place, args, &question.args);
    if (r < 0)
        return r;
    r = ab_ask_async(remote, &question, callback, user_data, destroy, ret_slot);
    ab_text_leave(&place, question.args);
    return r;
}

int autobus_get_async(autobus_remote *remote, const char *object, unsigned flags, int timeout_ms,
                      autobus_result_fn callback, void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct ab_question question = {.kind = AB_CALL_GET, .name = object, .flags = flags, .timeout_ms = timeout_ms};
    int r = ab_guard();

    return r < 0 ? r : ab_ask_async(remote, &question, callback, user_data, destroy, ret_slot);
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
