/*
 * Owns the two forms of a JSON value on its way and the change between them. Must not know what a value is for.
 *
 * Invariant: a value has one form or none, never both; so what is shared as text is never reachable as a json_t too.
 */
#include "wire/value.h"

#include <stdint.h>

#include "base/error.h"
#include "wire/json.h"

void ab_value_deinit(struct ab_value *value)
{
    json_decref(value->json);
    ab_text_unref(value->text);
    *value = AB_VALUE_ABSENT;
}

struct ab_value ab_value_move(struct ab_value *value)
{
    struct ab_value moved = *value;

    *value = AB_VALUE_ABSENT;
    return moved;
}

int ab_value_encode(struct ab_value *value)
{
    int result;

    if (value->text)
        return 0;
    if (!value->json)
        return AB_EINVAL;
    result = ab_json_encode(value->json, AB_JSON_DEPTH, &value->text);
    if (result < 0)
        return result;
    json_decref(value->json);
    value->json = NULL;
    return 0;
}

int ab_value_share(struct ab_value *value, struct ab_value *ret_copy)
{
    int result;

    if (!ab_value_present(value)) {
        *ret_copy = AB_VALUE_ABSENT;
        return 0;
    }
    result = ab_value_encode(value);
    if (result < 0)
        return result;
    *ret_copy = (struct ab_value){NULL, ab_text_ref(value->text)};
    return 0;
}

static int text_decode(const struct ab_text *text, json_t **ret_json)
{
    return ab_json_parse(text->data, text->size, AB_JSON_DEPTH, SIZE_MAX, ret_json, NULL);
}

int ab_value_take_json(struct ab_value *value, json_t **ret_json)
{
    json_t *json = value->json;

    if (value->text) {
        int result = text_decode(value->text, &json);

        if (result < 0)
            return result;
        ab_text_unref(value->text);
    }
    *value = AB_VALUE_ABSENT;
    *ret_json = json;
    return 0;
}

/* The value as a json_t to look at: the value's own, or one decoded into *ret_made, or NULL without memory. */
static const json_t *value_view(const struct ab_value *value, json_t **ret_made)
{
    if (value->json)
        return value->json;
    return text_decode(value->text, ret_made) < 0 ? NULL : *ret_made;
}

bool ab_value_equal(const struct ab_value *one, const struct ab_value *other)
{
    json_t *made = NULL, *other_made = NULL;
    bool equal;

    if (!ab_value_present(one) || !ab_value_present(other))
        return ab_value_present(one) == ab_value_present(other);
    if (one->text && other->text && ab_text_equal(one->text, other->text))
        return true;
    equal = json_equal(value_view(one, &made), value_view(other, &other_made));
    json_decref(made);
    json_decref(other_made);
    return equal;
}
