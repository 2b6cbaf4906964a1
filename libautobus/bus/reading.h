/*
 * A thread that blocks for the answer to the only call under way on a connection, and reads that itself meanwhile
 * (net/socket_reader.c). Part of what lives on its stack.
 */
#ifndef AB_BUS_READING_H
#define AB_BUS_READING_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>

struct ab_socket;

struct ab_reading {
    const autobus_remote *remote;
    struct ab_socket *socket; /* that it reads, or NULL; the lock's */
    bool begun;               /* it had one; its own thread's */
    atomic_bool done;         /* what it waits for has come */
};

/* Lock held, when the call was made: takes the reading, if it is to be had. All is zero before. */
void ab_reading_begin(struct ab_reading *reading, const autobus_remote *remote);
/* Lock held: what it waits for has come. False: its thread does not read, and must be called. */
bool ab_reading_done(struct ab_reading *reading);
/* No lock held. Reads, if it may, until that has come: true. False: it has not. */
bool ab_reading_run(struct ab_reading *reading);

#endif
