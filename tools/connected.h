/* Who is connected to a service, in words. */
#ifndef TOOL_CONNECTED_H
#define TOOL_CONNECTED_H

#include <autobus2.h>

/* On standard error, a line for each connection: from where, for how long, what it watches and listens to. */
void tool_connected_say(autobus_service *service);

#endif
