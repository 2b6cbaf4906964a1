/*
 * What the program may name things: UTF-8, and not too long.
 */
#ifndef AB_BUS_NAME_H
#define AB_BUS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* 0: UTF-8 of 1 to 255 bytes; else AB_EINVAL. Takes NULL. */
int ab_name_check(const char *name);
/* UTF-8 as JSON takes it: no overlong form, no surrogate, nothing over U+10FFFF. */
bool ab_utf8_valid(const char *text);
/* Puts a question mark for each byte that makes it invalid. */
void ab_utf8_mend(char *text);

#endif
