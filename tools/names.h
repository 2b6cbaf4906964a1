/* The keys of a JSON object in the order of the alphabet: what a service lists is in none. */
#ifndef TOOL_NAMES_H
#define TOOL_NAMES_H

#include <jansson.h>

/* An array that ends with NULL, to be freed; the names are the object's. Anything but an object has none. */
const char **tool_names(const json_t *object);

#endif
