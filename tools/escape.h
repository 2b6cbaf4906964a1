/*
 * Text from anywhere, made safe for a terminal: control characters (the 8-bit ones too), what changes the direction of
 * writing, and bytes that are not UTF-8 become visible. What else there is stays as it is.
 */
#ifndef TOOL_ESCAPE_H
#define TOOL_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOOL_ESCAPE_LAYOUT = 1 << 0 /* line ends and tabs stay */
};

/* A new string. "\n", "\r" and "\t" are written so, other characters as \u001B, stray bytes as \xff: what it makes of
 * JSON text with TOOL_ESCAPE_LAYOUT is the same JSON. */
char *tool_escape(const char *text, size_t size, unsigned flags);

/* How many columns a terminal gives to valid UTF-8 without control characters, as its locale says. */
size_t tool_width(const char *text);

/* How many bytes of such a text a terminal puts into that many columns. */
size_t tool_fit(const char *text, size_t columns);

/* Decodes one character, strictly: its length in bytes, or 0 if what is there is not UTF-8 (or size is 0). */
size_t tool_utf8_decode(const char *text, size_t size, uint32_t *ret_character);

bool tool_is_utf8(const char *text);

/* A new string that a shell reads as this text: in single quotes. */
char *tool_shell_quote(const char *text);

#endif
