/*
 * Owns the decision which characters a terminal may see. Pure: no state, no output.
 */
#include "escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "text.h"

size_t tool_utf8_decode(const char *text, size_t size, uint32_t *ret_character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (size == 0)
        return 0;
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || length > size || first >= 0xf8)
        return 0;
    uint32_t character = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (next & 0x3f);
    }
    if (character < least[length] || character > 0x10ffff || (character & 0xfffff800) == 0xd800)
        return 0;
    *ret_character = character;
    return length;
}

bool tool_is_utf8(const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        uint32_t character = 0;
        size_t length = tool_utf8_decode(text + at, size - at, &character);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

/* Controls of both sets, the marks and overrides of writing direction (Unicode's Bidi_Control), the separators of lines
 * and paragraphs, and the byte order mark. */
static bool is_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x061c || character == 0x200e ||
           character == 0x200f || (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

static void write_escape(FILE *out, uint32_t character)
{
    switch (character) {
    case '\n': fputs("\\n", out); break;
    case '\r': fputs("\\r", out); break;
    case '\t': fputs("\\t", out); break;
    default: fprintf(out, "\\u%04X", (unsigned)character); /* as the library writes JSON */
    }
}

char *tool_escape(const char *text, size_t size, unsigned flags)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    for (size_t at = 0; at < size;) {
        uint32_t character = 0;
        size_t length = tool_utf8_decode(text + at, size - at, &character);
        bool layout = (flags & TOOL_ESCAPE_LAYOUT) && (character == '\n' || character == '\t');
        if (length == 0) {
            fprintf(out, "\\x%02x", (unsigned char)text[at]);
            length = 1;
        } else if (is_unsafe(character) && !layout) {
            write_escape(out, character);
        } else {
            fwrite(text + at, 1, length, out);
        }
        at += length;
    }
    return tool_writer_close(&writer);
}

/* The next character: its length, and the columns it takes. */
static size_t next_width(const char *text, size_t size, size_t *ret_columns)
{
    uint32_t character = 0;
    size_t length = tool_utf8_decode(text, size, &character);
    int columns = length ? wcwidth((wchar_t)character) : 1;
    *ret_columns = columns < 0 ? 1 : (size_t)columns; /* -1: the locale does not know it */
    return length ? length : 1;
}

size_t tool_width(const char *text)
{
    size_t width = 0;
    size_t size = strlen(text);
    for (size_t at = 0, columns = 0; at < size; width += columns)
        at += next_width(text + at, size - at, &columns);
    return width;
}

size_t tool_fit(const char *text, size_t columns)
{
    size_t width = 0;
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        size_t next = 0;
        size_t length = next_width(text + at, size - at, &next);
        width += next;
        if (width > columns)
            return at;
        at += length;
    }
    return size;
}

char *tool_shell_quote(const char *text)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
    return tool_writer_close(&writer);
}
