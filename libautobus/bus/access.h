/*
 * How a peer is shown to the program.
 */
#ifndef AB_BUS_ACCESS_H
#define AB_BUS_ACCESS_H

#include <autobus2.h>

#include "core/access.h"

/* It lives as long as `host`. */
autobus_peer ab_peer_show(const struct ab_peer *peer, char host[AB_ADDRESS_HOST_TEXT]);

#endif
