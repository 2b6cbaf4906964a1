/*
 * Owns the reading of a connection's messages out of lines, and what commands and extensions are called. Must not know
 * what a message means in a conversation, nor keep anything between two of them.
 *
 * Invariant: what a decoded message holds is its own; a json_t in it has no other reference.
 */
#include "wire/message.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wire/envelope.h"
#include "wire/json.h"
#include "wire/message_plain.h"

static const char *const commands[] = {
    [AB_COMMAND_NONE] = "",           [AB_COMMAND_UNKNOWN] = "",          [AB_COMMAND_BIND] = "bind",
    [AB_COMMAND_CALL] = "call",       [AB_COMMAND_WATCH] = "watch",       [AB_COMMAND_UNWATCH] = "unwatch",
    [AB_COMMAND_LISTEN] = "listen",   [AB_COMMAND_UNLISTEN] = "unlisten", [AB_COMMAND_PING] = "ping",
    [AB_COMMAND_FIRED] = "fired",     [AB_COMMAND_CHANGED] = "changed",   [AB_COMMAND_CANCEL] = "cancel",
    [AB_COMMAND_CLOSING] = "closing", [AB_COMMAND_PROGRESS] = "progress",
};

static const struct {
    enum ab_extension extension;
    const char *name;
} extensions[] = {
    {AB_EXTENSION_PING, "ping"},     {AB_EXTENSION_EXISTS, "exists"},     {AB_EXTENSION_CLOSING, "closing"},
    {AB_EXTENSION_CANCEL, "cancel"}, {AB_EXTENSION_DEADLINE, "deadline"}, {AB_EXTENSION_PROGRESS, "progress"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *ab_extension_name(enum ab_extension extension)
{
    for (size_t i = 0; i < COUNT(extensions); i++)
        if (extensions[i].extension == extension)
            return extensions[i].name;
    return "";
}

/* Each step of reading returns 0 or AB_ENOMEM; what is wrong with the line goes into the message. */

static AB_COLD int message_bad(struct ab_message *message, const char *reason)
{
    if (message->problem == 0) {
        message->problem = AB_EPROTOCOL;
        message->reason = reason;
    }
    return 0;
}

static int copy_text(const json_t *string, char **ret_text)
{
    char *copy = ab_strndup(json_string_value(string), json_string_length(string));

    if (!copy)
        return AB_ENOMEM;
    *ret_text = copy;
    return 0;
}

int ab_message_set_name(struct ab_message *message, const char *name, size_t size)
{
    char *room = size < sizeof(message->short_name) ? message->short_name : ab_malloc(size + 1);

    if (!room)
        return AB_ENOMEM;
    memcpy(room, name, size);
    room[size] = '\0';
    message->name = room;
    return 0;
}

static int take_name(struct ab_message *message, const json_t *name)
{
    return ab_message_set_name(message, json_string_value(name), json_string_length(name));
}

/* Takes a member out of the line's object: the reference that is returned is then the only one. */
static json_t *take_member(json_t *line, const char *key)
{
    json_t *value = json_incref(json_object_get(line, key));

    if (value)
        json_object_del(line, key);
    return value;
}

static enum ab_message_type read_type(const json_t *type)
{
    double number = json_number_value(type);

    return number == AB_MESSAGE_COMMAND || number == AB_MESSAGE_RESPONSE || number == AB_MESSAGE_NOTICE
               ? (enum ab_message_type)number
               : 0;
}

/* An `_id`: of the message, or in it. */
static int read_id(struct ab_message *message, const json_t *id, const struct ab_limits *limits,
                   struct ab_text **ret_id)
{
    struct ab_text *text = NULL;
    int result;

    if (!id)
        return 0;
    result = ab_json_encode(id, AB_JSON_DEPTH, &text);
    if (result == AB_ENOMEM)
        return result;
    if (result < 0 || text->size > limits->id_bytes) {
        ab_text_unref(text);
        return message_bad(message, "_id is too long");
    }
    *ret_id = text;
    return 0;
}

const char *ab_command_name(enum ab_command command)
{
    return commands[command];
}

static enum ab_command command_named(const char *name)
{
    for (size_t i = AB_COMMAND_BIND; i < COUNT(commands); i++)
        if (strcmp(commands[i], name) == 0)
            return (enum ab_command)i;
    return AB_COMMAND_UNKNOWN;
}

static int read_name(struct ab_message *message, const json_t *line)
{
    const json_t *name = json_object_get(line, "name");

    if (!json_is_string(name))
        return message_bad(message, "name must be a string");
    return take_name(message, name);
}

static int read_args(struct ab_message *message, json_t *line)
{
    if (!json_is_array(json_object_get(line, "args")))
        return message_bad(message, "args must be an array");
    message->value.json = take_member(line, "args");
    return 0;
}

/* What extensions add to a call. Of the wrong type they are somebody else's. */
static void read_wishes(struct ab_message *message, const json_t *line)
{
    const json_t *deadline = json_object_get(line, "deadline");

    if (json_is_integer(deadline) && json_integer_value(deadline) >= 0)
        message->deadline_ms = json_integer_value(deadline);
    if (message->deadline_ms > AB_MESSAGE_DEADLINE_MOST)
        message->deadline_ms = AB_MESSAGE_DEADLINE_MOST;
    message->progress = json_is_true(json_object_get(line, "progress"));
}

/* Names that we do not know are extensions of somebody else's. */
static void read_extensions(struct ab_message *message, const json_t *line)
{
    const json_t *list = json_object_get(line, "extensions");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        for (size_t j = 0; name && j < COUNT(extensions); j++)
            if (strcmp(extensions[j].name, name) == 0)
                message->extensions |= extensions[j].extension;
    }
}

static int read_bind(struct ab_message *message, const json_t *line)
{
    const json_t *service = json_object_get(line, "service");

    read_extensions(message, line);
    message->name_null = json_is_null(service);
    if (message->name_null)
        return 0;
    if (!json_is_string(service))
        return message_bad(message, "service must be a string or null");
    return take_name(message, service);
}

static int read_name_and_args(struct ab_message *message, json_t *line)
{
    int result = read_name(message, line);

    return result < 0 ? result : read_args(message, line);
}

static int read_call_id(struct ab_message *message, const json_t *line, const struct ab_limits *limits)
{
    const json_t *call = json_object_get(line, "call");

    return call ? read_id(message, call, limits, &message->call) : message_bad(message, "call must be an _id");
}

static int read_command(struct ab_message *message, json_t *line, const struct ab_limits *limits)
{
    const char *name = json_string_value(json_object_get(line, "_command"));

    if (message->type == AB_MESSAGE_COMMAND && !message->id)
        message_bad(message, "a command needs an _id");
    if (!name)
        return message_bad(message, "_command must be a string");
    message->command = command_named(name);
    switch (message->command) {
    case AB_COMMAND_BIND: return read_bind(message, line);
    case AB_COMMAND_CALL: read_wishes(message, line); return read_name_and_args(message, line);
    case AB_COMMAND_FIRED: return read_name_and_args(message, line);
    case AB_COMMAND_CHANGED: message->value.json = take_member(line, "value"); return read_name(message, line);
    case AB_COMMAND_WATCH:
    case AB_COMMAND_UNWATCH:
    case AB_COMMAND_LISTEN:
    case AB_COMMAND_UNLISTEN: return read_name(message, line);
    case AB_COMMAND_PROGRESS:
        message->value.json = take_member(line, "value");
        return read_call_id(message, line, limits);
    case AB_COMMAND_CANCEL: return read_call_id(message, line, limits);
    default: return 0;
    }
}

/* `_error` and `exception`: an object with `text` and perhaps `type` by the protocol; anything else is told as well as
 * can be. NULL and null are no failure. */
static int read_failure(struct ab_message *message, const json_t *failure)
{
    const json_t *text = json_is_object(failure) ? json_object_get(failure, "text") : failure;
    const json_t *type = json_object_get(failure, "type");
    int result = 0;

    if (!failure || json_is_null(failure))
        return 0;
    message->failed = true;
    if (!message->error_text && json_is_string(text))
        result = copy_text(text, &message->error_text);
    if (result == 0 && !message->error_type && json_is_string(type))
        result = copy_text(type, &message->error_type);
    return result;
}

static int read_failures(struct ab_message *message, json_t *line)
{
    const json_t *error = json_object_get(line, "_error");
    const json_t *exception = json_object_get(line, "exception");
    int result = read_failure(message, error);

    if (result == 0)
        result = read_failure(message, exception);
    if (result < 0 || !message->failed)
        return result;
    if (!message->error_type && exception && !json_is_null(exception)) {
        message->error_type = ab_strdup("exception");
        if (!message->error_type)
            return AB_ENOMEM;
    }
    if (!message->error_text) {
        message->error_text = ab_strdup("the error came without a text");
        if (!message->error_text)
            return AB_ENOMEM;
    }
    if (json_is_object(exception))
        message->error_details = take_member(line, "exception");
    else if (json_is_object(error))
        message->error_details = take_member(line, "_error");
    return 0;
}

static int read_response(struct ab_message *message, json_t *line)
{
    const json_t *name = json_object_get(line, "service");
    int result;

    if (!message->id)
        return message_bad(message, "a response needs an _id");
    read_extensions(message, line);
    result = read_failures(message, line);
    if (result < 0)
        return result;
    message->value.json = take_member(line, "result");
    if (!message->value.json)
        message->value.json = take_member(line, "value");
    if (!json_is_string(name))
        name = json_object_get(line, "name");
    return json_is_string(name) ? take_name(message, name) : 0;
}

static int read_line(struct ab_message *message, json_t *line, const struct ab_limits *limits)
{
    int result;

    if (!json_is_object(line))
        return message_bad(message, "a line must be a JSON object");
    message->type = read_type(json_object_get(line, "_type"));
    result = read_id(message, json_object_get(line, "_id"), limits, &message->id);
    if (result < 0)
        return result;
    if (message->type == 0)
        return message_bad(message, "_type must be 1, 2 or 3");
    return message->type == AB_MESSAGE_RESPONSE ? read_response(message, line) : read_command(message, line, limits);
}

/* A member of a line that as a whole is refused: parsed by itself, or nothing if it cannot be. */
static int salvage_member(const char *unit, size_t size, const char *quoted, const struct ab_limits *limits,
                          json_t **ret_value)
{
    struct ab_slice slice;
    int result;

    if (!ab_envelope_find(unit, size, quoted, &slice))
        return 0;
    result = ab_json_parse(slice.data, slice.size, limits->nesting, limits->tokens, ret_value, NULL);
    return result == AB_ENOMEM ? result : 0;
}

/* PROTOCOL section 2, Bad input: who sent a command that we refuse is told, if its `_id` can be read. */
static int salvage(struct ab_message *message, const char *unit, size_t size, const struct ab_limits *limits)
{
    json_t *type = NULL, *id = NULL;
    int result = salvage_member(unit, size, "\"_type\"", limits, &type);

    if (result == 0)
        result = salvage_member(unit, size, "\"_id\"", limits, &id);
    if (result == 0)
        result = read_id(message, id, limits, &message->id);
    message->type = read_type(type);
    json_decref(type);
    json_decref(id);
    return result;
}

/* Whatever the line is. */
static AB_COLD int decode_any(struct ab_message *message, const char *unit, size_t size, const struct ab_limits *limits)
{
    json_t *line = NULL;
    int result = ab_json_parse(unit, size, limits->nesting, limits->tokens, &line, NULL);

    if (result == AB_ENOMEM)
        return result;
    if (result < 0) {
        message->problem = result;
        message->reason = result == AB_ETOOLARGE ? "the line has too many tokens or is nested too deep"
                                                 : "the line is not valid JSON";
        return salvage(message, unit, size, limits);
    }
    result = read_line(message, line, limits);
    json_decref(line);
    return result;
}

static int decode(struct ab_message *message, const char *unit, size_t size, const struct ab_limits *limits)
{
    int result = ab_message_read_plain(message, unit, size, limits);

    if (result == 0)
        result = decode_any(message, unit, size, limits);
    return result < 0 ? result : 0;
}

/* But for the places of short texts. */
static void message_init(struct ab_message *message)
{
    memset(message, 0, offsetof(struct ab_message, short_name));
    message->deadline_ms = -1;
}

int ab_message_decode(const char *unit, size_t size, const struct ab_limits *limits, struct ab_message *ret_message)
{
    int result;

    message_init(ret_message);
    result = decode(ret_message, unit, size, limits);
    if (result < 0)
        ab_message_deinit(ret_message);
    return result;
}

AB_COLD int ab_message_too_long(const char *start, size_t size, const struct ab_limits *limits,
                                struct ab_message *ret_message)
{
    int result;

    message_init(ret_message);
    ret_message->problem = AB_ETOOLARGE;
    ret_message->last = true;
    ret_message->reason = "the line is too long";
    result = salvage(ret_message, start, size, limits);
    if (result < 0)
        ab_message_deinit(ret_message);
    return result;
}

void ab_message_deinit(struct ab_message *message)
{
    ab_text_leave(&message->short_id, message->id);
    ab_text_unref(message->call);
    if (message->name != message->short_name)
        ab_free(message->name);
    ab_value_deinit(&message->value);
    ab_free(message->error_type);
    ab_free(message->error_text);
    json_decref(message->error_details);
}

bool ab_message_own_id(const struct ab_text *text, uint64_t *ret_id)
{
    uint64_t id = 0;

    if (!text || text->size < 3 || text->data[0] != '"' || text->data[1] == '0')
        return false;
    for (size_t i = 1; i < text->size - 1; i++) {
        unsigned digit = (unsigned char)text->data[i] - '0';

        if (digit > 9 || id > (UINT64_MAX - digit) / 10)
            return false;
        id = id * 10 + digit;
    }
    *ret_id = id;
    return true;
}
