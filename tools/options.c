/*
 * Owns how a command line is read and how --help looks. Must not know what any option means.
 *
 * Words and options may mix (getopt's mode "-"), until a tool with a rest has its last word: from there on everything
 * is the rest, so that -5 can be an argument.
 */
#include "options.h"

#include <autobus2.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "message.h"
#include "nearest.h"
#include "output.h"
#include "text.h"

enum { LONG_BASE = 256, HELP_WIDTH = 26, MOST_OPTIONS = 40 };

/* What other tools take: so that a refusal can say more than "unknown". */
static const struct elsewhere {
    const char *name;
    char letter;
} elsewhere[] = {
    {"json", 'j'},   {"raw", 'r'},   {"watch", 'w'}, {"verbose", 'v'}, {"all", 'a'},   {"multiple", 'm'},
    {"notice", 'n'}, {"quiet", 'q'}, {"wait", 'W'},  {"timeout", 't'}, {"any", 0},     {"strings", 0},
    {"args", 0},     {"count", 0},   {"once", 0},    {"time", 0},      {"routes", 0},  {"info", 0},
    {"function", 0}, {"object", 0},  {"event", 0},   {"until-eof", 0}, {"delay", 'd'}, {"sort", 's'},
    {"reverse", 0},  {"poll", 0},    {"local", 0},   {"allow", 0},
};

void tool_usage_hint(void)
{
    tool_error("try --help");
}

static size_t count_options(const struct tool_usage *usage)
{
    size_t count = 0;
    while (usage->options[count].name)
        count++;
    return count;
}

/* ---- what getopt needs */

struct getopt_tables {
    char letters[3 + 3 * MOST_OPTIONS];
    struct option longs[MOST_OPTIONS + 3];
};

enum { HELP = LONG_BASE + MOST_OPTIONS, VERSION };

static void fill_tables(const struct tool_usage *usage, struct getopt_tables *tables)
{
    char *letter = tables->letters;
    *letter++ = '-';
    *letter++ = ':';
    size_t count = count_options(usage);
    for (size_t i = 0; i < count; i++) {
        const struct tool_option *option = &usage->options[i];
        int has = option->argument ? required_argument : no_argument;
        tables->longs[i] = (struct option){option->name, has, NULL, LONG_BASE + (int)i};
        if (option->letter)
            *letter++ = option->letter;
        if (option->letter && option->argument)
            *letter++ = ':';
    }
    *letter = '\0';
    tables->longs[count] = (struct option){"help", no_argument, NULL, HELP};
    tables->longs[count + 1] = (struct option){"version", no_argument, NULL, VERSION};
    tables->longs[count + 2] = (struct option){NULL, 0, NULL, 0};
}

static const struct tool_option *option_of(const struct tool_usage *usage, int value)
{
    if (value >= LONG_BASE)
        return &usage->options[value - LONG_BASE];
    for (const struct tool_option *option = usage->options; option->name; option++) {
        if (option->letter == value)
            return option;
    }
    return NULL;
}

/* ---- refusals */

static bool refuse_known(const char *name, size_t size, char letter)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        const struct elsewhere *known = &elsewhere[i];
        bool same = name ? strlen(known->name) == size && strncmp(known->name, name, size) == 0
                         : letter && known->letter == letter;
        if (!same)
            continue;
        tool_error("--%s makes no sense for %s", known->name, tool_message_program());
        return true;
    }
    return false;
}

static void refuse_long(const struct tool_usage *usage, const char *text)
{
    const char *name = text + 2;
    size_t size = strcspn(name, "=");
    if (refuse_known(name, size, 0))
        return;
    char *word = tool_copy_part(name, size);
    struct tool_nearest nearest = TOOL_NEAREST_INIT(word);
    for (const struct tool_option *option = usage->options; option->name; option++)
        tool_nearest_offer(&nearest, option->name);
    tool_nearest_offer(&nearest, "help");
    tool_nearest_offer(&nearest, "version");
    if (nearest.best)
        tool_error("unknown option --%s, did you mean --%s?", word, nearest.best);
    else
        tool_error("unknown option --%s", word);
    free(word);
}

static void refuse(const struct tool_usage *usage, char **argv, int result)
{
    const char *text = argv[optind - 1];
    const struct tool_option *option = optopt ? option_of(usage, optopt) : NULL;
    if (result == ':')
        tool_error("--%s needs an argument: %s", option->name, option->argument);
    else if (optopt == HELP || optopt == VERSION)
        tool_error("--%s takes no argument", optopt == HELP ? "help" : "version");
    else if (option)
        tool_error("--%s takes no argument", option->name);
    else if (optopt == 0)
        refuse_long(usage, text);
    else if (!refuse_known(NULL, 0, (char)optopt))
        tool_error("unknown option -%c", optopt);
    tool_usage_hint();
}

/* ---- help */

static void print_option(FILE *out, char letter, const char *name, const char *argument, const char *help)
{
    char start[80];
    int size = letter ? snprintf(start, sizeof start, "  -%c, --%s", letter, name)
                      : snprintf(start, sizeof start, "      --%s", name);
    if (argument)
        size += snprintf(start + size, sizeof start - (size_t)size, " %s", argument);
    if (size >= HELP_WIDTH)
        fprintf(out, "%s\n%*s%s\n", start, HELP_WIDTH, "", help);
    else
        fprintf(out, "%-*s%s\n", HELP_WIDTH, start, help);
}

static void print_help(const struct tool_usage *usage)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    fprintf(out, "Usage: %s %s\n%s\n\n", tool_message_program(), usage->synopsis, usage->summary);
    for (const struct tool_option *option = usage->options; option->name; option++)
        print_option(out, option->letter, option->name, option->argument, option->help);
    print_option(out, 0, "help", NULL, "print this and exit");
    print_option(out, 0, "version", NULL, "print the version and exit");
    fprintf(out, "\nSee %s(1); autobus(7) explains SERVICE and the exit status.", tool_message_program());
    char *text = tool_writer_close(&writer);
    tool_output_text(text);
    free(text);
}

static void print_version(void)
{
    char text[80];
    snprintf(text, sizeof text, "%s (libautobus2) %s", tool_message_program(), autobus_version());
    tool_output_text(text);
}

/* ---- what goes together */

enum { GO_ON = -1 };

static bool is_given(const struct tool_usage *usage, const bool *given, const char *name)
{
    for (size_t i = 0; usage->options[i].name; i++) {
        if (strcmp(usage->options[i].name, name) == 0)
            return given[i];
    }
    return false;
}

/* The first of the rule's others that is there, or NULL. */
static const char *other_given(const struct tool_usage *usage, const bool *given, const struct tool_option_rule *rule)
{
    for (size_t i = 0; i < sizeof rule->others / sizeof rule->others[0] && rule->others[i]; i++) {
        if (is_given(usage, given, rule->others[i]))
            return rule->others[i];
    }
    return NULL;
}

static bool is_kept(const struct tool_usage *usage, const bool *given, const struct tool_option_rule *rule)
{
    const char *other = other_given(usage, given, rule);
    const char *second = rule->others[1];
    if (rule->relation == TOOL_EXCLUDES && other)
        tool_error("--%s and --%s: say one of them", rule->option, other);
    else if (rule->relation == TOOL_NEEDS_ANY_OF && !other)
        tool_error("--%s means nothing without --%s%s%s", rule->option, rule->others[0], second ? " or --" : "",
                   second ? second : "");
    else
        return true;
    return false;
}

static int check_rules(const struct tool_usage *usage, const bool *given)
{
    for (const struct tool_option_rule *rule = usage->rules; rule && rule->option; rule++) {
        if (is_given(usage, given, rule->option) && !is_kept(usage, given, rule)) {
            tool_usage_hint();
            return TOOL_EXIT_USAGE;
        }
    }
    return GO_ON;
}

/* ---- reading */

static int take(const struct tool_usage *usage, char **argv, int result, bool *given)
{
    switch (result) {
    case '?':
    case ':': refuse(usage, argv, result); return TOOL_EXIT_USAGE;
    case HELP: print_help(usage); return TOOL_EXIT_DONE;
    case VERSION: print_version(); return TOOL_EXIT_DONE;
    default: break;
    }
    const struct tool_option *option = option_of(usage, result);
    given[option - usage->options] = true;
    if (option->set(option, option->argument ? optarg : NULL) == 0)
        return GO_ON;
    tool_usage_hint();
    return TOOL_EXIT_USAGE;
}

static int check_count(const struct tool_usage *usage, const struct tool_words *words)
{
    if (words->count >= usage->least && words->count <= usage->most)
        return GO_ON;
    if (words->count < usage->least)
        tool_error("too few arguments; usage: %s %s", tool_message_program(), usage->synopsis);
    else
        tool_error("one argument too many: %s", words->items[usage->most]);
    tool_usage_hint();
    return TOOL_EXIT_USAGE;
}

static int read_all(const struct tool_usage *usage, int argc, char **argv, struct tool_words *words)
{
    struct getopt_tables tables;
    bool given[MOST_OPTIONS] = {false};
    fill_tables(usage, &tables);
    optind = 0; /* glibc: start afresh */
    opterr = 0;
    while (!usage->rest || words->count < usage->most) {
        int result = getopt_long(argc, argv, tables.letters, tables.longs, NULL);
        if (result == -1)
            break;
        if (result == 1) {
            words->items[words->count++] = optarg;
            continue;
        }
        int end = take(usage, argv, result, given);
        if (end != GO_ON)
            return end;
    }
    while (optind < argc && (!usage->rest || words->count < usage->most)) /* after "--" */
        words->items[words->count++] = argv[optind++];
    words->rest = argv + optind;
    words->rest_count = (size_t)(argc - optind);
    int end = check_count(usage, words);
    return end == GO_ON ? check_rules(usage, given) : end;
}

bool tool_options_read(const struct tool_usage *usage, int argc, char **argv, struct tool_words *ret_words,
                       int *ret_exit)
{
    struct tool_words words = {.items = tool_make((size_t)argc, sizeof(char *))};
    int end = read_all(usage, argc, argv, &words);
    if (end == GO_ON) {
        *ret_words = words;
        return true;
    }
    tool_words_deinit(&words);
    *ret_exit = end;
    return false;
}

void tool_words_deinit(struct tool_words *words)
{
    free(words->items);
    *words = (struct tool_words){0};
}

/* ---- what options set */

int tool_set_flag(const struct tool_option *option, const char *text)
{
    (void)text;
    *(bool *)option->target = true;
    return 0;
}

int tool_set_text(const struct tool_option *option, const char *text)
{
    *(const char **)option->target = text;
    return 0;
}

int tool_set_seconds(const struct tool_option *option, const char *text)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0) || seconds > INT_MAX / 1000) {
        tool_error("--%s %s: not a number of seconds from 0 to %d", option->name, text, INT_MAX / 1000);
        return -1;
    }
    *(int *)option->target = (int)(seconds * 1000 + 0.5);
    return 0;
}

int tool_set_count(const struct tool_option *option, const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long count = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || count < 1 || count > INT_MAX) {
        tool_error("--%s %s: not a number from 1 on", option->name, text);
        return -1;
    }
    *(unsigned *)option->target = (unsigned)count;
    return 0;
}
