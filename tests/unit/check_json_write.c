/*
 * wire/json_write: the writer against what reads it back, under failing allocations and in locales that write numbers in
 * another way.
 */

#include "failing.h"
#include "harness.h"
#include "json_text.h"

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
    writes_new(ab_test_json(" { \"z\" : [ 1 , -2 , true , false , null ] , \"a\" : { } , \"b\" : [ ] } "),
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
    json_t *value = ab_test_json("{\"z\":[1,{\"y\":2.5}],\"a\":{},\"b\":[]}");

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
        ck_assert(ab_test_json_agree(ab_buffer_data(&out), ab_buffer_size(&out)));
        ck_assert_int_eq(ab_test_json_parse(ab_buffer_data(&out), ab_buffer_size(&out), &back), 0);
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

START_TEST(short_text_has_a_place)
{
    struct ab_text_place place;
    char letters[64];
    size_t fitted = 0;

    memset(letters, 'x', sizeof(letters));
    for (size_t size = 0; size < sizeof(letters); size++) {
        json_t *value = json_pack("[s#, i]", letters, (int)size, 7);
        struct ab_text *text = NULL, *placed = ab_json_encode_short(value, 2, &place);

        ck_assert_int_eq(ab_json_encode(value, 2, &text), 0);
        ck_assert(!placed == (text->size > AB_TEXT_SHORT));
        ck_assert(!placed || ab_text_equal(text, placed));
        fitted += placed != NULL;
        ab_text_unref(text);
        json_decref(value);
    }
    ck_assert_uint_eq(fitted, AB_TEXT_SHORT - strlen("[\"\",7]") + 1);
}
END_TEST

static void refuses_to_write(json_t *value, size_t depth, int result)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_text_place place;
    struct ab_text *text = NULL;

    ab_buffer_append_text(&out, "before");
    ck_assert_int_eq(ab_json_write(&out, value, depth), result);
    ck_assert_int_eq(ab_json_write_pretty(&out, value, depth, 2), result);
    ck_assert_uint_eq(ab_buffer_size(&out), 6);
    ck_assert_int_eq(ab_json_encode(value, depth, &text), result);
    ck_assert_ptr_null(text);
    ck_assert_ptr_null(ab_json_encode_short(value, depth, &place));
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

    refuses_to_write(ab_test_json("[1,[2]]"), 1, AB_ETOOLARGE);
    refuses_to_write(ab_test_json("{}"), 0, AB_ETOOLARGE);
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
        ck_assert(ab_test_json_agree(text->data, text->size));
        ck_assert(ab_test_json_agree(ab_buffer_data(&pretty), ab_buffer_size(&pretty)));
        ck_assert_int_eq(ab_test_json_parse(text->data, text->size, &back), 0);
        ck_assert(json_equal(value, back));
        json_decref(back);
        ck_assert_int_eq(ab_test_json_parse(ab_buffer_data(&pretty), ab_buffer_size(&pretty), &back), 0);
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
    char folder[] = "/tmp/check_json_write.XXXXXX", command[64], printed[16];
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
        writes_new(ab_test_json(texts[i]), texts[i]);
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
    int result = ab_json_parse(rich, strlen(rich), AB_JSON_DEPTH, SIZE_MAX, &value, &problem);

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
    json_t *value = ab_test_json(rich);
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
    json_t *value = ab_test_json(rich);

    ck_assert_uint_ge(ab_failing_each(writes_pretty, value), 8);
    json_decref(value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_write");
    TCase *writer = tcase_create("writer"), *trouble = tcase_create("trouble");

    json_object_seed(1);
    tcase_add_test(writer, compact_form);
    tcase_add_test(writer, pretty_form);
    tcase_add_test(writer, shortest_reals);
    tcase_add_loop_test(writer, random_reals, 0, 3);
    tcase_add_test(writer, short_text_has_a_place);
    tcase_add_test(writer, refuses_what_is_no_json);
    tcase_add_test(writer, strings_alone);
    tcase_add_loop_test(writer, round_trips, 0, 3);
    suite_add_tcase(suite, writer);
    tcase_add_test(trouble, decimal_comma);
    tcase_add_test(trouble, decimal_point_of_two_bytes);
    tcase_add_test(trouble, every_allocation_fails);
    tcase_add_test(trouble, every_allocation_of_the_writer_fails);
    suite_add_tcase(suite, trouble);
    return ab_test_run(suite);
}
