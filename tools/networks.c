/*
 * Owns how interfaces are told to people.
 */
#include "networks.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *text_of(const json_t *interface, const char *key)
{
    const char *text = json_string_value(json_object_get(interface, key));
    return text ? text : "?";
}

/* Those that are used with their address, the others with the reason. */
static char *list(autobus_bus *bus, bool used)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    json_t *interfaces = NULL;
    const char *between = "";
    if (autobus_bus_interfaces(bus, &interfaces) < 0)
        interfaces = NULL;
    for (size_t i = 0; i < json_array_size(interfaces); i++) {
        const json_t *interface = json_array_get(interfaces, i);
        if (json_is_true(json_object_get(interface, "used")) != used)
            continue;
        fprintf(out, "%s%s (%s)", between, text_of(interface, "name"), text_of(interface, used ? "address" : "reason"));
        between = ", ";
    }
    json_decref(interfaces);
    return tool_writer_close(&writer);
}

char *tool_networks_used(autobus_bus *bus)
{
    return list(bus, true);
}

char *tool_networks_unused(autobus_bus *bus)
{
    return list(bus, false);
}

static bool matches_any(const char *pattern, const json_t *interfaces)
{
    for (size_t i = 0; i < json_array_size(interfaces); i++) {
        if (fnmatch(pattern, text_of(json_array_get(interfaces, i), "name"), 0) == 0)
            return true;
    }
    return false;
}

/* False too if the list asks for none by name, but excludes some. */
static bool all_are_missing(const char *list, const json_t *interfaces)
{
    bool asked = false, found = false;
    while (*list) {
        size_t size = strcspn(list, ", \t");
        char *pattern = tool_copy_part(list, size);
        if (*pattern && *pattern != '!') {
            asked = true;
            found = found || matches_any(pattern, interfaces);
        }
        free(pattern);
        list += size;
        list += strspn(list, ", \t");
    }
    return asked && !found;
}

/* Of loopback there are more than it lists. */
static bool has_address(const char *address, const json_t *interfaces)
{
    for (size_t i = 0; i < json_array_size(interfaces); i++) {
        if (strcmp(address, text_of(json_array_get(interfaces, i), "address")) == 0)
            return true;
    }
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "0.0.0.0") == 0;
}

static const char *setting_of(const json_t *settings, const char *name)
{
    return json_string_value(json_object_get(json_object_get(settings, name), "value"));
}

char *tool_networks_missing(autobus_bus *bus)
{
    json_t *settings = NULL, *interfaces = NULL;
    char *missing = NULL;
    if (autobus_bus_settings(bus, &settings) == 0 && autobus_bus_interfaces(bus, &interfaces) == 0) {
        const char *list = setting_of(settings, "interfaces"), *address = setting_of(settings, "bind");
        if (list && all_are_missing(list, interfaces))
            missing = tool_print("there is no interface %s here now: only this machine is asked", list);
        else if (address && !has_address(address, interfaces))
            missing = tool_print("nothing here has the address %s of the setting bind now: nobody is asked", address);
    }
    json_decref(interfaces);
    json_decref(settings);
    return missing;
}
