/* The options that several tools have, each with the same name, letter and meaning everywhere. */
#ifndef TOOL_SETTINGS_H
#define TOOL_SETTINGS_H

#include <stdbool.h>

#include "options.h"

enum { TOOL_FOREVER = -1, TOOL_UNSET = -2 };

struct tool_settings {
    bool json;
    bool raw;
    bool verbose;
    bool all;
    bool any;
    bool quiet;
    int wait_ms; /* for the service to be there; or TOOL_FOREVER */
    int timeout_ms;
    const char *interfaces;
    int log_level;
};

/* clang-format off */
#define TOOL_SETTINGS_INIT {.wait_ms = 2000, .timeout_ms = 30000}

/* Rows of a tool's table. */
#define TOOL_OPTION_JSON(settings) \
    {"json", 'j', NULL, "print JSON, an object a line", tool_set_flag, &(settings)->json}
#define TOOL_OPTION_RAW(settings) \
    {"raw", 'r', NULL, "print strings without quotes", tool_set_flag, &(settings)->raw}
#define TOOL_OPTION_VERBOSE(settings, help) \
    {"verbose", 'v', NULL, help, tool_set_flag, &(settings)->verbose}
#define TOOL_OPTION_ALL(settings) \
    {"all", 'a', NULL, "take internal services (type autobus.…) in too", tool_set_flag, &(settings)->all}
#define TOOL_OPTION_ANY(settings, help) \
    {"any", 0, NULL, help, tool_set_flag, &(settings)->any}
#define TOOL_OPTION_QUIET(settings) \
    {"quiet", 'q', NULL, "say nothing but errors on standard error", tool_set_flag, &(settings)->quiet}
#define TOOL_OPTION_WAIT(settings, help) \
    {"wait", 'W', "SECONDS", help, tool_set_seconds, &(settings)->wait_ms}
#define TOOL_OPTION_TIMEOUT(settings, help) \
    {"timeout", 't', "SECONDS", help, tool_set_seconds, &(settings)->timeout_ms}
#define TOOL_OPTIONS_BUS(settings) \
    {"interfaces", 0, "LIST", "use these networks: globs, joined by commas, ! excludes", tool_set_text, \
     &(settings)->interfaces}, \
    {"log", 0, "LEVEL", "log: error, warning, info or debug", tool_set_log_level, &(settings)->log_level}
#define TOOL_OPTIONS_END {0}

/* Rows of a tool's table of rules. */
#define TOOL_RULE_RAW {"raw", TOOL_EXCLUDES, {"json", NULL}}
#define TOOL_RULE_QUIET {"quiet", TOOL_EXCLUDES, {"verbose", NULL}} /* what one adds the other leaves out */
#define TOOL_RULES_END {0}
/* clang-format on */

/* The first call of a tool. */
void tool_begin(const char *program);

int tool_set_log_level(const struct tool_option *option, const char *text);

/* tool_options_read, and what of the settings all tools obey alike. */
bool tool_settings_read(struct tool_settings *settings, const struct tool_usage *usage, int argc, char **argv,
                        struct tool_words *ret_words, int *ret_exit);

#endif
