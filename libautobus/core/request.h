/*
 * A call that a client made and that somebody of this program answers. Counted: the engine holds one reference until it
 * is answered, whoever took its AB_NOTICE_CALL another. A request that nobody waits for stays valid and answers nowhere.
 */
#ifndef AB_CORE_REQUEST_H
#define AB_CORE_REQUEST_H

#include <stdbool.h>

#include "base/text.h"
#include "core/access.h"
#include "core/host.h"
#include "core/service.h"

struct ab_request;

struct ab_request *ab_request_ref(struct ab_request *request);
struct ab_request *ab_request_unref(struct ab_request *request);

const char *ab_request_function(const struct ab_request *request);
const char *ab_request_service_id(const struct ab_request *request);
bool ab_request_is_notice(const struct ab_request *request); /* or ASYNC: the answer goes nowhere */
/* Why nobody waits any more: AB_EDISCONNECTED, AB_ECANCELED (the caller has given it up); 0: somebody does. */
int ab_request_abandoned(const struct ab_request *request);
const struct ab_peer *ab_request_peer(const struct ab_request *request);
/* Where AB_NOTICE_ABANDONED goes; NULL: nowhere. */
void ab_request_set_target(struct ab_request *request, void *target);

/* Once. AB_EEXIST: answered before; why nobody waits; AB_ENOMEM: the connection was closed instead. */
int ab_request_reply(struct ab_request *request, ab_time now, struct ab_text *result);
/* An error of the protocol (bad_arguments, busy, too_large, …): `_error` alone. */
int ab_request_reply_error(struct ab_request *request, ab_time now, const char *type, const char *text);
/* The function's own: `type` may be NULL, `details` an encoded object or NULL. */
int ab_request_reply_exception(struct ab_request *request, ab_time now, const char *type, const char *text,
                               struct ab_text *details);

#endif
