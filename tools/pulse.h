/* How the buses are that services run on: whether they answer, how fast, and what they count. */
#ifndef TOOL_PULSE_H
#define TOOL_PULSE_H

#include <autobus2.h>

/* Asks the bus of each entry's preferred route, each bus once, many at the same time. Adds "bus" to the entries of those
 * that answer: {"answer_ms": number, "counters": {…}}, without counters if it does not tell them. Blocks, at most
 * timeout_ms twice. */
void tool_pulse_take(autobus_bus *bus, json_t *entries, int timeout_ms);

#endif
