/*
 * Owns the measure of nearness of two names, and how far is too far. Pure.
 */
#include "nearest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 255 }; /* of a name on the wire */

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Optimal string alignment: three rows of the matrix are enough. Longer names count as all different. */
size_t tool_nearest_distance(const char *one, const char *other)
{
    size_t height = strlen(one), width = strlen(other);
    if (height > LONGEST || width > LONGEST)
        return height > width ? height : width;
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= width; j++)
        last[j] = j;
    for (size_t i = 1; i <= height; i++) {
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            bool same = one[i - 1] == other[j - 1];
            row[j] = least(last[j - 1] + !same, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[width];
}

/* A third of the word may be wrong, but not all of a short one. A name that goes on where the word ends is as near as
 * one letter. */
void tool_nearest_offer(struct tool_nearest *nearest, const char *name)
{
    size_t length = strlen(nearest->word);
    if (length == 0)
        return;
    size_t distance = tool_nearest_distance(nearest->word, name);
    if (length >= 2 && distance > 1 && strncmp(name, nearest->word, length) == 0)
        distance = 1;
    size_t far = length < 3 ? 1 : length / 3 + 1;
    if (distance > far || distance >= length)
        return;
    if (!nearest->best || distance < nearest->distance) {
        nearest->best = name;
        nearest->distance = distance;
    }
}
