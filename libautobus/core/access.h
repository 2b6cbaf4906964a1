/*
 * Who may use a service of this bus: from where, and what a function of the program's allows. Core only, but what
 * service.h passes on.
 *
 * A service without limits is everybody's. This machine itself (loopback, and its own addresses) is in every list.
 */
#ifndef AB_CORE_ACCESS_H
#define AB_CORE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/network.h"

struct ab_engine;
struct ab_inbound;
struct ab_service;

/* Mirrors enum autobus_access_kind. */
enum ab_access_kind {
    AB_ACCESS_BIND, /* to have to do with it at all: also to see it in the details of its bus */
    AB_ACCESS_CALL,
    AB_ACCESS_WATCH,
    AB_ACCESS_LISTEN,
};

/* The peer of a connection: what is known of who calls. */
struct ab_peer {
    struct ab_address address;
    uint64_t connection; /* its number: that of the stream */
    bool local;          /* this machine */
};

/* A function of the program's. It must not enter the engine. */
struct ab_access_guard {
    bool (*permits)(void *context, const struct ab_peer *peer, enum ab_access_kind kind, const char *name);
    void (*release)(void *context); /* it is asked no more */
    void *context;
};

/* `name` is of a function, object or event; NULL: to bind. */
bool ab_access_permits(const struct ab_service *service, const struct ab_inbound *connection, enum ab_access_kind kind,
                       const char *name);
/* The same for a client that asks, and a line in the log if it may not. */
bool ab_access_admits(const struct ab_service *service, const struct ab_inbound *connection, enum ab_access_kind kind,
                      const char *name);
/* The networks of all that is published, and of one service more unless it is NULL: where a bus is seen. NULL:
 * everywhere. AB_ENOMEM. */
int ab_scope_of(struct ab_engine *engine, const struct ab_service *also, struct ab_networks **ret_networks);

/* The rules are new: connections that have what they would not be given now end. */
void ab_access_review(struct ab_service *service);
/* It decides on nothing more. */
void ab_access_drop_guard(struct ab_service *service);

/* What every refusal says. */
#define AB_ACCESS_DENIED "denied"
#define AB_ACCESS_TEXT   "access is denied"

#endif
