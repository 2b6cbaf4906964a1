/* base/address: comparing and printing. */

#include "harness.h"

#include <string.h>

#include "base/address.h"

static const uint32_t hosts[] = {0x7f000001, 0x7fffffff, 0, 1, 0x0a000007, 0x0a000008, 0x80000000, 0xffffffff};

START_TEST(plain_bytes_make_a_key)
{
    struct ab_address one, other;

    ck_assert_uint_eq(sizeof(one), 3 * sizeof(uint32_t));
    memset(&one, 0, sizeof(one));
    memset(&other, 0xff, sizeof(other));
    one = ab_address_inet(0x0a000007, 80);
    other = ab_address_inet(0x0a000007, 80);
    ck_assert_mem_eq(&one, &other, sizeof(one));
}
END_TEST

START_TEST(equality)
{
    struct ab_address one = ab_address_inet(0x0a000007, 80), same = one, port = ab_address_inet(0x0a000007, 81),
                      host = ab_address_inet(0x0a000008, 80), none = {AB_ADDRESS_NONE, 0x0a000007, 80};

    ck_assert(ab_address_equal(&one, &same));
    ck_assert(!ab_address_equal(&one, &port));
    ck_assert(!ab_address_equal(&one, &host));
    ck_assert(!ab_address_equal(&one, &none));
    ck_assert(ab_address_same_host(&one, &port));
    ck_assert(!ab_address_same_host(&one, &host));
    ck_assert(!ab_address_same_host(&one, &none));
}
END_TEST

START_TEST(loopback_is_all_of_127)
{
    struct ab_address first = ab_address_inet(0x7f000000, 1), last = ab_address_inet(0x7fffffff, 1),
                      before = ab_address_inet(0x7effffff, 1), after = ab_address_inet(0x80000000, 1),
                      none = {AB_ADDRESS_NONE, 0x7f000001, 1};

    ck_assert(ab_address_is_loopback(&first));
    ck_assert(ab_address_is_loopback(&last));
    ck_assert(!ab_address_is_loopback(&before));
    ck_assert(!ab_address_is_loopback(&after));
    ck_assert(!ab_address_is_loopback(&none));
}
END_TEST

/* The hosts above are in their order, the ports count last. */
START_TEST(order)
{
    for (size_t i = 0; i < COUNT(hosts) * 2; i++) {
        struct ab_address one = ab_address_inet(hosts[i / 2], i % 2 ? 65535 : 1);

        for (size_t j = 0; j < COUNT(hosts) * 2; j++) {
            struct ab_address other = ab_address_inet(hosts[j / 2], j % 2 ? 65535 : 1);

            ck_assert_int_eq(ab_address_compare(&one, &other), (i > j) - (i < j));
            ck_assert_int_eq(ab_address_equal(&one, &other), i == j);
        }
    }
}
END_TEST

START_TEST(the_host_as_text)
{
    char text[AB_ADDRESS_HOST_TEXT];
    struct ab_address longest = ab_address_inet(0xffffffff, 1), mixed = ab_address_inet(0x0a00ff07, 1), zero = {0};

    ck_assert_ptr_eq(ab_address_host_text(&longest, text), text);
    ck_assert_str_eq(text, "255.255.255.255");
    ck_assert_str_eq(ab_address_host_text(&mixed, text), "10.0.255.7");
    ck_assert_str_eq(ab_address_host_text(&zero, text), "0.0.0.0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address");
    TCase *basics = tcase_create("basics");

    tcase_add_test(basics, plain_bytes_make_a_key);
    tcase_add_test(basics, equality);
    tcase_add_test(basics, loopback_is_all_of_127);
    tcase_add_test(basics, order);
    tcase_add_test(basics, the_host_as_text);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
