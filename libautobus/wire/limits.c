/*
 * Owns the reading of the table in limits.h. Must not know what any limit is for.
 */
#include "wire/limits.h"

#include <string.h>

#include "base/error.h"

struct row {
    const char *name;
    size_t offset;
    size_t value, least, most;
};

static const struct row rows[] = {
#define ROW(name, value, least, most) {#name, offsetof(struct ab_limits, name), value, least, most},
    AB_LIMITS(ROW)
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void limits_put(struct ab_limits *limits, const struct row *row, size_t value)
{
    memcpy((char *)limits + row->offset, &value, sizeof(value));
}

void ab_limits_init(struct ab_limits *limits)
{
    for (size_t i = 0; i < ROWS; i++)
        limits_put(limits, &rows[i], rows[i].value);
}

int ab_limits_set(struct ab_limits *limits, const char *name, long long value)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (value < (long long)rows[i].least || value > (long long)rows[i].most)
            return AB_EINVAL;
        limits_put(limits, &rows[i], (size_t)value);
        return 0;
    }
    return AB_ENOENT;
}
