/* Looking for services: how long, and what to say when it was in vain. */
#ifndef TOOL_FIND_H
#define TOOL_FIND_H

#include <autobus2.h>
#include <stdbool.h>

#include "target.h"

/* Blocks until discovery has settled and something matches, or until wait_ms is over. The matches, sorted; perhaps none.
 * 0, or what to exit with, after a message. */
int tool_find_all(autobus_bus *bus, const struct tool_target *target, int wait_ms, json_t **ret_entries);

/* Blocks until it is known which service is meant: at once for an id that is there and, with `any`, for the first that
 * matches. 0, or what to exit with, after a message that names what there is. */
int tool_find_one(autobus_bus *bus, const struct tool_target *target, bool any, int wait_ms, json_t **ret_entry);

/* What is there and comes nearest to a target that nothing matches: a new string, or NULL. */
char *tool_find_nearest(autobus_bus *bus, const struct tool_target *target);

/* Says that nothing matches, what comes nearest and what there is, or which networks were asked. */
void tool_find_explain(autobus_bus *bus, const struct tool_target *target);

#endif
