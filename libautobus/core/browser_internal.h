/*
 * What the directory and the keeper tell and ask the listeners for services. Core only; browser.h is for the bus.
 */
#ifndef AB_CORE_BROWSER_INTERNAL_H
#define AB_CORE_BROWSER_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

struct ab_engine;
struct ab_found;
struct ab_route;

void ab_browsers_service_added(struct ab_found *found);
void ab_browsers_service_removed(struct ab_found *found);
void ab_browsers_route_added(struct ab_route *route);
void ab_browsers_route_changed(struct ab_route *route); /* who reports it, or whether it is preferred */
void ab_browsers_route_removed(struct ab_route *route); /* the route is still in its service */
/* The set or order of routes changed; `old` is the view before. */
void ab_browsers_routes_changed(struct ab_found *found, const json_t *old);
void ab_browsers_info_changed(struct ab_found *found, json_t *old_info, const json_t *old_view);
void ab_browsers_settled(struct ab_engine *engine);
bool ab_browsers_want_alive(const struct ab_found *found);

#endif
