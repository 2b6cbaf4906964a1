/*
 * The way of a remote to its binding: rounds of attempts at the candidates. Core only.
 */
#ifndef AB_CORE_SEARCH_H
#define AB_CORE_SEARCH_H

#include <stddef.h>

#include "base/address.h"

struct ab_found;
struct ab_remote;

void ab_search_init(struct ab_remote *remote);
/* A proxy looks in the directory now, if it seeks and nothing is under way. */
void ab_search_begin(struct ab_remote *remote);
/* The same: at once after a steady binding, later after each failure. */
void ab_search_begin_later(struct ab_remote *remote);
/* After a binding that was lost: at once if there is a service that has dropped none, else as above. */
void ab_search_go_elsewhere(struct ab_remote *remote);
/* A connection tries these. AB_ENOMEM. */
int ab_search_begin_at(struct ab_remote *remote, const struct ab_address *addresses, size_t count);
/* A service or a route came that a proxy which seeks may bind to. */
void ab_search_join(struct ab_remote *remote, const struct ab_found *found);
/* Nobody let it in so far, but somebody asks anew: so does it. */
void ab_search_ask_again(struct ab_remote *remote);
/* No attempt and no timer is left. */
void ab_search_end(struct ab_remote *remote);

#endif
