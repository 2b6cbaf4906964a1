/* Which of the names that there are somebody may have meant. */
#ifndef TOOL_NEAREST_H
#define TOOL_NEAREST_H

#include <stddef.h>

struct tool_nearest {
    const char *word;
    const char *best; /* borrowed from who offered it; NULL: nothing comes near */
    size_t distance;
};

/* clang-format off */
#define TOOL_NEAREST_INIT(word) {(word), NULL, 0}
/* clang-format on */

/* Takes a name into account. The first of several that are equally near wins. */
void tool_nearest_offer(struct tool_nearest *nearest, const char *name);

/* Insertions, deletions, replacements and swaps of neighbours that make one of the other, over bytes. */
size_t tool_nearest_distance(const char *one, const char *other);

#endif
