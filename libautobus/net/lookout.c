/*
 * Owns which sockets have an event of their own, and the epoll set for all else. Knows nothing of what is read.
 *
 * An event of libevent's takes 184 bytes with what libevent keeps for a descriptor, which was a fifth of what a connection
 * at rest held; the set takes a system call more for each time that something in it is ready (0.5 us, where a small call
 * takes 16). So a socket is idle to begin with, becomes lively when something came twice within a second, and is idle
 * again when less than one in a second came over 5 s or more. That is looked at when the alarm goes off anyway: a timer of
 * libevent's would give each wait a time to end, which costs as much as the set. That it can be written is waited for in
 * a connect and after a full socket, which is rare, and always in the set.
 *
 * Invariants: `in_set` is what the set looks for; a socket's own event is added exactly while it is `alone`. Sockets are
 * freed between two rounds of the loop alone, so that what the set tells of is still there.
 */
#include "net/lookout.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/internal.h"
#include "net/socket.h"

#define MOST_AT_ONCE 64
#define REVIEW       (5 * AB_SECOND)
#define PLENTY       (AB_TIME_NEVER / 2)

struct ab_lively {
    struct ab_list node; /* in lookout->lively */
    struct ab_socket *socket;
    struct event *event;
    ab_time reads; /* since the last review, PLENTY: so that it stays at the next */
};

/* ---- Lively or idle */

static bool enliven(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;
    struct ab_lively *lively;

    if (socket->watched.lively)
        return true;
    lively = ab_calloc(1, sizeof(*lively));
    if (!lively)
        return false;
    lively->event = event_new(net->base, socket->descriptor, EV_READ | EV_PERSIST, ab_socket_on_readable, socket);
    if (!lively->event) {
        ab_free(lively);
        return false;
    }
    lively->socket = socket;
    lively->reads = PLENTY;
    ab_list_append(&net->lookout.lively, &lively->node);
    socket->watched.lively = lively;
    return true;
}

static void calm(struct ab_socket *socket)
{
    struct ab_lively *lively = socket->watched.lively;

    if (!lively)
        return;
    socket->watched.alone = false;
    socket->watched.second = 0; /* what made it lively is not counted once more */
    socket->watched.lively = NULL;
    ab_list_remove(&lively->node);
    event_free(lively->event);
    ab_free(lively);
}

void ab_lookout_review(struct ab_lookout *lookout, ab_time now)
{
    ab_time passed = now - lookout->reviewed;

    if (passed < REVIEW)
        return;
    lookout->reviewed = now;
    AB_LIST_EACH_SAFE (each, &lookout->lively) {
        struct ab_lively *lively = AB_CONTAINER(each, struct ab_lively, node);
        struct ab_socket *socket = lively->socket;
        bool idle = lively->reads < passed / AB_SECOND;

        lively->reads = 0;
        if (idle) {
            calm(socket);
            ab_socket_want_attention(socket);
        }
    }
}

/* ---- What is ready */

static void stir(struct ab_socket *socket)
{
    struct ab_net *net = socket->net;
    unsigned second = (unsigned)(ab_net_now(net) / AB_SECOND);

    if (socket->watched.second == second && enliven(socket)) {
        ab_net_lock(net);
        ab_socket_want_attention(socket);
        ab_net_unlock(net);
    }
    socket->watched.second = second;
    ab_socket_on_readable(socket->descriptor, EV_READ, socket);
}

/* A socket that is over is ready for all that is looked for; who reads or writes finds out. */
static void on_ready(struct ab_socket *socket, unsigned what)
{
    if (what & (EPOLLERR | EPOLLHUP))
        what = EPOLLIN | EPOLLOUT;
    what &= socket->watched.in_set;
    if (what & EPOLLIN)
        stir(socket);
    if (what & EPOLLOUT)
        ab_socket_on_writable(socket->descriptor, EV_WRITE, socket);
}

/* What there is more than that comes in the next round. */
static void on_set(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    struct epoll_event ready[MOST_AT_ONCE];
    int count = epoll_wait((int)descriptor, ready, MOST_AT_ONCE, 0);

    (void)what;
    ab_waker_awake(&net->waker);
    for (int i = 0; i < count; i++)
        on_ready(ready[i].data.ptr, ready[i].events);
}

void ab_lookout_read(struct ab_socket *socket)
{
    if (socket->watched.lively)
        socket->watched.lively->reads++;
}

bool ab_lookout_prod(struct ab_socket *socket)
{
    if (!enliven(socket))
        return false;
    socket->watched.lively->reads = PLENTY; /* or the event could go before it comes */
    event_active(socket->watched.lively->event, EV_READ, 1);
    return true;
}

/* ---- What is wanted */

static bool set_in_set(struct ab_socket *socket, unsigned wanted)
{
    struct epoll_event what = {.events = wanted, .data.ptr = socket};
    unsigned old = socket->watched.in_set;
    int change = !old ? EPOLL_CTL_ADD : wanted ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

    if (wanted == old)
        return true;
    if (epoll_ctl(socket->net->lookout.descriptor, change, socket->descriptor, &what) < 0)
        return false;
    socket->watched.in_set = wanted;
    return true;
}

static bool set_alone(struct ab_socket *socket, bool wanted)
{
    if (wanted == socket->watched.alone)
        return true;
    if (!wanted)
        event_del(socket->watched.lively->event);
    else if (event_add(socket->watched.lively->event, NULL) < 0)
        return false;
    socket->watched.alone = wanted;
    return true;
}

bool ab_lookout_set(struct ab_socket *socket, bool read, bool write)
{
    bool alone = read && socket->watched.lively;
    unsigned in_set = (read && !alone ? EPOLLIN : 0) | (write ? EPOLLOUT : 0);

    return set_in_set(socket, in_set) && set_alone(socket, alone);
}

/* A descriptor that a child of the program's has too would stay in the set after it is closed here. */
void ab_lookout_leave(struct ab_socket *socket)
{
    set_in_set(socket, 0);
    calm(socket);
}

/* ---- Life */

int ab_lookout_init(struct ab_lookout *lookout, struct ab_net *net)
{
    ab_list_init(&lookout->lively);
    lookout->descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (lookout->descriptor < 0)
        return AB_ENETWORK;
    lookout->event = event_new(net->base, lookout->descriptor, EV_READ | EV_PERSIST, on_set, net);
    return lookout->event && event_add(lookout->event, NULL) == 0 ? 0 : AB_ENOMEM;
}

void ab_lookout_deinit(struct ab_lookout *lookout)
{
    if (lookout->event)
        event_free(lookout->event);
    if (lookout->descriptor >= 0)
        close(lookout->descriptor);
}
