/*
 * JSON text: measured, read into jansson's values, and written from them.
 *
 * The measure counts depth and tokens before anything is built, because a value takes 78 bytes of
 * memory for a byte of hostile input. The reader accepts what jansson's accepts (and refuses a NUL
 * byte after a number or a literal, which jansson 2.14 passes over); the writer gives reals the fewest digits
 * that read back the same. Neither minds the locale.
 */
#ifndef AB_WIRE_JSON_H
#define AB_WIRE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/pen.h"
#include "base/text.h"

/* The deepest that any limit of nesting can be set to: for values that were checked before. */
#define AB_JSON_DEPTH 1024

/* Strict JSON of any type, one value, nothing after it but white space; of equal keys the last
 * counts. AB_ETOOLARGE: over depth or tokens; AB_EPROTOCOL: does not parse, and `ret_problem`, if
 * not NULL, has line, column (in characters, from 1), position and text; AB_ENOMEM. */
int ab_json_parse(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                  json_error_t *ret_problem);

/* The value that the text begins with, and how many bytes that is. Depth and tokens are counted as it is built, so never
 * more than the limits allow. Otherwise as above. */
int ab_json_parse_first(const char *text, size_t size, size_t depth, size_t tokens, json_t **ret_value,
                        size_t *ret_size);

/* Depth and number of tokens only, without building anything; stops at the first limit that is
 * passed. 0 or AB_ETOOLARGE; says nothing of correctness. A token is a string (keys count), a
 * number, a literal, or an array or object as it opens; depth counts open arrays and objects, so a
 * number has none and `[]` has 1. */
int ab_json_measure(const char *text, size_t size, size_t depth, size_t tokens);

/* How many bytes from here on stand for themselves in a JSON string: ASCII without controls, quotes and backslashes. */
size_t ab_json_plain(const char *text, size_t size);
/* Well-formed UTF-8, as Unicode and jansson have it: no overlong form, no surrogate, nothing over
 * U+10FFFF. */
bool ab_json_valid_utf8(const char *text, size_t size);

/* Appends compact JSON, keys in their order. AB_EINVAL: NaN, an infinity, a string that is not
 * UTF-8; AB_ETOOLARGE: deeper than `depth`; AB_ENOMEM. On failure the buffer is as it was. */
int ab_json_write(struct ab_buffer *out, const json_t *value, size_t depth);
/* The same with line breaks, each level indented by `indent` spaces. */
int ab_json_write_pretty(struct ab_buffer *out, const json_t *value, size_t depth, unsigned indent);
/* Appends a JSON string with its quotes. AB_EINVAL: not UTF-8; AB_ENOMEM. */
int ab_json_write_string(struct ab_buffer *out, const char *text, size_t size);
void ab_json_pen_string(struct ab_pen *pen, const char *text, size_t size); /* the same, amid other text */
/* ab_json_write into a text of its own. */
int ab_json_encode(const json_t *value, size_t depth, struct ab_text **ret_text);

/* The same in a place. NULL: it does not fit, or cannot be written. */
struct ab_text *ab_json_encode_short(const json_t *value, size_t depth, struct ab_text_place *place);

/* About how many bytes of memory a value takes. */
size_t ab_json_weight(const json_t *value);

/* json_copy of an object, and json_deep_copy, which for themselves leave out without a word what they find no memory for.
 * NULL: no memory, or NULL was to be copied. */
json_t *ab_json_copy(const json_t *object);
json_t *ab_json_deep_copy(const json_t *value);

#endif
