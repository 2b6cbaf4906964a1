/*
 * Owns the entries of services that are named by their place. What a bus tells of itself is from the network: whatever is
 * not as it should be is left out.
 */
#include "place.h"

#include <string.h>

#include "exit.h"
#include "failure.h"
#include "message.h"
#include "service.h"

static void add_entry(json_t *entries, const struct tool_target *target, const char *service, json_t *info)
{
    json_t *entry = json_pack("{s:s, s:O, s:[{s:s, s:i, s:[], s:b}]}", "service", service, "info", info, "routes",
                              "host", target->host, "port", (int)target->port, "discoverers", "preferred", 1);
    if (!entry || json_array_append_new(entries, entry) < 0)
        tool_out_of_memory();
}

static bool is_shown(const struct tool_settings *settings, const json_t *info)
{
    const char *type = json_string_value(json_object_get(info, "type"));
    return settings->all || !type || strncmp(type, "autobus.", strlen("autobus.")) != 0;
}

static void add_told(json_t *entries, const struct tool_settings *settings, const struct tool_target *target,
                     json_t *details)
{
    const char *service = NULL;
    json_t *each = NULL;
    json_object_foreach(details, service, each)
    {
        json_t *info = json_object_get(each, "info");
        if (*service && json_is_object(info) && is_shown(settings, info))
            add_entry(entries, target, service, info);
    }
    tool_service_sort(entries);
}

static int ask(autobus_remote *remote, const struct tool_settings *settings, const struct tool_target *target,
               json_t *entries, autobus_error *error)
{
    json_t *told = NULL;
    int result = 0;
    if (target->id) {
        result = autobus_remote_wait(remote, settings->timeout_ms, error);
        told = json_object();
    } else {
        result = autobus_call_json(remote, &told, error, "get_details", NULL, 0, settings->timeout_ms);
    }
    if (result == 0 && !told)
        tool_out_of_memory();
    if (result == 0 && target->id)
        add_entry(entries, target, target->id, told);
    else if (result == 0)
        add_told(entries, settings, target, told);
    json_decref(told);
    return result;
}

int tool_place_entries(autobus_bus *bus, const struct tool_settings *settings, const struct tool_target *target,
                       json_t **ret_entries)
{
    autobus_remote *remote = NULL;
    autobus_error error = AUTOBUS_ERROR_INIT;
    json_t *entries = json_array();
    if (!entries)
        tool_out_of_memory();
    int result = tool_target_open(target, bus, NULL, &remote);
    if (result == 0)
        result = ask(remote, settings, target, entries, &error);
    autobus_remote_unref(remote);
    int end = tool_failure_exit(result, error.type);
    if (result < 0) {
        tool_error("%s: %s", target->text, tool_failure_text(result, &error));
        json_decref(entries);
    } else {
        *ret_entries = entries;
    }
    autobus_error_clear(&error);
    return end;
}
