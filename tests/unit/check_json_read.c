/* wire/json_read: the reader against jansson's own, its limits, and what it says of what it refuses. */

#include "harness.h"
#include "json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "wire/json.h"

#define MANY SIZE_MAX

/* ---- Limits. */

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

/* ---- As jansson. */

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
    ck_assert(ab_test_json_agree(good[_i], strlen(good[_i])));
}
END_TEST

START_TEST(refuses_what_jansson_refuses)
{
    ck_assert(!ab_test_json_agree(bad[_i], strlen(bad[_i])));
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

        ck_assert_int_eq(ab_test_json_parse(texts[i].text, texts[i].size, &value), AB_EPROTOCOL);
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
        ab_test_json_agree(cut, size);
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
        accepted += ab_test_json_agree(text, size);
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
    ck_assert_int_eq(ab_test_json_parse(text, 2 * DEEP + 2, &value), AB_ETOOLARGE);
    ck_assert(ab_test_json_agree(text + 1, 2 * DEEP));
    memset(text, '1', LONG * 2);
    text[0] = '[';
    for (int i = 1; i <= LONG; i++)
        text[2 * i] = i < LONG ? ',' : ']';
    ck_assert(ab_test_json_agree(text, 2 * LONG + 1));
    memset(text, '1', LONG);
    ck_assert(!ab_test_json_agree(text, LONG));
    text[1] = '.';
    ck_assert(ab_test_json_agree(text, LONG));
    text[0] = text[LONG - 1] = '"';
    ck_assert(ab_test_json_agree(text, LONG));
    free(text);
}
END_TEST

/* ---- Explanations. */

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

int main(void)
{
    Suite *suite = suite_create("json_read");
    TCase *tcase = tcase_create("json_read");

    json_object_seed(1);
    tcase_add_test(tcase, limits_as_it_is_built);
    tcase_add_test(tcase, limits_come_before_the_reader);
    tcase_add_loop_test(tcase, reads_what_jansson_reads, 0, COUNT(good));
    tcase_add_loop_test(tcase, refuses_what_jansson_refuses, 0, COUNT(bad));
    tcase_add_test(tcase, refuses_a_nul_anywhere);
    tcase_add_loop_test(tcase, agrees_on_every_beginning, 0, COUNT(good));
    tcase_add_loop_test(tcase, agrees_on_mutations, 0, 4);
    tcase_add_test(tcase, deep_and_long_texts);
    tcase_add_test(tcase, tells_where_and_what);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
