/* tools/plan: what autobus-serve is told to publish. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"

#include "../../tools/message.h"
#include "../../tools/plan.h"

static struct tool_plan plan;

static void setup(void)
{
    tool_message_init("t");
    tool_plan_init(&plan);
}

static void teardown(void)
{
    tool_plan_deinit(&plan);
}

typedef int setter(const struct tool_option *option, const char *text);

static int set(setter *use, const char *name, const char *text, const char *wanted)
{
    struct ab_captured captured;
    const struct tool_option option = {name, 0, "NAME=WHAT", "", use, &plan};
    ab_captured_begin(&captured, STDERR_FILENO);
    int result = use(&option, text);
    char *said = ab_captured_end(&captured);
    ck_assert_msg(wanted ? strstr(said, wanted) != NULL : !*said, "%s: %s", text, said);
    free(said);
    return result;
}

START_TEST(good)
{
    ck_assert_int_eq(set(tool_plan_set_info, "info", "type=thermostat", NULL), 0);
    ck_assert_int_eq(set(tool_plan_set_info, "info", "floor=2", NULL), 0);
    ck_assert_int_eq(set(tool_plan_set_info, "info", "note=a=b", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "say=echo a=b", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_object, "object", "say={\"a\": 1}", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_object_command, "object-command", "load=cat /proc/loadavg", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_event, "event", "say", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_doc, "doc", "say=Says it.", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_allow, "allow", "10.0.0.0/8", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_allow, "allow", "192.168.1.7,192.168.1.9", NULL), 0);
    ck_assert_str_eq(plan.allowed, "10.0.0.0/8, 192.168.1.7,192.168.1.9");
    ck_assert_int_eq(set(tool_plan_add_doc, "doc", "=A service.", NULL), 0);
    ck_assert_int_eq(tool_plan_finish(&plan), 0);

    ck_assert_str_eq(json_string_value(json_object_get(plan.info, "type")), "thermostat");
    ck_assert_int_eq(json_integer_value(json_object_get(plan.info, "floor")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(plan.info, "note")), "a=b");
    ck_assert_str_eq(plan.doc, "A service.");
    const struct tool_item *item = tool_plan_find(&plan, TOOL_ITEM_FUNCTION, "say");
    ck_assert_str_eq(item->command, "echo a=b");
    ck_assert_str_eq(item->doc, "Says it.");
    ck_assert_ptr_nonnull(tool_plan_find(&plan, TOOL_ITEM_OBJECT, "say")->value);
    ck_assert_str_eq(tool_plan_find(&plan, TOOL_ITEM_OBJECT, "load")->command, "cat /proc/loadavg");
    ck_assert_str_eq(tool_plan_find(&plan, TOOL_ITEM_EVENT, "say")->doc, "Says it.");
    ck_assert_ptr_null(tool_plan_find(&plan, TOOL_ITEM_EVENT, "load"));
}
END_TEST

/* The first would be lost, or the second. */
START_TEST(twice)
{
    static const struct {
        setter *use;
        const char *name, *first, *second, *wanted;
    } cases[] = {
        {tool_plan_set_info, "info", "a=1", "a=2", "--info a=2: another --info has that name"},
        {tool_plan_add_doc, "doc", "f=one", "f=other", "--doc f=other: another --doc has that name"},
        {tool_plan_add_doc, "doc", "=one", "=other", "--doc =other: another --doc has that name"},
        {tool_plan_add_description, "describe", "f={}", "f={\"args\": []}", "another --describe has that name"},
        {tool_plan_add_stream, "stream", "f", "f", "--stream f: another --stream has that name"},
        {tool_plan_add_function, "function", "f=ls", "f=id", "--function f: there is a function of that name"},
        {tool_plan_add_event, "event", "f", "f", "--event f: there is an event of that name"},
        {tool_plan_add_object, "object", "f=1", "f=2", "--object f: there is an object of that name"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_int_eq(set(cases[i].use, cases[i].name, cases[i].first, NULL), 0);
        ck_assert_int_eq(set(cases[i].use, cases[i].name, cases[i].second, cases[i].wanted), -1);
    }
}
END_TEST

START_TEST(bad)
{
    ck_assert_int_eq(set(tool_plan_set_info, "info", "type", "--info type: NAME=WHAT is wanted"), -1);
    ck_assert_int_eq(set(tool_plan_set_info, "info", "=x", "the key is missing"), -1);
    ck_assert_int_eq(set(tool_plan_set_info, "info", "a={x", "--info a is broken JSON"), -1);
    ck_assert_int_eq(set(tool_plan_set_info, "info", "port=1", "--info port=1: who finds the service adds this key"),
                     -1);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "say", "NAME=WHAT is wanted"), -1);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "say=", "the command is missing"), -1);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "=say", "the name is missing"), -1);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "autobus.x=y", "are the library's"), -1);
    ck_assert_int_eq(set(tool_plan_add_function, "function", "\xff=y", "UTF-8"), -1);
    ck_assert_int_eq(set(tool_plan_add_object, "object", "o=[1", "--object o is broken JSON"), -1);
    ck_assert_int_eq(set(tool_plan_add_object, "object", "o=1", NULL), 0);
    ck_assert_int_eq(set(tool_plan_add_object_command, "object-command", "o=ls", "there is an object"), -1);
    ck_assert_int_eq(set(tool_plan_add_event, "event", "", "the name is missing"), -1);
    ck_assert_int_eq(set(tool_plan_add_doc, "doc", "\xff=x", "not UTF-8"), -1);
    ck_assert_int_eq(set(tool_plan_add_doc, "doc", "p=x", NULL), 0);

    struct ab_captured captured;
    ab_captured_begin(&captured, STDERR_FILENO);
    ck_assert_int_eq(tool_plan_finish(&plan), 2);
    char *said = ab_captured_end(&captured);
    ck_assert_ptr_nonnull(strstr(said, "--doc p: there is no"));
    free(said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/plan");
    TCase *cases = tcase_create("plan");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, good);
    tcase_add_test(cases, bad);
    tcase_add_test(cases, twice);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
