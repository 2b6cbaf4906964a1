/* Settings, from options, the environment and a file: net/settings.c and settings_file.c. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "failing.h"
#include "harness.h"
#include "net/settings.h"

static struct ab_settings *make(void)
{
    struct ab_settings *settings;

    ck_assert_int_eq(ab_settings_new(&settings), 0);
    return settings;
}

static void set(struct ab_settings *settings, const char *name, const char *value)
{
    char *problem = NULL;

    ck_assert_msg(ab_settings_set(settings, name, value, &problem) == 0, "%s = %s: %s", name, value, problem);
}

static void expect_problem(const char *name, const char *value, const char *expected)
{
    struct ab_settings *settings = make();
    char *problem = NULL;

    ck_assert_int_eq(ab_settings_set(settings, name, value, &problem), AB_EINVAL);
    ck_assert_str_eq(problem, expected);
    ab_free(problem);
    ab_settings_free(settings);
}

static bool accepts(const struct ab_settings *settings, uint32_t host)
{
    struct ab_address source = ab_address_inet(host, 1);

    return ab_settings_accepts(settings, &source);
}

START_TEST(defaults)
{
    struct ab_settings *settings = make();
    uint16_t first;
    uint16_t last;

    ab_settings_ports(settings, &first, &last);
    ck_assert_uint_eq(first, 52722);
    ck_assert_uint_eq(last, 52821);
    ck_assert_uint_eq(ab_settings_discovery_port(settings), 52722);
    ck_assert_uint_eq(ab_settings_bind_host(settings), 0);
    ck_assert(ab_settings_broadcast(settings));
    ck_assert_uint_eq(ab_settings_goodbyes(settings), 3);
    ck_assert_uint_eq(ab_settings_announce_delay_ms(settings), 0);
    ck_assert_uint_eq(ab_settings_spin_us(settings), 50);
    set(settings, "local_sockets", "");
    ck_assert(ab_settings_local_sockets(settings));
    ck_assert(ab_settings_interface_allowed(settings, "eth0", false));
    ck_assert(!accepts(settings, 0x0a000001));
    ck_assert_uint_eq(ab_settings_limits(settings)->line, 1048576);
    ab_settings_free(settings);
    ab_settings_free(NULL);
}
END_TEST

START_TEST(names)
{
    struct ab_settings *settings = make();
    char *problem = NULL;

    ck_assert_int_eq(ab_settings_set(settings, "colour", "red", &problem), AB_ENOENT);
    ck_assert_int_eq(ab_settings_set(settings, "seed", "10.0.0.1", &problem), AB_ENOENT);
    ck_assert_int_eq(ab_settings_set(settings, "", "", &problem), AB_ENOENT);
    ck_assert_ptr_null(problem);
    set(settings, "line", "4096");
    ck_assert_uint_eq(ab_settings_limits(settings)->line, 4096);
    set(settings, "line", "");
    ck_assert_uint_eq(ab_settings_limits(settings)->line, 1048576);
    ab_settings_free(settings);
}
END_TEST

START_TEST(interfaces)
{
    static const struct {
        const char *value, *name;
        bool loopback, allowed;
    } cases[] = {
        {"eth0", "eth0", false, true},
        {"eth0", "eth1", false, false},
        {"eth0", "lo", true, true},
        {"!lo", "lo", true, false},
        {"!lo", "eth0", false, true},
        {"eth*, wlan?", "wlan1", false, true},
        {"eth*,wlan?", "wlan10", false, false},
        {"!docker*", "docker0", false, false},
        {"!docker*", "eth0", false, true},
        {"eth*,!eth1", "eth1", false, false},
        {"!eth1,eth*", "eth1", false, false},
        {"!eth1,eth*", "eth2", false, true},
        {"*", "x", false, true},
        {"", "x", false, true},
        {" , ", "x", false, true},
        {"lo", "eth0", false, false},
        {"[ew]*0", "wlan0", false, true},
    };
    struct ab_settings *settings = make();

    for (size_t i = 0; i < COUNT(cases); i++) {
        set(settings, "interfaces", cases[i].value);
        ck_assert_msg(ab_settings_interface_allowed(settings, cases[i].name, cases[i].loopback) == cases[i].allowed,
                      "%s: %s", cases[i].value, cases[i].name);
    }
    ab_settings_free(settings);
    expect_problem("interfaces", "eth0,!", "\"!\" needs a name after it");
}
END_TEST

START_TEST(addresses_and_ports)
{
    struct ab_settings *settings = make();
    uint16_t first;
    uint16_t last;

    set(settings, "bind", " 10.0.0.7 ");
    ck_assert_uint_eq(ab_settings_bind_host(settings), 0x0a000007);
    set(settings, "bind", "");
    ck_assert_uint_eq(ab_settings_bind_host(settings), 0);
    set(settings, "ports", "1-65535");
    ab_settings_ports(settings, &first, &last);
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(last, 65535);
    set(settings, "ports", "7000");
    ab_settings_ports(settings, &first, &last);
    ck_assert_uint_eq(first, 7000);
    ck_assert_uint_eq(last, 7000);
    set(settings, "discovery_port", "7001");
    ck_assert_uint_eq(ab_settings_discovery_port(settings), 7001);
    ab_settings_free(settings);

    expect_problem("bind", "kitchen", "\"kitchen\" is no numeric IPv4 address");
    expect_problem("bind", "10.0.0.1,10.0.0.2", "\"10.0.0.1\" is no numeric IPv4 address");
    expect_problem("ports", "9-8", "\"9-8\" is no range of ports: FIRST-LAST or one port, within 1 to 65535");
    expect_problem("ports", "0-8", "\"0-8\" is no range of ports: FIRST-LAST or one port, within 1 to 65535");
    expect_problem("ports", "1-65536", "\"1-65536\" is no range of ports: FIRST-LAST or one port, within 1 to 65535");
    expect_problem("ports", "+1", "\"+1\" is no range of ports: FIRST-LAST or one port, within 1 to 65535");
    expect_problem("discovery_port", "99999999999999999999", "\"99999999999999999999\" is no port within 1 to 65535");
    expect_problem("discovery_port", "0", "\"0\" is no port within 1 to 65535");
    expect_problem("calls", "0", "\"0\" is not a number from 1 to 1048576");
    expect_problem("calls", "0x10", "\"0x10\" is not a number from 1 to 1048576");
    expect_problem("calls", "99999999999999999999999", "\"99999999999999999999999\" is not a number from 1 to 1048576");
}
END_TEST

START_TEST(who_may_use_services)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;

    ck_assert_ptr_null(ab_settings_allowed(settings));
    set(settings, "allow", "local");
    ck_assert_uint_eq(ab_settings_allowed(settings)->count, 0);
    set(settings, "allow", " 10.0.0.0/8, 192.168.7.9");
    copy = ab_settings_copy(settings);
    ck_assert_ptr_nonnull(copy);
    ck_assert_uint_eq(ab_settings_allowed(copy)->count, 2);
    ab_settings_free(copy);
    set(settings, "allow", "*");
    ck_assert_ptr_null(ab_settings_allowed(settings));
    set(settings, "allow", "local");
    set(settings, "allow", " ");
    ck_assert_ptr_null(ab_settings_allowed(settings));
    ab_settings_free(settings);

    expect_problem("allow", "local, 10.0.0.0/33", "\"10.0.0.0/33\" is no network: ADDRESS/BITS, ADDRESS, local, or *");
}
END_TEST

START_TEST(how_a_bus_discovers_and_is_discovered)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;

    set(settings, "discovery", " none ");
    set(settings, "goodbyes", "1");
    set(settings, "announce_delay", "250");
    set(settings, "local_sockets", "no");
    copy = ab_settings_copy(settings);
    ck_assert_ptr_nonnull(copy);
    ck_assert(!ab_settings_broadcast(copy));
    ck_assert_uint_eq(ab_settings_goodbyes(copy), 1);
    ck_assert_uint_eq(ab_settings_announce_delay_ms(copy), 250);
    ck_assert(!ab_settings_local_sockets(copy));
    ab_settings_free(copy);
    set(settings, "discovery", "broadcast");
    ck_assert(ab_settings_broadcast(settings));
    set(settings, "discovery", "none");
    set(settings, "discovery", "");
    ck_assert(ab_settings_broadcast(settings));
    set(settings, "goodbyes", "");
    ck_assert_uint_eq(ab_settings_goodbyes(settings), 3);
    set(settings, "announce_delay", "");
    ck_assert_uint_eq(ab_settings_announce_delay_ms(settings), 0);
    ab_settings_free(settings);

    expect_problem("discovery", "multicast", "\"multicast\" is no way of discovery: broadcast, or none");
    expect_problem("discovery", "none,broadcast", "\"none\" is no way of discovery: broadcast, or none");
    expect_problem("local_sockets", "maybe", "\"maybe\" is neither yes nor no");
    expect_problem("goodbyes", "0", "\"0\" is not a number from 1 to 10");
    expect_problem("goodbyes", "11", "\"11\" is not a number from 1 to 10");
    expect_problem("announce_delay", "-1", "\"-1\" is not a number from 0 to 60000");
    expect_problem("announce_delay", "60001", "\"60001\" is not a number from 0 to 60000");
}
END_TEST

START_TEST(how_long_it_spins)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;

    set(settings, "spin", "0");
    ck_assert_uint_eq(ab_settings_spin_us(settings), 0);
    set(settings, "spin", "1000");
    copy = ab_settings_copy(settings);
    ck_assert_uint_eq(ab_settings_spin_us(copy), 1000);
    set(copy, "spin", "");
    ck_assert_uint_eq(ab_settings_spin_us(copy), 50);
    ab_settings_free(copy);
    ab_settings_free(settings);

    expect_problem("spin", "1001", "\"1001\" is not a number from 0 to 1000");
}
END_TEST

START_TEST(known_hosts)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;
    char host[AB_SEED_HOST_SIZE];
    uint16_t port;

    ck_assert(!ab_settings_seed(settings, 0, host, &port));
    set(settings, "seeds", " hall ,,10.0.0.7:700,a.example:65535 ");
    set(settings, "ports", "600-610");
    copy = ab_settings_copy(settings);
    ck_assert(ab_settings_seed(copy, 0, host, &port));
    ck_assert_str_eq(host, "hall");
    ck_assert_uint_eq(port, 600);
    ck_assert(ab_settings_seed(copy, 1, host, &port));
    ck_assert_str_eq(host, "10.0.0.7");
    ck_assert_uint_eq(port, 700);
    ck_assert(ab_settings_seed(copy, 2, host, &port));
    ck_assert_str_eq(host, "a.example");
    ck_assert_uint_eq(port, 65535);
    ck_assert(!ab_settings_seed(copy, 3, host, &port));
    ab_settings_free(copy);
    set(settings, "seeds", "");
    ck_assert(!ab_settings_seed(settings, 0, host, &port));
    ab_settings_free(settings);

    expect_problem("seeds", "a,b:0", "\"b:0\" is no known host: HOST or HOST:PORT");
    expect_problem("seeds", "b:65536", "\"b:65536\" is no known host: HOST or HOST:PORT");
    expect_problem("seeds", "b:", "\"b:\" is no known host: HOST or HOST:PORT");
    expect_problem("seeds", ":5", "\":5\" is no known host: HOST or HOST:PORT");
    expect_problem("seeds", "a b", "\"a b\" is no known host: HOST or HOST:PORT");
    expect_problem("seeds", "http://a", "\"http://a\" is no known host: HOST or HOST:PORT");
}
END_TEST

START_TEST(accepted_sources)
{
    struct ab_settings *settings = make();

    set(settings, "accept", "10.1.0.0/16, 192.168.7.9,172.16.5.4/12");
    ck_assert(!ab_settings_accepts(settings, &(struct ab_address){.kind = AB_ADDRESS_NONE}));
    ck_assert(accepts(settings, 0x0a01ffff));
    ck_assert(!accepts(settings, 0x0a020000));
    ck_assert(accepts(settings, 0xc0a80709));
    ck_assert(!accepts(settings, 0xc0a8070a));
    ck_assert(accepts(settings, 0xac1f0001));
    set(settings, "accept", "*");
    ck_assert(accepts(settings, 0xffffffff));
    set(settings, "accept", "0.0.0.0/0");
    ck_assert(accepts(settings, 1));
    set(settings, "accept", "");
    ck_assert(!accepts(settings, 0x0a01ffff));
    ab_settings_free(settings);
    expect_problem("accept", "10.0.0.0/33", "\"10.0.0.0/33\" is no network: ADDRESS/BITS, ADDRESS, or *");
    expect_problem("accept", "10.0.0.1,fe80::1/64", "\"fe80::1/64\" is no network: ADDRESS/BITS, ADDRESS, or *");
}
END_TEST

START_TEST(a_copy_is_its_own)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;

    set(settings, "interfaces", "eth0");
    set(settings, "accept", "10.0.0.0/8");
    set(settings, "calls", "7");
    copy = ab_settings_copy(settings);
    ab_settings_free(settings);
    ck_assert(!ab_settings_interface_allowed(copy, "eth1", false));
    ck_assert(accepts(copy, 0x0a000001));
    ck_assert_uint_eq(ab_settings_limits(copy)->calls, 7);
    ab_settings_free(copy);
}
END_TEST

/* ---- The environment and the file. */

static char file[] = "/tmp/autobus-settings-XXXXXX";

static void write_file(const char *text)
{
    static bool made;
    int descriptor = made ? open(file, O_WRONLY | O_TRUNC) : mkstemp(file);

    made = true;
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static void clear_environment(void)
{
    unsetenv("AUTOBUS_INTERFACES");
    unsetenv("AUTOBUS_BIND");
    unsetenv("AUTOBUS_PORTS");
    unsetenv("AUTOBUS_DISCOVERY_PORT");
    unsetenv("AUTOBUS_ACCEPT");
    unsetenv("AUTOBUS_DISCOVERY");
    unsetenv("AUTOBUS_GOODBYES");
    unsetenv("AUTOBUS_ANNOUNCE_DELAY");
    unsetenv("AUTOBUS_SEEDS");
    unsetenv("AUTOBUS_SPIN");
}

static void load(struct ab_settings *settings, const char *from)
{
    char *problem = NULL;
    int r = ab_settings_load(settings, from, &problem);

    ck_assert_msg(r == 0, "%d: %s", r, problem);
}

static void expect_load_problem(const char *text, const char *expected)
{
    struct ab_settings *settings = make();
    char *problem = NULL;
    const char *said;

    write_file(text);
    ck_assert_int_eq(ab_settings_load(settings, file, &problem), AB_EINVAL);
    said = strncmp(problem, file, strlen(file)) == 0 ? problem + strlen(file) : problem;
    ck_assert_str_eq(said, expected);
    ab_free(problem);
    ab_settings_free(settings);
}

START_TEST(the_first_that_has_a_name_wins)
{
    struct ab_settings *settings = make();
    uint16_t first;
    uint16_t last;

    clear_environment();
    write_file("AUTOBUS_PORTS=1-2\nAUTOBUS_BIND=10.0.0.1\nAUTOBUS_DISCOVERY_PORT=3\n"
               "AUTOBUS_ACCEPT=10.0.0.0/8\n");
    setenv("AUTOBUS_PORTS", "10-20", 1);
    setenv("AUTOBUS_BIND", "10.0.0.2", 1);
    setenv("AUTOBUS_ACCEPT", "", 1); /* the default, whatever the file says */
    set(settings, "ports", "100-200");
    load(settings, file);
    ab_settings_ports(settings, &first, &last);
    ck_assert_uint_eq(first, 100);
    ck_assert_uint_eq(ab_settings_bind_host(settings), 0x0a000002);
    ck_assert_uint_eq(ab_settings_discovery_port(settings), 3);
    ck_assert(!accepts(settings, 0x0a000001));
    ab_settings_free(settings);
    unlink(file);
}
END_TEST

START_TEST(where_a_value_is_from_is_told)
{
    struct ab_settings *settings = make();
    struct ab_settings *copy;
    char expected[400];
    char *text;
    json_t *told;

    clear_environment();
    set(settings, "bind", "10.0.0.1");
    setenv("AUTOBUS_INTERFACES", "\xff", 1);
    write_file("# a comment\nAUTOBUS_PORTS=1-2\nAUTOBUS_BIND=10.0.0.2\n");
    load(settings, file);
    copy = ab_settings_copy(settings);
    told = ab_settings_json(copy);
    text = json_dumps(told, JSON_COMPACT);
    snprintf(expected, sizeof(expected),
             "{\"interfaces\":{\"value\":\"?\",\"from\":\"environment\"},"
             "\"bind\":{\"value\":\"10.0.0.1\",\"from\":\"program\"},"
             "\"ports\":{\"value\":\"1-2\",\"from\":\"%s:2\"},"
             "\"discovery_port\":{\"from\":\"default\"},",
             file);
    ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
    free(text);
    json_decref(told);
    ab_settings_free(copy);
    ab_settings_free(settings);
    unlink(file);
}
END_TEST

START_TEST(a_file_as_systemd_reads_it)
{
    struct ab_settings *settings = make();

    clear_environment();
    write_file("# a comment\n; another, with = in it \\\n  AUTOBUS_FOO=in the comment still\n\n"
               "   \t\r\n"
               "PATH=/bin\nLD_FOO='\n"
               "AUTOBUS_SEEDS=10.0.0.9\n"
               "  AUTOBUS_BIND = \n"
               "\tAUTOBUS_INTERFACES=\"eth0,\\\nwlan*\"  \r\n"
               "AUTOBUS_ACCEPT='10.0.0.0/8'\n"
               "AUTOBUS_DISCOVERY_PORT=1\nAUTOBUS_DISCOVERY_PORT=2");
    /* A space before the = is no name. */
    char *problem = NULL;
    ck_assert_int_eq(ab_settings_load(settings, file, &problem), AB_EINVAL);
    ck_assert_ptr_nonnull(strstr(problem, ":9: not a line of the form NAME=VALUE"));
    ab_free(problem);
    ab_settings_free(settings);

    settings = make();
    write_file("# a comment\nPATH=/bin\nLD_FOO='\nAUTOBUS_SEEDS=10.0.0.9\n"
               "\tAUTOBUS_INTERFACES=\"eth0,\\\nwlan*\"  \r\n"
               "AUTOBUS_ACCEPT='10.0.0.0/8'\n"
               "AUTOBUS_DISCOVERY_PORT=1\nAUTOBUS_DISCOVERY_PORT=2");
    load(settings, file);
    ck_assert(ab_settings_interface_allowed(settings, "wlan7", false));
    ck_assert(!ab_settings_interface_allowed(settings, "x", false));
    ck_assert(accepts(settings, 0x0a000001));
    ck_assert_uint_eq(ab_settings_discovery_port(settings), 2);
    ab_settings_free(settings);
    unlink(file);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_place)
{
    clear_environment();
    expect_load_problem("\n\nAUTOBUS_PORT=1\n", ":3: there is no setting AUTOBUS_PORT");
    expect_load_problem("AUTOBUS_ports=1\n", ":1: there is no setting AUTOBUS_ports");
    expect_load_problem("x\n", ":1: not a line of the form NAME=VALUE");
    expect_load_problem("export AUTOBUS_PORTS=1\n", ":1: not a line of the form NAME=VALUE");
    expect_load_problem("=1\n", ":1: not a line of the form NAME=VALUE");
    expect_load_problem("\nAUTOBUS_BIND='10.0.0.1\n", ":2: AUTOBUS_BIND: a quote is not closed");
    expect_load_problem("A=\\\n\\\nb\nAUTOBUS_BIND=x\n", ":4: AUTOBUS_BIND: \"x\" is no numeric IPv4 address");
    setenv("AUTOBUS_BIND", "y", 1);
    expect_load_problem("", "AUTOBUS_BIND: \"y\" is no numeric IPv4 address");
    unlink(file);
}
END_TEST

START_TEST(files_that_are_none)
{
    struct ab_settings *settings = make();
    char *problem = NULL;
    char *large;

    clear_environment();
    load(settings, "/nonexistent/autobus2.conf");
    load(settings, NULL);
    ck_assert_int_eq(ab_settings_load(settings, "/", &problem), AB_EINVAL);
    ck_assert_str_eq(problem, "/: Is a directory");
    ab_free(problem);
    problem = NULL;
    ck_assert_int_eq(ab_settings_load(settings, "/dev/zero", &problem), AB_EINVAL);
    ck_assert_str_eq(problem, "/dev/zero: this is no file of settings");
    ab_free(problem);
    ab_settings_free(settings);

    settings = make();
    write_file("");
    load(settings, file);
    large = malloc(70001);
    memset(large, '\n', 70000);
    large[70000] = '\0';
    write_file(large);
    ck_assert_int_eq(ab_settings_load(settings, file, &problem), AB_EINVAL);
    ab_free(problem);
    free(large);
    ab_settings_free(settings);
    unlink(file);
}
END_TEST

static bool load_all(void *context)
{
    struct ab_settings *settings = NULL;
    struct ab_settings *copy = NULL;
    char *problem = NULL;
    int r = ab_settings_new(&settings);

    (void)context;
    if (r == 0)
        r = ab_settings_set(settings, "accept", "10.0.0.0/8,*", &problem);
    if (r == 0)
        r = ab_settings_load(settings, file, &problem);
    if (r == 0) {
        copy = ab_settings_copy(settings);
        r = copy ? 0 : AB_ENOMEM;
    }
    if (r == 0) {
        r = ab_settings_set(settings, "bind", "x", &problem);
        ck_assert(r == AB_EINVAL || r == AB_ENOMEM);
        r = problem ? 0 : AB_ENOMEM;
    }
    ab_free(problem);
    ab_settings_free(copy);
    ab_settings_free(settings);
    ck_assert(r == 0 || r == AB_ENOMEM);
    return r == 0;
}

START_TEST(each_allocation_may_fail)
{
    clear_environment();
    write_file("AUTOBUS_INTERFACES=eth0\nAUTOBUS_PORTS=1-2\n");
    setenv("AUTOBUS_BIND", "10.0.0.1", 1);
    ck_assert_uint_gt(ab_failing_each(load_all, NULL), 8);
    unlink(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *values = tcase_create("values");
    TCase *sources = tcase_create("sources");

    tcase_add_test(values, defaults);
    tcase_add_test(values, names);
    tcase_add_test(values, interfaces);
    tcase_add_test(values, addresses_and_ports);
    tcase_add_test(values, who_may_use_services);
    tcase_add_test(values, how_a_bus_discovers_and_is_discovered);
    tcase_add_test(values, how_long_it_spins);
    tcase_add_test(values, known_hosts);
    tcase_add_test(values, accepted_sources);
    tcase_add_test(values, a_copy_is_its_own);
    tcase_add_test(sources, the_first_that_has_a_name_wins);
    tcase_add_test(sources, where_a_value_is_from_is_told);
    tcase_add_test(sources, a_file_as_systemd_reads_it);
    tcase_add_test(sources, what_is_wrong_is_said_with_its_place);
    tcase_add_test(sources, files_that_are_none);
    tcase_add_test(sources, each_allocation_may_fail);
    suite_add_tcase(suite, values);
    suite_add_tcase(suite, sources);
    return ab_test_run(suite);
}
