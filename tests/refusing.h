/*
 * System calls that fail, as they do in a sandbox (RestrictAddressFamilies of systemd, the filter of a container) or where
 * the system has run out of something. From the call on and for good, for all threads of the process: Check runs each
 * test in one of its own. False: this kernel has no such filters, and nothing is refused.
 */
#ifndef AB_TESTS_REFUSING_H
#define AB_TESTS_REFUSING_H

#include <stdbool.h>
#include <stdint.h>

bool ab_refuse(long call, int error);
/* Only where its nth argument, from 0, is this. */
bool ab_refuse_with(long call, unsigned argument, uint32_t value, int error);
/* New threads of the process. */
bool ab_refuse_threads(void);

#endif
