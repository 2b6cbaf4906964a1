/*
 * The existing implementation of Autobus 2, as PROTOCOL describes it: what it does right, what it does differently,
 * and what it does wrong. A bus of it with one service, and clients on it. It shares no code with the library.
 */
#ifndef AB_TESTS_SIM_LEGACY_H
#define AB_TESTS_SIM_LEGACY_H

#include <jansson.h>

#include "sim/peer.h"

#define LEGACY_ID "1795259749.64-2-vm-0.364873007089"

struct legacy_heard { /* a service that it knows of */
    struct ab_list node;
    char *service;
    struct ab_address at;
    ab_time heard;
    struct sim_link *probe;
};

struct legacy {
    struct sim_peer *peer;
    char *service; /* its id; NULL: it publishes nothing */
    char *info;
    uint16_t port;
    json_t *objects; /* name to value */
    struct ab_list heard;
    unsigned queries;        /* sent */
    bool loses_errors;       /* an error before a close does not arrive */
    bool padding;            /* sends lines of 5,120 spaces */
    bool changed_as_command; /* as other implementations do */
    bool older;              /* watch is answered, and `changed` comes for later changes alone */
    unsigned violations;     /* lines over which it dropped a connection */
    struct sim_timer query;
    struct sim_timer announce;
    struct sim_timer expiry;
};

/* Starts it: it asks, and hears what is there. */
struct legacy *legacy_new(struct sim *sim, struct sim_host *host, const char *name);
/* Listens on `port` and announces. Its functions are echo, which gives back its arguments, and fail. */
void legacy_publish(struct legacy *legacy, const char *service, const char *info, uint16_t port);
void legacy_withdraw(struct legacy *legacy); /* one pair of goodbyes */
void legacy_set(struct legacy *legacy, const char *object, const char *value);

/* A client's connection: binds; what it hears is in the transcript as of a program of ours. */
struct sim_link *legacy_bind(struct legacy *legacy, const struct ab_address *to, const char *service);
void legacy_watch(struct sim_link *link, const char *object);
void legacy_unwatch(struct sim_link *link, const char *object);
void legacy_call(struct sim_link *link, const char *function, const char *args);

/* For its parts: legacy_server.c, legacy_client.c. */
void legacy_serve_line(struct sim_link *link, json_t *line);
void legacy_client_line(struct sim_link *link, json_t *line);
void legacy_send(struct sim_link *link, json_t *line); /* takes it */
void legacy_drop(struct sim_link *link, const char *why);
char *legacy_text(const json_t *value, size_t flags); /* the caller frees it */

#endif
