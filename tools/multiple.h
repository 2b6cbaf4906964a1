/*
 * Calling all services that match at once.
 */
#ifndef TOOL_MULTIPLE_H
#define TOOL_MULTIPLE_H

#include <autobus2.h>
#include <stdbool.h>

#include "settings.h"
#include "target.h"

/* Blocks until all have answered, or their time is over. Prints what each answers as it comes, {"service", "result"} or
 * {"service", "error"} a line, with `partial` {"service", "partial"} before; of a notice nothing. What to exit with: the highest of the parts. */
int tool_multiple_call(autobus_bus *bus, const struct tool_target *target, const struct tool_settings *settings,
                       const char *function, const json_t *args, bool notice, bool partial);

#endif
