/*
 * Time as every layer counts it. Who reads a clock is not said here.
 */
#ifndef AB_BASE_TIME_H
#define AB_BASE_TIME_H

#include <stdint.h>

/* Microseconds on a clock that never goes back. */
typedef int64_t ab_time;
#define AB_TIME_NEVER  INT64_MAX
#define AB_MILLISECOND ((ab_time)1000)
#define AB_SECOND      ((ab_time)1000000)

#endif
