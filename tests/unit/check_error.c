/* bus/error: the texts of codes, filling and clearing. */

#include "harness.h"

#include <string.h>

#include "base/memory.h"
#include "bus/error.h"

START_TEST(texts)
{
    for (int code = 0; code >= AUTOBUS_EFORKED; code--) {
        ck_assert_ptr_nonnull(autobus_strerror(code));
        ck_assert_str_ne(autobus_strerror(code), "unknown error");
        for (int other = 0; other > code; other--)
            ck_assert_str_ne(autobus_strerror(code), autobus_strerror(other));
    }
    ck_assert_str_eq(autobus_strerror(1), "unknown error");
    ck_assert_str_eq(autobus_strerror(AUTOBUS_EFORKED - 1), "unknown error");
    ck_assert_str_eq(autobus_strerror(INT32_MIN), "unknown error");
    ck_assert_ptr_nonnull(strchr(autobus_version(), '.'));
}
END_TEST

START_TEST(filling)
{
    autobus_error error = AUTOBUS_ERROR_INIT;

    ck_assert_int_eq(ab_error_fail(NULL, AUTOBUS_EINVAL), AUTOBUS_EINVAL);
    ck_assert_int_eq(ab_error_fail(&error, AUTOBUS_ETIMEDOUT), AUTOBUS_ETIMEDOUT);
    ck_assert_int_eq(error.code, AUTOBUS_ETIMEDOUT);
    ck_assert_str_eq(error.type, "timeout");
    ck_assert_int_eq(ab_error_fail_as(&error, AUTOBUS_EREMOTE, "busy", NULL), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "busy");
    ck_assert_str_eq(error.text, autobus_strerror(AUTOBUS_EREMOTE));
    ck_assert_int_eq(ab_error_fail_problem(&error, AUTOBUS_EINVAL, ab_strdup("no")), AUTOBUS_EINVAL);
    ck_assert_str_eq(error.text, "no");
    ck_assert_int_eq(ab_error_fail_problem(NULL, AUTOBUS_EINVAL, ab_strdup("no")), AUTOBUS_EINVAL);
    autobus_error_clear(&error);
    ck_assert_int_eq(error.code, 0);
    ck_assert_ptr_null(error.type);
    ck_assert_ptr_null(error.text);
    autobus_error_clear(&error);
    autobus_error_clear(NULL);
}
END_TEST

START_TEST(of_a_completion)
{
    autobus_error error = AUTOBUS_ERROR_INIT;
    struct ab_notice notice;

    ab_notice_init(&notice, AB_NOTICE_COMPLETION, NULL);
    notice.code = AUTOBUS_EREMOTE;
    notice.error_type = ab_strdup("exception");
    notice.error_details = json_object();
    ab_error_show(&error, &notice);
    ck_assert_str_eq(error.type, "exception");
    ck_assert_str_eq(error.text, autobus_strerror(AUTOBUS_EREMOTE));
    error = (autobus_error)AUTOBUS_ERROR_INIT;
    ck_assert_int_eq(ab_error_take(NULL, &notice), AUTOBUS_EREMOTE);
    ck_assert_int_eq(ab_error_take(&error, &notice), AUTOBUS_EREMOTE);
    ck_assert_str_eq(error.type, "exception");
    ck_assert(json_is_object(error.details));
    ck_assert_ptr_null(notice.error_type);
    ab_notice_deinit(&notice);
    autobus_error_clear(&error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tcase = tcase_create("error");

    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, filling);
    tcase_add_test(tcase, of_a_completion);
    suite_add_tcase(suite, tcase);
    return ab_test_run(suite);
}
