/*
 * Owns the way a filter is written (autobus(7), FILTERS): terms joined by commas. Must not know how a term is
 * judged.
 *
 * A term is unescaped into a block of its own before it is taken apart, so an escaped comma is an ordinary byte there.
 * Problems name the column, counted in characters from 1, and what to write instead.
 */
#include "wire/filter.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

struct parser {
    const char *text; /* all of it */
    const char *at;   /* start of the current term */
    char **ret_problem;
};

static int parser_fail(const struct parser *parser, const char *at, const char *what, const char *detail)
{
    struct ab_buffer problem = AB_BUFFER_INIT;
    size_t column = 1;
    int result;

    if (!parser->ret_problem)
        return AB_EINVAL;
    for (const char *before = parser->text; before < at; before++)
        column += (*before & 0xc0) != 0x80;
    result = ab_buffer_append_format(&problem, "column %zu: %s%s", column, what, detail);
    if (result == 0)
        result = ab_buffer_append(&problem, "", 1);
    if (result < 0) {
        ab_buffer_deinit(&problem);
        return result;
    }
    *parser->ret_problem = problem.block;
    return AB_EINVAL;
}

/* Copies the term without its escapes and moves on to the comma or the end. */
static int parser_take_term(struct parser *parser, struct ab_buffer *term)
{
    int result = 0;

    for (; result == 0 && *parser->at && *parser->at != ','; parser->at++) {
        if (parser->at[0] == '\\' && !parser->at[1])
            return parser_fail(parser, parser->at, "nothing follows the '\\'; write '\\\\' for one", "");
        if (parser->at[0] == '\\' && (parser->at[1] == ',' || parser->at[1] == '\\'))
            parser->at++;
        result = ab_buffer_append(term, parser->at, 1);
    }
    return result < 0 ? result : ab_buffer_append(term, "", 1);
}

static int parser_check_key(const struct parser *parser, const char *start, const char *key)
{
    size_t size = strlen(key);

    if (size == 0)
        return parser_fail(parser, start, "a term needs a key", "");
    if (key[0] == ' ' || key[size - 1] == ' ')
        return parser_fail(parser, start, "no space may stand around a key", "");
    return 0;
}

static int parser_add_pattern(const struct parser *parser, struct ab_filter *filter, const char *start, const char *key,
                              const char *pattern)
{
    char *why = NULL;
    int result = ab_filter_add_regex(filter, key, pattern, &why);

    if (result == AB_EINVAL)
        result = parser_fail(parser, start, "not a regular expression: ", why);
    ab_free(why);
    return result;
}

static int parser_add_key(const struct parser *parser, struct ab_filter *filter, const char *start, char *key,
                          bool first)
{
    size_t size = strlen(key);
    bool present = size > 0 && key[size - 1] == '?';
    bool absent = key[0] == '!';
    int result;

    if (present && absent)
        return parser_fail(parser, start, "write key? for present or !key for absent, not both", "");
    if (present)
        key[size - 1] = '\0';
    if (absent)
        key++;
    result = parser_check_key(parser, start, key);
    if (result < 0)
        return result;
    if (present)
        return ab_filter_add_present(filter, key);
    if (absent)
        return ab_filter_add_absent(filter, key);
    if (!first)
        return parser_fail(parser, start, "only the first term may be a bare word; write key=", key);
    return ab_filter_add_word(filter, key);
}

/* A term without its escapes; it is cut up in place. */
static int parser_add_term(const struct parser *parser, struct ab_filter *filter, const char *start, char *term,
                           bool first)
{
    char *operation = strpbrk(term, "=~");
    bool regex, negated;
    int result;

    if (term[0] == '\0')
        return parser_fail(parser, start, parser->text[0] ? "a term is missing" : "the filter is empty", "");
    if (!operation)
        return parser_add_key(parser, filter, start, term, first);
    if (term[0] == '!' && operation > term + 1)
        return parser_fail(parser, start, "'!' stands before a key alone; write key!=value", "");
    regex = operation[0] == '~';
    negated = !regex && operation > term && operation[-1] == '!';
    operation[negated ? -1 : 0] = '\0';
    result = parser_check_key(parser, start, term);
    if (result < 0)
        return result;
    if (regex)
        return parser_add_pattern(parser, filter, start, term, operation + 1);
    return ab_filter_add_text(filter, term, operation + 1, !negated);
}

static int parser_run(struct parser *parser, struct ab_filter *filter)
{
    struct ab_buffer term = AB_BUFFER_INIT;
    bool first = true;
    int result;

    do {
        const char *start = parser->at += !first;

        ab_buffer_truncate(&term, 0);
        result = parser_take_term(parser, &term);
        if (result == 0)
            result = parser_add_term(parser, filter, start, term.block, first);
        first = false;
    } while (result == 0 && *parser->at == ',');
    ab_buffer_deinit(&term);
    return result;
}

int ab_filter_parse(const char *text, struct ab_filter **ret_filter, char **ret_problem)
{
    struct parser parser = {text, text, ret_problem};
    struct ab_filter *filter;
    int result = ab_filter_new(&filter);

    if (result < 0)
        return result;
    result = parser_run(&parser, filter);
    if (result < 0) {
        ab_filter_unref(filter);
        return result;
    }
    *ret_filter = filter;
    return 0;
}
