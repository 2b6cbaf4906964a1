/*
 * A client's side of connections, as a story: a bus with a connection, a proxy and a proxy of many on a server that
 * says what the input says; it may be a seed, and watched for its life, too. Between its bytes time passes, the program
 * asks for things and gives them up, and the server comes and goes. Every line that the bus sends must be one of the protocol; each call ends once (the simulation sees to
 * that), and a service of somebody else can be called all the while.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/bus.h"
#include "sim/bus.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define MOST_EVENTS 200
#define MOST_TIME   SECONDS(300)
#define PORT        700
#define ADD         "{\"command\":\"add\",\"port\":700,\"service\":\"x\",\"info\":{\"type\":\"false\"}}"
#define REMOVE      "{\"command\":\"remove\",\"port\":700,\"service\":\"x\"}"
#define EXTENSIONS  "\"extensions\":[\"ping\",\"exists\",\"closing\",\"cancel\",\"deadline\",\"progress\"]"

struct scene {
    struct sim *sim;
    struct sim_bus *c;
    struct sim_peer *server;
    struct sim_remote *remotes[3];        /* a connection, a proxy, a proxy of many */
    struct sim_remote *now;               /* that the program uses */
    struct sim_slot *call, *subscription; /* the newest */
    struct sim_slot *seed, *browser;
    struct ab_address at;  /* of the server */
    struct sim_link *link; /* that the server speaks on: the newest, or one that was chosen */
    bool binds;            /* the server answers bind by itself */
    char *id;              /* of the last command, as it was written */
    struct sim_remote *honest;
};

/* ---- The server */

static void hear(struct sim_link *link, const char *text, size_t size)
{
    struct scene *scene = link->peer->context;
    json_t *line = fuzz_check_line(text, size);
    const char *command = json_string_value(json_object_get(line, "_command"));

    if (json_integer_value(json_object_get(line, "_type")) == 1) {
        free(scene->id);
        scene->id = sim_member(text, size, "_id", false);
        if (scene->binds && strcmp(command, "bind") == 0)
            sim_send_format(link, "{\"_type\":2,\"_id\":%s,\"service\":\"x\"," EXTENSIONS "}", scene->id);
    }
    json_decref(line);
}

static void opened(struct sim_link *link)
{
    struct scene *scene = link->peer->context;

    scene->link = link;
}

/* ---- What happens */

static void choose_link(struct scene *scene, unsigned nth)
{
    unsigned index = 0;

    AB_LIST_EACH (node, &scene->server->links) {
        struct sim_link *link = AB_CONTAINER(node, struct sim_link, node);
        if (link->socket && index++ == nth)
            scene->link = link;
    }
}

static void serve(struct scene *scene, char event)
{
    struct sim_link *link = scene->link;

    switch (event) {
    case 'a': sim_peer_broadcast(scene->server, ADD, AB_LOOPBACK_FIRST); break;
    case 'r': sim_peer_broadcast(scene->server, REMOVE, AB_LOOPBACK_FIRST); break;
    case 'O': scene->binds = !scene->binds; break;
    case 'W': choose_link(scene, 0); break;
    case 'X': choose_link(scene, 1); break;
    case 'Y': choose_link(scene, 2); break;
    case 'Z': choose_link(scene, 3); break;
    case 'q': sim_process_unlisten(&scene->server->process); break;
    case 'Q':
        if (!scene->server->process.listening)
            sim_peer_listen(scene->server, PORT);
        break;
    default: break;
    }
    if (!link)
        return;
    switch (event) {
    case 'i': sim_send_bytes(link, scene->id ? scene->id : "null", strlen(scene->id ? scene->id : "null")); break;
    case 'h': sim_link_shut(link); break;
    case 'x': sim_link_close(link); break;
    case 'z': sim_link_reset(link); break;
    case 'd': sim_link_listen(link, false); break;
    case 'D': sim_link_listen(link, true); break;
    default: break;
    }
}

static struct sim_slot *call(struct scene *scene, unsigned flags)
{
    struct ab_gather_rule rule = {.deadline = SECONDS(4)};

    if (scene->now->multiple)
        return sim_call_all(scene->now, &rule, flags, "f", "[1]");
    return sim_call_within(scene->now, SECONDS(4), flags, "f", "[1]");
}

/* Over the limit of calls there is an error at once. */
static void call_often(struct scene *scene)
{
    for (unsigned i = 0; i < 5 && scene->now->remote; i++)
        sim_call_try(scene->now, SECONDS(2), i % 2 ? AB_CALL_PROGRESS : 0, "f", "[]");
}

static void use(struct scene *scene, char event)
{
    struct sim_remote *now = scene->now;

    if (!now->remote && !now->multiple)
        return;
    switch (event) {
    case 'c': call_often(scene); break;
    case 'C': scene->call = call(scene, AB_CALL_PROGRESS); break;
    case 'g':
        if (now->remote)
            scene->call = sim_get(now, "o");
        break;
    case 'b': scene->call = sim_wait_bound(now, SECONDS(5)); break;
    case 'k': sim_cancel(scene->call); break;
    case 'K': sim_abort(scene->call); break;
    case 'n': sim_notice(now, "f", "[\"notice\"]"); break;
    case 'w': scene->subscription = sim_watch(now, "o"); break;
    case 'l': scene->subscription = sim_listen(now, "e"); break;
    case 'u': sim_cancel(scene->subscription); break;
    case '-':
        sim_remote_end(now);
        scene->call = scene->subscription = NULL;
        break;
    default: break;
    }
}

static void happen(struct scene *scene, char event)
{
    if (sim_now(scene->sim) < MOST_TIME)
        sim_run(scene->sim, MS(fuzz_pause_ms(event)));
    switch (event) {
    case 'A':
    case 'B': scene->now = scene->remotes[event - 'A']; break;
    case 'M': scene->now = scene->remotes[2]; break;
    case 'S':
        sim_cancel(scene->seed);
        scene->seed = sim_seed(scene->c, &scene->at);
        break;
    case 'T': sim_cancel(scene->seed); break;
    case 'L':
        sim_cancel(scene->browser);
        scene->browser = sim_browse(scene->c, NULL, AB_BROWSER_EXISTING | AB_BROWSER_ROUTES | AB_BROWSER_LIVENESS);
        break;
    case 's': scene->sim->network.single_bytes = !scene->sim->network.single_bytes; break;
    case 'N':
        ab_engine_network_changed(scene->c->engine, sim_bus_enter(scene->c));
        sim_bus_leave(scene->c);
        break;
    case 'V':
        ab_engine_woke(scene->c->engine, sim_bus_enter(scene->c));
        sim_bus_leave(scene->c);
        break;
    default: break;
    }
    use(scene, event);
    serve(scene, event);
}

/* ---- The scene */

static void limit(struct sim_bus *bus)
{
    sim_bus_limit(bus, "line", 4096);
    sim_bus_limit(bus, "nesting", 8);
    sim_bus_limit(bus, "tokens", 64);
    sim_bus_limit(bus, "id_bytes", 16);
    sim_bus_limit(bus, "bad_lines", 3);
    sim_bus_limit(bus, "calls", 8);
}

static struct sim_bus *start(struct sim *sim, const char *name, unsigned broadcast)
{
    struct sim_bus *bus = sim_bus_new(sim, sim_host(sim, name), name);

    bus->broadcast = broadcast; /* as little as is needed: datagrams have a target of their own */
    limit(bus);
    return sim_bus_start(bus);
}

static void subscribe(struct sim_remote *remote)
{
    sim_on_binding(remote);
    sim_watch(remote, "temp");
    sim_listen(remote, "rang");
}

static void scene_init(struct scene *scene)
{
    struct sim *sim = scene->sim;
    struct sim_bus *b = start(sim, "b", 0);
    struct sim_service *kept = sim_publish(b, "kept", "{\"type\": \"kept\"}");
    struct ab_address to = sim_host_address(b->process.host, 0, sim_bus_port(b));

    sim_function(kept, "echo", sim_echo);
    scene->c = start(sim, "c", AB_BROADCAST_DISCOVER);
    scene->honest = sim_connection(scene->c, &to, ab_service_id(kept->service));
    scene->server = sim_peer(sim, sim_host(sim, "q"), "server");
    scene->server->context = scene;
    scene->server->line = hear;
    scene->server->opened = opened;
    sim_peer_listen(scene->server, PORT);
    scene->at = sim_host_address(scene->server->process.host, 0, PORT);
    scene->remotes[0] = sim_connection(scene->c, &scene->at, "x");
    scene->remotes[1] = sim_proxy(scene->c, "type=false");
    scene->remotes[2] = sim_proxy_multiple(scene->c, "type=false");
    scene->now = scene->remotes[0];
    for (unsigned i = 0; i < 3; i++)
        subscribe(scene->remotes[i]);
    sim_on_end(scene->remotes[0], true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene = {.sim = sim_new(1), .binds = true};
    struct fuzz_story story = {data, data + size, MOST_EVENTS};
    struct ab_slice bytes;
    char event;

    sim_record(scene.sim, 0);
    scene.sim->may_refuse = true;
    scene_init(&scene);
    while (fuzz_story_next(&story, &bytes, &event)) {
        if (event)
            happen(&scene, event);
        else if (scene.link)
            sim_send_bytes(scene.link, bytes.data, bytes.size);
    }
    sim_run(scene.sim, MS(10));
    struct sim_slot *last = sim_call(scene.honest, "echo", "[\"still here\"]");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_msg(last && last->value && strcmp(last->value, "[\"still here\"]") == 0,
                  "another service cannot be called");
    fuzz_check_bus(scene.c);
    sim_free(scene.sim);
    free(scene.id);
    return 0;
}
