/*
 * One connection to one service at one address, from the client's side: connect, bind, keep alive, and notice the end.
 * What is said over it is its owner's.
 */
#ifndef AB_CORE_OUTBOUND_H
#define AB_CORE_OUTBOUND_H

#include "base/complaint.h"
#include "base/list.h"
#include "base/text.h"
#include "core/internal.h"
#include "core/stream.h"

struct ab_outbound;
struct ab_route;

struct ab_outbound_loss {
    int code;         /* AB_ENETWORK, AB_EDISCONNECTED, AB_ETIMEDOUT, AB_EREMOTE, AB_EPROTOCOL, AB_ENOMEM */
    const char *type; /* of AB_EREMOTE; may be NULL */
    const char *text; /* never NULL */
};

/* The service is there, and does not let us in (access.h). */
bool ab_outbound_denied(const struct ab_outbound_loss *loss);

struct ab_outbound_ops {
    void (*connected)(struct ab_outbound *connection); /* the owner binds, or closes it */
    void (*bound)(struct ab_outbound *connection);
    /* Also a response with a problem. NULL: the owner hears nothing. */
    void (*message)(struct ab_outbound *connection, struct ab_message *message);
    void (*room)(struct ab_outbound *connection); /* output left; may be NULL */
    /* It is over by itself; the owner must not close it any more. */
    void (*lost)(struct ab_outbound *connection, const struct ab_outbound_loss *loss);
};

enum ab_outbound_state {
    AB_OUTBOUND_CONNECTING,
    AB_OUTBOUND_CONNECTED,
    AB_OUTBOUND_BINDING,
    AB_OUTBOUND_BOUND,
    AB_OUTBOUND_OVER,
};

struct ab_outbound {
    struct ab_stream stream;
    const struct ab_outbound_ops *ops;
    void *owner;
    struct ab_text *service; /* NULL until it is bound, if it binds to null */
    enum ab_outbound_state state;
    unsigned extensions; /* that both ends speak */
    uint64_t last_id;
    struct ab_timer timer; /* of connecting and binding, then of silence */
    ab_time heard;
    ab_time asked;                 /* when the bind or ping left that a round trip is measured with */
    uint64_t asked_id;             /* its id; 0: it was answered */
    struct ab_complaint complaint; /* about bad lines */
    unsigned calls;                /* sent over it and not answered */
    int doomed;                    /* why it fails at the next tick; 0: it does not */
    bool pinged;                   /* it was asked for a sign of life, and nothing was heard since */
    bool doubted;                  /* it is to be asked for one at once */
    union {
        struct ab_list route_node; /* while bound: in route->live, or in directory.unrouted */
        struct ab_grave grave;
    };
    struct ab_route *route;
    struct ab_list leaving_node; /* in remote->leaving once its service said that it closes */
};

/* `service` NULL: the introspection service of the bus that is there. AB_ENOMEM, AB_ENETWORK: no descriptor. */
int ab_outbound_open(struct ab_engine *engine, const struct ab_address *to, struct ab_text *service,
                     const struct ab_outbound_ops *ops, void *owner, struct ab_outbound **ret_connection);
void ab_outbound_bind(struct ab_outbound *connection);
/* By its owner, who hears nothing more of it. */
void ab_outbound_close(struct ab_outbound *connection, enum ab_close_mode mode);
/* It cannot go on: the owner hears that it is lost. */
void ab_outbound_fail(struct ab_outbound *connection, int code, const char *text);

/* The same, at the next tick and not under its owner's feet: there was no memory for something that had to be done. */
void ab_outbound_doom(struct ab_outbound *connection);

/* It may be dead: its peer is asked for a sign of life at once, unless it was asked already. Arms a timer and no more. */
void ab_outbound_doubt(struct ab_outbound *connection);

/* The id of its service, for people: "null" as long as it is not known. */
const char *ab_outbound_service(const struct ab_outbound *connection);

/* A fresh id for a command. */
uint64_t ab_outbound_next_id(struct ab_outbound *connection);
/* Sends the scratch buffer. AB_ENOMEM: it was not sent, and the connection is doomed. */
int ab_outbound_write(struct ab_outbound *connection, const struct ab_buffer *message);
/* Answers a message if it is a command: others send as such what we send as notices (PROTOCOL section 2). */
void ab_outbound_acknowledge(struct ab_outbound *connection, const struct ab_message *message);
void ab_outbound_refuse(struct ab_outbound *connection, const struct ab_message *message);

#endif
