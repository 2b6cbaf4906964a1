/* Names to addresses: net/resolver.c. Names that need no network: numbers, and what /etc/hosts has. */

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "failing.h"
#include "harness.h"
#include "net/rig.h"

struct answer {
    struct rig *rig;
    int count; /* -1: none yet */
    struct ab_address first;
    bool explained;
    int times;
    bool on_event_thread;
};

static void take(void *target, const struct ab_address *addresses, size_t count, const char *text)
{
    struct answer *answer = target;

    answer->count = (int)count;
    if (count > 0)
        answer->first = addresses[0];
    answer->explained = text != NULL;
    answer->times++;
    answer->on_event_thread = ab_net_on_event_thread(answer->rig->net);
    pthread_cond_broadcast(&answer->rig->changed);
}

static bool answered(struct rig *rig, void *context)
{
    (void)rig;
    return ((struct answer *)context)->count >= 0;
}

START_TEST(numbers_are_answered_later_on_the_event_thread)
{
    struct rig rig;
    struct answer answer = {&rig, -1, {0, 0, 0}, false, 0, false};

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig);
    ck_assert_int_eq(ab_net_resolve(rig.net, "10.1.2.3", 99, take, &answer), 0);
    ck_assert_int_eq(answer.count, -1);
    pthread_mutex_unlock(&rig.lock);
    rig_await(&rig, answered, &answer);
    ck_assert_int_eq(answer.count, 1);
    ck_assert_uint_eq(answer.first.host, 0x0a010203);
    ck_assert_uint_eq(answer.first.port, 99);
    ck_assert(answer.on_event_thread);
    rig_end(&rig);
    ck_assert_int_eq(answer.times, 1);
}
END_TEST

START_TEST(names_are_answered)
{
    struct rig rig;
    struct answer answer = {&rig, -1, {0, 0, 0}, false, 0, false};

    rig_start(&rig, rig_settings(NULL));
    for (int i = 0; i < 10; i++) { /* a thread each */
        answer.count = -1;
        ck_assert_int_eq(ab_net_resolve(rig.net, ab_test_localhost(), 7, take, &answer), 0);
        rig_await(&rig, answered, &answer);
        ck_assert_int_ge(answer.count, 1);
        ck_assert_uint_eq(answer.first.host >> 24, 127);
        ck_assert_uint_eq(answer.first.port, 7);
    }
    answer.count = -1;
    ck_assert_int_eq(ab_net_resolve(rig.net, "no such name", 7, take, &answer), 0);
    rig_await(&rig, answered, &answer);
    ck_assert_int_eq(answer.count, 0);
    ck_assert(answer.explained);
    rig_end(&rig);
    ck_assert_int_eq(answer.times, 11);
}
END_TEST

/* More than wait, half of them names, faster than one can be looked up. */
#define MANY 1000

START_TEST(a_stop_answers_what_was_not)
{
    struct rig rig;
    struct answer answers[MANY];
    int taken = 0;
    int r = 0;

    rig_start(&rig, rig_settings(NULL));
    rig_lock(&rig); /* nothing is delivered meanwhile */
    for (int i = 0; i < MANY; i++) {
        answers[i] = (struct answer){&rig, -1, {0, 0, 0}, false, 0, false};
        r = ab_net_resolve(rig.net, i % 2 ? ab_test_localhost() : "127.0.0.1", 7, take, &answers[i]);
        if (r < 0)
            break;
        taken++;
    }
    ck_assert(r == 0 || r == AB_EAGAIN);
    ck_assert_int_ge(taken, 64);
    ab_net_stop(rig.net);
    pthread_mutex_unlock(&rig.lock);
    rig_join(&rig);
    for (int i = 0; i < taken; i++)
        ck_assert_int_eq(answers[i].times, 1);
    ck_assert_int_eq(ab_net_resolve(rig.net, "127.0.0.1", 7, take, &answers[0]), AB_ECLOSED);
    ck_assert_int_eq(answers[0].times, 1);
    rig_end(&rig);
}
END_TEST

static bool ask(void *context)
{
    struct rig rig;
    struct answer answer = {&rig, -1, {0, 0, 0}, false, 0, false};
    int r;

    (void)context;
    ab_failing_pause(true);
    rig_start(&rig, rig_settings(NULL));
    ab_failing_pause(false);
    r = ab_net_resolve(rig.net, ab_test_localhost(), 7, take, &answer);
    if (r == 0)
        rig_await(&rig, answered, &answer);
    else
        ck_assert_int_eq(r, AB_ENOMEM);
    rig_end(&rig);
    /* The thread that looked it up may be the last to let go, and nobody can join it. */
    for (int i = 0; i < 10000 && ab_failing_live() > 0; i++)
        poll(NULL, 0, 1);
    return r == 0;
}

START_TEST(each_allocation_may_fail)
{
    ck_assert_uint_gt(ab_failing_each(ask, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver");
    TCase *names = tcase_create("names");

    tcase_add_test(names, numbers_are_answered_later_on_the_event_thread);
    tcase_add_test(names, names_are_answered);
    tcase_add_test(names, a_stop_answers_what_was_not);
    tcase_add_test(names, each_allocation_may_fail);
    suite_add_tcase(suite, names);
    return ab_test_run(suite);
}
