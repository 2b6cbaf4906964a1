/* tools/signature: what is described, in a line; also what is odd. */

#include "harness.h"

#include <jansson.h>
#include <stdlib.h>

#include "../../tools/signature.h"

START_TEST(lines)
{
    static const struct {
        const char *about;
        const char *line;
    } cases[] = {
        {"{}", "f"},
        {"7", "f"},
        {"{\"doc\": \"x\"}", "f"},
        {"{\"args\": []}", "f()"},
        {"{\"args\": [{\"name\": \"room\", \"type\": \"string\"}, {\"type\": \"number\"}], \"result\": {}}",
         "f(room: string, number) -> any"},
        {"{\"args\": [{\"name\": \"a\", \"type\": \"integer\", \"optional\": true}, {\"optional\": true}]}",
         "f(a?: integer, any?)"},
        {"{\"result\": {\"type\": [\"string\", \"null\"]}}", "f(...) -> string|null"},
        {"{\"value\": {\"type\": \"number\", \"minimum\": 5, \"maximum\": 30.5}}", "f: number 5..30.5"},
        {"{\"value\": {\"type\": \"number\", \"minimum\": 5}}", "f: number 5.."},
        {"{\"value\": {\"enum\": [\"on\", 1, null]}}", "f: \"on\"|1|null"},
        {"{\"value\": {\"const\": [1]}}", "f: [1]"},
        {"{\"value\": {\"type\": \"array\", \"items\": {\"type\": \"number\"}}}", "f: number[]"},
        {"{\"value\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\"}, \"b\": 1}}}",
         "f: {a: string, b: any}"},
        {"{\"value\": {\"items\": {\"items\": {\"items\": {\"items\": {\"items\": {\"type\": \"x\"}}}}}}}",
         "f: any[][][][]"},
        {"{\"args\": [1, null, []], \"result\": \"boolean\"}", "f(any, any, any)"},
        {"{\"args\": {}, \"value\": []}", "f"},
        {"{\"value\": {\"type\": 3, \"minimum\": \"x\", \"enum\": {}, \"items\": []}}", "f: any"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *about = json_loads(cases[i].about, JSON_DECODE_ANY, NULL);
        ck_assert_msg(about != NULL, "%s", cases[i].about);
        char *line = tool_signature("f", about);
        ck_assert_str_eq(line, cases[i].line);
        free(line);
        json_decref(about);
    }
    char *line = tool_signature("f", NULL);
    ck_assert_str_eq(line, "f");
    free(line);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signature");
    TCase *tests = tcase_create("signature");

    tcase_add_test(tests, lines);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
