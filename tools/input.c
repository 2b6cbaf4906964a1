/*
 * Owns reading standard input, and telling what is wrong with a line. It is not made non-blocking, since others may share
 * it: one read a turn, when there is something.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "line.h"
#include "message.h"
#include "nearest.h"
#include "text.h"

enum { LONGEST_LINE = 1 << 20, BLOCK = 65536 };

/* ---- a line */

static void say_unknown(const struct tool_input *input, const struct tool_line *line)
{
    enum tool_item_kind kind = line->kind == TOOL_LINE_EVENT ? TOOL_ITEM_EVENT : TOOL_ITEM_OBJECT;
    struct tool_nearest nearest = TOOL_NEAREST_INIT(line->name);
    for (const struct tool_item *item = input->plan->items; item; item = item->next) {
        if (item->kind == kind)
            tool_nearest_offer(&nearest, item->name);
    }
    tool_error("line %zu: there is no %s %s here%s%s%s", input->number, kind == TOOL_ITEM_EVENT ? "event" : "object",
               line->name, nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "",
               nearest.best ? "?" : "");
}

static void obey(const struct tool_input *input, const struct tool_line *line)
{
    int result = 0;
    if (line->kind == TOOL_LINE_EVENT)
        result = autobus_fire_json(input->service, line->name, line->value);
    else if (line->kind == TOOL_LINE_OBJECT)
        result = autobus_set_json(input->service, line->name, line->value);
    if (result == AUTOBUS_ENOENT)
        say_unknown(input, line);
    else if (result < 0)
        tool_error("line %zu: %s", input->number, autobus_strerror(result));
}

static void take_line(struct tool_input *input, const char *text, size_t size)
{
    struct tool_line line;
    input->number++;
    if (input->skipping) {
        input->skipping = false;
        return;
    }
    char *wrong = tool_line_parse(text, size, &line);
    if (wrong) {
        tool_error("line %zu: %s", input->number, wrong);
        free(wrong);
        return;
    }
    obey(input, &line);
    tool_line_deinit(&line);
}

/* ---- the stream */

static void keep(struct tool_input *input, const char *block, size_t size)
{
    if (input->skipping)
        return;
    if (input->size + size > LONGEST_LINE) {
        tool_error("line %zu: longer than %d bytes", input->number + 1, LONGEST_LINE);
        input->skipping = true;
        input->size = 0;
        return;
    }
    if (input->size + size > input->capacity) {
        size_t capacity = 2 * (input->size + size);
        input->buffer = tool_grow(input->buffer, capacity);
        input->capacity = capacity;
    }
    memcpy(input->buffer + input->size, block, size);
    input->size += size;
}

static void take_block(struct tool_input *input, const char *block, size_t size)
{
    while (size > 0) {
        const char *end = memchr(block, '\n', size);
        size_t part = end ? (size_t)(end - block) : size;
        keep(input, block, part);
        if (!end)
            return;
        take_line(input, input->buffer ? input->buffer : "", input->size);
        input->size = 0;
        block += part + 1;
        size -= part + 1;
    }
}

static void finish(struct tool_input *input)
{
    if (input->size > 0)
        take_line(input, input->buffer, input->size);
    tool_loop_remove(input->loop, &input->source);
    if (input->until_end)
        tool_loop_finish(input->loop, TOOL_EXIT_DONE);
}

static void on_input(struct tool_source *source, short events)
{
    struct tool_input *input = source->user_data;
    char block[BLOCK];
    (void)events;
    ssize_t size = read(source->fd, block, sizeof block);
    if (size > 0)
        take_block(input, block, (size_t)size);
    else if (size == 0 || (errno != EINTR && errno != EAGAIN))
        finish(input);
}

void tool_input_start(struct tool_input *input)
{
    if (isatty(STDIN_FILENO) && !input->until_end)
        return;
    input->source = (struct tool_source){STDIN_FILENO, POLLIN, on_input, input};
    tool_loop_add(input->loop, &input->source);
}

void tool_input_end(struct tool_input *input)
{
    tool_loop_remove(input->loop, &input->source);
    free(input->buffer);
    input->buffer = NULL;
}
