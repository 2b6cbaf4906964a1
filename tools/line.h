/* A line of autobus-serve's standard input: an object's new value, or an event. */
#ifndef TOOL_LINE_H
#define TOOL_LINE_H

#include <jansson.h>
#include <stddef.h>

enum tool_line_kind { TOOL_LINE_BLANK, TOOL_LINE_OBJECT, TOOL_LINE_EVENT };

struct tool_line {
    enum tool_line_kind kind;
    char *name;
    json_t *value; /* of the object; of the event, its array of arguments */
};

/* {"object": NAME, "value": V}, {"event": NAME, "args": […]}, NAME=VALUE, or NAME [ARG…]; values and arguments by the
 * rules of ARG, and one that is JSON may have spaces in it. Returns NULL, or what is wrong with the line: a new string. */
char *tool_line_parse(const char *text, size_t size, struct tool_line *ret_line);
void tool_line_deinit(struct tool_line *line);

#endif
