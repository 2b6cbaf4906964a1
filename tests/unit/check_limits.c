/* wire/limits: the table by name. */

#include "harness.h"

#include "base/error.h"
#include "wire/limits.h"

START_TEST(defaults_are_within_their_range)
{
    struct ab_limits limits;

    ab_limits_init(&limits);
#define CHECK(name, value, least, most)    \
    ck_assert_uint_eq(limits.name, value); \
    ck_assert_uint_ge(limits.name, least); \
    ck_assert_uint_le(limits.name, most);
    AB_LIMITS(CHECK)
#undef CHECK
}
END_TEST

START_TEST(each_is_set_by_its_name_alone)
{
    struct ab_limits limits, before;

    ab_limits_init(&limits);
#define CHECK(name, value, least, most)                                                \
    before = limits;                                                                   \
    ck_assert_int_eq(ab_limits_set(&limits, #name, most), 0);                          \
    ck_assert_uint_eq(limits.name, most);                                              \
    ck_assert_int_eq(ab_limits_set(&limits, #name, least), 0);                         \
    ck_assert_uint_eq(limits.name, least);                                             \
    ck_assert_int_eq(ab_limits_set(&limits, #name, (long long)(most) + 1), AB_EINVAL); \
    ck_assert_int_eq(ab_limits_set(&limits, #name, (long long)(least)-1), AB_EINVAL);  \
    ck_assert_int_eq(ab_limits_set(&limits, #name, -1), AB_EINVAL);                    \
    ck_assert_uint_eq(limits.name, least);                                             \
    limits.name = before.name;                                                         \
    ck_assert_mem_eq(&limits, &before, sizeof(limits));
    AB_LIMITS(CHECK)
#undef CHECK
}
END_TEST

START_TEST(other_names_are_not_there)
{
    struct ab_limits limits, before;

    ab_limits_init(&limits);
    before = limits;
    ck_assert_int_eq(ab_limits_set(&limits, "", 1), AB_ENOENT);
    ck_assert_int_eq(ab_limits_set(&limits, "lines", 1), AB_ENOENT);
    ck_assert_int_eq(ab_limits_set(&limits, "LINE", 65536), AB_ENOENT);
    ck_assert_mem_eq(&limits, &before, sizeof(limits));
}
END_TEST

/* The reader and writer of JSON take values for checked up to this depth (wire/json.h). */
START_TEST(nesting_goes_no_deeper_than_values_may)
{
    struct ab_limits limits;

    ab_limits_init(&limits);
    ck_assert_int_eq(ab_limits_set(&limits, "nesting", 1024), 0);
    ck_assert_int_eq(ab_limits_set(&limits, "nesting", 1025), AB_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *basics = tcase_create("basics");

    tcase_add_test(basics, defaults_are_within_their_range);
    tcase_add_test(basics, each_is_set_by_its_name_alone);
    tcase_add_test(basics, other_names_are_not_there);
    tcase_add_test(basics, nesting_goes_no_deeper_than_values_may);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
