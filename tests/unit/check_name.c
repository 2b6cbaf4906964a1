/* bus/name: what a name may be, and texts that are mended. */

#include "harness.h"

#include <string.h>

#include "base/error.h"
#include "bus/name.h"

static const char *const valid[] = {
    "a",
    "\x7f",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
    "grün",
    "\xe6\xb8\xa9",
};

static const char *const invalid[] = {
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xc2",
    "\xc2(",
    "\xe0\x9f\xbf",
    "\xe1\x80",
    "\xed\xa0\x80",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xff",
    "ok\xfe",
    "\xf1\x80\x80",
    "\xe2\x28\xa1",
};

START_TEST(names)
{
    char longest[257];

    memset(longest, 'x', sizeof(longest));
    longest[256] = '\0';
    ck_assert_int_eq(ab_name_check(longest), AB_EINVAL);
    longest[255] = '\0';
    ck_assert_int_eq(ab_name_check(longest), 0);
    ck_assert_int_eq(ab_name_check(NULL), AB_EINVAL);
    ck_assert_int_eq(ab_name_check(""), AB_EINVAL);
}
END_TEST

START_TEST(utf8)
{
    ck_assert(ab_utf8_valid(""));
    for (size_t i = 0; i < COUNT(valid); i++)
        ck_assert_int_eq(ab_name_check(valid[i]), 0);
    for (size_t i = 0; i < COUNT(invalid); i++)
        ck_assert_msg(ab_name_check(invalid[i]) == AB_EINVAL, "number %zu", i);
}
END_TEST

START_TEST(mending)
{
    char text[] = "a\xff\xc2\xa7\xe2\x82z";

    ab_utf8_mend(text);
    ck_assert_str_eq(text, "a?\xc2\xa7??z");
    for (size_t i = 0; i < COUNT(invalid); i++) {
        char copy[16];

        strcpy(copy, invalid[i]);
        ab_utf8_mend(copy);
        ck_assert(ab_utf8_valid(copy));
        ck_assert_uint_eq(strlen(copy), strlen(invalid[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("name");
    TCase *tcase = tcase_create("name");

    tcase_add_test(tcase, names);
    tcase_add_test(tcase, utf8);
    tcase_add_test(tcase, mending);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
