/*
 * Owns the lines that a connection's messages are written as. Must not know what a message means in a conversation.
 *
 * Invariant: a writer appends one whole line, or nothing.
 */
#include <string.h>

#include "base/error.h"
#include "wire/fields.h"
#include "wire/json.h"
#include "wire/message.h"

/* What most lines are made of is written in few pieces, whose size the compiler knows. */
#define PUT(fields, literal) ab_fields_literal(fields, literal, sizeof(literal) - 1)

/* A member whose value is there as text; not the first. */
#define PUT_JSON(fields, key, text)                            \
    do {                                                       \
        PUT(fields, ",\"" key "\":");                          \
        ab_fields_literal(fields, (text)->data, (text)->size); \
    } while (0)

_Static_assert(AB_MESSAGE_COMMAND == 1 && AB_MESSAGE_RESPONSE == 2 && AB_MESSAGE_NOTICE == 3, "as written here");

static void begin_command(struct ab_fields *fields, struct ab_buffer *out, uint64_t id, enum ab_command command)
{
    const char *name = ab_command_name(command);

    ab_fields_start(fields, out);
    if (id) {
        PUT(fields, "{\"_type\":1,\"_id\":\"");
        ab_pen_digits(&fields->pen, id);
        PUT(fields, "\",\"_command\":\"");
    } else {
        PUT(fields, "{\"_type\":3,\"_command\":\"");
    }
    ab_fields_literal(fields, name, strlen(name));
    PUT(fields, "\"");
}

static void begin_response(struct ab_fields *fields, struct ab_buffer *out, const struct ab_text *id)
{
    ab_fields_start(fields, out);
    PUT(fields, "{\"_type\":2");
    PUT_JSON(fields, "_id", id);
}

static void put_name(struct ab_fields *fields, const char *name)
{
    PUT(fields, ",\"name\":");
    ab_json_pen_string(&fields->pen, name, strlen(name));
}

static int end_line(struct ab_fields *fields)
{
    PUT(fields, "}\r\n");
    return ab_fields_finish(fields);
}

/* Nothing for none, so that a peer without extensions sees what it knows. */
static void put_extensions(struct ab_fields *fields, unsigned set)
{
    char separator = '[';

    if (!set)
        return;
    ab_fields_key(fields, "extensions");
    for (unsigned each = 1; each <= set; each <<= 1) {
        const char *name = ab_extension_name((enum ab_extension)each);

        if (!(set & each))
            continue;
        ab_pen_byte(&fields->pen, separator);
        ab_json_pen_string(&fields->pen, name, strlen(name));
        separator = ',';
    }
    ab_pen_byte(&fields->pen, ']');
}

int ab_message_write_bind(struct ab_buffer *out, uint64_t id, const char *service, unsigned set)
{
    struct ab_fields fields;

    begin_command(&fields, out, id, AB_COMMAND_BIND);
    ab_fields_text(&fields, "service", service);
    put_extensions(&fields, set);
    return end_line(&fields);
}

int ab_message_write_call(struct ab_buffer *out, uint64_t id, const char *name, const struct ab_text *args,
                          int64_t deadline_ms, bool progress)
{
    struct ab_fields fields;

    begin_command(&fields, out, id, AB_COMMAND_CALL);
    put_name(&fields, name);
    PUT_JSON(&fields, "args", args);
    if (deadline_ms >= 0) {
        PUT(&fields, ",\"deadline\":");
        ab_pen_digits(&fields.pen, (uint64_t)deadline_ms);
    }
    if (progress)
        PUT(&fields, ",\"progress\":true");
    return end_line(&fields);
}

int ab_message_write_named(struct ab_buffer *out, uint64_t id, enum ab_command command, const char *name)
{
    struct ab_fields fields;

    begin_command(&fields, out, id, command);
    put_name(&fields, name);
    return end_line(&fields);
}

int ab_message_write_ping(struct ab_buffer *out, uint64_t id)
{
    struct ab_fields fields;

    begin_command(&fields, out, id, AB_COMMAND_PING);
    return end_line(&fields);
}

int ab_message_write_cancel(struct ab_buffer *out, uint64_t call)
{
    struct ab_fields fields;

    begin_command(&fields, out, 0, AB_COMMAND_CANCEL);
    PUT(&fields, ",\"call\":\"");
    ab_pen_digits(&fields.pen, call);
    PUT(&fields, "\"");
    return end_line(&fields);
}

int ab_message_write_progress(struct ab_buffer *out, const struct ab_text *call, const struct ab_text *value)
{
    struct ab_fields fields;

    begin_command(&fields, out, 0, AB_COMMAND_PROGRESS);
    ab_fields_json(&fields, "call", call);
    ab_fields_json(&fields, "value", value);
    return end_line(&fields);
}

int ab_message_write_changed(struct ab_buffer *out, const char *name, const struct ab_text *value)
{
    struct ab_fields fields;

    begin_command(&fields, out, 0, AB_COMMAND_CHANGED);
    put_name(&fields, name);
    ab_fields_json(&fields, "value", value);
    return end_line(&fields);
}

int ab_message_write_fired(struct ab_buffer *out, const char *name, const struct ab_text *args)
{
    struct ab_fields fields;

    begin_command(&fields, out, 0, AB_COMMAND_FIRED);
    put_name(&fields, name);
    PUT_JSON(&fields, "args", args);
    return end_line(&fields);
}

int ab_message_write_closing(struct ab_buffer *out)
{
    struct ab_fields fields;

    begin_command(&fields, out, 0, AB_COMMAND_CLOSING);
    return end_line(&fields);
}

int ab_message_write_bound(struct ab_buffer *out, const struct ab_text *id, const char *service, unsigned set)
{
    struct ab_fields fields;

    begin_response(&fields, out, id);
    ab_fields_text(&fields, "service", service);
    put_extensions(&fields, set);
    return end_line(&fields);
}

int ab_message_write_result(struct ab_buffer *out, const struct ab_text *id, const struct ab_text *result)
{
    struct ab_fields fields;

    begin_response(&fields, out, id);
    PUT_JSON(&fields, "result", result);
    return end_line(&fields);
}

int ab_message_write_value(struct ab_buffer *out, const struct ab_text *id, const char *name,
                           const struct ab_text *value)
{
    struct ab_fields fields;

    begin_response(&fields, out, id);
    put_name(&fields, name);
    ab_fields_json(&fields, "value", value);
    return end_line(&fields);
}

int ab_message_write_named_response(struct ab_buffer *out, const struct ab_text *id, const char *name)
{
    return ab_message_write_value(out, id, name, NULL);
}

int ab_message_write_empty(struct ab_buffer *out, const struct ab_text *id)
{
    struct ab_fields fields;

    begin_response(&fields, out, id);
    return end_line(&fields);
}

static void put_failure(struct ab_fields *fields, const char *key, const char *type, const char *text,
                        const struct ab_text *data)
{
    ab_fields_open(fields, key);
    ab_fields_text(fields, "text", text);
    ab_fields_text(fields, "type", type);
    ab_fields_json(fields, "data", data);
    ab_fields_close(fields);
}

int ab_message_write_error(struct ab_buffer *out, const struct ab_text *id, const char *type, const char *text)
{
    struct ab_fields fields;

    begin_response(&fields, out, id);
    put_failure(&fields, "_error", type, text, NULL);
    return end_line(&fields);
}

int ab_message_write_exception(struct ab_buffer *out, const struct ab_text *id, const char *type, const char *text,
                               const struct ab_text *data)
{
    struct ab_fields fields;

    if (!type)
        type = "exception";
    begin_response(&fields, out, id);
    put_failure(&fields, "_error", type, text, data);
    put_failure(&fields, "exception", type, text, data);
    return end_line(&fields);
}
