/*
 * JSON text: our reader, measure and writer against jansson's. What the two may disagree about is the list `exempt`, and
 * nothing else.
 */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bus/name.h"
#include "wire/json.h"

#define MANY SIZE_MAX

/* ---- What only one of them takes */

/* Deeper than the largest limit that can be set; jansson goes down to 2048. */
static bool is_deep(const char *text, size_t size)
{
    return ab_json_measure(text, size, AB_JSON_DEPTH, MANY) < 0;
}

/* jansson 2.14 passes over a NUL byte right behind a number or a literal. We refuse it as any other byte there. */
static bool has_nul_after_word(const char *text, size_t size)
{
    for (size_t i = 1; i < size; i++)
        if (text[i] == '\0' && isalnum((unsigned char)text[i - 1]))
            return true;
    return false;
}

static bool (*const exempt[])(const char *text, size_t size) = {is_deep, has_nul_after_word};

static bool is_exempt(const char *text, size_t size)
{
    for (size_t i = 0; i < sizeof exempt / sizeof *exempt; i++)
        if (exempt[i](text, size))
            return true;
    return false;
}

/* ---- Values */

/* json_equal, and reals to the last bit, the sign of zero too. */
static bool same(const json_t *one, const json_t *other)
{
    const char *key;
    json_t *value;
    size_t index;

    if (json_typeof(one) != json_typeof(other))
        return false;
    if (json_is_real(one)) {
        double left = json_real_value(one), right = json_real_value(other);
        return memcmp(&left, &right, sizeof left) == 0;
    }
    if (json_is_array(one)) {
        if (json_array_size(one) != json_array_size(other))
            return false;
        json_array_foreach(one, index, value) if (!same(value, json_array_get(other, index))) return false;
        return true;
    }
    if (!json_is_object(one))
        return json_equal(one, other);
    if (json_object_size(one) != json_object_size(other))
        return false;
    json_object_foreach((json_t *)one, key, value)
    {
        const json_t *twin = json_object_get(other, key);
        if (!twin || !same(value, twin))
            return false;
    }
    return true;
}

struct measure {
    size_t depth, tokens;
};

static struct measure measure_of(const json_t *value)
{
    struct measure all = {0, 1}, one;
    size_t inner = 0, index;
    const char *key;
    json_t *part;

    json_array_foreach(value, index, part)
    {
        one = measure_of(part);
        all.tokens += one.tokens;
        inner = one.depth > inner ? one.depth : inner;
    }
    json_object_foreach((json_t *)value, key, part)
    {
        one = measure_of(part);
        all.tokens += one.tokens + 1;
        inner = one.depth > inner ? one.depth : inner;
    }
    all.depth = json_is_array(value) || json_is_object(value) ? inner + 1 : 0;
    return all;
}

/* The measure of good JSON is what it holds. Of equal keys one is left, so there it can only be more. */
static void check_measure(const char *text, size_t size, const json_t *value)
{
    json_t *unique = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    struct measure measure = measure_of(value);

    if (unique)
        ck_assert_int_eq(ab_json_measure(text, size, measure.depth, measure.tokens), 0);
    ck_assert_int_eq(ab_json_measure(text, size, MANY, measure.tokens - 1), AB_ETOOLARGE);
    if (measure.depth > 0)
        ck_assert_int_eq(ab_json_measure(text, size, measure.depth - 1, MANY), AB_ETOOLARGE);
    json_decref(unique);
}

/* ---- Writing */

static void check_reads_back(const struct ab_buffer *out, const json_t *value)
{
    json_error_t problem;
    json_t *back = json_loadb(ab_buffer_data(out), ab_buffer_size(out), JSON_DECODE_ANY, &problem), *own = NULL;

    ck_assert_msg(back != NULL, "%s: %.*s", problem.text, (int)ab_buffer_size(out), ab_buffer_data(out));
    ck_assert_msg(same(value, back), "%.*s", (int)ab_buffer_size(out), ab_buffer_data(out));
    ck_assert_int_eq(ab_json_parse(ab_buffer_data(out), ab_buffer_size(out), AB_JSON_DEPTH, MANY, &own, NULL), 0);
    ck_assert(same(value, own));
    json_decref(back);
    json_decref(own);
}

static void check_writer(const json_t *value)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    size_t depth = measure_of(value).depth;
    struct ab_text *text = NULL;

    ck_assert_int_eq(ab_json_write(&out, value, depth), 0);
    check_reads_back(&out, value);
    ck_assert_int_eq(ab_json_encode(value, depth, &text), 0);
    ck_assert_uint_eq(text->size, ab_buffer_size(&out));
    ck_assert_mem_eq(text->data, ab_buffer_data(&out), text->size);
    ab_text_unref(text);
    if (depth > 0)
        ck_assert_int_eq(ab_json_write(&out, value, depth - 1), AB_ETOOLARGE);
    ab_buffer_truncate(&out, 0);
    if (depth < 64) { /* indented, the same is of the square of the depth */
        ck_assert_int_eq(ab_json_write_pretty(&out, value, depth, 2), 0);
        check_reads_back(&out, value);
    }
    ab_buffer_deinit(&out);
}

/* ---- Reading */

static void check_reader(const char *text, size_t size)
{
    json_t *theirs = json_loadb(text, size, JSON_DECODE_ANY, NULL), *ours = NULL;
    json_error_t problem;
    int result = ab_json_parse(text, size, AB_JSON_DEPTH, MANY, &ours, &problem);

    if (result < 0) {
        ck_assert_msg(!theirs || is_exempt(text, size), "only jansson takes it");
        if (result == AB_EPROTOCOL)
            ck_assert(problem.position >= 0 && (size_t)problem.position <= size && problem.line > 0 &&
                      problem.column > 0);
    } else {
        ck_assert_msg(theirs != NULL, "only we take it");
        ck_assert_msg(same(ours, theirs), "two values of one text");
        check_measure(text, size, ours);
        check_writer(ours);
    }
    json_decref(ours);
    json_decref(theirs);
}

/* The first value of a text, as jansson finds it. It looks one token ahead: what may not follow directly on a number or a
 * literal is our caller's to refuse. */
static void check_first(const char *text, size_t size)
{
    json_error_t problem;
    json_t *theirs = json_loadb(text, size, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &problem), *ours = NULL;
    size_t used = 0;
    int result = ab_json_parse_first(text, size, AB_JSON_DEPTH, MANY, &ours, &used);

    if (result == 0 && theirs) {
        ck_assert(same(ours, theirs));
        ck_assert_uint_eq(used, (size_t)problem.position);
    } else if (result == 0) {
        ck_assert(used > 0 && used < size && isalnum((unsigned char)text[used - 1]));
        ck_assert_msg(strchr("+-.", text[used]) || isalnum((unsigned char)text[used]), "only we take it");
    } else {
        ck_assert_msg(!theirs || is_exempt(text, size), "only jansson takes it");
    }
    json_decref(ours);
    json_decref(theirs);
}

/* Three ways to ask whether it is UTF-8. */
static void check_utf8(const char *text, size_t size)
{
    json_t *theirs = json_stringn(text, size);
    struct ab_buffer out = AB_BUFFER_INIT;
    char *string = fuzz_string(text, size);
    json_t *part = json_string(string);

    ck_assert_int_eq(ab_json_valid_utf8(text, size), theirs != NULL);
    ck_assert_int_eq(ab_utf8_valid(string), part != NULL);
    ab_utf8_mend(string);
    ck_assert(ab_utf8_valid(string));
    ck_assert_int_eq(ab_json_write_string(&out, text, size), theirs ? 0 : AB_EINVAL);
    if (theirs && !memchr(text, '\0', size))
        check_reads_back(&out, theirs);
    ab_buffer_deinit(&out);
    json_decref(part);
    json_decref(theirs);
    free(string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);

    check_reader(text, size);
    check_first(text, size);
    check_utf8(size > 0 ? text : "", size);
    free(text);
    return 0;
}
