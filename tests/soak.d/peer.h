/*
 * A program of the soak: a bus, a role that uses it, and what the role has to say of itself, in a file that is written anew
 * each second. The script reads it; it is lines of a word and what belongs to it.
 *
 * What must never happen is said by peer_wrong, and the script fails then. Faults that come from outside (a lost
 * connection, a time that is over) are counted.
 */
#ifndef SOAK_PEER_H
#define SOAK_PEER_H

#include <autobus2.h>
#include <stdbool.h>
#include <stdio.h>

/* The services that peers publish: an object `count` and an event `tick` with the same numbers, 1, 2, 3, …, and
 * functions that give back their arguments: at once (echo), late (late), or after partial results (steps). */
#define SOAK_ROOMS   "soak.room"
#define SOAK_COUNTED "type~^soak\\.(room|tool)$" /* those, and what has the object and the event alone */
#define SOAK_STEPS   5

struct role {
    const char *name;
    /* Begins, with what follows the role's name on the command line. */
    void (*start)(autobus_bus *bus, const char *argument);
    /* Ten times a second, on the main thread. */
    void (*tick)(void);
    /* The faults are over: what is counted from now on is to come true. */
    void (*rest)(void);
    void (*report)(FILE *file);
    /* Ends what runs; afterwards the bus is closed. Then what was begun must have ended. */
    void (*stop)(void);
    void (*check)(void);
};

extern const struct role publisher;
extern const struct role caller;
extern const struct role follower;
extern const struct role gatherer;
extern const struct role churner;

void peer_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program if it is not 0. */
void peer_must(int code, const char *what);
/* How long it has run, in tenths of a second in which it was not stopped. Any thread. */
unsigned peer_age(void);

/* True: it is being ended, and calls may end because of that. Any thread. */
bool peer_stopping(void);

/* How often calls ended in which way. Any thread. */
void peer_count_end(int code, const autobus_error *error);
/* True: a call may end so, or the part of a call to all that one service has, while faults come from outside. Another end
 * is wrong, and has been said. */
bool peer_may_end(int code, const autobus_error *error, const char *what, bool of_many);

#endif
