/* How a service looks: a line with its type, name, host name and id, one with its routes, and more with --verbose. */
#ifndef TOOL_SHOW_H
#define TOOL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "output.h"

struct tool_show {
    bool verbose;
    bool routes;      /* the entries' routes are explained: a line each */
    size_t widths[3]; /* of the columns so far */
};

/* Makes the columns wide enough for an entry. */
void tool_show_measure(struct tool_show *show, const json_t *entry);

/* What happened to the service, in front of its line; NULL for none. */
struct tool_show_mark {
    char sign;
    enum tool_paint paint;
    const char *time;
};

/* Prints an entry, with "functions" and so on in it if it was described. `whole`: with routes and what follows. */
void tool_show_entry(struct tool_show *show, const json_t *entry, const struct tool_show_mark *mark, bool whole);

#endif
