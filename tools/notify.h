/* Tells the service manager how far this process is (sd_notify(3)); does nothing without one. */
#ifndef TOOL_NOTIFY_H
#define TOOL_NOTIFY_H

void tool_notify(const char *state); /* as "READY=1" */

#endif
