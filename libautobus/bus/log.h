/*
 * Log lines on their way to the program: queued anywhere, told where no lock is held.
 */
#ifndef AB_BUS_LOG_H
#define AB_BUS_LOG_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct ab_log {
    pthread_mutex_t lock; /* a leaf: nothing is locked inside it */
    struct ab_list lines;
    unsigned waiting;
    unsigned telling; /* threads that are telling lines */
    int level;        /* above it nothing is logged; never changes */
    autobus_log_fn function;
    void *user_data;
};

void ab_log_init(struct ab_log *log, int level, autobus_log_fn function, void *user_data);
void ab_log_deinit(struct ab_log *log);

/* Queues a line; lost if memory is out or too many wait. Any thread, any lock held. */
void ab_log_put(struct ab_log *log, int level, const char *text, size_t size);
/* Hands waiting lines to the program. No lock held. Returns true if it told any. */
bool ab_log_tell(struct ab_log *log);
/* Lines wait; after ab_log_tell, those that came about in the telling. */
bool ab_log_waits(struct ab_log *log);
/* Nothing waits and nobody tells. */
bool ab_log_idle(struct ab_log *log);
#endif
