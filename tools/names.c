/*
 * Owns an order. Pure.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static int compare(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

const char **tool_names(const json_t *object)
{
    const char **names = tool_make(json_object_size(object) + 1, sizeof *names);
    const char *name = NULL;
    json_t *value = NULL;
    size_t count = 0;
    json_object_foreach((json_t *)object, name, value)
    {
        names[count++] = name;
    }
    qsort(names, count, sizeof *names, compare);
    return names;
}
