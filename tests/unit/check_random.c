/* base/random: the published sequences, and numbers below a bound. */

#include "harness.h"

#include "base/random.h"

START_TEST(xoshiro_gives_its_published_numbers)
{
    static const uint64_t expected[] = {
        11520,
        0,
        1509978240,
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
    };
    struct ab_random random = {{1, 2, 3, 4}};

    for (unsigned i = 0; i < 6; i++)
        ck_assert(ab_random_next(&random) == expected[i]);
}
END_TEST

START_TEST(splitmix_spreads_the_seed)
{
    struct ab_random random;

    ab_random_seed(&random, UINT64_C(1477776061723855037));
    ck_assert(random.state[0] == UINT64_C(1985237415132408290));
    ck_assert(random.state[1] == UINT64_C(2979275885539914483));
    ck_assert(random.state[2] == UINT64_C(13511426838097143398));
    ck_assert(random.state[3] == UINT64_C(8488337342461049707));
}
END_TEST

START_TEST(a_seed_repeats_its_run)
{
    struct ab_random one, same, other;
    int differ = 0;

    ab_random_seed(&one, 0);
    ab_random_seed(&same, 0);
    ab_random_seed(&other, 1);
    for (int i = 0; i < 100; i++) {
        uint64_t number = ab_random_next(&one);

        ck_assert(number == ab_random_next(&same));
        differ += number != ab_random_next(&other);
    }
    ck_assert_int_ge(differ, 99);
}
END_TEST

START_TEST(below_a_bound)
{
    struct ab_random random;
    int counts[6] = {0};
    uint64_t high = UINT64_C(3) << 62;
    int low_third = 0;

    ab_random_seed(&random, 5);
    ck_assert(ab_random_below(&random, 0) == 0);
    ck_assert(ab_random_below(&random, 1) == 0);
    for (int i = 0; i < 60000; i++)
        counts[ab_random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        ck_assert(counts[i] > 9500 && counts[i] < 10500);
    /* Three quarters of 2^64: a plain remainder would give the lowest third half of all. */
    for (int i = 0; i < 30000; i++) {
        uint64_t number = ab_random_below(&random, high);

        ck_assert(number < high);
        low_third += number < high / 3;
    }
    ck_assert(low_third > 9500 && low_third < 10500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *basics = tcase_create("basics");

    tcase_add_test(basics, xoshiro_gives_its_published_numbers);
    tcase_add_test(basics, splitmix_spreads_the_seed);
    tcase_add_test(basics, a_seed_repeats_its_run);
    tcase_add_test(basics, below_a_bound);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
