/* tools/nearest: distances, and what is too far to be meant. */

#include "harness.h"

#include <string.h>

#include "../../tools/nearest.h"

START_TEST(distances)
{
    static const struct {
        const char *one;
        const char *other;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"same", "same", 0},
        {"abc", "abd", 1},
        {"abc", "ab", 1},
        {"abc", "xabc", 1},
        {"abcd", "abdc", 1},
        {"ab", "ba", 1},
        {"kitten", "sitting", 3},
        {"temprature", "temperature", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_uint_eq(tool_nearest_distance(cases[i].one, cases[i].other), cases[i].distance);
        ck_assert_uint_eq(tool_nearest_distance(cases[i].other, cases[i].one), cases[i].distance);
    }
}
END_TEST

static const char *nearest_of(const char *word, const char *const *names)
{
    struct tool_nearest nearest = TOOL_NEAREST_INIT(word);
    for (; *names; names++)
        tool_nearest_offer(&nearest, *names);
    return nearest.best;
}

START_TEST(choice)
{
    static const char *const names[] = {"get_target", "set_target", "temperature", "x", NULL};
    static const char *const none[] = {NULL};

    ck_assert_str_eq(nearest_of("set_targt", names), "set_target");
    ck_assert_str_eq(nearest_of("gettarget", names), "get_target");
    ck_assert_str_eq(nearest_of("temp", names), "temperature"); /* it goes on where the word ends */
    ck_assert_ptr_null(nearest_of("doorbell", names));
    ck_assert_ptr_null(nearest_of("y", names)); /* all of it would be wrong */
    ck_assert_ptr_null(nearest_of("", names));
    ck_assert_ptr_null(nearest_of("set_target", none));
}
END_TEST

START_TEST(long_names)
{
    char one[400], other[300];
    memset(one, 'a', sizeof one - 1);
    memset(other, 'a', sizeof other - 1);
    one[sizeof one - 1] = other[sizeof other - 1] = '\0';
    ck_assert_uint_eq(tool_nearest_distance(one, other), 399);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/nearest");
    TCase *cases = tcase_create("nearest");
    tcase_add_test(cases, distances);
    tcase_add_test(cases, choice);
    tcase_add_test(cases, long_names);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
