/* What a function, event or object takes and gives, in a line for people. */
#ifndef TOOL_SIGNATURE_H
#define TOOL_SIGNATURE_H

#include <jansson.h>

/* "set(room: string, degrees?: number) -> boolean", "temperature: number", or the name alone if nothing is described.
 * `about` is its entry in the introspection; anything in it may be odd. Not escaped; the caller frees it. */
char *tool_signature(const char *name, const json_t *about);

#endif
