/*
 * Why a route is preferred, or passed over: what is remembered of its use, and the words for it. Nobody pays for the
 * words but who asks. Core only.
 */
#ifndef AB_CORE_EXPLAIN_H
#define AB_CORE_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>

#include "core/host.h"

struct ab_outbound;
struct ab_route;

/* A part of each route. */
struct ab_experience {
    ab_time tried;      /* a connection over it was begun; -1: never */
    ab_time failed;     /* the last one failed, or was lost; -1: it was bound since, or never tried */
    int code;           /* why */
    bool outrun;        /* another route was bound first while this was being tried */
    ab_time round_trip; /* the last that was measured; -1: none was */
};

void ab_experience_init(struct ab_experience *experience);

/* ---- What connections tell; each may have no route that is known. */
void ab_experience_tried(const struct ab_outbound *connection);
void ab_experience_failed(const struct ab_outbound *connection, int code);
void ab_experience_outrun(const struct ab_outbound *connection);
void ab_experience_bound(const struct ab_outbound *connection);
void ab_experience_measured(const struct ab_outbound *connection, ab_time round_trip);

/* Adds the keys of autobus_bus_routes to a route's entry. AB_ENOMEM. */
int ab_route_explain(const struct ab_route *route, json_t *entry);

#endif
