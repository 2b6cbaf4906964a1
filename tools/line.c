/*
 * Owns the syntax of standard input's lines. Pure.
 */
#include "line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "text.h"

static const char blanks[] = " \t\r\n";

static bool is_blank(char letter)
{
    return letter && strchr(blanks, letter);
}

static char *problem_with(const char *what, const json_error_t *fault)
{
    return tool_print("%s is broken JSON: %s", what, fault->text);
}

/* ---- whole JSON */

static char *read_object(const json_t *object, struct tool_line *line)
{
    const json_t *name = json_object_get(object, "object");
    json_t *value = json_object_get(object, "value");
    if (json_object_size(object) != 2 || !json_is_string(name) || !value)
        return tool_copy("{\"object\": NAME, \"value\": V} is wanted");
    *line = (struct tool_line){TOOL_LINE_OBJECT, tool_copy(json_string_value(name)), json_incref(value)};
    return NULL;
}

static char *read_event(const json_t *object, struct tool_line *line)
{
    const json_t *name = json_object_get(object, "event");
    json_t *args = json_object_get(object, "args");
    size_t known = 1 + (args != NULL);
    if (json_object_size(object) != known || !json_is_string(name) || (args && !json_is_array(args)))
        return tool_copy("{\"event\": NAME, \"args\": [...]} is wanted");
    *line = (struct tool_line){TOOL_LINE_EVENT, tool_copy(json_string_value(name)),
                               args ? json_incref(args) : json_array()};
    return NULL;
}

static char *parse_json(const char *text, size_t size, struct tool_line *line)
{
    json_error_t fault;
    json_t *object = json_loadb(text, size, 0, &fault);
    if (!object)
        return problem_with("the line", &fault);
    char *wrong = json_object_get(object, "event") ? read_event(object, line) : read_object(object, line);
    json_decref(object);
    return wrong;
}

/* ---- short lines */

/* By the rules of ARG: JSON if it parses; a string unless it looks like JSON. */
static char *read_value(const char *what, const char *text, size_t size, json_t **ret_value)
{
    json_error_t fault;
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY, &fault);
    if (!value && size > 0 && strchr("{[\"", *text))
        return problem_with(what, &fault);
    if (!value)
        value = json_stringn(text, size);
    if (!value)
        return tool_copy("not UTF-8");
    *ret_value = value;
    return NULL;
}

/* How much of the text the next argument takes: up to a blank, or, if it begins as JSON does, to where that ends. */
static size_t argument_size(const char *text, size_t size)
{
    size_t word = 0;
    while (word < size && !is_blank(text[word]))
        word++;
    if (!strchr("{[\"", *text))
        return word;
    json_error_t fault;
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &fault);
    if (!value)
        return size; /* broken: all of it is shown to be */
    json_decref(value);
    size_t end = (size_t)fault.position;
    return end == size || is_blank(text[end]) ? end : size;
}

static char *parse_arguments(const char *text, size_t size, json_t *args)
{
    for (size_t at = 0; at < size;) {
        if (is_blank(text[at])) {
            at++;
            continue;
        }
        json_t *value = NULL;
        size_t length = argument_size(text + at, size - at);
        char *wrong = read_value("an argument", text + at, length, &value);
        if (wrong)
            return wrong;
        if (json_array_append_new(args, value) < 0)
            tool_out_of_memory();
        at += length;
    }
    return NULL;
}

static char *parse_short(const char *text, size_t size, struct tool_line *line)
{
    size_t name = 0;
    while (name < size && !is_blank(text[name]) && text[name] != '=')
        name++;
    if (name == 0)
        return tool_copy("the name is missing");
    json_t *value = NULL;
    char *wrong = NULL;
    bool object = name < size && text[name] == '=';
    if (object) {
        wrong = read_value("the value", text + name + 1, size - name - 1, &value);
    } else {
        value = json_array();
        if (!value)
            tool_out_of_memory();
        wrong = parse_arguments(text + name, size - name, value);
    }
    if (wrong) {
        json_decref(value);
        return wrong;
    }
    *line = (struct tool_line){object ? TOOL_LINE_OBJECT : TOOL_LINE_EVENT, tool_copy_part(text, name), value};
    return NULL;
}

char *tool_line_parse(const char *text, size_t size, struct tool_line *ret_line)
{
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    while (size > 0 && is_blank(*text)) {
        text++;
        size--;
    }
    if (size == 0) {
        *ret_line = (struct tool_line){TOOL_LINE_BLANK, NULL, NULL};
        return NULL;
    }
    if (memchr(text, '\0', size))
        return tool_copy("there is a NUL byte in it");
    return *text == '{' ? parse_json(text, size, ret_line) : parse_short(text, size, ret_line);
}

void tool_line_deinit(struct tool_line *line)
{
    free(line->name);
    json_decref(line->value);
    *line = (struct tool_line){0};
}
