/* Names of functions, events and objects. */
#ifndef TOOL_NAMES_H
#define TOOL_NAMES_H

#include <jansson.h>
#include <stdbool.h>

/* Whether something can have this name at all; if not, says so: `what` is "function". */
bool tool_name_check(const char *what, const char *name);

/* The keys of a JSON object in the order of the alphabet: what a service lists is in none. An array that ends with NULL, to be freed; the names are the object's. Anything but an object has none. */
const char **tool_names(const json_t *object);

#endif
