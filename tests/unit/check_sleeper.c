/* Sleepers: a word leaves when the lock is let go, wakes the one it is for, and is not lost when the time is just over. */

#include "bus/bus.h"
#include "bus/sleeper.h"
#include "buses.h"
#include "harness.h"

#include <time.h>

#define ROUNDS 2000

struct sleep {
    autobus_bus *bus;
    struct ab_sleeper sleeper;
    int word;
    struct ab_gate asleep;
    struct ab_gate woke;
};

static struct timespec after(long nanoseconds)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += (time.tv_nsec + nanoseconds) / 1000000000;
    time.tv_nsec = (time.tv_nsec + nanoseconds) % 1000000000;
    return time;
}

static void *sleep_once(void *context)
{
    struct sleep *sleep = context;

    ab_gate_pass(&sleep->asleep);
    ab_sleeper_sleep(&sleep->sleeper);
    ck_assert_int_eq(sleep->word, 7);
    ab_gate_pass(&sleep->woke);
    return NULL;
}

START_TEST(a_word_leaves_with_the_lock)
{
    struct sleep sleep = {.asleep = AB_GATE_INIT, .woke = AB_GATE_INIT};
    pthread_t thread;

    sleep.bus = ab_test_bus();
    ab_sleeper_init(&sleep.sleeper);
    ck_assert_int_eq(pthread_create(&thread, NULL, sleep_once, &sleep), 0);
    ab_gate_wait(&sleep.asleep, 1);
    ab_bus_lock(sleep.bus);
    sleep.word = 7;
    ab_sleeper_call(&sleep.sleeper, sleep.bus);
    ck_assert_int_eq(sem_trywait(&sleep.sleeper.call), -1); /* not yet */
    ck_assert_int_eq(ab_gate_count(&sleep.woke), 0);
    ab_bus_unlock(sleep.bus);
    ab_gate_wait(&sleep.woke, 1);
    pthread_join(thread, NULL);
    ab_sleeper_deinit(&sleep.sleeper);
    ab_test_bus_end(sleep.bus);
}
END_TEST

START_TEST(nobody_calls)
{
    autobus_bus *bus = ab_test_bus();
    struct ab_sleeper sleeper;
    struct timespec deadline = after(0);
    struct ab_list sleepers;

    ab_list_init(&sleepers);
    ab_sleeper_init(&sleeper);
    ab_bus_lock(bus);
    ab_list_append(&sleepers, &sleeper.node);
    ck_assert(!ab_sleeper_sleep_until(&sleeper, bus, &deadline));
    ck_assert(ab_list_empty(&sleepers));
    ab_bus_unlock(bus);
    ab_sleeper_deinit(&sleeper);
    ab_test_bus_end(bus);
}
END_TEST

struct race {
    autobus_bus *bus;
    struct ab_list sleepers;
    int slept;
    int called; /* both under the lock */
    bool over;
};

/* Its sleeper is another one each time, on a stack that is used again at once. */
static bool race_once(struct race *race, long nanoseconds)
{
    struct ab_sleeper sleeper;
    struct timespec deadline = after(nanoseconds);
    bool called;

    ab_sleeper_init(&sleeper);
    ab_bus_lock(race->bus);
    ab_list_append(&race->sleepers, &sleeper.node);
    called = ab_sleeper_sleep_until(&sleeper, race->bus, &deadline);
    ck_assert(!ab_list_linked(&sleeper.node));
    ab_bus_unlock(race->bus);
    ck_assert_int_eq(sem_trywait(&sleeper.call), -1); /* no word is left over */
    ab_sleeper_deinit(&sleeper);
    return called;
}

static void *race_main(void *context)
{
    struct race *race = context;

    for (int i = 0; i < ROUNDS; i++)
        race->slept += race_once(race, i % 64 * 1000);
    ab_bus_lock(race->bus);
    race->over = true;
    ab_bus_unlock(race->bus);
    return NULL;
}

START_TEST(a_word_when_the_time_is_over)
{
    struct race race = {.bus = ab_test_bus()};
    pthread_t thread;
    bool over = false;

    ab_list_init(&race.sleepers);
    ck_assert_int_eq(pthread_create(&thread, NULL, race_main, &race), 0);
    while (!over) {
        ab_bus_lock(race.bus);
        if (!ab_list_empty(&race.sleepers)) {
            ab_sleeper_call(AB_CONTAINER(race.sleepers.next, struct ab_sleeper, node), race.bus);
            race.called++;
        }
        over = race.over;
        ab_bus_unlock(race.bus);
    }
    pthread_join(thread, NULL);
    ck_assert_int_eq(race.slept, race.called);
    ab_test_bus_end(race.bus);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sleeper");
    TCase *tcase = tcase_create("sleeper");

    tcase_add_test(tcase, a_word_leaves_with_the_lock);
    tcase_add_test(tcase, nobody_calls);
    tcase_add_test(tcase, a_word_when_the_time_is_over);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
