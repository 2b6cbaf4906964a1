/*
 * Owns the reading of JSON text into jansson's values. Must not know what any text is for.
 *
 * It accepts and refuses what json_loadb(…, JSON_DECODE_ANY) does, and a test holds the two together. It is not that
 * function because jansson 2.14 does not survive an allocation that fails while it reads a token (bytes of a number or
 * a string go missing, or it aborts), nor a locale whose decimal point has several bytes.
 *
 * Invariants: a container belongs to the one around it from the moment it opens, so the root owns all that was read;
 * nothing recurses.
 */
#include "wire/json.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct reader {
    const char *text, *at, *end;
    json_t *root;
    json_t **open; /* the containers around `at`, outermost first: `shallow`, or a block for more */
    size_t depth, room;
    size_t deepest, tokens;   /* how deep it may be, and how many more there may be */
    bool fresh;               /* the innermost one has just opened */
    struct ab_buffer key;     /* of the member that is read, with a NUL */
    struct ab_buffer scratch; /* a string without its escapes, a number with a NUL */
    const char *wrong;        /* where and what, once something is */
    const char *reason;
    json_t *shallow[16];
};

static AB_COLD int reader_fail(struct reader *reader, const char *at, const char *reason)
{
    reader->wrong = at;
    reader->reason = reason;
    return AB_EPROTOCOL;
}

/* What stands here is not what must; at the end of the text that is all there is to say. */
static AB_COLD int reader_expected(struct reader *reader, const char *reason)
{
    return reader_fail(reader, reader->at, reader->at < reader->end ? reason : "the text ends too early");
}

/* There are none in what we write. */
static AB_COLD void reader_skip_some(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static inline void reader_skip_blanks(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at <= ' ')
        reader_skip_some(reader);
}

static bool reader_sees(const struct reader *reader, char byte)
{
    return reader->at < reader->end && *reader->at == byte;
}

static json_t *reader_innermost(const struct reader *reader)
{
    return reader->depth > 0 ? reader->open[reader->depth - 1] : NULL;
}

/* Gives a new value to the innermost container, or makes it the root. */
static int reader_put(struct reader *reader, json_t *value)
{
    json_t *container = reader_innermost(reader);
    int status = 0;

    if (!value)
        return AB_ENOMEM;
    if (!container)
        reader->root = value;
    else if (json_is_array(container))
        status = json_array_append_new(container, value);
    else
        status = json_object_set_new_nocheck(container, ab_buffer_data(&reader->key), value);
    return status < 0 ? AB_ENOMEM : 0;
}

static AB_COLD int reader_deepen(struct reader *reader)
{
    size_t size = reader->room * sizeof(json_t *);
    json_t **open = ab_malloc(2 * size);

    if (!open)
        return AB_ENOMEM;
    memcpy(open, reader->open, size);
    if (reader->open != reader->shallow)
        ab_free(reader->open);
    reader->open = open;
    reader->room *= 2;
    return 0;
}

static int reader_open(struct reader *reader, json_t *container)
{
    int result = reader_put(reader, container);

    if (result == 0 && reader->depth == reader->deepest)
        result = AB_ETOOLARGE;
    if (result == 0 && reader->depth == reader->room)
        result = reader_deepen(reader);
    if (result < 0)
        return result;
    reader->at++;
    reader->fresh = true;
    reader->open[reader->depth++] = container;
    return 0;
}

/* ---- Strings. */

/* Finds the closing quote. */
static int string_measure(struct reader *reader, const char **ret_quote, bool *ret_escapes)
{
    const char *at = reader->at + 1;
    bool escapes = false, ascii = true;

    for (;; at++) {
        at += ab_json_plain(at, (size_t)(reader->end - at));
        if (at == reader->end || *at == '"')
            break;
        if ((unsigned char)*at < 0x20)
            return reader_fail(reader, at, "a control character in a string must be escaped");
        if (*at == '\\') {
            escapes = true;
            if (++at == reader->end)
                break;
        }
        ascii &= (unsigned char)*at < 0x80;
    }
    if (at == reader->end)
        return reader_fail(reader, reader->end, "the text ends in a string");
    if (!ascii && !ab_json_valid_utf8(reader->at, (size_t)(at - reader->at)))
        return reader_fail(reader, reader->at, "the string is not UTF-8");
    *ret_quote = at;
    *ret_escapes = escapes;
    return 0;
}

/* Four hexadecimal digits before the closing quote, or -1. */
static int hex_quad(const char *at, const char *end)
{
    int code = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char digit = at[i];

        code *= 16;
        if (digit >= '0' && digit <= '9')
            code += digit - '0';
        else if (digit >= 'a' && digit <= 'f')
            code += digit - 'a' + 10;
        else if (digit >= 'A' && digit <= 'F')
            code += digit - 'A' + 10;
        else
            return -1;
    }
    return code;
}

static size_t utf8_encode(int code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* `\uXXXX`, and its second half where it is a surrogate; *at is behind the `u` and moves behind the digits. */
static int string_read_code(struct reader *reader, const char **at, const char *quote, char *out, size_t *ret_size)
{
    const char *start = *at - 2;
    int code = hex_quad(*at, quote), low;

    if (code < 0)
        return reader_fail(reader, start, "\\u needs four hexadecimal digits");
    if (code == 0)
        return reader_fail(reader, start, "\\u0000 is not supported");
    *at += 4;
    if (code >= 0xd800 && code <= 0xdfff) {
        low = quote - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? hex_quad(*at + 2, quote) : -1;
        if (code > 0xdbff || low < 0xdc00 || low > 0xdfff)
            return reader_fail(reader, start, "a surrogate stands without its pair");
        *at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *ret_size = utf8_encode(code, out);
    return 0;
}

/* The escape at *at, which moves behind it. */
static int string_read_escape(struct reader *reader, const char **at, const char *quote, char *out, size_t *ret_size)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    char code = (*at)[1];

    *at += 2;
    if (code == 'u')
        return string_read_code(reader, at, quote, out, ret_size);
    letter = memchr(letters, code, sizeof(letters) - 1);
    if (!letter)
        return reader_fail(reader, *at - 2, "there is no such escape");
    out[0] = bytes[letter - letters];
    *ret_size = 1;
    return 0;
}

/* Appends what is between the quotes. An escape is never shorter than what it stands for, so there is room. */
static int string_unescape(struct reader *reader, const char *quote, struct ab_buffer *out)
{
    const char *at = reader->at + 1;
    char *place = ab_buffer_reserve(out, (size_t)(quote - at) + 1);
    char *next = place;

    if (!place)
        return AB_ENOMEM;
    while (at < quote) {
        const char *escape = memchr(at, '\\', (size_t)(quote - at));
        size_t plain = (size_t)((escape ? escape : quote) - at), size;
        int result;

        memcpy(next, at, plain);
        next += plain;
        at += plain;
        if (!escape)
            break;
        result = string_read_escape(reader, &at, quote, next, &size);
        if (result < 0)
            return result;
        next += size;
    }
    ab_buffer_commit(out, (size_t)(next - place));
    return 0;
}

static int reader_string(struct reader *reader)
{
    const char *quote, *start = reader->at + 1;
    bool escapes;
    int result = string_measure(reader, &quote, &escapes);
    size_t size;

    if (result < 0)
        return result;
    size = (size_t)(quote - start);
    if (escapes) {
        ab_buffer_truncate(&reader->scratch, 0);
        result = string_unescape(reader, quote, &reader->scratch);
        if (result < 0)
            return result;
        start = ab_buffer_data(&reader->scratch);
        size = ab_buffer_size(&reader->scratch);
    }
    reader->at = quote + 1;
    return reader_put(reader, json_stringn_nocheck(start, size));
}

/* A key and its colon. */
static int reader_key(struct reader *reader)
{
    const char *quote;
    bool escapes;
    int result;

    if (!reader_sees(reader, '"'))
        return reader_expected(reader, "a key in quotes is expected");
    if (reader->tokens-- == 0)
        return AB_ETOOLARGE;
    result = string_measure(reader, &quote, &escapes);
    if (result < 0)
        return result;
    ab_buffer_truncate(&reader->key, 0);
    result = string_unescape(reader, quote, &reader->key);
    if (result == 0)
        result = ab_buffer_append(&reader->key, "", 1);
    if (result < 0)
        return result;
    reader->at = quote + 1;
    reader_skip_blanks(reader);
    if (!reader_sees(reader, ':'))
        return reader_expected(reader, "':' is expected");
    reader->at++;
    reader_skip_blanks(reader);
    return 0;
}

/* ---- Numbers and literals. */

static bool reader_skip_digits(struct reader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

/* Steps over a number by the grammar of RFC 8259. */
static int number_measure(struct reader *reader, bool *ret_real)
{
    bool real = false;

    reader->at += *reader->at == '-';
    if (reader_sees(reader, '0'))
        reader->at++;
    else if (!reader_skip_digits(reader))
        return reader_expected(reader, "a digit is expected");
    if (reader_sees(reader, '.')) {
        real = true;
        reader->at++;
        if (!reader_skip_digits(reader))
            return reader_expected(reader, "a digit is expected");
    }
    if (reader_sees(reader, 'e') || reader_sees(reader, 'E')) {
        real = true;
        reader->at++;
        reader->at += reader_sees(reader, '+') || reader_sees(reader, '-');
        if (!reader_skip_digits(reader))
            return reader_expected(reader, "a digit is expected");
    }
    *ret_real = real;
    return 0;
}

static int number_integer(struct reader *reader, const char *start)
{
    bool negative = *start == '-';
    json_int_t number = 0;

    for (const char *at = start + negative; at < reader->at; at++) {
        int digit = negative ? '0' - *at : *at - '0';

        if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, digit, &number))
            return reader_fail(reader, start, "an integer must fit in 64 bits");
    }
    return reader_put(reader, json_integer(number));
}

/* Puts the number into the scratch buffer, with `point` for its decimal point. */
static int number_copy(struct reader *reader, const char *start, const char *point)
{
    const char *dot = memchr(start, '.', (size_t)(reader->at - start));
    struct ab_buffer *out = &reader->scratch;
    int result;

    ab_buffer_truncate(out, 0);
    if (!dot)
        result = ab_buffer_append(out, start, (size_t)(reader->at - start));
    else if ((result = ab_buffer_append(out, start, (size_t)(dot - start))) == 0 &&
             (result = ab_buffer_append_text(out, point)) == 0)
        result = ab_buffer_append(out, dot + 1, (size_t)(reader->at - dot - 1));
    return result < 0 ? result : ab_buffer_append(out, "", 1);
}

/* The C library reads the decimal point of the program's locale, whatever that is. */
static int number_real(struct reader *reader, const char *start)
{
    char half[16], *rest;
    double real;
    int result = number_copy(reader, start, ".");

    if (result < 0)
        return result;
    real = strtod(ab_buffer_data(&reader->scratch), &rest);
    if (*rest) {
        snprintf(half, sizeof(half), "%.1f", 0.5);
        half[strlen(half) - 1] = '\0';
        result = number_copy(reader, start, half + 1);
        if (result < 0)
            return result;
        real = strtod(ab_buffer_data(&reader->scratch), NULL);
    }
    if (isinf(real))
        return reader_fail(reader, start, "the number is too large");
    return reader_put(reader, json_real(real));
}

static int reader_number(struct reader *reader)
{
    const char *start = reader->at;
    bool real = false;
    int result = number_measure(reader, &real);

    if (result < 0)
        return result;
    return real ? number_real(reader, start) : number_integer(reader, start);
}

static int reader_literal(struct reader *reader)
{
    static const struct {
        const char *name;
        size_t size;
    } literals[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    size_t left = (size_t)(reader->end - reader->at);

    for (size_t i = 0; i < 3; i++) {
        if (left < literals[i].size || memcmp(reader->at, literals[i].name, literals[i].size) != 0)
            continue;
        reader->at += literals[i].size;
        return reader_put(reader, i == 0 ? json_true() : i == 1 ? json_false() : json_null());
    }
    return reader_expected(reader, "a value is expected");
}

/* ---- Values. */

static int reader_value(struct reader *reader)
{
    if (reader->tokens-- == 0)
        return AB_ETOOLARGE;
    switch (reader->at < reader->end ? *reader->at : '\0') {
    case '{': return reader_open(reader, json_object());
    case '[': return reader_open(reader, json_array());
    case '"': return reader_string(reader);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return reader_number(reader);
    default: return reader_literal(reader);
    }
}

/* The next member or element of the innermost container, or its end. */
static int reader_step(struct reader *reader)
{
    bool object = json_is_object(reader_innermost(reader));
    int result = 0;

    reader_skip_blanks(reader);
    if (reader_sees(reader, object ? '}' : ']')) {
        reader->at++;
        reader->fresh = false;
        reader->depth--;
        return 0;
    }
    if (!reader->fresh) {
        if (!reader_sees(reader, ','))
            return reader_expected(reader, object ? "',' or '}' is expected" : "',' or ']' is expected");
        reader->at++;
        reader_skip_blanks(reader);
    }
    reader->fresh = false;
    if (object)
        result = reader_key(reader);
    return result < 0 ? result : reader_value(reader);
}

static int reader_run(struct reader *reader)
{
    int result;

    reader_skip_blanks(reader);
    result = reader_value(reader);
    while (result == 0 && reader->depth > 0)
        result = reader_step(reader);
    return result;
}

static int reader_end(struct reader *reader)
{
    reader_skip_blanks(reader);
    if (reader->at < reader->end)
        return reader_fail(reader, reader->at, "nothing may follow the value");
    return 0;
}

/* Line and column count from 1, the column in characters. */
static AB_COLD void reader_explain(const struct reader *reader, json_error_t *problem)
{
    memset(problem, 0, sizeof(*problem));
    problem->line = 1;
    problem->column = 1;
    problem->position = (int)(reader->wrong - reader->text);
    for (const char *at = reader->text; at < reader->wrong; at++) {
        if (*at == '\n') {
            problem->line++;
            problem->column = 1;
        } else if ((*at & 0xc0) != 0x80) {
            problem->column++;
        }
    }
    snprintf(problem->text, sizeof(problem->text), "%s", reader->reason);
    problem->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_invalid_syntax; /* where json_error_code looks */
}

static void reader_init(struct reader *reader, const char *text, size_t size, size_t deepest, size_t tokens)
{
    memset(reader, 0, offsetof(struct reader, shallow));
    reader->text = reader->at = text;
    reader->end = text + size;
    reader->open = reader->shallow;
    reader->room = sizeof(reader->shallow) / sizeof(*reader->shallow);
    reader->deepest = deepest;
    reader->tokens = tokens;
}

static void reader_deinit(struct reader *reader)
{
    if (reader->open != reader->shallow)
        ab_free(reader->open);
    ab_buffer_deinit(&reader->key);
    ab_buffer_deinit(&reader->scratch);
}

int ab_json_parse(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                  json_error_t *ret_problem)
{
    struct reader reader;
    int result = ab_json_measure(text, size, depth, tokens);

    if (result < 0)
        return result;
    reader_init(&reader, text, size, depth, tokens);
    result = reader_run(&reader);
    if (result == 0)
        result = reader_end(&reader);
    reader_deinit(&reader);
    if (result < 0) {
        json_decref(reader.root);
        if (result == AB_EPROTOCOL && ret_problem)
            reader_explain(&reader, ret_problem);
        return result;
    }
    *ret_value = reader.root;
    return 0;
}

int ab_json_parse_first(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                        size_t *ret_size)
{
    struct reader reader;
    int result;

    reader_init(&reader, text, size, depth, tokens);
    result = reader_run(&reader);
    reader_deinit(&reader);
    if (result < 0) {
        json_decref(reader.root);
        return result;
    }
    *ret_value = reader.root;
    *ret_size = (size_t)(reader.at - text);
    return 0;
}
