/* wire/filter: how a filter is written, what it matches, and what it says of one that is wrong. */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wire/filter.h"

static const char info_text[] =
    "{\"type\":\"thermostat\",\"name\":\"Hall, ground floor\",\"room\":\"hall\",\"monitor.host\":\"vm\",\"version\":80,"
    "\"load\":0.5,\"whole\":3.0,\"on\":true,\"off\":false,\"nothing\":null,\"text80\":\"80\",\"list\":[1,\"a\"],"
    "\"empty\":\"\",\"back\\\\slash\":\"a\\\\b\",\"sum\":\"1+1=2\",\"odd?\":1,"
    "\"host\":\"10.0.0.7\",\"port\":52731,\"service\":\"id-1\"}";

static json_t *info;

static void setup(void)
{
    info = json_loads(info_text, 0, NULL);
    ck_assert_ptr_nonnull(info);
}

static void teardown(void)
{
    json_decref(info);
}

static const struct {
    const char *text;
    bool matches;
} rows[] = {
    /* A bare word: the id, or the type. */
    {"thermostat", true},
    {"id-1", true},
    {"hall", false},
    {"thermo", false},
    /* Strings compare as they are. */
    {"room=hall", true},
    {"room=Hall", false},
    {"room=", false},
    {"empty=", true},
    {"room=\"hall\"", false},
    {"sum=1+1=2", true},
    {"monitor.host=vm", true},
    {"monitor=vm", false},
    {"host=10.0.0.7", true},
    {"service=id-1", true},
    /* Everything else as JSON. */
    {"version=80", true},
    {"text80=80", true},
    {"version=80.0", true},
    {"version=8e1", true},
    {"version= 80", true},
    {"version=81", false},
    {"version=eighty", false},
    {"version=", false},
    {"load=0.5", true},
    {"load=5e-1", true},
    {"load=.5", false},
    {"whole=3", true},
    {"port=52731", true},
    {"on=true", true},
    {"on=false", false},
    {"on=1", false},
    {"on=\"true\"", false},
    {"off=false", true},
    {"nothing=null", true},
    {"nothing=", false},
    {"list=[1\\,\"a\"]", true},
    {"list=[1\\,\"b\"]", false},
    {"missing=x", false},
    {"missing=null", false},
    /* Not equal; absent too. */
    {"room!=cellar", true},
    {"room!=hall", false},
    {"version!=80", false},
    {"version!=81", true},
    {"missing!=x", true},
    /* Regular expressions want a string. */
    {"room~all", true},
    {"room~^h.l+$", true},
    {"room~^all", false},
    {"room~(cellar|hall)", true},
    {"room~", true},
    {"version~80", false},
    {"missing~.", false},
    {"host~^10\\.0\\.", true},
    {"sum~=", true},
    /* Present and absent. */
    {"room?", true},
    {"nothing?", true},
    {"missing?", false},
    {"!missing", true},
    {"!room", false},
    {"!nothing", false},
    {"odd?=1", true},
    {"odd??", true},
    /* Escapes. */
    {"name=Hall\\, ground floor", true},
    {"name~Hall\\, g", true},
    {"back\\\\slash=a\\\\b", true},
    {"back\\slash=a\\b", true},
    {"back\\slash~^a\\\\\\\\b$", true},
    /* All of several. */
    {"thermostat,room=hall,!missing,port?,version!=7,name~floor$", true},
    {"thermostat,room=cellar", false},
    {"room=hall,type=thermostat", true},
    {"room=hall,room=hall", true},
    {"!missing,room?", true},
};

START_TEST(written_filters)
{
    struct ab_filter *filter = NULL;
    char *problem = NULL;

    ck_assert_msg(ab_filter_parse(rows[_i].text, &filter, &problem) == 0, "%s: %s", rows[_i].text, problem);
    ck_assert_ptr_null(problem);
    ck_assert_msg(ab_filter_match(filter, info) == rows[_i].matches, "%s", rows[_i].text);
    ab_filter_unref(filter);
}
END_TEST

static const struct {
    const char *text, *problem;
} bad_rows[] = {
    {"", "column 1: the filter is empty"},
    {",", "column 1: a term is missing"},
    {"a,", "column 3: a term is missing"},
    {",a=b", "column 1: a term is missing"},
    {"a=b,,c=d", "column 5: a term is missing"},
    {"a=b,c", "column 5: only the first term may be a bare word; write key=c"},
    {"=x", "column 1: a term needs a key"},
    {"!=x", "column 1: a term needs a key"},
    {"~x", "column 1: a term needs a key"},
    {"?", "column 1: a term needs a key"},
    {"!", "column 1: a term needs a key"},
    {"a=b, c=d", "column 5: no space may stand around a key"},
    {"a =b", "column 1: no space may stand around a key"},
    {"! a", "column 1: no space may stand around a key"},
    {"!a=b", "column 1: '!' stands before a key alone; write key!=value"},
    {"!a!=b", "column 1: '!' stands before a key alone; write key!=value"},
    {"!a~b", "column 1: '!' stands before a key alone; write key!=value"},
    {"!a?", "column 1: write key? for present or !key for absent, not both"},
    {"a=b,c~(", "column 5: not a regular expression: "},
    {"\xc3\xa9\xe2\x82\xac=1,x", "column 6: only the first term may be a bare word; write key=x"},
    {"a=\\", "column 3: nothing follows the '\\'; write '\\\\' for one"},
    {"a\\,b,c", "column 6: only the first term may be a bare word; write key=c"},
};

START_TEST(wrong_filters)
{
    struct ab_filter *filter = NULL;
    char *problem = NULL;

    ck_assert_int_eq(ab_filter_parse(bad_rows[_i].text, &filter, &problem), AB_EINVAL);
    ck_assert_ptr_null(filter);
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strncmp(problem, bad_rows[_i].problem, strlen(bad_rows[_i].problem)) == 0, "%s", problem);
    ab_free(problem);
    ck_assert_int_eq(ab_filter_parse(bad_rows[_i].text, &filter, NULL), AB_EINVAL);
    ck_assert_ptr_null(filter);
}
END_TEST

/* Any text at all: a filter, or a problem. */
START_TEST(every_short_text)
{
    static const char alphabet[] = "a=!~?,\\ (";
    enum { LETTERS = sizeof(alphabet) - 1, LENGTH = 5 };

    for (int number = 0, left; number < LETTERS * LETTERS * LETTERS * LETTERS * LETTERS; number++) {
        struct ab_filter *filter = NULL;
        char *problem = NULL, text[LENGTH + 1];
        int result;

        left = number;
        for (int i = 0; i < LENGTH; i++, left /= LETTERS)
            text[i] = alphabet[left % LETTERS];
        text[LENGTH] = '\0';
        result = ab_filter_parse(text, &filter, &problem);
        if ((result != 0 && result != AB_EINVAL) || (result == 0) != (filter != NULL) ||
            (result == 0) != (problem == NULL))
            ck_abort_msg("%s", text);
        if (filter)
            ab_filter_match(filter, info);
        ab_filter_unref(filter);
        ab_free(problem);
    }
}
END_TEST

static bool is_warm(const json_t *value, void *user_data)
{
    return json_number_value(json_object_get(value, "version")) > *(double *)user_data;
}

static int destroyed;

static void on_destroy(void *user_data)
{
    (void)user_data;
    destroyed++;
}

START_TEST(filters_in_code)
{
    struct ab_filter *filter, *other;
    json_t *value = json_pack("[i,s]", 1, "a");
    double limit = 79;

    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert(ab_filter_match(filter, info));
    ck_assert_int_eq(ab_filter_add_equal(filter, "list", value), 0);
    json_array_clear(value); /* the filter has a copy */
    ck_assert(ab_filter_match(filter, info));
    ck_assert_int_eq(ab_filter_add_not_equal(filter, "list", value), 0);
    ck_assert_int_eq(ab_filter_add_present(filter, "room"), 0);
    ck_assert_int_eq(ab_filter_add_absent(filter, "missing"), 0);
    ck_assert_int_eq(ab_filter_add_regex(filter, "room", "^h", NULL), 0);
    ck_assert_int_eq(ab_filter_add_word(filter, "id-1"), 0);
    ck_assert_int_eq(ab_filter_add_text(filter, "port", "52731", true), 0);
    ck_assert_int_eq(ab_filter_add_text(filter, "port", "52732", false), 0);
    ck_assert_int_eq(ab_filter_add_function(filter, is_warm, &limit, on_destroy), 0);
    ck_assert(ab_filter_match(filter, info));
    limit = 80;
    ck_assert(!ab_filter_match(filter, info));
    other = ab_filter_ref(filter);
    ck_assert_ptr_null(ab_filter_unref(filter));
    ck_assert_int_eq(destroyed, 0);
    ck_assert_ptr_null(ab_filter_unref(other));
    ck_assert_int_eq(destroyed, 1);
    ck_assert_ptr_null(ab_filter_unref(NULL));
    json_decref(value);
}
END_TEST

/* In code a value has a type: 3 is not 3.0. */
START_TEST(equal_in_code_is_exact)
{
    struct ab_filter *filter;
    json_t *three = json_integer(3);

    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_int_eq(ab_filter_add_equal(filter, "whole", three), 0);
    ck_assert(!ab_filter_match(filter, info));
    json_decref(three);
    ab_filter_unref(filter);
}
END_TEST

START_TEST(a_bad_pattern_is_explained)
{
    struct ab_filter *filter;
    char *problem = NULL;

    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_int_eq(ab_filter_add_regex(filter, "a", "[", &problem), AB_EINVAL);
    ck_assert_uint_gt(strlen(problem), 0);
    ab_free(problem);
    ck_assert_int_eq(ab_filter_add_regex(filter, "a", "[", NULL), AB_EINVAL);
    ck_assert(ab_filter_match(filter, info));
    ab_filter_unref(filter);
}
END_TEST

START_TEST(the_one_service)
{
    static const struct {
        const char *text, *service;
    } services[] = {{"service=id-1", "id-1"}, {"service=5", "5"},  {"service!=id-1", NULL},
                    {"service~id-1", NULL},   {"service?", NULL},  {"!service", NULL},
                    {"id-1", NULL},           {"room=hall", NULL}, {"service=id-1,room=hall", NULL}};
    struct ab_filter *filter;
    json_t *id = json_string("id-2"), *number = json_integer(2);

    for (size_t i = 0; i < COUNT(services); i++) {
        const char *service;

        ck_assert_int_eq(ab_filter_parse(services[i].text, &filter, NULL), 0);
        service = ab_filter_service(filter);
        ck_assert_msg(service == services[i].service ||
                          (service && services[i].service && strcmp(service, services[i].service) == 0),
                      "%s", services[i].text);
        ab_filter_unref(filter);
    }
    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_ptr_null(ab_filter_service(filter));
    ck_assert_int_eq(ab_filter_add_equal(filter, "service", id), 0);
    ck_assert_str_eq(ab_filter_service(filter), "id-2");
    ab_filter_unref(filter);
    ck_assert_int_eq(ab_filter_new(&filter), 0);
    ck_assert_int_eq(ab_filter_add_equal(filter, "service", number), 0);
    ck_assert_ptr_null(ab_filter_service(filter));
    ab_filter_unref(filter);
    json_decref(id);
    json_decref(number);
}
END_TEST

static bool parses(void *context)
{
    struct ab_filter *filter = NULL;
    char *problem = NULL;
    int result = ab_filter_parse(context, &filter, &problem);

    if (result == 0)
        ab_filter_unref(filter);
    else
        ck_assert_ptr_null(filter);
    ck_assert((result == AB_EINVAL) == (problem != NULL));
    ck_assert(result == 0 || result == AB_EINVAL || result == AB_ENOMEM);
    ab_free(problem);
    return result == 0 || result == AB_EINVAL;
}

static bool builds(void *context)
{
    struct ab_filter *filter = NULL;
    bool added = false;

    if (ab_filter_new(&filter) < 0)
        return false;
    destroyed = 0;
    if (ab_filter_add_equal(filter, "list", context) == 0 && ab_filter_add_not_equal(filter, "a", context) == 0 &&
        ab_filter_add_present(filter, "b") == 0)
        added = ab_filter_add_function(filter, is_warm, NULL, on_destroy) == 0;
    ab_filter_unref(filter);
    ck_assert_int_eq(destroyed, added); /* a function that was refused stays the caller's */
    return added;
}

START_TEST(every_allocation_fails)
{
    char good[] = "word,a=[1\\,{\"b\":2}],c!=text,d~^x,e?,!f";
    char bad[] = "word,a=b,c~(";

    ck_assert_uint_ge(ab_failing_each(parses, good), 40);
    ck_assert_uint_ge(ab_failing_each(parses, bad), 10);
    ck_assert_uint_ge(ab_failing_each(builds, json_object_get(info, "list")), 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *basics = tcase_create("basics");

    json_object_seed(1);
    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_loop_test(basics, written_filters, 0, COUNT(rows));
    tcase_add_loop_test(basics, wrong_filters, 0, COUNT(bad_rows));
    tcase_add_test(basics, every_short_text);
    tcase_add_test(basics, filters_in_code);
    tcase_add_test(basics, equal_in_code_is_exact);
    tcase_add_test(basics, a_bad_pattern_is_explained);
    tcase_add_test(basics, the_one_service);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
