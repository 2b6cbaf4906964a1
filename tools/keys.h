/* Keys as a terminal sends them: characters, and sequences for those that have none. Pure. */
#ifndef TOOL_KEYS_H
#define TOOL_KEYS_H

#include <stddef.h>

enum tool_key {
    TOOL_KEY_NONE = 0x100, /* one that we do not know */
    TOOL_KEY_UP,
    TOOL_KEY_DOWN,
    TOOL_KEY_LEFT,
    TOOL_KEY_RIGHT,
    TOOL_KEY_HOME,
    TOOL_KEY_END,
    TOOL_KEY_PAGE_UP,
    TOOL_KEY_PAGE_DOWN
};

/* The first key of what was read at once: a byte or an enum tool_key. How many bytes it is; 0 if there is none. */
size_t tool_keys_next(const char *bytes, size_t size, int *ret_key);

#endif
