/* Waking from sleep: net/sleep.c. A test cannot put the machine to sleep, but it can say that it has slept. */

#include <sys/timerfd.h>
#include <unistd.h>

#include "harness.h"
#include "net/rig.h"

struct claim {
    ab_time slept;
    bool woke;
};

static void check(struct rig *rig, void *context)
{
    struct claim *claim = context;

    claim->woke = ab_sleep_check(rig->net, rig->net->sleep.slept + claim->slept);
}

START_TEST(a_sleep_is_told_and_a_clock_that_was_set_is_not)
{
    struct claim claims[] = {{0, false}, {AB_MILLISECOND, false}, {60 * AB_SECOND, true}, {-AB_SECOND, false},
                             {0, false}, {AB_SECOND, true}};
    struct rig rig;
    unsigned long woken = 0;

    rig_start(&rig, rig_settings(NULL));
    for (size_t i = 0; i < COUNT(claims); i++) {
        bool expected = claims[i].woke;

        rig_do(&rig, check, &claims[i]);
        ck_assert_int_eq(claims[i].woke, expected);
        woken += expected;
        ck_assert_uint_eq(rig_count(&rig, RIG_WOKE), woken);
    }
    rig_end(&rig);
}
END_TEST

static void active(struct rig *rig, void *context)
{
    (void)context;
    event_active(rig->net->sleep.event, EV_READ, 1);
}

START_TEST(the_timer_is_armed)
{
    struct itimerspec left;
    struct rig rig;

    rig_start(&rig, rig_settings(NULL));
    ck_assert_int_eq(timerfd_gettime(rig.net->sleep.descriptor, &left), 0);
    ck_assert_int_gt(left.it_value.tv_sec, 365L * 24 * 3600);
    rig_do(&rig, active, NULL); /* nothing to read: no sleep */
    rig_rounds(&rig, 2);
    ck_assert_uint_eq(rig_count(&rig, RIG_WOKE), 0);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sleep");
    TCase *sleeping = tcase_create("sleep");

    tcase_add_test(sleeping, a_sleep_is_told_and_a_clock_that_was_set_is_not);
    tcase_add_test(sleeping, the_timer_is_armed);
    suite_add_tcase(suite, sleeping);
    return ab_test_run(suite);
}
