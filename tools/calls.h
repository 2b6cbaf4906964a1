/* Calls to autobus-serve's functions: each runs the function's command and is answered with what came of it. */
#ifndef TOOL_CALLS_H
#define TOOL_CALLS_H

#include <autobus2.h>
#include <pthread.h>

#include "loop.h"
#include "plan.h"
#include "run.h"

struct tool_calls {
    struct tool_loop *loop;
    struct tool_runner runner;
    unsigned most;    /* that run at once */
    struct job *jobs; /* that run; the loop's thread */
    pthread_mutex_t lock;
    struct job *inbox; /* that came; any thread, under the lock; the newest first */
};

void tool_calls_init(struct tool_calls *calls, struct tool_loop *loop);
/* After the bus is closed. */
void tool_calls_deinit(struct tool_calls *calls);

/* Makes a function of the service; the item must live as long. AUTOBUS_E…. */
int tool_calls_add(struct tool_calls *calls, autobus_service *service, const struct tool_item *item);

/* The loop's thread. */
void tool_calls_wake(struct tool_calls *calls); /* something came, or a caller went */
void tool_calls_end(struct tool_calls *calls);  /* ends and answers all */

#endif
