/* tools/line: lines of autobus-serve's standard input. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "../../tools/line.h"

static void check_good(const char *text, enum tool_line_kind kind, const char *name, const char *json)
{
    struct tool_line line;
    char *wrong = tool_line_parse(text, strlen(text), &line);
    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    ck_assert_int_eq(line.kind, kind);
    if (kind != TOOL_LINE_BLANK) {
        json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
        ck_assert_str_eq(line.name, name);
        ck_assert_msg(json_equal(line.value, wanted), "%s", text);
        json_decref(wanted);
    }
    tool_line_deinit(&line);
}

START_TEST(good)
{
    static const struct {
        const char *text;
        enum tool_line_kind kind;
        const char *name;
        const char *json;
    } cases[] = {
        {"", TOOL_LINE_BLANK, NULL, NULL},
        {" \t\r", TOOL_LINE_BLANK, NULL, NULL},
        {"temperature=21.5", TOOL_LINE_OBJECT, "temperature", "21.5"},
        {"temperature=21.5\r", TOOL_LINE_OBJECT, "temperature", "21.5"},
        {"state=half open", TOOL_LINE_OBJECT, "state", "\"half open\""},
        {"state=", TOOL_LINE_OBJECT, "state", "\"\""},
        {"state={\"a\": [1, 2]}", TOOL_LINE_OBJECT, "state", "{\"a\": [1, 2]}"},
        {"a=b=c", TOOL_LINE_OBJECT, "a", "\"b=c\""},
        {"a=null", TOOL_LINE_OBJECT, "a", "null"},
        {"rang", TOOL_LINE_EVENT, "rang", "[]"},
        {"  rang  ", TOOL_LINE_EVENT, "rang", "[]"},
        {"rang front 2 true", TOOL_LINE_EVENT, "rang", "[\"front\", 2, true]"},
        {"rang door=front", TOOL_LINE_EVENT, "rang", "[\"door=front\"]"},
        {"rang \"front door\" {\"a\": 1}  [1, 2] -5", TOOL_LINE_EVENT, "rang",
         "[\"front door\", {\"a\": 1}, [1, 2], -5]"},
        {"{\"object\": \"o\", \"value\": null}", TOOL_LINE_OBJECT, "o", "null"},
        {"{\"event\": \"e\"}", TOOL_LINE_EVENT, "e", "[]"},
        {"{\"event\": \"with space\", \"args\": [1, \"x\"]}", TOOL_LINE_EVENT, "with space", "[1, \"x\"]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_good(cases[i].text, cases[i].kind, cases[i].name, cases[i].json);
}
END_TEST

START_TEST(bad)
{
    static const char *const cases[] = {
        "=5",
        "a={\"b\"",
        "a=[1",
        "rang [1, 2",
        "rang \"x\"y",
        "rang \xff",
        "a=\xff",
        "{",
        "{}",
        "{\"object\": \"o\"}",
        "{\"object\": 1, \"value\": 2}",
        "{\"object\": \"o\", \"value\": 2, \"more\": 3}",
        "{\"event\": \"e\", \"args\": 5}",
        "{\"event\": 5}",
        "{\"event\": \"e\", \"object\": \"o\", \"value\": 1}",
        "{\"event\": \"e\"} x",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tool_line line;
        char *wrong = tool_line_parse(cases[i], strlen(cases[i]), &line);
        ck_assert_msg(wrong != NULL, "%s", cases[i]);
        ck_assert_uint_gt(strlen(wrong), 5);
        free(wrong);
    }
    struct tool_line line;
    char *wrong = tool_line_parse("a=\0b", 4, &line);
    ck_assert_ptr_nonnull(wrong);
    free(wrong);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/line");
    TCase *cases = tcase_create("line");
    tcase_add_test(cases, good);
    tcase_add_test(cases, bad);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
