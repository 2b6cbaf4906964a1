/*
 * When this bus speaks by datagram: queries at the start, announcements of its services, answers to the queries of
 * others, goodbyes (PROTOCOL section 1).
 */
#ifndef AB_CORE_ANNOUNCER_H
#define AB_CORE_ANNOUNCER_H

#include <stdbool.h>

#include "core/timer.h"

struct ab_engine;
struct ab_service;

/* A part of each service. */
struct ab_announcement {
    struct ab_timer timer;
    unsigned early;    /* repeats that are left of the first announcement */
    unsigned goodbyes; /* that are left */
};

struct ab_announcer {
    struct ab_timer query;
    unsigned queries; /* sent of this round */
    struct ab_timer answer;
    ab_time credit; /* when the bucket of answers would be full, in the past: it is full */
    size_t parting; /* services with goodbyes left */
};

void ab_announcer_init(struct ab_engine *engine);
void ab_announcer_stop(struct ab_engine *engine);
/* Queries now, and begins the backoff anew. */
void ab_announcer_query(struct ab_engine *engine);
/* Somebody asked. */
void ab_announcer_asked(struct ab_engine *engine);
/* All services at once, at their (new) place. */
void ab_announcer_announce_all(struct ab_engine *engine);

void ab_announcement_init(struct ab_announcement *announcement);
/* It was published, or its info is new: now, and twice more soon. */
void ab_announcer_publish(struct ab_service *service);
/* Says once that what was announced last is no more: its info or its port changes. */
void ab_announcer_withdraw(struct ab_service *service);
/* Three times within 100 ms; ab_service_parted is called after the last. */
void ab_announcer_goodbye(struct ab_service *service);
void ab_announcer_forget(struct ab_service *service);

#endif
