/*
 * Makes allocations fail, one after the other.
 *
 *     static bool scenario(void *context)
 *     {
 *         struct ab_thing *thing;
 *         int result = ab_thing_new(&thing);
 *
 *         if (result < 0) {
 *             ck_assert_int_eq(result, AB_ENOMEM); // and that nothing has changed
 *             return false;
 *         }
 *         ab_thing_unref(thing);
 *         return true;
 *     }
 *
 *     ab_failing_each(scenario, NULL);
 *
 * The scenario runs with the first allocation failing, then with the second, and so on until it comes to its end with
 * none to fail (with sanitizers, which are slow, after the first 200 with every fifth); each one alone, and again
 * with all that follow it failing too. Allocations are those of ab_memory, of jansson and of libevent. After each run no
 * more blocks may be alive than before it, counted for each of them by itself; in the last run the scenario must return
 * true. A run in which an allocation failed may return either: some failures cost nothing but speed.
 *
 * Counting is safe with threads. Which allocation fails is repeatable only if the scenario is.
 */
#ifndef AB_TESTS_FAILING_H
#define AB_TESTS_FAILING_H

#include <stdbool.h>
#include <stddef.h>

/* Of how many allocations one fails, in the long run. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AB_FAILING_STEP 5
#else
#define AB_FAILING_STEP 1
#endif

/* Returns how many failures were injected, and tells them. */
size_t ab_failing_each(bool (*scenario)(void *context), void *context);

/* True when an allocation of this run has failed. */
bool ab_failing_happened(void);

/*
 * The parts, for tests that do it in another way. With the hooks in, allocations are counted, and fail only when armed.
 * Blocks made before may be freed after and the other way round: all come from the C library.
 */
void ab_failing_install(void);
void ab_failing_remove(void);
/* The allocation after `count` more fails, and those after it if `stay`; negative: none does. Forgets what happened. */
void ab_failing_arm(long count, bool stay);
/* While it is paused, allocations succeed and do not count down: a test's own. */
void ab_failing_pause(bool paused);
long ab_failing_live(void);       /* blocks of ab_memory now */
long ab_failing_live_json(void);  /* blocks of jansson now */
long ab_failing_live_event(void); /* blocks of libevent now */
size_t ab_failing_made(void);     /* allocations since the hooks are in, of all three */
size_t ab_failing_bytes(void);    /* and the bytes that were asked for in them */
size_t ab_failing_held(void);     /* bytes that all of them hold now */
size_t ab_failing_most(void);     /* the most bytes that all of them held at once since then */
/* Prints, as figures, how many failures were injected since it was last called, and returns that. An injection is one
 * failure alone, or one with all that follow it; it is of whose allocation was the first to fail. */
size_t ab_failing_tell(void);

#endif
