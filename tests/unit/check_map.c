/* base/map: finding, walking, growing, and going on when it cannot grow. */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"

#define MANY 5000

struct item {
    uint32_t number;
    bool seen;
    struct ab_map_node node;
};

static struct item *items;
static struct ab_map map;

static void setup(void)
{
    items = calloc(MANY, sizeof(*items));
    for (uint32_t i = 0; i < MANY; i++)
        items[i].number = i;
    ab_map_init(&map, 42);
}

static void teardown(void)
{
    ab_map_deinit(&map);
    free(items);
}

static int put(uint32_t number)
{
    return ab_map_insert(&map, &items[number].node, &items[number].number, sizeof(uint32_t));
}

static struct ab_map_node *find(uint32_t number)
{
    return ab_map_find(&map, &number, sizeof(number));
}

/* Walks the map, and returns how many nodes it met; each at most once. */
static size_t walk(void)
{
    size_t met = 0;

    for (uint32_t i = 0; i < MANY; i++)
        items[i].seen = false;
    AB_MAP_EACH (node, &map) {
        struct item *item = AB_CONTAINER(node, struct item, node);

        ck_assert(!item->seen);
        item->seen = true;
        met++;
    }
    return met;
}

START_TEST(empty_map)
{
    ck_assert_ptr_null(find(1));
    ck_assert_ptr_null(ab_map_find_text(&map, ""));
    ck_assert_ptr_null(ab_map_next(&map, NULL));
    ck_assert_uint_eq(walk(), 0);
    ab_map_deinit(&map);
    ab_map_deinit(&map);
    ck_assert_int_eq(put(1), 0);
}
END_TEST

START_TEST(many_come_and_go)
{
    for (uint32_t i = 0; i < MANY; i++)
        ck_assert_int_eq(put(i), 0);
    ck_assert_uint_eq(map.count, MANY);
    ck_assert_uint_eq(walk(), MANY);
    for (uint32_t i = 0; i < MANY; i++)
        ck_assert_ptr_eq(find(i), &items[i].node);
    ck_assert_ptr_null(find(MANY));
    for (uint32_t i = 0; i < MANY; i += 2)
        ab_map_remove(&map, &items[i].node);
    ck_assert_uint_eq(walk(), MANY / 2);
    for (uint32_t i = 0; i < MANY; i++)
        ck_assert(!!find(i) == (i % 2 == 1));
    for (uint32_t i = 0; i < MANY; i += 2)
        ck_assert_int_eq(put(i), 0);
    ck_assert_uint_eq(walk(), MANY);
}
END_TEST

START_TEST(a_key_is_taken_once)
{
    struct ab_map_node other;

    ck_assert_int_eq(put(7), 0);
    ck_assert_int_eq(ab_map_insert(&map, &other, &items[7].number, sizeof(uint32_t)), AB_EEXIST);
    ck_assert_uint_eq(map.count, 1);
    ck_assert_ptr_eq(find(7), &items[7].node);
    ab_map_remove(&map, &items[7].node);
    ck_assert_ptr_null(find(7));
    ck_assert_int_eq(put(7), 0);
}
END_TEST

START_TEST(keys_are_bytes_of_a_length)
{
    struct ab_map_node nodes[5];
    static const char word[] = "abcdefghijklmnopqrstuvwxyz";

    ck_assert_int_eq(ab_map_insert(&map, &nodes[0], "", 0), 0);
    ck_assert_int_eq(ab_map_insert(&map, &nodes[1], "abc", 3), 0);
    ck_assert_int_eq(ab_map_insert(&map, &nodes[2], "abc\0", 4), 0);
    ck_assert_int_eq(ab_map_insert(&map, &nodes[3], word, 8), 0);
    ck_assert_int_eq(ab_map_insert(&map, &nodes[4], word, 26), 0);
    ck_assert_int_eq(ab_map_insert(&map, &items[0].node, word, 26), AB_EEXIST);
    ck_assert_ptr_eq(ab_map_find_text(&map, ""), &nodes[0]);
    ck_assert_ptr_eq(ab_map_find_text(&map, "abc"), &nodes[1]);
    ck_assert_ptr_eq(ab_map_find(&map, "abc\0", 4), &nodes[2]);
    ck_assert_ptr_eq(ab_map_find_text(&map, "abcdefgh"), &nodes[3]);
    ck_assert_ptr_eq(ab_map_find_text(&map, word), &nodes[4]);
    ck_assert_ptr_null(ab_map_find_text(&map, "ab"));
    ck_assert_ptr_null(ab_map_find(&map, "abc\1", 4));
}
END_TEST

START_TEST(walk_survives_removal_of_the_current_node)
{
    size_t met = 0;

    for (uint32_t i = 0; i < 1000; i++)
        put(i);
    AB_MAP_EACH (node, &map) {
        ab_map_remove(&map, node);
        met++;
    }
    ck_assert_uint_eq(met, 1000);
    ck_assert_uint_eq(map.count, 0);
    ck_assert_uint_eq(map.mask, 0); /* an empty map holds no table */
}
END_TEST

START_TEST(works_on_without_memory)
{
    ab_failing_install();
    ab_failing_arm(0, true);
    for (uint32_t i = 0; i < 500; i++)
        ck_assert_int_eq(put(i), 0);
    ck_assert_uint_eq(map.mask, 0);
    ck_assert_uint_eq(walk(), 500);
    ab_failing_arm(-1, false);
    ck_assert_int_eq(put(500), 0);
    ck_assert_uint_gt(map.mask, 0);
    for (uint32_t i = 0; i <= 500; i++)
        ck_assert_ptr_eq(find(i), &items[i].node);
    ab_map_deinit(&map);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
}
END_TEST

/* With as many buckets as nodes the longest chain of a good hash is short; and the seed moves the nodes about. */
START_TEST(hash_spreads_and_depends_on_the_seed)
{
    struct ab_map other;
    struct ab_map_node node;
    size_t longest = 0;

    for (uint32_t i = 0; i < 4096; i++)
        put(i);
    ck_assert_uint_eq(map.mask, 4095);
    for (size_t bucket = 0; bucket <= map.mask; bucket++) {
        size_t length = 0;

        for (struct ab_map_node *at = map.buckets[bucket]; at; at = at->next)
            length++;
        longest = length > longest ? length : longest;
    }
    ck_assert_uint_le(longest, 10);
    ab_map_init(&other, 43);
    ab_map_insert(&other, &node, &items[9].number, sizeof(uint32_t));
    ck_assert(node.hash != items[9].node.hash);
    ab_map_deinit(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, empty_map);
    tcase_add_test(basics, many_come_and_go);
    tcase_add_test(basics, a_key_is_taken_once);
    tcase_add_test(basics, keys_are_bytes_of_a_length);
    tcase_add_test(basics, walk_survives_removal_of_the_current_node);
    tcase_add_test(basics, works_on_without_memory);
    tcase_add_test(basics, hash_spreads_and_depends_on_the_seed);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
