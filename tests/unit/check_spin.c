/*
 * net/spin: when a thread that waits looks again before it sleeps, in a world of a clock of its own where a wait takes so
 * long asleep and so long awake.
 */
#include "harness.h"

#include "net/spin.h"

#define MOST 50

/* ---- The world */

static ab_time time_now;
static unsigned clock_looks, processor_looks, processors;
static struct ab_spin_rule rule;
static struct ab_spin spin;
static ab_time spun; /* microseconds, in all */

static ab_time look_at_clock(void)
{
    clock_looks++;
    return time_now;
}

static bool look_at_processors(void)
{
    processor_looks++;
    return processors > 1;
}

static void setup(void)
{
    time_now = 1000;
    clock_looks = processor_looks = 0;
    processors = 2;
    spun = 0;
    spin = (struct ab_spin){0};
    rule = (struct ab_spin_rule){.most = MOST, .now = look_at_clock, .has_processors = look_at_processors};
}

/* A look takes a microsecond. What comes after `awake` to who spins takes `asleep` to reach who sleeps, in all. True: it
 * was spun for. */
static bool wait(ab_time asleep, ab_time awake)
{
    struct ab_spell spell = ab_spell_begin(&spin, &rule);
    ab_time begun = time_now;
    bool spins = ab_spell_spins(&spell), began_with_it = spins;

    while (spins && time_now < begun + awake) {
        time_now++;
        spun++;
        spins = ab_spell_spins(&spell);
    }
    if (!spins && time_now < begun + asleep)
        time_now = begun + asleep;
    ab_spell_end(&spell);
    return began_with_it;
}

/* How many of them were spun for. */
static int wait_often(int count, ab_time asleep, ab_time awake)
{
    int often = 0;

    for (int i = 0; i < count; i++)
        often += wait(asleep, awake);
    return often;
}

/* ---- It begins */

START_TEST(it_begins_after_short_waits_in_a_row)
{
    ck_assert_int_eq(wait_often(AB_SPIN_AFTER - 1, 45, 10), 0);
    ck_assert(!wait(2 * MOST + 1, 10));
    ck_assert_int_eq(wait_often(AB_SPIN_AFTER, 45, 10), 0);
    ck_assert(wait(45, 10));
    ck_assert_uint_eq(atomic_load(&rule.spun), 1);
    ck_assert_uint_eq(atomic_load(&rule.in_vain), 0);
}
END_TEST

START_TEST(it_goes_on_while_it_pays)
{
    int often = wait_often(100000, 45, 10);

    ck_assert_int_gt(often, 99000);
    ck_assert_uint_eq(atomic_load(&rule.spun), often);
    ck_assert_uint_eq(atomic_load(&rule.in_vain), 0);
}
END_TEST

START_TEST(it_bears_a_bad_moment_now_and_then)
{
    int often = 0;

    for (int i = 0; i < 100; i++) {
        often += wait_often(999, 45, 10);
        often += wait(70, 70);
    }
    ck_assert_int_gt(often, 99000);
    ck_assert_uint_ge(atomic_load(&rule.in_vain), 95);
}
END_TEST

/* ---- It does not begin */

START_TEST(never_where_it_is_turned_off)
{
    rule.most = 0;
    ck_assert_int_eq(wait_often(100000, 45, 10), 0);
    ck_assert_uint_eq(clock_looks + processor_looks, 0);
}
END_TEST

/* And what it takes to know is next to nothing there. */
START_TEST(never_on_one_processor)
{
    processors = 1;
    ck_assert_int_eq(wait_often(1000000, 15, 10), 0);
    ck_assert_uint_lt(processor_looks, 40);
    ck_assert_uint_lt(clock_looks, 1500);
}
END_TEST

START_TEST(never_for_what_is_slow)
{
    ck_assert_int_eq(wait_often(100000, 1000, 960), 0);
    ck_assert_int_eq(wait_often(1000, AB_SECOND, AB_SECOND), 0);
    ck_assert_int_eq(wait_often(10, AB_TIME_NEVER / 100, AB_TIME_NEVER / 100), 0);
    ck_assert_uint_eq(processor_looks, 0);
}
END_TEST

START_TEST(never_where_slow_and_quick_alternate)
{
    for (int i = 0; i < 10000; i++) {
        ck_assert_int_eq(wait_often(AB_SPIN_AFTER - 1, 45, 10), 0);
        ck_assert(!wait(1000, 960));
    }
}
END_TEST

/* ---- It ends */

START_TEST(the_first_slow_wait_ends_it)
{
    ck_assert_int_eq(wait_often(100, 45, 10), 100 - AB_SPIN_AFTER);
    ck_assert(wait(1000, 960));
    ck_assert_int_eq(spun, 10 * (100 - AB_SPIN_AFTER) + MOST);
    ck_assert_int_eq(wait_often(1000, 1000, 960), 0);
    ck_assert_int_eq(wait_often(AB_SPIN_AFTER, 45, 10), 0);
    ck_assert(wait(45, 10));
}
END_TEST

/* What one costs is one spin, what comes of it is none, and each time there are fewer. */
START_TEST(it_backs_off_where_the_next_is_always_slow)
{
    int often = 0;

    for (int i = 0; i < 100000; i++) {
        often += wait_often(AB_SPIN_AFTER, 45, 10);
        often += wait(1000, 960);
    }
    ck_assert_int_gt(often, 0);
    ck_assert_int_lt(often, 400);
    ck_assert_int_le(spun, MOST * often);
}
END_TEST

/* As where the processors are busy, or share the work of both ends: who sleeps is called soon. */
START_TEST(it_backs_off_where_it_saves_little)
{
    ck_assert_int_lt(wait_often(1000000, 8, 6), 1000);
    setup();
    ck_assert_int_lt(wait_often(1000000, 80, 45), 2000); /* a function that takes a while */
    setup();
    ck_assert_int_lt(wait_often(1000000, 95, 75), 400); /* longer than it spins */
}
END_TEST

START_TEST(it_is_tried_again_when_things_have_changed)
{
    int waits = 0;

    ck_assert_int_lt(wait_often(1000000, 8, 6), 1000);
    while (wait_often(100, 45, 10) < 100 && waits < 100000)
        waits += 100;
    ck_assert_int_lt(waits, 40000);
    ck_assert_int_gt(wait_often(100000, 45, 10), 99000);
}
END_TEST

/* Where the thread may run is looked at again during a run. */
START_TEST(it_ends_when_one_processor_is_left)
{
    wait_often(AB_SPIN_AFTER + 100, 45, 10);
    processors = 1;
    wait_often(AB_SPIN_AFTER + AB_SPIN_RUN, 45, 10);
    ck_assert_int_eq(wait_often(100000, 45, 10), 0);
    ck_assert_uint_lt(processor_looks, 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spin");
    TCase *tcase = tcase_create("spin");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, it_begins_after_short_waits_in_a_row);
    tcase_add_test(tcase, it_goes_on_while_it_pays);
    tcase_add_test(tcase, it_bears_a_bad_moment_now_and_then);
    tcase_add_test(tcase, never_where_it_is_turned_off);
    tcase_add_test(tcase, never_on_one_processor);
    tcase_add_test(tcase, never_for_what_is_slow);
    tcase_add_test(tcase, never_where_slow_and_quick_alternate);
    tcase_add_test(tcase, the_first_slow_wait_ends_it);
    tcase_add_test(tcase, it_backs_off_where_the_next_is_always_slow);
    tcase_add_test(tcase, it_backs_off_where_it_saves_little);
    tcase_add_test(tcase, it_is_tried_again_when_things_have_changed);
    tcase_add_test(tcase, it_ends_when_one_processor_is_left);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
