/*
 * Owns a tolerant walk over the members of an object in text that is not JSON. Must not judge the text: a value is
 * whatever lies between the colon and the comma or bracket that ends it, with strings and brackets paired.
 */
#include "wire/envelope.h"

#include <string.h>

struct scan {
    const char *at;
    const char *end;
};

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
        scan->at++;
}

/* Steps over one byte if it is there. */
static bool skip_byte(struct scan *scan, char byte)
{
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at != byte)
        return false;
    scan->at++;
    return true;
}

static bool skip_string(struct scan *scan, struct ab_slice *ret_string)
{
    const char *start;

    if (!skip_byte(scan, '"'))
        return false;
    start = scan->at - 1;
    for (; scan->at < scan->end && *scan->at != '"'; scan->at++)
        if (*scan->at == '\\' && scan->at + 1 < scan->end)
            scan->at++;
    if (scan->at == scan->end)
        return false;
    scan->at++;
    *ret_string = (struct ab_slice){start, (size_t)(scan->at - start)};
    return true;
}

/* Stops at the comma or bracket that follows the value; false when the text ends before it. */
static bool skip_value(struct scan *scan, struct ab_slice *ret_value)
{
    struct ab_slice string;
    const char *start;
    size_t open = 0;

    skip_blanks(scan);
    for (start = scan->at; scan->at < scan->end; scan->at++) {
        switch (*scan->at) {
        case '"':
            if (!skip_string(scan, &string))
                return false;
            scan->at--;
            break;
        case '[':
        case '{': open++; break;
        case ']':
        case '}':
        case ',':
            if (open == 0) {
                *ret_value = (struct ab_slice){start, (size_t)(scan->at - start)};
                return true;
            }
            open -= *scan->at != ',';
            break;
        default: break;
        }
    }
    return false;
}

bool ab_envelope_find(const char *text, size_t size, const char *quoted, struct ab_slice *ret_value)
{
    struct scan scan = {text, text + size};
    struct ab_slice key, value;
    bool found = false;

    if (!skip_byte(&scan, '{'))
        return false;
    do {
        if (!skip_string(&scan, &key) || !skip_byte(&scan, ':') || !skip_value(&scan, &value))
            break;
        if (key.size == strlen(quoted) && memcmp(key.data, quoted, key.size) == 0) {
            *ret_value = value;
            found = true;
        }
    } while (skip_byte(&scan, ','));
    return found;
}
