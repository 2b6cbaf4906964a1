/* What is at a place that the user knows: discovery is not asked. */
#ifndef TOOL_PLACE_H
#define TOOL_PLACE_H

#include <autobus2.h>

#include "settings.h"
#include "target.h"

/* Entries as of the directory, sorted: the service of HOST:PORT/ID, or what the bus at HOST:PORT says that it has,
 * internal services with --all. 0, or what to exit with, after a message. */
int tool_place_entries(autobus_bus *bus, const struct tool_settings *settings, const struct tool_target *target,
                       json_t **ret_entries);

#endif
