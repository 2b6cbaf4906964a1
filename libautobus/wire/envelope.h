/*
 * Members of a line that the JSON reader refuses, as far as they can be made out: whoever sent a command with something
 * in it that is no JSON is still told so (PROTOCOL section 2, Bad input).
 */
#ifndef AB_WIRE_ENVELOPE_H
#define AB_WIRE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/framer.h"

/* The text, unchecked, of the outermost object's member whose key is written as `quoted` (with its quotes); of the last
 * one that can be reached if there are several. Allocates nothing. */
bool ab_envelope_find(const char *text, size_t size, const char *quoted, struct ab_slice *ret_value);

#endif
