/*
 * Stands between a bus and those who connect to it, on loopback, hands on what they say to each other, in small pieces,
 * and looks at each line: it must be empty or one JSON object and nothing else. The last one may lack its end if the
 * connection ends with it. One connection at a time.
 */
#ifndef AB_TESTS_THREADS_RELAY_H
#define AB_TESTS_THREADS_RELAY_H

#include <stdint.h>

/* From a port that it chooses to `port`, on a thread of its own. */
uint16_t relay_start(uint16_t port);
void relay_stop(void);

#endif
