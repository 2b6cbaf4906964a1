/* What may reach a terminal. */
#ifndef AB_TESTS_FUZZ_TERMINAL_H
#define AB_TESTS_FUZZ_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Asserts that it is UTF-8 without control characters and what changes the direction of writing; `lines`: with line
 * ends. */
void fuzz_check_shown(const char *text, size_t size, bool lines);

#endif
