/* autobus-browse --routes: what each route is like, and why the one that is used is used. */
#ifndef TOOL_ROUTES_H
#define TOOL_ROUTES_H

#include <autobus2.h>
#include <stdio.h>

#include "target.h"

/* Tries each route of the entries, then uses each service, and puts the keys of autobus_bus_routes into the routes, and
 * "result", "error" and "bind_ms" of what came of it (trial.h). One that does not lead anywhere and is therefore gone
 * from the directory is among them all the same. Blocks, at most timeout_ms for each route of a service. */
void tool_routes_explain(autobus_bus *bus, const struct tool_target *target, json_t *entries, int timeout_ms);

/* A line for each route of an explained entry, the preferred one first, each beginning with a line end. */
void tool_routes_write(FILE *out, const json_t *entry);

#endif
