/*
 * The members of one JSON object being appended to a buffer, for the writers of messages and packets.
 *
 * A failure sticks: what follows it does nothing, and ab_fields_end takes back all that was appended and tells it.
 */
#ifndef AB_WIRE_FIELDS_H
#define AB_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pen.h"
#include "base/text.h"

struct ab_fields {
    struct ab_pen pen;
    bool begun; /* the innermost object has a member already */
};

void ab_fields_begin(struct ab_fields *fields, struct ab_buffer *out);
/* The same for who writes the opening and the closing brace as part of literals. */
void ab_fields_start(struct ab_fields *fields, struct ab_buffer *out);
int ab_fields_finish(struct ab_fields *fields);
/* Keys are literals of ours and need no escape. Text is escaped; NULL is written as null. */
void ab_fields_text(struct ab_fields *fields, const char *key, const char *text);
void ab_fields_integer(struct ab_fields *fields, const char *key, uint64_t integer);
/* Members as they are written, with a comma before them where they need one; what is amid them the pen writes. */
static inline void ab_fields_literal(struct ab_fields *fields, const char *text, size_t size)
{
    ab_pen_put(&fields->pen, text, size);
    fields->begun = true;
}
/* Encoded JSON as it is; NULL: no such member. */
void ab_fields_json(struct ab_fields *fields, const char *key, const struct ab_text *json);
/* A member that is an object: its members follow, until it is closed. */
void ab_fields_open(struct ab_fields *fields, const char *key);
void ab_fields_close(struct ab_fields *fields);
/* A member whose value follows. */
void ab_fields_key(struct ab_fields *fields, const char *key);
/* Closes the object and appends `terminator`. 0, AB_ENOMEM, or AB_EINVAL (text that is not UTF-8). */
int ab_fields_end(struct ab_fields *fields, const char *terminator);

#endif
