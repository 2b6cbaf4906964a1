/* Messages while a screen is on the terminal that they would go to: the last one is to be shown there, and errors are
 * said again when it is over. */
#ifndef TOOL_NOTES_H
#define TOOL_NOTES_H

#include <stdint.h>

#include "loop.h"

/* Before the bus. Each message wakes the loop. Does nothing when standard error is no terminal. */
void tool_notes_begin(struct tool_loop *loop);
/* After the bus. */
void tool_notes_end(void);

/* The last message, or NULL when it is older than `most_ms`: a new string. */
char *tool_notes_last(int64_t now, int64_t most_ms);

#endif
