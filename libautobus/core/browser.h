/*
 * A listener for services: what of the directory it shows, in the form that the program gets
 * ({"service", "info", "routes"}), and when it has shown all that was there and all that answered.
 */
#ifndef AB_CORE_BROWSER_H
#define AB_CORE_BROWSER_H

#include "core/host.h"
#include "wire/filter.h"
#include "wire/value.h"

struct ab_engine;
struct ab_browser;

enum ab_browser_flags { /* the numbers are those of AUTOBUS_SERVICES_… */
                        AB_BROWSER_EXISTING = 1 << 0,
                        AB_BROWSER_ROUTES = 1 << 1,
                        AB_BROWSER_LIVENESS = 1 << 2,
};

/* `filter` may be NULL; a reference is taken. What EXISTING asks for is in the queue of notices when this returns. */
int ab_browser_new(struct ab_engine *engine, ab_time now, struct ab_filter *filter, unsigned flags, void *target,
                   struct ab_browser **ret_browser);
void ab_browser_free(struct ab_browser *browser, ab_time now); /* takes NULL; also after its overflow */

/* Every service that matches now, as an array of entries sorted by id. */
int ab_browser_snapshot(struct ab_engine *engine, struct ab_filter *filter, json_t **ret_entries);
/* The same, each route with why it is preferred or passed over. */
int ab_browser_explain(struct ab_engine *engine, ab_time now, struct ab_filter *filter, json_t **ret_entries);

#endif
