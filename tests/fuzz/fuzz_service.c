/*
 * A service's side of connections, as a story: bytes arrive at a bus whose service has all that one can have, and between
 * them time passes, the program answers and changes things, and the network does what it does. Every line that the bus
 * sends must be one of the protocol; and another client is answered within a second whatever happened.
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
#define LINKS       4

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_peer *client;
    struct sim_link *links[LINKS];
    unsigned now; /* the link that is spoken on */
    struct sim_service *hall, *vault, *kept;
    struct sim_slot *echo;
    bool has_temp;
    unsigned count; /* of changes */
    struct sim_remote *honest;
};

static void hear(struct sim_link *link, const char *text, size_t size)
{
    (void)link;
    json_decref(fuzz_check_line(text, size));
}

/* ---- What happens */

static struct sim_link *link_of(struct scene *scene)
{
    struct sim_link **link = &scene->links[scene->now];

    if (!*link || !(*link)->socket) {
        *link = sim_dial(scene->client, scene->b);
        sim_run(scene->sim, MS(5));
    }
    return *link;
}

static void say(struct scene *scene, const char *text)
{
    sim_send_bytes(link_of(scene), text, strlen(text));
}

static void bind(struct scene *scene, const struct sim_service *service, const char *extensions)
{
    char *line = sim_format("{\"_type\":1,\"_id\":\"b\",\"_command\":\"bind\",\"service\":\"%s\"%s}\r\n",
                            service->service ? ab_service_id(service->service) : "gone", extensions);
    say(scene, line);
    free(line);
}

static void set(struct scene *scene, size_t size)
{
    char *value;

    if (!scene->has_temp || !scene->hall->service)
        return;
    value = sim_alloc(size + 32);
    sprintf(value, "\"%u ", ++scene->count);
    memset(value + strlen(value), 'x', size);
    strcat(value, "\"");
    sim_set(scene->hall, "temp", value);
    free(value);
}

/* The public library refuses what the engine is asked to do twice; a story does not. */
static void change_service(struct scene *scene, char event)
{
    struct sim_service *hall = scene->hall;

    if (!hall->service)
        return;
    switch (event) {
    case '-':
        if (scene->has_temp)
            sim_remove(hall, AB_TOPIC_OBJECT, "temp");
        scene->has_temp = false;
        break;
    case '+':
        if (!scene->has_temp)
            sim_object(hall, "temp", "null");
        scene->has_temp = true;
        break;
    case 'm': sim_replace(scene->echo, AB_FUNCTION_SYNC, sim_throw, &scene->echo); break;
    case 'f': sim_fire(hall, "rang", "[1,\"two\"]"); break;
    case 'F':
        for (unsigned i = 0; i < 20; i++)
            sim_fire(hall, "rang", "[\"and all that is long enough to fill what waits at a peer that does not read\"]");
        break;
    case 'a': sim_access(hall, "local"); break;
    case 'A': sim_access(hall, "*"); break;
    case 'i': sim_set_info(hall, "{\"type\":\"hall\",\"n\":1}"); break;
    case 'k': sim_service_end(hall); break;
    default: break;
    }
}

static void answer(struct scene *scene, char event)
{
    struct sim_bus *b = scene->b;
    unsigned last = b->held_count - 1;

    if (b->held_count == 0)
        return;
    switch (event) {
    case 'r': sim_reply(b, "{\"a\":[1]}"); break;
    case 'R': sim_reply_to(b, last, "null"); break;
    case 'e':
        ab_request_reply_exception(b->held[last], sim_bus_enter(b), "odd", "no", NULL);
        sim_bus_leave(b);
        break;
    case 'u': ab_request_unref(b->held[--b->held_count]); break;
    case 'g': sim_progress(b, last, "[\"part\"]"); break;
    default: break;
    }
}

static void happen_to_link(struct scene *scene, char event)
{
    struct sim_link *link = link_of(scene);

    switch (event) {
    case 'h': sim_link_shut(link); break;
    case 'x': sim_link_close(link); break;
    case 'z': sim_link_reset(link); break;
    case 'd': sim_link_listen(link, false); break;
    case 'l': sim_link_listen(link, true); break;
    default: break;
    }
}

static void happen(struct scene *scene, char event)
{
    if (sim_now(scene->sim) < MOST_TIME)
        sim_run(scene->sim, MS(fuzz_pause_ms(event)));
    switch (event) {
    case 'W':
    case 'X':
    case 'Y':
    case 'Z': scene->now = (unsigned)(event - 'W'); break;
    case 'b': bind(scene, scene->hall, ""); break;
    case 'B':
        bind(scene, scene->hall,
             ",\"extensions\":[\"ping\",\"exists\",\"closing\",\"cancel\",\"deadline\",\"progress\"]");
        break;
    case 'v': bind(scene, scene->vault, ""); break;
    case 's': set(scene, 1); break;
    case 'S': set(scene, 3000); break;
    case 'o': scene->sim->network.single_bytes = !scene->sim->network.single_bytes; break;
    case 'n':
        ab_engine_network_changed(scene->b->engine, sim_bus_enter(scene->b));
        sim_bus_leave(scene->b);
        break;
    case 'w':
        ab_engine_woke(scene->b->engine, sim_bus_enter(scene->b));
        sim_bus_leave(scene->b);
        break;
    default: break;
    }
    change_service(scene, event);
    answer(scene, event);
    happen_to_link(scene, event);
}

/* ---- The scene */

static bool permits(void *context, const struct ab_peer *peer, enum ab_access_kind kind, const char *name)
{
    (void)context, (void)peer;
    return kind == AB_ACCESS_BIND || (name && name[0] != 'h');
}

static void limit(struct sim_bus *bus)
{
    sim_bus_limit(bus, "line", 4096);
    sim_bus_limit(bus, "line_unbound", 512);
    sim_bus_limit(bus, "nesting", 8);
    sim_bus_limit(bus, "tokens", 64);
    sim_bus_limit(bus, "id_bytes", 16);
    sim_bus_limit(bus, "bad_lines", 3);
    sim_bus_limit(bus, "unbound", 2);
    sim_bus_limit(bus, "connections_per_host", 3);
    sim_bus_limit(bus, "calls", 3);
    sim_bus_limit(bus, "watches", 3);
    sim_bus_limit(bus, "output_pause", 4096);
    sim_bus_limit(bus, "output_close", 65536);
    sim_bus_limit(bus, "output_values", 1024);
}

static void furnish(struct sim_service *service, struct sim_slot **ret_echo)
{
    *ret_echo = sim_function_mode(service, "echo", AB_FUNCTION_SYNC, sim_echo);
    sim_function(service, "hold", sim_hold);
    sim_function(service, "throw", sim_throw);
    sim_function(service, "drop", sim_drop);
    sim_function_mode(service, "later", AB_FUNCTION_ASYNC, sim_hold);
    sim_event(service, "rang");
    sim_object(service, "temp", "0");
    sim_on_interest(service, AB_TOPIC_OBJECT, "temp");
    sim_on_interest(service, AB_TOPIC_EVENT, "rang");
}

static struct sim_remote *honest(struct scene *scene)
{
    struct sim_bus *c = sim_bus_new(scene->sim, sim_host(scene->sim, "c"), "c");
    struct ab_address to = sim_host_address(scene->b->process.host, 0, sim_bus_port(scene->b));

    c->broadcast = 0;
    return sim_connection(sim_bus_start(c), &to, ab_service_id(scene->kept->service));
}

static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1), .has_temp = true};
    struct sim_slot *echo;

    sim_record(scene.sim, 0);
    scene.sim->network.send_buffer = scene.sim->network.receive_buffer = 2048;
    scene.b = sim_bus_new(scene.sim, sim_host(scene.sim, "b"), "b");
    scene.b->broadcast = 0; /* datagrams have a target of their own */
    limit(scene.b);
    sim_bus_start(scene.b);
    scene.hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    scene.vault = sim_publish(scene.b, "vault", "{\"type\": \"vault\"}");
    scene.kept = sim_publish(scene.b, "kept", "{\"type\": \"kept\"}");
    furnish(scene.hall, &scene.echo);
    furnish(scene.vault, &echo);
    sim_guard(scene.vault, permits, NULL);
    sim_function(scene.kept, "echo", sim_echo);
    scene.client = sim_peer(scene.sim, sim_host(scene.sim, "p"), "client");
    scene.client->line = hear;
    scene.honest = honest(&scene);
    sim_run(scene.sim, MS(20));
    return scene;
}

static void check_honest(struct scene *scene)
{
    struct sim_slot *call = sim_call(scene->honest, "echo", "[\"still here\"]");

    sim_run(scene->sim, SECONDS(1));
    ck_assert_msg(call->value && strcmp(call->value, "[\"still here\"]") == 0, "another client was not answered");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_story story = {data, data + size, MOST_EVENTS};
    struct scene scene = scene_new();
    struct ab_slice bytes;
    char event;

    while (fuzz_story_next(&story, &bytes, &event)) {
        if (event)
            happen(&scene, event);
        else
            sim_send_bytes(link_of(&scene), bytes.data, bytes.size);
    }
    sim_run(scene.sim, MS(10));
    check_honest(&scene);
    while (scene.b->held_count)
        sim_reply(scene.b, "1");
    check_honest(&scene);
    fuzz_check_bus(scene.b);
    sim_free(scene.sim);
    return 0;
}
