/*
 * Owns what may be a name, and an order of names. Pure, but for what it says.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "message.h"
#include "text.h"

enum { LONGEST = 255 };

bool tool_name_check(const char *what, const char *name)
{
    if (!*name)
        tool_error("the name of the %s is missing", what);
    else if (strlen(name) > LONGEST || !tool_is_utf8(name))
        tool_error("%s %s: a name is UTF-8 of at most %d bytes", what, name, LONGEST);
    else
        return true;
    return false;
}

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
