/* tools/options: command lines that are right and wrong, and --help. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"

#include "../../tools/message.h"
#include "../../tools/settings.h"

struct outcome {
    struct tool_settings settings;
    unsigned count;
    const char *text;
    struct tool_words words;
    bool go_on;
    int exit;
    char *said;
    char *printed;
};

static struct outcome outcome;

static void setup(void)
{
    tool_message_init("autobus-test");
}

static void read_line(bool rest, const char *const *texts)
{
    struct ab_captured errors, output;
    static char *argv[16];
    int argc = 1;
    argv[0] = (char *)"autobus-test";
    for (; texts[argc - 1]; argc++)
        argv[argc] = (char *)texts[argc - 1];
    outcome = (struct outcome){.settings = TOOL_SETTINGS_INIT};
    struct tool_settings *settings = &outcome.settings;
    const struct tool_option options[] = {
        {"count", 0, "N", "how many", tool_set_count, &outcome.count},
        {"text", 'x', "TEXT", "some text", tool_set_text, &outcome.text},
        TOOL_OPTION_JSON(settings),
        TOOL_OPTION_VERBOSE(settings, "more"),
        TOOL_OPTION_WAIT(settings, "how long"),
        TOOL_OPTIONS_BUS(settings),
        TOOL_OPTIONS_END,
    };
    static const struct tool_option_rule rules[] = {
        {"count", TOOL_NEEDS_ANY_OF, {"text"}},
        {"wait", TOOL_NEEDS_ANY_OF, {"text", "json"}},
        {"verbose", TOOL_EXCLUDES, {"interfaces", "log"}},
        TOOL_RULES_END,
    };
    const struct tool_usage usage = {
        .synopsis = "[OPTION…] A B",
        .summary = "Tests.",
        .options = options,
        .rules = rules,
        .least = 1,
        .most = 2,
        .rest = rest,
    };
    ab_captured_begin(&errors, STDERR_FILENO);
    ab_captured_begin(&output, STDOUT_FILENO);
    outcome.go_on = tool_settings_read(settings, &usage, argc, argv, &outcome.words, &outcome.exit);
    outcome.printed = ab_captured_end(&output);
    outcome.said = ab_captured_end(&errors);
}

static void forget(void)
{
    if (outcome.go_on)
        tool_words_deinit(&outcome.words);
    free(outcome.said);
    free(outcome.printed);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(mixed_order)
{
    read_line(false, TEXTS("a", "-jv", "b", "--wait=1.5", "-xhello"));
    ck_assert(outcome.go_on && outcome.settings.json && outcome.settings.verbose);
    ck_assert_int_eq(outcome.settings.wait_ms, 1500);
    ck_assert_str_eq(outcome.text, "hello");
    ck_assert_uint_eq(outcome.words.count, 2);
    ck_assert_str_eq(outcome.words.items[0], "a");
    ck_assert_str_eq(outcome.words.items[1], "b");
    forget();

    read_line(false, TEXTS("-j", "--", "-a", "--wait"));
    ck_assert(outcome.go_on);
    ck_assert_str_eq(outcome.words.items[0], "-a");
    ck_assert_str_eq(outcome.words.items[1], "--wait");
    forget();
}
END_TEST

START_TEST(options_end_at_the_last_word)
{
    read_line(true, TEXTS("a", "-j", "b", "-5", "--wait", "--", "x"));
    ck_assert(outcome.go_on && outcome.settings.json);
    ck_assert_uint_eq(outcome.words.count, 2);
    ck_assert_uint_eq(outcome.words.rest_count, 4);
    ck_assert_str_eq(outcome.words.rest[0], "-5");
    ck_assert_str_eq(outcome.words.rest[1], "--wait");
    ck_assert_str_eq(outcome.words.rest[2], "--");
    ck_assert_str_eq(outcome.words.rest[3], "x");
    forget();

    read_line(true, TEXTS("--", "-a", "b", "-5"));
    ck_assert(outcome.go_on);
    ck_assert_str_eq(outcome.words.items[0], "-a");
    ck_assert_str_eq(outcome.words.items[1], "b");
    ck_assert_str_eq(outcome.words.rest[0], "-5");
    forget();
}
END_TEST

START_TEST(refused)
{
    static const struct {
        const char *texts[4];
        const char *wanted;
    } cases[] = {
        {{"a", "--coutn", "5"}, "unknown option --coutn, did you mean --count?"},
        {{"a", "--frobnicate"}, "unknown option --frobnicate\n"},
        {{"a", "-Z"}, "unknown option -Z"},
        {{"a", "-jZ"}, "unknown option -Z"},
        {{"a", "--raw"}, "--raw makes no sense for autobus-test"},
        {{"a", "-jn"}, "--notice makes no sense for autobus-test"},
        {{"a", "-m"}, "--multiple makes no sense for autobus-test"},
        {{"a", "--multiple"}, "--multiple makes no sense for autobus-test"},
        {{"a", "--routes"}, "--routes makes no sense for autobus-test"},
        {{"a", "--wait"}, "--wait needs an argument: SECONDS"},
        {{"a", "-W"}, "--wait needs an argument: SECONDS"},
        {{"a", "-W", "soon"}, "--wait soon: not a number of seconds"},
        {{"a", "-W", "-1"}, "--wait -1: not a number of seconds"},
        {{"a", "-W", "1e9"}, "not a number of seconds"},
        {{"a", "-W", "nan"}, "not a number of seconds"},
        {{"a", "--count", "0"}, "--count 0: not a number from 1 on"},
        {{"a", "--count", "-3"}, "--count -3: not a number from 1 on"},
        {{"a", "--count", "99999999999999999999"}, "not a number from 1 on"},
        {{"a", "--json=yes"}, "--json takes no argument"},
        {{"a", "--help=yes"}, "--help takes no argument"},
        {{"a", "--log", "loud"}, "--log loud: not a level"},
        {{"a", "--count", "3"}, "--count means nothing without --text"},
        {{"-W1", "a"}, "--wait means nothing without --text or --json"},
        {{"-v", "a", "--interfaces=lo"}, "--verbose and --interfaces: say one of them"},
        {{"a", "--log=info", "-v"}, "--verbose and --log: say one of them"},
        {{NULL}, "too few arguments; usage: autobus-test [OPTION…] A B"},
        {{"a", "b", "c"}, "one argument too many: c"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        read_line(false, cases[i].texts);
        ck_assert_msg(!outcome.go_on && outcome.exit == 2, "%s", cases[i].wanted);
        ck_assert_msg(strstr(outcome.said, cases[i].wanted) != NULL, "%s: %s", cases[i].wanted, outcome.said);
        ck_assert_ptr_nonnull(strstr(outcome.said, "try --help"));
        ck_assert_str_eq(outcome.printed, "");
        forget();
    }
}
END_TEST

START_TEST(help)
{
    read_line(false, TEXTS("--help"));
    ck_assert(!outcome.go_on && outcome.exit == 0);
    ck_assert_str_eq(outcome.printed,
                     "Usage: autobus-test [OPTION…] A B\n"
                     "Tests.\n"
                     "\n"
                     "      --count N           how many\n"
                     "  -x, --text TEXT         some text\n"
                     "  -j, --json              print JSON, an object a line\n"
                     "  -v, --verbose           more\n"
                     "  -W, --wait SECONDS      how long\n"
                     "      --interfaces LIST   use these networks: globs, joined by commas, ! excludes\n"
                     "      --log LEVEL         log: error, warning, info or debug\n"
                     "      --help              print this and exit\n"
                     "      --version           print the version and exit\n"
                     "\n"
                     "See autobus-test(1); autobus(7) explains SERVICE and the exit status.\n");
    forget();
}
END_TEST

START_TEST(values)
{
    read_line(false, TEXTS("a", "--log", "debug", "--count", "3", "-W0", "-x", "", "--interfaces", "lo,!eth*"));
    ck_assert(outcome.go_on);
    ck_assert_int_eq(outcome.settings.log_level, 4);
    ck_assert_uint_eq(outcome.count, 3);
    ck_assert_int_eq(outcome.settings.wait_ms, 0);
    ck_assert_str_eq(outcome.settings.interfaces, "lo,!eth*");
    ck_assert_str_eq(outcome.said, "");
    forget();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tools/options");
    TCase *cases = tcase_create("options");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, mixed_order);
    tcase_add_test(cases, options_end_at_the_last_word);
    tcase_add_test(cases, refused);
    tcase_add_test(cases, help);
    tcase_add_test(cases, values);
    suite_add_tcase(suite, cases);
    return ab_test_run(suite);
}
