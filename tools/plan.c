/*
 * Owns the checks on what is to be published, so that mistakes are told before anybody on the network sees them.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "escape.h"
#include "exit.h"
#include "message.h"
#include "nearest.h"
#include "service.h"
#include "text.h"

enum { LONGEST_NAME = 255 };

static const char *const kind_names[] = {
    [TOOL_ITEM_FUNCTION] = "function",
    [TOOL_ITEM_OBJECT] = "object",
    [TOOL_ITEM_EVENT] = "event",
};

void tool_plan_init(struct tool_plan *plan)
{
    *plan = (struct tool_plan){
        .info = json_object(),
        .docs = json_object(),
        .streams = json_object(),
        .descriptions = json_object(),
    };
    if (!plan->info || !plan->docs || !plan->streams || !plan->descriptions)
        tool_out_of_memory();
}

void tool_plan_deinit(struct tool_plan *plan)
{
    while (plan->items) {
        struct tool_item *item = plan->items;
        plan->items = item->next;
        json_decref(item->value);
        free(item->name);
        free(item);
    }
    json_decref(plan->info);
    json_decref(plan->docs);
    json_decref(plan->streams);
    json_decref(plan->descriptions);
    free(plan->allowed);
    *plan = (struct tool_plan){0};
}

const struct tool_item *tool_plan_find(const struct tool_plan *plan, enum tool_item_kind kind, const char *name)
{
    for (const struct tool_item *item = plan->items; item; item = item->next) {
        if (item->kind == kind && strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

/* ---- names */

static bool is_good_name(const char *option, const char *name)
{
    if (!*name)
        tool_error("--%s: the name is missing", option);
    else if (strlen(name) > LONGEST_NAME || !tool_is_utf8(name))
        tool_error("--%s %s: a name is UTF-8 of at most %d bytes", option, name, LONGEST_NAME);
    else if (strncmp(name, "autobus.", strlen("autobus.")) == 0)
        tool_error("--%s %s: names that begin with autobus. are the library's", option, name);
    else
        return true;
    return false;
}

/* NAME=REST: a new string, and where the rest begins. NULL after a message. */
static char *split(const struct tool_option *option, const char *text, const char **ret_rest)
{
    const char *equals = strchr(text, '=');
    if (!equals) {
        tool_error("--%s %s: %s is wanted", option->name, text, option->argument);
        return NULL;
    }
    *ret_rest = equals + 1;
    return tool_copy_part(text, (size_t)(equals - text));
}

/* ---- items */

/* Takes name and value over. */
static int add(struct tool_plan *plan, const char *option, const struct tool_item *made)
{
    bool good = is_good_name(option, made->name);
    if (good && tool_plan_find(plan, made->kind, made->name)) {
        tool_error("--%s %s: there is %s %s of that name", option, made->name,
                   made->kind == TOOL_ITEM_FUNCTION ? "a" : "an", kind_names[made->kind]);
        good = false;
    }
    if (!good) {
        free(made->name);
        json_decref(made->value);
        return -1;
    }
    struct tool_item *item = tool_make(1, sizeof *item);
    *item = *made;
    struct tool_item **place = &plan->items;
    while (*place)
        place = &(*place)->next;
    *place = item;
    return 0;
}

static int add_command(const struct tool_option *option, const char *text, enum tool_item_kind kind)
{
    const char *command = NULL;
    char *name = split(option, text, &command);
    if (!name)
        return -1;
    if (!*command) {
        tool_error("--%s %s: the command is missing", option->name, text);
        free(name);
        return -1;
    }
    return add(option->target, option->name, &(struct tool_item){.kind = kind, .name = name, .command = command});
}

int tool_plan_add_function(const struct tool_option *option, const char *text)
{
    return add_command(option, text, TOOL_ITEM_FUNCTION);
}

int tool_plan_add_object_command(const struct tool_option *option, const char *text)
{
    return add_command(option, text, TOOL_ITEM_OBJECT);
}

static json_t *read_value(const struct tool_option *option, const char *name, const char *text)
{
    char *what = tool_print("--%s %s", option->name, name);
    json_t *value = tool_value_read(what, text);
    free(what);
    return value;
}

int tool_plan_add_object(const struct tool_option *option, const char *text)
{
    const char *rest = NULL;
    char *name = split(option, text, &rest);
    if (!name)
        return -1;
    json_t *value = read_value(option, name, rest);
    if (!value) {
        free(name);
        return -1;
    }
    return add(option->target, option->name,
               &(struct tool_item){.kind = TOOL_ITEM_OBJECT, .name = name, .value = value});
}

int tool_plan_add_event(const struct tool_option *option, const char *text)
{
    const struct tool_item item = {.kind = TOOL_ITEM_EVENT, .name = tool_copy(text)};
    return add(option->target, option->name, &item);
}

/* ---- info and documentation */

/* `text` is how the option was written. Takes the value over. */
static int add_key(const struct tool_option *option, const char *text, json_t *keys, const char *key, json_t *value)
{
    if (json_object_get(keys, key)) {
        tool_error("--%s %s: another --%s has that name", option->name, text, option->name);
        json_decref(value);
        return -1;
    }
    if (json_object_set_new(keys, key, value) < 0)
        tool_out_of_memory();
    return 0;
}

static bool is_good_key(const struct tool_option *option, const char *text, const char *key)
{
    if (!*key || !tool_is_utf8(key))
        tool_error("--%s %s: the key is missing or not UTF-8", option->name, text);
    else if (tool_service_is_added(key))
        tool_error("--%s %s: who finds the service adds this key", option->name, text);
    else
        return true;
    return false;
}

int tool_plan_set_info(const struct tool_option *option, const char *text)
{
    struct tool_plan *plan = option->target;
    const char *rest = NULL;
    char *key = split(option, text, &rest);
    if (!key)
        return -1;
    json_t *value = is_good_key(option, text, key) ? read_value(option, key, rest) : NULL;
    int result = value ? add_key(option, text, plan->info, key, value) : -1;
    free(key);
    return result;
}

/* The same of a name that becomes a key of JSON. */
static char *split_text(const struct tool_option *option, const char *text, const char **ret_rest)
{
    if (tool_is_utf8(text))
        return split(option, text, ret_rest);
    tool_error("--%s %s: not UTF-8", option->name, text);
    return NULL;
}

int tool_plan_add_doc(const struct tool_option *option, const char *text)
{
    struct tool_plan *plan = option->target;
    const char *rest = NULL;
    char *name = split_text(option, text, &rest);
    if (!name)
        return -1;
    int result = add_key(option, text, plan->docs, name, json_string(rest));
    free(name);
    return result;
}

int tool_plan_add_stream(const struct tool_option *option, const char *text)
{
    struct tool_plan *plan = option->target;
    if (tool_is_utf8(text))
        return add_key(option, text, plan->streams, text, json_true());
    tool_error("--%s %s: not UTF-8", option->name, text);
    return -1;
}

/* ---- access */

int tool_plan_add_allow(const struct tool_option *option, const char *text)
{
    struct tool_plan *plan = option->target;
    char *allowed = plan->allowed ? tool_print("%s, %s", plan->allowed, text) : tool_copy(text);
    free(plan->allowed);
    plan->allowed = allowed;
    return 0;
}

/* ---- documentation finds its place */

int tool_plan_add_description(const struct tool_option *option, const char *text)
{
    struct tool_plan *plan = option->target;
    const char *rest = NULL;
    char *name = split_text(option, text, &rest);
    if (!name)
        return -1;
    json_t *value = read_value(option, name, rest);
    bool good = json_is_object(value);
    if (value && !good)
        tool_error("--%s %s: a JSON object is wanted", option->name, name);
    int result = good ? add_key(option, text, plan->descriptions, name, json_incref(value)) : -1;
    json_decref(value);
    free(name);
    return result;
}

/* To all that have the name: kinds have a name space each. */
static int finish_one(struct tool_plan *plan, const char *option, const char *name, const json_t *value)
{
    struct tool_nearest nearest = TOOL_NEAREST_INIT(name);
    const char *text = json_string_value(value);
    bool used = false;
    for (struct tool_item *item = plan->items; item; item = item->next) {
        tool_nearest_offer(&nearest, item->name);
        if (strcmp(item->name, name) != 0)
            continue;
        used = true;
        if (text)
            item->doc = text;
        else
            item->description = value;
    }
    if (!*name && text)
        plan->doc = text;
    else if (!used) {
        tool_error("--%s %s: there is no function, object or event of that name", option, name);
        if (nearest.best)
            tool_remark("did you mean %s?", nearest.best);
        return TOOL_EXIT_USAGE;
    }
    return 0;
}

static int finish_stream(struct tool_plan *plan, const char *name)
{
    struct tool_nearest nearest = TOOL_NEAREST_INIT(name);
    for (struct tool_item *item = plan->items; item; item = item->next) {
        if (item->kind != TOOL_ITEM_FUNCTION)
            continue;
        tool_nearest_offer(&nearest, item->name);
        if (strcmp(item->name, name) == 0) {
            item->stream = true;
            return 0;
        }
    }
    tool_error("--stream %s: there is no such function", name);
    if (nearest.best)
        tool_remark("did you mean %s?", nearest.best);
    return TOOL_EXIT_USAGE;
}

int tool_plan_finish(struct tool_plan *plan)
{
    if (json_object_size(plan->info) == 0 && !plan->items) {
        tool_error("there is nothing to publish: say what it is with --info type=NAME, and what it offers with "
                   "--function, --object or --event");
        tool_usage_hint();
        return TOOL_EXIT_USAGE;
    }
    const char *name = NULL;
    json_t *text = NULL;
    json_object_foreach(plan->docs, name, text)
    {
        int end = finish_one(plan, "doc", name, text);
        if (end)
            return end;
    }
    json_object_foreach(plan->descriptions, name, text)
    {
        int end = finish_one(plan, "describe", name, text);
        if (end)
            return end;
    }
    json_object_foreach(plan->streams, name, text)
    {
        int end = finish_stream(plan, name);
        if (end)
            return end;
    }
    return 0;
}

int tool_item_describe(const struct tool_item *item, autobus_service *service)
{
    static const enum autobus_kind kinds[] = {
        [TOOL_ITEM_FUNCTION] = AUTOBUS_KIND_FUNCTION,
        [TOOL_ITEM_OBJECT] = AUTOBUS_KIND_OBJECT,
        [TOOL_ITEM_EVENT] = AUTOBUS_KIND_EVENT,
    };
    if (!item->description)
        return 0;
    int result = autobus_service_set_description(service, kinds[item->kind], item->name, item->description);
    if (result == AUTOBUS_EINVAL)
        tool_error("--describe %s: this is no description of %s %s", item->name,
                   item->kind == TOOL_ITEM_FUNCTION ? "a" : "an", kind_names[item->kind]);
    else if (result < 0)
        tool_error("--describe %s: %s", item->name, autobus_strerror(result));
    return result;
}
