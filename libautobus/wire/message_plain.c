/*
 * Owns the quick way through a line: calls, events, changes and results that hold the keys they need, once each, with
 * names and ids in plain ASCII. Must not decide anything: a line that is in any way different goes the way of all lines.
 *
 * Half of the processor time of a small call was spent on a jansson object for each line and on taking it apart.
 */
#include "wire/message_plain.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wire/framer.h"
#include "wire/json.h"

enum key {
    TYPE = 1 << 0,
    ID = 1 << 1,
    COMMAND = 1 << 2,
    NAME = 1 << 3,
    ARGS = 1 << 4,
    DEADLINE = 1 << 5,
    PROGRESS = 1 << 6,
    RESULT = 1 << 7,
    VALUE = 1 << 8
};

#define KEYS            9 /* tokens of a line that are not its value's: an object, each key, and what is with six of them */
#define TOKENS          (1 + KEYS + 6)

#define DEADLINE_DIGITS 9
#define RESULT_NUMBER   7

struct line {
    const char *at, *end;
    const struct ab_limits *limits;
    unsigned seen; /* enum key */
    unsigned next; /* of the keys, the one to try first */
    int type;
    struct ab_slice id; /* with its quotes */
    struct ab_slice name, command;
    int64_t deadline_ms;
    json_t *value;
};

static bool sees(const struct line *line, char byte)
{
    return line->at < line->end && *line->at == byte;
}

/* There are none in what we write. */
static AB_COLD void skip_some(struct line *line)
{
    while (sees(line, ' ') || sees(line, '\t'))
        line->at++;
}

static inline void skip_blanks(struct line *line)
{
    if (line->at < line->end && *line->at <= ' ')
        skip_some(line);
}

static inline bool skip_byte(struct line *line, char byte)
{
    skip_blanks(line);
    if (!sees(line, byte))
        return false;
    line->at++;
    return true;
}

/* Inline, so that the compiler knows the size: a line has up to seven keys, and each was 130 instructions. */
static inline bool skip_text(struct line *line, const char *text, size_t size)
{
    if ((size_t)(line->end - line->at) < size || memcmp(line->at, text, size) != 0)
        return false;
    line->at += size;
    return true;
}

#define SKIP(line, text) skip_text(line, text, sizeof(text) - 1)

/* A string that stands for itself. */
static bool read_string(struct line *line, struct ab_slice *ret_string)
{
    size_t size;

    if (!skip_byte(line, '"'))
        return false;
    size = ab_json_plain(line->at, (size_t)(line->end - line->at));
    *ret_string = (struct ab_slice){line->at, size};
    line->at += size;
    return line->at < line->end && *line->at++ == '"';
}

static bool read_type(struct line *line)
{
    skip_blanks(line);
    if (line->at == line->end || *line->at < '0' + AB_MESSAGE_COMMAND || *line->at > '0' + AB_MESSAGE_NOTICE)
        return false;
    line->type = *line->at++ - '0';
    return true; /* another digit is no comma */
}

static bool read_id(struct line *line)
{
    if (!read_string(line, &line->id))
        return false;
    line->id.data--;
    line->id.size += 2;
    return line->id.size <= line->limits->id_bytes;
}

/* No leading zero; another byte of a number is no comma. */
static bool read_deadline(struct line *line)
{
    const char *start, *at, *end;
    int64_t number = 0;

    skip_blanks(line);
    start = at = line->at;
    end = line->end - at > DEADLINE_DIGITS ? at + DEADLINE_DIGITS : line->end;
    while (at < end && *at >= '0' && *at <= '9')
        number = number * 10 + (*at++ - '0');
    line->at = at;
    line->deadline_ms = number;
    return at > start && (*start != '0' || at == start + 1);
}

static bool read_true(struct line *line)
{
    skip_blanks(line);
    return SKIP(line, "true");
}

static int read_value(struct line *line)
{
    size_t size;
    int result;

    skip_blanks(line);
    result = ab_json_parse_first(line->at, (size_t)(line->end - line->at), line->limits->nesting - 1,
                                 line->limits->tokens - TOKENS, &line->value, &size);
    if (result < 0)
        return result == AB_ENOMEM ? result : 0;
    line->at += size;
    return 1;
}

/* They are numbered in the order in which both ends write them. Nobody writes a blank before the colon. */
static bool skip_key(struct line *line, unsigned number)
{
    switch (number) {
    case 0: return SKIP(line, "\"_type\":");
    case 1: return SKIP(line, "\"_id\":");
    case 2: return SKIP(line, "\"_command\":");
    case 3: return SKIP(line, "\"name\":");
    case 4: return SKIP(line, "\"args\":");
    case 5: return SKIP(line, "\"deadline\":");
    case 6: return SKIP(line, "\"progress\":");
    case 7: return SKIP(line, "\"result\":");
    default: return SKIP(line, "\"value\":");
    }
}

_Static_assert(TYPE == 1 << 0 && NAME == 1 << 3 && DEADLINE == 1 << 5 && RESULT == 1 << RESULT_NUMBER, "in that order");

/* After one most often comes the next; in a response the result comes after the id. */
static enum key read_key(struct line *line)
{
    unsigned number = line->next;
    enum key key;

    skip_blanks(line);
    for (unsigned i = 0; i < KEYS; i++, number++) {
        if (number == KEYS)
            number = 0;
        if (!skip_key(line, number))
            continue;
        key = (enum key)(1u << number);
        line->next = key == ID && line->type == AB_MESSAGE_RESPONSE ? RESULT_NUMBER : number + 1;
        return line->seen & key ? 0 : key;
    }
    return 0;
}

/* 1; 0: not plain; AB_ENOMEM. */
static int read_member(struct line *line)
{
    enum key key = read_key(line);

    line->seen |= key;
    switch (key) {
    case TYPE: return read_type(line);
    case ID: return read_id(line);
    case COMMAND: return read_string(line, &line->command);
    case NAME: return read_string(line, &line->name);
    case DEADLINE: return read_deadline(line);
    case PROGRESS: return read_true(line);
    case ARGS:
    case RESULT:
    case VALUE: return line->value ? 0 : read_value(line);
    default: return 0;
    }
}

static int read_members(struct line *line)
{
    int result;

    if (!skip_byte(line, '{'))
        return 0;
    do {
        result = read_member(line);
        if (result <= 0)
            return result;
    } while (skip_byte(line, ','));
    return skip_byte(line, '}') && line->at == line->end;
}

static bool is_command(const struct line *line, const char *name)
{
    return line->command.size == strlen(name) && memcmp(line->command.data, name, line->command.size) == 0;
}

/* Which of the messages it is; AB_COMMAND_UNKNOWN: none of ours, or not with just the keys that it needs. */
static enum ab_command classify(const struct line *line)
{
    unsigned seen = line->seen;
    unsigned wishes = seen & (DEADLINE | PROGRESS);
    bool asked = line->type == AB_MESSAGE_COMMAND && seen & ID;

    if (line->type == AB_MESSAGE_RESPONSE)
        return seen == (TYPE | ID | RESULT) ? AB_COMMAND_NONE : AB_COMMAND_UNKNOWN;
    if (!asked && !(line->type == AB_MESSAGE_NOTICE && !(seen & ID)))
        return AB_COMMAND_UNKNOWN;
    seen &= ~((unsigned)ID | wishes);
    if (seen == (TYPE | COMMAND | NAME | ARGS) && json_is_array(line->value)) {
        if (is_command(line, ab_command_name(AB_COMMAND_CALL)))
            return AB_COMMAND_CALL;
        return !wishes && is_command(line, ab_command_name(AB_COMMAND_FIRED)) ? AB_COMMAND_FIRED : AB_COMMAND_UNKNOWN;
    }
    if (!wishes && seen == (TYPE | COMMAND | NAME | VALUE) && is_command(line, ab_command_name(AB_COMMAND_CHANGED)))
        return AB_COMMAND_CHANGED;
    return AB_COMMAND_UNKNOWN;
}

static int fill(struct ab_message *message, const struct line *line, enum ab_command command)
{
    if (line->seen & ID)
        message->id = ab_text_put(&message->short_id, line->id.data, line->id.size);
    if ((line->seen & ID && !message->id) ||
        (line->seen & NAME && ab_message_set_name(message, line->name.data, line->name.size) < 0))
        return AB_ENOMEM;
    message->type = (enum ab_message_type)line->type;
    message->command = command;
    message->value.json = line->value;
    message->deadline_ms = line->seen & DEADLINE ? line->deadline_ms : -1;
    message->progress = line->seen & PROGRESS;
    return 1;
}

int ab_message_read_plain(struct ab_message *message, const char *unit, size_t size, const struct ab_limits *limits)
{
    struct line line = {.at = unit, .end = unit + size, .limits = limits};
    enum ab_command command;
    int result = read_members(&line);

    if (result > 0) {
        command = classify(&line);
        result = command == AB_COMMAND_UNKNOWN ? 0 : fill(message, &line, command);
    }
    if (result <= 0)
        json_decref(line.value);
    return result;
}
