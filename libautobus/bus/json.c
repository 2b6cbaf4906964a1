/*
 * Owns how the program's values become text. Must not know what they are for. No lock is held here: values can be large.
 */
#include "bus/json.h"

#include <autobus2.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "bus/thread.h"
#include "wire/json.h"

#define INDENT_MOST 16

int ab_json_pack(json_t **ret_value, json_error_t *ret_problem, const char *format, va_list values)
{
    json_error_t problem;
    json_t *value = NULL;

    if (format) {
        value = json_vpack_ex(&problem, 0, format, values);
        if (!value) {
            if (ret_problem)
                *ret_problem = problem;
            return json_error_code(&problem) == json_error_out_of_memory ? AB_ENOMEM : AB_EINVAL;
        }
    }
    *ret_value = value;
    return 0;
}

int ab_json_text(const json_t *value, struct ab_text **ret_text)
{
    return value ? ab_json_encode(value, AB_JSON_LEVELS, ret_text) : AB_EINVAL;
}

int ab_json_args(const json_t *args, struct ab_text **ret_text)
{
    struct ab_text *empty;

    if (args)
        return json_is_array(args) ? ab_json_text(args, ret_text) : AB_EINVAL;
    empty = ab_text_new("[]", 2);
    if (!empty)
        return AB_ENOMEM;
    *ret_text = empty;
    return 0;
}

int ab_json_text_in(struct ab_text_place *place, const json_t *value, struct ab_text **ret_text)
{
    struct ab_text *text = value ? ab_json_encode_short(value, AB_JSON_LEVELS, place) : NULL;

    if (!text)
        return ab_json_text(value, ret_text);
    *ret_text = text;
    return 0;
}

int ab_json_args_in(struct ab_text_place *place, const json_t *args, struct ab_text **ret_text)
{
    return json_is_array(args) ? ab_json_text_in(place, args, ret_text) : ab_json_args(args, ret_text);
}

static size_t footprint_of(const json_t *json)
{
    size_t bytes = 48;
    size_t index;
    const char *key;
    json_t *value;

    switch (json_typeof(json)) {
    case JSON_OBJECT:
        json_object_foreach((json_t *)json, key, value) bytes += 64 + strlen(key) + footprint_of(value);
        break;
    case JSON_ARRAY: json_array_foreach(json, index, value) bytes += sizeof(value) + footprint_of(value); break;
    case JSON_STRING: bytes += json_string_length(json); break;
    default: break;
    }
    return bytes;
}

size_t ab_json_footprint(const struct ab_notice *notice)
{
    const struct ab_value *value = &notice->value;
    size_t bytes = value->text ? value->text->size : 0;

    if (value->json)
        bytes += footprint_of(value->json);
    if (notice->error_text)
        bytes += strlen(notice->error_text);
    if (notice->error_details)
        bytes += footprint_of(notice->error_details);
    return bytes;
}

int autobus_json_encode(const json_t *value, unsigned indent, char **ret_text)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    int r = ab_guard();

    if (r == 0 && (!value || !ret_text || indent > INDENT_MOST))
        r = AB_EINVAL;
    if (r == 0 && indent > 0)
        r = ab_json_write_pretty(&out, value, AB_JSON_LEVELS, indent);
    else if (r == 0)
        r = ab_json_write(&out, value, AB_JSON_LEVELS);
    if (r == 0) {
        char *text = ab_strndup(ab_buffer_data(&out), ab_buffer_size(&out));

        r = text ? 0 : AB_ENOMEM;
        if (text)
            *ret_text = text;
    }
    ab_buffer_deinit(&out);
    return r;
}

void autobus_free(void *block)
{
    if (!ab_thread.filters)
        ab_free(block);
}
