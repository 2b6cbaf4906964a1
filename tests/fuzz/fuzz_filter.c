/*
 * Filters as they are written: two lines with a filter each, and then the info that they are asked about. Two that are
 * joined by a comma match what both match; what one term says with != is what it says with = turned round.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "wire/filter.h"

#define MOST_PATTERN 64

/*
 * The C library's regular expressions take time and memory without bound for some patterns: a program's own, never a
 * peer's. Repetitions, back references and long patterns are left out here, so that it is our code that is looked at.
 */
static bool is_heavy(const char *text)
{
    return strchr(text, '~') && (strlen(text) > MOST_PATTERN || strpbrk(text, "{\\*+"));
}

static struct ab_filter *parse(const char *text)
{
    struct ab_filter *filter = NULL;
    char *problem = NULL;
    int result = ab_filter_parse(text, &filter, &problem);

    ck_assert_msg(result == 0 || (result == AB_EINVAL && problem && !filter), "%d of %s", result, text);
    ck_assert(result < 0 || (filter && !problem));
    ab_free(problem);
    return filter;
}

static json_t *info_of(const struct ab_slice *text)
{
    json_t *info = json_loadb(text->data, text->size, 0, NULL);

    if (!json_is_object(info)) {
        json_decref(info);
        info = json_pack("{s:s, s:s, s:i, s:b}", "type", "a", "service", "id-1", "port", 80, "on", true);
    }
    return info;
}

/* One term, which has a key and stands before no other. */
static void check_opposite(const char *text, const json_t *info)
{
    const char *operation = strpbrk(text, "=~!?,\\");
    struct ab_filter *equal, *other;
    char *opposite;

    if (!operation || *operation != '=' || operation == text || strchr(text, ','))
        return;
    opposite = malloc(strlen(text) + 2);
    memcpy(opposite, text, (size_t)(operation - text));
    opposite[operation - text] = '!';
    strcpy(opposite + (operation - text) + 1, operation);
    equal = parse(text);
    other = parse(opposite);
    ck_assert_int_eq(!equal, !other);
    if (equal && other)
        ck_assert_msg(ab_filter_match(equal, info) != ab_filter_match(other, info), "%s", text);
    ab_filter_unref(equal);
    ab_filter_unref(other);
    free(opposite);
}

/* Where the second has a bare word, which is for the first term alone, they cannot be joined. */
static void check_joined(const char *one, const char *other, const json_t *info)
{
    struct ab_filter *first = parse(one), *second = parse(other), *both;
    char *joined = malloc(strlen(one) + strlen(other) + 2);

    strcpy(joined, one);
    strcat(joined, ",");
    strcat(joined, other);
    both = parse(joined);
    if (both && one[0] && one[strlen(one) - 1] != '\\') { /* else the comma is escaped */
        ck_assert_msg(first && second, "%s", joined);
        ck_assert_int_eq(ab_filter_match(both, info), ab_filter_match(first, info) && ab_filter_match(second, info));
        ck_assert_ptr_null(ab_filter_service(both));
    }
    ab_filter_unref(first);
    ab_filter_unref(second);
    ab_filter_unref(both);
    free(joined);
}

/* The one service of a filter is matched by it. */
static void check_service(const char *text)
{
    struct ab_filter *filter = parse(text);
    const char *service = filter ? ab_filter_service(filter) : NULL;
    json_t *info = service ? json_pack("{s:s}", "service", service) : NULL;

    if (info)
        ck_assert(ab_filter_match(filter, info));
    json_decref(info);
    ab_filter_unref(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ab_slice rest = {(const char *)data, size}, line = {"", 0};
    char *one, *other;
    json_t *info;

    fuzz_line(&rest, &line);
    one = fuzz_string(line.data, line.size);
    line.size = 0;
    fuzz_line(&rest, &line);
    other = fuzz_string(line.data, line.size);
    info = info_of(&rest);
    if (!is_heavy(one) && !is_heavy(other)) {
        check_joined(one, other, info);
        check_opposite(one, info);
        check_service(one);
    }
    json_decref(info);
    free(one);
    free(other);
    return 0;
}
