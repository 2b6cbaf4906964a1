/* base/network: what is a network, and what is in it. */

#include "harness.h"

#include <string.h>

#include "base/network.h"

static bool parse(const char *text, struct ab_network *network)
{
    return ab_network_parse(text, strlen(text), network);
}

START_TEST(networks)
{
    static const struct {
        const char *text;
        uint32_t host, mask;
    } good[] = {
        {"*", 0, 0},
        {"0.0.0.0/0", 0, 0},
        {"10.0.0.0/8", 0x0a000000, 0xff000000},
        {"10.1.2.3/8", 0x0a000000, 0xff000000},
        {"192.168.7.9", 0xc0a80709, 0xffffffff},
        {"255.255.255.255/32", 0xffffffff, 0xffffffff},
        {"128.0.0.0/1", 0x80000000, 0x80000000},
    };
    struct ab_network network;

    for (size_t i = 0; i < COUNT(good); i++) {
        ck_assert_msg(parse(good[i].text, &network), "%s", good[i].text);
        ck_assert_uint_eq(network.host, good[i].host);
        ck_assert_uint_eq(network.mask, good[i].mask);
    }
}
END_TEST

START_TEST(no_networks)
{
    static const char *const bad[] = {
        "",          "**",          "10",          "10.0.0",      "10.0.0.0.0",        "10.0.0.256",
        "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", " 10.0.0.0",         "10.0.0.00",
        "010.0.0.0", "a.b.c.d",     "10.0.0.",     "10.0.0.0/08", "99999999999.0.0.0", "::1"};
    struct ab_network network = {1, 2};

    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(!parse(bad[i], &network), "%s", bad[i]);
    ck_assert(network.host == 1 && network.mask == 2);
    ck_assert(ab_network_parse("10.0.0.1x", 8, &network)); /* no further than its size */
    ck_assert_uint_eq(network.host, 0x0a000001);
}
END_TEST

START_TEST(what_is_in_them)
{
    struct ab_network home, all, near, far;

    ck_assert(parse("192.168.0.0/16", &home) && parse("*", &all) && parse("192.168.7.0/24", &near) &&
              parse("10.0.0.0/8", &far));
    ck_assert(ab_network_has(&home, 0xc0a80001) && !ab_network_has(&home, 0xc0a90001));
    ck_assert(ab_network_has(&all, 0) && ab_network_has(&all, 0xffffffff));
    ck_assert(ab_network_meets(&home, &near) && ab_network_meets(&near, &home));
    ck_assert(!ab_network_meets(&home, &far) && ab_network_meets(&far, &all));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");

    tcase_add_test(tests, networks);
    tcase_add_test(tests, no_networks);
    tcase_add_test(tests, what_is_in_them);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
