/* What the end of a command means: a JSON value, or an error with its text. */
#ifndef TOOL_ANSWER_H
#define TOOL_ANSWER_H

#include <jansson.h>

#include "run.h"

struct tool_answer {
    json_t *value;    /* NULL: an error */
    const char *type; /* of the error, as a caller hears it; static */
    char *text;       /* of the error */
};

/* What it printed is JSON if it parses, else a string without its last newline; nothing at all is null. A failing exit
 * is an exception whose text is its standard error. */
void tool_answer_read(const struct tool_runner *runner, const struct tool_run_result *result,
                      struct tool_answer *ret_answer);
/* What a line of output stands for: JSON if it parses, else a string, with what is no UTF-8 escaped. */
json_t *tool_answer_line(const char *line, size_t size);
void tool_answer_deinit(struct tool_answer *answer);

#endif
