/*
 * The serving side as a whole: the services of this bus, the port it listens on, and the limits on the connections that
 * come in.
 */
#ifndef AB_CORE_SERVER_H
#define AB_CORE_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/complaint.h"
#include "base/list.h"
#include "base/map.h"
#include "core/timer.h"

struct ab_engine;
struct ab_inbound;
struct ab_service;

/* A host with connections to us. */
struct ab_visitor {
    struct ab_map_node node;
    struct ab_address host; /* port 0 */
    size_t connections;
    size_t unbound;
    size_t held; /* of crowd.c: bytes that wait on its connections */
};

struct ab_server {
    struct ab_list services;     /* struct ab_service.node: all handles, and the introspection service if it is there */
    struct ab_map published_ids; /* of those that a client can bind to */
    size_t published;            /* without the introspection service */
    struct ab_service *details;  /* introspection; NULL until the first service is published */
    struct ab_timer gathering;   /* of introspection.c: to when changes of the host's directory are told */
    bool gathering_far;          /* and that is not to clients on this machine alone */
    uint16_t port;               /* 0: not listening */
    struct ab_list unbound;      /* struct ab_inbound.node, oldest first */
    struct ab_list closing;      /* struct ab_inbound.node: bound once, service gone */
    struct ab_map visitors;
    size_t connections;
    size_t unbound_count;
    struct ab_complaint complaint; /* about connections */
    struct ab_complaint denials;   /* of clients that may not do what they ask */
    struct ab_complaint lengths;   /* of values that are too long for a line */
};

void ab_server_init(struct ab_engine *engine);
void ab_server_deinit(struct ab_engine *engine);
/* Listens and publishes the introspection service, if `also` is the first service; announces that where `also` is too.
 * AB_ENETWORK, AB_ENOMEM. */
int ab_server_open(struct ab_engine *engine, const struct ab_service *also);
/* Where services are announced is new, and so it is with the introspection service. Without memory it stays as it is. */
void ab_server_review_scope(struct ab_engine *engine);
/* The last service is gone: introspection goes too, and nobody listens any more. */
void ab_server_settle(struct ab_engine *engine);
/* Closes every service and connection. */
void ab_server_close(struct ab_engine *engine);

/* Counts a connection from that host, or refuses it (NULL). */
struct ab_visitor *ab_server_admit(struct ab_engine *engine, const struct ab_address *peer);
void ab_server_dismiss(struct ab_engine *engine, struct ab_visitor *visitor);
/* A connection waits for its bind; the oldest of the host with most of them may be closed for it. */
void ab_server_unbound(struct ab_engine *engine, struct ab_inbound *connection);

struct ab_service *ab_server_find(struct ab_engine *engine, const char *service); /* NULL: the introspection service */

#endif
