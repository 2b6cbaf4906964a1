/* tools/escape: what a terminal may see, how wide it is, and what a shell reads. */

#include "harness.h"

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/escape.h"

static void check_escape(const char *text, size_t size, unsigned flags, const char *wanted)
{
    char *escaped = tool_escape(text, size, flags);
    ck_assert_str_eq(escaped, wanted);
    free(escaped);
}

START_TEST(escapes)
{
    static const struct {
        const char *text;
        const char *wanted;
    } cases[] = {
        {"", ""},
        {"plain, with spaces and \\", "plain, with spaces and \\"},
        {"Küche \xe2\x98\x83 \xf0\x9f\x98\x80", "Küche \xe2\x98\x83 \xf0\x9f\x98\x80"},
        {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
        {"\033[31mred\007", "\\u001B[31mred\\u0007"},
        {"\x7f", "\\u007F"},
        {"\xc2\x9b"
         "31m",
         "\\u009B31m"}, /* the 8-bit CSI */
        {"\xe2\x80\xae"
         "txt.exe",
         "\\u202Etxt.exe"},                                            /* right to left override */
        {"\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", "\\u2066\\u2069\\u061C"}, /* isolates, Arabic letter mark */
        {"\xe2\x80\xa8", "\\u2028"},                                   /* line separator */
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc3", "\\xc3"},                            /* cut */
        {"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
        {"\x80x", "\\x80x"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_escape(cases[i].text, strlen(cases[i].text), 0, cases[i].wanted);
    check_escape("a\0b", 3, 0, "a\\u0000b");
    check_escape("a\n\tb\r\033", 6, TOOL_ESCAPE_LAYOUT, "a\n\tb\\r\\u001B");
}
END_TEST

/* Escaped JSON text is the same JSON. */
START_TEST(json_stays_json)
{
    json_t *value = json_pack("{s:s}", "k\xc2\x9b", "\xe2\x80\xae\x7f\n\033");
    char *text = json_dumps(value, JSON_INDENT(2));
    char *escaped = tool_escape(text, strlen(text), TOOL_ESCAPE_LAYOUT);
    json_t *again = json_loads(escaped, 0, NULL);

    ck_assert(json_equal(value, again));
    for (const char *at = escaped; *at; at++)
        ck_assert((unsigned char)*at < 0x7f && ((unsigned char)*at >= 0x20 || *at == '\n'));
    free(escaped);
    free(text);
    json_decref(value);
    json_decref(again);
}
END_TEST

START_TEST(width)
{
    ck_assert_uint_eq(tool_width(""), 0);
    ck_assert_uint_eq(tool_width("hall"), 4);
    ck_assert_uint_eq(tool_width("K\xc3\xbc"
                                 "che"),
                      5);
    if (setlocale(LC_CTYPE, "C.UTF-8")) {
        ck_assert_uint_eq(tool_width("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two wide characters */
        ck_assert_uint_eq(tool_width("e\xcc\x81"), 1);                /* with an accent of its own */
    }
}
END_TEST

START_TEST(shell)
{
    static const char *const cases[][2] = {
        {"type=x,room!=y", "'type=x,room!=y'"}, {"", "''"}, {"it's", "'it'\\''s'"}, {"$(ls) \"", "'$(ls) \"'"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *quoted = tool_shell_quote(cases[i][0]);
        ck_assert_str_eq(quoted, cases[i][1]);
        free(quoted);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/escape");
    TCase *cases = tcase_create("escape");
    tcase_add_test(cases, escapes);
    tcase_add_test(cases, json_stays_json);
    tcase_add_test(cases, width);
    tcase_add_test(cases, shell);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
