/* tools/service and tools/target: SERVICE, labels, order, and the term that tells services apart. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"

#include "../../tools/message.h"
#include "../../tools/service.h"
#include "../../tools/target.h"

static void setup(void)
{
    tool_message_init("t");
}

static struct tool_target parse(const char *text, bool all)
{
    struct tool_target target;
    ck_assert_int_eq(tool_target_parse(text, all, &target), 0);
    return target;
}

START_TEST(places)
{
    struct tool_target target = parse("10.0.0.7:52722/17.5-2-vm-0.3", false);
    ck_assert(tool_target_is_direct(&target));
    ck_assert_str_eq(target.host, "10.0.0.7");
    ck_assert_uint_eq(target.port, 52722);
    ck_assert_str_eq(target.id, "17.5-2-vm-0.3");
    ck_assert_ptr_null(target.filter);
    tool_target_deinit(&target);

    static const char *const buses[] = {"hall:80", "hall:80/"};
    for (size_t i = 0; i < COUNT(buses); i++) {
        target = parse(buses[i], false);
        ck_assert_str_eq(target.host, "hall");
        ck_assert_uint_eq(target.port, 80);
        ck_assert_ptr_null(target.id);
        tool_target_deinit(&target);
    }

    static const char *const filters[] = {"name=a:80/b", "a/b",  "type",   "type=a:80",
                                          ":80/x",       "a:/x", "a:8x/x", "x!=a:8/b"};
    for (size_t i = 0; i < COUNT(filters); i++) {
        target = parse(filters[i], false);
        ck_assert_msg(!tool_target_is_direct(&target), "%s", filters[i]);
        tool_target_deinit(&target);
    }
}
END_TEST

START_TEST(empty)
{
    struct tool_target target;
    struct ab_captured captured;
    ab_captured_begin(&captured, STDERR_FILENO);
    ck_assert_int_eq(tool_target_parse("", false, &target), 2);
    char *said = ab_captured_end(&captured);
    ck_assert_str_eq(said, "t: SERVICE is empty: an id, a type, a filter or a place is wanted\nt: try --help\n");
    free(said);
}
END_TEST

START_TEST(refused)
{
    static const char *const cases[] = {"a:0/x", "a:65536/x", "a:99999999999999999999/x", "a:0", "a~[", "=x", "a=1,b"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tool_target target;
        struct ab_captured captured;
        ab_captured_begin(&captured, STDERR_FILENO);
        int end = tool_target_parse(cases[i], false, &target);
        char *said = ab_captured_end(&captured);
        ck_assert_msg(end == 2, "%s", cases[i]);
        ck_assert_ptr_nonnull(strstr(said, cases[i]));
        ck_assert_ptr_nonnull(strstr(said, "try --help"));
        free(said);
    }
}
END_TEST

START_TEST(ids)
{
    static const struct {
        const char *text;
        const char *id;
    } cases[] = {
        {"thermostat", "thermostat"},
        {"thermostat,room=hall", NULL},
        {"service=17-x", "17-x"},
        {"service=17-x,room=hall", NULL},
        {"type=x", NULL},
        {"!room", NULL},
        {"room?", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tool_target target = parse(cases[i].text, false);
        ck_assert_pstr_eq(target.id, cases[i].id);
        tool_target_deinit(&target);
    }
}
END_TEST

static bool admits(const char *text, bool all, const char *type, const char *service)
{
    struct tool_target target = parse(text, all);
    json_t *info = json_pack("{s:s, s:s}", "type", type, "service", service);
    bool result = autobus_filter_match(target.filter, info);
    json_decref(info);
    tool_target_deinit(&target);
    return result;
}

START_TEST(internal_services)
{
    ck_assert(admits(NULL, false, "thermostat", "1"));
    ck_assert(!admits(NULL, false, "autobus.details", "1"));
    ck_assert(admits(NULL, true, "autobus.details", "1"));
    ck_assert(!admits("service?", false, "autobus.details", "1"));
    ck_assert(admits("service?", true, "autobus.details", "1"));
    ck_assert(admits("autobus.details", false, "autobus.details", "1"));
    ck_assert(admits("type=autobus.details", false, "autobus.details", "1"));
    ck_assert(admits("type~^autobus", false, "autobus.details", "1"));
    ck_assert(admits("1", false, "autobus.details", "1")); /* by its id */
    ck_assert(admits("service=1", false, "autobus.details", "1"));
    ck_assert(!admits("name=autobus.x", false, "autobus.details", "1"));
}
END_TEST

START_TEST(labels)
{
    static const struct {
        const char *info;
        const char *label;
    } cases[] = {
        {"{\"name\": \"Hall\", \"type\": \"t\", \"hostname\": \"h\"}", "Hall"},
        {"{\"name\": \"\", \"type\": \"t\", \"hostname\": \"h\"}", "t@h"},
        {"{\"name\": 5, \"type\": \"t\", \"hostname\": \"h\"}", "t@h"},
        {"{\"type\": \"t\"}", "id"},
        {"{}", "id"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *info = json_loads(cases[i].info, 0, NULL);
        char *label = tool_service_label(info, "id");
        ck_assert_str_eq(label, cases[i].label);
        free(label);
        json_decref(info);
    }
}
END_TEST

START_TEST(order)
{
    json_t *entries = json_pack("[{s:s,s:{s:s,s:s}}, {s:s,s:{}}, {s:s,s:{s:s,s:s}}, {s:s,s:{s:s,s:s}}]", "service", "1",
                                "info", "type", "b", "name", "x", "service", "2", "info", "service", "3", "info",
                                "type", "b", "name", "a", "service", "4", "info", "type", "a", "name", "z");
    static const char *const wanted[] = {"4", "3", "1", "2"};
    tool_service_sort(entries);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(entries, i), "service")), wanted[i]);
    json_decref(entries);
}
END_TEST

static json_t *entries_of(const char *infos)
{
    json_t *list = json_loads(infos, 0, NULL);
    json_t *entries = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        char id[] = "id-0";
        id[3] = (char)('0' + i);
        json_array_append_new(entries, json_pack("{s:s, s:O}", "service", id, "info", json_array_get(list, i)));
    }
    json_decref(list);
    return entries;
}

static void check_terms(const char *infos, const char *text, const char *const *wanted)
{
    json_t *entries = entries_of(infos);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        char *term = tool_service_distinguish(entries, i, text);
        ck_assert_str_eq(term, wanted[i]);
        free(term);
    }
    json_decref(entries);
}

#define WANTED(...) ((const char *const[]){__VA_ARGS__})

START_TEST(telling_apart)
{
    check_terms("[{\"name\": \"Hall\", \"a\": 1}, {\"name\": \"Attic, left\"}]", "t",
                WANTED("t,name=Hall", "t,name=Attic\\, left"));
    check_terms("[{\"name\": \"x\", \"hostname\": \"p\"}, {\"name\": \"x\", \"hostname\": \"q\"}]", "type=t",
                WANTED("type=t,hostname=p", "type=t,hostname=q"));
    check_terms(
        "[{\"hostname\": \"p\", \"room\": \"hall\", \"n\": 1}, {\"hostname\": \"p\", \"room\": \"attic\", \"n\": 2}]",
        "t", WANTED("t,n=1", "t,n=2"));
    check_terms("[{\"hostname\": \"p\", \"port\": 1}, {\"hostname\": \"p\", \"port\": 2}]", "t",
                WANTED("service=id-0", "service=id-1"));
    check_terms("[{\"name\": \"x\"}, {\"name\": \"x\"}, {\"name\": \"y\"}]", "t",
                WANTED("service=id-0", "service=id-1", "t,name=y"));
    check_terms("[{\"name\": \"a\\u001b\"}, {\"name\": \"a\\\\b\"}]", "t", WANTED("service=id-0", "service=id-1"));
}
END_TEST

START_TEST(nearest)
{
    static const struct {
        const char *filter;
        const char *wanted;
    } cases[] = {
        {"thermostta", "thermostat"},
        {"Halll", "name=Hall"},
        {"Hall", "name=Hall"},
        {"lamp", "type=lamp!"}, /* no bare word can be that */
        {"type=thermo", "type=thermostat"},
        {"room=hal", "room=hall"},
        {"room=hall", NULL},
        {"room=cellar", NULL},
        {"thermostat,room=atic", "room=attic"},
        {"name=attic left", "name=Attic\\, left"},
        {"floor=12", "floor=123"},
        {"rom=hall", "room=hall"},
        {"service=id-2", NULL}, /* ids look alike */
        {"port=1", NULL},
        {"room~hal,room!=hal,!rooms,rom?", NULL},
        {"rom=h\xff", NULL},
        {"", NULL},
    };
    json_t *entries =
        entries_of("[{\"type\": \"thermostat\", \"name\": \"Hall\", \"room\": \"hall\", \"port\": 15},"
                   " {\"type\": \"lamp!\", \"name\": \"Attic, left\", \"room\": \"attic\", \"floor\": 123},"
                   " {\"name\": [1], \"room\": {}}, {}]");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *term = tool_service_nearest(entries, cases[i].filter);
        ck_assert_msg(term && cases[i].wanted ? strcmp(term, cases[i].wanted) == 0 : !term && !cases[i].wanted,
                      "%s: %s", cases[i].filter, term ? term : "none");
        free(term);
    }
    json_decref(entries);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/service");
    TCase *cases = tcase_create("service");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, places);
    tcase_add_test(cases, empty);
    tcase_add_test(cases, refused);
    tcase_add_test(cases, ids);
    tcase_add_test(cases, internal_services);
    tcase_add_test(cases, labels);
    tcase_add_test(cases, order);
    tcase_add_test(cases, telling_apart);
    tcase_add_test(cases, nearest);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
