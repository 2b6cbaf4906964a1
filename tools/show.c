/*
 * Owns the layout of services for people. Every text from the network is escaped here, so a line stays a line. A missing
 * word is "-": each line has the same columns, and the id is the last.
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "names.h"
#include "routes.h"
#include "service.h"
#include "signature.h"
#include "text.h"

static const char *const columns[] = {"type", "name", "hostname"};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

static char *escaped(const char *text)
{
    return tool_escape(text, strlen(text), 0);
}

static char *column_text(const json_t *entry, size_t column)
{
    const char *text = tool_service_text(entry, columns[column]);
    return escaped(text && *text ? text : "-");
}

void tool_show_measure(struct tool_show *show, const json_t *entry)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        char *text = column_text(entry, i);
        size_t width = tool_width(text);
        if (width > show->widths[i])
            show->widths[i] = width;
        free(text);
    }
}

static void write_padded(FILE *out, const char *text, size_t width)
{
    size_t own = tool_width(text);
    fprintf(out, "%s%*s", text, (int)(own < width ? width - own : 0), "");
}

static void write_head(FILE *out, const struct tool_show *show, const json_t *entry, const struct tool_show_mark *mark)
{
    const char *plain = tool_paint(TOOL_PLAIN);
    if (mark)
        fprintf(out, "%s%c%s %s  ", tool_paint(mark->paint), mark->sign, plain, mark->time);
    for (size_t i = 0; i < COLUMNS; i++) {
        char *text = column_text(entry, i);
        fputs(i < 2 ? tool_paint(TOOL_BOLD) : "", out);
        write_padded(out, text, show->widths[i]);
        fprintf(out, "%s  ", i < 2 ? plain : "");
        free(text);
    }
    char *id = escaped(json_string_value(json_object_get(entry, "service")));
    fprintf(out, "%s%s%s", tool_paint(TOOL_DIM), id, plain);
    free(id);
}

static void write_routes(FILE *out, const json_t *entry, bool preferred)
{
    size_t i = 0;
    json_t *route = NULL;
    json_array_foreach(json_object_get(entry, "routes"), i, route)
    {
        const char *host = json_string_value(json_object_get(route, "host"));
        if (!host || json_is_true(json_object_get(route, "preferred")) != preferred)
            continue;
        char *text = escaped(host);
        fprintf(out, "  %s:%lld", text, (long long)json_integer_value(json_object_get(route, "port")));
        free(text);
    }
}

/* ---- with --verbose */

static void write_doc(FILE *out, const char *doc)
{
    for (const char *line = doc; *line;) {
        size_t size = strcspn(line, "\n");
        char *text = tool_escape(line, size, 0);
        fprintf(out, "\n    %s", text);
        free(text);
        line += size + (line[size] == '\n');
    }
}

static bool is_shown_elsewhere(const char *key)
{
    static const char *const keys[] = {"type", "name", "hostname", "host", "port", "service"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static void write_info(FILE *out, const json_t *info)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)info, key, value)
    {
        if (is_shown_elsewhere(key))
            continue;
        char *name = escaped(key);
        char *json = json_is_string(value) ? NULL : tool_json_text(value, 0);
        char *text = escaped(json ? json : json_string_value(value));
        fprintf(out, "\n    info      %s=%s", name, text);
        free(text);
        free(json);
        free(name);
    }
}

enum { WIDEST_PADDED = 40 }; /* one long signature does not push the documentation of all to the right */

/* Escaped; the caller frees it. */
static char *signature_of(const json_t *listed, const char *name)
{
    char *plain = tool_signature(name, json_object_get(listed, name));
    char *text = escaped(plain);
    free(plain);
    return text;
}

static size_t widest(const json_t *listed, const char *const *names)
{
    size_t most = 0;
    for (; *names; names++) {
        char *text = signature_of(listed, *names);
        size_t width = tool_width(text);
        most = width > most && width <= WIDEST_PADDED ? width : most;
        free(text);
    }
    return most;
}

static void write_signature(FILE *out, const char *text, const char *doc, size_t width)
{
    if (doc && *doc) {
        char *line = tool_escape(doc, strcspn(doc, "\n"), 0);
        write_padded(out, text, width);
        fprintf(out, "  %s%s%s", tool_paint(TOOL_DIM), line, tool_paint(TOOL_PLAIN));
        free(line);
    } else {
        fputs(text, out);
    }
}

/* "function" and so on, a line each, with the first line of its documentation. */
static void write_list(FILE *out, const char *kind, const json_t *listed)
{
    const char **names = tool_names(listed);
    size_t width = widest(listed, names);
    for (const char **name = names; *name; name++) {
        char *text = signature_of(listed, *name);
        fprintf(out, "\n    %-8s  ", kind);
        write_signature(out, text, json_string_value(json_object_get(json_object_get(listed, *name), "doc")), width);
        free(text);
    }
    free(names);
}

static void write_error(FILE *out, const json_t *error)
{
    const char *why = json_string_value(json_object_get(error, "text"));
    if (!why)
        return;
    char *text = escaped(why);
    fprintf(out, "\n    %serror%s     what it offers is not known: %s", tool_paint(TOOL_BOLD), tool_paint(TOOL_PLAIN),
            text);
    free(text);
}

static json_int_t counter(const json_t *counters, const char *group, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(counters, group), name));
}

/* Of its round trips. */
static double milliseconds(const json_t *counters, const char *name)
{
    return (double)counter(counters, "round_trip", name) / 1000;
}

/* What matters of its counters to somebody who looks whether all is well: what is nought says nothing. */
static void write_bus(FILE *out, const json_t *bus)
{
    static const struct {
        const char *group, *name, *one, *many;
    } told[] = {
        {"inbound", "now", "client", "clients"},
        {"inbound", "cut_off", "client cut off", "clients cut off"},
        {"callbacks", "cut_off", "listener cut off", "listeners cut off"},
        {"inbound", "refused", "client refused", "clients refused"},
        {"requests", "answered", "call answered", "calls answered"},
        {"requests", "failed", "call failed", "calls failed"},
        {"requests", "now", "call under way", "calls under way"},
        {"bytes", "waiting", "byte waiting", "bytes waiting"},
        {"callbacks", "waiting", "callback waiting", "callbacks waiting"},
        {"values", "merged", "value replaced by a newer one", "values replaced by newer ones"},
        {"messages", "bad", "bad line", "bad lines"},
        {"datagrams", "foreign", "foreign datagram dropped", "foreign datagrams dropped"},
        {"datagrams", "malformed", "bad datagram dropped", "bad datagrams dropped"},
        {"datagrams", "too_large", "long datagram dropped", "long datagrams dropped"},
        {"datagrams", "unsent", "datagram not sent", "datagrams not sent"},
    };
    const json_t *counters = json_object_get(bus, "counters");
    if (!bus)
        return;
    fprintf(out, "\n    bus       answers in %.2f ms", json_real_value(json_object_get(bus, "answer_ms")));
    if (counter(counters, "round_trip", "count") > 0)
        fprintf(out, ", is answered by others in %.2f ms, at most %.2f", milliseconds(counters, "mean_us"),
                milliseconds(counters, "most_us"));
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        json_int_t count = counter(counters, told[i].group, told[i].name) - (i == 0); /* who asks is a client too */
        if (count > 0)
            fprintf(out, ", %lld %s", (long long)count, count == 1 ? told[i].one : told[i].many);
    }
}

static void write_details(FILE *out, const json_t *entry)
{
    const char *doc = json_string_value(json_object_get(entry, "doc"));
    if (doc)
        write_doc(out, doc);
    write_info(out, json_object_get(entry, "info"));
    write_bus(out, json_object_get(entry, "bus"));
    write_error(out, json_object_get(entry, "error"));
    write_list(out, "function", json_object_get(entry, "functions"));
    write_list(out, "event", json_object_get(entry, "events"));
    write_list(out, "object", json_object_get(entry, "objects"));
}

void tool_show_entry(struct tool_show *show, const json_t *entry, const struct tool_show_mark *mark, bool whole)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    tool_show_measure(show, entry);
    write_head(out, show, entry, mark);
    if (whole && show->routes) {
        tool_routes_write(out, entry);
    } else if (whole) {
        fprintf(out, "\n  %s", tool_paint(TOOL_DIM));
        write_routes(out, entry, true);
        write_routes(out, entry, false);
        fputs(tool_paint(TOOL_PLAIN), out);
    }
    if (whole && show->verbose)
        write_details(out, entry);
    char *text = tool_writer_close(&writer);
    tool_output_text(text);
    free(text);
}
