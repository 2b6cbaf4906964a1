/*
 * Owns the punctuation of an object that is written member by member. Must not know any wire key.
 */
#include "wire/fields.h"

#include <string.h>

#include "base/error.h"
#include "wire/json.h"

static void fields_put(struct ab_fields *fields, const char *text)
{
    if (fields->result == 0)
        fields->result = ab_buffer_append_text(fields->out, text);
}

void ab_fields_start(struct ab_fields *fields, struct ab_buffer *out)
{
    *fields = (struct ab_fields){.out = out, .before = ab_buffer_size(out)};
}

int ab_fields_finish(struct ab_fields *fields)
{
    if (fields->result < 0)
        ab_buffer_truncate(fields->out, fields->before);
    return fields->result;
}

void ab_fields_begin(struct ab_fields *fields, struct ab_buffer *out)
{
    ab_fields_start(fields, out);
    fields_put(fields, "{");
}

bool ab_fields_key(struct ab_fields *fields, const char *key)
{
    size_t size = strlen(key);
    char *place, *at;

    if (fields->result < 0)
        return false;
    place = at = ab_buffer_reserve(fields->out, size + 4);
    if (!place) {
        fields->result = AB_ENOMEM;
        return false;
    }
    if (fields->begun)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, size);
    at += size;
    *at++ = '"';
    *at++ = ':';
    ab_buffer_commit(fields->out, (size_t)(at - place));
    fields->begun = true;
    return true;
}

void ab_fields_text(struct ab_fields *fields, const char *key, const char *text)
{
    if (!ab_fields_key(fields, key))
        return;
    if (text)
        ab_fields_string(fields, text, strlen(text));
    else
        fields_put(fields, "null");
}

void ab_fields_string(struct ab_fields *fields, const char *text, size_t size)
{
    if (fields->result == 0)
        fields->result = ab_json_write_string(fields->out, text, size);
}

void ab_fields_integer(struct ab_fields *fields, const char *key, uint64_t integer)
{
    if (ab_fields_key(fields, key))
        fields->result = ab_buffer_append_digits(fields->out, integer);
}

void ab_fields_digits(struct ab_fields *fields, uint64_t number)
{
    if (fields->result == 0)
        fields->result = ab_buffer_append_digits(fields->out, number);
}

void ab_fields_json(struct ab_fields *fields, const char *key, const struct ab_text *json)
{
    if (json && ab_fields_key(fields, key))
        fields->result = ab_buffer_append(fields->out, json->data, json->size);
}

void ab_fields_open(struct ab_fields *fields, const char *key)
{
    ab_fields_key(fields, key);
    fields_put(fields, "{");
    fields->begun = false;
}

void ab_fields_close(struct ab_fields *fields)
{
    fields_put(fields, "}");
    fields->begun = true;
}

int ab_fields_end(struct ab_fields *fields, const char *terminator)
{
    fields_put(fields, "}");
    fields_put(fields, terminator);
    return ab_fields_finish(fields);
}
