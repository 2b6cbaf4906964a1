/*
 * Owns what a remote awaits: which answer belongs to which command it sent. Must not know what was asked.
 */
#include "core/remote_internal.h"

void ab_remote_expect(struct ab_remote *remote, struct ab_pending *pending, uint64_t id)
{
    pending->key = (struct ab_pending_key){remote->bound->stream.id.number, id};
    ab_map_insert(&remote->engine->pending, &pending->node, &pending->key, sizeof(pending->key));
}

void ab_remote_expect_no_more(struct ab_remote *remote, struct ab_pending *pending)
{
    if (pending->key.id)
        ab_map_remove(&remote->engine->pending, &pending->node);
    pending->key.id = 0;
}

/* What nobody waits for is ignored (PROTOCOL section 2). */
static struct ab_pending *find_pending(struct ab_remote *remote, const struct ab_outbound *connection,
                                       const struct ab_text *own_id)
{
    struct ab_pending_key key = {.stream = connection->stream.id.number};
    struct ab_map_node *node;

    if (!ab_message_own_id(own_id, &key.id))
        return NULL;
    node = ab_map_find(&remote->engine->pending, &key, sizeof(key));
    return node ? AB_CONTAINER(node, struct ab_pending, node) : NULL;
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
