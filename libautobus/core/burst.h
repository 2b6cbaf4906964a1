/*
 * A burst: events that were fired one after the other, while nothing else was asked of the engine. Their lines are kept
 * together, and all who listen get them in one piece, which they share. Core only.
 */
#ifndef AB_CORE_BURST_H
#define AB_CORE_BURST_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/text.h"

struct ab_engine;
struct ab_topic;

struct ab_burst {
    struct ab_topic *topic; /* NULL: there is none */
    struct ab_buffer lines; /* a text that is being written */
    size_t count;
    size_t usual; /* bytes of the last one */
};

/* AB_ENOMEM; AB_ETOOLARGE: no line can hold it. */
int ab_burst_add(struct ab_engine *engine, struct ab_topic *topic, const struct ab_text *args);
/* All who listen get what there is; there must be something. */
void ab_burst_send(struct ab_engine *engine);

#endif
