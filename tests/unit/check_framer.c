/*
 * wire/framer: the same units however the input is cut, limits that hold whatever the input is, and
 * no more memory or copying than the input deserves. PROTOCOL section 2 has what legacy sends.
 */

#include "failing.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "wire/framer.h"

#define LIMIT 4096

static struct ab_framer framer;
static struct ab_buffer units; /* each unit in angle brackets */

static void setup(void)
{
    ab_framer_init(&framer, LIMIT);
}

static void teardown(void)
{
    ab_framer_deinit(&framer);
    ab_buffer_deinit(&units);
}

static void put(const char *data, size_t size)
{
    size_t room = 0;
    char *place = ab_framer_reserve(&framer, size, &room);

    ck_assert_ptr_nonnull(place);
    ck_assert_uint_ge(room, size);
    memcpy(place, data, size);
    ab_framer_commit(&framer, size);
}

/* Takes what units there are; returns what the framer said last. */
static int drain(void)
{
    struct ab_slice unit;
    int result;

    while ((result = ab_framer_next(&framer, &unit)) == 1) {
        ck_assert_uint_gt(unit.size, 0);
        ab_buffer_append(&units, "<", 1);
        ab_buffer_append(&units, unit.data, unit.size);
        ab_buffer_append(&units, ">", 1);
    }
    return result;
}

static int feed(const char *data, size_t size)
{
    put(data, size);
    return drain();
}

static int feed_text(const char *text)
{
    return feed(text, strlen(text));
}

static void expect(const char *text)
{
    ck_assert_int_eq(ab_buffer_append(&units, "", 1), 0);
    ck_assert_str_eq(ab_buffer_data(&units), text);
    ab_buffer_truncate(&units, 0);
}

START_TEST(lines_end_in_lf_or_cr_lf)
{
    ck_assert_int_eq(feed_text("one\r\ntwo\nthree\r\nfo"), 0);
    expect("<one><two><three>");
    ck_assert_int_eq(feed_text("ur\r"), 0);
    expect("");
    ck_assert_int_eq(feed_text("\n"), 0);
    expect("<four>");
}
END_TEST

START_TEST(blanks_go)
{
    ck_assert_int_eq(feed_text("\r\n\n \t\r\n  one  \t\r\n   \n two \n\n\n"), 0);
    expect("<one><two>");
    ck_assert_uint_eq(ab_buffer_size(&framer.buffer), 0);
    ck_assert_int_eq(feed_text("a \r\r b\r\r\n"), 0);
    expect("<a \r\r b>");
}
END_TEST

START_TEST(last_line_needs_no_end)
{
    ck_assert_int_eq(feed_text("one\n two "), 0);
    expect("<one>");
    ab_framer_finish(&framer);
    ck_assert_int_eq(drain(), 0);
    expect("<two>");
    ck_assert_int_eq(drain(), 0);
    expect("");
}
END_TEST

START_TEST(blanks_at_the_end_are_no_line)
{
    ck_assert_int_eq(feed_text("one\n \r\n  "), 0);
    ab_framer_finish(&framer);
    ck_assert_int_eq(drain(), 0);
    expect("<one>");
}
END_TEST

START_TEST(limit_counts_the_unit)
{
    char line[LIMIT + 3];

    memset(line, 'x', sizeof(line));
    ck_assert_int_eq(feed(line, LIMIT), 0);
    ck_assert_int_eq(feed_text("\r\n"), 0);
    ck_assert_uint_eq(ab_buffer_size(&units), LIMIT + 2);
    ck_assert_int_eq(feed_text("   "), 0);
    ck_assert_int_eq(feed(line, LIMIT), 0);
    ck_assert_int_eq(feed_text("\n"), 0);
    ck_assert_uint_eq(ab_buffer_size(&units), 2 * (LIMIT + 2));
    ck_assert_int_eq(feed(line, LIMIT), 0);
    ck_assert_int_eq(feed_text("\r"), 0);
    ck_assert_int_eq(feed_text("x"), AB_ETOOLARGE);
    ck_assert_int_eq(drain(), AB_ETOOLARGE);
    ck_assert_int_eq(feed_text("\n"), AB_ETOOLARGE);
}
END_TEST

START_TEST(limit_holds_for_a_complete_line_too)
{
    char line[LIMIT + 3];

    memset(line, 'x', sizeof(line));
    line[LIMIT + 1] = '\n';
    ck_assert_int_eq(feed(line, LIMIT + 2), AB_ETOOLARGE);
    ck_assert_int_eq(drain(), AB_ETOOLARGE);
    ab_framer_finish(&framer);
    ck_assert_int_eq(drain(), AB_ETOOLARGE);
}
END_TEST

/* A bind, and lines that only a bound connection may send right behind it. */
START_TEST(limit_can_grow_between_lines)
{
    char line[LIMIT * 2];
    struct ab_slice unit;

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    put("bind\n", 5);
    put(line, sizeof(line));
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_uint_eq(unit.size, 4);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), AB_ETOOLARGE);
    ab_framer_set_limit(&framer, LIMIT * 2);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_uint_eq(unit.size, sizeof(line) - 1);
}
END_TEST

/* Legacy sends lines of 5,120 spaces; a peer could send nothing but. */
START_TEST(blanks_take_no_memory)
{
    char blanks[5120];

    memset(blanks, ' ', sizeof(blanks));
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(feed(blanks, sizeof(blanks)), 0);
        ck_assert_uint_eq(ab_buffer_size(&framer.buffer), 0);
        if (i % 10 == 0)
            ck_assert_int_eq(feed_text("\r\n"), 0);
    }
    ck_assert_uint_le(framer.buffer.capacity, LIMIT + sizeof(blanks));
    ck_assert_int_eq(feed_text("line\r\n"), 0);
    expect("<line>");
}
END_TEST

START_TEST(counted_units)
{
    struct ab_slice unit;

    ck_assert_int_eq(feed_text("head\n"), 0);
    expect("<head>");
    ck_assert_int_eq(ab_framer_expect(&framer, 0), AB_EINVAL);
    ck_assert_int_eq(ab_framer_expect(&framer, LIMIT + 1), AB_ETOOLARGE);
    ck_assert_int_eq(ab_framer_expect(&framer, 7), 0);
    ck_assert_int_eq(feed_text(" \n\r"), 0);
    expect("");
    ck_assert_int_eq(feed("\0\n \nnext\n", 9), 0);
    expect("< \n\r");
    put("\n x", 3);
    ck_assert_int_eq(ab_framer_expect(&framer, 3), 0);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_mem_eq(unit.data, "\n x", 3);
    ck_assert_int_eq(ab_framer_expect(&framer, 2), 0);
    put("a", 1);
    ab_framer_finish(&framer);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 0);
}
END_TEST

START_TEST(a_header_line_and_its_body_in_one_read)
{
    struct ab_slice unit;

    put("head\nbody\n!tail\n", 16);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_int_eq(ab_framer_expect(&framer, 6), 0);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_uint_eq(unit.size, 6);
    ck_assert_mem_eq(unit.data, "body\n!", 6);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_uint_eq(unit.size, 4);
    ck_assert_mem_eq(unit.data, "tail", 4);
}
END_TEST

/* Random lines, once whole and once cut at random: the same units. */
START_TEST(cuts_do_not_matter)
{
    static const char alphabet[] = "ab {}\"\t\r\n\n";
    struct ab_random random;
    struct ab_buffer whole = AB_BUFFER_INIT;
    char input[3000];

    ab_random_seed(&random, (uint64_t)_i);
    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = alphabet[ab_random_below(&random, sizeof(alphabet) - 1)];
    ck_assert_int_eq(feed(input, sizeof(input)), 0);
    ab_framer_finish(&framer);
    ck_assert_int_eq(drain(), 0);
    ab_buffer_swap(&whole, &units);
    ab_framer_deinit(&framer);
    ab_framer_init(&framer, LIMIT);
    for (size_t at = 0, size; at < sizeof(input); at += size) {
        size = 1 + ab_random_below(&random, _i % 3 ? 20 : 1);
        if (size > sizeof(input) - at)
            size = sizeof(input) - at;
        ck_assert_int_eq(feed(input + at, size), 0);
        if (ab_random_below(&random, 5) == 0)
            ab_framer_trim(&framer);
    }
    ab_framer_finish(&framer);
    ck_assert_int_eq(drain(), 0);
    ck_assert_uint_eq(ab_buffer_size(&units), ab_buffer_size(&whole));
    ck_assert_mem_eq(ab_buffer_data(&units), ab_buffer_data(&whole), ab_buffer_size(&whole));
    ab_buffer_deinit(&whole);
}
END_TEST

/* A line of a megabyte, in reads of one size: each byte is scanned once, and copied a few times at
 * most. */
static void long_line(size_t read)
{
    enum { SIZE = 1 << 20 };
    struct ab_slice unit;
    size_t room, sent = 0;

    ab_framer_set_limit(&framer, SIZE);
    ab_failing_install();
    while (sent < SIZE) {
        char *place = ab_framer_reserve(&framer, read, &room);
        size_t size = SIZE - sent < read ? SIZE - sent : read;

        if (!place)
            ck_abort();
        memset(place, 'x', size);
        ab_framer_commit(&framer, size);
        sent += size;
        if (ab_framer_next(&framer, &unit) != 0 || framer.scanned != sent)
            ck_abort(); /* not ck_assert, which costs a system call */
    }
    put("\r\n", 2);
    ck_assert_int_eq(ab_framer_next(&framer, &unit), 1);
    ck_assert_uint_eq(unit.size, SIZE);
    ck_assert_uint_le(framer.buffer.capacity, SIZE + read + 2);
    ck_assert_uint_le(ab_failing_bytes(), 4 * SIZE);
    ck_assert_uint_le(ab_failing_made(), 24);
    ab_framer_trim(&framer);
    ck_assert_ptr_null(framer.buffer.block);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
}

START_TEST(long_lines_cost_little)
{
    long_line(1);
    long_line(1000);
    long_line(65536);
}
END_TEST

/* Whatever comes, what is kept is one unit and one read. */
START_TEST(memory_is_bounded)
{
    char noise[1000];
    int result = 0;

    memset(noise, 'x', sizeof(noise));
    for (int i = 0; i < 100 && result == 0; i++)
        result = feed(noise, sizeof(noise));
    ck_assert_int_eq(result, AB_ETOOLARGE);
    ck_assert_uint_le(framer.buffer.capacity, LIMIT + 2 * sizeof(noise));
}
END_TEST

START_TEST(trimming_keeps_what_waits)
{
    put("half a l", 8);
    ck_assert_int_eq(drain(), 0);
    ab_framer_trim(&framer);
    ck_assert_int_eq(feed_text("ine\n"), 0);
    expect("<half a line>");
    ab_framer_trim(&framer);
    ck_assert_ptr_null(framer.buffer.block);
    ck_assert_int_eq(feed_text("more\n"), 0);
    expect("<more>");
}
END_TEST

static bool reads(void *context)
{
    struct ab_framer own;
    struct ab_slice unit;
    size_t room = 77, lines = 0;
    bool done = true;

    (void)context;
    ab_framer_init(&own, LIMIT);
    for (int i = 0; done && i < 40; i++) {
        char *place = ab_framer_reserve(&own, 100, &room);

        if (!place) {
            ck_assert_uint_eq(room, 77);
            done = false;
            break;
        }
        memset(place, 'x', 100);
        if (i % 9 == 8)
            place[50] = '\n';
        ab_framer_commit(&own, 100);
        while (ab_framer_next(&own, &unit) == 1)
            lines++;
        room = 77;
    }
    ck_assert(!done || lines == 4);
    ab_framer_deinit(&own);
    return done;
}

START_TEST(every_allocation_fails)
{
    ck_assert_uint_ge(ab_failing_each(reads, NULL), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("framer");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, lines_end_in_lf_or_cr_lf);
    tcase_add_test(basics, blanks_go);
    tcase_add_test(basics, last_line_needs_no_end);
    tcase_add_test(basics, blanks_at_the_end_are_no_line);
    tcase_add_test(basics, limit_counts_the_unit);
    tcase_add_test(basics, limit_holds_for_a_complete_line_too);
    tcase_add_test(basics, limit_can_grow_between_lines);
    tcase_add_test(basics, blanks_take_no_memory);
    tcase_add_test(basics, counted_units);
    tcase_add_test(basics, a_header_line_and_its_body_in_one_read);
    tcase_add_loop_test(basics, cuts_do_not_matter, 0, 20);
    tcase_add_test(basics, long_lines_cost_little);
    tcase_add_test(basics, memory_is_bounded);
    tcase_add_test(basics, trimming_keeps_what_waits);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
