/*
 * Owns the table of sockets, each one's life, and its interest in the loop. Knows neither framing nor how bytes leave.
 *
 * Invariants: a socket is in the map until it is freed, and found there as long as the engine may name it; it is
 * freed on the event thread with its marks clear; whatever another thread changes that concerns the loop, it puts the
 * socket on the attention list, and the event thread makes the loop's interest what the state asks for.
 */
#include "net/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/internal.h"

/* ---- The table. */

/* The least at which the engine holds anything back: values, what it reads, calls (core/engine.h). It reads on at half of
 * what made it pause. */
static size_t least_behind(const struct ab_limits *limits)
{
    size_t least = limits->output_pause / 2;

    if (limits->output_values < least)
        least = limits->output_values;
    return limits->output_close < least ? limits->output_close : least;
}

int ab_sockets_init(struct ab_sockets *sockets, struct ab_net *net)
{
    const struct ab_limits *limits = net->limits;

    ab_numbers_init(&sockets->by_id);
    ab_list_init(&sockets->dirty);
    ab_list_init(&sockets->attention);
    ab_list_init(&sockets->resting);
    ab_list_init(&sockets->lingering);
    sockets->behind = least_behind(limits);
    sockets->linger_timer = evtimer_new(net->base, ab_sockets_on_linger_timer, net);
    return sockets->linger_timer ? 0 : AB_ENOMEM;
}

struct ab_socket *ab_sockets_find(struct ab_sockets *sockets, ab_stream_id id)
{
    struct ab_number_node *node;
    struct ab_socket *socket;

    if (sockets->recent && sockets->recent->id.number == id)
        return sockets->recent;
    node = ab_numbers_find(&sockets->by_id, id);
    if (!node)
        return NULL;
    socket = AB_CONTAINER(node, struct ab_socket, id);
    if (socket->forgotten)
        return NULL;
    sockets->recent = socket;
    return socket;
}

bool ab_sockets_settled(const struct ab_sockets *sockets)
{
    AB_NUMBERS_EACH (node, &sockets->by_id) {
        const struct ab_socket *socket = AB_CONTAINER(node, struct ab_socket, id);

        if (socket->state == AB_SOCKET_DEAD || socket->failure)
            continue;
        if (socket->closing || ab_socket_output(socket) > 0)
            return false;
    }
    return true;
}

/* ---- The life of one. */

struct ab_socket *ab_socket_new(struct ab_net *net, int descriptor, const struct ab_address *peer, bool accepted)
{
    struct ab_socket *socket = ab_calloc(1, sizeof(*socket));

    if (!socket)
        return NULL;
    socket->net = net;
    socket->descriptor = descriptor;
    socket->nudge = -1;
    socket->peer = *peer;
    socket->accepted = accepted;
    socket->transform = &ab_transform_identity;
    socket->state = accepted ? AB_SOCKET_OPEN : AB_SOCKET_NEW;
    ab_reader_init(&socket->reader, net->limits, accepted);
    ab_list_init(&socket->dirty);
    ab_list_init(&socket->attention);
    ab_list_init(&socket->linger);
    ab_list_init(&socket->resting);
    ab_numbers_insert(&net->sockets.by_id, &socket->id, ++net->sockets.last);
    ab_list_append(accepted ? &net->sockets.attention : &net->sockets.dirty,
                   accepted ? &socket->attention : &socket->dirty);
    return socket;
}

static void forget(struct ab_socket *socket)
{
    struct ab_sockets *sockets = &socket->net->sockets;

    socket->forgotten = true;
    if (sockets->recent == socket)
        sockets->recent = NULL;
}

/* The event thread, or nobody else is there. */
static void destroy(struct ab_socket *socket)
{
    ab_lookout_leave(socket);
    close(socket->descriptor);
    if (socket->nudge >= 0)
        close(socket->nudge);
    forget(socket);
    ab_socket_leave_linger(socket);
    ab_socket_hold_nothing(socket);
    ab_numbers_remove(&socket->net->sockets.by_id, &socket->id);
    ab_list_remove(&socket->dirty);
    ab_list_remove(&socket->attention);
    ab_list_remove(&socket->resting);
    ab_socket_drop_input(socket);
    ab_reader_deinit(&socket->reader);
    ab_buffer_deinit(&socket->pending);
    ab_text_unref(socket->shared);
    ab_buffer_deinit(&socket->output);
    ab_free(socket);
}

void ab_sockets_deinit(struct ab_sockets *sockets)
{
    AB_NUMBERS_EACH (node, &sockets->by_id) {
        destroy(AB_CONTAINER(node, struct ab_socket, id));
    }
    if (sockets->linger_timer)
        event_free(sockets->linger_timer);
    sockets->linger_timer = NULL;
    ab_numbers_deinit(&sockets->by_id);
}

void ab_socket_want_attention(struct ab_socket *socket)
{
    if (!ab_list_linked(&socket->attention))
        ab_list_append(&socket->net->sockets.attention, &socket->attention);
}

void ab_socket_die(struct ab_socket *socket)
{
    if (socket->state == AB_SOCKET_DEAD)
        return;
    forget(socket);
    socket->state = AB_SOCKET_DEAD;
    /* The one inside a system call comes out, and then the descriptor can go. */
    if (socket->sending)
        shutdown(socket->descriptor, SHUT_RDWR);
    ab_socket_want_attention(socket);
}

AB_COLD bool ab_socket_fail(struct ab_socket *socket, int reason)
{
    bool told = socket->state != AB_SOCKET_DEAD && !socket->closing;

    ab_socket_die(socket);
    if (told)
        ab_engine_closed(socket->net->engine, ab_net_now(socket->net), socket->id.number, reason);
    return told;
}

/* ---- What the engine asks for. */

void ab_socket_pause(struct ab_socket *socket, bool paused)
{
    if (socket->paused == paused)
        return;
    socket->paused = paused;
    ab_socket_want_attention(socket);
}

void ab_socket_close(struct ab_socket *socket, enum ab_close_mode mode)
{
    bool connected = socket->state == AB_SOCKET_OPEN;

    if (mode == AB_CLOSE_NOW || socket->failure || (!connected && ab_socket_output(socket) == 0)) {
        ab_socket_die(socket);
        return;
    }
    forget(socket);
    socket->closing = true;
    ab_socket_want_attention(socket);
}

/* ---- The event thread's attention. */

/* Makes the loop's interest what the state asks for. False: no memory. */
static bool arm(struct ab_socket *socket)
{
    bool open = socket->state == AB_SOCKET_OPEN;
    bool loop = socket->reading == AB_READING_LOOP;
    bool read = open && loop && !socket->ended && (socket->closing || !socket->paused);
    bool write = socket->state == AB_SOCKET_CONNECTING || (open && socket->full);

    return ab_lookout_set(socket, read, write);
}

/* Nothing can leave any more. What came before may explain it, so the input is read to its end first. */
static bool attend_failure(struct ab_socket *socket)
{
    socket->failing = socket->failure;
    if (socket->state == AB_SOCKET_OPEN && !socket->closing && !socket->paused && !socket->ended &&
        ab_lookout_prod(socket))
        return false;
    return ab_socket_fail(socket, socket->failure);
}

static bool attend(struct ab_socket *socket)
{
    bool over = socket->state == AB_SOCKET_DEAD || socket->failure || socket->closing;
    bool ours = !over || ab_socket_recall_reading(socket);
    bool entered = !arm(socket) && ab_socket_fail(socket, AB_ENOMEM);

    if (!ours) /* but its interest has left the loop: the two must not read at once */
        return entered;
    if (socket->failure && socket->state != AB_SOCKET_DEAD)
        entered |= attend_failure(socket);
    if (socket->progressed && socket->state == AB_SOCKET_OPEN && !socket->closing) {
        socket->progressed = false;
        ab_engine_progress(socket->net->engine, ab_net_now(socket->net), socket->id.number);
        entered = true;
    }
    if (socket->closing && socket->state != AB_SOCKET_DEAD)
        ab_socket_linger(socket);
    else if (socket->reading == AB_READING_LOOP && socket->stalled && socket->state == AB_SOCKET_OPEN &&
             !socket->paused)
        ab_lookout_prod(socket);
    if (socket->state == AB_SOCKET_DEAD && !socket->sending)
        destroy(socket);
    return entered;
}

bool ab_sockets_attend(struct ab_net *net)
{
    bool entered = false;
    struct ab_list now;
    struct ab_list *node;

    ab_list_init(&now); /* those that ask again meanwhile come next time */
    ab_list_splice(&now, &net->sockets.attention);
    while ((node = ab_list_take(&now)))
        entered |= attend(AB_CONTAINER(node, struct ab_socket, attention));
    entered |= ab_sockets_relieve(net);
    return entered;
}
