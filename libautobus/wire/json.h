/*
 * JSON text: checked before the parser runs, parsed by jansson, and written by our own writer.
 *
 * The check counts depth and tokens, because jansson takes 78 bytes of memory for a byte of hostile input. The writer
 * gives reals the shortest form that reads back the same, with a decimal point whatever the locale.
 */
#ifndef AB_WIRE_JSON_H
#define AB_WIRE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/text.h"

/* The deepest that any limit of nesting can be set to: for values that were checked when they came in. */
#define AB_JSON_DEPTH 1024

/* Strict JSON of any type, one value, nothing after it but white space. AB_ETOOLARGE: over depth or tokens;
 * AB_EPROTOCOL: does not parse; AB_ENOMEM. `ret_problem`, if not NULL, gets jansson's description. */
int ab_json_parse(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                  json_error_t *ret_problem);

/* Depth and number of tokens only, without building anything; stops at the first limit that is passed. 0 or
 * AB_ETOOLARGE. Says nothing of correctness. A token is a string (keys count), a number, a literal, or an array or
 * object as it opens; depth counts the open arrays and objects, so a number has none and `[]` has 1. */
int ab_json_measure(const char *text, size_t size, size_t depth, size_t tokens);

/* Well-formed UTF-8, as Unicode and jansson have it: no overlong form, no surrogate, nothing over U+10FFFF. */
bool ab_json_valid_utf8(const char *text, size_t size);

/* Appends compact JSON. AB_EINVAL: NaN, an infinity, a string that is not UTF-8; AB_ETOOLARGE: deeper than `depth`; AB_ENOMEM. On failure the
 * buffer is as it was. */
int ab_json_write(struct ab_buffer *out, const json_t *value, size_t depth);
/* The same with indentation: each level by `indent` spaces, keys in their order. */
int ab_json_write_pretty(struct ab_buffer *out, const json_t *value, size_t depth, unsigned indent);
/* Appends a JSON string with its quotes. AB_EINVAL: not UTF-8; AB_ENOMEM. */
int ab_json_write_string(struct ab_buffer *out, const char *text, size_t size);
int ab_json_encode(const json_t *value, size_t depth, struct ab_text **ret_text);

#endif
