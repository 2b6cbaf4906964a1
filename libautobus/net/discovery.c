/*
 * Owns the two UDP sockets. Knows nothing of what a packet says but that it is one. Invariants: the port is held only
 * while somebody hears what comes, after the event thread has attended to it; what comes from no
 * network of ours is not decoded; at most 64 datagrams are read before other sockets get their turn, and they are
 * handed over in one hold of the lock; a datagram that cannot be sent is logged and forgotten (the announcer repeats).
 */
#include "net/discovery.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/descriptor.h"
#include "net/internal.h"
#include "wire/packet.h"

#define MOST_AT_ONCE   64
#define RETRY_INTERVAL (5 * AB_SECOND)
#define RECEIVE_BUFFER (1 << 20) /* hundreds of buses answer one query; the system cuts it to what it allows */

/* ---- Receiving. */

struct arrival {
    struct ab_address from;
    enum ab_datagram_fate fate;
    struct ab_packet packet; /* of one that is taken */
};

/* Drops are the network's doing and can be many: one line says how many there were. */
static void tell_drops(struct ab_net *net, enum ab_datagram_fate fate, const struct ab_address *from)
{
    static const char *const reasons[AB_DATAGRAM_FATES] = {
        [AB_DATAGRAM_FOREIGN] = "it is from no network of ours (setting accept)",
        [AB_DATAGRAM_TOO_LARGE] = "it is too large",
        [AB_DATAGRAM_MALFORMED] = "it is no packet",
        [AB_DATAGRAM_UNKNOWN] = "its command is unknown",
        [AB_DATAGRAM_LOST] = "no memory",
    };
    char text[AB_ADDRESS_HOST_TEXT];

    ab_net_complain(net, &net->discovery.drops_told, AB_LOG_DEBUG, "a datagram from %s was dropped: %s",
                    ab_address_host_text(from, text), reasons[fate]);
}

static enum ab_datagram_fate judge(const struct ab_net *net, struct arrival *arrival, size_t size)
{
    if (!ab_interfaces_own(&net->interfaces, arrival->from.host) && !ab_settings_accepts(net->settings, &arrival->from))
        return AB_DATAGRAM_FOREIGN;
    if (size > net->limits->datagram_read)
        return AB_DATAGRAM_TOO_LARGE;
    switch (ab_packet_decode(net->discovery.room, size, net->limits, &arrival->packet)) {
    case 0: return AB_DATAGRAM_TAKEN;
    case AB_ETOOLARGE: return AB_DATAGRAM_TOO_LARGE;
    case AB_ENOENT: return AB_DATAGRAM_UNKNOWN;
    case AB_ENOMEM: return AB_DATAGRAM_LOST;
    default: return AB_DATAGRAM_MALFORMED;
    }
}

static bool is_own_query(const struct ab_net *net, const struct arrival *arrival)
{
    return arrival->fate == AB_DATAGRAM_TAKEN && arrival->packet.command == AB_PACKET_QUERY &&
           arrival->from.port == net->discovery.sender_port && ab_interfaces_here(&net->interfaces, arrival->from.host);
}

/* 1: *arrival is there; 0: an error was read; -1: there is none. */
static int receive(struct ab_net *net, struct arrival *arrival)
{
    struct ab_discovery *discovery = &net->discovery;
    struct sockaddr_in source = {0};
    socklen_t source_size = sizeof(source);
    ssize_t size = recvfrom(discovery->receiver, discovery->room, net->limits->datagram_read + 1, MSG_DONTWAIT,
                            (struct sockaddr *)&source, &source_size);

    if (size < 0)
        return errno == EAGAIN ? -1 : 0;
    arrival->from = ab_address_inet(ntohl(source.sin_addr.s_addr), ntohs(source.sin_port));
    arrival->packet = (struct ab_packet){0};
    arrival->fate = judge(net, arrival, (size_t)size);
    if (is_own_query(net, arrival))
        arrival->fate = AB_DATAGRAM_OWN;
    else if (arrival->fate != AB_DATAGRAM_TAKEN)
        tell_drops(net, arrival->fate, &arrival->from);
    return 1;
}

/* Lock held. */
static void take(struct ab_net *net, ab_time now, struct arrival *arrival)
{
    ab_fates_count(&net->discovery.fates, arrival->fate, arrival->from.host);
    if (arrival->fate == AB_DATAGRAM_OWN)
        ab_interfaces_heard_back(&net->interfaces, arrival->from.host);
    if (arrival->fate != AB_DATAGRAM_TAKEN)
        return;
    ab_local_heard(&net->locals, &arrival->from, &arrival->packet);
    ab_engine_datagram(net->engine, now, &arrival->from, &arrival->packet);
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    struct arrival arrivals[MOST_AT_ONCE];
    size_t count = 0;
    ab_time now;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    for (int i = 0; i < MOST_AT_ONCE; i++) {
        int r = receive(net, &arrivals[count]);

        if (r < 0)
            break;
        count += (size_t)r;
    }
    if (count == 0)
        return;
    ab_net_lock(net);
    now = ab_net_now(net);
    for (size_t i = 0; i < count; i++) {
        take(net, now, &arrivals[i]);
        ab_packet_deinit(&arrivals[i].packet);
    }
    ab_net_turn(net);
}

/* 0, or -1 with errno. */
static int open_receiver(const struct ab_net *net)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ab_settings_discovery_port(net->settings))};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int size = RECEIVE_BUFFER;

    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
        bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return ab_descriptor_give_up(descriptor);
    return descriptor;
}

/* False: not to be had now, errno says why. */
static bool start(struct ab_net *net)
{
    struct ab_discovery *discovery = &net->discovery;
    int descriptor = open_receiver(net);

    if (descriptor < 0)
        return false;
    discovery->event = event_new(net->base, descriptor, EV_READ | EV_PERSIST, on_readable, net);
    if (!discovery->event || event_add(discovery->event, NULL) < 0) {
        if (discovery->event)
            event_free(discovery->event);
        discovery->event = NULL;
        close(descriptor);
        errno = ENOMEM;
        return false;
    }
    discovery->receiver = descriptor;
    return true;
}

/* Lock held. True: the engine was entered, since nothing was heard until now. */
static bool start_later(struct ab_net *net)
{
    struct ab_discovery *discovery = &net->discovery;

    if (!start(net)) {
        discovery->reason = errno;
        ab_net_start_timer(net, discovery->retry, RETRY_INTERVAL);
        return false;
    }
    discovery->reason = 0;
    discovery->since = ab_net_now(net);
    ab_engine_network_changed(net->engine, ab_net_now(net));
    return true;
}

static void on_retry(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    bool started;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    ab_net_lock(net);
    started = net->discovery.wanted && !net->discovery.event && start_later(net);
    if (started)
        ab_net_log(net, AB_LOG_INFO, "port %u/udp is to be had again", ab_settings_discovery_port(net->settings));
    ab_net_turn(net);
}

static void leave(struct ab_net *net)
{
    struct ab_discovery *discovery = &net->discovery;

    evtimer_del(discovery->retry);
    if (discovery->event) {
        event_free(discovery->event);
        close(discovery->receiver);
    }
    discovery->event = NULL;
    discovery->receiver = -1;
    discovery->reason = 0;
    discovery->since = ab_net_now(net);
}

void ab_discovery_hear(struct ab_net *net, bool on)
{
    struct ab_discovery *discovery = &net->discovery;

    discovery->attention = discovery->attention || discovery->wanted != on;
    discovery->wanted = on;
}

bool ab_discovery_attend(struct ab_net *net)
{
    struct ab_discovery *discovery = &net->discovery;

    if (!discovery->attention)
        return false;
    discovery->attention = false;
    if (!discovery->wanted)
        leave(net);
    return discovery->wanted && !discovery->event && start_later(net);
}

/* ---- Sending. */

static void send_to(struct ab_net *net, struct ab_interface *to, const void *data, size_t size)
{
    struct ab_discovery *discovery = &net->discovery;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(ab_settings_discovery_port(net->settings)),
                                  .sin_addr = {htonl(to->broadcast)}};
    struct in_pktinfo from = {.ipi_ifindex = (int)to->index, .ipi_spec_dst = {htonl(to->address)}};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(from)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO}};
    struct iovec part = {(void *)(uintptr_t)data, size};
    struct msghdr header = {.msg_name = &address,
                            .msg_namelen = sizeof(address),
                            .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    int wrong;

    memcpy(CMSG_DATA(&control.header), &from, sizeof(from));
    if (sendmsg(discovery->sender, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        discovery->sent++;
        to->sent++;
        to->wrong = 0;
        return;
    }
    wrong = errno;
    discovery->unsent++;
    to->wrong = wrong;
    ab_net_complain(net, &discovery->failures_told, AB_LOG_WARNING, "cannot send on %s: %s", to->name, strerror(wrong));
}

static bool is_meant(const struct ab_interface *interface, const struct ab_networks *within)
{
    struct ab_network network = {interface->network, interface->mask};

    return !interface->reason && (interface->loopback || ab_networks_meet(within, &network));
}

void ab_discovery_broadcast(struct ab_net *net, const void *data, size_t size, enum ab_broadcast_order order,
                            const struct ab_networks *within)
{
    struct ab_interfaces *interfaces = &net->interfaces;

    for (int pass = 0; pass < 2; pass++) {
        bool loopback = (pass == 0) == (order == AB_LOOPBACK_FIRST);

        for (size_t i = 0; i < interfaces->count; i++)
            if (interfaces->table[i].loopback == loopback && is_meant(&interfaces->table[i], within))
                send_to(net, &interfaces->table[i], data, size);
    }
}

/* Its port is chosen now, so that our own queries are known when they come back. */
static int open_at_any_port(uint16_t *ret_port)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t name_size = sizeof(name);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int least = 1;

    if (descriptor < 0)
        return -1;
    /* Nobody reads from it: what is sent to it is not worth keeping. */
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
    if (setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
        bind(descriptor, (struct sockaddr *)&name, sizeof(name)) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&name, &name_size) < 0)
        return ab_descriptor_give_up(descriptor);
    *ret_port = ntohs(name.sin_port);
    return descriptor;
}

/* The system may choose any port, also the one where all of this machine listen: it is shared among them, and who holds it
 * and does not share it leaves them deaf. Another is chosen while that one is held. */
static int open_sender(uint16_t discovery_port, uint16_t *ret_port)
{
    int descriptor = open_at_any_port(ret_port);

    if (descriptor >= 0 && *ret_port == discovery_port) {
        int shunned = descriptor;

        descriptor = open_at_any_port(ret_port);
        close(shunned);
    }
    return descriptor;
}

/* ---- Beginning and end. */

int ab_discovery_init(struct ab_discovery *discovery, struct ab_net *net)
{
    discovery->sender = open_sender(ab_settings_discovery_port(net->settings), &discovery->sender_port);
    if (discovery->sender < 0)
        return AB_ENETWORK;
    discovery->room = ab_malloc(net->limits->datagram_read + 1);
    discovery->retry = evtimer_new(net->base, on_retry, net);
    if (!discovery->room || !discovery->retry)
        return AB_ENOMEM;
    discovery->since = ab_net_now(net);
    discovery->wanted = ab_settings_broadcast(net->settings);
    if (!discovery->wanted || start(net))
        return 0;
    discovery->reason = errno;
    ab_net_log(net, AB_LOG_WARNING, "services of others are not found for now: port %u/udp cannot be had: %s",
               ab_settings_discovery_port(net->settings), strerror(discovery->reason));
    return ab_net_start_timer(net, discovery->retry, RETRY_INTERVAL) ? 0 : AB_ENOMEM;
}

void ab_discovery_stop(struct ab_discovery *discovery)
{
    if (discovery->event)
        event_free(discovery->event);
    if (discovery->retry)
        event_free(discovery->retry);
    if (discovery->receiver >= 0)
        close(discovery->receiver);
    discovery->event = discovery->retry = NULL;
    discovery->receiver = -1;
    discovery->attention = false;
}

void ab_discovery_deinit(struct ab_discovery *discovery)
{
    ab_discovery_stop(discovery);
    if (discovery->sender >= 0)
        close(discovery->sender);
    discovery->sender = -1;
    ab_free(discovery->room);
    discovery->room = NULL;
}
