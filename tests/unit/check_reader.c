/* wire/reader: bytes of a stream to messages, however they are cut, and where it stops. */

#include "failing.h"
#include "harness.h"

#include <string.h>

#include "base/error.h"
#include "wire/reader.h"

#define PING "{\"_type\": 1, \"_id\": 1, \"_command\": \"ping\"}\r\n"

static struct ab_limits limits;
static struct ab_reader reader;

static void setup(void)
{
    ab_failing_install();
    ab_limits_init(&limits);
    limits.line_unbound = 512;
    limits.line = 4096;
    ab_reader_init(&reader, &limits, true);
}

static void teardown(void)
{
    ab_reader_deinit(&reader);
    ck_assert_int_eq(ab_failing_live(), 0);
    ck_assert_int_eq(ab_failing_live_json(), 0);
    ab_failing_remove();
}

static void feed(const char *data, size_t size)
{
    size_t room = 0;
    char *place = ab_reader_reserve(&reader, size, &room);

    ck_assert_ptr_nonnull(place);
    ck_assert_uint_ge(room, size);
    memcpy(place, data, size);
    ab_reader_commit(&reader, size);
}

static void feed_text(const char *text)
{
    feed(text, strlen(text));
}

/* A ping whose line, without its end, is `size` bytes long. */
static void feed_long(size_t size)
{
    static const char start[] = "{\"_type\": 1, \"_id\": 1, \"_command\": \"ping\", \"x\": \"";
    char line[8192];

    memset(line, 'x', size);
    memcpy(line, start, sizeof(start) - 1);
    memcpy(line + size - 2, "\"}\r\n", 4);
    feed(line, size + 2);
}

static void next(struct ab_message *ret_message)
{
    ck_assert_int_eq(ab_reader_next(&reader, ret_message), 1);
}

static void expect_ping(void)
{
    struct ab_message message;

    next(&message);
    ck_assert_int_eq(message.problem, 0);
    ck_assert_int_eq(message.command, AB_COMMAND_PING);
    ab_message_deinit(&message);
}

static void expect_nothing(void)
{
    struct ab_message message;

    ck_assert_int_eq(ab_reader_next(&reader, &message), 0);
}

/* The one message of a line over the limit, and nothing ever after. */
static void expect_end(void)
{
    struct ab_message message;

    next(&message);
    ck_assert_int_eq(message.problem, AB_ETOOLARGE);
    ck_assert(message.last);
    ck_assert_ptr_nonnull(message.reason);
    ab_message_deinit(&message);
    expect_nothing();
    feed_text("\r\n" PING);
    expect_nothing();
    ab_reader_finish(&reader);
    expect_nothing();
}

START_TEST(messages_come_one_by_one)
{
    expect_nothing();
    feed_text(PING "\r\n  \n" PING "{\"_type\": 1");
    expect_ping();
    expect_ping();
    expect_nothing();
    feed_text(", \"_id\": 1, \"_command\": \"ping\"}\n");
    expect_ping();
    expect_nothing();
}
END_TEST

START_TEST(byte_by_byte)
{
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof(PING) - 2; i++) {
            feed(&PING[i], 1);
            expect_nothing();
        }
        feed("\n", 1);
        expect_ping();
        ab_reader_trim(&reader);
    }
}
END_TEST

START_TEST(a_line_that_is_no_message_is_one_with_a_problem)
{
    feed_text("nonsense\n" PING);
    struct ab_message message;

    next(&message);
    ck_assert_int_eq(message.problem, AB_EPROTOCOL);
    ck_assert(!message.last);
    ab_message_deinit(&message);
    expect_ping();
}
END_TEST

START_TEST(the_first_line_of_an_accepted_stream_is_short)
{
    feed_long(512);
    expect_ping();
    feed_long(4096);
    expect_ping();
    feed_long(4097);
    expect_end();
}
END_TEST

START_TEST(a_first_line_over_its_limit_is_the_end)
{
    feed_long(513);
    expect_end();
}
END_TEST

START_TEST(blank_lines_are_no_first_line)
{
    for (int i = 0; i < 100; i++)
        feed_text("                                \r\n");
    expect_nothing();
    feed_long(513);
    expect_end();
}
END_TEST

START_TEST(a_stream_that_we_opened_has_long_lines_at_once)
{
    ab_reader_init(&reader, &limits, false);
    feed_long(4096);
    expect_ping();
    feed_long(4097);
    expect_end();
}
END_TEST

START_TEST(a_line_without_an_end_is_too_long_before_it_ends)
{
    char some[100];

    memset(some, 'x', sizeof(some));
    for (int i = 0; i < 5; i++) {
        feed(some, sizeof(some));
        expect_nothing();
    }
    feed(some, sizeof(some));
    expect_end();
}
END_TEST

START_TEST(an_unterminated_last_line_counts)
{
    feed(PING, sizeof(PING) - 3);
    expect_nothing();
    ab_reader_finish(&reader);
    expect_ping();
    expect_nothing();
    ab_reader_finish(&reader);
    expect_nothing();
}
END_TEST

static void take_all(int *ret_messages)
{
    struct ab_message message;
    int r;

    while ((r = ab_reader_next(&reader, &message)) == 1) {
        ab_message_deinit(&message);
        ++*ret_messages;
    }
    ck_assert(r == 0 || r == AB_ENOMEM);
}

static bool read_two_lines(void *context)
{
    size_t room;
    int messages = 0;
    char *place;

    ab_reader_init(&reader, context, true);
    place = ab_reader_reserve(&reader, 2 * sizeof(PING), &room);
    if (place) {
        memcpy(place, PING PING, 2 * sizeof(PING) - 2);
        ab_reader_commit(&reader, 2 * sizeof(PING) - 2);
        take_all(&messages);
    }
    ab_reader_deinit(&reader);
    ck_assert(messages == 2 || ab_failing_happened());
    return messages == 2;
}

static bool read_too_long_a_line(void *context)
{
    size_t room;
    int messages = 0;
    char *place;

    ab_reader_init(&reader, context, true);
    place = ab_reader_reserve(&reader, 600, &room);
    if (place) {
        memset(place, 'x', 600);
        ab_reader_commit(&reader, 600);
        take_all(&messages);
    }
    ab_reader_deinit(&reader);
    return messages == 1;
}

START_TEST(without_memory)
{
    ck_assert_uint_gt(ab_failing_each(read_two_lines, &limits), 4);
    ck_assert_uint_gt(ab_failing_each(read_too_long_a_line, &limits), 1);
    ab_failing_install(); /* as the fixture left it */
    ab_reader_init(&reader, &limits, true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, messages_come_one_by_one);
    tcase_add_test(basics, byte_by_byte);
    tcase_add_test(basics, a_line_that_is_no_message_is_one_with_a_problem);
    tcase_add_test(basics, the_first_line_of_an_accepted_stream_is_short);
    tcase_add_test(basics, a_first_line_over_its_limit_is_the_end);
    tcase_add_test(basics, blank_lines_are_no_first_line);
    tcase_add_test(basics, a_stream_that_we_opened_has_long_lines_at_once);
    tcase_add_test(basics, a_line_without_an_end_is_too_long_before_it_ends);
    tcase_add_test(basics, an_unterminated_last_line_counts);
    tcase_add_test(basics, without_memory);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
