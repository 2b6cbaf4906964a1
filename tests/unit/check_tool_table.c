/* tools/table: rows, their order, and how they look. */

#include "harness.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/table.h"

static struct tool_table table;

static void setup(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    table = (struct tool_table){0};
}

static void teardown(void)
{
    tool_table_deinit(&table);
}

static void set(const char *service, const char *label, const char *json)
{
    json_t *value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    ck_assert(!json || value);
    tool_table_set(&table, service, label, value);
    json_decref(value);
}

static void sort_by(const char *key, bool reverse)
{
    free(table.sort);
    table.sort = key ? strdup(key) : NULL;
    table.reverse = reverse;
}

/* All lines, with '|' for the ends of lines. */
static void check(size_t width, const char *wanted)
{
    char text[4096] = "";
    struct tool_table_lines lines = tool_table_layout(&table, width);
    for (size_t i = 0; i < lines.count; i++) {
        strcat(text, i > 0 ? "|" : "");
        strcat(text, lines.items[i].text);
    }
    tool_table_lines_deinit(&lines);
    ck_assert_str_eq(text, wanted);
}

START_TEST(empty)
{
    check(0, "service");
    check(80, "service");
    ck_assert_int_eq(tool_table_expire(&table, 5), -1);
    tool_table_set_gone(&table, "nobody", 5);
    tool_table_move_sort(&table, 1);
    tool_table_move_sort(&table, -1);
    check(0, "service");
}
END_TEST

START_TEST(columns)
{
    set("2", "cellar", "{\"percent\": 5.5, \"cores\": 16}");
    set("1", "attic", "{\"cores\": 4, \"note\": \"hot\"}");
    check(0, "service  cores  note  percent|"
             "attic        4  hot         -|"
             "cellar      16  -        5.50");
    set("3", "hall", "\"off\"");
    set("4", "yard", NULL);
    check(0, "service  cores  note  percent  value|"
             "attic        4  hot         -  -|"
             "cellar      16  -        5.50  -|"
             "hall         -  -           -  off|"
             "yard         -  -           -  -");
}
END_TEST

START_TEST(values)
{
    set("1", "a", "7");
    set("2", "b", "12.345");
    set("3", "c", "-0.00001234");
    set("4", "d", "1.5e300");
    set("5", "e", "null");
    check(0, "service      value|"
             "a                7|"
             "b            12.35|"
             "c        -1.23e-05|"
             "d         1.5e+300|"
             "e             null");
    set("6", "f", "[1,{\"x\":true}]");
    set("7", "g", "\"a\\u001b[2Jb\\n\"");
    check(0, "service  value|"
             "a        7|"
             "b        12.35|"
             "c        -1.23e-05|"
             "d        1.5e+300|"
             "e        null|"
             "f        [1,{\"x\":true}]|"
             "g        a\\u001B[2Jb\\n");
}
END_TEST

START_TEST(order)
{
    set("1", "d", "{\"n\": 5, \"t\": \"b\"}");
    set("2", "c", "{\"n\": 50, \"t\": \"a\"}");
    set("3", "b", "{\"n\": 5.5, \"t\": 3}");
    set("4", "g", "{\"t\": null}");
    set("5", "e", "{\"n\": 5, \"t\": false}");
    set("6", "f", "{\"n\": 5, \"t\": true}");
    sort_by("n", false);
    check(0, "service     n  t|"
             "c          50  a|"
             "b        5.50  3|"
             "d           5  b|"
             "e           5  false|"
             "f           5  true|"
             "g           -  null");
    sort_by("n", true);
    check(0, "service     n  t|"
             "d           5  b|"
             "e           5  false|"
             "f           5  true|"
             "b        5.50  3|"
             "c          50  a|"
             "g           -  null");
    sort_by("t", false);
    check(0, "service     n  t|"
             "b        5.50  3|"
             "f           5  true|"
             "e           5  false|"
             "c          50  a|"
             "d           5  b|"
             "g           -  null");
    sort_by("no such", true);
    check(0, "service     n  t|"
             "g           -  null|"
             "f           5  true|"
             "e           5  false|"
             "d           5  b|"
             "c          50  a|"
             "b        5.50  3");
}
END_TEST

static void check_sort(const char *wanted)
{
    char *name = tool_table_sort_name(&table);
    ck_assert_str_eq(name, wanted);
    free(name);
}

START_TEST(moving_the_sort)
{
    set("1", "a", "{\"x\": 1, \"y\": 2}");
    check_sort("service");
    tool_table_move_sort(&table, -1);
    check_sort("service");
    tool_table_move_sort(&table, 1);
    check_sort("x");
    tool_table_move_sort(&table, 1);
    tool_table_move_sort(&table, 1);
    check_sort("y");
    set("1", "a", "{\"x\": 1}");
    check_sort("service"); /* until it is there again */
    set("1", "a", "{\"x\": 1, \"y\": 2}");
    check_sort("y");
    tool_table_move_sort(&table, -1);
    tool_table_move_sort(&table, -1);
    check_sort("service");
}
END_TEST

START_TEST(going)
{
    set("1", "a", "1");
    set("2", "b", "2");
    tool_table_set_gone(&table, "1", 100);
    ck_assert_uint_eq(tool_table_count_gone(&table), 1);
    check(0, "service   value|"
             "(gone) a      1|"
             "b             2");
    ck_assert_int_eq(tool_table_expire(&table, 99), 100);
    set("1", "a", "3"); /* it is back */
    ck_assert_int_eq(tool_table_expire(&table, 100), -1);
    check(0, "service  value|"
             "a            3|"
             "b            2");
    tool_table_set_gone(&table, "1", 200);
    tool_table_set_gone(&table, "2", 150);
    ck_assert_int_eq(tool_table_expire(&table, 120), 150);
    set("9", "a", "9"); /* started again, with another id */
    check(0, "service   value|"
             "a             9|"
             "(gone) b      2");
    ck_assert_int_eq(tool_table_expire(&table, 150), -1);
    check(0, "service  value|"
             "a            9");
}
END_TEST

START_TEST(labels)
{
    set("2-x", "hall", "1");
    set("1-x", "hall", "2");
    set("3-x", "yard", "3");
    check(0, "service   value|"
             "hall/1-x      2|"
             "hall/2-x      1|"
             "yard          3");
    set("2-x", "cellar", "1"); /* it is called otherwise now */
    check(0, "service  value|"
             "cellar       1|"
             "hall         2|"
             "yard         3");
}
END_TEST

START_TEST(narrow)
{
    set("1", "häll", "{\"a\": 1, \"long\": \"0123456789012345678901234567890123456789x\", \"z\": \"日本語\"}");
    check(0, "service  a  long                                       z|"
             "häll     1  0123456789012345678901234567890123456789x  日本語");
    check(80, "service  a  long                                      z|"
              "häll     1  012345678901234567890123456789012345678~  日本語");
    check(57, "service  a  long                                      z|"
              "häll     1  012345678901234567890123456789012345678~  日");
    check(3, "ser|häl");
}
END_TEST

START_TEST(many_keys)
{
    json_t *value = json_object();
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        json_object_set_new(value, key, json_integer(i));
    }
    tool_table_set(&table, "1", "a", value);
    json_decref(value);
    struct tool_table_lines lines = tool_table_layout(&table, 0);
    ck_assert_ptr_nonnull(strstr(lines.items[0].text, " k62"));
    ck_assert_ptr_null(strstr(lines.items[0].text, "k63"));
    tool_table_lines_deinit(&lines);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/table");
    TCase *cases = tcase_create("table");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, empty);
    tcase_add_test(cases, columns);
    tcase_add_test(cases, values);
    tcase_add_test(cases, order);
    tcase_add_test(cases, moving_the_sort);
    tcase_add_test(cases, going);
    tcase_add_test(cases, labels);
    tcase_add_test(cases, narrow);
    tcase_add_test(cases, many_keys);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
