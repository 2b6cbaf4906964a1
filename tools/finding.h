/* What a check-up found: a sentence each, and what to do about it. */
#ifndef TOOL_FINDING_H
#define TOOL_FINDING_H

#include <jansson.h>
#include <stdbool.h>

enum tool_finding_status { TOOL_FINDING_OK, TOOL_FINDING_WARNING, TOOL_FINDING_FAILURE };

struct tool_findings {
    bool json;
    bool quiet; /* what is well is not told */
    unsigned counts[TOOL_FINDING_FAILURE + 1];
};

/* One finding, to standard output. `check` names what was checked, for programs. `remedy` may be NULL. `more` has further
 * keys for programs; its reference is taken over, and it may be NULL. */
void tool_finding(struct tool_findings *findings, const char *check, enum tool_finding_status status, json_t *more,
                  const char *remedy, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
