/*
 * What waits on the sockets of clients: bytes of lines that are not whole, or not taken, and bytes that have not left.
 * Counts them, and has some given up when there are too many in all: first of those that nobody needs any more, then as
 * the engine chooses. Knows nothing of who a client is.
 *
 * Invariant: whenever the lock is free, sockets.held is the sum over all accepted sockets of `input_held` and of what
 * `output`, `shared` and `pending` hold; what many share counts for each.
 */
#include "net/internal.h"
#include "net/socket.h"

/* What was written in this turn leaves in a moment, as a rule. */
size_t ab_socket_held(const struct ab_socket *socket)
{
    return socket->input_held + (socket->full ? ab_socket_output(socket) : 0);
}

static void set_input(struct ab_socket *socket, size_t size)
{
    ab_socket_let_go(socket, socket->input_held);
    ab_socket_hold(socket, size);
    socket->input_held = (unsigned)size;
}

/* One that was whole in one read never waited. */
void ab_socket_count_input(struct ab_socket *socket)
{
    size_t size = ab_reader_size(&socket->reader);

    if (!socket->accepted || size == socket->input_held || (socket->stalled && size < socket->input_held))
        return; /* decoded messages that wait are as large as what they were made of */
    ab_net_lock(socket->net);
    if (socket->state != AB_SOCKET_DEAD)
        set_input(socket, size);
    ab_net_unlock(socket->net);
}

void ab_socket_hold_nothing(struct ab_socket *socket)
{
    ab_socket_let_go(socket, socket->input_held + ab_socket_output(socket));
    socket->input_held = 0;
}

/* Those that the engine has closed, the oldest first, until the rest is no more than `most`. */
static size_t drop_lingering(struct ab_sockets *sockets, size_t held, size_t most)
{
    AB_LIST_EACH (node, &sockets->lingering) {
        struct ab_socket *socket = AB_CONTAINER(node, struct ab_socket, linger);

        if (held <= most)
            break;
        if (!socket->accepted || socket->state == AB_SOCKET_DEAD)
            continue;
        held -= ab_socket_output(socket);
        ab_socket_die(socket);
    }
    return held;
}

bool ab_sockets_relieve(struct ab_net *net)
{
    size_t most = net->limits->inbound_bytes;

    if (net->sockets.held <= most || drop_lingering(&net->sockets, net->sockets.held, most) <= most)
        return false;
    return ab_engine_crowded(net->engine, ab_net_now(net));
}
