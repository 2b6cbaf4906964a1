/*
 * The read path: bytes to messages without the lock, messages to the engine with it, a few in one hold. Runs on
 * the thread that reads. Knows nothing of what a message says.
 *
 * Invariant: every byte that was read becomes a message that the engine takes, in order, or goes with the socket. A
 * pause keeps decoded messages here (an engine that is over its limit of output must not get more commands), and
 * nothing is read before they are taken.
 */
#include <errno.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/internal.h"
#include "net/socket.h"
#include "wire/message.h"

/* What comes of so many is little enough for the allocator's caches, which hold 7 blocks of a size. */
#define MOST_AT_ONCE 3
#define READ_LEAST   4096

void ab_socket_drop_input(struct ab_socket *socket)
{
    struct ab_list *node;

    while ((node = ab_list_take(&socket->backlog)))
        ab_message_free(AB_CONTAINER(node, struct ab_message, node));
    socket->stalled = false;
}

static bool listens(const struct ab_socket *socket)
{
    return socket->state == AB_SOCKET_OPEN && !socket->closing;
}

static void fail(struct ab_socket *socket, int reason)
{
    ab_net_lock(socket->net);
    ab_socket_fail(socket, reason);
    ab_net_turn(socket->net);
}

/* Decodes up to as many as go over at once. AB_ENOMEM. */
static int decode(struct ab_socket *socket)
{
    struct ab_message *message;
    int r = 0;

    for (int i = 0; i < MOST_AT_ONCE; i++) {
        r = ab_reader_next(&socket->reader, &message);
        if (r <= 0)
            break;
        ab_list_append(&socket->backlog, &message->node);
    }
    return r < 0 ? r : 0;
}

/* Hands over what was decoded. True: the engine took all of it and wants more. */
static bool deliver(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;
    ab_time now = ab_net_now(net);
    struct ab_list *node;
    bool more;

    ab_net_lock(net);
    net->sockets.received += socket->received;
    socket->received = 0;
    while (listens(socket) && !socket->paused && (node = ab_list_take(&socket->backlog)))
        ab_engine_message(net->engine, now, socket->id.number, AB_CONTAINER(node, struct ab_message, node));
    more = listens(socket) && !socket->paused;
    socket->offered = socket->eager;
    socket->writes_offered = socket->writes;
    net->driver->interlude(net->context);
    return more;
}

/* All that is decoded or can be. False: the engine does not want it now or any more, or the socket has failed. */
static bool drain(struct ab_socket *socket)
{
    socket->stalled = true;
    for (;;) {
        int r = ab_list_empty(&socket->backlog) ? decode(socket) : 0;

        if (ab_list_empty(&socket->backlog) && r == 0)
            break;
        if (!ab_list_empty(&socket->backlog) && !deliver(socket))
            return false;
        if (r < 0) {
            fail(socket, r);
            return false;
        }
    }
    socket->stalled = false;
    return true;
}

static void tell_end(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;

    ab_net_lock(net);
    socket->told_end = true;
    if (socket->failure)
        ab_socket_fail(socket, socket->failure);
    else if (listens(socket))
        ab_engine_input_ended(net->engine, ab_net_now(net), socket->id.number);
    ab_socket_want_attention(socket); /* no more read interest */
    ab_net_turn(net);
}

/* Into `room`, which is the reader's. */
static void read_into(struct ab_socket *socket, char *room, size_t size)
{
    ssize_t count;

    size = size < AB_SOCKET_READ_MOST ? size : AB_SOCKET_READ_MOST;
    count = socket->transform->receive(socket->transform_state, socket->descriptor, room, size);
    if (count < 0 && (errno == EAGAIN)) {
        if (socket->failing)
            fail(socket, socket->failing);
    } else if (count < 0) {
        fail(socket, AB_EDISCONNECTED);
    } else {
        socket->greedy = (size_t)count == size;
        if (count > 0) {
            socket->received += (size_t)count;
            ab_reader_commit(&socket->reader, (size_t)count);
        } else {
            socket->ended = true;
            ab_reader_finish(&socket->reader);
        }
        drain(socket);
    }
}

/* A line that is whole within one read, as nearly all are, needs no memory of the socket's own. */
static void read_some(struct ab_socket *socket, struct ab_buffer *lent)
{
    bool borrowed = ab_reader_borrow(&socket->reader, lent);
    size_t least = socket->greedy ? AB_SOCKET_READ_MOST : READ_LEAST, size = 0;
    char *room = ab_reader_reserve(&socket->reader, borrowed ? 1 : least, &size);

    if (room)
        read_into(socket, room, size);
    if (!room || (borrowed && ab_reader_give_back(&socket->reader, lent) < 0))
        fail(socket, AB_ENOMEM);
    ab_reader_trim(&socket->reader);
}

/* The engine has closed it: what comes is dropped, and its end is what was waited for. */
static void drop_rest(struct ab_socket *socket)
{
    char scrap[16384];
    ssize_t count = 1;

    for (size_t total = 0; count > 0 && total < AB_SOCKET_READ_MOST; total += (size_t)count)
        count = recv(socket->descriptor, scrap, sizeof(scrap), MSG_DONTWAIT);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    socket->ended = true;
    ab_net_lock(socket->net);
    if (count < 0)
        ab_socket_die(socket);
    ab_socket_want_attention(socket);
    ab_net_unlock(socket->net);
}

void ab_socket_on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_socket *socket = argument;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&socket->net->waker);
    if (ab_list_linked(&socket->linger)) {
        drop_rest(socket);
        return;
    }
    ab_lookout_read(socket);
    ab_socket_read(socket, &socket->net->input);
    ab_socket_count_input(socket);
    if (socket->offered)
        ab_socket_offer_reading(socket);
}

void ab_socket_read(struct ab_socket *socket, struct ab_buffer *lent)
{
    if (socket->stalled && !drain(socket))
        return;
    if (!socket->ended)
        read_some(socket, lent);
    if (socket->ended && !socket->stalled && !socket->told_end)
        tell_end(socket);
}
