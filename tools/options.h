/*
 * Command lines. A tool lists its options in a table; --help prints it, and what is not in it is refused with the
 * nearest that is.
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct tool_option {
    const char *name;     /* the long one, without dashes */
    char letter;          /* the short one; 0: none */
    const char *argument; /* as the help names it; NULL: takes none */
    const char *help;
    /* Takes the option in. `text` is NULL without an argument. Returns 0, or -1 after it said what is wrong. */
    int (*set)(const struct tool_option *option, const char *text);
    void *target;
};

/* What would be ignored, and is refused: an option without any of the others, or beside one of them. */
enum tool_option_relation { TOOL_NEEDS_ANY_OF, TOOL_EXCLUDES };

struct tool_option_rule {
    const char *option;
    enum tool_option_relation relation;
    const char *others[2]; /* the second may be NULL */
};

struct tool_usage {
    const char *synopsis;                 /* what follows the tool's name */
    const char *summary;                  /* a sentence */
    const struct tool_option *options;    /* ends with one that has no name */
    const struct tool_option_rule *rules; /* ends with one that has no option; NULL: none */
    size_t least;                         /* words that it needs: SERVICE, FUNCTION */
    size_t most;
    bool rest; /* options end at the last of `most` words, and what follows is the rest */
};

struct tool_words {
    char **items; /* `count` of them; the array is owned, the texts are argv's */
    size_t count;
    char **rest;
    size_t rest_count;
};

/* True: go on. False: the tool ends with *ret_exit (after --help, --version, or a message). */
bool tool_options_read(const struct tool_usage *usage, int argc, char **argv, struct tool_words *ret_words,
                       int *ret_exit);
void tool_words_deinit(struct tool_words *words);

/* For `set`: target is a bool, a const char *, an int of milliseconds, an unsigned. */
int tool_set_flag(const struct tool_option *option, const char *text);
int tool_set_text(const struct tool_option *option, const char *text);
int tool_set_seconds(const struct tool_option *option, const char *text);
int tool_set_count(const struct tool_option *option, const char *text); /* from 1 on */

/* Ends every message on usage. */
void tool_usage_hint(void);

#endif
