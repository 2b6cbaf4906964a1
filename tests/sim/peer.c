/*
 * Owns peers and their connections: bytes to lines by a splitter of its own, and what waits to be sent.
 */

#include "sim/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void record(struct sim_link *link, unsigned kind, const char *arrow, const char *text)
{
    struct sim_transcript *transcript = &link->peer->sim->network.transcript;
    char number[24] = "";

    if (!(transcript->kinds & kind))
        return;
    if (transcript->kinds & SIM_NUMBERS)
        snprintf(number, sizeof number, "#%u", sim_socket_number(link->socket));
    sim_transcript_add(transcript, kind, "%s %s %s%s: %s", link->peer->name, arrow, sim_socket_peer_name(link->socket),
                       number, text);
}

static struct sim_link *link_new(struct sim_peer *peer, struct sim_socket *socket, bool accepted)
{
    struct sim_link *link = sim_alloc(sizeof *link);

    link->peer = peer;
    link->socket = socket;
    link->accepted = accepted;
    link->connected = accepted;
    sim_socket_set_context(socket, link);
    ab_list_append(&peer->links, &link->node);
    return link;
}

/* ---- What the network does */

static void datagram(struct sim_process *process, const struct ab_address *from, const char *data, size_t size)
{
    struct sim_peer *peer = (struct sim_peer *)process;

    if (peer->packet)
        peer->packet(peer, from, data, size);
}

static void push(struct sim_link *link)
{
    if (!link->connected || !link->socket || !link->output_size)
        return;
    size_t taken = sim_socket_write(link->socket, link->output, link->output_size);
    if (!taken)
        return;
    link->output_size -= taken;
    memmove(link->output, link->output + taken, link->output_size);
}

static void accepted(struct sim_process *process, struct sim_socket *socket)
{
    struct sim_link *link = link_new((struct sim_peer *)process, socket, true);

    record(link, SIM_STREAMS, "<", "accept");
    if (link->peer->opened)
        link->peer->opened(link);
}

static void connected(struct sim_process *process, struct sim_socket *socket)
{
    struct sim_link *link = sim_socket_context(socket);

    (void)process;
    link->connected = true;
    if (link->peer->opened)
        link->peer->opened(link);
    push(link);
}

static void take_line(struct sim_link *link, const char *text, size_t size)
{
    while (size && (text[size - 1] == '\r' || text[size - 1] == ' '))
        size--;
    if (!size)
        return;
    link->lines++;
    free(link->last);
    link->last = sim_format("%.*s", (int)size, text);
    if (link->peer->line)
        link->peer->line(link, text, size);
}

static void take_lines(struct sim_link *link)
{
    char *input = link->input;
    size_t size = link->input_size;
    char *at = input;
    char *end;

    link->input = NULL;
    link->input_size = 0;
    while ((end = memchr(at, '\n', size - (size_t)(at - input)))) {
        take_line(link, at, (size_t)(end - at));
        at = end + 1;
    }
    link->input_size = size - (size_t)(at - input);
    link->input = sim_alloc(link->input_size + 1);
    memcpy(link->input, at, link->input_size);
    free(input);
}

static void drop(struct sim_link *link)
{
    link->socket = NULL;
    link->output_size = 0;
}

static void read_some(struct sim_link *link, size_t most)
{
    char data[16384];
    long size;

    while (link->socket && most > 0 &&
           (size = sim_socket_read(link->socket, data, most < sizeof data ? most : sizeof data)) > 0) {
        most -= (size_t)size;
        link->input = sim_grow(link->input, link->input_size + (size_t)size);
        memcpy(link->input + link->input_size, data, (size_t)size);
        link->input_size += (size_t)size;
        link->received += (size_t)size;
        take_lines(link);
    }
}

static void read_link(struct sim_link *link)
{
    if (!link->deaf)
        read_some(link, SIZE_MAX);
    if (link->socket && !link->deaf && !link->ended && sim_socket_ended(link->socket)) {
        link->ended = true;
        record(link, SIM_STREAMS, "<", "end of input");
        if (link->peer->ended)
            link->peer->ended(link);
    }
}

static void readable(struct sim_process *process, struct sim_socket *socket)
{
    (void)process;
    read_link(sim_socket_context(socket));
}

static void writable(struct sim_process *process, struct sim_socket *socket)
{
    (void)process;
    push(sim_socket_context(socket));
}

static void failed(struct sim_process *process, struct sim_socket *socket, int reason)
{
    struct sim_link *link = sim_socket_context(socket);

    (void)process;
    record(link, SIM_STREAMS, "<", reason == AB_EDISCONNECTED ? "reset" : "failed");
    link->failed = reason;
    drop(link);
    if (link->peer->ended)
        link->peer->ended(link);
}

static const struct sim_process_table table = {
    .datagram = datagram,
    .accepted = accepted,
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .failed = failed,
};

/* ---- What the peer does */

struct sim_peer *sim_peer(struct sim *sim, struct sim_host *host, const char *name)
{
    struct sim_peer *peer = sim_alloc(sizeof *peer);

    peer->sim = sim;
    peer->name = sim_strdup(name);
    ab_list_init(&peer->links);
    ab_list_append(&sim->peers, &peer->node);
    sim_process_init(&peer->process, host, peer->name, &table);
    return peer;
}

void sim_peer_listen(struct sim_peer *peer, uint16_t port)
{
    ck_assert_uint_eq(sim_process_listen(&peer->process, port), port);
}

struct sim_link *sim_peer_connect(struct sim_peer *peer, const struct ab_address *to)
{
    return link_new(peer, sim_socket_open(&peer->process, to), false);
}

struct sim_link *sim_peer_link(struct sim_peer *peer, unsigned nth)
{
    AB_LIST_EACH (node, &peer->links)
        if (nth-- == 0)
            return AB_CONTAINER(node, struct sim_link, node);
    ck_abort_msg("%s: there are not so many connections", peer->name);
    return NULL;
}

unsigned sim_peer_open(const struct sim_peer *peer)
{
    unsigned count = 0;

    AB_LIST_EACH (node, &peer->links) {
        const struct sim_link *link = AB_CONTAINER(node, struct sim_link, node);
        count += link->socket && link->connected && !link->ended;
    }
    return count;
}

void sim_peer_kill(struct sim_peer *peer)
{
    sim_process_kill(&peer->process);
    AB_LIST_EACH (node, &peer->links)
        drop(AB_CONTAINER(node, struct sim_link, node));
}

void sim_peer_broadcast(struct sim_peer *peer, const char *text, enum ab_broadcast_order order)
{
    char *line = sim_render(text, strlen(text), false);

    sim_transcript_add(&peer->sim->network.transcript, SIM_PACKETS, "%s > *: %s", peer->name, line);
    free(line);
    sim_process_broadcast(&peer->process, text, strlen(text), order, NULL);
}

void sim_peers_free(struct sim *sim)
{
    struct ab_list *node;

    AB_LIST_EACH_SAFE (each, &sim->peers)
        sim_peer_kill(AB_CONTAINER(each, struct sim_peer, node));
    while ((node = ab_list_take(&sim->peers))) {
        struct sim_peer *peer = AB_CONTAINER(node, struct sim_peer, node);
        if (peer->freed)
            peer->freed(peer);
        while ((node = ab_list_take(&peer->links))) {
            struct sim_link *link = AB_CONTAINER(node, struct sim_link, node);
            free(link->last);
            free(link->input);
            free(link->output);
            free(link);
        }
        free(peer->name);
        free(peer);
    }
}

struct sim_link *sim_dial(struct sim_peer *peer, struct sim_bus *bus)
{
    uint16_t port = sim_bus_port(bus);
    struct ab_address to = bus->process.host == peer->process.host ? ab_address_inet(SIM_LOOPBACK, port)
                                                                   : sim_host_address(bus->process.host, 0, port);
    return sim_peer_connect(peer, &to);
}

void sim_send_bytes(struct sim_link *link, const void *data, size_t size)
{
    if (!link->socket)
        return;
    link->output = sim_grow_to(link->output, &link->output_capacity, link->output_size + size);
    memcpy(link->output + link->output_size, data, size);
    link->output_size += size;
    push(link);
}

void sim_send(struct sim_link *link, const char *line)
{
    if (!link->socket)
        return;
    struct sim_transcript *transcript = &link->peer->sim->network.transcript;
    char *text = sim_render(line, strlen(line), transcript->kinds & SIM_RAW);
    record(link, SIM_LINES, ">", text);
    free(text);
    sim_send_bytes(link, line, strlen(line));
    sim_send_bytes(link, "\r\n", 2);
}

void sim_send_format(struct sim_link *link, const char *format, ...)
{
    char *line;
    va_list arguments;

    va_start(arguments, format);
    ck_assert_int_ge(vasprintf(&line, format, arguments), 0);
    va_end(arguments);
    sim_send(link, line);
    free(line);
}

void sim_link_shut(struct sim_link *link)
{
    if (!link->socket)
        return;
    record(link, SIM_STREAMS, ">", "shut");
    sim_socket_shut(link->socket);
}

void sim_link_close(struct sim_link *link)
{
    if (!link->socket)
        return;
    record(link, SIM_STREAMS, ">", "close");
    sim_socket_close(link->socket);
    drop(link);
}

void sim_link_reset(struct sim_link *link)
{
    if (!link->socket)
        return;
    record(link, SIM_STREAMS, ">", "reset");
    sim_socket_reset(link->socket);
    drop(link);
}

void sim_link_listen(struct sim_link *link, bool reading)
{
    link->deaf = !reading;
    if (reading)
        read_link(link);
}

void sim_link_take(struct sim_link *link, size_t size)
{
    read_some(link, size);
}
