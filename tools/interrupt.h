/*
 * What ends a tool that waits for an answer: SIGINT, SIGTERM and SIGHUP close its bus first, so that those it has asked
 * hear that nobody waits any longer; then the tool ends of the signal as it would have without this. A second signal
 * does not wait. What the program was started to ignore stays ignored.
 */
#ifndef TOOL_INTERRUPT_H
#define TOOL_INTERRUPT_H

#include <autobus2.h>

/* Before the bus is made: the signals are blocked from then on and arrive here. */
void tool_interrupt_begin(void);

/* The bus that a signal closes; messages that come after that are not for people. NULL: a signal ends the tool at once. */
void tool_interrupt_set(autobus_bus *bus);

/* Does not return if there was a signal. */
void tool_interrupt_end(void);

#endif
