/*
 * Owns how a handler of the program's reads its arguments, and what a caller is told whose arguments do not fit. Must not
 * know how the answer travels.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/request.h"
#include "bus/thread.h"

#define BLANKS    " \t\n,:"
#define MODIFIERS "!*?%#+"

/* The array must have just these elements: a `!` before the bracket that ends it says so to jansson, which would be as
 * strict with the objects inside if it were told by a flag. *ret_least: the format allows for more. */
static int strict_format(const char *format, char **ret_format, bool *ret_least)
{
    const char *start = format + strspn(format, BLANKS);
    const char *end = strrchr(format, ']');
    const char *last = end;
    char *strict;

    if (*start != '[' || !end)
        return AB_EINVAL;
    while (strchr(BLANKS, *--last))
        ;
    strict = ab_malloc(strlen(format) + 2);
    if (!strict)
        return AB_ENOMEM;
    sprintf(strict, "%.*s%s%s", (int)(end - format), format, *last == '!' || *last == '*' ? "" : "!", end);
    *ret_format = strict;
    *ret_least = *last == '*';
    return 0;
}

/* How many elements of the array begin in the format's first `size` characters. */
static size_t count_elements(const char *format, size_t size)
{
    size_t count = 0;
    int depth = 0;

    for (size_t i = 0; i < size && format[i]; i++) {
        if (strchr(BLANKS MODIFIERS, format[i]))
            continue;
        if (format[i] == ']' || format[i] == '}') {
            depth--;
            continue;
        }
        count += depth == 1;
        depth += format[i] == '[' || format[i] == '{';
    }
    return count;
}

/* For who called: jansson speaks of its format, whose characters are counted from 1 in its columns. */
static void refuse(autobus_request *request, const char *format, bool least, const json_error_t *problem)
{
    size_t takes = count_elements(format, strlen(format));
    size_t given = json_array_size(request->args);
    char text[sizeof(problem->text) + 64];

    if (given < takes || (given > takes && !least))
        snprintf(text, sizeof(text), "takes %s%zu argument%s, got %zu", least ? "at least " : "", takes,
                 takes == 1 ? "" : "s", given);
    else
        snprintf(text, sizeof(text), "argument %zu: %c%s", count_elements(format, (size_t)problem->column),
                 tolower((unsigned char)problem->text[0]), problem->text + 1);
    ab_request_answer_error(request, "bad_arguments", text);
}

int autobus_request_unpack(autobus_request *request, const char *format, ...)
{
    json_error_t problem;
    char *strict;
    bool least;
    va_list values;
    int r = ab_guard();

    if (r == 0 && (!request || !format))
        r = AB_EINVAL;
    if (r < 0)
        return r;
    r = strict_format(format, &strict, &least);
    if (r < 0) {
        ab_request_answer_error(request, "exception", "the function cannot read its arguments");
        return r;
    }
    va_start(values, format);
    if (json_vunpack_ex(request->args, &problem, 0, strict, values) < 0) {
        refuse(request, strict, least, &problem);
        r = AB_EINVAL;
    }
    va_end(values);
    ab_free(strict);
    return r;
}
