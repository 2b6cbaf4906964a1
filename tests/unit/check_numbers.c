/* base/numbers: finding, walking, growing, and going on when it cannot grow. */

#include "failing.h"
#include "harness.h"

#include "base/list.h"
#include "base/numbers.h"

#define MANY 5000

struct item {
    bool seen;
    struct ab_number_node node;
};

static struct item items[MANY];
static struct ab_numbers numbers;

static void setup(void)
{
    ab_numbers_init(&numbers);
}

static void teardown(void)
{
    ab_numbers_deinit(&numbers);
}

/* Numbers are counted up, and what has them comes and goes: those of the items are far apart. */
static uint64_t number_of(size_t item)
{
    return UINT64_C(0xffffff00) + item * 3;
}

static void put(size_t item)
{
    ab_numbers_insert(&numbers, &items[item].node, number_of(item));
}

static struct ab_number_node *find(size_t item)
{
    return ab_numbers_find(&numbers, number_of(item));
}

/* Walks the table, and returns how many nodes it met; each at most once. */
static size_t walk(void)
{
    size_t met = 0;

    for (size_t i = 0; i < MANY; i++)
        items[i].seen = false;
    AB_NUMBERS_EACH (node, &numbers) {
        struct item *item = AB_CONTAINER(node, struct item, node);

        ck_assert(!item->seen);
        item->seen = true;
        met++;
    }
    return met;
}

START_TEST(an_empty_table)
{
    ck_assert_ptr_null(find(1));
    ck_assert_ptr_null(ab_numbers_next(&numbers, NULL));
    ck_assert_uint_eq(walk(), 0);
    ab_numbers_deinit(&numbers);
    ab_numbers_deinit(&numbers);
    put(1);
    ck_assert_ptr_eq(find(1), &items[1].node);
    ck_assert_ptr_null(find(2));
}
END_TEST

START_TEST(many_come_and_go)
{
    for (size_t i = 0; i < MANY; i++)
        put(i);
    ck_assert_uint_eq(numbers.count, MANY);
    ck_assert_uint_eq(walk(), MANY);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_ptr_eq(find(i), &items[i].node);
    ck_assert_ptr_null(find(MANY));
    ck_assert_ptr_null(ab_numbers_find(&numbers, number_of(7) + 1));
    for (size_t i = 0; i < MANY; i += 2)
        ab_numbers_remove(&numbers, &items[i].node);
    ck_assert_uint_eq(walk(), MANY / 2);
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!!find(i) == (i % 2 == 1));
    for (size_t i = 0; i < MANY; i += 2)
        put(i);
    ck_assert_uint_eq(walk(), MANY);
}
END_TEST

START_TEST(a_walk_survives_removal_of_the_current_node)
{
    size_t met = 0;

    for (size_t i = 0; i < 1000; i++)
        put(i);
    AB_NUMBERS_EACH (node, &numbers) {
        ab_numbers_remove(&numbers, node);
        met++;
    }
    ck_assert_uint_eq(met, 1000);
    ck_assert_uint_eq(numbers.count, 0);
    ck_assert_uint_eq(numbers.mask, 0); /* an empty table holds no memory */
}
END_TEST

START_TEST(works_on_without_memory)
{
    ab_failing_install();
    ab_failing_arm(0, true);
    for (size_t i = 0; i < 500; i++)
        put(i);
    ck_assert_uint_eq(numbers.mask, 0);
    ck_assert_uint_eq(walk(), 500);
    ab_failing_arm(-1, false);
    put(500);
    ck_assert_uint_gt(numbers.mask, 0);
    for (size_t i = 0; i <= 500; i++)
        ck_assert_ptr_eq(find(i), &items[i].node);
    ab_numbers_deinit(&numbers);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
}
END_TEST

START_TEST(numbers_that_are_counted_up_share_no_bucket_with_many)
{
    size_t longest = 0;

    for (size_t i = 0; i < MANY; i++)
        ab_numbers_insert(&numbers, &items[i].node, 1000 + i);
    for (size_t bucket = 0; bucket <= numbers.mask; bucket++) {
        size_t length = 0;

        for (struct ab_number_node *at = numbers.buckets[bucket]; at; at = at->next)
            length++;
        longest = length > longest ? length : longest;
    }
    ck_assert_uint_le(longest, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numbers");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, an_empty_table);
    tcase_add_test(basics, many_come_and_go);
    tcase_add_test(basics, a_walk_survives_removal_of_the_current_node);
    tcase_add_test(basics, works_on_without_memory);
    tcase_add_test(basics, numbers_that_are_counted_up_share_no_bucket_with_many);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
