/* Trying the routes of services over TCP: many at once, in a time that has an end. */
#ifndef TOOL_TRIAL_H
#define TOOL_TRIAL_H

#include <autobus2.h>
#include <stdbool.h>

/* What is asked of a service once it is bound, to see that it answers. */
enum tool_trial_question {
    TOOL_TRIAL_NOTHING,
    TOOL_TRIAL_DOC,
    TOOL_TRIAL_COUNTERS /* of a bus (get_counters), which adds "counters" to the route if it tells them */
};

/* Connects to each route of the entries, binds to its service there (null: to the bus), and asks it. Adds to each route
 * "result": "answered", "unreachable" (refused, or filtered by a firewall that says so), "silent" (no answer in time:
 * filtered, or it hangs), "refused" (something else is there, or no such service), "lost", or "untried" (too many);
 * "error": a text, unless it answered; "bind_ms": how long connecting and binding took; and "answer_ms" if it was asked.
 * Blocks, at most timeout_ms twice. */
void tool_trial_run(autobus_bus *bus, json_t *entries, enum tool_trial_question question, int timeout_ms);

#endif
