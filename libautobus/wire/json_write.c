/*
 * Owns the writing of JSON text. Must not know what any text is for.
 *
 * Nothing here recurses: nesting costs heap and not stack, so a thread with a small stack is safe.
 */
#include "wire/json.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define COMPACT (-1)

struct level {
    const json_t *container;
    void *key;    /* of an object: iterator at the next member */
    size_t index; /* of an array: the next element */
    bool begun;   /* something was written in it */
};

struct writer {
    struct ab_buffer *out;
    size_t depth;
    int indent;           /* spaces a level, or COMPACT */
    struct level *levels; /* outermost first: `shallow`, or a block for those that are deeper */
    size_t open, room;
    struct level shallow[8];
};

static int write_escape(struct ab_buffer *out, unsigned char byte)
{
    switch (byte) {
    case '"': return ab_buffer_append(out, "\\\"", 2);
    case '\\': return ab_buffer_append(out, "\\\\", 2);
    case '\b': return ab_buffer_append(out, "\\b", 2);
    case '\f': return ab_buffer_append(out, "\\f", 2);
    case '\n': return ab_buffer_append(out, "\\n", 2);
    case '\r': return ab_buffer_append(out, "\\r", 2);
    case '\t': return ab_buffer_append(out, "\\t", 2);
    default: return ab_buffer_append_format(out, "\\u%04X", byte);
    }
}

static int write_string(struct ab_buffer *out, const char *text, size_t size)
{
    const char *end = text + size, *plain = text;
    int result = ab_buffer_append(out, "\"", 1);

    for (const char *at = text; result == 0; at++) {
        unsigned char byte;

        at += ab_json_plain(at, (size_t)(end - at));
        if (at == end)
            break;
        byte = (unsigned char)*at;
        if (byte >= 0x80)
            continue;
        result = ab_buffer_append(out, plain, (size_t)(at - plain));
        if (result == 0)
            result = write_escape(out, byte);
        plain = at + 1;
    }
    if (result == 0)
        result = ab_buffer_append(out, plain, (size_t)(end - plain));
    return result < 0 ? result : ab_buffer_append(out, "\"", 1);
}

/* Checked; most texts need nothing more than their quotes. AB_EINVAL: not UTF-8. */
static int write_text(struct ab_buffer *out, const char *text, size_t size)
{
    char *place;

    if (ab_json_plain(text, size) < size)
        return ab_json_valid_utf8(text, size) ? write_string(out, text, size) : AB_EINVAL;
    place = ab_buffer_reserve(out, size + 2);
    if (!place)
        return AB_ENOMEM;
    place[0] = '"';
    memcpy(place + 1, text, size);
    place[size + 1] = '"';
    ab_buffer_commit(out, size + 2);
    return 0;
}

int ab_json_write_string(struct ab_buffer *out, const char *text, size_t size)
{
    size_t before = ab_buffer_size(out);
    int result;

    result = write_text(out, text, size);
    if (result < 0)
        ab_buffer_truncate(out, before);
    return result;
}

/* The fewest digits that read back the same. Every decimal of 15 digits survives a normal double, so fewer are worth
 * trying for subnormal ones only. The C library prints and reads by one locale, so the comparison holds in any. */
static void real_print(double real, char *text, size_t size)
{
    int digits = fabs(real) < DBL_MIN ? 1 : DBL_DIG;

    do
        snprintf(text, size, "%.*g", digits, real);
    while (++digits <= DBL_DECIMAL_DIG && strtod(text, NULL) != real);
}

/* What "%g" printed in some locale becomes JSON: the decimal point, of one byte or several, is '.'; the exponent loses
 * '+' and leading zeroes; and what would read back as an integer gets ".0". */
static int write_real(struct ab_buffer *out, double real)
{
    char printed[64], text[64];
    size_t size = 0;
    bool is_real = false;

    if (!isfinite(real))
        return AB_EINVAL;
    real_print(real, printed, sizeof(printed));
    for (const char *at = printed; *at; at++) {
        if (*at == 'e') {
            text[size++] = 'e';
            is_real = true;
            if (at[1] == '-')
                text[size++] = '-';
            at++; /* "%g" always writes the sign */
            while (at[1] == '0')
                at++;
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            text[size++] = *at;
        } else if (!is_real) {
            text[size++] = '.';
            is_real = true;
        }
    }
    if (!is_real) {
        text[size++] = '.';
        text[size++] = '0';
    }
    return ab_buffer_append(out, text, size);
}

static int write_integer(struct ab_buffer *out, json_int_t integer)
{
    int result = integer < 0 ? ab_buffer_append(out, "-", 1) : 0;

    return result < 0 ? result : ab_buffer_append_digits(out, integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer);
}

static int write_scalar(struct ab_buffer *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return write_text(out, json_string_value(value), json_string_length(value));
    case JSON_INTEGER: return write_integer(out, json_integer_value(value));
    case JSON_REAL: return write_real(out, json_real_value(value));
    case JSON_TRUE: return ab_buffer_append(out, "true", 4);
    case JSON_FALSE: return ab_buffer_append(out, "false", 5);
    default: return ab_buffer_append(out, "null", 4);
    }
}

static struct level *writer_innermost(struct writer *writer)
{
    return &writer->levels[writer->open - 1];
}

static int writer_deepen(struct writer *writer)
{
    size_t size = writer->room * sizeof(struct level);
    struct level *levels = ab_malloc(2 * size);

    if (!levels)
        return AB_ENOMEM;
    memcpy(levels, writer->levels, size);
    if (writer->levels != writer->shallow)
        ab_free(writer->levels);
    writer->levels = levels;
    writer->room *= 2;
    return 0;
}

static int writer_open(struct writer *writer, const json_t *container)
{
    bool object = json_is_object(container);
    struct level level = {.container = container, .key = object ? json_object_iter((json_t *)container) : NULL};

    if (writer->open >= writer->depth)
        return AB_ETOOLARGE;
    if (writer->open == writer->room && writer_deepen(writer) < 0)
        return AB_ENOMEM;
    writer->levels[writer->open++] = level;
    return ab_buffer_append(writer->out, object ? "{" : "[", 1);
}

static int writer_break_line(struct writer *writer)
{
    size_t spaces;
    char *place;

    spaces = writer->open * (size_t)writer->indent;
    place = ab_buffer_reserve(writer->out, spaces + 1);
    if (!place)
        return AB_ENOMEM;
    place[0] = '\n';
    memset(place + 1, ' ', spaces);
    ab_buffer_commit(writer->out, spaces + 1);
    return 0;
}

static int writer_close(struct writer *writer)
{
    struct level level = *writer_innermost(writer);
    int result;

    writer->open--;
    result = level.begun && writer->indent != COMPACT ? writer_break_line(writer) : 0;
    return result < 0 ? result : ab_buffer_append(writer->out, json_is_object(level.container) ? "}" : "]", 1);
}

static int writer_key(struct writer *writer, const char *key)
{
    int result = ab_json_write_string(writer->out, key, strlen(key));

    return result < 0 ? result : ab_buffer_append(writer->out, ": ", writer->indent == COMPACT ? 1 : 2);
}

static int writer_value(struct writer *writer, const json_t *value)
{
    return json_is_object(value) || json_is_array(value) ? writer_open(writer, value)
                                                         : write_scalar(writer->out, value);
}

/* Writes the next member or element of the innermost container, or closes it. */
static int writer_step(struct writer *writer)
{
    struct level *level = writer_innermost(writer);
    const json_t *child;
    const char *key = NULL;
    int result;

    if (json_is_object(level->container)) {
        child = level->key ? json_object_iter_value(level->key) : NULL;
        if (child) {
            key = json_object_iter_key(level->key);
            level->key = json_object_iter_next((json_t *)level->container, level->key);
        }
    } else {
        child = json_array_get(level->container, level->index++);
    }
    if (!child)
        return writer_close(writer);
    result = level->begun ? ab_buffer_append(writer->out, ",", 1) : 0;
    level->begun = true;
    if (result == 0 && writer->indent != COMPACT)
        result = writer_break_line(writer);
    if (result == 0 && key)
        result = writer_key(writer, key);
    return result < 0 ? result : writer_value(writer, child);
}

static int write_all(struct ab_buffer *out, const json_t *value, size_t depth, int indent)
{
    struct writer writer;
    size_t before = ab_buffer_size(out);
    int result;

    writer.out = out;
    writer.depth = depth;
    writer.indent = indent;
    writer.levels = writer.shallow;
    writer.open = 0;
    writer.room = sizeof(writer.shallow) / sizeof(*writer.shallow);
    result = writer_value(&writer, value);
    while (result == 0 && writer.open > 0)
        result = writer_step(&writer);
    if (writer.levels != writer.shallow)
        ab_free(writer.levels);
    if (result < 0)
        ab_buffer_truncate(out, before);
    return result;
}

int ab_json_write(struct ab_buffer *out, const json_t *value, size_t depth)
{
    return write_all(out, value, depth, COMPACT);
}

int ab_json_write_pretty(struct ab_buffer *out, const json_t *value, size_t depth, unsigned indent)
{
    return write_all(out, value, depth, (int)indent);
}

int ab_json_encode(const json_t *value, size_t depth, struct ab_text **ret_text)
{
    struct ab_buffer buffer = AB_BUFFER_INIT;
    struct ab_text *text;
    int result = ab_text_begin(&buffer);

    if (result == 0)
        result = ab_json_write(&buffer, value, depth);
    if (result < 0) {
        ab_buffer_deinit(&buffer);
        return result;
    }
    text = ab_text_end(&buffer);
    if (!text)
        return AB_ENOMEM;
    *ret_text = text;
    return 0;
}
