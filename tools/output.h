/*
 * Data on standard output: whole lines, each flushed. A reader that went away ends the tool without a word; a full disk
 * ends it with one. On a terminal everything is escaped first, JSON in such a way that it stays the same JSON.
 */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Colours are on a terminal only, and never with NO_COLOR. */
enum tool_paint { TOOL_PLAIN, TOOL_BOLD, TOOL_DIM, TOOL_GREEN, TOOL_YELLOW, TOOL_RED, TOOL_BLUE, TOOL_REVERSE };
const char *tool_paint(enum tool_paint paint); /* what switches it on; "" where there are none */

bool tool_output_is_terminal(void);

/* Any thread. A text of the tool's own making, lines of it without the last line end; written as it is. */
void tool_output_text(const char *text);

/* The same without a line end of its own. */
void tool_output_block(const char *block, size_t size);

/* A JSON value; `indent` 0 for one line. `start` (may be NULL) is put before it as it is. */
void tool_output_json(const char *start, const json_t *value, unsigned indent);

/* As tool_output_json, but a string loses its quotes, and an array its brackets and commas: what is in it is parted by
 * tabs. */
void tool_output_raw(const char *start, const json_t *value);

/* Ends the process as a closed pipe does. */
_Noreturn void tool_output_closed(void);

/* Compact JSON text in a new string. */
char *tool_json_text(const json_t *value, unsigned indent);

#endif
