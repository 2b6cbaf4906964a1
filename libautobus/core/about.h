/*
 * What a program says about a function, event or object: documentation for people, and a description of its arguments,
 * result or value (PROTOCOL section 3). Core only.
 */
#ifndef AB_CORE_ABOUT_H
#define AB_CORE_ABOUT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct ab_about {
    char *doc;                   /* may be NULL */
    struct ab_text *description; /* an encoded object, or NULL */
};

/* `doc` may be NULL. AB_ENOMEM. */
int ab_about_set_doc(struct ab_about *about, const char *doc);
void ab_about_deinit(struct ab_about *about);
/* {"doc": …} and, if it is to be `described`, the members of the description. NULL: no memory. */
json_t *ab_about_entry(const struct ab_about *about, bool described);

#endif
