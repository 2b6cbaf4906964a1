/* JSON texts, read by wire/json, which is to agree with jansson. */
#ifndef AB_TESTS_JSON_TEXT_H
#define AB_TESTS_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* ab_json_parse with no limit but AB_JSON_DEPTH. */
int ab_test_json_parse(const char *text, size_t size, json_t **ret_value);
/* That is its value. */
json_t *ab_test_json(const char *text);
/* A text of that size, to be freed: an array with one long string. */
char *ab_test_json_long(size_t size);
/* Both readers take the text, to equal values (true), or both refuse it. */
bool ab_test_json_agree(const char *text, size_t size);

#endif
