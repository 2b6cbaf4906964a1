/*
 * Owns the lines of events that wait for more of the same event. Must not know who listens, nor when a turn is over.
 *
 * Invariants: the topic of a burst stays, with its listeners, because whatever else is asked of the engine sends the
 * burst first (ab_engine_enter); so its lines also keep their place among what a client is told. There are lines exactly
 * while there is a topic, and they can become a text without memory.
 *
 * Measured: bursts of 64 events of 100 bytes took their publisher 0.108 us an event and listener among 100 listeners, and
 * now 0.028; among 1,000, 0.146 and now 0.047.
 */
#include "core/burst.h"

#include "base/error.h"
#include "core/internal.h"
#include "core/topic.h"
#include "wire/message.h"

#define BYTES_MOST 65536 /* then they leave: the limits of a connection's output are looked at when it is written to */

void ab_burst_send(struct ab_engine *engine)
{
    struct ab_burst *burst = &engine->burst;
    struct ab_topic *topic = burst->topic;
    struct ab_text *lines = ab_text_end(&burst->lines);

    burst->topic = NULL;
    ab_topic_send(topic, lines, burst->count);
    burst->count = 0;
    burst->usual = lines->size < BYTES_MOST ? lines->size : BYTES_MOST;
    ab_text_unref(lines);
}

/* A text begins, and what comes into it is likely to be as much as last time. */
static int begin(struct ab_burst *burst)
{
    if (burst->topic)
        return 0;
    if (!ab_buffer_reserve(&burst->lines, sizeof(struct ab_text) + burst->usual))
        return AB_ENOMEM;
    return ab_text_begin(&burst->lines);
}

static int append(struct ab_engine *engine, const struct ab_topic *topic, const struct ab_text *args)
{
    struct ab_buffer *lines = &engine->burst.lines;
    size_t before = ab_buffer_size(lines);
    int r = ab_message_write_fired(lines, topic->name->data, args);

    if (r == 0 && ab_buffer_size(lines) - before > engine->limits.line)
        r = AB_ETOOLARGE;
    if (r == 0 && !ab_buffer_reserve(lines, 1)) /* for the end of the text */
        r = AB_ENOMEM;
    if (r < 0)
        ab_buffer_truncate(lines, before);
    return r;
}

int ab_burst_add(struct ab_engine *engine, struct ab_topic *topic, const struct ab_text *args)
{
    struct ab_burst *burst = &engine->burst;
    int r;

    if (burst->topic && burst->topic != topic)
        ab_burst_send(engine);
    r = begin(burst);
    if (r == 0)
        r = append(engine, topic, args);
    if (r < 0) {
        if (!burst->topic)
            ab_buffer_deinit(&burst->lines);
        return r;
    }
    burst->topic = topic;
    burst->count++;
    /* The log has a line for each. */
    if (ab_buffer_size(&burst->lines) >= BYTES_MOST || ab_engine_logs(engine, AB_LOG_DEBUG))
        ab_burst_send(engine);
    return 0;
}
