/*
 * Owns connections of a remote that are bound no more because their service closes, for as long as answers to calls are
 * awaited over them: the service gives its handlers a second (PROTOCOL section 2, Extensions, closing). Must not know
 * where the remote goes meanwhile.
 *
 * Invariant: a connection in remote->leaving has calls.
 */
#include "core/multiple_internal.h"
#include "core/remote_internal.h"

/* Values and events are nobody's by now: what was watched and listened to is so elsewhere. */
static void on_message(struct ab_outbound *connection, struct ab_message *message)
{
    if (message->type == AB_MESSAGE_RESPONSE)
        ab_remote_answered(connection->owner, connection, message);
    else if (message->command == AB_COMMAND_PROGRESS)
        ab_remote_progressed(connection->owner, connection, message);
}

static void review(struct ab_remote *remote)
{
    if (remote->member)
        ab_member_lost(remote->member);
}

static void on_lost(struct ab_outbound *connection, const struct ab_outbound_loss *loss)
{
    struct ab_remote *remote = connection->owner;

    ab_calls_lost(remote, connection, loss);
    review(remote);
}

static const struct ab_outbound_ops leaving_ops = {
    .message = on_message,
    .lost = on_lost,
};

void ab_leaving_begin(struct ab_remote *remote, struct ab_outbound *connection)
{
    connection->ops = &leaving_ops;
    if (connection->calls > 0)
        ab_list_append(&remote->leaving, &connection->leaving_node);
    else
        ab_outbound_close(connection, AB_CLOSE_FLUSH);
}

void ab_leaving_settle(struct ab_outbound *connection)
{
    if (connection->calls > 0 || !ab_list_linked(&connection->leaving_node))
        return;
    ab_outbound_close(connection, AB_CLOSE_FLUSH);
    review(connection->owner);
}
