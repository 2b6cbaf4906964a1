/*
 * A connection's bytes: cut in any way they are the same messages; the quick way through a line and the way of all lines
 * read the same; what a refused line is salvaged by finds what is there; and what our writers make of a message is read
 * as that message.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "wire/envelope.h"
#include "wire/json.h"
#include "wire/limits.h"
#include "wire/message.h"
#include "wire/reader.h"

#define EXTRA        "\"x\":0,"
#define EXTRA_TOKENS 2
#define LENT         3 /* the cut that is read with a buffer that is lent */

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static bool same_json(const json_t *one, const json_t *other)
{
    return one == other || (one && other && json_equal(one, other));
}

static bool same(const struct ab_message *one, const struct ab_message *other)
{
    return one->type == other->type && one->command == other->command && one->problem == other->problem &&
           one->last == other->last && same_text(one->reason, other->reason) && ab_text_equal(one->id, other->id) &&
           ab_text_equal(one->call, other->call) && one->deadline_ms == other->deadline_ms &&
           one->progress == other->progress && same_text(one->name, other->name) &&
           one->name_null == other->name_null && one->extensions == other->extensions &&
           same_json(one->value.json, other->value.json) && one->failed == other->failed &&
           same_text(one->error_type, other->error_type) && same_text(one->error_text, other->error_text) &&
           same_json(one->error_details, other->error_details);
}

/* ---- One line */

static void decode(const char *text, size_t size, const struct ab_limits *limits, struct ab_message *ret_message)
{
    char *exact = fuzz_copy(text, size);

    ck_assert_int_eq(ab_message_decode(exact, size, limits, ret_message), 0);
    free(exact);
}

/* A member that nobody knows makes a line go the way of all lines, and changes nothing else. */
static void check_both_ways(const char *line, size_t size, const struct ab_limits *limits)
{
    size_t at = size > 0 && line[0] == '{' ? 1 : size;
    struct ab_message quick, full;
    char *longer;

    while (at < size && line[at] && strchr(" \t\r\n", line[at]))
        at++;
    if (at >= size || line[at] == '}' ||
        ab_json_measure(line, size, limits->nesting, limits->tokens - EXTRA_TOKENS) < 0)
        return;
    longer = malloc(size + strlen(EXTRA));
    longer[0] = '{';
    memcpy(longer + 1, EXTRA, strlen(EXTRA));
    memcpy(longer + 1 + strlen(EXTRA), line + 1, size - 1);
    decode(line, size, limits, &quick);
    decode(longer, size + strlen(EXTRA), limits, &full);
    ck_assert_msg(same(&quick, &full), "read in two ways: %.*s", (int)size, line);
    ab_message_deinit(&quick);
    ab_message_deinit(&full);
    free(longer);
}

/* Of a good line without escapes, which could write a key in another way, the members are those that jansson finds. */
static void check_envelope(const char *line, size_t size, const char *key, const char *quoted)
{
    json_t *object = memchr(line, '\\', size) ? NULL : json_loadb(line, size, 0, NULL), *value;
    struct ab_slice slice = {NULL, 0};
    bool found = ab_envelope_find(line, size, quoted, &slice);

    if (found)
        ck_assert(slice.data >= line && slice.data + slice.size <= line + size);
    if (json_is_object(object)) {
        ck_assert_int_eq(found, json_object_get(object, key) != NULL);
        value = found ? json_loadb(slice.data, slice.size, JSON_DECODE_ANY, NULL) : NULL;
        ck_assert(same_json(value, json_object_get(object, key)));
        json_decref(value);
    }
    json_decref(object);
}

/* ---- Writing it again */

static void check_line(const struct ab_buffer *out)
{
    const char *data = ab_buffer_data(out);
    size_t size = ab_buffer_size(out);

    ck_assert(size > 2 && memcmp(data + size - 2, "\r\n", 2) == 0);
    ck_assert(!memchr(data, '\n', size - 1));
}

static int write_command(struct ab_buffer *out, const struct ab_message *message, const struct ab_text *value)
{
    uint64_t id = message->type == AB_MESSAGE_COMMAND ? 7 : 0;

    switch (message->command) {
    case AB_COMMAND_BIND: return ab_message_write_bind(out, id, message->name, message->extensions);
    case AB_COMMAND_CALL:
        return ab_message_write_call(out, id, message->name, value, message->deadline_ms, message->progress);
    case AB_COMMAND_WATCH:
    case AB_COMMAND_UNWATCH:
    case AB_COMMAND_LISTEN:
    case AB_COMMAND_UNLISTEN: return ab_message_write_named(out, id, message->command, message->name);
    case AB_COMMAND_PING: return ab_message_write_ping(out, id);
    case AB_COMMAND_CHANGED: return ab_message_write_changed(out, message->name, value);
    case AB_COMMAND_FIRED: return ab_message_write_fired(out, message->name, value);
    case AB_COMMAND_PROGRESS: return ab_message_write_progress(out, message->call, value);
    case AB_COMMAND_CLOSING: return ab_message_write_closing(out);
    default: return AB_ENOENT;
    }
}

/* Bind's response names a service, those to watch and listen a name: either is read as the name. */
static int write_response(struct ab_buffer *out, const struct ab_message *message, const struct ab_text *value)
{
    if (message->failed && message->error_type && strcmp(message->error_type, "exception") == 0)
        return ab_message_write_exception(out, message->id, NULL, message->error_text, NULL);
    if (message->failed)
        return ab_message_write_error(out, message->id, message->error_type ? message->error_type : "odd",
                                      message->error_text);
    if (message->name && message->extensions)
        return ab_message_write_bound(out, message->id, message->name, message->extensions);
    if (message->name)
        return ab_message_write_value(out, message->id, message->name, value);
    return value ? ab_message_write_result(out, message->id, value) : ab_message_write_empty(out, message->id);
}

/* What is written of a message says what the message said, but for what its kind has no place for. */
static void compare(const struct ab_message *message, const struct ab_message *again)
{
    bool bound = message->type == AB_MESSAGE_RESPONSE && message->name && message->extensions;

    ck_assert_int_eq(again->problem, 0);
    ck_assert_int_eq(again->command, message->command);
    ck_assert_int_eq(again->failed, message->failed);
    if (message->type == AB_MESSAGE_RESPONSE)
        ck_assert(again->type == AB_MESSAGE_RESPONSE && ab_text_equal(again->id, message->id));
    if (message->failed) {
        ck_assert_str_eq(again->error_text, message->error_text);
        ck_assert_str_eq(again->error_type, message->error_type ? message->error_type : "odd");
        return;
    }
    ck_assert(same_text(again->name, message->name));
    if (bound || message->command == AB_COMMAND_BIND)
        ck_assert_uint_eq(again->extensions, message->extensions);
    ck_assert_int_eq(again->name_null, message->name_null);
    ck_assert(ab_text_equal(again->call, message->call));
    ck_assert(again->deadline_ms == message->deadline_ms && again->progress == message->progress);
    ck_assert(bound || same_json(again->value.json, message->value.json));
}

static void check_round_trip(const struct ab_message *message)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_text *value = NULL;
    struct ab_message again;
    struct ab_limits limits;
    int result;

    ab_limits_init(&limits);
    if (message->value.json)
        ck_assert_int_eq(ab_json_encode(message->value.json, AB_JSON_DEPTH, &value), 0);
    result = message->type == AB_MESSAGE_RESPONSE ? write_response(&out, message, value)
                                                  : write_command(&out, message, value);
    if (result != AB_ENOENT) {
        ck_assert_int_eq(result, 0);
        check_line(&out);
        decode(ab_buffer_data(&out), ab_buffer_size(&out) - 2, &limits, &again);
        compare(message, &again);
        ab_message_deinit(&again);
    }
    ab_text_unref(value);
    ab_buffer_deinit(&out);
}

/* An id of our own is a string of digits without a leading zero that strtoull can hold. */
static void check_own_id(const struct ab_text *id)
{
    uint64_t ours = 0;
    bool own = ab_message_own_id(id, &ours);
    size_t digits = id && id->data[0] == '"' ? strspn(id->data + 1, "0123456789") : 0;

    if (digits == 0 || id->data[1] == '0' || strcmp(id->data + 1 + digits, "\"") != 0) {
        ck_assert(!own);
        return;
    }
    errno = 0;
    unsigned long long theirs = strtoull(id->data + 1, NULL, 10);
    ck_assert_int_eq(own, errno == 0);
    ck_assert(!own || ours == theirs);
}

static void check_unit(const char *line, size_t size, const struct ab_limits *limits)
{
    struct ab_message message;

    decode(line, size, limits, &message);
    check_both_ways(line, size, limits);
    check_envelope(line, size, "_id", "\"_id\"");
    check_envelope(line, size, "_type", "\"_type\"");
    check_own_id(message.id);
    if (message.problem == 0)
        check_round_trip(&message);
    ab_message_deinit(&message);
}

/* ---- All of them */

/* So many bytes at a time: all at once, one, or a number that changes. */
static size_t piece(size_t cut, size_t done)
{
    return cut < 2 ? cut : 1 + (done * 7 + cut) % 13;
}

struct heard {
    struct ab_list node;
    struct ab_message message;
};

static const struct ab_message *message_of(struct ab_list *node)
{
    return &AB_CONTAINER(node, struct heard, node)->message;
}

/* With a buffer that is lent for each piece, as a thread that waits for an answer does, or without. */
static void read_all(const char *data, size_t size, size_t cut, bool accepted, const struct ab_limits *limits,
                     struct ab_list *messages)
{
    struct heard *heard = malloc(sizeof(*heard));
    struct ab_reader reader;
    size_t done = 0;

    ab_reader_init(&reader, limits, accepted);
    for (bool ended = false; !ended;) {
        struct ab_buffer lent = AB_BUFFER_INIT;
        bool borrowed = cut == LENT && ab_buffer_reserve(&lent, 64) && ab_reader_borrow(&reader, &lent);
        size_t room, part = piece(cut, done);
        char *place = ab_reader_reserve(&reader, 1, &room);

        ck_assert_ptr_nonnull(place);
        ck_assert_uint_ge(room, 1);
        part = part == 0 || part > size - done ? size - done : part;
        part = part > room ? room : part;
        memcpy(place, data + done, part);
        ab_reader_commit(&reader, part);
        done += part;
        ended = part == 0;
        if (ended)
            ab_reader_finish(&reader);
        while (ab_reader_next(&reader, &heard->message) == 1) {
            ended = ended || heard->message.last; /* as a host does: the connection is closed */
            ab_list_append(messages, &heard->node);
            heard = malloc(sizeof(*heard));
        }
        if (borrowed)
            ck_assert_int_eq(ab_reader_give_back(&reader, &lent), 0);
        ab_buffer_deinit(&lent);
        ab_reader_trim(&reader);
    }
    ab_reader_deinit(&reader);
    free(heard);
}

static void free_all(struct ab_list *messages)
{
    struct ab_list *node;

    while ((node = ab_list_take(messages))) {
        struct heard *heard = AB_CONTAINER(node, struct heard, node);

        ab_message_deinit(&heard->message);
        free(heard);
    }
}

static void check_cuts(const char *data, size_t size, bool accepted, const struct ab_limits *limits)
{
    struct ab_list whole, parts;

    ab_list_init(&whole);
    ab_list_init(&parts);
    read_all(data, size, 0, accepted, limits, &whole);
    for (size_t cut = 1; cut <= LENT; cut++) {
        read_all(data, size, cut, accepted, limits, &parts);
        struct ab_list *one = whole.next, *other = parts.next;
        for (; one != &whole && other != &parts; one = one->next, other = other->next)
            ck_assert(same(message_of(one), message_of(other)));
        ck_assert_msg(one == &whole && other == &parts, "cut otherwise there are more messages, or fewer");
        free_all(&parts);
    }
    free_all(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ab_slice rest = {(const char *)data, size}, line;
    struct ab_limits limits, small;

    ab_limits_init(&limits);
    small = limits;
    ab_limits_set(&small, "line", 4096);
    ab_limits_set(&small, "line_unbound", 512);
    ab_limits_set(&small, "nesting", 8);
    ab_limits_set(&small, "tokens", 64);
    ab_limits_set(&small, "id_bytes", 16);
    check_cuts((const char *)data, size, false, &limits);
    check_cuts((const char *)data, size, true, &small);
    while (fuzz_line(&rest, &line)) {
        check_unit(line.data, line.size, &limits);
        check_unit(line.data, line.size, &small);
    }
    return 0;
}
