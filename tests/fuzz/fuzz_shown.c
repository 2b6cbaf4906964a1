/*
 * What a terminal is shown of what came from the network: the first byte is its width, each line after it an info or a
 * value of a service. Whatever they hold, what is shown is fit for a terminal; JSON stays the same JSON; and the term that
 * tells a service from the others is a filter that does so.
 */
#include "fuzz/fuzz.h"

#include <autobus2.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/escape.h"
#include "../../tools/message.h"
#include "../../tools/output.h"
#include "../../tools/service.h"
#include "../../tools/signature.h"
#include "../../tools/table.h"
#include "fuzz/terminal.h"
#include "wire/json.h"

#define MOST_ROWS 12
#define DEPTH     16 /* of what a peer can say */
#define TOKENS    256

static void die(void)
{
    abort(); /* there is memory enough */
}

static void check_shown(char *text, bool lines)
{
    fuzz_check_shown(text, strlen(text), lines);
    free(text);
}

/* ---- Texts */

static void check_text(const char *text, size_t size)
{
    char *string = fuzz_string(text, size);
    json_t *utf8 = json_string(string);

    check_shown(tool_escape(text, size, 0), false);
    ck_assert_int_eq(tool_is_utf8(string), utf8 != NULL);
    json_decref(utf8);
    free(string);
}

/* As a shell reads it. */
static void check_quote(const char *text)
{
    char *quoted = tool_shell_quote(text), *plain = malloc(strlen(quoted) + 1), *to = plain;
    bool inside = false;

    for (const char *at = quoted; *at; at++) {
        if (*at == '\'')
            inside = !inside;
        else if (*at == '\\' && !inside)
            *to++ = *++at;
        else
            *to++ = *at;
    }
    *to = '\0';
    ck_assert(!inside);
    ck_assert_str_eq(plain, text);
    free(plain);
    free(quoted);
}

static void check_json(const json_t *value, unsigned indent)
{
    char *text = tool_json_text(value, indent), *escaped = tool_escape(text, strlen(text), TOOL_ESCAPE_LAYOUT);
    json_t *again = json_loads(escaped, JSON_DECODE_ANY, NULL);

    ck_assert_msg(json_equal(again, value), "%s", escaped);
    json_decref(again);
    free(text);
    check_shown(escaped, true);
}

static void check_signature(const char *name, const json_t *about)
{
    char *text = tool_signature(name, about), *escaped = tool_escape(text, strlen(text), 0);

    ck_assert(tool_is_utf8(text));
    ck_assert_uint_ge(strlen(text), strlen(name));
    free(text);
    check_shown(escaped, false);
}

static void check_width(const char *text, size_t columns)
{
    size_t fit = tool_fit(text, columns), width = tool_width(text);
    char *part = fuzz_string(text, fit);

    ck_assert_uint_le(tool_width(part), columns);
    ck_assert_int_eq(fit == strlen(text), width <= columns);
    free(part);
}

/* ---- Tables */

static void check_layout(const struct tool_table *table, size_t width)
{
    struct tool_table_lines lines = tool_table_layout(table, width);

    ck_assert_uint_eq(lines.count, table->count + 1);
    for (size_t i = 0; i < lines.count; i++) {
        fuzz_check_shown(lines.items[i].text, strlen(lines.items[i].text), false);
        check_width(lines.items[i].text, width);
    }
    tool_table_lines_deinit(&lines);
}

static void check_table(json_t *entries, size_t width)
{
    struct tool_table table = {0};
    json_t *entry;
    size_t index;

    json_array_foreach(entries, index, entry)
    {
        json_t *info = json_object_get(entry, "info");
        char *label = tool_service_label(info, "s");
        char *escaped = tool_escape(label, strlen(label), 0);
        tool_table_set(&table, json_string_value(json_object_get(entry, "service")), escaped,
                       json_object_get(info, "value") ? json_object_get(info, "value") : info);
        free(escaped);
        free(label);
        if (index % 4 == 3)
            tool_table_set_gone(&table, json_string_value(json_object_get(entry, "service")), (int64_t)index);
    }
    for (int step = 0; step < 3; step++) {
        check_layout(&table, 0);
        check_layout(&table, width);
        check_shown(tool_table_sort_name(&table), false);
        tool_table_move_sort(&table, 1);
        table.reverse = !table.reverse;
    }
    tool_table_expire(&table, 5);
    check_layout(&table, width);
    tool_table_deinit(&table);
}

/* ---- Services */

static bool picks(const autobus_filter *filter, const json_t *entry)
{
    json_t *info = json_copy(json_object_get(entry, "info"));
    json_object_set(info, "service", json_object_get(entry, "service"));
    bool picked = autobus_filter_match(filter, info);

    json_decref(info);
    return picked;
}

static bool is_filter(const char *text)
{
    autobus_filter *filter = NULL;
    bool good = autobus_filter_parse(text, &filter, NULL) == 0;

    autobus_filter_unref(filter);
    return good;
}

/* What may have been meant is a filter too. */
static void check_nearest(const json_t *entries, const char *written)
{
    char *term = is_filter(written) ? tool_service_nearest(entries, written) : NULL;

    ck_assert_msg(!term || is_filter(term), "%s", term);
    free(term);
}

static void check_distinguish(json_t *entries, size_t index)
{
    char *term = tool_service_distinguish(entries, index, NULL);
    autobus_filter *filter = NULL;
    json_t *entry;
    size_t i;

    ck_assert_msg(autobus_filter_parse(term, &filter, NULL) == 0, "%s", term);
    json_array_foreach(entries, i, entry) ck_assert_msg(picks(filter, entry) == (i == index), "%s", term);
    autobus_filter_unref(filter);
    term[strlen(term) - 1] = '\0'; /* as somebody may write it */
    check_nearest(entries, term);
    free(term);
}

/* A service for each line: what is no object is a value of it, and its id is in it or made up. */
static json_t *read_entries(struct ab_slice rest)
{
    json_t *entries = json_array();
    struct ab_slice line;

    while (json_array_size(entries) < MOST_ROWS && fuzz_line(&rest, &line)) {
        json_t *value = NULL;
        if (ab_json_parse(line.data, line.size, DEPTH, TOKENS, &value, NULL) < 0)
            value = json_object();
        json_t *info = json_is_object(value) ? json_incref(value) : json_pack("{s:O}", "value", value);
        const char *name = json_string_value(json_object_get(info, "id"));
        char id[300];
        snprintf(id, sizeof id, "%zu%.200s", json_array_size(entries), name ? name : "");
        json_t *service = json_string(id);
        if (!service) /* cut in a character */
            service = json_sprintf("%zu", json_array_size(entries));
        json_array_append_new(entries, json_pack("{s:o, s:o}", "service", service, "info", info));
        json_decref(value);
    }
    return entries;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t width = size > 0 ? data[0] % 200 : 0, index;
    struct ab_slice rest = {(const char *)data + (size > 0), size - (size > 0)};
    json_t *entries = read_entries(rest), *entry;
    char *text = fuzz_string(data, size);

    tool_message_init("fuzz");
    tool_message_before_death(die);
    check_text((const char *)data, size);
    check_quote(text);
    json_array_foreach(entries, index, entry)
    {
        check_json(json_object_get(entry, "info"), (unsigned)(index % 3));
        check_signature("name", json_object_get(entry, "info"));
        check_distinguish(entries, index);
    }
    check_nearest(entries, text);
    tool_service_sort(entries);
    check_table(entries, width);
    json_decref(entries);
    free(text);
    return 0;
}
