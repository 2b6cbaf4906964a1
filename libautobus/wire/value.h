/*
 * A JSON value on its way through the engine: a jansson value with its only reference, or shared encoded text.
 *
 * The engine moves values and never looks into them. A value that one receiver hears is moved; one that several hear is
 * shared as text first, and each receiver decodes its own on its own thread. So no json_t is reachable from two
 * threads.
 */
#ifndef AB_WIRE_VALUE_H
#define AB_WIRE_VALUE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct ab_value {
    json_t *json;         /* owned, the only reference; or NULL */
    struct ab_text *text; /* or NULL */
};                        /* both NULL: absent, which is not null */

#define AB_VALUE_ABSENT ((struct ab_value){NULL, NULL})

static inline bool ab_value_present(const struct ab_value *value)
{
    return value->json || value->text;
}

void ab_value_deinit(struct ab_value *value); /* leaves it absent */
struct ab_value ab_value_move(struct ab_value *value);
/* Makes a second one of the same content, both as text after; absent stays absent. AB_ENOMEM. */
int ab_value_share(struct ab_value *value, struct ab_value *ret_copy);
/* Encodes if it is not text yet: afterwards value->text is there. AB_ENOMEM, AB_EINVAL. Absent: AB_EINVAL. */
int ab_value_encode(struct ab_value *value);
/* Takes the json out, decoding if needed; the value is absent after. Absent gives NULL. AB_ENOMEM. */
int ab_value_take_json(struct ab_value *value, json_t **ret_json);
/* Same JSON value. Texts that differ are compared decoded; without memory for that they count as different. */
bool ab_value_equal(const struct ab_value *one, const struct ab_value *other);

#endif
