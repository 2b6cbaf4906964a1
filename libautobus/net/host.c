/*
 * The engine's host on real sockets: the table of functions, each a line or two in front of the part that does it.
 * Runs under the driver's lock on whatever thread entered the engine. Nothing here blocks and nothing calls back.
 * System calls: a datagram is sent here (it never waits, and a goodbye needs no memory); a listening socket and a
 * socket to connect are made here; connects and bytes of streams leave in ab_net_flush, with the lock released.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/counters.h"
#include "net/internal.h"

static int host_listen(void *context, uint16_t *ret_port)
{
    struct ab_net *net = context;

    int r = ab_acceptor_listen(&net->acceptor, ret_port);

    if (r == 0) {
        ab_acceptor_claim(&net->claim);
        ab_acceptor_listen_locally(&net->local);
    }
    return r;
}

static void host_unlisten(void *context)
{
    struct ab_net *net = context;

    ab_acceptor_unlisten(&net->acceptor);
    ab_acceptor_unlisten(&net->claim);
    ab_acceptor_unlisten(&net->local);
}

static bool host_local(void *context)
{
    const struct ab_net *net = context;

    return ab_acceptor_is_listening(&net->local);
}

static void host_neighbour_gone(void *context)
{
    struct ab_net *net = context;

    ab_acceptor_hurry(&net->claim);
}

static void host_hear(void *context, bool on)
{
    ab_discovery_hear(context, on);
}

static void host_broadcast(void *context, const void *data, size_t size, enum ab_broadcast_order order,
                           const struct ab_networks *within)
{
    ab_discovery_broadcast(context, data, size, order, within);
}

static bool host_here(void *context, const struct ab_address *address)
{
    const struct ab_net *net = context;

    return ab_interfaces_here(&net->interfaces, address->host);
}

static bool host_near(void *context, const struct ab_address *here, const struct ab_address *peer)
{
    const struct ab_net *net = context;

    return ab_interfaces_near(&net->interfaces, here->host, peer->host);
}

static int host_open(void *context, const struct ab_address *to, ab_stream_id *ret_stream)
{
    struct ab_net *net = context;
    struct ab_socket *stream;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (descriptor < 0)
        return errno == ENOMEM ? AB_ENOMEM : AB_ENETWORK;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream = ab_socket_new(net, descriptor, to, false);
    if (!stream) {
        close(descriptor);
        return AB_ENOMEM;
    }
    *ret_stream = stream->id.number;
    return 0;
}

static int host_write(void *context, ab_stream_id id, const void *data, size_t size)
{
    struct ab_net *net = context;
    struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    return stream ? ab_socket_write(stream, data, size) : 0;
}

static int host_share(void *context, ab_stream_id id, struct ab_text *text)
{
    struct ab_net *net = context;
    struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    return stream ? ab_socket_share(stream, text) : 0;
}

static bool host_is_local(void *context, ab_stream_id id)
{
    struct ab_net *net = context;
    const struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    return stream && stream->local;
}

static size_t host_waiting(void *context, ab_stream_id id)
{
    struct ab_net *net = context;
    struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    return stream ? ab_socket_waiting(stream) : 0;
}

static size_t host_held(void *context, ab_stream_id id)
{
    struct ab_net *net = context;
    const struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    return stream ? ab_socket_held(stream) : 0;
}

static void host_pause(void *context, ab_stream_id id, bool paused)
{
    struct ab_net *net = context;
    struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    if (stream)
        ab_socket_pause(stream, paused);
}

static void host_close(void *context, ab_stream_id id, enum ab_close_mode mode)
{
    struct ab_net *net = context;
    struct ab_socket *stream = ab_sockets_find(&net->sockets, id);

    if (stream)
        ab_socket_close(stream, mode);
}

static int host_counters(void *context, json_t *counters)
{
    const struct ab_net *net = context;
    int r = ab_net_counters_put(net, counters);

    return r < 0 ? r : net->driver->counters(net->context, counters);
}

const struct ab_host *ab_net_host(void)
{
    static const struct ab_host host = {
        .listen = host_listen,
        .unlisten = host_unlisten,
        .local = host_local,
        .neighbour_gone = host_neighbour_gone,
        .hear = host_hear,
        .broadcast = host_broadcast,
        .here = host_here,
        .near = host_near,
        .open = host_open,
        .write = host_write,
        .share = host_share,
        .is_local = host_is_local,
        .waiting = host_waiting,
        .held = host_held,
        .pause = host_pause,
        .close = host_close,
        .counters = host_counters,
    };

    return &host;
}
