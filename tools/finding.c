/*
 * Owns how findings look. Must not know what is checked.
 */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "message.h"
#include "output.h"
#include "text.h"

static const struct {
    const char *name; /* for programs */
    const char *sign; /* for people */
    enum tool_paint paint;
} statuses[] = {
    [TOOL_FINDING_OK] = {"ok", "ok     ", TOOL_GREEN},
    [TOOL_FINDING_WARNING] = {"warning", "warning", TOOL_YELLOW},
    [TOOL_FINDING_FAILURE] = {"failure", "FAILURE", TOOL_RED},
};

static json_t *string_of(const char *text)
{
    json_t *string = json_stringn_nocheck(text, strlen(text));
    if (!string)
        tool_out_of_memory();
    return string;
}

static void print_json(const char *check, enum tool_finding_status status, const char *remedy, const char *text,
                       const json_t *more)
{
    json_t *object = json_object();
    if (json_object_set_new(object, "check", string_of(check)) < 0 ||
        json_object_set_new(object, "status", string_of(statuses[status].name)) < 0 ||
        json_object_set_new(object, "text", string_of(text)) < 0 ||
        (remedy && json_object_set_new(object, "remedy", string_of(remedy)) < 0) ||
        (more && json_object_update(object, (json_t *)more) < 0))
        tool_out_of_memory();
    tool_output_json(NULL, object, 0);
    json_decref(object);
}

static void print_text(enum tool_finding_status status, const char *remedy, const char *text)
{
    char *line = tool_print("%s%s%s  %s%s%s", tool_paint(statuses[status].paint), statuses[status].sign,
                            tool_paint(TOOL_PLAIN), text, remedy ? "\n           " : "", remedy ? remedy : "");
    tool_output_text(line);
    free(line);
}

void tool_finding(struct tool_findings *findings, const char *check, enum tool_finding_status status, json_t *more,
                  const char *remedy, const char *format, ...)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    char *text = tool_writer_close(&writer);
    char *safe = tool_escape(text, strlen(text), 0); /* names come from the network */
    findings->counts[status]++;
    if (status != TOOL_FINDING_OK || !findings->quiet) {
        if (findings->json)
            print_json(check, status, remedy, safe, more);
        else
            print_text(status, remedy, safe);
    }
    json_decref(more);
    free(safe);
    free(text);
}
