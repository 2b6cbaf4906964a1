/* The networks that a bus uses, and those it does not, in words. */
#ifndef TOOL_NETWORKS_H
#define TOOL_NETWORKS_H

#include <autobus2.h>

/* New strings, as "lo (127.0.0.1), eth0 (10.0.0.7)" and "wlan0 (it is down)"; empty: none. */
char *tool_networks_used(autobus_bus *bus);
char *tool_networks_unused(autobus_bus *bus);

/* That there is no interface here of any name in AUTOBUS_INTERFACES or --interfaces, or none with the address of
 * AUTOBUS_BIND, and what follows: a new string. NULL: they are there, or nothing is named. */
char *tool_networks_missing(autobus_bus *bus);

#endif
