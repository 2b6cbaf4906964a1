/* base/list: order, membership, and walks that change the list. */

#include "harness.h"

#include "base/list.h"

struct item {
    int number;
    struct ab_list node;
};

static struct item items[5];
static struct ab_list list;

static void setup(void)
{
    ab_list_init(&list);
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        ab_list_init(&items[i].node);
    }
}

static int number_of(const struct ab_list *node)
{
    return AB_CONTAINER(node, struct item, node)->number;
}

/* The numbers in the list as the digits of a decimal number, walked both ways. */
static int digits(void)
{
    int forwards = 0, backwards = 0, scale = 1;

    AB_LIST_EACH (node, &list)
        forwards = forwards * 10 + number_of(node);
    for (struct ab_list *node = list.prev; node != &list; node = node->prev, scale *= 10)
        backwards += scale * number_of(node);
    ck_assert_int_eq(forwards, backwards);
    return forwards;
}

START_TEST(empty_list)
{
    ck_assert(ab_list_empty(&list));
    ck_assert_ptr_null(ab_list_take(&list));
    ck_assert(!ab_list_linked(&items[0].node));
    ck_assert_int_eq(digits(), 0);
}
END_TEST

START_TEST(order_of_insertion)
{
    ab_list_append(&list, &items[2].node);
    ab_list_append(&list, &items[3].node);
    ab_list_prepend(&list, &items[1].node);
    ab_list_insert_before(&items[3].node, &items[4].node);
    ck_assert_int_eq(digits(), 1243);
    ck_assert(!ab_list_empty(&list));
    ck_assert(ab_list_linked(&items[4].node));
    ck_assert_ptr_eq(ab_list_take(&list), &items[1].node);
    ck_assert(!ab_list_linked(&items[1].node));
    ck_assert_int_eq(digits(), 243);
}
END_TEST

START_TEST(removing_twice_is_harmless)
{
    ab_list_append(&list, &items[1].node);
    ab_list_append(&list, &items[2].node);
    ab_list_remove(&items[1].node);
    ab_list_remove(&items[1].node);
    ck_assert_int_eq(digits(), 2);
    ab_list_remove(&items[2].node);
    ab_list_remove(&items[2].node);
    ck_assert(ab_list_empty(&list));
}
END_TEST

START_TEST(walk_survives_removal_of_the_current_node)
{
    int seen = 0;

    for (int i = 1; i < 5; i++)
        ab_list_append(&list, &items[i].node);
    AB_LIST_EACH_SAFE (node, &list) {
        seen = seen * 10 + number_of(node);
        if (number_of(node) != 3)
            ab_list_remove(node);
    }
    ck_assert_int_eq(seen, 1234);
    ck_assert_int_eq(digits(), 3);
}
END_TEST

START_TEST(splice_moves_all)
{
    struct ab_list aside;

    ab_list_init(&aside);
    ab_list_splice(&aside, &list);
    ck_assert(ab_list_empty(&aside));
    ab_list_append(&list, &items[1].node);
    ab_list_append(&list, &items[2].node);
    ab_list_splice(&aside, &list);
    ck_assert(ab_list_empty(&list));
    ck_assert_int_eq(digits(), 0);
    ab_list_append(&list, &items[3].node);
    ab_list_splice(&list, &aside);
    ck_assert_int_eq(digits(), 312);
    ck_assert(ab_list_empty(&aside));
}
END_TEST

/* The pattern for walks that call out: what is removed meanwhile is not met. */
START_TEST(taking_from_a_list_set_aside)
{
    struct ab_list aside, *node;
    int seen = 0;

    ab_list_init(&aside);
    for (int i = 1; i < 5; i++)
        ab_list_append(&list, &items[i].node);
    ab_list_splice(&aside, &list);
    while ((node = ab_list_take(&aside))) {
        seen = seen * 10 + number_of(node);
        ab_list_append(&list, node);
        if (number_of(node) == 1)
            ab_list_remove(&items[3].node);
    }
    ck_assert_int_eq(seen, 124);
    ck_assert_int_eq(digits(), 124);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, NULL);
    tcase_add_test(basics, empty_list);
    tcase_add_test(basics, order_of_insertion);
    tcase_add_test(basics, removing_twice_is_harmless);
    tcase_add_test(basics, walk_survives_removal_of_the_current_node);
    tcase_add_test(basics, splice_moves_all);
    tcase_add_test(basics, taking_from_a_list_set_aside);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
