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
    struct ab_pen pen;
    size_t depth;
    int indent;           /* spaces a level, or COMPACT */
    struct level *levels; /* outermost first: `shallow`, or a block for those that are deeper */
    size_t open, room;
    struct level shallow[8];
};

static void write_escape(struct ab_pen *pen, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    switch (byte) {
    case '"': AB_PEN_PUT(pen, "\\\""); break;
    case '\\': AB_PEN_PUT(pen, "\\\\"); break;
    case '\b': AB_PEN_PUT(pen, "\\b"); break;
    case '\f': AB_PEN_PUT(pen, "\\f"); break;
    case '\n': AB_PEN_PUT(pen, "\\n"); break;
    case '\r': AB_PEN_PUT(pen, "\\r"); break;
    case '\t': AB_PEN_PUT(pen, "\\t"); break;
    default:
        AB_PEN_PUT(pen, "\\u00");
        ab_pen_byte(pen, digits[byte >> 4]);
        ab_pen_byte(pen, digits[byte & 15]);
    }
}

/* What is between the quotes; it is UTF-8. */
static void write_escaped(struct ab_pen *pen, const char *text, size_t size)
{
    const char *end = text + size, *plain = text;

    for (const char *at = text;; at++) {
        at += ab_json_plain(at, (size_t)(end - at));
        if (at == end)
            break;
        if ((unsigned char)*at >= 0x80)
            continue;
        ab_pen_put(pen, plain, (size_t)(at - plain));
        write_escape(pen, (unsigned char)*at);
        plain = at + 1;
    }
    ab_pen_put(pen, plain, (size_t)(end - plain));
}

/* Most texts need nothing more than their quotes. */
void ab_json_pen_string(struct ab_pen *pen, const char *text, size_t size)
{
    bool plain = ab_json_plain(text, size) == size;

    if (!plain && !ab_json_valid_utf8(text, size)) {
        ab_pen_fail(pen, AB_EINVAL);
        return;
    }
    ab_pen_byte(pen, '"');
    if (plain)
        ab_pen_put(pen, text, size);
    else
        write_escaped(pen, text, size);
    ab_pen_byte(pen, '"');
}

int ab_json_write_string(struct ab_buffer *out, const char *text, size_t size)
{
    struct ab_pen pen;

    ab_pen_begin(&pen, out);
    ab_json_pen_string(&pen, text, size);
    return ab_pen_end(&pen);
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
static void write_real(struct ab_pen *pen, double real)
{
    char printed[64], text[64];
    size_t size = 0;
    bool is_real = false;

    if (!isfinite(real)) {
        ab_pen_fail(pen, AB_EINVAL);
        return;
    }
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
    ab_pen_put(pen, text, size);
}

static void write_integer(struct ab_pen *pen, json_int_t integer)
{
    if (integer < 0)
        ab_pen_byte(pen, '-');
    ab_pen_digits(pen, integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer);
}

static void write_scalar(struct ab_pen *pen, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: ab_json_pen_string(pen, json_string_value(value), json_string_length(value)); break;
    case JSON_INTEGER: write_integer(pen, json_integer_value(value)); break;
    case JSON_REAL: write_real(pen, json_real_value(value)); break;
    case JSON_TRUE: AB_PEN_PUT(pen, "true"); break;
    case JSON_FALSE: AB_PEN_PUT(pen, "false"); break;
    default: AB_PEN_PUT(pen, "null");
    }
}

static struct level *writer_innermost(struct writer *writer)
{
    return &writer->levels[writer->open - 1];
}

static AB_COLD bool writer_deepen(struct writer *writer)
{
    size_t size = writer->room * sizeof(struct level);
    struct level *levels = ab_malloc(2 * size);

    if (!levels)
        return false;
    memcpy(levels, writer->levels, size);
    if (writer->levels != writer->shallow)
        ab_free(writer->levels);
    writer->levels = levels;
    writer->room *= 2;
    return true;
}

static void writer_open(struct writer *writer, const json_t *container)
{
    bool object = json_is_object(container);

    if (writer->open >= writer->depth) {
        ab_pen_fail(&writer->pen, AB_ETOOLARGE);
    } else if (writer->open == writer->room && !writer_deepen(writer)) {
        ab_pen_fail(&writer->pen, AB_ENOMEM);
    } else {
        writer->levels[writer->open++] = (struct level){
            .container = container, .key = object ? json_object_iter((json_t *)(uintptr_t)container) : NULL};
        ab_pen_byte(&writer->pen, object ? '{' : '[');
    }
}

static void writer_break_line(struct writer *writer)
{
    size_t spaces = writer->open * (size_t)writer->indent;

    ab_pen_byte(&writer->pen, '\n');
    if (!ab_pen_has_room(&writer->pen, spaces))
        return;
    memset(writer->pen.at, ' ', spaces);
    writer->pen.at += spaces;
}

static void writer_close(struct writer *writer)
{
    struct level level = *writer_innermost(writer);

    writer->open--;
    if (level.begun && writer->indent != COMPACT)
        writer_break_line(writer);
    ab_pen_byte(&writer->pen, json_is_object(level.container) ? '}' : ']');
}

static void writer_key(struct writer *writer, const char *key)
{
    ab_json_pen_string(&writer->pen, key, strlen(key));
    ab_pen_byte(&writer->pen, ':');
    if (writer->indent != COMPACT)
        ab_pen_byte(&writer->pen, ' ');
}

static void writer_value(struct writer *writer, const json_t *value)
{
    if (json_is_object(value) || json_is_array(value))
        writer_open(writer, value);
    else
        write_scalar(&writer->pen, value);
}

/* Writes the next member or element of the innermost container, or closes it. */
static void writer_step(struct writer *writer)
{
    struct level *level = writer_innermost(writer);
    const json_t *child;
    const char *key = NULL;

    if (json_is_object(level->container)) {
        child = level->key ? json_object_iter_value(level->key) : NULL;
        if (child) {
            key = json_object_iter_key(level->key);
            level->key = json_object_iter_next((json_t *)(uintptr_t)level->container, level->key);
        }
    } else {
        child = json_array_get(level->container, level->index++);
    }
    if (!child) {
        writer_close(writer);
        return;
    }
    if (level->begun)
        ab_pen_byte(&writer->pen, ',');
    level->begun = true;
    if (writer->indent != COMPACT)
        writer_break_line(writer);
    if (key)
        writer_key(writer, key);
    writer_value(writer, child);
}

/* With the writer's pen, which has begun; ends it. */
static int write_all(struct writer *writer, const json_t *value, size_t depth, int indent)
{
    writer->depth = depth;
    writer->indent = indent;
    writer->levels = writer->shallow;
    writer->open = 0;
    writer->room = sizeof(writer->shallow) / sizeof(*writer->shallow);
    writer_value(writer, value);
    while (writer->pen.result == 0 && writer->open > 0)
        writer_step(writer);
    if (writer->levels != writer->shallow)
        ab_free(writer->levels);
    return ab_pen_end(&writer->pen);
}

static int write_to(struct ab_buffer *out, const json_t *value, size_t depth, int indent)
{
    struct writer writer;

    ab_pen_begin(&writer.pen, out);
    return write_all(&writer, value, depth, indent);
}

int ab_json_write(struct ab_buffer *out, const json_t *value, size_t depth)
{
    return write_to(out, value, depth, COMPACT);
}

int ab_json_write_pretty(struct ab_buffer *out, const json_t *value, size_t depth, unsigned indent)
{
    return write_to(out, value, depth, (int)indent);
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

struct ab_text *ab_json_encode_short(const json_t *value, size_t depth, struct ab_text_place *place)
{
    struct writer writer;
    char *room = ab_text_room(place);

    ab_pen_begin_in(&writer.pen, room, AB_TEXT_SHORT + 1);
    if (write_all(&writer, value, depth, COMPACT) < 0)
        return NULL;
    return ab_text_written(place, (size_t)(writer.pen.at - room));
}
