/*
 * A legacy bus: its discovery (schedule, answers at once, two receivers, expiry), and the rules of its connections that
 * hold in both roles. PROTOCOL section 1 has the figures.
 */

#include "sim/legacy.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const double query_times[] = {0.1, 0.6, 1.6, 3.6, 7.6, 14.6};

#define EXPIRY_INTERVAL SECONDS(12)
#define EXPIRY_AFTER    SECONDS(30)
#define EXPIRY_PATIENCE SECONDS(10)

static struct legacy *of_peer(struct sim_peer *peer)
{
    return peer->context;
}

static struct sim_clock *clock_of(struct legacy *legacy)
{
    return &legacy->peer->sim->network.clock;
}

static ab_time now_of(struct legacy *legacy)
{
    return sim_now(legacy->peer->sim);
}

static void note(struct legacy *legacy, unsigned kind, const char *what, const char *service)
{
    sim_transcript_add(&legacy->peer->sim->network.transcript, kind, "%s: %s %s", legacy->peer->name, what, service);
}

/* ---- What it says */

static void send_add(struct legacy *legacy)
{
    char *text = sim_format("{\"info\": %s, \"port\": %u, \"command\": \"add\", \"service\": \"%s\"}", legacy->info,
                            legacy->port, legacy->service);

    sim_peer_broadcast(legacy->peer, text, AB_LOOPBACK_FIRST);
    free(text);
}

static void announce(void *context)
{
    struct legacy *legacy = context;
    struct sim_network *network = &legacy->peer->sim->network;

    if (!legacy->service || !legacy->peer->process.alive)
        return;
    send_add(legacy);
    sim_timer_set(&network->clock, &legacy->announce,
                  network->clock.now + SECONDS(10) + (ab_time)ab_random_below(&network->random, SECONDS(5)));
}

static void query(void *context)
{
    struct legacy *legacy = context;

    if (!legacy->peer->process.alive)
        return;
    sim_peer_broadcast(legacy->peer, "{\"command\": \"query\"}", AB_LOOPBACK_FIRST);
    if (++legacy->queries < COUNT(query_times))
        sim_timer_set(clock_of(legacy), &legacy->query,
                      now_of(legacy) + SECONDS(query_times[legacy->queries] - query_times[legacy->queries - 1]));
}

/* ---- What it hears */

static struct legacy_heard *find_heard(struct legacy *legacy, const char *service, const struct ab_address *at)
{
    AB_LIST_EACH (node, &legacy->heard) {
        struct legacy_heard *heard = AB_CONTAINER(node, struct legacy_heard, node);
        if (strcmp(heard->service, service) == 0 && ab_address_equal(&heard->at, at))
            return heard;
    }
    return NULL;
}

static void forget(struct legacy *legacy, struct legacy_heard *heard)
{
    note(legacy, SIM_SERVICES, "-", heard->service);
    if (heard->probe)
        heard->probe->context = NULL;
    ab_list_remove(&heard->node);
    free(heard->service);
    free(heard);
}

static void hear_add(struct legacy *legacy, const char *service, struct ab_address at)
{
    struct legacy_heard *heard = find_heard(legacy, service, &at);

    if (legacy->service && strcmp(service, legacy->service) == 0)
        return;
    if (!heard) {
        heard = sim_alloc(sizeof *heard);
        heard->service = sim_strdup(service);
        heard->at = at;
        ab_list_append(&legacy->heard, &heard->node);
        note(legacy, SIM_SERVICES, "+", service);
    }
    heard->heard = now_of(legacy);
}

static void packet(struct sim_peer *peer, const struct ab_address *from, const char *text, size_t size)
{
    struct legacy *legacy = of_peer(peer);
    json_t *json = json_loadb(text, size, 0, NULL);
    const char *command = json_string_value(json_object_get(json, "command"));
    const char *service = json_string_value(json_object_get(json, "service"));
    struct ab_address at = *from;

    at.port = (uint32_t)json_integer_value(json_object_get(json, "port"));
    if (command && strcmp(command, "query") == 0 && legacy->service)
        send_add(legacy); /* at once, to each packet of a pair, to each receiver */
    else if (command && service && strcmp(command, "add") == 0)
        hear_add(legacy, service, at);
    else if (command && service && strcmp(command, "remove") == 0 && find_heard(legacy, service, &at))
        forget(legacy, find_heard(legacy, service, &at));
    json_decref(json);
}

/* ---- Expiry: connects and binds to what it has not heard for 30 s */

static void probe(struct legacy *legacy, struct legacy_heard *heard)
{
    heard->probe = legacy_bind(legacy, &heard->at, heard->service);
    heard->probe->context = heard;
}

static void expire(void *context)
{
    struct legacy *legacy = context;
    ab_time now = now_of(legacy);

    if (!legacy->peer->process.alive)
        return;
    AB_LIST_EACH_SAFE (node, &legacy->heard) {
        struct legacy_heard *heard = AB_CONTAINER(node, struct legacy_heard, node);
        if (heard->probe && now - heard->heard > EXPIRY_AFTER + EXPIRY_PATIENCE)
            forget(legacy, heard);
        else if (!heard->probe && now - heard->heard > EXPIRY_AFTER)
            probe(legacy, heard);
    }
    sim_timer_set(clock_of(legacy), &legacy->expiry, now + EXPIRY_INTERVAL);
}

static void probe_answered(struct sim_link *link, json_t *line)
{
    struct legacy_heard *heard = link->context;
    struct legacy *legacy = of_peer(link->peer);

    link->context = NULL;
    heard->probe = NULL;
    heard->heard = now_of(legacy);
    sim_link_close(link);
    if (json_object_get(line, "_error"))
        forget(legacy, heard);
}

static void ended(struct sim_link *link)
{
    struct legacy_heard *heard = link->context;

    if (heard) {
        heard->probe = NULL;
        link->context = NULL;
        forget(of_peer(link->peer), heard);
    }
    sim_link_close(link);
}

/* ---- Connections */

char *legacy_text(const json_t *value, size_t flags)
{
    json_free_t release;
    char *text = json_dumps(value, flags);
    char *copy = sim_strdup(text ? text : "");

    json_get_alloc_funcs(NULL, &release);
    release(text);
    return copy;
}

void legacy_send(struct sim_link *link, json_t *line)
{
    char *text = legacy_text(line, 0);

    if (of_peer(link->peer)->padding) {
        char *spaces = sim_format("%5120s\r\n", "");
        sim_send_bytes(link, spaces, strlen(spaces));
        free(spaces);
    }
    sim_send(link, text);
    free(text);
    json_decref(line);
}

void legacy_drop(struct sim_link *link, const char *why)
{
    struct legacy *legacy = of_peer(link->peer);

    legacy->violations++;
    note(legacy, ~0u, "drops a connection over", why);
    sim_link_close(link);
}

/* What it does not forgive, in either role; NULL: nothing. */
static const char *fault_of(json_t *line)
{
    json_t *type = json_object_get(line, "_type");
    json_t *error = json_object_get(line, "_error");
    const char *command = json_string_value(json_object_get(line, "_command"));

    if (!json_is_object(line))
        return "a line that is no object";
    if (!json_is_integer(type))
        return "a message without _type";
    if (json_integer_value(type) == 2 && !json_object_get(line, "_id"))
        return "a response without _id";
    if (error && !json_is_string(json_object_get(error, "text")))
        return "an error without text";
    if (command && strcmp(command, "changed") == 0 && !json_object_get(line, "value"))
        return "a change without value";
    return NULL;
}

static void take_line(struct sim_link *link, const char *text, size_t size)
{
    json_t *line = json_loadb(text, size, 0, NULL);
    const char *fault = fault_of(line);

    if (fault)
        legacy_drop(link, fault);
    else if (link->context)
        probe_answered(link, line);
    else if (link->accepted)
        legacy_serve_line(link, line);
    else
        legacy_client_line(link, line);
    json_decref(line);
}

/* ---- Its life */

static void freed(struct sim_peer *peer)
{
    struct legacy *legacy = of_peer(peer);
    struct ab_list *node;

    sim_timer_cancel(clock_of(legacy), &legacy->query);
    sim_timer_cancel(clock_of(legacy), &legacy->announce);
    sim_timer_cancel(clock_of(legacy), &legacy->expiry);
    while ((node = ab_list_take(&legacy->heard))) {
        struct legacy_heard *heard = AB_CONTAINER(node, struct legacy_heard, node);
        free(heard->service);
        free(heard);
    }
    json_decref(legacy->objects);
    free(legacy->service);
    free(legacy->info);
    free(legacy);
}

struct legacy *legacy_new(struct sim *sim, struct sim_host *host, const char *name)
{
    struct legacy *legacy = sim_alloc(sizeof *legacy);

    legacy->peer = sim_peer(sim, host, name);
    legacy->peer->context = legacy;
    legacy->peer->packet = packet;
    legacy->peer->line = take_line;
    legacy->peer->ended = ended;
    legacy->peer->freed = freed;
    legacy->peer->process.receivers = 2;
    legacy->objects = json_object();
    ab_list_init(&legacy->heard);
    sim_timer_init(&legacy->query, query, legacy);
    sim_timer_init(&legacy->announce, announce, legacy);
    sim_timer_init(&legacy->expiry, expire, legacy);
    sim_timer_set(clock_of(legacy), &legacy->query, now_of(legacy) + SECONDS(query_times[0]));
    sim_timer_set(clock_of(legacy), &legacy->expiry, now_of(legacy) + EXPIRY_INTERVAL);
    return legacy;
}

void legacy_publish(struct legacy *legacy, const char *service, const char *info, uint16_t port)
{
    legacy->service = sim_strdup(service);
    legacy->info = sim_strdup(info);
    legacy->port = port;
    sim_peer_listen(legacy->peer, port);
    announce(legacy);
}

void legacy_withdraw(struct legacy *legacy)
{
    char *text =
        sim_format("{\"port\": %u, \"command\": \"remove\", \"service\": \"%s\"}", legacy->port, legacy->service);

    sim_peer_broadcast(legacy->peer, text, AB_LOOPBACK_LAST);
    free(text);
    free(legacy->service);
    legacy->service = NULL;
}
