/*
 * Owns nothing. See json_text.h for its use.
 */
#include "json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "harness.h"
#include "wire/json.h"

int ab_test_json_parse(const char *text, size_t size, json_t **ret_value)
{
    return ab_json_parse(text, size, AB_JSON_DEPTH, SIZE_MAX, ret_value, NULL);
}

json_t *ab_test_json(const char *text)
{
    json_t *value = NULL;

    ck_assert_msg(ab_test_json_parse(text, strlen(text), &value) == 0, "%s", text);
    return value;
}

char *ab_test_json_long(size_t size)
{
    char *text = malloc(size + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    memcpy(text, "[\"", 2);
    memcpy(text + size - 2, "\"]", 3);
    return text;
}

bool ab_test_json_agree(const char *text, size_t size)
{
    json_error_t problem;
    json_t *wanted = json_loadb(text, size, JSON_DECODE_ANY, &problem), *value = NULL;
    int result = ab_test_json_parse(text, size, &value);

    ck_assert_msg(result == (wanted ? 0 : AB_EPROTOCOL), "%d for %.*s", result, (int)size, text);
    ck_assert_msg(!wanted || json_equal(value, wanted), "%.*s", (int)size, text);
    json_decref(wanted);
    json_decref(value);
    return wanted != NULL;
}
