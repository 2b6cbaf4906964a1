/*
 * One connection of a client: bind, commands and their answers.
 */
#ifndef AB_CORE_INBOUND_H
#define AB_CORE_INBOUND_H

#include "base/list.h"
#include "base/map.h"
#include "core/interest.h"
#include "core/internal.h"
#include "core/service_internal.h"
#include "core/stream.h"

enum ab_inbound_state {
    AB_INBOUND_UNBOUND,
    AB_INBOUND_BOUND,
    AB_INBOUND_LEAVING, /* its service is gone: calls under way may still be answered */
    AB_INBOUND_OVER,
};

struct ab_inbound {
    struct ab_stream stream;
    union {
        struct ab_list node; /* in server.unbound, service->connections or server.closing */
        struct ab_grave grave;
    };
    enum ab_inbound_state state;
    unsigned extensions;
    struct ab_visitor *visitor;
    struct ab_service *service;
    struct ab_interests *interests; /* NULL: none yet */
    struct ab_list requests;        /* struct ab_request.node: calls that are not answered */
    struct ab_list forsaken;        /* those that nobody waits for; the program may still be at them */
    struct ab_timer timer;          /* bind, then silence; then the end of input, or leaving */
    struct ab_timer stall;
    ab_time bound;
    ab_time heard;
    ab_time progressed;
    uint64_t last_id;
    unsigned request_count; /* in `requests` and `forsaken` */
    unsigned bad_lines;
    bool local; /* the peer is this machine */
    bool input_ended;
    bool paused;
    bool pinged;  /* it was asked for a sign of life, and nothing was heard since */
    bool doubted; /* it is to be asked for one at once */
};

static inline struct ab_peer ab_inbound_peer(const struct ab_inbound *connection)
{
    return (struct ab_peer){connection->stream.address, connection->stream.id.number, connection->local};
}

/* NULL: it is a stream of another kind. */
struct ab_inbound *ab_inbound_of(struct ab_stream *stream);

void ab_inbound_close(struct ab_inbound *connection, enum ab_close_mode mode);
/* Its service is closed: the client is told. */
void ab_inbound_leave(struct ab_inbound *connection);
/* Sends the scratch buffer; a connection that cannot take it is closed. AB_ECLOSED, AB_ENOMEM. */
int ab_inbound_write(struct ab_inbound *connection, const struct ab_buffer *message);
/* The same of so many messages that others get too. */
void ab_inbound_share(struct ab_inbound *connection, struct ab_text *messages, size_t count);
/* A call was answered, or given up: a connection that only waited for it ends. */
void ab_inbound_answered(struct ab_inbound *connection);

/* What both ends said in bind that they speak. */
bool ab_inbound_agreed(const struct ab_inbound *connection, unsigned extension);
/* Sends the scratch buffer as a response; `r` is what its writer said. */
void ab_inbound_respond(struct ab_inbound *connection, int r);
/* Nothing to a notice. */
void ab_inbound_respond_error(struct ab_inbound *connection, const struct ab_message *message, const char *type,
                              const char *text);
/* True, and answered, if the client may not do what it asks of the service (access.h). */
bool ab_inbound_denies(struct ab_inbound *connection, const struct ab_message *message, enum ab_access_kind kind);
/* Closes it at once, with a line in the log. */
void ab_inbound_cut_off(struct ab_inbound *connection, const char *why);

#endif
