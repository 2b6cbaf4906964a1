/*
 * Owns the punctuation of an object that is written member by member. Must not know any wire key.
 */
#include "wire/fields.h"

#include <string.h>

#include "wire/json.h"

void ab_fields_start(struct ab_fields *fields, struct ab_buffer *out)
{
    ab_pen_begin(&fields->pen, out);
    fields->begun = false;
}

int ab_fields_finish(struct ab_fields *fields)
{
    return ab_pen_end(&fields->pen);
}

void ab_fields_begin(struct ab_fields *fields, struct ab_buffer *out)
{
    ab_fields_start(fields, out);
    ab_pen_byte(&fields->pen, '{');
}

void ab_fields_key(struct ab_fields *fields, const char *key)
{
    if (fields->begun)
        ab_pen_byte(&fields->pen, ',');
    fields->begun = true;
    ab_pen_byte(&fields->pen, '"');
    ab_pen_put(&fields->pen, key, strlen(key));
    AB_PEN_PUT(&fields->pen, "\":");
}

void ab_fields_text(struct ab_fields *fields, const char *key, const char *text)
{
    ab_fields_key(fields, key);
    if (text)
        ab_json_pen_string(&fields->pen, text, strlen(text));
    else
        AB_PEN_PUT(&fields->pen, "null");
}

void ab_fields_integer(struct ab_fields *fields, const char *key, uint64_t integer)
{
    ab_fields_key(fields, key);
    ab_pen_digits(&fields->pen, integer);
}

void ab_fields_json(struct ab_fields *fields, const char *key, const struct ab_text *json)
{
    if (!json)
        return;
    ab_fields_key(fields, key);
    ab_pen_put(&fields->pen, json->data, json->size);
}

void ab_fields_open(struct ab_fields *fields, const char *key)
{
    ab_fields_key(fields, key);
    ab_pen_byte(&fields->pen, '{');
    fields->begun = false;
}

void ab_fields_close(struct ab_fields *fields)
{
    ab_pen_byte(&fields->pen, '}');
    fields->begun = true;
}

int ab_fields_end(struct ab_fields *fields, const char *terminator)
{
    ab_pen_byte(&fields->pen, '}');
    ab_pen_put(&fields->pen, terminator, strlen(terminator));
    return ab_fields_finish(fields);
}
