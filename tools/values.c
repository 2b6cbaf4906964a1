/*
 * Owns the watching of the object, and what is said of services that do not have it. Must not know what is done with the
 * values.
 *
 * Of each followed service `answered` says that it told a value or that it has none, and `present` that it has one.
 */
#include "values.h"

#include "failure.h"
#include "message.h"
#include "output.h"
#include "target.h"

/* ---- what is known */

static void tell_if_known(struct tool_values *values)
{
    bool any = false;
    if (!tool_follow_is_complete(&values->follow))
        return;
    for (const struct tool_followed *followed = values->follow.all; followed; followed = followed->next) {
        if (!followed->answered)
            return;
        any = any || followed->present;
    }
    values->known(any, values->user_data);
}

static void on_settled(void *user_data)
{
    tell_if_known(user_data);
}

/* ---- an object that is not there */

static void on_listed(const autobus_result *result, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct tool_values *values = followed->follow->user_data;
    if (result->code == 0 && !followed->present)
        tool_failure_suggest_from(result->value, "objects", values->object);
    followed->answered = true;
    tell_if_known(values);
}

static void explain(struct tool_values *values, struct tool_followed *followed)
{
    if (values->once)
        tool_error("%s has no object %s", followed->label, values->object);
    else
        tool_remark("%s has no object %s now", followed->label, values->object);
    if (autobus_get_async(followed->remote, "autobus.objects", AUTOBUS_CALL_BOUND, 2000, on_listed,
                          tool_followed_ref(followed), tool_followed_destroy, NULL) < 0) {
        tool_followed_destroy(followed); /* it goes without suggestions */
        followed->answered = true;
        tell_if_known(values);
    }
}

static void on_absent(struct tool_values *values, struct tool_followed *followed)
{
    bool first = !followed->answered && !followed->present;
    bool lost = followed->present;
    followed->present = false;
    if (lost || first)
        values->changed(followed, NULL, values->user_data);
    if (first)
        explain(values, followed);
    else if (lost)
        tool_remark("%s has no object %s any more", followed->label, values->object);
}

static void on_refused(struct tool_values *values, struct tool_followed *followed, const autobus_error *error)
{
    bool lost = followed->present;
    followed->present = false;
    followed->answered = true;
    if (lost)
        values->changed(followed, NULL, values->user_data);
    tool_follow_refused(followed, error);
    tell_if_known(values);
}

/* ---- following */

static void on_value(const autobus_value *value, void *user_data)
{
    struct tool_followed *followed = user_data;
    struct tool_values *values = followed->follow->user_data;
    if (value->error) {
        on_refused(values, followed, value->error);
        return;
    }
    if (!value->service)
        return; /* the service is lost, which on_gone tells */
    if (!value->value) {
        on_absent(values, followed);
        return;
    }
    followed->present = true;
    followed->answered = true;
    followed->refused = false;
    values->changed(followed, value->value, values->user_data);
    tell_if_known(values);
}

static void on_gone(struct tool_followed *followed, void *user_data)
{
    struct tool_values *values = user_data;
    bool lost = followed->present;
    followed->present = false;
    if (lost)
        values->changed(followed, NULL, values->user_data);
    if (values->gone)
        values->gone(followed, values->user_data);
}

static int attach(struct tool_followed *followed, void *user_data)
{
    const struct tool_values *values = user_data;
    int result = autobus_watch(followed->remote, values->object, on_value, tool_followed_ref(followed),
                               tool_followed_destroy, NULL);
    if (result < 0)
        tool_followed_destroy(followed);
    return result;
}

int tool_values_start(struct tool_values *values, const struct tool_settings *settings,
                      const struct tool_target *target, autobus_bus *bus, struct tool_loop *loop)
{
    values->follow = (struct tool_follow){
        .settings = settings,
        .target = target,
        .bus = bus,
        .loop = loop,
        .attach = attach,
        .gone = on_gone,
        .settled = on_settled,
        .user_data = values,
    };
    return tool_follow_start(&values->follow);
}

void tool_values_deinit(struct tool_values *values)
{
    tool_follow_deinit(&values->follow);
}

/* ---- lines */

void tool_values_print(const struct tool_values *values, const char *service, json_t *value, bool timed)
{
    json_t *object = json_pack("{s:s?, s:s, s:O*}", "service", service, "object", values->object, "value", value);
    if (!object)
        tool_out_of_memory();
    tool_follow_add_time(object, timed);
    tool_output_json(NULL, object, 0);
    json_decref(object);
}
