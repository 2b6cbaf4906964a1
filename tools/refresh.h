/* Objects of autobus-serve whose value a command gives, again and again. */
#ifndef TOOL_REFRESH_H
#define TOOL_REFRESH_H

#include <autobus2.h>

#include "loop.h"
#include "plan.h"
#include "run.h"

struct tool_refresh {
    struct tool_loop *loop;
    autobus_service *service;
    struct tool_runner runner;
    int every_ms;
    bool watched; /* after the first time, only while somebody watches the object */
    struct fresh *all;
    size_t first_left;              /* that have not ended for the first time */
    void (*ready)(void *user_data); /* all have been tried once */
    void *user_data;
};

/* Runs all commands for the first time; `ready` runs in it when there are none. */
void tool_refresh_start(struct tool_refresh *refresh, const struct tool_plan *plan);
/* The loop was woken: somebody may have begun to watch. */
void tool_refresh_wake(struct tool_refresh *refresh);
/* Ends all commands. */
void tool_refresh_end(struct tool_refresh *refresh);

#endif
