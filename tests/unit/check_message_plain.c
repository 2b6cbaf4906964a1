/*
 * wire/message_plain: the quick way through a line and the way of all lines read the same. A member that nobody knows
 * makes a line go the way of all lines and changes nothing else, so each line is read with and without one.
 */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "wire/message_plain.h"

#define EXTRA   "\"x\":0,"
#define LONGEST 512

static struct ab_limits limits;

static const char *const lines[] = {
    "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[1,\"a\\n\",{\"b\":null}]}",
    "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"deadline\":30000}",
    "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"deadline\": 0 ,\"name\":\"f\",\"progress\": true ,\"args\":[]}",
    "{\"_type\":3,\"_command\":\"call\",\"name\":\"f\",\"args\":[]}",
    "{\"_type\":3,\"_command\":\"fired\",\"name\":\"tick\",\"args\":[[[-1.5e3]],true]}",
    "{ \"_type\": 3 , \"_command\": \"changed\" , \"name\": \"o\" , \"value\": \"v\\u00e4\" }",
    "{\"_type\":3,\"_command\":\"changed\",\"name\":\"o\",\"value\":null}",
    "{\"_id\": \"77\", \"result\": {\"a\": [1, 2]}, \"_type\": 2}",
    "{\"_type\":2,\"_id\":\"1\",\"result\":null}",
};

static void decode(const char *text, size_t size, struct ab_message *ret_message)
{
    char *exact = malloc(size); /* so that a sanitizer sees the end */

    memcpy(exact, text, size);
    ck_assert_int_eq(ab_message_decode(exact, size, &limits, ret_message), 0);
    free(exact);
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static bool same(const struct ab_message *one, const struct ab_message *other)
{
    return one->type == other->type && one->command == other->command && one->problem == other->problem &&
           one->last == other->last && same_text(one->reason, other->reason) && ab_text_equal(one->id, other->id) &&
           one->deadline_ms == other->deadline_ms && one->progress == other->progress &&
           same_text(one->name, other->name) && one->name_null == other->name_null &&
           one->extensions == other->extensions && ab_value_equal(&one->value, &other->value) &&
           one->failed == other->failed && same_text(one->error_type, other->error_type) &&
           same_text(one->error_text, other->error_text) && !one->error_details == !other->error_details;
}

/* Something follows the bracket, so that a member may stand before it. */
static bool can_have_more(const char *line, size_t size)
{
    size_t at = 1;

    while (at < size && strchr(" \t\r\n", line[at]) && line[at])
        at++;
    return size > 0 && line[0] == '{' && at < size && line[at] != '}';
}

static void compare(const char *line, size_t size)
{
    char longer[LONGEST + sizeof(EXTRA)];
    struct ab_message one, other;

    if (!can_have_more(line, size))
        return;
    longer[0] = '{';
    memcpy(longer + 1, EXTRA, sizeof(EXTRA) - 1);
    memcpy(longer + sizeof(EXTRA), line + 1, size - 1);
    decode(line, size, &one);
    decode(longer, size + sizeof(EXTRA) - 1, &other);
    ck_assert_msg(same(&one, &other), "%.*s", (int)size, line);
    ab_message_deinit(&one);
    ab_message_deinit(&other);
}

static void setup(void)
{
    ab_limits_init(&limits);
}

START_TEST(reads_them)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct ab_message message = {0};

        ck_assert_msg(ab_message_read_plain(&message, lines[i], strlen(lines[i]), &limits) == 1, "%s", lines[i]);
        ab_message_deinit(&message);
        compare(lines[i], strlen(lines[i]));
    }
}
END_TEST

START_TEST(leaves_others)
{
    static const char *const others[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"ping\"}",
        "{\"_type\":1,\"_command\":\"call\",\"name\":\"f\",\"args\":[]}",
        "{\"_type\":3,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[]}",
        "{\"_type\":1,\"_id\":5,\"_command\":\"call\",\"name\":\"f\",\"args\":[]}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"\\u0066\",\"args\":[]}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":{}}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"args\":[]}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"value\":1}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[]}}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[1}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"deadline\":01}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"deadline\":-1}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"deadline\":1e3}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"deadline\":1234567890}",
        "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[],\"progress\":false}",
        "{\"_type\":3,\"_command\":\"fired\",\"name\":\"f\",\"args\":[],\"progress\":true}",
        "{\"_type\":12,\"_id\":\"5\",\"result\":1}",
        "{\"_type\":2,\"_id\":\"5\",\"result\":01}",
        "{\"_type\":2,\"_id\":\"5\",\"result\":1,}",
        "{\"_type\":2,\"_id\":\"5\",\"result\":1,\"_error\":null}",
    };

    for (size_t i = 0; i < COUNT(others); i++) {
        struct ab_message message = {0}, before = {0};

        ck_assert_msg(ab_message_read_plain(&message, others[i], strlen(others[i]), &limits) == 0, "%s", others[i]);
        ck_assert_mem_eq(&message, &before, sizeof(message));
        compare(others[i], strlen(others[i]));
    }
}
END_TEST

/* Runs of bytes that mean something in JSON, or of the line itself, put in, taken out and written over. */
static size_t mutate(struct ab_random *random, char *line, size_t size)
{
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "0",
                                         "1",
                                         "-",
                                         " ",
                                         "\t",
                                         "\n",
                                         "\x1f",
                                         "\x7f",
                                         "\x80",
                                         "\xc3\xa4",
                                         "\\u0061",
                                         "e",
                                         "null",
                                         "\"_id\":\"5\",",
                                         "\"args\":[],",
                                         "\"_type\":2",
                                         "\"value\":1"};
    const char *piece = pieces[ab_random_below(random, COUNT(pieces))];
    size_t at = ab_random_below(random, size), length = strlen(piece), gone = ab_random_below(random, 3);

    if (gone > size - at)
        gone = size - at;
    if (size - gone + length > LONGEST)
        return size;
    memmove(line + at + length, line + at + gone, size - at - gone);
    memcpy(line + at, piece, length);
    return size - gone + length;
}

START_TEST(mutations_read_the_same)
{
    struct ab_random random;
    int plain = 0;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 4000; i++) {
        const char *from = lines[ab_random_below(&random, COUNT(lines))];
        char line[LONGEST + 16];
        size_t size = strlen(from);
        struct ab_message message;

        memcpy(line, from, size);
        for (uint64_t changes = 1 + ab_random_below(&random, 3); changes > 0 && size > 0; changes--)
            size = mutate(&random, line, size);
        compare(line, size);
        decode(line, size, &message);
        plain += message.problem == 0;
        ab_message_deinit(&message);
    }
    ck_assert_int_ge(plain, 100);
}
END_TEST

/* The line has 11 tokens, and those in the array. */
START_TEST(limits_are_the_same)
{
    limits.tokens = 64;
    for (size_t count = 0; count < 70; count++) {
        char line[LONGEST] = "{\"_type\":1,\"_id\":\"5\",\"_command\":\"call\",\"name\":\"f\",\"args\":[";
        struct ab_message message;

        for (size_t i = 0; i < count; i++)
            strcat(line, i == 0 ? "1" : ",1");
        strcat(line, "]}");
        decode(line, strlen(line), &message);
        ck_assert_int_eq(message.problem, 11 + count > 64 ? AB_ETOOLARGE : 0);
        ab_message_deinit(&message);
    }
}
END_TEST

static bool reads(void *context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct ab_message message;
        int r = ab_message_decode(lines[i], strlen(lines[i]), &limits, &message);

        if (r < 0) {
            ck_assert_int_eq(r, AB_ENOMEM);
            return false;
        }
        ab_message_deinit(&message);
    }
    return true;
}

START_TEST(every_allocation_fails)
{
    ck_assert_uint_ge(ab_failing_each(reads, NULL), 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message_plain");
    TCase *both = tcase_create("both ways");

    tcase_add_checked_fixture(both, setup, NULL);
    tcase_add_test(both, reads_them);
    tcase_add_test(both, leaves_others);
    tcase_add_loop_test(both, mutations_read_the_same, 0, 5);
    tcase_add_test(both, limits_are_the_same);
    tcase_add_test(both, every_allocation_fails);
    suite_add_tcase(suite, both);
    return ab_test_run(suite);
}
