/*
 * The discoverer by datagram: queries at the start and when the network changes, and what others announce and take back
 * (PROTOCOL section 1).
 */
#ifndef AB_CORE_SEEKER_H
#define AB_CORE_SEEKER_H

#include "core/discoverer.h"
#include "core/timer.h"

struct ab_engine;
struct ab_packet;

struct ab_seeker {
    struct ab_discoverer discoverer;
    struct ab_timer query;
    unsigned queries; /* sent of this round */
    struct ab_timer settle;
    ab_time first_query;
};

void ab_seeker_init(struct ab_engine *engine);
/* Asks from now on. Twice is harmless. */
void ab_seeker_start(struct ab_engine *engine);
/* What it alone found is gone, and what it hears is ignored. */
void ab_seeker_stop(struct ab_engine *engine);
/* The bus closes: no more queries. */
void ab_seeker_close(struct ab_engine *engine);
/* Queries now, and begins the backoff anew, unless it is stopped. */
void ab_seeker_query(struct ab_engine *engine);
/* An announcement, or a goodbye. */
void ab_seeker_heard(struct ab_engine *engine, const struct ab_address *at, const struct ab_packet *packet);
/* A service came just now: more may follow. */
void ab_seeker_news(struct ab_engine *engine);

#endif
