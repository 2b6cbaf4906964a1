/* Waiting on a thread until a time of the clock that nobody sets. */
#ifndef TOOL_DEADLINE_H
#define TOOL_DEADLINE_H

#include <pthread.h>
#include <time.h>

/* So many milliseconds from now. */
struct timespec tool_deadline_in(int ms);

/* A condition whose pthread_cond_timedwait takes such a time. */
void tool_deadline_condition_init(pthread_cond_t *condition);

#endif
