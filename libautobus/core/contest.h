/*
 * Two hosts that say different things of one service: the first that was heard holds (PROTOCOL section 1). But it may be
 * that the service has moved, and that nobody is where it was: so the routes that hold are asked at once, and if they are
 * gone, what the other said is taken. It is the same with one more route of a service that has as many as one may have.
 * Nothing is gained by saying such things of a service that is where it was.
 *
 * A datagram is cheaper than a connection, so who says such things without end has us ask little: of each service once
 * in a while, and of few services in that time.
 */
#ifndef AB_CORE_CONTEST_H
#define AB_CORE_CONTEST_H

#include <jansson.h>
#include <stddef.h>

#include "base/address.h"
#include "core/host.h"
#include "core/timer.h"

struct ab_discoverer;
struct ab_engine;
struct ab_found;
struct ab_text;

#define AB_CONTESTS_MOST 16

struct ab_contest {
    struct ab_text *service;
    struct ab_address at; /* where it is said to be now, */
    struct ab_discoverer *by;
    json_t *info; /* and with which info; NULL: nobody waits for the answer */
    ab_time until;
};

struct ab_contests {
    struct ab_contest all[AB_CONTESTS_MOST];
    size_t count;
    struct ab_timer review;
};

void ab_contests_init(struct ab_engine *engine);
/* What is reported of it there is refused for what is known, unless that proves to be gone. */
void ab_contest_begin(struct ab_found *found, struct ab_discoverer *by, const struct ab_address *at, json_t *info);
/* A route is gone: what waited for that is reported again, soon and not under the caller's feet. */
void ab_contests_review(struct ab_engine *engine);
/* That discoverer does not say so any more of the service there; NULL: of nothing, anywhere. */
void ab_contests_withdraw(struct ab_discoverer *by, const struct ab_address *at, const char *service);
void ab_contests_deinit(struct ab_engine *engine);

#endif
