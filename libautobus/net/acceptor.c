/*
 * Owns the listening socket. Knows nothing of what a connection is for; how many there may be is the engine's to say.
 *
 * Invariants: a descriptor in the loop is closed by the event thread alone, after it has left the loop; what was
 * accepted on a socket that is listened on no more is closed; no failure of accept makes the loop spin.
 */
#include "net/acceptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/descriptor.h"
#include "net/internal.h"

#define MOST_AT_ONCE 64
#define BACKLOG      512
#define REST         (100 * AB_MILLISECOND) /* after a failure to accept */
#define RETRY        (1 * AB_SECOND)        /* after a failure to listen */
#define KEEP_ALIVE   (26 * AB_SECOND)       /* of a peer that confirms nothing */
#define CLAIM_AGAIN  (12 * AB_SECOND)       /* while another bus has the first port */
#define CLAIM_SOON   (50 * AB_MILLISECOND)  /* when a bus said goodbye: its sockets are about to close */

/* ---- The socket. */

/* The descriptor, or -1 with errno. */
static int open_at(uint32_t host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(host)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (descriptor < 0)
        return -1;
    /* An address that the settings name may come only later. */
    if (host != INADDR_ANY)
        setsockopt(descriptor, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    return ab_descriptor_give_up(descriptor);
}

/* The first free port, beginning with `preferred` unless that is 0. The descriptor, or -1 with errno. */
static int open_first(const struct ab_settings *settings, uint32_t host, uint16_t preferred)
{
    uint16_t first;
    uint16_t last;
    int descriptor = -1;

    if (preferred)
        descriptor = open_at(host, preferred);
    ab_settings_ports(settings, &first, &last);
    for (unsigned port = first; descriptor < 0 && port <= last; port++) {
        descriptor = open_at(host, (uint16_t)port);
        if (descriptor < 0 && errno != EADDRINUSE && errno != EACCES)
            return -1;
    }
    return descriptor >= 0 ? descriptor : open_at(host, 0);
}

static uint32_t wanted_host(const struct ab_net *net)
{
    uint32_t host = ab_settings_bind_host(net->settings);

    if (host)
        return host;
    return ab_interfaces_loopback_alone(&net->interfaces) ? INADDR_LOOPBACK : INADDR_ANY;
}

static uint16_t port_of(int descriptor)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);

    getsockname(descriptor, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

static uint16_t first_port(const struct ab_net *net)
{
    uint16_t first;
    uint16_t last;

    ab_settings_ports(net->settings, &first, &last);
    return first;
}

/* The first port at all addresses, or, if another bus has it at some (one that stays on loopback), at the first of our
 * own where it is free. */
static int open_claimed(const struct ab_net *net, uint32_t *host)
{
    const struct ab_interfaces *interfaces = &net->interfaces;
    int descriptor = open_at(*host, first_port(net));

    if (*host != INADDR_ANY)
        return descriptor;
    for (size_t i = 0; descriptor < 0 && errno == EADDRINUSE && i < interfaces->count; i++) {
        const struct ab_interface *own = &interfaces->table[i];

        if (own->loopback || !own->allowed || !own->up || !own->address)
            continue;
        descriptor = open_at(own->address, first_port(net));
        if (descriptor >= 0)
            *host = own->address;
    }
    return descriptor;
}

/* The descriptor, or -1 with errno. */
static int open_kind(const struct ab_acceptor *acceptor, uint32_t *host)
{
    const struct ab_net *net = acceptor->net;

    switch (acceptor->kind) {
    case AB_ACCEPTOR_CLAIM: return open_claimed(net, host);
    case AB_ACCEPTOR_LOCAL: return ab_local_listen(net->acceptor.port, BACKLOG);
    case AB_ACCEPTOR_OWN: break;
    }
    return open_first(net->settings, *host, acceptor->port);
}

/* 0, or AB_ENETWORK with errno. */
static int open_wanted(struct ab_acceptor *acceptor)
{
    const struct ab_net *net = acceptor->net;
    uint32_t host = wanted_host(net);
    int descriptor = open_kind(acceptor, &host);

    if (descriptor < 0)
        return AB_ENETWORK;
    acceptor->descriptor = descriptor;
    acceptor->host = host;
    acceptor->port = acceptor->kind == AB_ACCEPTOR_LOCAL ? net->acceptor.port : port_of(descriptor);
    acceptor->attention = true;
    return 0;
}

int ab_acceptor_listen(struct ab_acceptor *acceptor, uint16_t *ret_port)
{
    int r = acceptor->descriptor >= 0 ? 0 : open_wanted(acceptor);

    if (r < 0)
        return r;
    acceptor->wanted = true;
    *ret_port = acceptor->port;
    return 0;
}

/* The event thread closes what is in its loop. */
static void give_up(struct ab_acceptor *acceptor)
{
    if (acceptor->descriptor >= 0 && acceptor->descriptor != acceptor->served)
        close(acceptor->descriptor);
    else if (acceptor->descriptor >= 0)
        shutdown(acceptor->descriptor, SHUT_RDWR); /* refuses at once, and frees the port */
    acceptor->descriptor = -1;
    acceptor->attention = true;
}

void ab_acceptor_unlisten(struct ab_acceptor *acceptor)
{
    acceptor->wanted = false;
    give_up(acceptor);
}

/* What cannot be had now is tried again. */
void ab_acceptor_listen_locally(struct ab_acceptor *acceptor)
{
    const struct ab_settings *settings = acceptor->net->settings;
    uint32_t bound = ab_settings_bind_host(settings);

    if (!ab_settings_local_sockets(settings) || (bound != 0 && bound != INADDR_LOOPBACK))
        return;
    acceptor->wanted = true;
    if (acceptor->descriptor < 0 && open_wanted(acceptor) < 0)
        acceptor->attention = true;
}

bool ab_acceptor_is_listening(const struct ab_acceptor *acceptor)
{
    return acceptor->wanted && acceptor->descriptor >= 0;
}

void ab_acceptor_claim(struct ab_acceptor *acceptor)
{
    acceptor->wanted = true;
    acceptor->attention = true;
}

void ab_acceptor_hurry(struct ab_acceptor *acceptor)
{
    if (!acceptor->wanted || acceptor->descriptor >= 0)
        return;
    acceptor->hurried = true;
    acceptor->attention = true;
}

void ab_acceptor_network_changed(struct ab_acceptor *acceptor)
{
    acceptor->attention = true;
    acceptor->moved = true;
}

/* ---- Accepting. */

static void rest(struct ab_acceptor *acceptor, ab_time time)
{
    if (acceptor->event)
        event_del(acceptor->event);
    ab_net_start_timer(acceptor->net, acceptor->timer, time);
}

static void open_reserve(struct ab_acceptor *acceptor)
{
    if (acceptor->reserve < 0)
        acceptor->reserve = fcntl(acceptor->net->waker.descriptor, F_DUPFD_CLOEXEC, 0);
}

/* There is no descriptor for the one that waits: with the reserve it is at least refused and not left hanging. */
static void refuse_one(struct ab_acceptor *acceptor)
{
    int descriptor;

    if (acceptor->reserve < 0)
        return;
    close(acceptor->reserve);
    acceptor->reserve = -1;
    descriptor = accept4(acceptor->served, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0)
        close(descriptor);
    open_reserve(acceptor);
}

static void cannot_accept(struct ab_acceptor *acceptor, int wrong)
{
    if (wrong == EMFILE || wrong == ENFILE)
        refuse_one(acceptor);
    ab_net_complain(acceptor->net, &acceptor->told, AB_LOG_WARNING, "a connection cannot be accepted: %s",
                    strerror(wrong));
    rest(acceptor, REST);
}

/* What came to an address of an interface that the settings exclude is not for us. */
static bool is_ours(const struct ab_net *net, int descriptor)
{
    struct sockaddr_in local = {0};
    socklen_t size = sizeof(local);

    if (getsockname(descriptor, (struct sockaddr *)&local, &size) < 0)
        return false;
    return ab_settings_bind_host(net->settings) != 0 ||
           !ab_interfaces_excluded(&net->interfaces, ntohl(local.sin_addr.s_addr));
}

/* The engine pings those that answer it (PROTOCOL section 2, extensions). The others are left to the system, which asks
 * after as much silence, so that one that is gone without a word is found within half a minute too. */
static void keep_alive(int descriptor)
{
    const int on = 1, idle = 18, interval = 3;             /* seconds */
    const unsigned patience = KEEP_ALIVE / AB_MILLISECOND; /* also with what was sent and not confirmed */

    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

/* Lock held. */
static bool adopt(struct ab_net *net, int descriptor, const struct ab_address *peer)
{
    struct ab_socket *socket;
    int on = 1;

    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!is_ours(net, descriptor))
        return false;
    keep_alive(descriptor);
    socket = ab_socket_new(net, descriptor, peer, true);
    if (!socket)
        return false;
    ab_engine_accepted(net->engine, ab_net_now(net), socket->id.number, peer);
    return true;
}

struct arrival {
    int descriptor;
    struct ab_address peer;
};

/* A peer at the local socket is one on loopback, of no port. */
static struct ab_address address_of(const struct sockaddr_in *peer)
{
    if (peer->sin_family != AF_INET)
        return ab_address_inet(INADDR_LOOPBACK, 0);
    return ab_address_inet(ntohl(peer->sin_addr.s_addr), ntohs(peer->sin_port));
}

/* How many came; *ret_wrong is why there are no more (EAGAIN), or 0. */
static size_t accept_some(const struct ab_acceptor *acceptor, struct arrival arrivals[MOST_AT_ONCE], int *ret_wrong)
{
    size_t count = 0;

    *ret_wrong = 0;
    for (int i = 0; i < MOST_AT_ONCE && *ret_wrong == 0; i++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof(peer);
        int descriptor = accept4(acceptor->served, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (descriptor >= 0)
            arrivals[count++] = (struct arrival){descriptor, address_of(&peer)};
        /* Others are errors of one connection that is gone already (accept(2)). */
        else if (errno == EAGAIN || errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ||
                 errno == EINVAL)
            *ret_wrong = errno;
    }
    return count;
}

/* Lock held. */
static void adopt_all(struct ab_acceptor *acceptor, const struct arrival *arrivals, size_t count)
{
    bool listening = acceptor->wanted && acceptor->descriptor == acceptor->served;

    for (size_t i = 0; i < count; i++)
        if (!listening || !adopt(acceptor->net, arrivals[i].descriptor, &arrivals[i].peer))
            close(arrivals[i].descriptor);
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_acceptor *acceptor = argument;
    struct arrival arrivals[MOST_AT_ONCE];
    size_t count;
    int wrong;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&acceptor->net->waker);
    count = accept_some(acceptor, arrivals, &wrong);
    if (count > 0) {
        ab_net_lock(acceptor->net);
        adopt_all(acceptor, arrivals, count);
        ab_net_turn(acceptor->net);
    }
    if (wrong == EINVAL) /* no longer listening: it is about to be closed */
        rest(acceptor, REST);
    else if (wrong && wrong != EAGAIN)
        cannot_accept(acceptor, wrong);
}

/* ---- The event thread's attention. */

static void leave_loop(struct ab_acceptor *acceptor)
{
    if (acceptor->event)
        event_free(acceptor->event);
    acceptor->event = NULL;
    if (acceptor->served >= 0)
        close(acceptor->served);
    acceptor->served = -1;
}

/* The first port, unless this bus has it already or another does: that one is to tell of this host then. */
static bool claim(struct ab_acceptor *acceptor)
{
    struct ab_net *net = acceptor->net;
    const struct ab_acceptor *own = &net->acceptor;
    bool hurried = acceptor->hurried;

    give_up(acceptor);
    leave_loop(acceptor);
    acceptor->hurried = false;
    if (own->descriptor >= 0 && own->port == first_port(net))
        return false;
    if (hurried || open_wanted(acceptor) < 0) {
        rest(acceptor, hurried ? CLAIM_SOON : CLAIM_AGAIN);
        return false;
    }
    ab_net_log(net, AB_LOG_INFO, "now listening on port %u too", acceptor->port);
    ab_engine_port_claimed(net->engine, ab_net_now(net), acceptor->port);
    return true;
}

/* Of the port that is served now. */
static bool follow(struct ab_acceptor *acceptor)
{
    give_up(acceptor);
    leave_loop(acceptor);
    if (open_wanted(acceptor) < 0)
        rest(acceptor, CLAIM_AGAIN);
    return false;
}

/* The loopback that was all there was is not any more, or is again: the same port at the other address. */
static bool move(struct ab_acceptor *acceptor)
{
    struct arrival arrivals[MOST_AT_ONCE];
    uint16_t port = acceptor->port;
    int wrong;

    if (acceptor->served >= 0 && acceptor->served == acceptor->descriptor)
        adopt_all(acceptor, arrivals, accept_some(acceptor, arrivals, &wrong)); /* who waits there */
    give_up(acceptor);
    leave_loop(acceptor);
    if (open_wanted(acceptor) < 0) {
        ab_net_log(acceptor->net, AB_LOG_WARNING, "cannot listen: %s", strerror(errno));
        rest(acceptor, RETRY);
        return false;
    }
    if (acceptor->port == port)
        return false;
    acceptor->net->claim.attention = true;
    acceptor->net->local.attention = true;
    ab_net_log(acceptor->net, AB_LOG_WARNING, "port %u/tcp is taken, now listening on %u", port, acceptor->port);
    ab_engine_port_changed(acceptor->net->engine, ab_net_now(acceptor->net), acceptor->port);
    return true;
}

static void enter_loop(struct ab_acceptor *acceptor)
{
    open_reserve(acceptor);
    acceptor->served = acceptor->descriptor;
    acceptor->event = event_new(acceptor->net->base, acceptor->served, EV_READ | EV_PERSIST, on_readable, acceptor);
    if (acceptor->event && event_add(acceptor->event, NULL) == 0)
        return;
    if (acceptor->event)
        event_free(acceptor->event);
    acceptor->event = NULL;
    rest(acceptor, RETRY);
}

/* Where it listens is not where it should. */
static bool is_astray(const struct ab_acceptor *acceptor)
{
    const struct ab_net *net = acceptor->net;

    if (!acceptor->wanted)
        return false;
    if (acceptor->descriptor < 0)
        return true;
    if (acceptor->kind == AB_ACCEPTOR_LOCAL)
        return acceptor->port != net->acceptor.port;
    return acceptor->moved && acceptor->host != wanted_host(net);
}

bool ab_acceptor_attend(struct ab_acceptor *acceptor)
{
    static bool (*const amend[])(struct ab_acceptor * acceptor) = {
        [AB_ACCEPTOR_OWN] = move,
        [AB_ACCEPTOR_CLAIM] = claim,
        [AB_ACCEPTOR_LOCAL] = follow,
    };
    bool entered = false;

    if (!acceptor->attention)
        return false;
    acceptor->attention = false;
    if (is_astray(acceptor))
        entered = amend[acceptor->kind](acceptor);
    acceptor->moved = false;
    if (acceptor->served != acceptor->descriptor)
        leave_loop(acceptor);
    if (acceptor->descriptor >= 0 && !acceptor->event)
        enter_loop(acceptor);
    acceptor->attention = false;
    return entered;
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_acceptor *acceptor = argument;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&acceptor->net->waker);
    if (acceptor->event)
        open_reserve(acceptor);
    if (acceptor->event && event_add(acceptor->event, NULL) < 0)
        rest(acceptor, RETRY);
    ab_net_lock(acceptor->net);
    acceptor->attention = true;
    ab_net_unlock(acceptor->net);
}

int ab_acceptor_init(struct ab_acceptor *acceptor, struct ab_net *net, enum ab_acceptor_kind kind)
{
    acceptor->net = net;
    acceptor->kind = kind;
    acceptor->timer = evtimer_new(net->base, on_timer, acceptor);
    return acceptor->timer ? 0 : AB_ENOMEM;
}

void ab_acceptor_deinit(struct ab_acceptor *acceptor)
{
    acceptor->wanted = false;
    if (acceptor->descriptor >= 0 && acceptor->descriptor != acceptor->served)
        close(acceptor->descriptor);
    acceptor->descriptor = -1;
    leave_loop(acceptor);
    if (acceptor->timer)
        event_free(acceptor->timer);
    acceptor->timer = NULL;
    if (acceptor->reserve >= 0)
        close(acceptor->reserve);
    acceptor->reserve = -1;
}
