/*
 * Owns calls to all services of a proxy of many, blocking and not. Must not know who is asked or when it ends.
 *
 * The JSON of a blocking one is made on its own thread, when all have answered.
 */
#include <stdarg.h>

#include "base/error.h"
#include "bus/ask.h"
#include "bus/error.h"
#include "bus/json.h"
#include "bus/thread.h"

static void set_rule(struct ab_question *question, const autobus_gather_rule *rule)
{
    if (!rule)
        return;
    question->count = rule->count;
    question->quiet_ms = rule->quiet_ms;
    question->timeout_ms = rule->timeout_ms;
    question->canceler = rule->canceler;
}

/* ---- Blocking */

/* NULL: no memory. */
static json_t *make_error(const struct ab_notice *notice)
{
    autobus_error error;

    ab_error_show(&error, notice);
    return json_pack("{s:s, s:s, s:O*}", "type", error.type, "text", error.text, "details", error.details);
}

/* NULL: no memory. */
static json_t *make_entry(struct ab_notice *notice)
{
    json_t *entry = json_object();
    json_t *value = NULL;

    if (notice->code == 0)
        ab_value_take_json(&notice->value, &value);
    else
        value = make_error(notice);
    if (json_object_set_new(entry, "service", json_string(notice->service->data)) < 0) {
        json_decref(value);
        value = NULL;
    }
    if (json_object_set_new(entry, notice->code == 0 ? "result" : "error", value) < 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

static int take_results(struct ab_answers *answers, json_t **ret_results)
{
    json_t *results = json_array();

    AB_LIST_EACH (each, &answers->heard) {
        if (json_array_append_new(results, make_entry(AB_CONTAINER(each, struct ab_notice, node))) < 0) {
            json_decref(results);
            return AB_ENOMEM;
        }
    }
    if (!results)
        return AB_ENOMEM;
    *ret_results = results;
    return 0;
}

static int ask_and_take(autobus_remote *remote, const struct ab_question *question, json_t **ret_results,
                        autobus_error *error)
{
    struct ab_answers answers;
    int r = ab_ask_and_wait(remote, question, &answers, error);

    if (r == 0 && ret_results) {
        r = take_results(&answers, ret_results);
        if (r < 0)
            ab_error_fail(error, r);
    }
    ab_answers_deinit(&answers);
    return r;
}

int autobus_gather_json(autobus_remote *remote, json_t **ret_results, autobus_error *error, const char *function,
                        const json_t *args, unsigned flags, const autobus_gather_rule *rule)
{
    struct ab_question question = {.many = true, .name = function, .flags = flags};
    int r = ab_guard_blocking();

    set_rule(&question, rule);
    if (r == 0 && args && !json_is_array(args))
        return ab_error_fail_text(error, AB_EINVAL, "the arguments are no array");
    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_and_take(remote, &question, ret_results, error);
    ab_text_unref(question.args);
    return r;
}

int autobus_gather(autobus_remote *remote, json_t **ret_results, autobus_error *error, const char *function,
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
    r = autobus_gather_json(remote, ret_results, error, function, args, 0, NULL);
    json_decref(args);
    return r;
}

/* ---- With a callback */

int autobus_call_all(autobus_remote *remote, const char *function, const json_t *args, unsigned flags,
                     const autobus_gather_rule *rule, autobus_result_fn callback, void *user_data,
                     autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct ab_question question = {.many = true, .name = function, .flags = flags};
    int r = ab_guard();

    set_rule(&question, rule);
    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return r;
    r = ab_ask_async(remote, &question, callback, user_data, destroy, ret_slot);
    ab_text_unref(question.args);
    return r;
}
