/* base/memory: what the wrappers promise over the C library's functions. */

#include "failing.h"
#include "harness.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

START_TEST(size_zero_is_a_block)
{
    void *block = ab_malloc(0);

    ck_assert_ptr_nonnull(block);
    block = ab_realloc(block, 0);
    ck_assert_ptr_nonnull(block);
    ab_free(block);
    ab_free(NULL);
}
END_TEST

START_TEST(calloc_zeroes_and_refuses_overflow)
{
    unsigned char *block = ab_calloc(100, 3);

    for (int i = 0; i < 300; i++)
        ck_assert_uint_eq(block[i], 0);
    ab_free(block);
    block = ab_calloc(0, 5);
    ck_assert_ptr_nonnull(block);
    ab_free(block);
    ck_assert_ptr_null(ab_calloc(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(ab_calloc(3, SIZE_MAX / 2));
}
END_TEST

START_TEST(strings_are_copied)
{
    char *copy = ab_strdup("bus");

    ck_assert_str_eq(copy, "bus");
    ab_free(copy);
    ck_assert_ptr_null(ab_strdup(NULL));
    copy = ab_strndup("a\0b", 3);
    ck_assert_mem_eq(copy, "a\0b", 4);
    ab_free(copy);
    copy = ab_strndup(NULL, 0);
    ck_assert_str_eq(copy, "");
    ab_free(copy);
    ck_assert_ptr_null(ab_strndup("x", SIZE_MAX));
}
END_TEST

START_TEST(hooks_see_every_block)
{
    void *first, *second;

    ab_failing_install();
    first = ab_malloc(10);
    second = ab_strdup("x");
    ck_assert_int_eq(ab_failing_live(), 2);
    first = ab_realloc(first, 1000);
    ck_assert_int_eq(ab_failing_live(), 2);
    ab_failing_arm(0, true);
    ck_assert_ptr_null(ab_malloc(1));
    ck_assert_ptr_null(ab_realloc(first, 2000));
    ck_assert_ptr_null(ab_calloc(1, 1));
    ck_assert_ptr_null(ab_strdup("y"));
    ck_assert(ab_failing_happened());
    ab_free(first);
    ab_free(second);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
    first = ab_malloc(1);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_free(first);
}
END_TEST

/* Two blocks: the harness must fail each, and count what is lost. */
static bool two_blocks(void *context)
{
    size_t *runs = context;
    char *first = ab_strdup("first"), *second = ab_strdup("second");
    bool both = first && second;

    (*runs)++;
    ck_assert(both != ab_failing_happened());
    ab_free(first);
    ab_free(second);
    return both;
}

START_TEST(each_allocation_fails_once_alone_and_once_for_good)
{
    size_t runs = 0;

    ck_assert_uint_eq(ab_failing_each(two_blocks, &runs), 4);
    ck_assert_uint_eq(runs, 6); /* the last two without a failure */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *basics = tcase_create("basics");

    tcase_add_test(basics, size_zero_is_a_block);
    tcase_add_test(basics, calloc_zeroes_and_refuses_overflow);
    tcase_add_test(basics, strings_are_copied);
    tcase_add_test(basics, hooks_see_every_block);
    tcase_add_test(basics, each_allocation_fails_once_alone_and_once_for_good);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
