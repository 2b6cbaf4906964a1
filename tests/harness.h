#ifndef AB_TESTS_HARNESS_H
#define AB_TESTS_HARNESS_H

#include <check.h>

/* Check writes to a file where each assertion is that holds, so as to say where a test was last when it crashes. Ours
 * hold by the million, and a crash has better witnesses: only those that fail are told. */
#define _mark_point(file, line) ((void)0)

/* How many elements. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs the suite as the program's whole main: each test in a process of its own, unless CK_FORK=no.
 * Returns what main returns. */
int ab_test_run(Suite *suite);

/* Ends a child of fork: nothing of the parent's is written or run, but what it covered of the library counts. */
_Noreturn void ab_test_exit(int status);

/* How many entries a folder has: of /proc, what a process holds. */
int ab_test_entries(const char *folder);

/* "localhost", or its address on a machine that has no such name (a bare chroot). */
const char *ab_test_localhost(void);

#endif
