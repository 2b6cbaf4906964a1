/*
 * Owns nothing. See deadline.h for its use.
 */
#include "deadline.h"

enum { SECOND_NS = 1000000000 };

struct timespec tool_deadline_in(int ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += ms / 1000;
    deadline.tv_nsec += ms % 1000 * 1000000L;
    if (deadline.tv_nsec >= SECOND_NS) {
        deadline.tv_sec++;
        deadline.tv_nsec -= SECOND_NS;
    }
    return deadline;
}

void tool_deadline_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}
