/* The bus of a tool, made as its settings say. */
#ifndef TOOL_BUS_H
#define TOOL_BUS_H

#include <autobus2.h>

#include "settings.h"

/* 0, or what to exit with, after a message. */
int tool_bus_open(const struct tool_settings *settings, autobus_bus **ret_bus);

/* The same without a message about the bus: AUTOBUS_E… and *error say what is wrong. What is wrong with --interfaces is
 * said, and is an exit status (which are positive). */
int tool_bus_try(const struct tool_settings *settings, autobus_bus **ret_bus, autobus_error *error);

/* Waits for what was sent to leave, and for the library's threads to end. Takes NULL. */
void tool_bus_close(autobus_bus *bus);

#endif
