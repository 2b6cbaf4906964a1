/*
 * One connection of a client: bind, commands and their answers, and what the client listens to and watches.
 */
#ifndef AB_CORE_INBOUND_H
#define AB_CORE_INBOUND_H

#include "base/list.h"
#include "base/map.h"
#include "core/internal.h"
#include "core/service_internal.h"
#include "core/stream.h"

enum ab_inbound_state {
    AB_INBOUND_UNBOUND,
    AB_INBOUND_BOUND,
    AB_INBOUND_LEAVING, /* its service is gone: calls under way may still be answered */
    AB_INBOUND_OVER,
};

/* A client's listening to an event or watching of an object. */
struct ab_interest {
    struct ab_map_node node;   /* in the connection's listens or watches, by name */
    struct ab_list topic_node; /* in topic->interests */
    struct ab_list held_node;  /* in connection->held while a newer value waits for room */
    struct ab_inbound *connection;
    struct ab_topic *topic;
};

struct ab_inbound {
    struct ab_stream stream;
    struct ab_grave grave;
    struct ab_list node; /* in server.unbound, service->connections or server.closing */
    enum ab_inbound_state state;
    struct ab_visitor *visitor;
    struct ab_service *service;
    unsigned extensions;
    struct ab_map listens;
    struct ab_map watches;
    struct ab_list requests; /* struct ab_request.node: calls that are not answered */
    size_t request_count;
    struct ab_list held;
    struct ab_timer timer; /* bind, then silence; then the end of input, or leaving */
    struct ab_timer stall;
    struct ab_timer room; /* looks again whether held values may go */
    ab_time heard;
    ab_time pinged;
    ab_time progressed;
    uint64_t last_id;
    unsigned bad_lines;
    bool input_ended;
    bool paused;
    bool woken; /* the machine slept: asked for a sign of life at once */
};

void ab_inbound_close(struct ab_inbound *connection, enum ab_close_mode mode);
/* Its service is closed. */
void ab_inbound_leave(struct ab_inbound *connection);
/* Sends the scratch buffer; a connection that cannot take it is closed. AB_ECLOSED, AB_ENOMEM. */
int ab_inbound_write(struct ab_inbound *connection, const struct ab_buffer *message);
/* A call was answered, or given up: a connection that only waited for it ends. */
void ab_inbound_answered(struct ab_inbound *connection);

/* The value of the object, now or when there is room. */
void ab_interest_send_value(struct ab_interest *interest);

#endif
