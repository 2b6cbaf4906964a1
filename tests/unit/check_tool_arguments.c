/* tools/arguments: what is JSON, what is a string, and the caret under a fault. */

#include "harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"

#include "../../tools/arguments.h"
#include "../../tools/message.h"

static void setup(void)
{
    tool_message_init("t");
}

static int read_args(const struct tool_argument_rules *rules, const char *const *texts, json_t **ret_args,
                     char **ret_said)
{
    struct ab_captured captured;
    char *items[10];
    size_t count = 0;
    for (; texts[count]; count++)
        items[count] = (char *)texts[count];
    ab_captured_begin(&captured, STDERR_FILENO);
    int end = tool_arguments_read(rules, items, count, ret_args);
    *ret_said = ab_captured_end(&captured);
    return end;
}

static void check_args(const struct tool_argument_rules *rules, const char *const *texts, const char *wanted)
{
    char *said = NULL;
    json_t *args = NULL;
    int end = read_args(rules, texts, &args, &said);
    ck_assert_msg(end == 0, "%s", said);
    json_t *json = json_loads(wanted, 0, NULL);
    ck_assert(json_equal(args, json));
    json_decref(json);
    json_decref(args);
    free(said);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RULES(...) (&(const struct tool_argument_rules){__VA_ARGS__})

START_TEST(reading)
{
    check_args(RULES(0), TEXTS(NULL), "[]");
    check_args(RULES(0), TEXTS("hall", "21.5", "-5", "true", "null"), "[\"hall\", 21.5, -5, true, null]");
    check_args(RULES(0), TEXTS("", "007", "+5", ".5", "1e999", "99999999999999999999", "nan"),
               "[\"\", \"007\", \"+5\", \".5\", \"1e999\", \"99999999999999999999\", \"nan\"]");
    check_args(RULES(0), TEXTS("\"5\"", "{\"a\": [1]}", "[]", " 5 "), "[\"5\", {\"a\": [1]}, [], 5]");
    check_args(RULES(0), TEXTS("1.0"), "[1.0]");
    check_args(RULES(.strings = true), TEXTS("5", "-", "{x"), "[\"5\", \"-\", \"{x\"]");
    check_args(RULES(.json = "[1, {}]"), TEXTS(NULL), "[1, {}]");
}
END_TEST

static void check_refused(const struct tool_argument_rules *rules, const char *const *texts, const char *wanted)
{
    char *said = NULL;
    json_t *args = NULL;
    ck_assert_int_eq(read_args(rules, texts, &args, &said), 2);
    ck_assert_ptr_null(args);
    ck_assert_msg(strstr(said, wanted) != NULL, "%s", said);
    free(said);
}

START_TEST(refusing)
{
    check_refused(RULES(.json = "[1]"), TEXTS("2"), "--args is the whole array");
    check_refused(RULES(.json = "[1]", .strings = true), TEXTS(NULL), "--strings");
    check_refused(RULES(.json = "5"), TEXTS(NULL), "not a JSON array");
    check_refused(RULES(0), TEXTS("-", "-"), "one ARG only");
    check_refused(RULES(0), TEXTS("\xff"), "not UTF-8");
    check_refused(RULES(.strings = true), TEXTS("\xff"), "not UTF-8");
}
END_TEST

START_TEST(pointing)
{
    check_refused(RULES(0), TEXTS("5", "{\"a\": 1,}"), "t: argument 2 is broken JSON");
    check_refused(RULES(0), TEXTS("{\"a\": 1,}"),
                  "(column 9)\n"
                  "t: {\"a\": 1,}\n"
                  "           ^\n");
    check_refused(RULES(0), TEXTS("[1, 2"),
                  "(column 6)\n"
                  "t: [1, 2\n"
                  "        ^\n");
    check_refused(RULES(0), TEXTS("[\"\xc3\xbc\", x]"),
                  "(column 7)\n"
                  "t: [\"\xc3\xbc\", x]\n"
                  "         ^\n");
    check_refused(RULES(0), TEXTS("[\n1,\n]"),
                  "t: [\\n1,\\n]\n"
                  "          ^\n");
}
END_TEST

/* Only what is around the fault is shown of a long text. */
START_TEST(long_text)
{
    char text[2000] = "[";
    memset(text + 1, ' ', 1000);
    strcpy(text + 1001, "x");
    memset(text + 1002, ' ', 900);
    struct ab_captured captured;
    ab_captured_begin(&captured, STDERR_FILENO);
    ck_assert_ptr_null(tool_value_read("it", text));
    char *said = ab_captured_end(&captured);
    ck_assert_ptr_nonnull(strstr(said, "(column 1002)"));
    ck_assert_uint_lt(strlen(said), 300);
    free(said);
}
END_TEST

START_TEST(standard_input)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], "{\"a\":\n 1}\n", 10), 10);
    close(fds[1]);
    ck_assert_int_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    check_args(RULES(0), TEXTS("x", "-"), "[\"x\", {\"a\": 1}]");
    check_refused(RULES(0), TEXTS("-"), "standard input is empty"); /* it is at its end */
}
END_TEST

START_TEST(explaining)
{
    struct ab_captured captured;
    json_t *args = json_pack("[s, i, f, b, n, {}, []]", "hall\033", 5, 0.5, 1);
    ab_captured_begin(&captured, STDERR_FILENO);
    tool_arguments_explain(args);
    char *said = ab_captured_end(&captured);
    ck_assert_str_eq(said, "t: argument 1 was read as string: \"hall\\u001B\"\n"
                           "t: argument 2 was read as integer: 5\n"
                           "t: argument 3 was read as real: 0.5\n"
                           "t: argument 4 was read as boolean: true\n"
                           "t: argument 5 was read as null: null\n"
                           "t: argument 6 was read as object: {}\n"
                           "t: argument 7 was read as array: []\n");
    free(said);
    json_decref(args);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/arguments");
    TCase *cases = tcase_create("arguments");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, reading);
    tcase_add_test(cases, refusing);
    tcase_add_test(cases, pointing);
    tcase_add_test(cases, long_text);
    tcase_add_test(cases, standard_input);
    tcase_add_test(cases, explaining);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
