/*
 * Owns the rules by which a word is JSON or a string, and the caret under what is wrong with it.
 */
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "exit.h"
#include "message.h"
#include "output.h"
#include "text.h"

/* ---- pointing at a fault */

enum { MARGIN = 40 }; /* bytes shown on each side of it */

static size_t start_of_character(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* The line around byte `at`, and a caret below it. Escaped first, since that changes the columns. */
static void point(const char *text, size_t size, size_t at)
{
    size_t start = at > MARGIN ? start_of_character(text, at - MARGIN) : 0;
    size_t end = at + MARGIN < size ? start_of_character(text, at + MARGIN) : size;
    char *before = tool_escape(text + start, at - start, 0);
    char *after = tool_escape(text + at, end - at, 0);
    tool_error("%s%s\n%*s^", before, after, (int)(tool_width(before) + strlen(tool_message_program())), "");
    free(after);
    free(before);
}

/* jansson tells how far it read: the fault is the last character of that, or the end. */
static void explain_fault(const char *what, const char *text, size_t size, const json_error_t *fault)
{
    size_t read = fault->position > 0 ? (size_t)fault->position : 0;
    bool at_end = json_error_code(fault) == json_error_premature_end_of_input || read > size;
    size_t at = at_end ? size : read > 0 ? start_of_character(text, read - 1) : 0;
    char *before = tool_escape(text, at, 0);
    tool_error("%s is broken JSON: %s (column %zu)", what, fault->text, tool_width(before) + 1);
    free(before);
    point(text, size, at);
}

/* ---- values */

static json_t *parse(const char *text, size_t size, json_error_t *fault)
{
    return json_loadb(text, size, JSON_DECODE_ANY, fault);
}

static json_t *read_string(const char *what, const char *text)
{
    json_t *value = json_string(text);
    if (!value)
        tool_error("%s is not UTF-8: %s", what, text);
    return value;
}

json_t *tool_value_read(const char *what, const char *text)
{
    json_error_t fault;
    size_t size = strlen(text);
    json_t *value = parse(text, size, &fault);
    if (value)
        return value;
    if (!*text || !strchr("{[\"", *text))
        return read_string(what, text);
    explain_fault(what, text, size, &fault);
    return NULL;
}

/* All of standard input, a string. */
static char *read_input(size_t *ret_size)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    char block[4096];
    ssize_t size;
    while ((size = read(STDIN_FILENO, block, sizeof block)) > 0)
        fwrite(block, 1, (size_t)size, out);
    char *text = tool_writer_close(&writer);
    *ret_size = writer.size;
    return text;
}

json_t *tool_value_read_input(void)
{
    size_t size = 0;
    json_error_t fault;
    char *text = read_input(&size);
    json_t *value = parse(text, size, &fault);
    if (!value && strspn(text, " \t\r\n") == size)
        tool_error("standard input is empty: a JSON value is wanted there");
    else if (!value)
        explain_fault("standard input", text, size, &fault);
    free(text);
    return value;
}

/* ---- the array */

static json_t *read_whole(const char *text)
{
    json_t *args = strcmp(text, "-") == 0 ? tool_value_read_input() : tool_value_read("--args", text);
    if (args && !json_is_array(args)) {
        tool_error("--args: not a JSON array");
        json_decref(args);
        return NULL;
    }
    return args;
}

static json_t *read_one(const struct tool_argument_rules *rules, size_t index, const char *text)
{
    char what[40];
    snprintf(what, sizeof what, "argument %zu", index + 1);
    if (rules->strings)
        return read_string(what, text);
    return strcmp(text, "-") == 0 ? tool_value_read_input() : tool_value_read(what, text);
}

static json_t *read_each(const struct tool_argument_rules *rules, char **texts, size_t count)
{
    json_t *args = json_array();
    if (!args)
        tool_out_of_memory();
    for (size_t i = 0; i < count; i++) {
        json_t *value = read_one(rules, i, texts[i]);
        if (!value) {
            json_decref(args);
            return NULL;
        }
        if (json_array_append_new(args, value) < 0)
            tool_out_of_memory();
    }
    return args;
}

static bool is_sound(const struct tool_argument_rules *rules, char **texts, size_t count)
{
    size_t inputs = 0;
    for (size_t i = 0; i < count && !rules->strings; i++)
        inputs += strcmp(texts[i], "-") == 0;
    if (rules->json && (rules->strings || count > 0))
        tool_error("--args is the whole array: it takes no %s", count > 0 ? "ARG beside it" : "--strings");
    else if (inputs > 1)
        tool_error("standard input has one value: - can be one ARG only");
    else
        return true;
    return false;
}

int tool_arguments_read(const struct tool_argument_rules *rules, char **texts, size_t count, json_t **ret_args)
{
    json_t *args = NULL;
    if (is_sound(rules, texts, count))
        args = rules->json ? read_whole(rules->json) : read_each(rules, texts, count);
    if (!args)
        return TOOL_EXIT_USAGE;
    *ret_args = args;
    return 0;
}

/* ---- explaining */

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER: return "integer";
    case JSON_REAL: return "real";
    case JSON_TRUE:
    case JSON_FALSE: return "boolean";
    case JSON_NULL: return "null";
    }
    return "value";
}

void tool_arguments_explain(const json_t *args)
{
    if (json_array_size(args) == 0)
        tool_remark("it was called without arguments");
    for (size_t i = 0; i < json_array_size(args); i++) {
        const json_t *value = json_array_get(args, i);
        char *text = tool_json_text(value, 0);
        tool_remark("argument %zu was read as %s: %s", i + 1, type_name(value), text);
        free(text);
    }
}
