/* base/buffer: bytes in their order, what it costs to keep them, and no change on failure. */

#include "failing.h"
#include "harness.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"

static struct ab_buffer buffer = AB_BUFFER_INIT;

static void teardown(void)
{
    ab_buffer_deinit(&buffer);
}

static void expect(const char *text)
{
    ck_assert_uint_eq(ab_buffer_size(&buffer), strlen(text));
    ck_assert_mem_eq(ab_buffer_data(&buffer), text, strlen(text));
}

START_TEST(empty_buffer)
{
    expect("");
    ck_assert_int_eq(ab_buffer_append(&buffer, NULL, 0), 0);
    ck_assert_ptr_null(buffer.block);
    ab_buffer_consume(&buffer, 0);
    ab_buffer_truncate(&buffer, 0);
    ab_buffer_trim(&buffer, 0);
    ab_buffer_deinit(&buffer);
    expect("");
    ck_assert_ptr_nonnull(ab_buffer_reserve(&buffer, 0));
}
END_TEST

START_TEST(appending_and_consuming)
{
    ck_assert_int_eq(ab_buffer_append(&buffer, "abc", 3), 0);
    ck_assert_int_eq(ab_buffer_append_text(&buffer, "def"), 0);
    ck_assert_int_eq(ab_buffer_append_format(&buffer, "%d-%s", 42, "x"), 0);
    expect("abcdef42-x");
    ab_buffer_consume(&buffer, 4);
    expect("ef42-x");
    ab_buffer_truncate(&buffer, 3);
    expect("ef4");
    ab_buffer_consume(&buffer, 3);
    expect("");
    ck_assert_uint_eq(buffer.start, 0);
}
END_TEST

START_TEST(formatting_something_long)
{
    char wide[3001];

    memset(wide, 'w', 3000);
    wide[3000] = '\0';
    ck_assert_int_eq(ab_buffer_append_text(&buffer, "<"), 0);
    ck_assert_int_eq(ab_buffer_append_format(&buffer, "%s%s>", wide, ""), 0);
    ck_assert_uint_eq(ab_buffer_size(&buffer), 3002);
    ck_assert_int_eq(ab_buffer_data(&buffer)[3001], '>');
}
END_TEST

START_TEST(reserving_and_committing)
{
    char *place = ab_buffer_reserve(&buffer, 1000);

    memcpy(place, "hello", 5);
    ab_buffer_commit(&buffer, 5);
    expect("hello");
    ck_assert_ptr_eq(ab_buffer_reserve(&buffer, 995), place + 5);
    ck_assert_ptr_null(ab_buffer_reserve(&buffer, SIZE_MAX));
    ck_assert_ptr_null(ab_buffer_reserve(&buffer, SIZE_MAX / 2));
    expect("hello");
}
END_TEST

START_TEST(reserving_within_a_bound)
{
    for (int i = 0; i < 1000; i++) {
        ck_assert_ptr_nonnull(ab_buffer_reserve_within(&buffer, 10, 1010));
        ab_buffer_commit(&buffer, 1);
    }
    ck_assert_uint_le(buffer.capacity, 1010);
    ck_assert_ptr_nonnull(ab_buffer_reserve_within(&buffer, 500, 1010));
    ck_assert_uint_eq(buffer.capacity, 1500); /* what is asked for, no more */
}
END_TEST

START_TEST(trimming_gives_memory_back)
{
    ab_buffer_append_format(&buffer, "%500s", "");
    ab_buffer_trim(&buffer, 0);
    ck_assert_uint_eq(ab_buffer_size(&buffer), 500);
    ab_buffer_consume(&buffer, 500);
    ab_buffer_trim(&buffer, buffer.capacity);
    ck_assert_ptr_nonnull(buffer.block);
    ab_buffer_trim(&buffer, buffer.capacity - 1);
    ck_assert_ptr_null(buffer.block);
    ck_assert_uint_eq(buffer.capacity, 0);
}
END_TEST

START_TEST(swapping)
{
    struct ab_buffer other = AB_BUFFER_INIT;

    ab_buffer_append_text(&buffer, "one");
    ab_buffer_append_text(&other, "other");
    ab_buffer_swap(&buffer, &other);
    expect("other");
    ab_buffer_swap(&buffer, &other);
    expect("one");
    ab_buffer_deinit(&other);
}
END_TEST

/* A megabyte byte by byte: few blocks, and little copied in all. */
START_TEST(appending_is_amortised)
{
    ab_failing_install();
    for (size_t i = 0; i < 1 << 20; i++)
        ck_assert_int_eq(ab_buffer_append(&buffer, "x", 1), 0);
    ck_assert_uint_le(ab_failing_made(), 20);
    ck_assert_uint_le(ab_failing_bytes(), 4 << 20);
    ab_buffer_deinit(&buffer);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
}
END_TEST

/* What flows through stays small, whatever its total. */
START_TEST(a_stream_needs_no_more_than_what_waits)
{
    ab_buffer_append_format(&buffer, "%300s", "");
    ab_failing_install();
    for (int i = 0; i < 100000; i++) {
        ck_assert_int_eq(ab_buffer_append(&buffer, "0123456789", 10), 0);
        ab_buffer_consume(&buffer, 10);
    }
    ck_assert_uint_le(buffer.capacity, 1300);
    ck_assert_uint_le(ab_failing_made(), 2);
    ab_failing_remove();
}
END_TEST

/* Against a plain array. */
START_TEST(random_operations)
{
    static char model[1 << 16];
    size_t size = 0, count;
    struct ab_random random;

    ab_random_seed(&random, (uint64_t)_i);
    for (int i = 0; i < 20000; i++) {
        switch (ab_random_below(&random, 4)) {
        case 0:
        case 1:
            count = ab_random_below(&random, 200);
            if (size + count > sizeof(model))
                break;
            memset(model + size, 'a' + i % 26, count);
            ck_assert_int_eq(ab_buffer_append(&buffer, model + size, count), 0);
            size += count;
            break;
        case 2:
            count = ab_random_below(&random, size + 1);
            memmove(model, model + count, size - count);
            size -= count;
            ab_buffer_consume(&buffer, count);
            break;
        default: size -= ab_random_below(&random, size / 10 + 1); ab_buffer_truncate(&buffer, size);
        }
        ck_assert_uint_eq(ab_buffer_size(&buffer), size);
        ck_assert_int_eq(memcmp(ab_buffer_data(&buffer), model, size), 0);
    }
}
END_TEST

static bool appends(void *context)
{
    struct ab_buffer out = AB_BUFFER_INIT;
    bool done = true;

    (void)context;
    for (int i = 0; done && i < 300; i++) {
        size_t before = ab_buffer_size(&out);
        int result = i % 2 ? ab_buffer_append_format(&out, "%100d", i) : ab_buffer_append(&out, "0123456789", 10);

        if (result < 0) {
            ck_assert_int_eq(result, AB_ENOMEM);
            ck_assert_uint_eq(ab_buffer_size(&out), before);
            done = false;
        } else if (i % 3) {
            ab_buffer_consume(&out, 7);
        }
    }
    ab_buffer_deinit(&out);
    return done;
}

START_TEST(every_allocation_fails)
{
    ck_assert_uint_ge(ab_failing_each(appends, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buffer");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, NULL, teardown);
    tcase_add_test(basics, empty_buffer);
    tcase_add_test(basics, appending_and_consuming);
    tcase_add_test(basics, formatting_something_long);
    tcase_add_test(basics, reserving_and_committing);
    tcase_add_test(basics, reserving_within_a_bound);
    tcase_add_test(basics, trimming_gives_memory_back);
    tcase_add_test(basics, swapping);
    tcase_add_test(basics, appending_is_amortised);
    tcase_add_test(basics, a_stream_needs_no_more_than_what_waits);
    tcase_add_loop_test(basics, random_operations, 0, 5);
    tcase_add_test(basics, every_allocation_fails);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
