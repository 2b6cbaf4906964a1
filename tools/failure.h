/* What went wrong with a remote: the exit status, and what to say. */
#ifndef TOOL_FAILURE_H
#define TOOL_FAILURE_H

#include <autobus2.h>

/* `type` is the remote's, for AUTOBUS_EREMOTE; may be NULL. */
int tool_failure_exit(int code, const char *type);

/* The type and the text of an error: the remote's, else the library's. Never NULL; live as long as `error`. */
const char *tool_failure_type(int code, const autobus_error *error);
const char *tool_failure_text(int code, const autobus_error *error);

/* Both, and what the remote added, as {"type": …, "text": …, …} in a new object. */
json_t *tool_failure_json(int code, const autobus_error *error);

/* After "no such": the nearest of the names that this object of the service lists (autobus.functions, …), and the names.
 * `what` is "functions". Blocks. Says nothing if the service does not tell. */
void tool_failure_suggest(autobus_remote *remote, const char *what, const char *name);

/* The same with the list at hand: {"name": {…}}. */
void tool_failure_suggest_from(const json_t *listed, const char *what, const char *name);

#endif
