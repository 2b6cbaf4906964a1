/*
 * Owns the terms of a filter and the judgement of an info object. Must not know services, routes, or who asks.
 *
 * Invariant: once the filter is used nothing in it changes but the count, so any thread may match with it. The JSON
 * values in its terms are only looked at, which touches no reference count.
 */
#include "wire/filter.h"

#include <regex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/count.h"
#include "base/error.h"
#include "base/memory.h"
#include "wire/json.h"

enum kind {
    EQUAL,    /* json */
    TEXT,     /* text, and json if the text is JSON too */
    PRESENT,  /* key alone */
    REGEX,    /* regex */
    WORD,     /* text */
    FUNCTION, /* function */
};

struct term {
    enum kind kind;
    bool negated;
    char *key;
    char *text;
    json_t *json;
    regex_t *regex;
    ab_filter_function function;
    void *user_data;
    void (*destroy)(void *);
};

struct ab_filter {
    atomic_uint references;
    struct term *terms;
    size_t count;
};

static void regex_free(regex_t *regex)
{
    if (regex)
        regfree(regex);
    ab_free(regex);
}

static void term_deinit(struct term *term)
{
    ab_free(term->key);
    ab_free(term->text);
    json_decref(term->json);
    regex_free(term->regex);
    if (term->destroy)
        term->destroy(term->user_data);
}

int ab_filter_new(struct ab_filter **ret_filter)
{
    struct ab_filter *filter = ab_calloc(1, sizeof(*filter));

    if (!filter)
        return AB_ENOMEM;
    atomic_init(&filter->references, 1);
    *ret_filter = filter;
    return 0;
}

struct ab_filter *ab_filter_ref(struct ab_filter *filter)
{
    ab_count_up(&filter->references);
    return filter;
}

struct ab_filter *ab_filter_unref(struct ab_filter *filter)
{
    if (!filter || !ab_count_down(&filter->references))
        return NULL;
    for (size_t i = 0; i < filter->count; i++)
        term_deinit(&filter->terms[i]);
    ab_free(filter->terms);
    ab_free(filter);
    return NULL;
}

/* ---- Adding. Takes what the term holds; on failure it is freed, but for the program's own. */

static int filter_add(struct ab_filter *filter, struct term *term)
{
    struct term *terms = ab_realloc(filter->terms, (filter->count + 1) * sizeof(*terms));

    if (!terms) {
        term->destroy = NULL;
        term_deinit(term);
        return AB_ENOMEM;
    }
    filter->terms = terms;
    filter->terms[filter->count++] = *term;
    return 0;
}

/* The same for a term with a key, and a text if `text` is not NULL. */
static int filter_add_keyed(struct ab_filter *filter, struct term *term, const char *key, const char *text)
{
    term->key = ab_strdup(key);
    term->text = ab_strdup(text);
    if (!term->key || (text && !term->text)) {
        term_deinit(term);
        return AB_ENOMEM;
    }
    return filter_add(filter, term);
}

static int filter_add_json(struct ab_filter *filter, const char *key, const json_t *value, bool negated)
{
    struct term term = {.kind = EQUAL, .negated = negated, .json = ab_json_deep_copy(value)};

    return term.json ? filter_add_keyed(filter, &term, key, NULL) : AB_ENOMEM;
}

int ab_filter_add_equal(struct ab_filter *filter, const char *key, const json_t *value)
{
    return filter_add_json(filter, key, value, false);
}

int ab_filter_add_not_equal(struct ab_filter *filter, const char *key, const json_t *value)
{
    return filter_add_json(filter, key, value, true);
}

int ab_filter_add_present(struct ab_filter *filter, const char *key)
{
    return filter_add_keyed(filter, &(struct term){.kind = PRESENT}, key, NULL);
}

int ab_filter_add_absent(struct ab_filter *filter, const char *key)
{
    return filter_add_keyed(filter, &(struct term){.kind = PRESENT, .negated = true}, key, NULL);
}

static int regex_explain(int code, const regex_t *regex, char **ret_problem)
{
    size_t size = regerror(code, regex, NULL, 0);
    char *problem;

    if (!ret_problem)
        return AB_EINVAL;
    problem = ab_malloc(size);
    if (!problem)
        return AB_ENOMEM;
    regerror(code, regex, problem, size);
    *ret_problem = problem;
    return AB_EINVAL;
}

static int regex_new(const char *pattern, regex_t **ret_regex, char **ret_problem)
{
    regex_t *regex = ab_malloc(sizeof(*regex));
    int code, result;

    if (!regex)
        return AB_ENOMEM;
    code = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (code == 0) {
        *ret_regex = regex;
        return 0;
    }
    result = code == REG_ESPACE ? AB_ENOMEM : regex_explain(code, regex, ret_problem);
    ab_free(regex);
    return result;
}

int ab_filter_add_regex(struct ab_filter *filter, const char *key, const char *pattern, char **ret_problem)
{
    struct term term = {.kind = REGEX};
    int result = regex_new(pattern, &term.regex, ret_problem);

    return result < 0 ? result : filter_add_keyed(filter, &term, key, NULL);
}

int ab_filter_add_function(struct ab_filter *filter, ab_filter_function function, void *user_data,
                           void (*destroy)(void *))
{
    return filter_add(
        filter, &(struct term){.kind = FUNCTION, .function = function, .user_data = user_data, .destroy = destroy});
}

int ab_filter_add_text(struct ab_filter *filter, const char *key, const char *text, bool equal)
{
    struct term term = {.kind = TEXT, .negated = !equal};

    if (ab_json_parse(text, strlen(text), AB_JSON_DEPTH, SIZE_MAX, &term.json, NULL) == AB_ENOMEM)
        return AB_ENOMEM;
    return filter_add_keyed(filter, &term, key, text);
}

int ab_filter_add_word(struct ab_filter *filter, const char *word)
{
    return filter_add_keyed(filter, &(struct term){.kind = WORD}, "type", word);
}

/* ---- Matching. */

/* Numbers by what they are worth, everything else by what it is. */
static bool value_is(const json_t *value, const json_t *wanted)
{
    if (json_is_number(value) && json_is_number(wanted) && json_typeof(value) != json_typeof(wanted))
        return json_number_value(value) == json_number_value(wanted);
    return json_equal(value, wanted);
}

static bool value_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool term_holds(const struct term *term, const json_t *info)
{
    const json_t *value = term->key ? json_object_get(info, term->key) : NULL;

    switch (term->kind) {
    case EQUAL: return value && json_equal(value, term->json);
    case TEXT: return value && (json_is_string(value) ? value_is_text(value, term->text) : value_is(value, term->json));
    case PRESENT: return value != NULL;
    case REGEX: return json_is_string(value) && regexec(term->regex, json_string_value(value), 0, NULL, 0) == 0;
    case WORD: return value_is_text(value, term->text) || value_is_text(json_object_get(info, "service"), term->text);
    case FUNCTION: return term->function(info, term->user_data);
    }
    return false;
}

bool ab_filter_match(const struct ab_filter *filter, const json_t *info)
{
    for (size_t i = 0; i < filter->count; i++)
        if (term_holds(&filter->terms[i], info) == filter->terms[i].negated)
            return false;
    return true;
}

const char *ab_filter_service(const struct ab_filter *filter)
{
    const struct term *term = filter->terms;

    if (filter->count != 1 || term->negated || !term->key || strcmp(term->key, "service") != 0)
        return NULL;
    if (term->kind == EQUAL)
        return json_string_value(term->json);
    return term->kind == TEXT ? term->text : NULL;
}
