/*
 * Owns the recorded text and its comparison with what a test expects. Reads JSON by itself and only as far as it must
 * (the members of the outermost object), so that what is shown is what was sent, and nothing of the library is involved.
 */

#include "sim/transcript.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Longer values are shown by their size. */
#define LONGEST_VALUE 400

void sim_transcript_deinit(struct sim_transcript *transcript)
{
    for (size_t i = 0; i < transcript->alias_count; i++) {
        free(transcript->aliases[i].id);
        free(transcript->aliases[i].alias);
    }
    free(transcript->aliases);
    free(transcript->text);
    *transcript = (struct sim_transcript){.clock = transcript->clock};
}

void sim_transcript_clear(struct sim_transcript *transcript)
{
    free(transcript->text);
    transcript->text = NULL;
    transcript->size = 0;
    transcript->capacity = 0;
}

/* ---- Aliases */

void sim_transcript_alias(struct sim_transcript *transcript, const char *id, const char *alias)
{
    transcript->aliases = sim_grow(transcript->aliases, (transcript->alias_count + 1) * sizeof *transcript->aliases);
    transcript->aliases[transcript->alias_count++] = (struct sim_alias){sim_strdup(id), sim_strdup(alias)};
}

const char *sim_transcript_alias_of(const struct sim_transcript *transcript, const char *id)
{
    for (size_t i = 0; i < transcript->alias_count; i++)
        if (strcmp(transcript->aliases[i].id, id) == 0)
            return transcript->aliases[i].alias;
    return NULL;
}

static char *replace(char *text, const char *from, const char *to)
{
    char *found = text;
    while ((found = strstr(found, from))) {
        size_t before = (size_t)(found - text);
        char *next = sim_format("%.*s%s%s", (int)before, text, to, found + strlen(from));
        free(text);
        text = next;
        found = text + before + strlen(to);
    }
    return text;
}

void sim_transcript_add(struct sim_transcript *transcript, unsigned kind, const char *format, ...)
{
    if (!(transcript->kinds & kind))
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *line = sim_alloc((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(line, (size_t)length + 1, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < transcript->alias_count; i++)
        line = replace(line, transcript->aliases[i].id, transcript->aliases[i].alias);

    char *stamped = sim_format("%.3f %s\n", floor((double)transcript->clock->now / 1e3) / 1e3, line);
    size_t size = strlen(stamped);
    transcript->text = sim_grow_to(transcript->text, &transcript->capacity, transcript->size + size + 1);
    memcpy(transcript->text + transcript->size, stamped, size + 1);
    transcript->size += size;
    free(stamped);
    free(line);
}

/* ---- JSON, as far as the outermost object */

struct member {
    const char *key;
    size_t key_size;
    const char *value;
    size_t value_size;
};

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (depth == 0)
                return at;
            continue;
        }
        if (depth == 0 && (*at == ',' || *at == '}' || *at == ' '))
            return at;
        if (*at == '{' || *at == '[')
            depth++;
        if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return at;
}

/* The member at *at, which moves on; false at the end of the object. */
static bool next_member(const char **at, const char *end, struct member *member)
{
    const char *here = skip_space(*at, end);

    if (here < end && (*here == '{' || *here == ','))
        here = skip_space(here + 1, end);
    if (here >= end || *here != '"')
        return false;
    member->key = here + 1;
    here = skip_string(here, end);
    member->key_size = (size_t)(here - 1 - member->key);
    here = skip_space(here, end);
    if (here >= end || *here != ':')
        return false;
    member->value = skip_space(here + 1, end);
    here = skip_value(member->value, end);
    member->value_size = (size_t)(here - member->value);
    *at = here;
    return true;
}

static bool simple_string(const char *value, size_t size)
{
    if (size < 3 || value[0] != '"')
        return false;
    for (size_t i = 1; i + 1 < size; i++)
        if (!isalnum((unsigned char)value[i]) && !strchr("_-./:@", value[i]))
            return false;
    return true;
}

static char *copy_value(const struct member *member, bool plain)
{
    if (plain && member->value_size >= 2 && member->value[0] == '"')
        return sim_format("%.*s", (int)member->value_size - 2, member->value + 1);
    return sim_format("%.*s", (int)member->value_size, member->value);
}

char *sim_member(const char *object, size_t size, const char *key, bool plain)
{
    struct member member;
    const char *at = object;

    while (next_member(&at, object + size, &member))
        if (member.key_size == strlen(key) && memcmp(member.key, key, member.key_size) == 0)
            return copy_value(&member, plain);
    return NULL;
}

/* An error is shown by its type: its text is for people. */
static char *show_value(const struct member *member)
{
    bool error = member->key_size == 6 && memcmp(member->key, "_error", 6) == 0;
    char *type = error ? sim_member(member->value, member->value_size, "type", true) : NULL;

    if (type)
        return type;
    if (member->value_size > LONGEST_VALUE)
        return sim_format("<%zu bytes>", member->value_size);
    return copy_value(member, simple_string(member->value, member->value_size));
}

static char *append(char *text, char *more)
{
    char *both = sim_format("%s%s%s", text, *text ? " " : "", more);
    free(text);
    free(more);
    return both;
}

/* The word that a message begins with: "2? call", "2=", "! changed". */
static char *render_head(const char *text, size_t size)
{
    char *type = sim_member(text, size, "_type", false);
    char *id = sim_member(text, size, "_id", true);
    char *command = sim_member(text, size, "_command", true);
    if (!command)
        command = sim_member(text, size, "command", true);

    const char *mark = !type ? "" : *type == '1' ? "?" : *type == '2' ? "=" : *type == '3' ? "!" : "%";
    char *head = sim_format("%s%s%s%s", id ? id : "", mark, command && type ? " " : "", command ? command : "");
    free(type);
    free(id);
    free(command);
    return head;
}

char *sim_render(const char *text, size_t size, bool raw)
{
    struct member member;
    const char *at = text;
    const char *end = text + size;

    while (end > text && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\n'))
        end--;
    if (raw || end == text || *text != '{')
        return sim_format(raw ? "%.*s" : "'%.*s'", (int)(end - text), text);
    char *line = render_head(text, (size_t)(end - text));
    while (next_member(&at, end, &member)) {
        if (member.key[0] == '_' && member.key_size > 1 && memcmp(member.key, "_error", 6) != 0)
            continue;
        if (member.key_size == 7 && memcmp(member.key, "command", 7) == 0)
            continue;
        if (member.key_size == 8 && memcmp(member.key, "deadline", 8) == 0)
            continue; /* every call of ours has one */
        char *value = show_value(&member);
        line = append(line, sim_format("%.*s=%s", (int)member.key_size, member.key, value));
        free(value);
    }
    if (*skip_space(at, end) != '}')
        line = append(line, sim_format("'%.*s'", (int)(end - at), at));
    return line;
}

/* ---- Comparison */

static bool time_matches(const char *expected, const char *actual)
{
    char *end;

    if (strcmp(expected, "*") == 0)
        return true;
    double least = strtod(expected, &end);
    double most = *end == '-' ? strtod(end + 1, NULL) : least;
    double time = strtod(actual, NULL);
    return time > least - 0.0005 && time < most + 0.0005;
}

static bool line_matches(const char *expected, const char *actual)
{
    const char *expected_text = strchr(expected, ' ');
    const char *actual_text = strchr(actual, ' ');

    if (!expected_text || !actual_text)
        return strcmp(expected, actual) == 0;
    char *expected_time = sim_format("%.*s", (int)(expected_text - expected), expected);
    bool same_time = time_matches(expected_time, actual);
    free(expected_time);
    size_t size = strlen(expected_text);
    bool same_text = size > 3 && strcmp(expected_text + size - 3, "...") == 0
                         ? strncmp(expected_text, actual_text, size - 3) == 0
                         : strcmp(expected_text, actual_text) == 0;
    return same_time && same_text;
}

struct lines {
    char **line;
    size_t count;
};

static struct lines split(const char *text)
{
    struct lines lines = {NULL, 0};

    while (text && *text) {
        size_t size = strcspn(text, "\n");
        const char *start = text + strspn(text, " ");
        size_t kept = start < text + size ? (size_t)(text + size - start) : 0;
        if (kept > 0) {
            lines.line = sim_grow(lines.line, (lines.count + 1) * sizeof *lines.line);
            lines.line[lines.count++] = sim_format("%.*s", (int)kept, start);
        }
        text += size + (text[size] == '\n');
    }
    return lines;
}

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
}

/* Longest common subsequence from each place on, for print_difference. */
static unsigned *common_table(const struct lines *expected, const struct lines *actual)
{
    size_t width = actual->count + 1;
    unsigned *table = sim_alloc((expected->count + 1) * width * sizeof *table);

    for (size_t i = expected->count; i-- > 0;)
        for (size_t j = actual->count; j-- > 0;) {
            unsigned down = table[(i + 1) * width + j];
            unsigned right = table[i * width + j + 1];
            table[i * width + j] = line_matches(expected->line[i], actual->line[j]) ? table[(i + 1) * width + j + 1] + 1
                                                                                    : (down > right ? down : right);
        }
    return table;
}

static void print_difference(const struct lines *expected, const struct lines *actual)
{
    unsigned *table = common_table(expected, actual);
    size_t width = actual->count + 1;
    size_t i = 0, j = 0;

    while (i < expected->count || j < actual->count) {
        if (i < expected->count && j < actual->count && line_matches(expected->line[i], actual->line[j])) {
            fprintf(stderr, "    %s\n", actual->line[j]);
            i++, j++;
        } else if (j >= actual->count ||
                   (i < expected->count && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
            fprintf(stderr, "  - %s\n", expected->line[i++]);
        } else {
            fprintf(stderr, "  + %s\n", actual->line[j++]);
        }
    }
    free(table);
}

void sim_transcript_expect(struct sim_transcript *transcript, const char *expected_text, const char *file, int line)
{
    struct lines expected = split(expected_text);
    struct lines actual = split(transcript->text);
    bool same = expected.count == actual.count;

    for (size_t i = 0; same && i < expected.count; i++)
        same = line_matches(expected.line[i], actual.line[i]);
    if (!same) {
        fprintf(stderr, "%s:%d: the transcript differs (- expected, + seen):\n", file, line);
        print_difference(&expected, &actual);
    }
    lines_free(&expected);
    lines_free(&actual);
    if (!same)
        ck_abort_msg("%s:%d: the transcript differs", file, line);
    sim_transcript_clear(transcript);
}

static const char *find_line(const struct sim_transcript *transcript, const char *part, unsigned nth)
{
    for (const char *line = transcript->text; line && *line;) {
        size_t size = strcspn(line, "\n");
        char *copy = sim_format("%.*s", (int)size, line);
        bool found = strstr(copy, part);
        free(copy);
        if (found && nth-- == 0)
            return line;
        line += size + 1;
    }
    return NULL;
}

unsigned sim_transcript_count(const struct sim_transcript *transcript, const char *part)
{
    unsigned count = 0;

    while (find_line(transcript, part, count))
        count++;
    return count;
}

ab_time sim_transcript_time(const struct sim_transcript *transcript, const char *part, unsigned nth)
{
    const char *line = find_line(transcript, part, nth);

    return line ? (ab_time)llround(strtod(line, NULL) * 1e6) : -1;
}
