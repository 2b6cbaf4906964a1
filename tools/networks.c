/*
 * Owns how interfaces are told to people.
 */
#include "networks.h"

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
