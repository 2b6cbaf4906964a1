/* base/pen: pieces in their order, numbers as everybody writes them, and nothing at all on failure. */

#include "failing.h"
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/pen.h"

static struct ab_buffer buffer = AB_BUFFER_INIT;
static struct ab_pen pen;

static void setup(void)
{
    ck_assert_int_eq(ab_buffer_append(&buffer, "before", 6), 0);
    ab_pen_begin(&pen, &buffer);
}

static void teardown(void)
{
    ab_buffer_deinit(&buffer);
}

static void expect(const char *text)
{
    ck_assert_uint_eq(ab_buffer_size(&buffer), strlen(text));
    ck_assert_mem_eq(ab_buffer_data(&buffer), text, strlen(text));
}

START_TEST(pieces)
{
    AB_PEN_PUT(&pen, " and");
    ab_pen_byte(&pen, ' ');
    ab_pen_put(&pen, "", 0);
    ab_pen_put(&pen, "behind", 6);
    ck_assert_int_eq(ab_pen_end(&pen), 0);
    expect("before and behind");
}
END_TEST

START_TEST(nothing)
{
    ck_assert_int_eq(ab_pen_end(&pen), 0);
    expect("before");
}
END_TEST

START_TEST(growing)
{
    for (int i = 0; i < 1000; i++)
        AB_PEN_PUT(&pen, "0123456789");
    ck_assert_int_eq(ab_pen_end(&pen), 0);
    ck_assert_uint_eq(ab_buffer_size(&buffer), 6 + 10000);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(ab_buffer_data(&buffer)[6 + i], '0' + i % 10);
}
END_TEST

static void check_digits(uint64_t number)
{
    char text[32];

    snprintf(text, sizeof(text), "before%" PRIu64, number);
    ab_pen_digits(&pen, number);
    ck_assert_int_eq(ab_pen_end(&pen), 0);
    expect(text);
    ab_buffer_truncate(&buffer, 6);
    ab_pen_begin(&pen, &buffer);
}

START_TEST(digits)
{
    for (uint64_t number = 0; number < 11000; number++)
        check_digits(number);
    for (uint64_t power = 10; power < UINT64_MAX / 10; power *= 10) {
        check_digits(power - 1);
        check_digits(power);
        check_digits(power + 1);
        check_digits(power / 3);
    }
    check_digits(UINT64_C(10000000000000000000) - 1);
    check_digits(UINT64_C(10000000000000000000));
    check_digits(UINT64_MAX);
}
END_TEST

START_TEST(a_failure_sticks)
{
    AB_PEN_PUT(&pen, "something");
    ab_pen_fail(&pen, AB_EINVAL);
    ab_pen_fail(&pen, AB_ETOOLARGE);
    AB_PEN_PUT(&pen, "more");
    ab_pen_digits(&pen, 7);
    ck_assert(!ab_pen_has_room(&pen, 1));
    ck_assert_int_eq(ab_pen_end(&pen), AB_EINVAL);
    expect("before");
}
END_TEST

START_TEST(no_more_than_the_room)
{
    char room[] = "................";

    ab_pen_begin_in(&pen, room, 10);
    AB_PEN_PUT(&pen, "012345678");
    ck_assert_ptr_eq(pen.at, room + 9);
    ck_assert_int_eq(ab_pen_end(&pen), 0);
    ck_assert_str_eq(room, "012345678.......");
    ab_pen_begin_in(&pen, room, 10);
    AB_PEN_PUT(&pen, "abcdefgh");
    ab_pen_digits(&pen, 12345);
    ck_assert_int_eq(ab_pen_end(&pen), AB_ETOOLARGE);
    ck_assert_str_eq(room + 8, "8.......");
    expect("before");
}
END_TEST

static bool writes(void *context)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    bool done = false;

    (void)context;
    if (ab_buffer_append(&out, "before", 6) == 0) {
        ab_pen_begin(&pen, &out);
        for (int i = 0; i < 100; i++)
            AB_PEN_PUT(&pen, "some more text");
        done = ab_pen_end(&pen) == 0;
        ck_assert_uint_eq(ab_buffer_size(&out), done ? 6 + 1400 : 6);
    }
    ab_buffer_deinit(&out);
    return done;
}

START_TEST(every_allocation_fails)
{
    ck_assert_uint_ge(ab_failing_each(writes, NULL), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pen");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, pieces);
    tcase_add_test(basics, nothing);
    tcase_add_test(basics, growing);
    tcase_add_test(basics, digits);
    tcase_add_test(basics, a_failure_sticks);
    tcase_add_test(basics, no_more_than_the_room);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
