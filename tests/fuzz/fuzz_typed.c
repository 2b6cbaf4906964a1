/*
 * What a user types: the input's lines are the words of command lines, and each is an argument, a line of autobus-serve's
 * standard input, a SERVICE and keys of a terminal too. What is JSON is what jansson says, what is refused comes with a
 * message, and messages are fit for a terminal.
 */
#include "fuzz/fuzz.h"

#include <autobus2.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/arguments.h"
#include "../../tools/exit.h"
#include "../../tools/keys.h"
#include "../../tools/line.h"
#include "../../tools/message.h"
#include "../../tools/nearest.h"
#include "../../tools/options.h"
#include "../../tools/plan.h"
#include "../../tools/settings.h"
#include "../../tools/target.h"
#include "fuzz/terminal.h"

#define MOST_WORDS 24

static unsigned errors; /* that were told */

static void hear(const char *text, bool error)
{
    size_t size = strlen(text);

    errors += error;
    ck_assert(size > 0 && text[size - 1] == '\n');
    fuzz_check_shown(text, size, true);
}

static void die(void)
{
    abort(); /* there is memory enough */
}

struct words {
    char *items[MOST_WORDS + 1];
    int count;
};

static void words_read(struct words *words, const uint8_t *data, size_t size)
{
    struct ab_slice rest = {(const char *)data, size}, line;

    *words = (struct words){.count = 0};
    while (words->count < MOST_WORDS && fuzz_line(&rest, &line))
        words->items[words->count++] = fuzz_string(line.data, line.size);
}

/* ---- Arguments */

static void check_argument(const char *text, const json_t *value)
{
    json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);

    if (!wanted)
        wanted = json_string(text);
    ck_assert_msg(json_equal(value, wanted), "%s", text);
    json_decref(wanted);
}

static void check_arguments(struct words *words, const struct tool_argument_rules *rules)
{
    json_t *args = NULL;
    char *text = NULL;
    unsigned before = errors;
    int end = tool_arguments_read(rules, words->items, (size_t)words->count, &args);

    ck_assert((end == 0) == (args != NULL) && (end == 0) == (errors == before));
    if (end == 0)
        ck_assert_uint_eq(json_array_size(args), (size_t)words->count);
    for (int i = 0; end == 0 && i < words->count && !rules->strings; i++)
        check_argument(words->items[i], json_array_get(args, (size_t)i));
    if (end == 0 && autobus_json_encode(args, 0, &text) == 0) /* what is nested too deep cannot be sent */
        tool_arguments_explain(args);
    autobus_free(text);
    json_decref(args);
}

/* ---- Command lines */

static void check_options(const struct words *words, const struct tool_usage *usage, struct tool_plan *plan)
{
    char name[] = "fuzz", *argv[MOST_WORDS + 2] = {name};
    struct tool_words read;
    int end = -1;

    memcpy(argv + 1, words->items, (size_t)words->count * sizeof *argv);
    unsigned before = errors;
    if (tool_options_read(usage, words->count + 1, argv, &read, &end)) {
        ck_assert(read.count >= usage->least && read.count <= usage->most);
        tool_words_deinit(&read);
        end = tool_plan_finish(plan);
    }
    ck_assert(end == 0 || (end == TOOL_EXIT_USAGE && errors > before));
}

/* Options of every kind, in the manner of autobus-serve, which has no words; and of autobus-call, which has a rest. */
static void check_command_lines(const struct words *words)
{
    struct tool_settings settings = TOOL_SETTINGS_INIT;
    struct tool_plan plan;
    unsigned count = 0;
    const struct tool_option options[] = {
        {"info", 0, "KEY=VALUE", "", tool_plan_set_info, &plan},
        {"function", 0, "NAME=COMMAND", "", tool_plan_add_function, &plan},
        {"stream", 0, "NAME", "", tool_plan_add_stream, &plan},
        {"object", 0, "NAME=JSON", "", tool_plan_add_object, &plan},
        {"object-command", 0, "NAME=COMMAND", "", tool_plan_add_object_command, &plan},
        {"event", 0, "NAME", "", tool_plan_add_event, &plan},
        {"allow", 0, "NETWORK", "", tool_plan_add_allow, &plan},
        {"describe", 0, "NAME=JSON", "", tool_plan_add_description, &plan},
        {"doc", 0, "NAME=TEXT", "", tool_plan_add_doc, &plan},
        {"count", 'n', "N", "", tool_set_count, &count},
        TOOL_OPTION_JSON(&settings),
        TOOL_OPTION_WAIT(&settings, ""),
        TOOL_OPTIONS_BUS(&settings),
        TOOL_OPTIONS_END,
    };
    const struct tool_usage serve = {.synopsis = "[OPTION…]", .summary = "", .options = options};
    const struct tool_usage call = {
        .synopsis = "SERVICE FUNCTION [ARG…]",
        .summary = "",
        .options = options,
        .least = 1,
        .most = 2,
        .rest = true,
    };

    tool_plan_init(&plan);
    check_options(words, &serve, &plan);
    tool_plan_deinit(&plan);
    tool_plan_init(&plan);
    check_options(words, &call, &plan);
    tool_plan_deinit(&plan);
}

/* ---- Single lines */

/* Written as whole JSON a line says the same. */
static void check_line_again(const struct tool_line *line)
{
    bool event = line->kind == TOOL_LINE_EVENT;
    json_t *object =
        json_pack("{s:s, s:O}", event ? "event" : "object", line->name, event ? "args" : "value", line->value);
    char *text = object ? json_dumps(object, 0) : NULL, *wrong;
    struct tool_line again = {0};

    if (text) { /* a name that is no UTF-8 is the library's to refuse */
        wrong = tool_line_parse(text, strlen(text), &again);
        ck_assert_msg(!wrong, "%s: %s", text, wrong);
        ck_assert(again.kind == line->kind && strcmp(again.name, line->name) == 0);
        ck_assert(json_equal(again.value, line->value));
    }
    tool_line_deinit(&again);
    free(text);
    json_decref(object);
}

static void check_line(const char *text, size_t size)
{
    struct tool_line line = {0};
    char *copy = fuzz_copy(text, size);
    char *wrong = tool_line_parse(copy, size, &line);

    if (wrong) {
        ck_assert(*wrong && !line.name && !line.value);
    } else if (line.kind != TOOL_LINE_BLANK) {
        ck_assert(line.name && line.value);
        ck_assert(line.kind == TOOL_LINE_OBJECT || json_is_array(line.value));
        check_line_again(&line);
    }
    tool_line_deinit(&line);
    free(wrong);
    free(copy);
}

static void check_target(const char *text)
{
    struct tool_target target = {0};
    unsigned before = errors;
    int end;

    if (strchr(text, '~')) /* what fuzz_filter says of regular expressions */
        return;
    end = tool_target_parse(text, false, &target);
    ck_assert((end == 0 && errors == before) || (end == TOOL_EXIT_USAGE && errors > before));
    if (end == 0 && tool_target_is_direct(&target))
        ck_assert(target.port > 0 && !target.filter);
    else if (end == 0)
        ck_assert(target.filter && !target.host);
    tool_target_deinit(&target);
}

static void check_keys(const char *bytes, size_t size)
{
    char *copy = fuzz_copy(bytes, size);
    size_t step;
    int key;

    for (size_t at = 0; at < size; at += step) {
        char *rest = fuzz_copy(copy + at, size - at);
        step = tool_keys_next(rest, size - at, &key);
        ck_assert(step > 0 && step <= size - at);
        ck_assert(key >= 0 && key <= TOOL_KEY_PAGE_DOWN);
        free(rest);
    }
    free(copy);
}

static void check_nearest(const char *one, const char *other)
{
    size_t distance = tool_nearest_distance(one, other);
    struct tool_nearest nearest = TOOL_NEAREST_INIT(one);

    ck_assert_uint_eq(distance, tool_nearest_distance(other, one));
    ck_assert(strlen(one) > 255 || strlen(other) > 255 || (distance == 0) == (strcmp(one, other) == 0));
    tool_nearest_offer(&nearest, other);
    ck_assert(!nearest.best || nearest.best == other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tool_argument_rules each, strings = {.strings = true};
    struct words words;

    tool_message_init("fuzz");
    tool_message_divert(hear);
    tool_message_before_death(die);
    words_read(&words, data, size);
    check_arguments(&words, &each);
    check_arguments(&words, &strings);
    check_command_lines(&words);
    for (int i = 0; i < words.count; i++) {
        check_line(words.items[i], strlen(words.items[i]));
        check_target(words.items[i]);
        check_nearest(words.items[i], words.items[0]);
    }
    for (int i = 0; i < words.count; i++)
        free(words.items[i]);
    check_line((const char *)data, size);
    check_keys((const char *)data, size);
    return 0;
}
