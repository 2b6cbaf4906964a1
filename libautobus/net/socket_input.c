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
#include "base/memory.h"
#include "net/internal.h"
#include "net/socket.h"
#include "wire/message.h"

/* What they hold is little enough for the allocator's caches, which have 7 blocks of a size. */
#define MOST_AT_ONCE 3
#define READ_LEAST   4096

/* One block for all that a read brings: it is empty again once the engine has taken what was in it. */
struct ab_batch {
    unsigned next, count;
    struct ab_message messages[MOST_AT_ONCE];
};

static bool is_empty(const struct ab_batch *batch)
{
    return batch->next == batch->count;
}

void ab_socket_drop_input(struct ab_socket *socket)
{
    struct ab_batch *batch = socket->batch;

    while (batch && !is_empty(batch))
        ab_message_deinit(&batch->messages[batch->next++]);
    ab_free(batch);
    socket->batch = NULL;
    socket->stalled = false;
}

static bool listens(const struct ab_socket *socket)
{
    return socket->state == AB_SOCKET_OPEN && !socket->closing;
}

static AB_COLD void fail(struct ab_socket *socket, int reason)
{
    ab_net_lock(socket->net);
    ab_socket_fail(socket, reason);
    ab_net_turn(socket->net);
}

/* Decodes up to as many as go over at once. AB_ENOMEM. */
static int decode(struct ab_reader *reader, struct ab_batch *batch)
{
    int r = 1;

    batch->next = batch->count = 0;
    while (batch->count < MOST_AT_ONCE && (r = ab_reader_next(reader, &batch->messages[batch->count])) > 0)
        batch->count++;
    return r < 0 ? r : 0;
}

/* Hands over what was decoded. True: the engine took all of it and wants more. */
static bool deliver(struct ab_socket *socket, struct ab_batch *batch)
{
    struct ab_net *net = socket->net;
    ab_time now = ab_net_on_event_thread(net) ? ab_watch_look(&net->watch) : ab_net_now(net);
    bool more;

    ab_net_lock(net);
    net->sockets.received += socket->received;
    socket->received = 0;
    while (listens(socket) && !socket->paused && !is_empty(batch))
        ab_engine_message(net->engine, now, socket->id.number, &batch->messages[batch->next++]);
    more = listens(socket) && !socket->paused;
    socket->offered = socket->eager;
    socket->writes_offered = socket->writes;
    net->driver->interlude(net->context);
    return more;
}

/* The batch that was not empty yet, or another. NULL: no memory. */
static struct ab_batch *take_batch(struct ab_socket *socket)
{
    if (!socket->batch) {
        socket->batch = ab_malloc(sizeof(*socket->batch));
        if (socket->batch)
            socket->batch->next = socket->batch->count = 0;
    }
    return socket->batch;
}

/* 0: the engine has taken all that can be decoded; 1: it does not want more now or ever; AB_ENOMEM. */
static int hand_over(struct ab_socket *socket, struct ab_batch *batch)
{
    for (;;) {
        int r = is_empty(batch) ? decode(&socket->reader, batch) : 0;

        if (is_empty(batch))
            return r;
        if (!deliver(socket, batch))
            return 1;
        if (r < 0)
            return r;
    }
}

/* All that is decoded or can be. False: the engine does not want it now or any more, or the socket has failed. */
static bool drain(struct ab_socket *socket)
{
    struct ab_batch *batch = take_batch(socket);
    int r;

    socket->stalled = true;
    r = batch ? hand_over(socket, batch) : AB_ENOMEM;
    if (r == 0)
        ab_socket_drop_input(socket);
    else if (r < 0)
        fail(socket, r);
    return r == 0;
}

static AB_COLD void tell_end(struct ab_socket *socket)
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
static AB_COLD void drop_rest(struct ab_socket *socket)
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
