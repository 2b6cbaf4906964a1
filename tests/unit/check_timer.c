/* core/timer: the order of deadlines, against a plain array, and the shape of the heap. */

#include "harness.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/random.h"
#include "core/timer.h"

#define MOST 200

static struct ab_timers timers;
static struct ab_timer all[MOST];
static bool good; /* Check's own asserts are slow */

static void fire(struct ab_timer *timer)
{
    (void)timer;
}

static void setup(void)
{
    timers = (struct ab_timers){NULL};
    for (int i = 0; i < MOST; i++)
        ab_timer_init(&all[i], fire);
}

static int index_of(const struct ab_timer *timer)
{
    return (int)(timer - all);
}

/* Children are not due before their parent, and every link has its way back. Returns how many there are. */
static unsigned walk(const struct ab_timer *timer, const struct ab_timer *prev, ab_time least)
{
    unsigned count = 0;

    for (; timer; prev = timer, timer = timer->next) {
        good &= ab_timer_armed(timer) && timer->when >= least && timer->prev == prev;
        count += 1 + walk(timer->child, timer, timer->when);
    }
    return count;
}

static unsigned check_shape(void)
{
    unsigned armed = 0;

    good = !timers.root || !timers.root->next;
    for (int i = 0; i < MOST; i++)
        armed += ab_timer_armed(&all[i]);
    good &= walk(timers.root, NULL, INT64_MIN) == armed;
    ck_assert(good);
    return armed;
}

START_TEST(without_timers)
{
    ck_assert(ab_timers_deadline(&timers) == AB_TIME_NEVER);
    ck_assert_ptr_null(ab_timers_take_due(&timers, AB_TIME_NEVER));
    ab_timer_disarm(&timers, &all[0]);
    ck_assert(!ab_timer_armed(&all[0]));
    ck_assert_ptr_eq(all[0].fire, fire);
}
END_TEST

START_TEST(the_due_are_taken_in_order)
{
    static const int order[] = {3, 0, 4, 1, 2};

    for (int i = 0; i < 5; i++)
        ab_timer_arm(&timers, &all[order[i]], order[i] * 10);
    ck_assert(ab_timers_deadline(&timers) == 0);
    ck_assert_ptr_null(ab_timers_take_due(&timers, -1));
    for (int i = 0; i < 4; i++) {
        struct ab_timer *timer = ab_timers_take_due(&timers, 30);

        ck_assert_int_eq(index_of(timer), i);
        ck_assert(!ab_timer_armed(timer));
    }
    ck_assert_ptr_null(ab_timers_take_due(&timers, 39));
    ck_assert(ab_timers_deadline(&timers) == 40);
}
END_TEST

START_TEST(arming_again_moves)
{
    ab_timer_arm(&timers, &all[0], 10);
    ab_timer_arm(&timers, &all[1], 20);
    ab_timer_arm(&timers, &all[0], 30);
    ck_assert_uint_eq(check_shape(), 2);
    ck_assert_ptr_eq(ab_timers_take_due(&timers, 100), &all[1]);
    ab_timer_arm(&timers, &all[0], 5);
    ck_assert(ab_timers_deadline(&timers) == 5);
}
END_TEST

START_TEST(extreme_times)
{
    ab_timer_arm(&timers, &all[0], 0);
    ab_timer_arm(&timers, &all[0], AB_TIME_NEVER);
    ck_assert(!ab_timer_armed(&all[0]));
    ab_timer_arm(&timers, &all[1], INT64_MIN);
    ab_timer_arm(&timers, &all[2], 0);
    ck_assert_ptr_eq(ab_timers_take_due(&timers, 0), &all[1]);
    ck_assert_ptr_eq(ab_timers_take_due(&timers, 0), &all[2]);
    ck_assert(ab_timers_deadline(&timers) == AB_TIME_NEVER);
    ck_assert_ptr_null(ab_timers_take_due(&timers, AB_TIME_NEVER - 1));
}
END_TEST

/* The engine's loop: what is fired arms itself and disarms others. */
START_TEST(a_timer_that_fires_may_change_the_others)
{
    struct ab_timer *timer;
    int fired = 0;

    for (int i = 0; i < MOST; i++)
        ab_timer_arm(&timers, &all[i], 1);
    while ((timer = ab_timers_take_due(&timers, 1))) {
        ab_timer_disarm(&timers, &all[(index_of(timer) + 1) % MOST]);
        ab_timer_arm(&timers, timer, 2);
        check_shape();
        fired++;
    }
    ck_assert_int_ge(fired, MOST / 2);
    ck_assert(ab_timers_deadline(&timers) == 2);
}
END_TEST

static ab_time earliest(int *ret_armed)
{
    ab_time when = AB_TIME_NEVER;

    *ret_armed = 0;
    for (int i = 0; i < MOST; i++) {
        if (!ab_timer_armed(&all[i]))
            continue;
        ++*ret_armed;
        when = all[i].when < when ? all[i].when : when;
    }
    return when;
}

START_TEST(anything_in_any_order)
{
    struct ab_random random;
    ab_time now = 0, due[MOST];
    int armed;

    ab_random_seed(&random, (uint64_t)_i);
    for (int step = 0; step < 2000; step++) {
        struct ab_timer *timer = &all[ab_random_below(&random, MOST)];
        ab_time when = earliest(&armed);

        switch (ab_random_below(&random, 5)) {
        case 0:
        case 1:
            due[index_of(timer)] = now + (ab_time)ab_random_below(&random, 50);
            ab_timer_arm(&timers, timer, due[index_of(timer)]);
            break;
        case 2: ab_timer_disarm(&timers, timer); break;
        case 3: now += (ab_time)ab_random_below(&random, 5); break;
        default:
            timer = ab_timers_take_due(&timers, now);
            ck_assert(timer ? due[index_of(timer)] == when : armed == 0 || when > now);
        }
        ck_assert(ab_timers_deadline(&timers) == earliest(&armed));
        ck_assert_int_eq((int)check_shape(), armed);
    }
}
END_TEST

/* A chain of siblings, then of children: neither may cost a stack or the square of their number. */
START_TEST(a_great_many)
{
    enum { MANY = 200000 };
    struct ab_timer *many = calloc(MANY, sizeof(*many));
    ab_time last = -1;

    good = many != NULL;
    for (int i = 0; i < MANY; i++) {
        ab_timer_init(&many[i], fire);
        ab_timer_arm(&timers, &many[i], _i ? MANY - i : i);
    }
    for (int i = 0; i < MANY; i += 2)
        ab_timer_disarm(&timers, &many[i]);
    for (int i = 0; i < MANY / 2; i++) {
        ab_time due = ab_timers_deadline(&timers);

        good &= due > last && ab_timers_take_due(&timers, MANY);
        last = due;
    }
    ck_assert(good && !timers.root);
    free(many);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, NULL);
    tcase_add_test(basics, without_timers);
    tcase_add_test(basics, the_due_are_taken_in_order);
    tcase_add_test(basics, arming_again_moves);
    tcase_add_test(basics, extreme_times);
    tcase_add_test(basics, a_timer_that_fires_may_change_the_others);
    tcase_add_loop_test(basics, anything_in_any_order, 0, 10);
    tcase_add_loop_test(basics, a_great_many, 0, 2);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
