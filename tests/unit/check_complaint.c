/* base/complaint: said once in ten seconds, with how many were left out. */

#include <limits.h>
#include <string.h>

#include "harness.h"

#include "base/complaint.h"

#define GAP (10 * AB_SECOND)

START_TEST(the_first_is_said_whatever_the_time)
{
    static const ab_time times[] = {0, 1, GAP, AB_TIME_NEVER - GAP};

    for (size_t i = 0; i < COUNT(times); i++) {
        struct ab_complaint complaint = {0};
        unsigned long unsaid = 5;

        ck_assert(ab_complaint_due(&complaint, times[i], &unsaid));
        ck_assert_uint_eq(unsaid, 0);
    }
}
END_TEST

START_TEST(one_is_said_in_ten_seconds_and_how_many_were_left_out)
{
    struct ab_complaint complaint = {0};
    unsigned long unsaid;

    ck_assert(ab_complaint_due(&complaint, 7, &unsaid));
    unsaid = 5;
    ck_assert(!ab_complaint_due(&complaint, 7, &unsaid));
    ck_assert(!ab_complaint_due(&complaint, 7 + GAP / 2, &unsaid));
    ck_assert(!ab_complaint_due(&complaint, 7 + GAP - 1, &unsaid));
    ck_assert_uint_eq(unsaid, 5);
    ck_assert(ab_complaint_due(&complaint, 7 + GAP, &unsaid));
    ck_assert_uint_eq(unsaid, 3);
    /* The time counts from the last that was said, and each that was not is told of once. */
    ck_assert(!ab_complaint_due(&complaint, 6 + 2 * GAP, &unsaid));
    ck_assert(ab_complaint_due(&complaint, 7 + 5 * GAP, &unsaid));
    ck_assert_uint_eq(unsaid, 1);
    ck_assert(ab_complaint_due(&complaint, 7 + 6 * GAP, &unsaid));
    ck_assert_uint_eq(unsaid, 0);
}
END_TEST

START_TEST(a_note_says_how_many)
{
    char note[AB_COMPLAINT_NOTE];

    ck_assert_str_eq(ab_complaint_note(0, note), "");
    ck_assert_str_eq(ab_complaint_note(1, note), " (and 1 like it before)");
    ck_assert_ptr_eq(ab_complaint_note(ULONG_MAX, note), note);
    ck_assert_ptr_nonnull(strstr(note, " like it before)")); /* whole */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("complaints");
    TCase *tests = tcase_create("complaints");

    tcase_add_test(tests, the_first_is_said_whatever_the_time);
    tcase_add_test(tests, one_is_said_in_ten_seconds_and_how_many_were_left_out);
    tcase_add_test(tests, a_note_says_how_many);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
