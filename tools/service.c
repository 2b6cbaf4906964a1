/*
 * Owns names for services: labels, their order, the filter that tells one from the others, and the term that may have
 * been meant. Pure.
 */
#include "service.h"

#include <autobus2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "message.h"
#include "nearest.h"
#include "names.h"
#include "output.h"
#include "target.h"
#include "text.h"

const char *tool_service_text(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(json_object_get(entry, "info"), key));
}

bool tool_service_is_added(const char *key)
{
    return strcmp(key, "host") == 0 || strcmp(key, "port") == 0 || strcmp(key, "service") == 0;
}

char *tool_service_label(const json_t *info, const char *service)
{
    const char *name = json_string_value(json_object_get(info, "name"));
    const char *type = json_string_value(json_object_get(info, "type"));
    const char *hostname = json_string_value(json_object_get(info, "hostname"));
    if (name && *name)
        return tool_print("%s", name);
    if (type && hostname)
        return tool_print("%s@%s", type, hostname);
    return tool_print("%s", service);
}

/* ---- order */

static int compare_texts(const char *one, const char *other)
{
    if (!one || !other)
        return !!other - !!one; /* those without come last */
    return strcmp(one, other);
}

static int compare_entries(const void *one, const void *other)
{
    static const char *const keys[] = {"type", "name", "hostname"};
    const json_t *first = *(json_t *const *)one, *second = *(json_t *const *)other;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int order = compare_texts(tool_service_text(first, keys[i]), tool_service_text(second, keys[i]));
        if (order)
            return order;
    }
    return compare_texts(json_string_value(json_object_get(first, "service")),
                         json_string_value(json_object_get(second, "service")));
}

void tool_service_sort(json_t *entries)
{
    size_t count = json_array_size(entries);
    json_t **sorted = tool_make(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_incref(json_array_get(entries, i));
    qsort(sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(entries, i, sorted[i]);
    free(sorted);
}

/* ---- telling apart */

/* What the library matches a filter with: the info with the id in it. Borrowed parts, an object of its own. */
static json_t *match_info(const json_t *entry)
{
    json_t *info = json_copy(json_object_get(entry, "info"));
    if (!info || json_object_set(info, "service", json_object_get(entry, "service")) < 0)
        tool_out_of_memory();
    return info;
}

static bool matches(const autobus_filter *filter, const json_t *entry)
{
    json_t *info = match_info(entry);
    bool result = autobus_filter_match(filter, info);
    json_decref(info);
    return result;
}

static bool picks_one(const char *term, const json_t *entries, size_t index)
{
    autobus_filter *filter = NULL;
    if (autobus_filter_parse(term, &filter, NULL) < 0)
        return false;
    bool picks = true;
    for (size_t i = 0; picks && i < json_array_size(entries); i++)
        picks = matches(filter, json_array_get(entries, i)) == (i == index);
    autobus_filter_unref(filter);
    return picks;
}

static bool is_printable(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f || *text == '\\')
            return false;
    }
    return true;
}

/* key=value as a filter has it. */
static char *write_term(const char *key, const char *text)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    fprintf(out, "%s=", key);
    for (const char *at = text; *at; at++)
        fprintf(out, "%s%c", *at == ',' || *at == '\\' ? "\\" : "", *at);
    return tool_writer_close(&writer);
}

static bool is_plain_key(const char *key)
{
    return is_printable(key) && !strpbrk(key, "=!~?, ");
}

/* NULL if it cannot be typed into a shell with ease. */
static char *term_of(const char *key, const json_t *value)
{
    if (!is_plain_key(key) || json_is_object(value) || json_is_array(value))
        return NULL;
    char *text = json_is_string(value) ? tool_print("%s", json_string_value(value)) : tool_json_text(value, 0);
    char *term = is_printable(text) ? write_term(key, text) : NULL;
    free(text);
    return term;
}

/* Takes `term` if it picks the entry and is shorter than what there is. Owns the term. */
static void offer(char **best, char *term, const json_t *entries, size_t index)
{
    bool better = term && (!*best || strlen(term) < strlen(*best)) && picks_one(term, entries, index);
    if (better) {
        free(*best);
        *best = term;
    } else {
        free(term);
    }
}

/* What people name things by comes first, then the shortest of the rest. */
static char *best_term(const json_t *entries, size_t index)
{
    static const char *const preferred[] = {"name", "hostname"};
    const json_t *info = json_object_get(json_array_get(entries, index), "info");
    char *best = NULL;
    for (size_t i = 0; !best && i < sizeof preferred / sizeof preferred[0]; i++) {
        const json_t *value = json_object_get(info, preferred[i]);
        if (value)
            offer(&best, term_of(preferred[i], value), entries, index);
    }
    if (best)
        return best;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)info, key, value)
    {
        if (!tool_service_is_added(key))
            offer(&best, term_of(key, value), entries, index);
    }
    return best;
}

char *tool_service_distinguish(const json_t *entries, size_t index, const char *text)
{
    char *term = best_term(entries, index);
    if (!term) /* the id needs no other term */
        return write_term("service", json_string_value(json_object_get(json_array_get(entries, index), "service")));
    char *whole = text && *text ? tool_print("%s,%s", text, term) : tool_print("%s", term);
    free(term);
    return whole;
}

/* ---- what may have been meant. Candidates are an object: what is compared with what was written, and the term. */

static void add_candidate(json_t *candidates, const char *text, const char *term)
{
    if (json_object_set_new(candidates, text, json_string(term)) < 0)
        tool_out_of_memory();
}

/* The values that the entries have under a key, compared as a filter has them. */
static void add_values(json_t *candidates, const json_t *entries, const char *key)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *value = json_object_get(json_object_get(json_array_get(entries, i), "info"), key);
        char *term = value ? term_of(key, value) : NULL;
        if (term)
            add_candidate(candidates, term + strlen(key) + 1, term);
        free(term);
    }
}

/* The keys that the entries have; `rest` is what goes on in the term: =value. */
static void add_keys(json_t *candidates, const json_t *entries, const char *rest)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const char *key = NULL;
        json_t *value = NULL;
        json_object_foreach(json_object_get(json_array_get(entries, i), "info"), key, value)
        {
            char *term = tool_print("%s%s", key, rest);
            if (is_plain_key(key))
                add_candidate(candidates, key, term);
            free(term);
        }
    }
}

static char *nearest_of(const json_t *candidates, const char *written)
{
    struct tool_nearest nearest = TOOL_NEAREST_INIT(written);
    const char **names = tool_names(candidates);
    for (const char **each = names; *each; each++)
        tool_nearest_offer(&nearest, *each);
    free(names);
    return nearest.best ? tool_copy(json_string_value(json_object_get(candidates, nearest.best))) : NULL;
}

/* A word is a type, and can be written so; who says one may think of a name. */
static char *nearest_to_word(json_t *candidates, const json_t *entries, const char *word)
{
    add_values(candidates, entries, "hostname");
    add_values(candidates, entries, "name");
    add_values(candidates, entries, "type");
    char *term = nearest_of(candidates, word);
    if (!term || strncmp(term, "type=", 5) != 0 || strpbrk(term + 5, "=~?!:, "))
        return term;
    memmove(term, term + 5, strlen(term + 5) + 1);
    return term;
}

/* key=value: another value of the key, or where nobody has the key, another key. */
static char *nearest_to_pair(json_t *candidates, const json_t *entries, const char *term, size_t key_size)
{
    char *key = tool_copy_part(term, key_size);
    char *nearest = NULL;
    if (!tool_service_is_added(key)) /* those of one tell nothing of another */
        add_values(candidates, entries, key);
    if (json_object_size(candidates) > 0) {
        nearest = nearest_of(candidates, term + key_size + 1);
    } else {
        add_keys(candidates, entries, term + key_size);
        nearest = nearest_of(candidates, key);
    }
    free(key);
    return nearest;
}

static char *nearest_to_term(const json_t *entries, const char *term)
{
    size_t key_size = strcspn(term, "=~?!");
    char *nearest = NULL;
    if (!tool_is_utf8(term))
        return NULL;
    json_t *candidates = json_object();
    if (!candidates)
        tool_out_of_memory();
    if (!term[key_size])
        nearest = nearest_to_word(candidates, entries, term);
    else if (term[key_size] == '=')
        nearest = nearest_to_pair(candidates, entries, term, key_size);
    json_decref(candidates);
    if (!nearest || strcmp(nearest, term) != 0)
        return nearest;
    free(nearest); /* there is such a one: it is another term that fits none */
    return NULL;
}

char *tool_service_nearest(const json_t *entries, const char *filter)
{
    char *nearest = NULL, *term = NULL;
    while (!nearest && (term = tool_target_take_term(&filter))) {
        nearest = nearest_to_term(entries, term);
        free(term);
    }
    return nearest;
}
