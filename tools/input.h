/* Standard input of autobus-serve: lines that set objects and fire events. */
#ifndef TOOL_INPUT_H
#define TOOL_INPUT_H

#include <autobus2.h>
#include <stdbool.h>

#include "loop.h"
#include "plan.h"

struct tool_input {
    struct tool_loop *loop;
    autobus_service *service;
    const struct tool_plan *plan;
    bool until_end; /* its end ends the tool */
    struct tool_source source;
    char *buffer; /* a line that has begun */
    size_t size;
    size_t capacity;
    size_t number; /* of the line */
    bool skipping; /* the rest of a line that was too long */
};

void tool_input_start(struct tool_input *input);
void tool_input_end(struct tool_input *input);

#endif
