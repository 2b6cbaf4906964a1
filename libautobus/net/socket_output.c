/*
 * The write path, connect included, and the lingering end of a socket. Any thread flushes; one at a time sends on a
 * socket, with the lock released around each system call. Knows nothing of what the bytes say.
 *
 * Invariants: bytes leave in the order in which they were written: `output` or, once that is empty, `shared`; then
 * `pending` becomes `output`. `unsent` is what that which leaves still holds whenever the lock is free; who adds to
 * `pending` while another sends leaves the bytes to that one, which does not clear its mark before it has seen them. A
 * socket that is full waits for write interest, and nobody sends before.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/internal.h"
#include "net/socket.h"

#define MOST_FLUSHED   256 /* sockets in one flush */
#define MOST_SENDS     16  /* on one socket in one flush; then the event thread goes on */
#define USUAL_MOST     65536
#define LINGER_TIME    (1 * AB_SECOND)
#define MOST_LINGERING 256

/* ---- Writing. */

/* So much was written. */
static void add_to_flush(struct ab_socket *socket, size_t size)
{
    ab_socket_hold(socket, size);
    if (size > 0 && socket->state == AB_SOCKET_OPEN && !socket->sending && !socket->full &&
        !ab_list_linked(&socket->dirty))
        ab_list_append(&socket->net->sockets.dirty, &socket->dirty);
}

int ab_socket_write(struct ab_socket *socket, const void *data, size_t size)
{
    int r;

    if (socket->failure)
        return 0; /* nobody will get it; the engine is about to hear so */
    socket->writes++;
    /* As much as went last time goes in without growing: half of what an event to one of 100 listeners took. */
    if (!socket->pending.block && !ab_buffer_reserve(&socket->pending, size > socket->usual ? size : socket->usual))
        return AB_ENOMEM;
    r = ab_buffer_append(&socket->pending, data, size);
    if (r == 0)
        add_to_flush(socket, size);
    return r;
}

/* One at a time: nearly always all that was written before has left. Half of what bursts of 64 events to each of 100
 * listeners took their publisher was memory for copies, a page at a time from the system. */
int ab_socket_share(struct ab_socket *socket, struct ab_text *text)
{
    if (socket->failure)
        return 0;
    if (socket->shared || ab_buffer_size(&socket->pending) > 0)
        return ab_socket_write(socket, text->data, text->size);
    socket->writes++;
    socket->shared = ab_text_ref(text);
    add_to_flush(socket, text->size);
    return 0;
}

size_t ab_socket_waiting(struct ab_socket *socket)
{
    size_t waiting = ab_socket_output(socket);

    if (waiting >= socket->net->sockets.behind)
        socket->behind = true;
    return waiting;
}

static void drop_shared(struct ab_socket *socket)
{
    socket->shared = ab_text_unref(socket->shared);
    socket->shared_leaves = false;
}

static AB_COLD void lose_output(struct ab_socket *socket, int reason)
{
    socket->failure = reason;
    ab_socket_let_go(socket, ab_socket_output(socket));
    socket->unsent = 0;
    drop_shared(socket);
    ab_buffer_deinit(&socket->output);
    ab_buffer_deinit(&socket->pending);
    ab_socket_want_attention(socket);
}

static void account(struct ab_socket *socket, ssize_t sent, int wrong)
{
    if (sent < 0 && wrong != EAGAIN) {
        lose_output(socket, AB_EDISCONNECTED);
        return;
    }
    if (sent > 0) {
        if (!socket->shared_leaves)
            ab_buffer_consume(&socket->output, (size_t)sent);
        socket->unsent -= (size_t)sent;
        ab_socket_let_go(socket, (size_t)sent);
        if (socket->shared_leaves && socket->unsent == 0)
            drop_shared(socket);
        if (socket->behind)
            socket->progressed = true;
        socket->behind = false;
    }
    if (socket->unsent > 0)
        socket->full = true;
    if (socket->full || socket->progressed)
        ab_socket_want_attention(socket);
}

/* What leaves next. */
static void take_next(struct ab_socket *socket)
{
    if (socket->shared) {
        socket->shared_leaves = true;
        socket->unsent = socket->shared->size;
        return;
    }
    ab_buffer_swap(&socket->output, &socket->pending);
    socket->unsent = ab_buffer_size(&socket->output);
    socket->usual = socket->unsent < USUAL_MOST ? (unsigned)socket->unsent : USUAL_MOST;
}

static const char *what_leaves(const struct ab_socket *socket)
{
    return socket->shared_leaves ? socket->shared->data + socket->shared->size - socket->unsent
                                 : ab_buffer_data(&socket->output);
}

/* Releases the lock. */
static void send_once(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;
    const char *data;
    ssize_t sent;
    size_t size;
    int wrong;

    if (socket->unsent == 0)
        take_next(socket);
    data = what_leaves(socket);
    size = socket->unsent;
    ab_net_unlock(net);
    if (ab_net_on_event_thread(net))
        net->answered = true;
    sent = socket->transform->send(socket->transform_state, socket->descriptor, data, size);
    wrong = errno;
    ab_net_lock(net);
    account(socket, sent, wrong);
}

static bool can_send(const struct ab_socket *socket)
{
    return socket->state == AB_SOCKET_OPEN && !socket->full && !socket->failure && ab_socket_output(socket) > 0;
}

bool ab_socket_send(struct ab_socket *socket)
{
    int sends = 0;

    if (socket->sending)
        return true;
    ab_socket_resume_reading(socket);
    socket->sending = true;
    while (can_send(socket) && sends++ < MOST_SENDS)
        send_once(socket);
    socket->sending = false;
    ab_buffer_trim(&socket->output, 0);
    ab_buffer_trim(&socket->pending, 0);
    if (socket->state == AB_SOCKET_DEAD || socket->closing)
        ab_socket_want_attention(socket);
    if (!can_send(socket))
        return true;
    if (!ab_list_linked(&socket->dirty))
        ab_list_append(&socket->net->sockets.dirty, &socket->dirty);
    return false;
}

/* The local socket takes the place of the one of TCP, under its number. */
static bool connect_locally(const struct ab_socket *socket)
{
    int descriptor = ab_local_connect((uint16_t)socket->peer.port);
    bool done = descriptor >= 0 && dup3(descriptor, socket->descriptor, O_CLOEXEC) >= 0;

    if (descriptor >= 0)
        close(descriptor);
    return done;
}

static bool connect_by_tcp(const struct ab_socket *socket)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)socket->peer.port), .sin_addr = {htonl(socket->peer.host)}};

    return connect(socket->descriptor, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS ||
           errno == EINTR;
}

/* Releases the lock. What comes of it is told later, as for every socket. */
static AB_COLD void start_connect(struct ab_socket *socket)
{
    const struct ab_net *net = socket->net;
    bool local = ab_settings_local_sockets(net->settings) && ab_local_knows(&net->locals, &socket->peer);
    bool failed;

    socket->sending = true;
    ab_net_unlock(net);
    local = local && connect_locally(socket);
    failed = !local && !connect_by_tcp(socket);
    ab_net_lock(net);
    socket->local = local;
    socket->sending = false;
    if (socket->state == AB_SOCKET_NEW)
        socket->state = AB_SOCKET_CONNECTING;
    if (failed)
        lose_output(socket, AB_ENETWORK);
    ab_socket_want_attention(socket);
}

bool ab_sockets_flush(struct ab_net *net)
{
    struct ab_list *node;

    for (int i = 0; i < MOST_FLUSHED && (node = ab_list_take(&net->sockets.dirty)); i++) {
        struct ab_socket *socket = AB_CONTAINER(node, struct ab_socket, dirty);

        if (socket->state == AB_SOCKET_NEW && !socket->sending)
            start_connect(socket);
        else if (!ab_socket_send(socket))
            return false;
    }
    return ab_list_empty(&net->sockets.dirty);
}

static AB_COLD void finish_connect(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;
    int wrong = 0;
    socklen_t size = sizeof(wrong);

    if (getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &wrong, &size) < 0 || wrong != 0) {
        ab_socket_fail(socket, AB_ENETWORK);
        return;
    }
    socket->state = AB_SOCKET_OPEN;
    ab_socket_want_attention(socket);
    if (ab_socket_output(socket) > 0 && !ab_list_linked(&socket->dirty))
        ab_list_append(&net->sockets.dirty, &socket->dirty);
    if (!socket->closing)
        ab_engine_connected(net->engine, ab_net_now(net), socket->id.number);
}

static void stay(struct ab_socket *socket, ab_time now);

void ab_socket_on_writable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_socket *socket = argument;
    struct ab_net *net = socket->net;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    ab_net_lock(net);
    if (socket->state == AB_SOCKET_CONNECTING) {
        finish_connect(socket);
    } else if (socket->full) {
        socket->full = false;
        socket->behind = true; /* the engine hears of it when some leaves */
        ab_socket_send(socket);
        if (!socket->behind && ab_list_linked(&socket->linger))
            stay(socket, ab_net_now(net));
        ab_socket_want_attention(socket);
    }
    ab_net_turn(net);
}

/* ---- The end: what waits leaves, and then the peer's end of input is awaited, because a close with unread input makes
 * TCP discard what was sent. */

/* From now on, it has LINGER_TIME. */
static void stay(struct ab_socket *socket, ab_time now)
{
    struct ab_sockets *sockets = &socket->net->sockets;

    if (ab_list_linked(&socket->linger))
        ab_list_remove(&socket->linger);
    else
        sockets->lingering_count++;
    ab_list_append(&sockets->lingering, &socket->linger);
    socket->linger_until = now + LINGER_TIME;
    if (!evtimer_pending(sockets->linger_timer, NULL))
        ab_net_start_timer(socket->net, sockets->linger_timer, LINGER_TIME);
}

static void drop_oldest(struct ab_sockets *sockets)
{
    struct ab_socket *oldest = AB_CONTAINER(sockets->lingering.next, struct ab_socket, linger);

    ab_socket_die(oldest);
    ab_socket_leave_linger(oldest); /* at once, so that the next is another */
}

AB_COLD void ab_socket_linger(struct ab_socket *socket)
{
    struct ab_sockets *sockets = &socket->net->sockets;

    if (!ab_list_linked(&socket->linger)) {
        ab_socket_drop_input(socket);
        ab_reader_deinit(&socket->reader);
        ab_socket_let_go(socket, socket->input_held);
        socket->input_held = 0;
        stay(socket, ab_net_now(socket->net));
        if (sockets->lingering_count > MOST_LINGERING)
            drop_oldest(sockets);
    }
    if (socket->state != AB_SOCKET_OPEN || socket->sending || ab_socket_output(socket) > 0)
        return;
    if (socket->ended) {
        ab_socket_die(socket);
    } else if (!socket->shut) {
        socket->shut = true;
        shutdown(socket->descriptor, SHUT_WR);
        stay(socket, ab_net_now(socket->net));
    }
}

void ab_socket_leave_linger(struct ab_socket *socket)
{
    if (!ab_list_linked(&socket->linger))
        return;
    ab_list_remove(&socket->linger);
    socket->net->sockets.lingering_count--;
}

void ab_sockets_on_linger_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    ab_time now;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    ab_net_lock(net);
    now = ab_net_now(net);
    AB_LIST_EACH (node, &net->sockets.lingering) {
        struct ab_socket *socket = AB_CONTAINER(node, struct ab_socket, linger);

        if (socket->linger_until > now) {
            ab_net_start_timer(net, net->sockets.linger_timer, socket->linger_until - now);
            break;
        }
        ab_socket_die(socket);
    }
    ab_net_unlock(net);
}
