/* base/text: shared bytes and their count, also from two threads. */

#include "failing.h"
#include "harness.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

START_TEST(holds_bytes_and_a_nul)
{
    struct ab_text *text = ab_text_new("a\0b", 3);

    ck_assert_uint_eq(text->size, 3);
    ck_assert_mem_eq(text->data, "a\0b", 4);
    ck_assert_ptr_null(ab_text_unref(text));
    text = ab_text_new(NULL, 0);
    ck_assert_str_eq(text->data, "");
    ab_text_unref(text);
    ck_assert_ptr_null(ab_text_unref(NULL));
    ck_assert_ptr_null(ab_text_new("", SIZE_MAX));
}
END_TEST

START_TEST(lives_until_the_last_reference)
{
    struct ab_text *text;

    ab_failing_install();
    text = ab_text_new("x", 1);
    ck_assert_ptr_eq(ab_text_ref(text), text);
    ab_text_unref(text);
    ck_assert_int_eq(ab_failing_live(), 1);
    ab_text_unref(text);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_arm(0, false);
    ck_assert_ptr_null(ab_text_new("x", 1));
    ab_failing_remove();
}
END_TEST

START_TEST(equality)
{
    struct ab_text *one = ab_text_new("ab", 2), *same = ab_text_new("ab", 2), *other = ab_text_new("ac", 2),
                   *longer = ab_text_new("ab\0", 3);

    ck_assert(ab_text_equal(one, one));
    ck_assert(ab_text_equal(one, same));
    ck_assert(!ab_text_equal(one, other));
    ck_assert(!ab_text_equal(one, longer));
    ck_assert(!ab_text_equal(one, NULL));
    ck_assert(!ab_text_equal(NULL, one));
    ck_assert(ab_text_equal(NULL, NULL));
    ab_text_unref(one);
    ab_text_unref(same);
    ab_text_unref(other);
    ab_text_unref(longer);
}
END_TEST

static void *count(void *argument)
{
    for (int i = 0; i < 100000; i++) {
        struct ab_text *text = ab_text_ref(argument);

        ck_assert_int_eq(text->data[0], 'x');
        ab_text_unref(text);
    }
    return ab_text_unref(argument);
}

START_TEST(counts_from_several_threads)
{
    struct ab_text *text;
    pthread_t threads[2];

    ab_failing_install();
    text = ab_text_new("x", 1);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, ab_text_ref(text)), 0);
    ab_text_unref(text);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(ab_failing_live(), 0);
    ab_failing_remove();
}
END_TEST

START_TEST(short_ones_have_a_place)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    struct ab_text_place place;
    struct ab_text *text, *kept;

    ab_failing_install();
    for (size_t size = 0; size < COUNT(letters); size++) {
        text = ab_text_put(&place, letters, size);
        ck_assert_uint_eq(text->size, size);
        ck_assert_mem_eq(text->data, letters, size);
        ck_assert_int_eq(text->data[size], '\0');
        ck_assert_int_eq(ab_failing_live(), size > AB_TEXT_SHORT);
        kept = ab_text_keep(text);
        ab_text_leave(&place, text);
        memset(&place, 'x', sizeof(place));
        ck_assert_uint_eq(kept->size, size);
        ck_assert_mem_eq(kept->data, letters, size);
        ab_text_unref(kept);
        ck_assert_int_eq(ab_failing_live(), 0);
    }
    text = ab_text_put(&place, "short", 5);
    ab_failing_arm(0, true);
    ck_assert_ptr_null(ab_text_keep(text));
    ck_assert_ptr_null(ab_text_put(&place, letters, COUNT(letters)));
    ab_failing_remove();
}
END_TEST

START_TEST(cuts_between_characters)
{
    const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x94z";
    static const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

    for (size_t most = 0; most < COUNT(whole); most++)
        ck_assert_uint_eq(ab_text_cut(text, 11, most), whole[most]);
    ck_assert_uint_eq(ab_text_cut("\x80\x80\x80", 3, 2), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *basics = tcase_create("basics");

    tcase_add_test(basics, holds_bytes_and_a_nul);
    tcase_add_test(basics, lives_until_the_last_reference);
    tcase_add_test(basics, equality);
    tcase_add_test(basics, counts_from_several_threads);
    tcase_add_test(basics, short_ones_have_a_place);
    tcase_add_test(basics, cuts_between_characters);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
