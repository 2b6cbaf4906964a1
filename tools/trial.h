/* Trying the routes of services over TCP: many at once, in a time that has an end. */
#ifndef TOOL_TRIAL_H
#define TOOL_TRIAL_H

#include <autobus2.h>
#include <stdbool.h>

/* Connects to each route of the entries and binds to its service there; with `ask` the service is asked something too.
 * Adds to each route "result": "answered", "unreachable" (refused, or filtered by a firewall that says so), "silent" (no
 * answer in time: filtered, or it hangs), "refused" (something else is there, or no such service), "lost", or "untried"
 * (too many); "error": a text, unless it answered; "bind_ms": how long connecting and binding took; and with `ask`
 * "answer_ms". Blocks, at most timeout_ms twice. */
void tool_trial_run(autobus_bus *bus, json_t *entries, bool ask, int timeout_ms);

#endif
