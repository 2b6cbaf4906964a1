/*
 * wire/json: the measure, the reader against jansson's own, the writer against what reads it back, and both under
 * failing allocations and in locales that write numbers in another way.
 */

#include "failing.h"
#include "harness.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "wire/json.h"

#define MANY SIZE_MAX

static int parse(const char *text, size_t size, json_t **ret_value)
{
    return ab_json_parse(text, size, AB_JSON_DEPTH, MANY, ret_value, NULL);
}

static json_t *value_of(const char *text)
{
    json_t *value = NULL;

    ck_assert_msg(parse(text, strlen(text), &value) == 0, "%s", text);
    return value;
}

/* ---- Measure. */

static void measures(const char *text, size_t depth, size_t tokens)
{
    size_t size = strlen(text);

    ck_assert_msg(ab_json_measure(text, size, depth, tokens) == 0, "%s", text);
    if (depth > 0)
        ck_assert_msg(ab_json_measure(text, size, depth - 1, tokens) == AB_ETOOLARGE, "%s", text);
    if (tokens > 0)
        ck_assert_msg(ab_json_measure(text, size, depth, tokens - 1) == AB_ETOOLARGE, "%s", text);
}

START_TEST(depth_and_tokens)
{
    measures("", 0, 0);
    measures(" \r\n\t ", 0, 0);
    measures("1", 0, 1);
    measures("\"a\"", 0, 1);
    measures("[]", 1, 1);
    measures("{}", 1, 1);
    measures("[[],[]]", 2, 3);
    measures("[1,2,3]", 1, 4);
    measures("{\"a\":1,\"b\":[true,null]}", 2, 7);
    measures("[\"[[[{{{\", \"\\\"[[[\", \"\\\\\"]", 1, 4);
    measures("\"\\", 0, 1);
    measures("\"open", 0, 1);
    measures("]]]][", 1, 1); /* closing what is not open allows no more */
    measures("NaN,Infinity", 0, 2);
    measures("a\"b\"c", 0, 3);
}
END_TEST

START_TEST(limits_as_it_is_built)
{
    static const char text[] = "{\"a\": [1]} more";
    json_t *value = NULL;
    size_t size = 0;

    for (size_t tokens = 0; tokens < 4; tokens++)
        ck_assert_int_eq(ab_json_parse_first(text, sizeof(text) - 1, 2, tokens, &value, &size), AB_ETOOLARGE);
    ck_assert_int_eq(ab_json_parse_first(text, sizeof(text) - 1, 1, 4, &value, &size), AB_ETOOLARGE);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(ab_json_parse_first(text, sizeof(text) - 1, 2, 4, &value, &size), 0);
    ck_assert_uint_eq(size, 10);
    json_decref(value);
}
END_TEST

START_TEST(limits_come_before_the_reader)
{
    json_t *value = NULL;

    ck_assert_int_eq(ab_json_parse("[[1]]", 5, 1, MANY, &value, NULL), AB_ETOOLARGE);
    ck_assert_int_eq(ab_json_parse("[1,1]", 5, 1, 2, &value, NULL), AB_ETOOLARGE);
    ck_assert_int_eq(ab_json_parse("[[[[broken", 10, 2, MANY, &value, NULL), AB_ETOOLARGE);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(ab_json_parse("[[1]]", 5, 2, 3, &value, NULL), 0);
    json_decref(value);
}
END_TEST

/* ---- The reader. */

/* Both readers take the text, to equal values, or both refuse it. */
static bool agree(const char *text, size_t size)
{
    json_error_t problem;
    json_t *wanted = json_loadb(text, size, JSON_DECODE_ANY, &problem), *value = NULL;
    int result = parse(text, size, &value);

    ck_assert_msg(result == (wanted ? 0 : AB_EPROTOCOL), "%d for %.*s", result, (int)size, text);
    ck_assert_msg(!wanted || json_equal(value, wanted), "%.*s", (int)size, text);
    json_decref(wanted);
    json_decref(value);
    return wanted != NULL;
}

static const char *const good[] = {
    "null",
    "true",
    "false",
    " \t\r\n0 \t\r\n",
    "-0",
    "7",
    "-7",
    "10",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "-0.0",
    "0e0",
    "1e5",
    "1E+5",
    "1.25e-5",
    "1e300",
    "1e-400",
    "4.9e-324",
    "1.7976931348623157e308",
    "123456789012345678901234567890.0",
    "0.1000000000000000055511151231257827021181583404541015625",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\uFFFF\"",
    "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uD7FF\\uE000\\uD800\\uDC00\\uDBFF\\uDFFF\"",
    "\"\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "[[[[]]],{},[{}]]",
    "[1,\"2\",3.0,true,false,null,[],{}]",
    "[ 1 , 2 ]",
    "{\"a\":1,\"b\":{\"c\":[2]}}",
    "{ \"a\" : 1 , \"\" : 2 }",
    "{\"a\":1,\"a\":2,\"b\":3,\"a\":{\"x\":1}}",
    "{\"a\\u0062\\n\":1,\"ab\\n\":2}",
    "{\"\xc3\xa9\":1}",
    "{\"a\":\"a string, longer than what is read in one piece, with \\\"quotes\\\" in it\"}",
};

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nullx",
    "null0",
    "Null",
    "tru",
    "truefalse",
    "NaN",
    "Infinity",
    "-Infinity",
    "+1",
    "01",
    "-01",
    "00",
    "-",
    "--1",
    "1.",
    ".5",
    "1.e5",
    "1e",
    "1e+",
    "1ex",
    "0x10",
    "1 2",
    "1,",
    "1a",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999",
    "1e309",
    "-1e400",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u\"",
    "\"\\u12\"",
    "\"\\u123g\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud800x\"",
    "\"\\ud800\\n\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\udc00\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude0\"",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x01\"",
    "\"\x80\"",
    "\"\xc3\"",
    "\"\xc0\x80\"",
    "\"\xc1\xbf\"",
    "\"\xe0\x9f\xbf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf0\x8f\xbf\xbf\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xf5\x80\x80\x80\"",
    "\"\xff\"",
    "\xef\xbb\xbf{}",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,]",
    "[,1]",
    "[1 2]",
    "[1}",
    "[1]]",
    "[\"a]",
    "{",
    "}",
    "{]",
    "{\"a\"",
    "{\"a\"}",
    "{\"a\":",
    "{\"a\":}",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{,}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{1:1}",
    "{null:1}",
    "{'a':1}",
    "{\"a\\u0000\":1}",
    "{\"\\ud800\":1}",
    "{}{}",
    "[][]",
    "// comment\n1",
    "/**/1",
};

START_TEST(reads_what_jansson_reads)
{
    ck_assert(agree(good[_i], strlen(good[_i])));
}
END_TEST

START_TEST(refuses_what_jansson_refuses)
{
    ck_assert(!agree(bad[_i], strlen(bad[_i])));
}
END_TEST

/* jansson passes over one that follows a number. */
START_TEST(refuses_a_nul_anywhere)
{
    static const struct {
        const char *text;
        size_t size;
    } texts[] = {{"\0", 1},    {"1\0", 2},         {"true\0", 5},      {"\"\0\"", 3}, {"\"\\\0\"", 4},
                 {"[1\0]", 4}, {"{\"a\0\":1}", 8}, {"{\"a\":1\0}", 8}, {"[1,\0]", 5}};

    for (size_t i = 0; i < COUNT(texts); i++) {
        json_t *value = NULL;

        ck_assert_int_eq(parse(texts[i].text, texts[i].size, &value), AB_EPROTOCOL);
        ck_assert_ptr_null(value);
    }
}
END_TEST

/* Each text cut after each byte: what it reads is never past the end, and as jansson says. */
START_TEST(agrees_on_every_beginning)
{
    for (size_t size = 0; size < strlen(good[_i]); size++) {
        char *cut = malloc(size ? size : 1); /* so that a sanitizer sees the end */

        memcpy(cut, good[_i], size);
        agree(cut, size);
        free(cut);
    }
}
END_TEST

/* Texts of the two lists with bytes changed, removed, added, or joined with one another. */
START_TEST(agrees_on_mutations)
{
    static const char spice[] = "\"\\{}[]:,.-+eE0123456789untrfalsd \n\x80\xc3\xa9\xed\xf0\x01";
    struct ab_random random;
    int accepted = 0;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 10000; i++) {
        char text[512];
        size_t size = 0;

        for (uint64_t pieces = 1 + ab_random_below(&random, 2); pieces > 0; pieces--) {
            const char *piece = good[ab_random_below(&random, COUNT(good))];
            size_t length = strlen(piece);

            memcpy(text + size, piece, length);
            size += length;
            if (pieces > 1)
                text[size++] = spice[ab_random_below(&random, sizeof(spice) - 1)];
        }
        for (uint64_t changes = ab_random_below(&random, 4); changes > 0 && size > 0; changes--) {
            size_t at = ab_random_below(&random, size);

            switch (ab_random_below(&random, 3)) {
            case 0: text[at] = spice[ab_random_below(&random, sizeof(spice) - 1)]; break;
            case 1: memmove(text + at, text + at + 1, --size - at); break;
            default:
                memmove(text + at + 1, text + at, size++ - at);
                text[at] = spice[ab_random_below(&random, sizeof(spice) - 1)];
            }
        }
        accepted += agree(text, size);
    }
    ck_assert_int_ge(accepted, 1000);
    ck_assert_int_le(accepted, 9000);
}
END_TEST

START_TEST(deep_and_long_texts)
{
    enum { DEEP = AB_JSON_DEPTH, LONG = 200000 };
    char *text = malloc(LONG * 2 + 2);
    json_t *value = NULL;

    memset(text, '[', DEEP + 1);
    memset(text + DEEP + 1, ']', DEEP + 1);
    ck_assert_int_eq(parse(text, 2 * DEEP + 2, &value), AB_ETOOLARGE);
    ck_assert(agree(text + 1, 2 * DEEP));
    memset(text, '1', LONG * 2);
    text[0] = '[';
    for (int i = 1; i <= LONG; i++)
        text[2 * i] = i < LONG ? ',' : ']';
    ck_assert(agree(text, 2 * LONG + 1));
    memset(text, '1', LONG);
    ck_assert(!agree(text, LONG));
    text[1] = '.';
    ck_assert(agree(text, LONG));
    text[0] = text[LONG - 1] = '"';
    ck_assert(agree(text, LONG));
    free(text);
}
END_TEST

static void explains(const char *text, int line, int column, const char *what)
{
    json_error_t problem;
    json_t *value = NULL;

    ck_assert_int_eq(ab_json_parse(text, strlen(text), AB_JSON_DEPTH, MANY, &value, &problem), AB_EPROTOCOL);
    ck_assert_ptr_null(value);
    ck_assert_str_eq(problem.text, what);
    ck_assert_int_eq(problem.line, line);
    ck_assert_int_eq(problem.column, column);
    ck_assert_int_eq(json_error_code(&problem), json_error_invalid_syntax);
    ck_assert_str_eq(problem.source, "");
}

START_TEST(tells_where_and_what)
{
    explains("", 1, 1, "the text ends too early");
    explains("x", 1, 1, "a value is expected");
    explains("{\"a\":1,}", 1, 8, "a key in quotes is expected");
    explains("{\"a\" 1}", 1, 6, "':' is expected");
    explains("{\"a\":1", 1, 7, "the text ends too early");
    explains("{\"a\":1 2}", 1, 8, "',' or '}' is expected");
    explains("[1\n ,2\n 3]", 3, 2, "',' or ']' is expected");
    explains("[\"\xc3\xa9\xe2\x82\xac\" x]", 1, 7, "',' or ']' is expected");
    explains("[\"ab", 1, 5, "the text ends in a string");
    explains("[\"a\tb\"]", 1, 4, "a control character in a string must be escaped");
    explains("[\"ab\\x\"]", 1, 5, "there is no such escape");
    explains("[\"ab\\u12x4\"]", 1, 5, "\\u needs four hexadecimal digits");
    explains("[\"ab\\u0000\"]", 1, 5, "\\u0000 is not supported");
    explains("[\"ab\\ud800\"]", 1, 5, "a surrogate stands without its pair");
    explains("[\"a\xff\"]", 1, 2, "the string is not UTF-8");
    explains("[-x]", 1, 3, "a digit is expected");
    explains("[12345678901234567890]", 1, 2, "an integer must fit in 64 bits");
    explains("[1e999]", 1, 2, "the number is too large");
    explains("[] x", 1, 4, "nothing may follow the value");
}
END_TEST

/* ---- UTF-8. */

static void same_verdict(const unsigned char *bytes, size_t size)
{
    const char *text = (const char *)bytes;
    json_t *string = json_stringn(text, size);

    ck_assert((string != NULL) == ab_json_valid_utf8(text, size));
    json_decref(string);
}

/* Every sequence of two bytes, and longer ones of bytes near the edges of what is allowed. */
START_TEST(utf8_is_what_jansson_takes_for_it)
{
    static const unsigned char edges[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2,
                                          0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5};

    for (unsigned i = 0; i < 1 << 16; i++)
        same_verdict((unsigned char[]){(unsigned char)(i >> 8), (unsigned char)i}, 2);
    for (size_t i = 0; i < COUNT(edges) * COUNT(edges) * COUNT(edges) * COUNT(edges); i++) {
        unsigned char bytes[4];

        for (size_t left = i, j = 0; j < 4; j++, left /= COUNT(edges))
            bytes[j] = edges[left % COUNT(edges)];
        same_verdict(bytes, 3);
        same_verdict(bytes, 4);
    }
    ck_assert(ab_json_valid_utf8("", 0));
}
END_TEST

/* ---- The writer. */

static void writes(const json_t *value, const char *text)
{
    struct ab_buffer out = AB_BUFFER_INIT;

    ck_assert_int_eq(ab_json_write(&out, value, AB_JSON_DEPTH), 0);
    ck_assert_int_eq(ab_buffer_append(&out, "", 1), 0);
    ck_assert_str_eq(ab_buffer_data(&out), text);
    ab_buffer_deinit(&out);
}

static void writes_new(json_t *value, const char *text)
{
    writes(value, text);
    json_decref(value);
}

START_TEST(compact_form)
{
    writes_new(value_of(" { \"z\" : [ 1 , -2 , true , false , null ] , \"a\" : { } , \"b\" : [ ] } "),
               "{\"z\":[1,-2,true,false,null],\"a\":{},\"b\":[]}");
    writes_new(json_integer(INT64_MIN), "-9223372036854775808");
    writes_new(json_string("/ \" \\ \b\f\n\r\t \x01\x1f\x7f \xc3\xa9\xf0\x9f\x98\x80"),
               "\"/ \\\" \\\\ \\b\\f\\n\\r\\t \\u0001\\u001F\x7f \xc3\xa9\xf0\x9f\x98\x80\"");
    writes_new(json_stringn("a\0b", 3), "\"a\\u0000b\"");
    writes_new(json_pack("{s:i}", "k\"\n", 1), "{\"k\\\"\\n\":1}");
}
END_TEST

START_TEST(pretty_form)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    json_t *value = value_of("{\"z\":[1,{\"y\":2.5}],\"a\":{},\"b\":[]}");

    ck_assert_int_eq(ab_json_write_pretty(&out, value, 3, 2), 0);
    ck_assert_int_eq(ab_buffer_append(&out, "", 1), 0);
    ck_assert_str_eq(ab_buffer_data(&out), "{\n"
                                           "  \"z\": [\n"
                                           "    1,\n"
                                           "    {\n"
                                           "      \"y\": 2.5\n"
                                           "    }\n"
                                           "  ],\n"
                                           "  \"a\": {},\n"
                                           "  \"b\": []\n"
                                           "}");
    ab_buffer_truncate(&out, 0);
    ck_assert_int_eq(ab_json_write_pretty(&out, json_true(), 0, 4), 0);
    ck_assert_mem_eq(ab_buffer_data(&out), "true", 4);
    ab_buffer_deinit(&out);
    json_decref(value);
}
END_TEST

START_TEST(shortest_reals)
{
    static const struct {
        double real;
        const char *text;
    } reals[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.0, "-1.0"},
        {21.3, "21.3"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {100000.0, "100000.0"},
        {123456789.125, "123456789.125"},
        {1e15, "1e15"},
        {1e21, "1e21"},
        {1e300, "1e300"},
        {1e-5, "1e-5"},
        {1.5e-10, "1.5e-10"},
        {-2.5e-101, "-2.5e-101"},
        {9007199254740993.0, "9007199254740992.0"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {DBL_MAX, "1.7976931348623157e308"},
    };

    for (size_t i = 0; i < COUNT(reals); i++)
        writes_new(json_real(reals[i].real), reals[i].text);
}
END_TEST

/* Any real reads back the same, as a real, by either reader, and no shorter print of the C library does. */
START_TEST(random_reals)
{
    struct ab_random random;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 5000; i++) {
        uint64_t bits = ab_random_next(&random);
        struct ab_buffer out = AB_BUFFER_INIT;
        char longer[64];
        json_t *value, *back;
        double real;

        memcpy(&real, &bits, sizeof(real));
        if (i % 3 == 0)
            real = (double)(int64_t)ab_random_below(&random, 2000000) / 1000 - 1000;
        else if (i % 3 == 1)
            real = ldexp((double)ab_random_next(&random), (int)ab_random_below(&random, 80) - 100);
        if (!isfinite(real))
            continue;
        value = json_real(real);
        ck_assert_int_eq(ab_json_write(&out, value, 0), 0);
        ck_assert(agree(ab_buffer_data(&out), ab_buffer_size(&out)));
        ck_assert_int_eq(parse(ab_buffer_data(&out), ab_buffer_size(&out), &back), 0);
        ck_assert(json_is_real(back));
        ck_assert(memcmp(&(double){json_real_value(back)}, &real, sizeof(real)) == 0);
        snprintf(longer, sizeof(longer), "%.17g", real);
        ck_assert_uint_le(ab_buffer_size(&out), strlen(longer) + 3);
        json_decref(value);
        json_decref(back);
        ab_buffer_deinit(&out);
    }
}
END_TEST

static void refuses_to_write(json_t *value, size_t depth, int result)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_text *text = NULL;

    ab_buffer_append_text(&out, "before");
    ck_assert_int_eq(ab_json_write(&out, value, depth), result);
    ck_assert_int_eq(ab_json_write_pretty(&out, value, depth, 2), result);
    ck_assert_uint_eq(ab_buffer_size(&out), 6);
    ck_assert_int_eq(ab_json_encode(value, depth, &text), result);
    ck_assert_ptr_null(text);
    ab_buffer_deinit(&out);
    json_decref(value);
}

/* jansson makes no such real; its memory can hold one. */
struct real {
    json_t json;
    double value;
};

START_TEST(refuses_what_is_no_json)
{
    json_t *real = json_real(1.0), *cycle = json_array(), *key = json_object();

    refuses_to_write(value_of("[1,[2]]"), 1, AB_ETOOLARGE);
    refuses_to_write(value_of("{}"), 0, AB_ETOOLARGE);
    refuses_to_write(json_pack("[s, o]", "x", json_string_nocheck("\xff")), 5, AB_EINVAL);
    json_object_set_new_nocheck(key, "\xff", json_null());
    refuses_to_write(key, 5, AB_EINVAL);
    ((struct real *)real)->value = (double)NAN;
    refuses_to_write(json_incref(real), 5, AB_EINVAL);
    ((struct real *)real)->value = (double)-INFINITY;
    refuses_to_write(json_pack("{s:[o]}", "a", real), 5, AB_EINVAL);
    json_array_append(cycle, json_null());
    json_array_append_new(cycle, json_pack("{s:O}", "again", cycle));
    refuses_to_write(json_incref(cycle), AB_JSON_DEPTH, AB_ETOOLARGE);
    json_array_clear(cycle);
    json_decref(cycle);
}
END_TEST

START_TEST(strings_alone)
{
    struct ab_buffer out = AB_BUFFER_INIT;

    ck_assert_int_eq(ab_json_write_string(&out, "a\"b", 3), 0);
    ck_assert_int_eq(ab_json_write_string(&out, "", 0), 0);
    ck_assert_int_eq(ab_json_write_string(&out, "\xc3", 1), AB_EINVAL);
    ck_assert_uint_eq(ab_buffer_size(&out), 8);
    ck_assert_mem_eq(ab_buffer_data(&out), "\"a\\\"b\"\"\"", 8);
    ab_buffer_deinit(&out);
}
END_TEST

static json_t *random_value(struct ab_random *random, int depth)
{
    json_t *value;
    char key[8];

    switch (ab_random_below(random, depth > 0 ? 7 : 5)) {
    case 0: return json_null();
    case 1: return json_boolean(ab_random_below(random, 2));
    case 2: return json_integer((json_int_t)ab_random_next(random));
    case 3: return json_real((double)ab_random_next(random) / 1024);
    case 4:
        for (int i = 0; i < 7; i++)
            key[i] = (char)(1 + ab_random_below(random, 127));
        return json_stringn(key, 7);
    case 5:
        value = json_array();
        for (uint64_t i = ab_random_below(random, 6); i > 0; i--)
            json_array_append_new(value, random_value(random, depth - 1));
        return value;
    default:
        value = json_object();
        for (uint64_t i = ab_random_below(random, 6); i > 0; i--) {
            snprintf(key, sizeof(key), "%d", (int)ab_random_below(random, 100000));
            json_object_set_new(value, key, random_value(random, depth - 1));
        }
        return value;
    }
}

START_TEST(round_trips)
{
    struct ab_random random;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 500; i++) {
        json_t *value = random_value(&random, 6), *back;
        struct ab_buffer compact = AB_BUFFER_INIT, pretty = AB_BUFFER_INIT;
        struct ab_text *text;

        ck_assert_int_eq(ab_json_write(&compact, value, 6), 0);
        ck_assert_int_eq(ab_json_write_pretty(&pretty, value, 6, 3), 0);
        ck_assert_int_eq(ab_json_encode(value, 6, &text), 0);
        ck_assert_uint_eq(text->size, ab_buffer_size(&compact));
        ck_assert_mem_eq(text->data, ab_buffer_data(&compact), text->size);
        ck_assert(agree(text->data, text->size));
        ck_assert(agree(ab_buffer_data(&pretty), ab_buffer_size(&pretty)));
        ck_assert_int_eq(parse(text->data, text->size, &back), 0);
        ck_assert(json_equal(value, back));
        json_decref(back);
        ck_assert_int_eq(parse(ab_buffer_data(&pretty), ab_buffer_size(&pretty), &back), 0);
        ck_assert(json_equal(value, back));
        json_decref(back);
        json_decref(value);
        ab_text_unref(text);
        ab_buffer_deinit(&compact);
        ab_buffer_deinit(&pretty);
    }
}
END_TEST

/* ---- Locales. Compiled for the test, since a machine may have none; where none can be, there is nothing to see. */

static bool use_locale(const char *source, const char *folder)
{
    char command[256], name[32];
    int status;

    snprintf(name, sizeof(name), "%s.UTF-8", source);
    snprintf(command, sizeof(command), "localedef -c -i %s -f UTF-8 %s/%s >/dev/null 2>&1", source, folder, name);
    status = system(command);
    setenv("LOCPATH", folder, 1);
    return status != -1 && setlocale(LC_ALL, name);
}

static void in_locale(const char *source, const char *half)
{
    static const char *const texts[] = {"[1.5,-2.25e-10,7,0.0]", "[100000.0]", "[0.30000000000000004]"};
    char folder[] = "/tmp/check_json.XXXXXX", command[64], printed[16];
    bool there;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    there = use_locale(source, folder);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    if (!there)
        return;
    snprintf(printed, sizeof(printed), "%.1f", 0.5);
    ck_assert_str_eq(printed, half);
    for (size_t i = 0; i < COUNT(texts); i++)
        writes_new(value_of(texts[i]), texts[i]);
    setlocale(LC_ALL, "C");
}

START_TEST(decimal_comma)
{
    in_locale("de_DE", "0,5");
}
END_TEST

START_TEST(decimal_point_of_two_bytes)
{
    in_locale("ps_AF", "0\xd9\xab"
                       "5");
}
END_TEST

/* ---- Without memory. */

static const char rich[] = "{\"key\":[1,-2.5,\"text with \\n escapes \\u20ac\",\"plain text of some length\","
                           "12345678901234567,0.1234567890123456789,true,null,{\"in\":{\"in\":[[[[[[[]]]]]]]}}],"
                           "\"a key that is longer than the others are\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,"
                           "\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":[0,1,2,3,4,5,6,7,8,9]}}";

/* Reads, writes and compares: whatever fails, no value is ever wrong. */
static bool reads_and_writes(void *context)
{
    const struct ab_text *wanted = context;
    struct ab_text *text = NULL;
    json_t *value = NULL;
    json_error_t problem = {.line = 77};
    int result = ab_json_parse(rich, strlen(rich), AB_JSON_DEPTH, MANY, &value, &problem);

    ck_assert_int_eq(problem.line, 77);
    if (result < 0) {
        ck_assert_int_eq(result, AB_ENOMEM);
        ck_assert_ptr_null(value);
        return false;
    }
    result = ab_json_encode(value, AB_JSON_DEPTH, &text);
    json_decref(value);
    if (result < 0) {
        ck_assert_int_eq(result, AB_ENOMEM);
        ck_assert_ptr_null(text);
        return false;
    }
    ck_assert(ab_text_equal(text, wanted));
    ab_text_unref(text);
    return true;
}

START_TEST(every_allocation_fails)
{
    json_t *value = value_of(rich);
    struct ab_text *wanted;

    ck_assert_int_eq(ab_json_encode(value, AB_JSON_DEPTH, &wanted), 0);
    json_decref(value);
    ck_assert_uint_ge(ab_failing_each(reads_and_writes, wanted), 100);
    ab_text_unref(wanted);
}
END_TEST

static bool writes_pretty(void *context)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    int result;

    if (ab_buffer_append_text(&out, "before") < 0)
        return false;
    result = ab_json_write_pretty(&out, context, AB_JSON_DEPTH, 8);
    if (result < 0) {
        ck_assert_int_eq(result, AB_ENOMEM);
        ck_assert_uint_eq(ab_buffer_size(&out), 6);
    }
    ab_buffer_deinit(&out);
    return result == 0;
}

START_TEST(every_allocation_of_the_writer_fails)
{
    json_t *value = value_of(rich);

    ck_assert_uint_ge(ab_failing_each(writes_pretty, value), 8);
    json_decref(value);
}
END_TEST

static bool copies(void *value)
{
    json_t *copy = ab_json_copy(value);
    json_t *deep = ab_json_deep_copy(value);
    bool both = copy && deep;

    ck_assert(!copy || json_equal(copy, value));
    ck_assert(!deep || json_equal(deep, value));
    json_decref(copy);
    json_decref(deep);
    return both;
}

START_TEST(copies_are_whole_or_none)
{
    json_t *value =
        value_of("{\"a\": [1, [2.5, {}]], \"b\": {\"c\": {\"d\": null, \"e\": \"f\"}}, \"g\": [], \"h\": true}");

    ck_assert_uint_ge(ab_failing_each(copies, value), 30);
    json_decref(value);
    ck_assert_ptr_null(ab_json_copy(NULL));
    ck_assert_ptr_null(ab_json_deep_copy(NULL));
}
END_TEST

#define COPYING 200 /* bytes that go again */

/* Not far from what jansson asks for. */
START_TEST(weighs)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"a\":1}",
        "[1,2.5,null,true,\"x\",[],{}]",
        "{\"type\":\"thermostat\",\"hostname\":\"hall\",\"name\":\"Hall\",\"room\":\"hall\",\"n\":[1,{\"a\":null}]}",
        "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
        "[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]",
        "\"a long string, of which the bytes count and nothing besides but a little for where they are kept\"",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        json_t *value, *copy;

        ab_failing_install();
        value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        size_t before = ab_failing_bytes();
        copy = json_deep_copy(value);
        size_t taken = ab_failing_bytes() - before;
        ck_assert_msg((ab_json_weight(value) + COPYING) * 2 >= taken && ab_json_weight(value) <= taken * 2,
                      "%s: %zu and not %zu", texts[i], ab_json_weight(value), taken);
        json_decref(value);
        json_decref(copy);
        ab_failing_remove();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *measure = tcase_create("measure"), *reader = tcase_create("reader"), *writer = tcase_create("writer"),
          *trouble = tcase_create("trouble");

    json_object_seed(1);
    tcase_add_test(measure, depth_and_tokens);
    tcase_add_test(measure, limits_as_it_is_built);
    tcase_add_test(measure, limits_come_before_the_reader);
    suite_add_tcase(suite, measure);
    tcase_add_loop_test(reader, reads_what_jansson_reads, 0, COUNT(good));
    tcase_add_loop_test(reader, refuses_what_jansson_refuses, 0, COUNT(bad));
    tcase_add_test(reader, refuses_a_nul_anywhere);
    tcase_add_loop_test(reader, agrees_on_every_beginning, 0, COUNT(good));
    tcase_add_loop_test(reader, agrees_on_mutations, 0, 4);
    tcase_add_test(reader, deep_and_long_texts);
    tcase_add_test(reader, tells_where_and_what);
    tcase_add_test(reader, utf8_is_what_jansson_takes_for_it);
    suite_add_tcase(suite, reader);
    tcase_add_test(writer, compact_form);
    tcase_add_test(writer, pretty_form);
    tcase_add_test(writer, shortest_reals);
    tcase_add_loop_test(writer, random_reals, 0, 3);
    tcase_add_test(writer, refuses_what_is_no_json);
    tcase_add_test(writer, strings_alone);
    tcase_add_loop_test(writer, round_trips, 0, 3);
    suite_add_tcase(suite, writer);
    tcase_add_test(trouble, decimal_comma);
    tcase_add_test(trouble, decimal_point_of_two_bytes);
    tcase_add_test(trouble, every_allocation_fails);
    tcase_add_test(trouble, every_allocation_of_the_writer_fails);
    tcase_add_test(trouble, copies_are_whole_or_none);
    tcase_add_test(trouble, weighs);
    suite_add_tcase(suite, trouble);
    return ab_test_run(suite);
}
