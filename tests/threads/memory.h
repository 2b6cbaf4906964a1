/*
 * What the files of buses without memory share: the scene that all acts play in, a count of what was registered and
 * destroyed, and what may come of a function while memory is short. check_memory.c makes allocations fail, this header's
 * own file owns the counts, memory_calls.c, memory_services.c and memory_discovery.c the acts: between them they use
 * every function of autobus2.h. Each act does what it does as far as it gets, and undoes it.
 */
#ifndef AB_TESTS_THREADS_MEMORY_H
#define AB_TESTS_THREADS_MEMORY_H

#include <autobus2.h>

#include "buses.h"
#include "failing.h"
#include "harness.h"

#define PATIENCE_MS 5000

struct memory_act {
    const char *name;
    void (*run)(void);
};

extern const struct memory_act memory_calls[], memory_services[], memory_discovery[]; /* the last has no name */

struct memory {
    struct ab_pair pair;
    uint16_t port;       /* of the server */
    uint16_t relay_port; /* leads there too, and looks at each line */
    bool gone;           /* there will be no memory until the act is over */
    int time_ms;         /* for a call: when it is gone there is nothing to wait for */
    bool ending;         /* calls are cancelled, or their remote or bus closed, by the act */
};

extern struct memory memory;

/* ---- What came of a function; a code that it should not have ended with fails the test */

bool fair(int code);
bool fine(int code);  /* true: it worked */
bool count(int code); /* the same for what registers something with destroyed() */
/* The same for what takes its time: a connection that was lost comes back too late, once an allocation has failed. */
bool fine_in_time(int code);
/* As the destroy function of each registration. */
void destroyed(void *user_data);
void cancel(autobus_slot *slot);
/* That all that were registered were destroyed; forgets them. */
void check_destroyed(void);

/* ---- Callbacks; the user_data of each is a gate */

void on_result(const autobus_result *what, void *gate);
void on_value(const autobus_value *what, void *gate);
void on_event(const autobus_event *what, void *gate);

/* The handlers that the service of the pair has beside echo. */
void add_handlers(autobus_service *service);
/* Calls echo; true: it was answered. */
bool call(void);

#endif
