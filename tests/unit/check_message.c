/*
 * wire/message: each kind of message in and out, what the bad-input table of PROTOCOL section 2
 * asks of decoding, and what legacy peers send.
 */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "wire/json.h"
#include "wire/message.h"

static struct ab_limits limits;
static struct ab_message place;
static struct ab_message *message; /* there, once one was decoded */
static struct ab_buffer out;

static void setup(void)
{
    ab_limits_init(&limits);
}

static void forget(void)
{
    if (message)
        ab_message_deinit(message);
    message = NULL;
}

static void teardown(void)
{
    forget();
    ab_buffer_deinit(&out);
}

static void decode_bytes(const char *unit, size_t size)
{
    char *exact = malloc(size ? size : 1); /* so that a sanitizer sees the end */

    memcpy(exact, unit, size);
    forget();
    ck_assert_int_eq(ab_message_decode(exact, size, &limits, &place), 0);
    message = &place;
    free(exact);
}

static void decode(const char *unit)
{
    decode_bytes(unit, strlen(unit));
}

/* The message is a good one of this kind. */
static void good(enum ab_message_type type, enum ab_command command)
{
    ck_assert_msg(message->problem == 0, "%s", message->reason);
    ck_assert_ptr_null(message->reason);
    ck_assert_int_eq(message->type, type);
    ck_assert_int_eq(message->command, command);
}

static void id_is(const char *id)
{
    if (!id) {
        ck_assert_ptr_null(message->id);
        return;
    }
    ck_assert_ptr_nonnull(message->id);
    ck_assert_str_eq(message->id->data, id);
}

static void value_is(const char *text)
{
    struct ab_buffer encoded = AB_BUFFER_INIT;

    ck_assert(ab_value_present(&message->value));
    ck_assert_ptr_null(message->value.text);
    ck_assert_int_eq(ab_json_write(&encoded, message->value.json, AB_JSON_DEPTH), 0);
    ck_assert_int_eq(ab_buffer_append(&encoded, "", 1), 0);
    ck_assert_str_eq(ab_buffer_data(&encoded), text);
    ab_buffer_deinit(&encoded);
}

static void text_is(const char *text, const char *expected)
{
    if (!expected)
        ck_assert_ptr_null(text);
    else
        ck_assert_str_eq(text, expected);
}

/* ---- In: commands and notices. */

START_TEST(bind)
{
    decode("{\"_type\": 1, \"_id\": \"a-1\", \"_command\": \"bind\", \"service\": \"some id\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_BIND);
    id_is("\"a-1\"");
    text_is(message->name, "some id");
    ck_assert(!message->name_null);
    ck_assert_uint_eq(message->extensions, 0);
    decode("{\"_type\":1,\"_id\":1,\"_command\":\"bind\",\"service\":null,"
           "\"extensions\":[\"exists\",\"delta\",7,null,\"ping\",\"\"]}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_BIND);
    text_is(message->name, NULL);
    ck_assert(message->name_null);
    ck_assert_uint_eq(message->extensions, AB_EXTENSION_PING | AB_EXTENSION_EXISTS);
    decode("{\"_type\":1,\"_id\":1,\"_command\":\"bind\",\"service\":\"x\",\"extensions\":\"ping\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_BIND);
    ck_assert_uint_eq(message->extensions, 0);
}
END_TEST

START_TEST(call)
{
    decode("{\"_type\":1,\"_id\":\"1\",\"_command\":\"call\",\"name\":\"f\",\"args\":[1,{\"a\":[]}],\"extra\":{}}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_CALL);
    text_is(message->name, "f");
    value_is("[1,{\"a\":[]}]");
    ck_assert_uint_eq(message->value.json->refcount, 1);
    decode("{\"_type\":3,\"_command\":\"call\",\"name\":\"f\",\"args\":[]}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_CALL);
    id_is(NULL);
}
END_TEST

START_TEST(named_commands)
{
    static const struct {
        const char *name;
        enum ab_command command;
    } named[] = {{"watch", AB_COMMAND_WATCH},
                 {"unwatch", AB_COMMAND_UNWATCH},
                 {"listen", AB_COMMAND_LISTEN},
                 {"unlisten", AB_COMMAND_UNLISTEN}};
    char line[200];

    for (size_t i = 0; i < COUNT(named); i++) {
        snprintf(line, sizeof(line), "{\"_type\":1,\"_id\":[],\"_command\":\"%s\",\"name\":\"o\"}", named[i].name);
        decode(line);
        good(AB_MESSAGE_COMMAND, named[i].command);
        id_is("[]");
        text_is(message->name, "o");
        ck_assert(!ab_value_present(&message->value));
        snprintf(line, sizeof(line), "{\"_type\":3,\"_command\":\"%s\",\"name\":\"o\"}", named[i].name);
        decode(line);
        good(AB_MESSAGE_NOTICE, named[i].command);
    }
}
END_TEST

START_TEST(ping_and_unknown)
{
    decode("{\"_type\":1,\"_id\":\"1\",\"_command\":\"ping\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_PING);
    decode("{\"_type\":1,\"_id\":\"1\",\"_command\":\"fly\",\"name\":7,\"args\":7}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_UNKNOWN);
    decode("{\"_type\":3,\"_command\":\"\"}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_UNKNOWN);
}
END_TEST

START_TEST(cancel)
{
    decode("{\"_type\":3,\"_command\":\"cancel\",\"call\":\"7\"}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_CANCEL);
    ck_assert_str_eq(message->call->data, "\"7\"");
    decode("{\"_type\":3,\"_command\":\"cancel\",\"call\": [ null ]}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_CANCEL);
    ck_assert_str_eq(message->call->data, "[null]");
}
END_TEST

START_TEST(progress)
{
    decode("{\"_type\":3,\"_command\":\"progress\",\"call\":\"7\",\"value\":[1]}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_PROGRESS);
    ck_assert_str_eq(message->call->data, "\"7\"");
    value_is("[1]");
    decode("{\"_type\":3,\"_command\":\"progress\",\"call\":\"7\"}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_PROGRESS);
    ck_assert(!ab_value_present(&message->value));
}
END_TEST

/* What extensions add to a call. */
static void wishes_are(const char *more, int64_t deadline_ms, bool partial)
{
    char line[200];

    snprintf(line, sizeof(line), "{\"_type\":1,\"_id\":\"1\",\"_command\":\"call\",\"name\":\"f\",\"args\":[]%s}",
             more);
    decode(line);
    good(AB_MESSAGE_COMMAND, AB_COMMAND_CALL);
    ck_assert_int_eq(message->deadline_ms, deadline_ms);
    ck_assert(message->progress == partial);
}

START_TEST(wishes_of_a_call)
{
    wishes_are("", -1, false);
    wishes_are(",\"deadline\":0,\"progress\":true", 0, true);
    wishes_are(",\"deadline\":30000,\"progress\":false", 30000, false);
    wishes_are(",\"deadline\":2147483648", 2147483647, false);
    wishes_are(",\"deadline\":9223372036854775807", 2147483647, false);
    wishes_are(",\"deadline\":-1,\"progress\":1", -1, false);
    wishes_are(",\"deadline\":\"soon\",\"progress\":\"yes\"", -1, false);
    wishes_are(",\"deadline\":1.5,\"progress\":null", -1, false);
}
END_TEST

START_TEST(changed)
{
    decode("{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\",\"value\":{\"t\":21.5}}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_CHANGED);
    value_is("{\"t\":21.5}");
    decode("{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\",\"value\":null}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_CHANGED);
    value_is("null");
    decode("{\"_type\":1,\"_id\":\"9\",\"_command\":\"changed\",\"name\":\"o\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_CHANGED);
    ck_assert(!ab_value_present(&message->value));
}
END_TEST

START_TEST(fired)
{
    decode("{\"_type\":3,\"_command\":\"fired\",\"name\":\"e\",\"args\":[\"x\"]}");
    good(AB_MESSAGE_NOTICE, AB_COMMAND_FIRED);
    text_is(message->name, "e");
    value_is("[\"x\"]");
}
END_TEST

/* ---- In: responses. */

START_TEST(responses)
{
    decode("{\"_type\":2,\"_id\":\"1\",\"service\":\"id\",\"extensions\":[\"closing\"]}");
    good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
    text_is(message->name, "id");
    ck_assert_uint_eq(message->extensions, AB_EXTENSION_CLOSING);
    decode("{\"_type\":2,\"_id\":\"1\",\"result\":null}");
    good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
    value_is("null");
    ck_assert(!message->failed);
    decode("{\"_type\":2,\"_id\":\"1\",\"name\":\"o\",\"value\":[1]}");
    good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
    text_is(message->name, "o");
    value_is("[1]");
    decode("{\"_type\":2,\"_id\":\"1\"}");
    good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
    ck_assert(!ab_value_present(&message->value));
    text_is(message->name, NULL);
    decode("{\"_type\":2,\"_id\":\"1\",\"result\":5,\"_error\":null,\"exception\":null}");
    good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
    ck_assert(!message->failed);
    value_is("5");
}
END_TEST

START_TEST(failures)
{
    static const struct {
        const char *members, *type, *text, *details;
    } rows[] = {
        {"\"_error\":{\"text\":\"no\"}", NULL, "no", "{\"text\":\"no\"}"},
        {"\"_error\":{\"type\":\"busy\",\"text\":\"no\"}", "busy", "no", "{\"type\":\"busy\",\"text\":\"no\"}"},
        {"\"exception\":{\"text\":\"no\"}", "exception", "no", "{\"text\":\"no\"}"},
        {"\"exception\":{\"text\":\"no\",\"type\":\"own\"}", "own", "no", "{\"text\":\"no\",\"type\":\"own\"}"},
        {"\"_error\":{\"type\":\"a\",\"text\":\"b\"},"
         "\"exception\":{\"type\":\"c\",\"text\":\"d\",\"details\":{\"x\":1}}",
         "a", "b", "{\"type\":\"c\",\"text\":\"d\",\"details\":{\"x\":1}}"},
        {"\"_error\":{\"text\":5}", NULL, "the error came without a text", "{\"text\":5}"},
        {"\"_error\":\"plain\"", NULL, "plain", NULL},
        {"\"_error\":[]", NULL, "the error came without a text", NULL},
        {"\"_error\":false", NULL, "the error came without a text", NULL},
        {"\"exception\":\"plain\"", "exception", "plain", NULL},
        {"\"result\":1,\"_error\":{\"text\":\"no\"}", NULL, "no", "{\"text\":\"no\"}"},
    };
    char line[300];

    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(line, sizeof(line), "{\"_type\":2,\"_id\":\"1\",%s}", rows[i].members);
        decode(line);
        good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
        ck_assert(message->failed);
        text_is(message->error_type, rows[i].type);
        text_is(message->error_text, rows[i].text);
        ck_assert(!!message->error_details == !!rows[i].details);
        if (rows[i].details) {
            struct ab_text *details;

            ck_assert_int_eq(ab_json_encode(message->error_details, 9, &details), 0);
            ck_assert_str_eq(details->data, rows[i].details);
            ck_assert_uint_eq(message->error_details->refcount, 1);
            ab_text_unref(details);
        }
    }
}
END_TEST

/* ---- In: ids. */

START_TEST(any_value_is_an_id)
{
    static const char *const ids[] = {
        "\"x\"", "\"\"", "0", "-5", "1.5", "1.0", "null", "true", "[1,{\"a\":null}]", "{\"a\":1}", "\"\xc3\xa9\\n\""};
    char line[200];

    for (size_t i = 0; i < COUNT(ids); i++) {
        snprintf(line, sizeof(line), "{\"_type\":1,\"_id\":%s,\"_command\":\"ping\"}", ids[i]);
        decode(line);
        good(AB_MESSAGE_COMMAND, AB_COMMAND_PING);
        id_is(ids[i]);
    }
}
END_TEST

START_TEST(ids_have_a_length)
{
    char line[400];

    snprintf(line, sizeof(line), "{\"_type\":1,\"_id\":\"%0254d\",\"_command\":\"ping\"}", 1);
    decode(line);
    good(AB_MESSAGE_COMMAND, AB_COMMAND_PING);
    ck_assert_uint_eq(message->id->size, 256);
    snprintf(line, sizeof(line), "{\"_type\":1,\"_id\":\"%0255d\",\"_command\":\"ping\"}", 1);
    decode(line);
    ck_assert_int_eq(message->problem, AB_EPROTOCOL);
    id_is(NULL);
    ck_assert_int_eq(message->type, AB_MESSAGE_COMMAND);
}
END_TEST

START_TEST(own_ids)
{
    static const struct {
        const char *id;
        uint64_t number; /* 0: none of ours */
    } rows[] = {
        {"\"1\"", 1},
        {"\"90\"", 90},
        {"\"18446744073709551615\"", UINT64_MAX},
        {"\"18446744073709551616\"", 0},
        {"\"99999999999999999999\"", 0},
        {"\"0\"", 0},
        {"\"01\"", 0},
        {"\"\"", 0},
        {"\"x\"", 0},
        {"\"1x\"", 0},
        {"\"-1\"", 0},
        {"\"1 \"", 0},
        {"1", 0},
        {"111", 0},
        {"null", 0},
        {"[1]", 0},
    };
    char line[100];

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t id = 0;

        snprintf(line, sizeof(line), "{\"_type\":2,\"_id\":%s}", rows[i].id);
        decode(line);
        good(AB_MESSAGE_RESPONSE, AB_COMMAND_NONE);
        ck_assert_msg(ab_message_own_id(message->id, &id) == (rows[i].number != 0), "%s", rows[i].id);
        ck_assert(id == rows[i].number);
    }
    decode("{\"_type\":3,\"_command\":\"ping\"}");
    ck_assert(!ab_message_own_id(message->id, &(uint64_t){0}));
}
END_TEST

/* ---- In: what is bad. */

struct bad_row {
    const char *line;
    int type; /* that could be made out */
    const char *id;
    int problem;
};

static void check_bad(const struct bad_row *row)
{
    decode(row->line);
    ck_assert_msg(message->problem == row->problem, "%s: %d", row->line, message->problem);
    ck_assert_ptr_nonnull(message->reason);
    ck_assert_msg((int)message->type == row->type, "%s: type %d", row->line, message->type);
    id_is(row->id);
}

static const struct bad_row bad_rows[] = {
    /* Wrong keys. */
    {"{}", 0, NULL, AB_EPROTOCOL},
    {"{\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":0,\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":4,\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1.5,\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":\"1\",\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":true,\"_id\":\"5\",\"_command\":\"ping\"}", 0, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_command\":\"ping\"}", 1, NULL, AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":null}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":7}", 3, NULL, AB_EPROTOCOL},
    {"{\"_type\":2}", 2, NULL, AB_EPROTOCOL},
    {"{\"_type\":2,\"result\":1}", 2, NULL, AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"bind\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"bind\",\"service\":5}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"args\":[]}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":{}}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":null,\"args\":[]}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"watch\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"unwatch\",\"name\":[]}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"listen\",\"name\":1}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"unlisten\",\"name\":false}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":\"cancel\"}", 3, NULL, AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":\"progress\",\"value\":1}", 3, NULL, AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":\"changed\",\"value\":1}", 3, NULL, AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":\"fired\",\"args\":[]}", 3, NULL, AB_EPROTOCOL},
    {"{\"_type\":3,\"_command\":\"fired\",\"name\":\"e\",\"args\":1}", 3, NULL, AB_EPROTOCOL},
    /* No object. */
    {"[]", 0, NULL, AB_EPROTOCOL},
    {"[{\"_type\":1,\"_id\":\"5\"}]", 0, NULL, AB_EPROTOCOL},
    {"\"_type\"", 0, NULL, AB_EPROTOCOL},
    {"5", 0, NULL, AB_EPROTOCOL},
    {"null", 0, NULL, AB_EPROTOCOL},
    /* No JSON: what a Python peer can send, and worse. */
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"args\":[NaN]}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"args\": [-Infinity], \"_id\": {\"a\": [1, 2]}, \"_type\": 1}", 1, "{\"a\":[1,2]}", AB_EPROTOCOL},
    {"{\"args\":[123456789012345678901234567890],\"_type\":1,\"_id\":12}", 1, "12", AB_EPROTOCOL},
    {"{\"args\":[\"\\ud800\"],\"_type\":1,\"_id\":\"5\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"args\":[\"\xff\"],\"_type\":1,\"_id\":\"5\"}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"args\":[\"\\u0000\"],\"_type\":3}", 3, NULL, AB_EPROTOCOL},
    {"{\"_id\":NaN,\"_type\":1}", 1, NULL, AB_EPROTOCOL},
    {"{\"_id\":\"\\ud800\",\"_type\":1}", 1, NULL, AB_EPROTOCOL},
    {"{\"_id\":1 2,\"_type\":1}", 1, NULL, AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"pi", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\"", 1, NULL, AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":12", 1, NULL, AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\"}{}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"a\",\"x\":NaN,\"_id\":\"b\"}", 1, "\"b\"", AB_EPROTOCOL},
    {"{\"in\":{\"_type\":1,\"_id\":\"5\"},\"x\":NaN}", 0, NULL, AB_EPROTOCOL},
    {"{\"x\":\"\\\"_type\\\":1,\\\"_id\\\":5\",\"y\":NaN}", 0, NULL, AB_EPROTOCOL},
    {"{\"x\":[\"]\",\"}\",\"\\\"\"],\"_id\":\"5\",\"_type\":1,\"y\":NaN}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1,\"_id\":\"5\",}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\" :\t1 , \"_id\" : \"5\" , x}", 1, "\"5\"", AB_EPROTOCOL},
    {"{\"_type\":1 \"_id\":\"5\"}", 0, NULL, AB_EPROTOCOL},
    {"{\"_type\":2,\"_id\":\"5\",\"result\":NaN}", 2, "\"5\"", AB_EPROTOCOL},
    {"{'_type':1,'_id':5}", 0, NULL, AB_EPROTOCOL},
    {"{", 0, NULL, AB_EPROTOCOL},
    {"{\"", 0, NULL, AB_EPROTOCOL},
    {"{\"_id\"", 0, NULL, AB_EPROTOCOL},
    {"{\"_id\":", 0, NULL, AB_EPROTOCOL},
    {"{\"_id\":\"\\", 0, NULL, AB_EPROTOCOL},
    {"{\"_id\":,", 0, NULL, AB_EPROTOCOL},
    {"GET / HTTP/1.1", 0, NULL, AB_EPROTOCOL},
    {"\x16\x03\x01", 0, NULL, AB_EPROTOCOL},
    {"", 0, NULL, AB_EPROTOCOL},
};

START_TEST(bad_lines)
{
    check_bad(&bad_rows[_i]);
}
END_TEST

/* Each bad line cut after each byte: nothing is read past the end, and an id is never half of
 * one. */
START_TEST(bad_lines_cut_anywhere)
{
    for (size_t size = 0; size < strlen(bad_rows[_i].line); size++) {
        decode_bytes(bad_rows[_i].line, size);
        if (message->id && bad_rows[_i].id)
            ck_assert(strcmp(message->id->data, bad_rows[_i].id) == 0 ||
                      strstr(bad_rows[_i].line, message->id->data) != NULL);
    }
}
END_TEST

START_TEST(too_deep_or_too_much)
{
    static const struct bad_row rows[] = {
        {"{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[[[[[[[[[]]]]]]]]]}", 1, "\"5\"",
         AB_ETOOLARGE},
        {"{\"args\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9"
         ",0,1,2,3,4,5,6,7,8,9,0,1,2,3],\"_type\":1,\"_id\":[1]}",
         1, "[1]", AB_ETOOLARGE},
        {"{\"_type\":1,\"_id\":[[[[[[[[[]]]]]]]]],\"_command\":\"ping\"}", 1, NULL, AB_ETOOLARGE},
        {"{\"_type\":3,\"args\":[[[[[[[[[", 3, NULL, AB_ETOOLARGE},
        {"[[[[[[[[[", 0, NULL, AB_ETOOLARGE},
    };

    ck_assert_int_eq(ab_limits_set(&limits, "nesting", 8), 0);
    ck_assert_int_eq(ab_limits_set(&limits, "tokens", 64), 0);
    for (size_t i = 0; i < COUNT(rows); i++)
        check_bad(&rows[i]);
}
END_TEST

START_TEST(a_type_may_be_written_as_a_real)
{
    decode("{\"_type\":1.0,\"_id\":\"5\",\"_command\":\"ping\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_PING);
}
END_TEST

START_TEST(last_of_equal_keys_counts)
{
    decode("{\"_type\":2,\"_type\":1,\"_id\":\"4\",\"_id\":\"5\",\"_command\":\"x\",\"_command\":\"ping\"}");
    good(AB_MESSAGE_COMMAND, AB_COMMAND_PING);
    id_is("\"5\"");
}
END_TEST

/* Bytes changed at random: always a message, and of a kind or with a problem. */
START_TEST(mutations)
{
    struct ab_random random;
    int bad = 0;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 3000; i++) {
        char line[] =
            "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[1,\"a\\n\",{\"b\":null}],"
            "\"_error\":{\"text\":\"t\",\"type\":\"y\"},\"extensions\":[\"ping\"],\"service\":\"s\"}";

        line[9] = (char)('1' + i % 3);
        for (uint64_t changes = ab_random_below(&random, 4); changes > 0; changes--)
            line[ab_random_below(&random, sizeof(line) - 1)] = (char)ab_random_below(&random, 256);
        decode(line);
        bad += message->problem != 0;
        if (!!message->problem != !!message->reason || (!message->problem && message->type == 0) ||
            (message->failed && !message->error_text) || (message->id && message->id->size > 256))
            ck_abort_msg("%s", line);
    }
    ck_assert(bad > 300 && bad < 2900);
}
END_TEST

/* ---- Out. */

static struct ab_text *text_of(const char *text)
{
    struct ab_text *made = ab_text_new(text, strlen(text));

    ck_assert_ptr_nonnull(made);
    return made;
}

/* One line was written; it is this one, and decodes to a good message. */
static void wrote(int result, const char *line)
{
    size_t size = ab_buffer_size(&out);

    ck_assert_int_eq(result, 0);
    ck_assert_uint_ge(size, 2);
    ck_assert_mem_eq(ab_buffer_data(&out) + size - 2, "\r\n", 2);
    ck_assert_uint_eq(size - 2, strlen(line));
    ck_assert_mem_eq(ab_buffer_data(&out), line, size - 2);
    decode_bytes(ab_buffer_data(&out), size - 2);
    ck_assert_msg(message->problem == 0, "%s", message->reason);
    ab_buffer_truncate(&out, 0);
}

START_TEST(writes_commands)
{
    struct ab_text *args = text_of("[1,2.5]");

    wrote(ab_message_write_bind(&out, 1, "svc", AB_EXTENSION_PING | AB_EXTENSION_EXISTS),
          "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"svc\",\"extensions\":[\"ping\",\"exists\"]}");
    wrote(ab_message_write_bind(&out, UINT64_MAX, NULL, 0),
          "{\"_type\":1,\"_id\":\"18446744073709551615\",\"_command\":\"bind\",\"service\":null}");
    wrote(ab_message_write_call(&out, 2, "say \"hi\"\n", args, -1, false),
          "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"say \\\"hi\\\"\\n\",\"args\":[1,2.5]}");
    wrote(ab_message_write_call(&out, 2, "f", args, 1500, true),
          "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"f\",\"args\":[1,2.5],\"deadline\":1500,"
          "\"progress\":true}");
    wrote(ab_message_write_call(&out, 0, "f", args, -1, false),
          "{\"_type\":3,\"_command\":\"call\",\"name\":\"f\",\"args\":[1,2.5]}");
    wrote(ab_message_write_named(&out, 3, AB_COMMAND_WATCH, "o"),
          "{\"_type\":1,\"_id\":\"3\",\"_command\":\"watch\",\"name\":\"o\"}");
    wrote(ab_message_write_named(&out, 0, AB_COMMAND_UNWATCH, "o"),
          "{\"_type\":3,\"_command\":\"unwatch\",\"name\":\"o\"}");
    wrote(ab_message_write_named(&out, 4, AB_COMMAND_LISTEN, "e"),
          "{\"_type\":1,\"_id\":\"4\",\"_command\":\"listen\",\"name\":\"e\"}");
    wrote(ab_message_write_named(&out, 5, AB_COMMAND_UNLISTEN, "e"),
          "{\"_type\":1,\"_id\":\"5\",\"_command\":\"unlisten\",\"name\":\"e\"}");
    wrote(ab_message_write_ping(&out, 6), "{\"_type\":1,\"_id\":\"6\",\"_command\":\"ping\"}");
    ab_text_unref(args);
}
END_TEST

START_TEST(writes_notices)
{
    struct ab_text *value = text_of("null"), *args = text_of("[]");

    wrote(ab_message_write_changed(&out, "o", value),
          "{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\",\"value\":null}");
    wrote(ab_message_write_cancel(&out, 21), "{\"_type\":3,\"_command\":\"cancel\",\"call\":\"21\"}");
    wrote(ab_message_write_progress(&out, args, value),
          "{\"_type\":3,\"_command\":\"progress\",\"call\":[],\"value\":null}");
    wrote(ab_message_write_changed(&out, "o", NULL), "{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\"}");
    wrote(ab_message_write_fired(&out, "e", args), "{\"_type\":3,\"_command\":\"fired\",\"name\":\"e\",\"args\":[]}");
    wrote(ab_message_write_closing(&out), "{\"_type\":3,\"_command\":\"closing\"}");
    ck_assert_int_eq(message->command, AB_COMMAND_CLOSING);
    ab_text_unref(value);
    ab_text_unref(args);
}
END_TEST

START_TEST(writes_responses)
{
    struct ab_text *id = text_of("{\"any\":1}"), *value = text_of("21.5"), *data = text_of("{\"a\":[1]}");

    wrote(ab_message_write_bound(&out, id, "svc", AB_EXTENSION_CLOSING),
          "{\"_type\":2,\"_id\":{\"any\":1},\"service\":\"svc\",\"extensions\":[\"closing\"]}");
    wrote(ab_message_write_bound(&out, id, "svc", 0), "{\"_type\":2,\"_id\":{\"any\":1},\"service\":\"svc\"}");
    wrote(ab_message_write_result(&out, id, value), "{\"_type\":2,\"_id\":{\"any\":1},\"result\":21.5}");
    wrote(ab_message_write_value(&out, id, "o", value),
          "{\"_type\":2,\"_id\":{\"any\":1},\"name\":\"o\",\"value\":21.5}");
    wrote(ab_message_write_value(&out, id, "o", NULL), "{\"_type\":2,\"_id\":{\"any\":1},\"name\":\"o\"}");
    wrote(ab_message_write_named_response(&out, id, "e"), "{\"_type\":2,\"_id\":{\"any\":1},\"name\":\"e\"}");
    wrote(ab_message_write_empty(&out, id), "{\"_type\":2,\"_id\":{\"any\":1}}");
    wrote(ab_message_write_error(&out, id, "no_such_function", "there is no \"f\""),
          "{\"_type\":2,\"_id\":{\"any\":1},"
          "\"_error\":{\"text\":\"there is no \\\"f\\\"\",\"type\":\"no_such_function\"}}");
    wrote(ab_message_write_exception(&out, id, NULL, "boom", NULL),
          "{\"_type\":2,\"_id\":{\"any\":1},\"_error\":{\"text\":\"boom\",\"type\":\"exception\"},"
          "\"exception\":{\"text\":\"boom\",\"type\":\"exception\"}}");
    wrote(ab_message_write_exception(&out, id, "own", "boom", data),
          "{\"_type\":2,\"_id\":{\"any\":1},\"_error\":{\"text\":\"boom\",\"type\":\"own\",\"data\":{\"a\":[1]}},"
          "\"exception\":{\"text\":\"boom\",\"type\":\"own\",\"data\":{\"a\":[1]}}}");
    ck_assert(message->failed);
    text_is(message->error_type, "own");
    ck_assert_ptr_nonnull(json_object_get(message->error_details, "data"));
    ab_text_unref(id);
    ab_text_unref(value);
    ab_text_unref(data);
}
END_TEST

/* What is written stays behind what was there, and bad text leaves nothing. */
START_TEST(writers_append_or_do_nothing)
{
    ck_assert_int_eq(ab_buffer_append_text(&out, "before"), 0);
    ck_assert_int_eq(ab_message_write_named(&out, 1, AB_COMMAND_WATCH, "\xff"), AB_EINVAL);
    ck_assert_int_eq(ab_message_write_bind(&out, 1, "\xc3", AB_EXTENSIONS_OURS), AB_EINVAL);
    ck_assert_uint_eq(ab_buffer_size(&out), 6);
    ck_assert_int_eq(ab_message_write_ping(&out, 1), 0);
    ck_assert_mem_eq(ab_buffer_data(&out), "before{", 7);
}
END_TEST

/* ---- Without memory. */

static bool decodes(void *context)
{
    static const char *const lines[] = {
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"s\",\"extensions\":[\"ping\"]}",
        "{\"_type\":1,\"_id\":[1,\"x\"],\"_command\":\"call\",\"name\":\"f\",\"args\":[1,{\"a\":[\"long enough\"]}]}",
        "{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\",\"value\":{\"a\":1}}",
        "{\"_type\":2,\"_id\":\"1\",\"service\":\"s\",\"result\":[1,2,3]}",
        "{\"_type\":2,\"_id\":\"1\",\"exception\":{\"text\":\"t\"}}",
        "{\"_type\":2,\"_id\":\"1\",\"_error\":{\"text\":\"t\",\"type\":\"y\"},\"exception\":{\"x\":\"t\"}}",
        "{\"_type\":2,\"_id\":\"1\",\"_error\":{}}",
        "{\"_type\":1,\"_id\":\"1\",\"x\":NaN}",
        "[[[[[[[[[[",
    };
    struct ab_message own;
    int result;

    (void)context;
    for (size_t i = 0; i < COUNT(lines); i++) {
        result = ab_message_decode(lines[i], strlen(lines[i]), &limits, &own);
        if (result < 0) {
            ck_assert_int_eq(result, AB_ENOMEM);
            return false;
        }
        ck_assert(!!own.problem == (i >= 7));
        ck_assert(!own.failed || own.error_text);
        ab_message_deinit(&own);
    }
    return true;
}

START_TEST(every_allocation_of_decoding_fails)
{
    limits.nesting = 8;
    ck_assert_uint_ge(ab_failing_each(decodes, NULL), 280);
}
END_TEST

static bool writes(void *context)
{
    struct ab_text *text = context;
    struct ab_buffer own = AB_BUFFER_INIT;
    int result = 0;

    for (int i = 0; result == 0 && i < 40; i++) {
        size_t before = ab_buffer_size(&own);

        switch (i % 4) {
        case 0: result = ab_message_write_bind(&own, 1, "service", AB_EXTENSIONS_OURS); break;
        case 1: result = ab_message_write_call(&own, 2, "f\n\x01", text, 1, true); break;
        case 2: result = ab_message_write_exception(&own, text, NULL, "text", text); break;
        default: result = ab_message_write_value(&own, text, "o", text);
        }
        if (result < 0) {
            ck_assert_int_eq(result, AB_ENOMEM);
            ck_assert_uint_eq(ab_buffer_size(&own), before); /* never half a line */
        }
    }
    ab_buffer_deinit(&own);
    return result == 0;
}

START_TEST(every_allocation_of_writing_fails)
{
    struct ab_text *text = text_of("[\"a rather long text\",\"to make the buffer grow\"]");

    ck_assert_uint_ge(ab_failing_each(writes, text), 10);
    ab_text_unref(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *in = tcase_create("in"), *bad = tcase_create("bad"), *written = tcase_create("out");

    json_object_seed(1);
    tcase_add_checked_fixture(in, setup, teardown);
    tcase_add_test(in, bind);
    tcase_add_test(in, call);
    tcase_add_test(in, named_commands);
    tcase_add_test(in, ping_and_unknown);
    tcase_add_test(in, cancel);
    tcase_add_test(in, progress);
    tcase_add_test(in, wishes_of_a_call);
    tcase_add_test(in, changed);
    tcase_add_test(in, fired);
    tcase_add_test(in, responses);
    tcase_add_test(in, failures);
    tcase_add_test(in, any_value_is_an_id);
    tcase_add_test(in, ids_have_a_length);
    tcase_add_test(in, own_ids);
    tcase_add_test(in, a_type_may_be_written_as_a_real);
    tcase_add_test(in, last_of_equal_keys_counts);
    tcase_add_test(in, every_allocation_of_decoding_fails);
    suite_add_tcase(suite, in);
    tcase_add_checked_fixture(bad, setup, teardown);
    tcase_add_loop_test(bad, bad_lines, 0, COUNT(bad_rows));
    tcase_add_loop_test(bad, bad_lines_cut_anywhere, 0, COUNT(bad_rows));
    tcase_add_test(bad, too_deep_or_too_much);
    tcase_add_loop_test(bad, mutations, 0, 3);
    suite_add_tcase(suite, bad);
    tcase_add_checked_fixture(written, setup, teardown);
    tcase_add_test(written, writes_commands);
    tcase_add_test(written, writes_notices);
    tcase_add_test(written, writes_responses);
    tcase_add_test(written, writers_append_or_do_nothing);
    tcase_add_test(written, every_allocation_of_writing_fails);
    suite_add_tcase(suite, written);
    return ab_test_run(suite);
}
