/*
 * net/watch: when a look at the clock is a real one. The two clocks are this test's own: the slow one says what the real
 * one did when it last ticked.
 */
#include "harness.h"

#include <time.h>

#include "net/watch.h"

#define STEP 4000 /* microseconds */

static ab_time time_now;
static unsigned real_looks;
static struct ab_watch watch;

static struct timespec timespec_of(ab_time time)
{
    return (struct timespec){(time_t)(time / AB_SECOND), (long)(time % AB_SECOND * 1000)};
}

/* In place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    real_looks += clock == CLOCK_MONOTONIC;
    *ret_time = timespec_of(clock == CLOCK_MONOTONIC ? time_now : time_now - time_now % STEP);
    return 0;
}

static void setup(void)
{
    time_now = 1000 * AB_SECOND;
    real_looks = 0;
    watch = AB_WATCH_INIT;
}

START_TEST(the_first_look_is_a_real_one)
{
    real_looks = 0; /* who runs the tests looks too */
    time_now += 123;
    ck_assert_int_eq(ab_watch_look(&watch), time_now);
    ck_assert_uint_eq(real_looks, 1);
}
END_TEST

START_TEST(so_is_one_of_a_few)
{
    for (int i = 0; i < 800; i++) {
        ck_assert_int_ge(time_now - ab_watch_look(&watch), 0);
        ck_assert_int_lt(time_now - ab_watch_look(&watch), 8);
        time_now += i % 2;
    }
    ck_assert_uint_ge(real_looks, 100);
    ck_assert_uint_le(real_looks, 210);
}
END_TEST

START_TEST(what_took_a_tick_is_seen_at_once)
{
    ab_watch_look(&watch);
    time_now += STEP;
    ck_assert_int_eq(ab_watch_look(&watch), time_now);
    time_now += 10 * AB_SECOND;
    ck_assert_int_eq(ab_watch_look(&watch), time_now);
}
END_TEST

START_TEST(so_is_what_came_after_a_wait)
{
    ab_watch_look(&watch);
    time_now += 50;
    ck_assert_int_eq(ab_watch_look(&watch), time_now - 50);
    ab_watch_forget(&watch);
    ck_assert_int_eq(ab_watch_look(&watch), time_now);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tcase = tcase_create("watch");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, the_first_look_is_a_real_one);
    tcase_add_test(tcase, so_is_one_of_a_few);
    tcase_add_test(tcase, what_took_a_tick_is_seen_at_once);
    tcase_add_test(tcase, so_is_what_came_after_a_wait);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
