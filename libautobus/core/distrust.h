/*
 * Announcements that led nowhere: whoever announces a place where nobody lets us bind is not believed again at once, but
 * after a growing time, as with every other thing that is tried again. Otherwise each of his datagrams would have us
 * connect, and a datagram is cheaper than a connection.
 */
#ifndef AB_CORE_DISTRUST_H
#define AB_CORE_DISTRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/host.h"

struct ab_engine;
struct ab_route;
struct ab_text;

#define AB_DISTRUSTED_MOST 64

struct ab_distrusted {
    struct ab_address at;
    struct ab_text *service;
    ab_time until;
    unsigned level; /* of the backoff */
};

/* Zero to begin with. */
struct ab_distrust {
    struct ab_distrusted all[AB_DISTRUSTED_MOST];
    size_t count;
};

/* The route never answered, and does not. */
void ab_distrust_note(struct ab_route *route);
/* Whether an announcement of that place is not to be believed now. */
bool ab_distrust_holds(const struct ab_engine *engine, const struct ab_address *at, const char *service);
/* The way there is another, or the service answers in the end: all begins anew. */
void ab_distrust_forget_all(struct ab_engine *engine);
void ab_distrust_forget(const struct ab_route *route);

#endif
