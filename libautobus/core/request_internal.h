/*
 * Requests as inbound connections make them. Core only; request.h is for the bus.
 */
#ifndef AB_CORE_REQUEST_INTERNAL_H
#define AB_CORE_REQUEST_INTERNAL_H

#include "core/inbound.h"
#include "core/request.h"
#include "wire/message.h"

/* Makes the request and tells the program; name and args are taken out of the message. AB_ENOMEM. */
int ab_request_start(struct ab_inbound *connection, struct ab_function *function, struct ab_message *message);
/* The connection ends: nobody waits any more. */
void ab_request_abandon(struct ab_request *request);
/* Its caller has given it up. Of several of one id the oldest; of none, nothing. May end the connection. */
void ab_request_cancel(struct ab_inbound *connection, const struct ab_text *id);
struct ab_request *ab_request_of_node(struct ab_list *node);

#endif
