/*
 * Owns the checks of text that need no parser: how deep and how much it is, and whether it is UTF-8. Must not know what
 * any text is for.
 */
#include "wire/json.h"

#include "base/error.h"

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

static bool ends_scalar(char byte)
{
    switch (byte) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case ':':
    case '"':
    case '[':
    case ']':
    case '{':
    case '}': return true;
    default: return false;
    }
}

int ab_json_measure(const char *text, size_t size, size_t depth, size_t tokens)
{
    const char *at = text, *end = text + size;
    size_t open = 0, seen = 0;

    while (at < end) {
        switch (*at) {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case ',':
        case ':': at++; continue;
        case ']':
        case '}':
            open -= open > 0;
            at++;
            continue;
        case '[':
        case '{':
            if (++open > depth)
                return AB_ETOOLARGE;
            at++;
            break;
        case '"': at = skip_string(at, end); break;
        default:
            while (at < end && !ends_scalar(*at))
                at++;
        }
        if (++seen > tokens)
            return AB_ETOOLARGE;
    }
    return 0;
}

/* The length of the well-formed UTF-8 sequence (Unicode, table 3-7) that begins here, or 0. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t size;

    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (left < size)
        return 0;
    if (at[0] == 0xe0)
        low = 0xa0;
    else if (at[0] == 0xed)
        high = 0x9f;
    else if (at[0] == 0xf0)
        low = 0x90;
    else if (at[0] == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

bool ab_json_valid_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;

    while (size > 0) {
        size_t sequence = utf8_sequence(at, size);

        if (sequence == 0)
            return false;
        at += sequence;
        size -= sequence;
    }
    return true;
}
