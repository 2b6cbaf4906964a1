/*
 * One of everything that the public API gives out, for tests that try all of its functions in a row and look at what they
 * refuse.
 */
#ifndef AB_TESTS_HANDS_H
#define AB_TESTS_HANDS_H

#include "buses.h"

struct ab_hands {
    struct ab_pair pair;
    autobus_bus *bus; /* the client */
    autobus_service *service;
    autobus_remote *remote;
    autobus_remote *many;
    autobus_request *request; /* the one that is kept */
    struct ab_kept kept;
    autobus_slot *slot;
    autobus_queue *queue;
    autobus_queue *polled;
    autobus_filter *filter;
    autobus_canceler *canceler;
    autobus_discoverer *discoverer;
    autobus_options *options;
    json_t *value; /* 1 */
    json_t *array; /* [] */
    json_t *object;
    struct ab_gate destroyed; /* of registrations that never came to be: none */
};

void ab_hands_open(struct ab_hands *hands);
/* Gives back all but the pair and the values. */
void ab_hands_drop(struct ab_hands *hands);
void ab_hands_close(struct ab_hands *hands);

/* A row of calls that should all answer the same. */
struct ab_trial {
    struct ab_hands *hands;
    int code;          /* that they should answer */
    const char *wrong; /* the first that did not */
};

/* In a function with a `trial`. */
#define REFUSES(call)                               \
    do {                                            \
        if ((call) != trial->code && !trial->wrong) \
            trial->wrong = #call;                   \
    } while (0)
#define SAYS_NOTHING(call)           \
    do {                             \
        if ((call) && !trial->wrong) \
            trial->wrong = #call;    \
    } while (0)

/* The user_data and destroy function of registrations that do not come to be. In a function with `hands`. */
#define NEVER &hands->destroyed, ab_gate_destroy

#endif
