/*
 * The publisher by datagram: announcements of this bus's services, answers to the queries of others, goodbyes (PROTOCOL
 * section 1).
 */
#ifndef AB_CORE_ANNOUNCER_H
#define AB_CORE_ANNOUNCER_H

#include <stdbool.h>

#include "core/publisher.h"
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
    struct ab_publisher publisher;
    struct ab_timer answer;
    ab_time credit; /* when the bucket of answers would be full, in the past: it is full */
    size_t parting; /* services with goodbyes left */
};

void ab_announcer_init(struct ab_engine *engine);
/* Announces from now on. Twice is harmless. */
void ab_announcer_start(struct ab_engine *engine);
/* Says goodbye for all that is published, and announces no more. */
void ab_announcer_stop(struct ab_engine *engine);
/* The bus closes: no more answers; goodbyes are said as services end. */
void ab_announcer_close(struct ab_engine *engine);
/* Somebody asked. */
void ab_announcer_asked(struct ab_engine *engine);
/* All services at once: the network is another. */
void ab_announcer_announce_all(struct ab_engine *engine);

void ab_announcement_init(struct ab_announcement *announcement);
/* The service is about to be freed: nothing more is said of it. */
void ab_announcer_forget(struct ab_service *service);

#endif
