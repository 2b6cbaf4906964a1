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

/* Strict JSON of any type, one value, nothing after it but white space. AB_ETOOLARGE: over depth or tokens;
 * AB_EPROTOCOL: does not parse; AB_ENOMEM. `ret_problem`, if not NULL, gets jansson's description. */
int ab_json_parse(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                  json_error_t *ret_problem);

/* Depth and number of tokens only, without building anything; stops at the first limit that is passed. 0 or
 * AB_ETOOLARGE. Says nothing of correctness. */
int ab_json_measure(const char *text, size_t size, size_t depth, size_t tokens);

/* Appends compact JSON. AB_EINVAL: NaN, an infinity; AB_ETOOLARGE: deeper than `depth`; AB_ENOMEM. On failure the
 * buffer is as it was. */
int ab_json_write(struct ab_buffer *out, const json_t *value, size_t depth);
/* The same with indentation: each level by `indent` spaces, keys in their order. */
int ab_json_write_pretty(struct ab_buffer *out, const json_t *value, size_t depth, unsigned indent);
/* Appends a JSON string with its quotes; `text` must be valid UTF-8. */
int ab_json_write_string(struct ab_buffer *out, const char *text, size_t size);
int ab_json_encode(const json_t *value, size_t depth, struct ab_text **ret_text);

#endif
