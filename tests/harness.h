#ifndef AB_TESTS_HARNESS_H
#define AB_TESTS_HARNESS_H

#include <check.h>

/* Runs the suite as the program's whole main: each test in a process of its own, unless CK_FORK=no.
 * Returns what main returns. */
int ab_test_run(Suite *suite);

/* "localhost", or its address on a machine that has no such name (a bare chroot). */
const char *ab_test_localhost(void);

#endif
