/*
 * Filling the program's autobus_error. All take a NULL error and return the code, so that a function can end with them.
 */
#ifndef AB_BUS_ERROR_H
#define AB_BUS_ERROR_H

#include <autobus2.h>

#include "core/notice.h"

/* The code's own type and text. */
int ab_error_fail(autobus_error *error, int code);
/* A text of its own; the type is the code's. */
int ab_error_fail_text(autobus_error *error, int code, const char *text);
/* Both its own; what is NULL is the code's. */
int ab_error_fail_as(autobus_error *error, int code, const char *type, const char *text);
/* As ab_error_fail_text, and the text is freed. NULL: the code's. */
int ab_error_fail_problem(autobus_error *error, int code, char *problem);
/* What a completion says; its strings are moved out of it. */
int ab_error_take(autobus_error *error, struct ab_notice *notice);
/* The same without moving: `ret_error` shows what is in the notice, as long as that lives. */
void ab_error_show(autobus_error *ret_error, const struct ab_notice *notice);

#endif
