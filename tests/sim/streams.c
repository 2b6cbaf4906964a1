/*
 * The engine's host on simulated sockets: the same duties that net has on real ones. Owns a bus's streams: what the
 * engine wrote and the kernel has not taken, and the reader that makes messages of what arrives.
 *
 * It holds the engine to the rules of core/host.h: functions are called from inside an entry only, and every line that
 * is written ends as the protocol says.
 */

#include "sim/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "wire/packet.h"
#include "wire/reader.h"

#define LINGER    SECONDS(1)
#define READ_SIZE 16384

struct stream {
    struct ab_list node;
    struct sim_bus *bus;
    ab_stream_id id;
    struct sim_socket *socket; /* NULL: gone */
    struct ab_reader reader;
    struct ab_buffer out;
    struct ab_buffer line; /* written, not recorded yet: no whole line */
    bool connected;
    bool accepted;
    bool paused;
    bool full;      /* the kernel did not take all */
    bool ended;     /* the engine has heard of the end of input */
    bool lingering; /* the engine closed it; what waits still leaves */
    struct sim_timer linger;
    struct sim_timer resume; /* reading, after a pause */
};

static struct stream *stream_find(struct sim_bus *bus, ab_stream_id id)
{
    AB_LIST_EACH (node, &bus->streams) {
        struct stream *stream = AB_CONTAINER(node, struct stream, node);
        if (stream->id == id && !stream->lingering)
            return stream;
    }
    return NULL;
}

static void linger_over(void *context);
static void read_again(void *context);

static struct stream *stream_new(struct sim_bus *bus, struct sim_socket *socket, bool accepted)
{
    struct stream *stream = sim_alloc(sizeof *stream);

    stream->bus = bus;
    stream->id = ++bus->last_stream;
    stream->socket = socket;
    stream->connected = accepted;
    stream->accepted = accepted;
    ab_reader_init(&stream->reader, ab_engine_limits(bus->engine), accepted);
    sim_timer_init(&stream->linger, linger_over, stream);
    sim_timer_init(&stream->resume, read_again, stream);
    sim_socket_set_context(socket, stream);
    ab_list_append(&bus->streams, &stream->node);
    bus->open_streams++;
    return stream;
}

static void stream_free(struct stream *stream)
{
    if (stream->socket)
        sim_socket_close(stream->socket);
    if (!stream->lingering)
        stream->bus->open_streams--;
    sim_timer_cancel(&stream->bus->sim->network.clock, &stream->linger);
    sim_timer_cancel(&stream->bus->sim->network.clock, &stream->resume);
    ab_list_remove(&stream->node);
    ab_reader_deinit(&stream->reader);
    ab_buffer_deinit(&stream->out);
    free(stream->line.block);
    free(stream);
}

static void record(struct stream *stream, unsigned kind, const char *arrow, const char *text)
{
    struct sim_bus *bus = stream->bus;
    struct sim_transcript *transcript = &bus->sim->network.transcript;

    if (bus->silent || !(transcript->kinds & kind))
        return;
    char number[24] = "";
    if (transcript->kinds & SIM_NUMBERS)
        snprintf(number, sizeof number, "#%u", sim_socket_number(stream->socket));
    sim_transcript_add(transcript, kind, "%s %s %s%s: %s", bus->name, arrow, sim_socket_peer_name(stream->socket),
                       number, text);
}

/* ---- What the engine does */

static int host_listen(void *context, uint16_t *ret_port)
{
    struct sim_bus *bus = context;

    ck_assert_uint_gt(bus->depth, 0);
    if (bus->listening_fails)
        return AB_ENETWORK;
    *ret_port = sim_process_listen(&bus->process, bus->first_port);
    if (*ret_port != bus->first_port)
        sim_bus_claim_in(bus, SECONDS(12));
    return 0;
}

static void host_unlisten(void *context)
{
    struct sim_bus *bus = context;

    ck_assert_uint_gt(bus->depth, 0);
    sim_process_unlisten(&bus->process);
}

static bool host_local(void *context)
{
    const struct sim_bus *bus = context;

    return bus->local;
}

static void host_neighbour_gone(void *context)
{
    sim_bus_claim_in(context, MS(50));
}

static bool is_details(struct sim_bus *bus, const char *data, size_t size)
{
    struct sim_transcript *transcript = &bus->sim->network.transcript;
    char *service = sim_member(data, size, "service", true);
    char *info = sim_member(data, size, "info", false);
    char *type = info ? sim_member(info, strlen(info), "type", true) : NULL;
    const char *alias = service ? sim_transcript_alias_of(transcript, service) : NULL;

    if (service && !alias && type && strcmp(type, "autobus.details") == 0) {
        char *name = sim_format("%s.details", bus->name);
        sim_transcript_alias(transcript, service, name);
        free(name);
        alias = sim_transcript_alias_of(transcript, service);
    }
    bool details = alias && strlen(alias) > 8 && strcmp(alias + strlen(alias) - 8, ".details") == 0;
    free(service);
    free(info);
    free(type);
    return details;
}

static void record_packet(struct sim_bus *bus, const char *data, size_t size)
{
    struct sim_transcript *transcript = &bus->sim->network.transcript;

    if (bus->sim->packets && !transcript->kinds)
        return; /* a large simulation has no names for services */
    unsigned kind = is_details(bus, data, size) ? SIM_DETAILS : SIM_PACKETS;
    if (!(transcript->kinds & kind))
        return;
    if (transcript->kinds & SIM_RAW) {
        sim_transcript_add(transcript, kind, "%s > *: %.*s", bus->name, (int)size, data);
        return;
    }
    char *command = sim_member(data, size, "command", true);
    char *port = sim_member(data, size, "port", false);
    char *service = sim_member(data, size, "service", true);
    char *info = transcript->kinds & SIM_INFO ? sim_member(data, size, "info", false) : NULL;
    sim_transcript_add(transcript, kind, "%s > *: %s%s%s%s%s%s%s", bus->name, command ? command : "?", port ? " " : "",
                       port ? port : "", service ? " " : "", service ? service : "", info ? " " : "", info ? info : "");
    free(command);
    free(port);
    free(service);
    free(info);
}

static void host_hear(void *context, bool on)
{
    struct sim_bus *bus = context;

    bus->process.receivers = on;
}

static void host_broadcast(void *context, const void *data, size_t size, enum ab_broadcast_order order,
                           const struct ab_networks *within)
{
    struct sim_bus *bus = context;

    ck_assert_uint_gt(bus->depth, 0);
    if (bus->silent)
        return;
    ck_assert_uint_le(size, ab_engine_limits(bus->engine)->datagram_send);
    record_packet(bus, data, size);
    sim_process_broadcast(&bus->process, data, size, order, within);
}

static bool host_here(void *context, const struct ab_address *address)
{
    struct sim_bus *bus = context;

    return sim_host_has(bus->process.host, address->host);
}

/* The network of an interface is all of its segment: 24 bits of its address. */
static bool host_near(void *context, const struct ab_address *here, const struct ab_address *peer)
{
    const struct sim_bus *bus = context;
    const struct sim_host *host = bus->process.host;
    bool reached = false;

    for (unsigned i = 0; i < host->interface_count; i++) {
        const struct sim_interface *interface = &host->interfaces[i];

        if (!interface->up || interface->address >> 8 != peer->host >> 8)
            continue;
        if (interface->address == here->host)
            return true;
        reached = true;
    }
    return !reached;
}

static int host_open(void *context, const struct ab_address *to, ab_stream_id *ret_stream)
{
    struct sim_bus *bus = context;
    char text[AB_ADDRESS_HOST_TEXT];

    ck_assert_uint_gt(bus->depth, 0);
    if (bus->opening_fails || bus->silent)
        return AB_ENETWORK;
    struct stream *stream = stream_new(bus, sim_socket_open(&bus->process, to), false);
    sim_transcript_add(&bus->sim->network.transcript, SIM_STREAMS, "%s > %s: connect %s:%u", bus->name,
                       sim_socket_peer_name(stream->socket), ab_address_host_text(to, text), to->port);
    *ret_stream = stream->id;
    return 0;
}

static void record_lines(struct stream *stream, const char *data, size_t size)
{
    struct sim_transcript *transcript = &stream->bus->sim->network.transcript;
    const char *end;

    while ((end = memchr(data, '\n', size))) {
        size_t length = (size_t)(end - data) + 1;
        ck_assert_msg(length >= 2 && end[-1] == '\r', "a line without CR LF");
        ck_assert_msg(length == 2 || (*data == '{' && end[-2] == '}'), "a line that is neither empty nor an object");
        ck_assert_uint_le(length, ab_engine_limits(stream->bus->engine)->line + 2);
        if (transcript->kinds & SIM_LINES) {
            char *text = sim_render(data, length, transcript->kinds & SIM_RAW);
            record(stream, SIM_LINES, ">", text);
            free(text);
        }
        data += length;
        size -= length;
    }
    ck_assert_msg(size == 0, "a line that is written in parts");
}

static int host_write(void *context, ab_stream_id id, const void *data, size_t size)
{
    struct sim_bus *bus = context;
    struct stream *stream = stream_find(bus, id);

    ck_assert_uint_gt(bus->depth, 0);
    if (bus->writes_fail) {
        bus->writes_fail--;
        return AB_ENOMEM;
    }
    if (!stream || bus->silent)
        return 0;
    int result = ab_buffer_append(&stream->out, data, size);
    if (result == 0)
        record_lines(stream, data, size);
    return result;
}

static int host_share(void *context, ab_stream_id id, struct ab_text *text)
{
    return host_write(context, id, text->data, text->size);
}

static bool host_is_local(void *context, ab_stream_id id)
{
    (void)context, (void)id;
    return false;
}

static size_t host_waiting(void *context, ab_stream_id id)
{
    struct stream *stream = stream_find(context, id);

    return stream ? ab_buffer_size(&stream->out) : 0;
}

static size_t held(const struct stream *stream)
{
    return ab_reader_size(&stream->reader) + (stream->full ? ab_buffer_size(&stream->out) : 0);
}

static size_t host_held(void *context, ab_stream_id id)
{
    const struct stream *stream = stream_find(context, id);

    return stream ? held(stream) : 0;
}

/* As net does: what clients have waiting is looked at when it may be too much. */
static void look_at_crowd(struct sim_bus *bus)
{
    size_t all = 0;

    AB_LIST_EACH (node, &bus->streams) {
        const struct stream *stream = AB_CONTAINER(node, struct stream, node);
        if (stream->accepted && !stream->lingering)
            all += held(stream);
    }
    if (all > ab_engine_limits(bus->engine)->inbound_bytes)
        sim_timer_set(&bus->sim->network.clock, &bus->crowd, sim_now(bus->sim));
}

void sim_streams_crowded(void *context)
{
    struct sim_bus *bus = context;

    ab_engine_crowded(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
}

static void read_stream(struct stream *stream);

static void read_again(void *context)
{
    struct stream *stream = context;

    if (!stream->paused)
        read_stream(stream);
}

static void host_pause(void *context, ab_stream_id id, bool paused)
{
    struct sim_bus *bus = context;
    struct stream *stream = stream_find(bus, id);

    ck_assert_uint_gt(bus->depth, 0);
    if (!stream || stream->paused == paused)
        return;
    stream->paused = paused;
    record(stream, SIM_STREAMS, ">", paused ? "pause" : "resume");
    if (!paused)
        sim_timer_set(&bus->sim->network.clock, &stream->resume, sim_now(bus->sim));
}

static void linger_over(void *context)
{
    stream_free(context);
}

static void linger_on(struct stream *stream)
{
    char waste[READ_SIZE];

    if (ab_buffer_size(&stream->out) == 0 && !stream->linger.place) {
        sim_socket_shut(stream->socket);
        sim_timer_set(&stream->bus->sim->network.clock, &stream->linger, sim_now(stream->bus->sim) + LINGER);
    }
    long size;
    while ((size = sim_socket_read(stream->socket, waste, sizeof waste)) > 0)
        ;
    if (size < 0 && stream->linger.place)
        stream_free(stream);
}

static void host_close(void *context, ab_stream_id id, enum ab_close_mode mode)
{
    struct sim_bus *bus = context;
    struct stream *stream = stream_find(bus, id);

    ck_assert_uint_gt(bus->depth, 0);
    if (!stream)
        return;
    record(stream, SIM_STREAMS, ">", mode == AB_CLOSE_FLUSH ? "flush and close" : "close");
    if (mode == AB_CLOSE_NOW || !stream->connected) {
        stream_free(stream);
        return;
    }
    stream->lingering = true;
    bus->open_streams--;
}

static int host_counters(void *context, json_t *counters)
{
    struct sim_bus *bus = context;

    return ab_counters_put(counters, "simulation", "streams", bus->open_streams);
}

const struct ab_host sim_bus_host = {
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

/* ---- What the network does */

static void push(struct stream *stream)
{
    if (!stream->connected || !stream->socket || ab_buffer_size(&stream->out) == 0)
        return;
    size_t size = ab_buffer_size(&stream->out);
    size_t taken = sim_socket_write(stream->socket, ab_buffer_data(&stream->out), size);
    ab_buffer_consume(&stream->out, taken);
    stream->full = taken < size;
    ab_buffer_trim(&stream->out, 0);
}

void sim_streams_flush(struct sim_bus *bus)
{
    AB_LIST_EACH_SAFE (node, &bus->streams) {
        struct stream *stream = AB_CONTAINER(node, struct stream, node);
        if (!stream->full)
            push(stream);
        if (stream->lingering)
            linger_on(stream);
    }
    look_at_crowd(bus);
}

size_t sim_streams_waiting(const struct sim_bus *bus)
{
    size_t waiting = 0;

    AB_LIST_EACH (node, &bus->streams) {
        const struct stream *stream = AB_CONTAINER(node, struct stream, node);
        if (!stream->lingering)
            waiting += ab_buffer_size(&stream->out);
    }
    return waiting;
}

void sim_streams_free(struct sim_bus *bus)
{
    AB_LIST_EACH_SAFE (node, &bus->streams) {
        stream_free(AB_CONTAINER(node, struct stream, node));
    }
}

static void datagram(struct sim_process *process, const struct ab_address *from, const char *data, size_t size)
{
    struct sim_bus *bus = (struct sim_bus *)process;
    const struct ab_limits *limits = ab_engine_limits(bus->engine);
    struct ab_packet packet;
    int result;

    if (size > limits->datagram_read)
        return;
    if (bus->sim->packets && !bus->decodes)
        result = sim_packets_decode(bus->sim->packets, data, size, &packet);
    else
        result = ab_packet_decode(data, size, limits, &packet);
    if (result < 0)
        return;
    ab_engine_datagram(bus->engine, sim_bus_enter(bus), from, &packet);
    sim_bus_leave(bus);
}

static void accepted(struct sim_process *process, struct sim_socket *socket)
{
    struct sim_bus *bus = (struct sim_bus *)process;
    struct stream *stream = stream_new(bus, socket, true);
    struct ab_address peer = sim_socket_remote(socket);

    record(stream, SIM_STREAMS, "<", "accept");
    ab_engine_accepted(bus->engine, sim_bus_enter(bus), stream->id, &peer);
    sim_bus_leave(bus);
}

static void connected(struct sim_process *process, struct sim_socket *socket)
{
    struct sim_bus *bus = (struct sim_bus *)process;
    struct stream *stream = sim_socket_context(socket);

    stream->connected = true;
    ab_engine_connected(bus->engine, sim_bus_enter(bus), stream->id);
    sim_bus_leave(bus);
}

/* The stream is gone; the engine hears why, if it has not closed it. */
static void lose(struct stream *stream, int reason)
{
    struct sim_bus *bus = stream->bus;
    ab_stream_id id = stream->lingering ? 0 : stream->id;

    if (id)
        record(stream, SIM_STREAMS, "<", sim_error_name(reason));
    stream_free(stream);
    if (id) {
        ab_engine_closed(bus->engine, sim_bus_enter(bus), id, reason);
        sim_bus_leave(bus);
    }
}

static void failed(struct sim_process *process, struct sim_socket *socket, int reason)
{
    (void)process;
    lose(sim_socket_context(socket), reason);
}

/* Hands on the messages that are whole. False: the stream is no more. */
static bool hand_on(struct sim_bus *bus, ab_stream_id id)
{
    struct stream *stream;
    struct ab_message message;

    while ((stream = stream_find(bus, id))) {
        int result = ab_reader_next(&stream->reader, &message);
        if (result == 0)
            return true;
        if (result < 0) {
            lose(stream, result);
            return false;
        }
        ab_engine_message(bus->engine, sim_bus_enter(bus), id, &message);
        sim_bus_leave(bus);
    }
    return false;
}

static void hear_end(struct stream *stream)
{
    struct sim_bus *bus = stream->bus;
    ab_stream_id id = stream->id;

    if (stream->ended)
        return;
    stream->ended = true;
    ab_reader_finish(&stream->reader);
    if (!hand_on(bus, id))
        return;
    record(stream, SIM_STREAMS, "<", "end of input");
    ab_engine_input_ended(bus->engine, sim_bus_enter(bus), id);
    sim_bus_leave(bus);
}

static void read_stream(struct stream *stream)
{
    struct sim_bus *bus = stream->bus;
    ab_stream_id id = stream->id;

    if (stream->lingering) {
        linger_on(stream);
        return;
    }
    while ((stream = stream_find(bus, id)) && !stream->paused) {
        size_t room;
        char *place = ab_reader_reserve(&stream->reader, 1, &room);
        if (!place) {
            lose(stream, AB_ENOMEM);
            return;
        }
        room = bus->sim->network.single_bytes ? 1 : room < READ_SIZE ? room : READ_SIZE;
        long size = sim_socket_read(stream->socket, place, room);
        if (size < 0)
            hear_end(stream);
        if (size <= 0)
            break;
        ab_reader_commit(&stream->reader, (size_t)size);
        if (!hand_on(bus, id))
            return;
    }
    if ((stream = stream_find(bus, id)))
        ab_reader_trim(&stream->reader);
    look_at_crowd(bus);
}

static void readable(struct sim_process *process, struct sim_socket *socket)
{
    struct stream *stream = sim_socket_context(socket);

    (void)process;
    if (!stream->paused || stream->lingering)
        read_stream(stream);
}

static void writable(struct sim_process *process, struct sim_socket *socket)
{
    struct sim_bus *bus = (struct sim_bus *)process;
    struct stream *stream = sim_socket_context(socket);

    push(stream);
    if (stream->lingering) {
        linger_on(stream);
        return;
    }
    ab_engine_progress(bus->engine, sim_bus_enter(bus), stream->id);
    sim_bus_leave(bus);
}

static void network_changed(struct sim_process *process)
{
    struct sim_bus *bus = (struct sim_bus *)process;

    if (!bus->engine)
        return;
    ab_engine_network_changed(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
}

static void woke(struct sim_process *process)
{
    struct sim_bus *bus = (struct sim_bus *)process;

    if (!bus->engine)
        return;
    ab_engine_woke(bus->engine, sim_bus_enter(bus));
    sim_bus_leave(bus);
}

const struct sim_process_table sim_bus_table = {
    .datagram = datagram,
    .accepted = accepted,
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .failed = failed,
    .network_changed = network_changed,
    .woke = woke,
};
