/*
 * Owns TCP of the simulated network. A socket sends segments to its peer in order, each with a time of arrival; one that
 * arrives where the way is cut stays and is tried again when the way is free, as TCP would send it again. Bytes are the
 * sender's until they arrive, and no more are under way than the receiver has room for, so a reader that does not read
 * fills first its own buffer and then the sender's.
 *
 * A socket whose process closed it or died stays until its peer has heard the end. RST is as unkind as TCP allows: what
 * is under way and what was not read yet are lost.
 *
 * Invariants: flight <= out's size; a gone socket has no owner and no bytes; callbacks come from timers only.
 */

#include "sim/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long the kernel tries to connect. */
#define CONNECT_PATIENCE SECONDS(127)

enum segment_kind { SYN, SYN_ACK, ACK, DATA, FIN, RST };

struct segment {
    struct ab_list node;
    enum segment_kind kind;
    size_t size;
    ab_time arrival;
};

struct bytes {
    char *data;
    size_t size;
    size_t capacity;
};

struct sim_socket {
    struct ab_list node;
    struct sim_network *network;
    struct sim_host *host;
    struct sim_process *owner; /* NULL: the kernel's alone */
    void *context;
    struct sim_socket *peer; /* NULL: none yet */
    unsigned number;
    struct ab_address local;
    struct ab_address remote;
    bool connected;
    bool gone; /* nothing comes out of it any more */
    bool shut; /* FIN goes after what is in `out` */
    bool fin_queued;
    bool fin_arrived; /* from the peer */
    bool full;        /* a write took less than it was given */
    struct bytes out;
    struct bytes in;
    size_t flight;
    struct ab_list segments;
    struct sim_timer arrival;  /* of the first segment */
    struct sim_timer patience; /* connecting; or the answer of a peer that is gone is on its way */
    int verdict;               /* what `patience` then says */
};

static void arrive(void *context);
static void give_verdict(void *context);

static void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    bytes->data = sim_grow_to(bytes->data, &bytes->capacity, bytes->size + size);
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void bytes_consume(struct bytes *bytes, size_t size)
{
    bytes->size -= size;
    if (bytes->size)
        memmove(bytes->data, bytes->data + size, bytes->size);
}

static void bytes_clear(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){NULL, 0, 0};
}

static struct sim_socket *socket_new(struct sim_host *host, unsigned number)
{
    struct sim_socket *socket = sim_alloc(sizeof *socket);

    socket->network = host->network;
    socket->host = host;
    socket->number = number;
    ab_list_init(&socket->segments);
    ab_list_append(&host->network->sockets, &socket->node);
    sim_timer_init(&socket->arrival, arrive, socket);
    sim_timer_init(&socket->patience, give_verdict, socket);
    return socket;
}

static bool is_loopback(const struct sim_socket *socket)
{
    return ab_address_is_loopback(&socket->remote) || ab_address_same_host(&socket->local, &socket->remote);
}

static bool interface_up(const struct sim_host *host, const struct ab_address *address)
{
    for (unsigned i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].address == address->host)
            return host->interfaces[i].up;
    return false;
}

static bool way_is_free(const struct sim_socket *socket)
{
    if (is_loopback(socket))
        return socket->host->running && !socket->host->asleep;
    struct sim_host *to = sim_host_find(socket->host, socket->remote.host);
    return to && interface_up(socket->host, &socket->local) && sim_host_reaches(socket->host, to);
}

static ab_time latency(const struct sim_socket *socket)
{
    return is_loopback(socket) ? socket->network->loopback_latency : socket->network->latency;
}

/* ---- Sending */

static struct segment *first_segment(const struct sim_socket *socket)
{
    return ab_list_empty(&socket->segments) ? NULL : AB_CONTAINER(socket->segments.next, struct segment, node);
}

static void arm(struct sim_socket *socket)
{
    struct segment *segment = first_segment(socket);

    if (segment && !socket->arrival.place)
        sim_timer_set(&socket->network->clock, &socket->arrival, segment->arrival);
}

static void send_segment(struct sim_socket *socket, enum segment_kind kind, size_t size)
{
    struct segment *segment = sim_alloc(sizeof *segment);

    segment->kind = kind;
    segment->size = size;
    segment->arrival = socket->network->clock.now + latency(socket);
    ab_list_append(&socket->segments, &segment->node);
    arm(socket);
}

static void drop_segments(struct sim_socket *socket)
{
    struct ab_list *node;

    sim_timer_cancel(&socket->network->clock, &socket->arrival);
    while ((node = ab_list_take(&socket->segments)))
        free(AB_CONTAINER(node, struct segment, node));
    socket->flight = 0;
}

/* Puts on the way what the peer has room for. */
static void transmit(struct sim_socket *socket)
{
    if (!socket->connected || socket->gone || !socket->peer)
        return;
    size_t room = socket->network->receive_buffer;
    size_t used = socket->peer->in.size + socket->flight;
    size_t size = socket->out.size - socket->flight;
    if (size > room - (used < room ? used : room))
        size = room - (used < room ? used : room);
    if (size > 0) {
        socket->flight += size;
        send_segment(socket, DATA, size);
    }
    if (socket->shut && !socket->fin_queued && socket->flight == socket->out.size) {
        socket->fin_queued = true;
        send_segment(socket, FIN, 0);
    }
}

static void forget(struct sim_socket *socket)
{
    socket->gone = true;
    socket->owner = NULL;
    bytes_clear(&socket->in);
    bytes_clear(&socket->out);
    drop_segments(socket);
    sim_timer_cancel(&socket->network->clock, &socket->patience);
}

/* The socket is gone and its peer hears RST. */
static void reset(struct sim_socket *socket)
{
    if (socket->gone)
        return;
    bool connected = socket->connected;
    forget(socket);
    if (connected && socket->peer)
        send_segment(socket, RST, 0);
}

static void fail(struct sim_socket *socket, int reason)
{
    struct sim_process *owner = socket->owner;

    if (socket->gone)
        return;
    forget(socket);
    if (owner)
        owner->table->failed(owner, socket, reason);
}

static void give_verdict(void *context)
{
    struct sim_socket *socket = context;

    fail(socket, socket->verdict);
}

static void judge_later(struct sim_socket *socket, int verdict, ab_time delay)
{
    if (socket->gone)
        return;
    socket->verdict = verdict;
    sim_timer_set(&socket->network->clock, &socket->patience, socket->network->clock.now + delay);
}

/* ---- Arriving. `socket` is the sender. */

static struct sim_process *listener(const struct sim_host *host, uint32_t port)
{
    AB_LIST_EACH (node, &host->processes) {
        struct sim_process *process = AB_CONTAINER(node, struct sim_process, node);
        if (port && (process->listening == port || process->claimed == port))
            return process;
    }
    return NULL;
}

static void arrive_syn(struct sim_socket *socket)
{
    struct sim_host *host = is_loopback(socket) ? socket->host : sim_host_find(socket->host, socket->remote.host);

    if (!listener(host, socket->remote.port)) {
        judge_later(socket, AB_ENETWORK, latency(socket));
        return;
    }
    struct sim_socket *peer = socket_new(host, socket->number);
    peer->local = socket->remote;
    peer->remote = socket->local;
    peer->peer = socket;
    socket->peer = peer;
    send_segment(peer, SYN_ACK, 0);
}

static void arrive_syn_ack(struct sim_socket *peer)
{
    peer->connected = true;
    sim_timer_cancel(&peer->network->clock, &peer->patience);
    send_segment(peer, ACK, 0);
    if (peer->owner)
        peer->owner->table->connected(peer->owner, peer);
}

static void arrive_ack(struct sim_socket *peer)
{
    struct sim_process *process = listener(peer->host, peer->local.port);

    peer->connected = true;
    if (!process) {
        reset(peer);
        return;
    }
    peer->owner = process;
    process->table->accepted(process, peer);
}

static void arrive_data(struct sim_socket *socket, struct sim_socket *peer, size_t size)
{
    if (!peer->owner) { /* closed: nobody will read this */
        bytes_consume(&socket->out, size);
        socket->flight -= size;
        reset(peer);
        return;
    }
    bytes_append(&peer->in, socket->out.data, size);
    bytes_consume(&socket->out, size);
    socket->flight -= size;
    transmit(socket);
    peer->owner->table->readable(peer->owner, peer);
    if (socket->full && socket->owner && socket->out.size < socket->network->send_buffer) {
        socket->full = false;
        socket->owner->table->writable(socket->owner, socket);
    }
}

static void arrive_fin(struct sim_socket *socket, struct sim_socket *peer)
{
    peer->fin_arrived = true;
    if (peer->owner)
        peer->owner->table->readable(peer->owner, peer);
    if (!socket->owner && !peer->owner && socket->fin_arrived && peer->fin_arrived) {
        forget(socket);
        forget(peer);
    }
}

static void arrive_at_nobody(struct sim_socket *socket, enum segment_kind kind)
{
    /* The peer's machine was switched off and on, or the peer gave up: its kernel answers RST. */
    if (kind != RST)
        judge_later(socket, AB_EDISCONNECTED, latency(socket));
}

static void arrive(void *context)
{
    struct sim_socket *socket = context;

    if (!way_is_free(socket))
        return;
    struct segment *segment = AB_CONTAINER(ab_list_take(&socket->segments), struct segment, node);
    enum segment_kind kind = segment->kind;
    size_t size = segment->size;
    struct sim_socket *peer = socket->peer;
    free(segment);
    arm(socket);
    if (kind == SYN)
        arrive_syn(socket);
    else if (peer->gone)
        arrive_at_nobody(socket, kind);
    else if (kind == SYN_ACK)
        arrive_syn_ack(peer);
    else if (kind == ACK)
        arrive_ack(peer);
    else if (kind == DATA)
        arrive_data(socket, peer, size);
    else if (kind == FIN)
        arrive_fin(socket, peer);
    else
        fail(peer, AB_EDISCONNECTED);
}

/* ---- What a process does */

static bool local_address(const struct sim_host *host, const struct ab_address *to, uint32_t *ret_address)
{
    if (ab_address_is_loopback(to)) {
        *ret_address = SIM_LOOPBACK;
        return true;
    }
    for (unsigned i = 0; i < host->interface_count; i++) {
        const struct sim_interface *interface = &host->interfaces[i];
        if (interface->up && interface->segment == (to->host >> 8 & 0xff)) {
            *ret_address = sim_host_find(host, to->host) == host ? to->host : interface->address;
            return true;
        }
    }
    for (unsigned i = 0; host->network->routed && i < host->interface_count; i++) {
        *ret_address = host->interfaces[i].address;
        if (host->interfaces[i].up)
            return true;
    }
    return false;
}

struct sim_socket *sim_socket_open(struct sim_process *process, const struct ab_address *to)
{
    struct sim_host *host = process->host;
    struct sim_socket *socket = socket_new(host, ++host->network->connections);
    uint32_t address;

    socket->owner = process;
    socket->remote = *to;
    if (!local_address(host, to, &address)) {
        judge_later(socket, AB_ENETWORK, 0); /* network is unreachable: known at once, told later */
        return socket;
    }
    socket->local = ab_address_inet(address, ++host->next_port);
    judge_later(socket, AB_ETIMEDOUT, CONNECT_PATIENCE);
    send_segment(socket, SYN, 0);
    return socket;
}

size_t sim_socket_write(struct sim_socket *socket, const void *data, size_t size)
{
    if (socket->gone || socket->shut)
        return size; /* as a send after RST: an error that the process hears of anyway */
    size_t limit = socket->network->send_buffer;
    size_t room = socket->out.size < limit ? limit - socket->out.size : 0;
    size_t taken = size < room ? size : room;
    socket->full = taken < size;
    bytes_append(&socket->out, data, taken);
    transmit(socket);
    return taken;
}

long sim_socket_read(struct sim_socket *socket, void *data, size_t size)
{
    if (sim_socket_ended(socket))
        return -1;
    size_t taken = size < socket->in.size ? size : socket->in.size;
    if (!taken)
        return 0;
    memcpy(data, socket->in.data, taken);
    bytes_consume(&socket->in, taken);
    if (socket->peer)
        transmit(socket->peer);
    return (long)taken;
}

size_t sim_socket_unread(const struct sim_socket *socket)
{
    return socket->in.size;
}

bool sim_socket_ended(const struct sim_socket *socket)
{
    return socket->fin_arrived && socket->in.size == 0;
}

void sim_socket_shut(struct sim_socket *socket)
{
    socket->shut = true;
    transmit(socket);
}

void sim_socket_close(struct sim_socket *socket)
{
    if (socket->gone)
        return;
    socket->owner = NULL;
    if (!socket->connected)
        forget(socket);
    else if (socket->in.size > 0)
        reset(socket);
    else
        sim_socket_shut(socket);
}

void sim_socket_reset(struct sim_socket *socket)
{
    reset(socket);
}

void sim_socket_set_context(struct sim_socket *socket, void *context)
{
    socket->context = context;
}

void *sim_socket_context(const struct sim_socket *socket)
{
    return socket->context;
}

struct ab_address sim_socket_remote(const struct sim_socket *socket)
{
    return socket->remote;
}

struct ab_address sim_socket_local(const struct sim_socket *socket)
{
    return socket->local;
}

unsigned sim_socket_number(const struct sim_socket *socket)
{
    return socket->number;
}

const char *sim_socket_peer_name(const struct sim_socket *socket)
{
    static char name[64];
    char text[AB_ADDRESS_HOST_TEXT];

    if (socket->peer && socket->peer->owner)
        return socket->peer->owner->name;
    const struct sim_host *host = sim_host_find(socket->host, socket->remote.host);
    const struct sim_process *process = host ? listener(host, socket->remote.port) : NULL;
    if (process)
        return process->name;
    snprintf(name, sizeof name, "%s:%u", ab_address_host_text(&socket->remote, text), socket->remote.port);
    return name;
}

/* ---- For network.c */

static bool is_dead(const struct sim_socket *socket)
{
    return socket->gone && !first_segment(socket) && !socket->patience.place;
}

/* Nothing comes of it any more, nor of its peer. */
static void bury(struct sim_socket *socket)
{
    if (socket->peer && socket->peer->peer == socket)
        socket->peer->peer = NULL;
    ab_list_remove(&socket->node);
    free(socket);
}

void sim_sockets_retry(struct sim_network *network)
{
    AB_LIST_EACH_SAFE (node, &network->sockets) {
        struct sim_socket *socket = AB_CONTAINER(node, struct sim_socket, node);
        struct segment *segment = first_segment(socket);
        if (is_dead(socket) && (!socket->peer || is_dead(socket->peer)))
            bury(socket);
        else if (segment && !socket->arrival.place)
            sim_timer_set(&network->clock, &socket->arrival, network->clock.now + latency(socket));
    }
}

void sim_sockets_forget(struct sim_network *network, struct sim_host *host)
{
    AB_LIST_EACH_SAFE (node, &network->sockets) {
        struct sim_socket *socket = AB_CONTAINER(node, struct sim_socket, node);
        if (socket->host == host)
            forget(socket);
    }
}

void sim_sockets_close(struct sim_network *network, struct sim_process *process)
{
    AB_LIST_EACH_SAFE (node, &network->sockets) {
        struct sim_socket *socket = AB_CONTAINER(node, struct sim_socket, node);
        if (socket->owner == process)
            sim_socket_close(socket);
    }
}

void sim_sockets_free(struct sim_network *network)
{
    AB_LIST_EACH_SAFE (node, &network->sockets) {
        struct sim_socket *socket = AB_CONTAINER(node, struct sim_socket, node);
        forget(socket);
        free(socket);
    }
    ab_list_init(&network->sockets);
}
