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

bool ab_request_is_notice(const struct ab_request *request);      /* or ASYNC: the answer goes nowhere */
bool ab_request_wants_progress(const struct ab_request *request); /* whether partial results go anywhere */
ab_time ab_request_until(const struct ab_request *request); /* when its caller gives it up; AB_TIME_NEVER: unknown */
/* Why nobody waits any more: AB_EDISCONNECTED, AB_ECANCELED (the caller has given it up), AB_ETIMEDOUT (his time is over);
 * 0: somebody does. */
int ab_request_abandoned(const struct ab_request *request);
const struct ab_peer *ab_request_peer(const struct ab_request *request);
/* Where AB_NOTICE_ABANDONED goes; NULL: nowhere. Not before AB_NOTICE_CALL was taken: it is the same notice. */
void ab_request_set_target(struct ab_request *request, void *target);

/* A partial result, any number of times before the answer; 0 also when nobody wants any. AB_EAGAIN: the caller reads too
 * slowly, it was not sent; AB_EEXIST: answered before; why nobody waits; AB_EDISCONNECTED, AB_ENOMEM. */
int ab_request_progress(struct ab_request *request, ab_time now, const struct ab_text *value);
/* Once. AB_EEXIST: answered before; why nobody waits; AB_ENOMEM: the connection was closed instead. */
int ab_request_reply(struct ab_request *request, ab_time now, struct ab_text *result);
/* An error of the protocol (bad_arguments, busy, too_large, …): `_error` alone. */
int ab_request_reply_error(struct ab_request *request, ab_time now, const char *type, const char *text);
/* The function's own: `type` may be NULL, `data` any encoded value or NULL. */
int ab_request_reply_exception(struct ab_request *request, ab_time now, const char *type, const char *text,
                               struct ab_text *data);

#endif
