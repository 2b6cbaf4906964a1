/* Asking a service what it offers: its functions, events, objects and documentation. */
#ifndef TOOL_DESCRIBE_H
#define TOOL_DESCRIBE_H

#include <autobus2.h>

#include "target.h"

/* Hears the answer, on the bus's queue, once: an object with "functions", "events", "objects" ({name: {"doc": …}}) and
 * "doc" (text), each if the service told it, and "error" ({"type", "text"}) if something went wrong; the callee's own. */
typedef void (*tool_described_fn)(json_t *details, void *user_data);

/* Asks, and gives up after timeout_ms. Takes the remote's reference over. */
void tool_describe(autobus_remote *remote, int timeout_ms, tool_described_fn described, void *user_data);

/* Asks each service of the entries, many at once, and adds what it tells to its entry, its error too. Blocks. */
void tool_describe_all(autobus_bus *bus, const struct tool_target *target, json_t *entries, int timeout_ms);

#endif
