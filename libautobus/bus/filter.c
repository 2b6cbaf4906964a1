/*
 * Owns the program's functions in filters: inside one every call of the library is refused, because it may run with a
 * bus locked; and its destroy function waits until no bus is. Must not know what terms are.
 */
#include "bus/filter.h"

#include "base/error.h"
#include "base/memory.h"
#include "bus/error.h"
#include "bus/thread.h"

struct function {
    struct ab_deferred deferred;
    autobus_filter_fn match;
    void *user_data;
    autobus_destroy_fn destroy;
};

static autobus_filter *public_of(struct ab_filter *filter)
{
    return (autobus_filter *)(void *)filter;
}

static bool match(const json_t *info, void *user_data)
{
    const struct function *function = user_data;
    bool matches;

    ab_thread.filters++;
    matches = function->match(info, function->user_data);
    ab_thread.filters--;
    return matches;
}

static void destroy_now(struct ab_deferred *deferred)
{
    struct function *function = AB_CONTAINER(deferred, struct function, deferred);

    if (function->destroy)
        function->destroy(function->user_data);
    ab_free(function);
}

static void destroy(void *user_data)
{
    struct function *function = user_data;

    ab_defer(&function->deferred, destroy_now);
}

int autobus_filter_new(autobus_filter **ret_filter)
{
    struct ab_filter *filter;
    int r = ab_guard();

    if (r == 0 && !ret_filter)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_filter_new(&filter);
    if (r == 0)
        *ret_filter = public_of(filter);
    return r;
}

autobus_filter *autobus_filter_ref(autobus_filter *filter)
{
    if (!filter || ab_thread.filters)
        return NULL;
    return public_of(ab_filter_ref(ab_filter_of(filter)));
}

autobus_filter *autobus_filter_unref(autobus_filter *filter)
{
    if (filter && !ab_thread.filters)
        ab_filter_unref(ab_filter_of(filter));
    return NULL;
}

int autobus_filter_parse(const char *text, autobus_filter **ret_filter, autobus_error *error)
{
    struct ab_filter *filter;
    char *problem = NULL;
    int r = ab_guard();

    if (r == 0 && (!text || !ret_filter))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_filter_parse(text, &filter, &problem);
    if (r < 0)
        return ab_error_fail_problem(error, r, problem);
    *ret_filter = public_of(filter);
    return 0;
}

static int guard_term(const autobus_filter *filter, const char *key)
{
    int r = ab_guard();

    return r == 0 && (!filter || !key) ? AB_EINVAL : r;
}

int autobus_filter_add_equal(autobus_filter *filter, const char *key, const json_t *value)
{
    int r = guard_term(filter, key);

    if (r == 0 && !value)
        r = AB_EINVAL;
    return r < 0 ? r : ab_filter_add_equal(ab_filter_of(filter), key, value);
}

int autobus_filter_add_not_equal(autobus_filter *filter, const char *key, const json_t *value)
{
    int r = guard_term(filter, key);

    if (r == 0 && !value)
        r = AB_EINVAL;
    return r < 0 ? r : ab_filter_add_not_equal(ab_filter_of(filter), key, value);
}

int autobus_filter_add_present(autobus_filter *filter, const char *key)
{
    int r = guard_term(filter, key);

    return r < 0 ? r : ab_filter_add_present(ab_filter_of(filter), key);
}

int autobus_filter_add_absent(autobus_filter *filter, const char *key)
{
    int r = guard_term(filter, key);

    return r < 0 ? r : ab_filter_add_absent(ab_filter_of(filter), key);
}

int autobus_filter_add_regex(autobus_filter *filter, const char *key, const char *pattern, autobus_error *error)
{
    char *problem = NULL;
    int r = guard_term(filter, key);

    if (r == 0 && !pattern)
        r = AB_EINVAL;
    if (r == 0)
        r = ab_filter_add_regex(ab_filter_of(filter), key, pattern, &problem);
    return r < 0 ? ab_error_fail_problem(error, r, problem) : 0;
}

int autobus_filter_add_function(autobus_filter *filter, autobus_filter_fn callback, void *user_data,
                                autobus_destroy_fn destroy_data)
{
    struct function *function;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!filter || !callback)
        return AB_EINVAL;
    function = ab_calloc(1, sizeof(*function));
    if (!function)
        return AB_ENOMEM;
    function->match = callback;
    function->user_data = user_data;
    function->destroy = destroy_data;
    r = ab_filter_add_function(ab_filter_of(filter), match, function, destroy);
    if (r < 0)
        ab_free(function);
    return r;
}

bool autobus_filter_match(const autobus_filter *filter, const json_t *info)
{
    if (ab_guard() < 0 || !filter || !info)
        return false;
    return ab_filter_match((const struct ab_filter *)(const void *)filter, info);
}
