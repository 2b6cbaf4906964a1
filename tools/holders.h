/* Who holds a port of this host, as far as this user may know. */
#ifndef TOOL_HOLDERS_H
#define TOOL_HOLDERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The sockets that are bound to a UDP port, or listen on a TCP port, but for those of this process: an array of
 * {"uid": 1000, "pid": 77, "program": "dnsmasq"}, without the last two where they may not be known. Never NULL. */
json_t *tool_holders(bool tcp, uint16_t port);

/* "dnsmasq (pid 77), a program of user 1000": a new string, not escaped; "nobody" for none. */
char *tool_holders_text(const json_t *holders);

#endif
