/*
 * Filters on the info object of a service: a conjunction of terms. Immutable once built, so any thread may match with
 * it; the program's own function is called as the comment in autobus2.h says.
 */
#ifndef AB_WIRE_FILTER_H
#define AB_WIRE_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ab_filter;

typedef bool (*ab_filter_function)(const json_t *info, void *user_data);

int ab_filter_new(struct ab_filter **ret_filter); /* no terms: matches everything */
struct ab_filter *ab_filter_ref(struct ab_filter *filter);
struct ab_filter *ab_filter_unref(struct ab_filter *filter); /* takes NULL, returns NULL */

/* Terms are added before the filter is used. A key is whole: "monitor.host" is one key. */
int ab_filter_add_equal(struct ab_filter *filter, const char *key, const json_t *value);     /* deep copy; json_equal */
int ab_filter_add_not_equal(struct ab_filter *filter, const char *key, const json_t *value); /* absent matches too */
int ab_filter_add_present(struct ab_filter *filter, const char *key);
int ab_filter_add_absent(struct ab_filter *filter, const char *key);
/* POSIX extended, unanchored; the value must be a string. AB_EINVAL with *ret_problem (ab_free) saying why. */
int ab_filter_add_regex(struct ab_filter *filter, const char *key, const char *pattern, char **ret_problem);
/* `destroy` (may be NULL) runs when the last reference of the filter goes. */
int ab_filter_add_function(struct ab_filter *filter, ab_filter_function function, void *user_data,
                           void (*destroy)(void *));
/* As written in a shell: a string compares with the text; any other value with the text read as JSON ("80" finds both
 * 80 and "80"). */
int ab_filter_add_text(struct ab_filter *filter, const char *key, const char *text, bool equal);
/* The service whose id is the word, or those whose `type` is the word. */
int ab_filter_add_word(struct ab_filter *filter, const char *word);

/* Terms as autobus(7) writes them, joined by commas. AB_EINVAL: *ret_problem (ab_free) says what and where. */
int ab_filter_parse(const char *text, struct ab_filter **ret_filter, char **ret_problem);

/* `info` has host, port and service in it. */
bool ab_filter_match(const struct ab_filter *filter, const json_t *info);
/* The one service id that this filter can match, or NULL: a lone term service=ID. */
const char *ab_filter_service(const struct ab_filter *filter);

#endif
