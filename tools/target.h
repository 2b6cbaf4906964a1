/*
 * SERVICE, as a user writes it: HOST:PORT/ID, HOST:PORT for the bus that is there, or a filter.
 */
#ifndef TOOL_TARGET_H
#define TOOL_TARGET_H

#include <autobus2.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct tool_target {
    char *text; /* as it was written; NULL: every service */

    /* A place: host is not NULL, and there is no filter. */
    char *host;
    uint16_t port;

    char
        *id; /* of HOST:PORT/ID, or the id that a lone WORD or service=ID may be; NULL otherwise: of a place, the bus */
    bool internal; /* services of type autobus.… are meant too, or named */

    autobus_filter *filter;
};

/* `text` NULL is every service. `all` takes internal services in. 0, or what to exit with, after a message. */
int tool_target_parse(const char *text, bool all, struct tool_target *ret_target);
/* The same of the words SERVICE NAME, after a look at the name; `what` has it: "function". */
int tool_target_read(const struct tool_words *words, const char *what, bool all, struct tool_target *ret_target);
void tool_target_deinit(struct tool_target *target);

/* Takes the first term off a filter: a new string. NULL: there is none left. */
char *tool_target_take_term(const char **filter);

static inline bool tool_target_is_direct(const struct tool_target *target)
{
    return target->host;
}

/* A remote of a direct target, or one of the service with this id, which it binds to again. Of a place without an id
 * `service` may be NULL: the introspection service of the bus there. */
int tool_target_open(const struct tool_target *target, autobus_bus *bus, const char *service,
                     autobus_remote **ret_remote);

#endif
