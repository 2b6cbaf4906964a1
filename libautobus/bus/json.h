/*
 * Values between the program and the engine: made from formats, encoded before the lock is taken.
 */
#ifndef AB_BUS_JSON_H
#define AB_BUS_JSON_H

#include <jansson.h>
#include <stdarg.h>

#include "base/text.h"
#include "core/notice.h"

/* Levels of a value of the program's. */
#define AB_JSON_LEVELS 64

/* As json_pack. A NULL format gives NULL. AB_EINVAL: *ret_problem, if it is not NULL, is filled. AB_ENOMEM. */
int ab_json_pack(json_t **ret_value, json_error_t *ret_problem, const char *format, va_list values);

/* AB_EINVAL (NULL, NaN, an infinity), AB_ETOOLARGE (over 64 levels), AB_ENOMEM. */
int ab_json_text(const json_t *value, struct ab_text **ret_text);
/* The same of arguments: an array, or NULL for an empty one. */
int ab_json_args(const json_t *args, struct ab_text **ret_text);
/* The same two, short ones in the place: most are, and a block for each was a twentieth of a small call. ab_text_leave. */
int ab_json_text_in(struct ab_text_place *place, const json_t *value, struct ab_text **ret_text);
int ab_json_args_in(struct ab_text_place *place, const json_t *args, struct ab_text **ret_text);

/* Roughly what a notice's value takes in memory, or its error. */
size_t ab_json_footprint(const struct ab_notice *notice);

#endif
