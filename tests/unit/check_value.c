/* wire/value: one form or none, and never both. */

#include "failing.h"
#include "harness.h"

#include <string.h>

#include "base/error.h"
#include "wire/value.h"

static struct ab_value of_json(const char *format, int number)
{
    return (struct ab_value){.json = json_pack(format, number)};
}

static struct ab_value of_text(const char *text)
{
    return (struct ab_value){.text = ab_text_new(text, strlen(text))};
}

START_TEST(absent_is_not_null)
{
    struct ab_value absent = AB_VALUE_ABSENT, null = {.json = json_null()}, copy = of_text("1");
    json_t *json = json_true();

    ck_assert(!ab_value_present(&absent));
    ck_assert(ab_value_present(&null));
    ck_assert(!ab_value_equal(&absent, &null));
    ck_assert(!ab_value_equal(&null, &absent));
    ck_assert(ab_value_equal(&absent, &AB_VALUE_ABSENT));
    ck_assert_int_eq(ab_value_encode(&absent), AB_EINVAL);
    ck_assert_int_eq(ab_value_take_json(&absent, &json), 0);
    ck_assert_ptr_null(json);
    ab_text_unref(copy.text);
    ck_assert_int_eq(ab_value_share(&absent, &copy), 0);
    ck_assert(!ab_value_present(&copy));
    ab_value_deinit(&absent);
    ab_value_deinit(&null);
    ck_assert(!ab_value_present(&null));
}
END_TEST

START_TEST(moving_leaves_nothing)
{
    struct ab_value value = of_text("5"), moved = ab_value_move(&value);

    ck_assert(!ab_value_present(&value));
    ck_assert_str_eq(moved.text->data, "5");
    ab_value_deinit(&value);
    ab_value_deinit(&moved);
}
END_TEST

START_TEST(encoding_leaves_text_alone)
{
    struct ab_value value = of_json("[i]", 5);

    ck_assert_int_eq(ab_value_encode(&value), 0);
    ck_assert_str_eq(value.text->data, "[5]");
    ck_assert_ptr_null(value.json);
    ck_assert_int_eq(ab_value_encode(&value), 0);
    ab_value_deinit(&value);
}
END_TEST

START_TEST(sharing_makes_two_texts_of_one_block)
{
    struct ab_value value = of_json("[i]", 5), copy, again;

    ck_assert_int_eq(ab_value_share(&value, &copy), 0);
    ck_assert_int_eq(ab_value_share(&value, &again), 0);
    ck_assert_ptr_eq(value.text, copy.text);
    ck_assert_ptr_eq(value.text, again.text);
    ck_assert_ptr_null(value.json);
    ck_assert_ptr_null(copy.json);
    ck_assert(ab_value_equal(&value, &copy));
    ab_value_deinit(&value);
    ck_assert_str_eq(copy.text->data, "[5]");
    ab_value_deinit(&copy);
    ab_value_deinit(&again);
}
END_TEST

START_TEST(taking_the_json)
{
    struct ab_value value = of_json("[i]", 5), text = of_text("[5]"), bad = of_text("[");
    json_t *own = value.json, *json = NULL;

    ck_assert_int_eq(ab_value_take_json(&value, &json), 0);
    ck_assert_ptr_eq(json, own);
    ck_assert(!ab_value_present(&value));
    json_decref(json);
    ck_assert_int_eq(ab_value_take_json(&text, &json), 0);
    ck_assert_int_eq(json_integer_value(json_array_get(json, 0)), 5);
    ck_assert(!ab_value_present(&text));
    json_decref(json);
    json = NULL;
    ck_assert_int_eq(ab_value_take_json(&bad, &json), AB_EPROTOCOL);
    ck_assert_ptr_null(json);
    ck_assert(ab_value_present(&bad));
    ab_value_deinit(&bad);
}
END_TEST

START_TEST(equal_in_any_form)
{
    struct ab_value values[] = {
        of_text("null"), of_text("[5]"),    of_text(" [ 5 ] "), of_json("[i]", 5),
        of_text("[6]"),  of_json("[i]", 6), of_text("[5.0]"),
    };
    static const int same[] = {0, 1, 1, 1, 2, 2, 3};

    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++)
            ck_assert_msg(ab_value_equal(&values[i], &values[j]) == (same[i] == same[j]), "%d and %d", i, j);
    for (int i = 0; i < 7; i++)
        ab_value_deinit(&values[i]);
}
END_TEST

START_TEST(equal_whatever_the_order_of_keys)
{
    struct ab_value one = of_text("{\"a\":1,\"b\":2}"), other = of_text("{\"b\":2,\"a\":1}");

    ck_assert(ab_value_equal(&one, &other));
    ab_value_deinit(&one);
    ab_value_deinit(&other);
}
END_TEST

static bool travels(void *context)
{
    struct ab_value value = {.json = json_pack("{s:[i,s],s:f}", "a", 1, "text", "b", 2.5)}, copy = AB_VALUE_ABSENT;
    struct ab_value other = AB_VALUE_ABSENT;
    json_t *json = NULL;
    int result;

    (void)context;
    if (!value.json)
        return false;
    result = ab_value_share(&value, &copy);
    if (result < 0) {
        ck_assert(value.json && !value.text && !ab_value_present(&copy));
    } else {
        result = ab_value_take_json(&value, &json);
        if (result < 0)
            ck_assert(value.text && !value.json && !json);
    }
    if (result == 0) {
        other.json = json;
        if (!ab_value_equal(&other, &copy)) {
            ck_assert(ab_failing_happened());
            result = AB_ENOMEM;
        }
    }
    ck_assert(result == 0 || result == AB_ENOMEM);
    ab_value_deinit(&value);
    ab_value_deinit(&copy);
    ab_value_deinit(&other);
    return result == 0;
}

START_TEST(every_allocation_fails)
{
    ck_assert_uint_ge(ab_failing_each(travels, NULL), 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("value");
    TCase *basics = tcase_create("basics");

    json_object_seed(1);
    tcase_add_test(basics, absent_is_not_null);
    tcase_add_test(basics, moving_leaves_nothing);
    tcase_add_test(basics, encoding_leaves_text_alone);
    tcase_add_test(basics, sharing_makes_two_texts_of_one_block);
    tcase_add_test(basics, taking_the_json);
    tcase_add_test(basics, equal_in_any_form);
    tcase_add_test(basics, equal_whatever_the_order_of_keys);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
