/*
 * Owns the sequences of keys: those of ECMA-48 with the finals of the VT220 and xterm, which all terminals of today send.
 */
#include "keys.h"

#include <stdlib.h>

static int key_of_final(char final)
{
    switch (final) {
    case 'A': return TOOL_KEY_UP;
    case 'B': return TOOL_KEY_DOWN;
    case 'C': return TOOL_KEY_RIGHT;
    case 'D': return TOOL_KEY_LEFT;
    case 'H': return TOOL_KEY_HOME;
    case 'F': return TOOL_KEY_END;
    default: return TOOL_KEY_NONE;
    }
}

static int key_of_number(char digit)
{
    switch (digit) {
    case '1':
    case '7': return TOOL_KEY_HOME;
    case '4':
    case '8': return TOOL_KEY_END;
    case '5': return TOOL_KEY_PAGE_UP;
    case '6': return TOOL_KEY_PAGE_DOWN;
    default: return TOOL_KEY_NONE;
    }
}

/* ESC [ parameters final. One that is cut off is no key. */
static size_t next_sequence(const char *bytes, size_t size, int *ret_key)
{
    size_t end = 2;
    while (end < size && bytes[end] >= 0x20 && bytes[end] < 0x40)
        end++;
    *ret_key = TOOL_KEY_NONE;
    if (end == size)
        return size;
    if (end == 3 && bytes[end] == '~')
        *ret_key = key_of_number(bytes[2]);
    else if (bytes[end] != '~')
        *ret_key = key_of_final(bytes[end]);
    return end + 1;
}

size_t tool_keys_next(const char *bytes, size_t size, int *ret_key)
{
    if (size == 0)
        return 0;
    if (bytes[0] != '\033') {
        *ret_key = (unsigned char)bytes[0];
        return 1;
    }
    if (size > 2 && bytes[1] == '[')
        return next_sequence(bytes, size, ret_key);
    *ret_key = size > 2 && bytes[1] == 'O' ? key_of_final(bytes[2]) : TOOL_KEY_NONE;
    return size < 3 || bytes[1] == 'O' ? (size < 3 ? size : 3) : 1;
}
