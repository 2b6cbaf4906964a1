/* A full screen: the terminal of standard output, as it is while a live table has it. There is one. */
#ifndef TOOL_SCREEN_H
#define TOOL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

/* Standard output is a terminal that can do it. */
bool tool_screen_is_possible(void);

/* Takes the terminal, again after it was left. It is given back, as it was, by tool_screen_leave, by tool_die, and when a
 * signal kills the process. 0, or -1 with errno. */
int tool_screen_enter(void);
/* Gives it back. Any thread, and handlers of signals. */
void tool_screen_leave(void);

void tool_screen_size(size_t *ret_width, size_t *ret_height);

struct tool_screen_line {
    const char *text; /* no wider than the screen */
    enum tool_paint paint;
};

/* All that is to be seen, in one write. */
void tool_screen_draw(const struct tool_screen_line *lines, size_t count);

#endif
