/*
 * What a bus says of itself: the objects autobus.functions, .events, .objects and .doc of each service, and the value of
 * get_details and `details`, and of get_directory and `directory`: the services of this bus, and of this host (PROTOCOL
 * section 3). All of it is made from the tables when somebody reads it.
 */
#ifndef AB_CORE_INTROSPECTION_H
#define AB_CORE_INTROSPECTION_H

#include "core/service_internal.h"

/* Adds the builtin objects to a new service. AB_ENOMEM. */
int ab_introspection_equip(struct ab_service *service);
/* A table of the service changed: who watches it hears. AB_BUILTIN_NONE: only the details did (its info, or its coming
 * and going). */
void ab_introspection_changed(struct ab_service *service, enum ab_builtin what);
/* Who may see the service is new. */
void ab_introspection_revealed(struct ab_service *service);
/* A route at that address came, changed or went: who watches the directory of this host hears soon, if it is of it. */
void ab_introspection_route_changed(struct ab_engine *engine, const struct ab_address *at);
/* Which addresses are of this host is another matter now: the same. */
void ab_introspection_here_changed(struct ab_engine *engine);
void ab_introspection_init(struct ab_engine *engine);
/* The name of the object of the introspection service. */
const char *ab_introspection_name(enum ab_builtin what);
/* The functions, events or objects, or all of a service; the caller's own. NULL: no memory. */
json_t *ab_introspection_list(struct ab_service *service, enum ab_topic_kind kind);
/* The encoded value of a builtin object; the caller's own. NULL: no memory. */
struct ab_text *ab_introspection_value(struct ab_service *service, enum ab_builtin what);
/* The value of any object as that client may see it: details leave out the services that it may not bind to. A reference
 * of the caller's own. NULL: no memory, or there is no such object. */
struct ab_text *ab_introspection_shown(struct ab_topic *topic, const struct ab_inbound *connection);

#endif
