/*
 * Owns the short form of descriptions, which are fragments of JSON Schema. What it does not know of a schema is left out,
 * and what is no schema is "any". Pure.
 */
#include "signature.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "text.h"

enum { DEEPEST = 4 };

static void write_type(FILE *out, const json_t *schema, int depth);

static void write_json(FILE *out, const json_t *value)
{
    char *text = tool_json_text(value, 0);
    fputs(text, out);
    free(text);
}

/* Values, or names of types. */
static void write_choice(FILE *out, const json_t *choice, bool values)
{
    size_t i = 0;
    json_t *each = NULL;
    json_array_foreach((json_t *)choice, i, each)
    {
        fputs(i ? "|" : "", out);
        if (values || !json_is_string(each))
            write_json(out, each);
        else
            fputs(json_string_value(each), out);
    }
}

static void write_properties(FILE *out, const json_t *properties, int depth)
{
    const char *name = NULL, *between = "{";
    json_t *schema = NULL;
    json_object_foreach((json_t *)properties, name, schema)
    {
        fprintf(out, "%s%s: ", between, name);
        write_type(out, schema, depth + 1);
        between = ", ";
    }
    fputc('}', out);
}

static void write_range(FILE *out, const json_t *schema)
{
    const json_t *least = json_object_get(schema, "minimum"), *most = json_object_get(schema, "maximum");
    if (!json_is_number(least) && !json_is_number(most))
        return;
    fputc(' ', out);
    if (json_is_number(least))
        write_json(out, least);
    fputs("..", out);
    if (json_is_number(most))
        write_json(out, most);
}

static void write_type(FILE *out, const json_t *schema, int depth)
{
    const json_t *type = json_object_get(schema, "type");
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *items = json_object_get(schema, "items");
    const json_t *choice = json_object_get(schema, "enum");
    if (json_array_size(choice) > 0) {
        write_choice(out, choice, true);
    } else if (json_object_get(schema, "const")) {
        write_json(out, json_object_get(schema, "const"));
    } else if (depth < DEEPEST && json_is_object(items)) {
        write_type(out, items, depth + 1);
        fputs("[]", out);
    } else if (depth < DEEPEST && json_object_size(properties) > 0) {
        write_properties(out, properties, depth);
    } else if (json_array_size(type) > 0) {
        write_choice(out, type, false);
    } else {
        fputs(json_is_string(type) ? json_string_value(type) : "any", out);
        write_range(out, schema);
    }
}

static void write_args(FILE *out, const json_t *args)
{
    size_t i = 0;
    json_t *arg = NULL;
    fputc('(', out);
    json_array_foreach((json_t *)args, i, arg)
    {
        const char *name = json_string_value(json_object_get(arg, "name"));
        const char *mark = json_is_true(json_object_get(arg, "optional")) ? "?" : "";
        fputs(i ? ", " : "", out);
        if (name)
            fprintf(out, "%s%s: ", name, mark);
        write_type(out, arg, 0);
        fputs(name ? "" : mark, out);
    }
    fputc(')', out);
}

char *tool_signature(const char *name, const json_t *about)
{
    const json_t *args = json_object_get(about, "args");
    const json_t *result = json_object_get(about, "result");
    const json_t *value = json_object_get(about, "value");
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    fputs(name, out);
    if (json_is_array(args))
        write_args(out, args);
    else if (json_is_object(result))
        fputs("(...)", out);
    if (json_is_object(result)) {
        fputs(" -> ", out);
        write_type(out, result, 0);
    }
    if (json_is_object(value)) {
        fputs(": ", out);
        write_type(out, value, 0);
    }
    return tool_writer_close(&writer);
}
