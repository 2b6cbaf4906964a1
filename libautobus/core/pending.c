/*
 * Owns what a remote awaits: which answer belongs to which command it sent. Must not know what was asked.
 */
#include "core/remote_internal.h"

/* Streams and ids are counted up, so that no two of ours get the same number in any life of a bus: multiples of the golden
 * ratio are far apart. */
static uint64_t number_of(ab_stream_id stream, uint64_t id)
{
    return stream * UINT64_C(0x9e3779b97f4a7c15) + id;
}

void ab_remote_expect(struct ab_remote *remote, struct ab_pending *pending, uint64_t id)
{
    pending->stream = remote->bound->stream.id.number;
    pending->id = id;
    ab_numbers_insert(&remote->engine->pending, &pending->node, number_of(pending->stream, id));
}

void ab_remote_expect_no_more(struct ab_remote *remote, struct ab_pending *pending)
{
    if (pending->id)
        ab_numbers_remove(&remote->engine->pending, &pending->node);
    pending->id = 0;
}

/* What nobody waits for is ignored (PROTOCOL section 2). */
static struct ab_pending *find_pending(struct ab_remote *remote, const struct ab_outbound *connection,
                                       const struct ab_text *own_id)
{
    ab_stream_id stream = connection->stream.id.number;
    struct ab_pending *pending;
    struct ab_number_node *node;
    uint64_t id;

    if (!ab_message_own_id(own_id, &id))
        return NULL;
    node = ab_numbers_find(&remote->engine->pending, number_of(stream, id));
    if (!node)
        return NULL;
    pending = AB_CONTAINER(node, struct ab_pending, node);
    return pending->stream == stream && pending->id == id ? pending : NULL; /* the peer may have made one up */
}

void ab_remote_answered(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_pending *pending = find_pending(remote, connection, message->id);

    if (!pending)
        return;
    ab_remote_expect_no_more(remote, pending);
    pending->answered(pending, message);
}

void ab_remote_progressed(struct ab_remote *remote, const struct ab_outbound *connection, struct ab_message *message)
{
    struct ab_pending *pending = find_pending(remote, connection, message->call);

    if (pending && pending->progress)
        pending->progress(pending, message);
}
