/*
 * What the net has to tell of itself: numbers as core/counters.h has them, and what only its own program may see.
 */
#ifndef AB_NET_COUNTERS_H
#define AB_NET_COUNTERS_H

#include <jansson.h>

struct ab_net;

/* Lock held, both. AB_ENOMEM. */
int ab_net_counters_put(const struct ab_net *net, json_t *counters);
/* The ports, and where dropped datagrams came from. */
int ab_net_counters_put_private(const struct ab_net *net, json_t *counters);

#endif
