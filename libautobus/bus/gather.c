/*
 * Owns calls to all services of a proxy of many, blocking and not. Must not know who is asked or when it ends.
 *
 * A blocking one keeps the parts as they come, in the engine's own blocks, and makes JSON of them on its own thread: so
 * it needs no memory while it waits.
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
#include "core/multiple.h"

/* What is asked of all. `args` is owned. */
struct question {
    const char *name;
    struct ab_text *args;
    unsigned flags;
    const autobus_gather_rule *rule;
};

static int check(const autobus_remote *remote, const struct question *question, autobus_error *error)
{
    const autobus_gather_rule *rule = question->rule;

    if (!remote || ab_name_check(question->name) < 0 || (question->flags & ~(unsigned)AUTOBUS_CALL_BOUND) ||
        (rule && (rule->count < 0 || rule->quiet_ms < 0 || rule->timeout_ms < 0)))
        return ab_error_fail(error, AB_EINVAL);
    if (!remote->is_multiple)
        return ab_error_fail_text(error, AB_EINVAL, "the remote is of one service: autobus_call asks it");
    return 0;
}

static int ask(autobus_remote *remote, const struct question *question, unsigned flags, struct ab_target *target,
               struct ab_gather **ret_gather)
{
    static const autobus_gather_rule all = {0};
    const autobus_gather_rule *rule = question->rule ? question->rule : &all;
    const struct ab_gather_rule engine_rule = {
        .count = (size_t)rule->count,
        .quiet = rule->quiet_ms * AB_MILLISECOND,
        .deadline = ab_remote_handle_deadline(remote, rule->timeout_ms),
    };

    return ab_multiple_call(remote->multiple, ab_bus_now(remote->bus), question->name, question->args,
                            question->flags | flags, &engine_rule, target, ret_gather);
}

/* ---- Blocking */

struct collector {
    struct ab_waiter waiter; /* first: what the engine is given */
    void (*finish)(struct ab_target *target, struct ab_notice *notice);
    struct ab_list parts; /* struct ab_notice.node */
};

static void collect(struct ab_target *target, struct ab_notice *notice)
{
    struct collector *collector = AB_CONTAINER(target, struct collector, waiter.target);

    if (notice->kind == AB_NOTICE_PART)
        ab_list_append(&collector->parts, &notice->node);
    else
        collector->finish(target, notice);
}

static void collector_init(struct collector *collector, autobus_bus *bus)
{
    ab_waiter_init(&collector->waiter, bus);
    collector->finish = collector->waiter.target.deliver;
    collector->waiter.target.deliver = collect;
    ab_list_init(&collector->parts);
}

static void collector_deinit(struct collector *collector)
{
    struct ab_list *node;

    while ((node = ab_list_take(&collector->parts)))
        ab_notice_release(AB_CONTAINER(node, struct ab_notice, node));
    ab_waiter_deinit(&collector->waiter);
}

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

static int take_results(struct collector *collector, json_t **ret_results)
{
    json_t *results = json_array();

    AB_LIST_EACH (each, &collector->parts) {
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

static int await_all(struct collector *collector, json_t **ret_results, autobus_error *error)
{
    int r;

    ab_waiter_wait(&collector->waiter);
    if (collector->waiter.notice.code != 0)
        return ab_error_take(error, &collector->waiter.notice);
    if (!ret_results)
        return 0;
    r = take_results(collector, ret_results);
    return r < 0 ? ab_error_fail(error, r) : 0;
}

static int ask_and_wait(autobus_remote *remote, const struct question *question, json_t **ret_results,
                        autobus_error *error)
{
    struct collector collector;
    struct ab_gather *gather;
    int r = check(remote, question, error);

    if (r < 0)
        return r;
    r = ab_remote_handle_enter(remote);
    if (r < 0)
        return ab_error_fail(error, r);
    collector_init(&collector, remote->bus);
    r = ask(remote, question, AB_CALL_ROOM, &collector.waiter.target, &gather);
    ab_bus_leave(remote->bus);
    r = r < 0 ? ab_error_fail(error, r) : await_all(&collector, ret_results, error);
    collector_deinit(&collector);
    return r;
}

int autobus_gather_json(autobus_remote *remote, json_t **ret_results, autobus_error *error, const char *function,
                        const json_t *args, unsigned flags, const autobus_gather_rule *rule)
{
    struct question question = {.name = function, .flags = flags, .rule = rule};
    int r = ab_guard_blocking();

    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return ab_error_fail(error, r);
    r = ask_and_wait(remote, &question, ret_results, error);
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

static void deliver(autobus_slot *slot, struct ab_notice *notice)
{
    if (notice->kind == AB_NOTICE_PART) {
        ab_slot_put_each(slot, notice);
        return;
    }
    slot->source = NULL;
    ab_slot_put_last(slot, notice);
}

static void run(autobus_slot *slot, struct ab_notice *notice)
{
    bool last = notice->kind != AB_NOTICE_PART;
    autobus_error error;
    autobus_result result = {
        .remote = slot->owner,
        .service = last || !notice->service ? NULL : notice->service->data,
        .last = last,
    };

    if (!last && notice->code == 0)
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
    ab_gather_cancel(slot->source, ab_bus_now(slot->bus));
}

static const struct ab_slot_kind kind_gather = {
    .deliver = deliver,
    .run = run,
    .detach = detach,
    .release = ab_remote_handle_release_owner,
    .completes = true,
};

static int ask_locked(autobus_remote *remote, const struct question *question, autobus_slot *slot,
                      autobus_slot **ret_slot)
{
    struct ab_gather *gather;
    int r = ask(remote, question, 0, &slot->target, &gather);

    if (r < 0)
        return r;
    slot->source = gather;
    ab_slot_register(slot, &remote->slots, ret_slot);
    return 0;
}

static int ask_async(autobus_remote *remote, const struct question *question, autobus_result_fn callback,
                     void *user_data, autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = check(remote, question, NULL);

    if (r < 0 || !callback)
        return AB_EINVAL;
    slot = ab_remote_handle_slot(remote, &kind_gather, NULL, user_data, destroy);
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

int autobus_call_all(autobus_remote *remote, const char *function, const json_t *args, unsigned flags,
                     const autobus_gather_rule *rule, autobus_result_fn callback, void *user_data,
                     autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    struct question question = {.name = function, .flags = flags, .rule = rule};
    int r = ab_guard();

    if (r == 0)
        r = ab_json_args(args, &question.args);
    if (r < 0)
        return r;
    r = ask_async(remote, &question, callback, user_data, destroy, ret_slot);
    ab_text_unref(question.args);
    return r;
}
