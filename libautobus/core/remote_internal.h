/*
 * A remote as its files share it: remote.c (life and binding), search.c (how it comes to be bound), leaving.c
 * (connections whose service closes), pending.c (what is awaited), call.c (calls and gets), wish.c (listens and
 * watches), subscription.c (who hears of them, of bindings and the end). Core only; remote.h is for the bus. multiple.c has some for its own.
 */
#ifndef AB_CORE_REMOTE_INTERNAL_H
#define AB_CORE_REMOTE_INTERNAL_H

#include "base/list.h"
#include "base/map.h"
#include "core/internal.h"
#include "core/outbound.h"
#include "core/remote.h"

struct ab_found;
struct ab_member;
struct ab_round;

enum ab_remote_state {
    AB_REMOTE_RESOLVING, /* a connection whose addresses are not known yet */
    AB_REMOTE_SEEKING,
    AB_REMOTE_BOUND,
    AB_REMOTE_OVER,
};

/* What an id that we sent stands for: ids are a connection's own. */
struct ab_pending {
    struct ab_number_node node;
    ab_stream_id stream;
    uint64_t id;                                                              /* 0: nothing is awaited */
    void (*answered)(struct ab_pending *pending, struct ab_message *message); /* it is out of the table */
    void (*progress)(struct ab_pending *pending, struct ab_message *message); /* NULL: it takes no notice */
};

/* All that is wished of a remote; made with the first. */
struct ab_wishes {
    struct ab_map listens; /* struct ab_wish by name */
    struct ab_map watches;
    struct ab_list bindings; /* struct ab_subscription.node */
    struct ab_list ends;     /* the same, of those that hear of its end */
};

struct ab_remote {
    struct ab_list node; /* in engine->remotes; a member's is in none */
    struct ab_engine *engine;
    struct ab_member *member; /* of a proxy of many services, which is told; NULL: the program's own */
    struct ab_filter *filter; /* of a proxy; NULL: a connection */
    struct ab_text *service;  /* of a connection or member; of a proxy the last it was bound to, or NULL */
    enum ab_remote_state state;
    int reason; /* why it is over */
    char *reason_type;
    char *reason_text;

    struct ab_round *round; /* of attempts, search.c's own; NULL: none is under way */
    struct ab_timer retry;  /* to the next round; of a connection: its last moment */
    uint16_t level;         /* of the backoff */
    bool shut_out;          /* the last round ended with a service that does not let us in */
    unsigned waiting_count; /* calls in `waiting` */

    struct ab_outbound *bound;
    struct ab_list leaving; /* struct ab_outbound.leaving_node: bound before, and answers to calls still come */
    ab_time bound_at;

    struct ab_list waiting;   /* struct ab_call.node: calls that were not sent, and waits for binding */
    struct ab_list sent;      /* struct ab_call.node */
    struct ab_wishes *wishes; /* NULL: none yet */
};

/* ---- remote.c */
void ab_remotes_found(struct ab_engine *engine, struct ab_found *found);
void ab_remotes_close(struct ab_engine *engine);
/* A proxy of the one service, which looks for it when it is told of it. NULL: no memory. */
struct ab_remote *ab_remote_new_member(struct ab_engine *engine, struct ab_text *service, struct ab_member *member);
/* A service or route came, or changed: binds to it if it is meant. */
void ab_remote_found(struct ab_remote *remote, const struct ab_found *found);
/* Unbinds as if it was lost, and looks for nothing until the next ab_remote_found. */
void ab_remote_leave(struct ab_remote *remote, const struct ab_outbound_loss *loss);

/* search.c has bound to a service. */
void ab_remote_bind(struct ab_remote *remote, struct ab_outbound *connection);
/* A connection that never came to be. */
void ab_remote_give_up(struct ab_remote *remote, int code, const char *type, const char *text);
/* The way over which it was lost is looked at. */
void ab_remote_suspect(const struct ab_outbound *connection, const struct ab_outbound_loss *loss);

/* ---- pending.c: used by call.c and wish.c. */
/* Awaits the answer to what was sent over the connection that is bound. */
void ab_remote_expect(struct ab_remote *remote, struct ab_pending *pending, uint64_t id);
void ab_remote_expect_no_more(struct ab_remote *remote, struct ab_pending *pending);
/* A response that came over one of its connections. */
void ab_remote_answered(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message);
/* A partial result has come for a call. */
void ab_remote_progressed(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message);

/* ---- leaving.c */
/* The connection is bound no more, and stays until the calls sent over it are answered. */
void ab_leaving_begin(struct ab_remote *remote, struct ab_outbound *connection);
/* A call sent over it is over. */
void ab_leaving_settle(struct ab_outbound *connection);

/* ---- call.c */
/* Sends what waits as far as there is room. */
void ab_calls_pump(struct ab_remote *remote);
/* Nobody will hear the answers to what was sent. While the connections stand. */
void ab_calls_withdraw(struct ab_remote *remote);
/* The connection is lost: what was sent over it ends. */
void ab_calls_lost(struct ab_remote *remote, const struct ab_outbound *connection, const struct ab_outbound_loss *loss);
/* What was not sent ends. */
void ab_calls_unreachable(struct ab_remote *remote, const struct ab_outbound_loss *loss);
/* Every call ends with that code. */
void ab_calls_end(struct ab_remote *remote, int code, const char *type, const char *text);
/* Calls of the kind get, which wait at a wish. `value` is shared, absent: there is no such object. */
void ab_gets_answer(struct ab_list *gets, struct ab_value *value);
void ab_gets_fail(struct ab_list *gets, int code, const char *type, const char *text);

/* ---- wish.c */
/* What is wished of one name: to listen to an event or to watch an object. */
struct ab_wish;
struct ab_wishes *ab_wishes_of(struct ab_remote *remote); /* NULL: no memory */
void ab_wishes_free(struct ab_remote *remote);
void ab_wishes_bound(struct ab_remote *remote);
void ab_wishes_unbound(struct ab_remote *remote);
void ab_wishes_end(struct ab_remote *remote, int code, const char *type, const char *text);
/* No service lets this one in. */
void ab_wishes_refused(struct ab_remote *remote, const struct ab_outbound_loss *loss);
void ab_wish_changed(struct ab_remote *remote, struct ab_message *message);
void ab_wish_fired(struct ab_remote *remote, struct ab_message *message);
/* A get: answers it at once or keeps it. AB_ENOMEM. */
int ab_wish_get(struct ab_remote *remote, const char *name, struct ab_list *get, struct ab_wish **ret_wish);
/* Somebody who wished it is gone. */
void ab_wish_settle(struct ab_wish *wish);

/* ---- subscription.c */
void ab_bindings_tell(struct ab_remote *remote, bool bound, int reason);
void ab_ends_tell(struct ab_remote *remote); /* it is over */
/* Its newest value is still in the queue of notices. */
bool ab_subscription_tells(const struct ab_subscription *subscription);

#endif
