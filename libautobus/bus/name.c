/*
 * Owns what a good name is. Knows bytes and nothing else.
 */
#include "bus/name.h"

#include <string.h>

#include "base/error.h"
#include "core/service.h"

/* Table 3-7 of the Unicode Standard: the range of the second byte depends on the first. */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return second >= 0x80 && second <= 0xbf;
    }
}

/* How many bytes follow the first; -1: it is none. */
static int following(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Bytes of the character that begins here; 0: none does. The NUL ends a broken one, since it fits nowhere. */
static size_t character(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    int count = following(bytes[0]);

    if (count < 0 || (count > 0 && !second_fits(bytes[0], bytes[1])))
        return 0;
    for (int i = 2; i <= count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    return (size_t)count + 1;
}

static const char *first_invalid(const char *text)
{
    while (*text) {
        size_t size = character(text);

        if (size == 0)
            return text;
        text += size;
    }
    return NULL;
}

bool ab_utf8_valid(const char *text)
{
    return !first_invalid(text);
}

void ab_utf8_mend(char *text)
{
    char *bad = text;

    while ((bad = (char *)first_invalid(bad)))
        *bad = '?';
}

int ab_name_check(const char *name)
{
    size_t size = name ? strnlen(name, AB_NAME_MOST + 1) : 0;

    return size >= 1 && size <= AB_NAME_MOST && ab_utf8_valid(name) ? 0 : AB_EINVAL;
}
