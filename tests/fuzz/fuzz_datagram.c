/*
 * Datagrams of discovery, as a story: each run of bytes is a datagram, and between them time passes, the source changes,
 * and the program does something. What decodes is also written and decoded again. At the end there is silence, and what
 * was announced by nobody who is there is gone from the directory.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fuzz/bus.h"
#include "sim/bus.h"
#include "sim/sim.h"
#include "wire/json.h"
#include "wire/packet.h"

#define MOST_EVENTS 60

struct scene {
    struct sim *sim;
    struct sim_bus *b;
    struct sim_bus *c; /* an honest neighbour */
    struct sim_service *hall;
    struct sim_service *lamp; /* of the neighbour */
    struct sim_slot *browser;
    struct sim_remote *proxy;
    struct sim_remote *details; /* the neighbour asks the bus which services its host has */
    uint32_t source;
};

/* ---- A packet by itself */

static void check_packet(const char *data, size_t size, const struct ab_limits *limits)
{
    struct ab_packet packet, again;
    struct ab_buffer out = AB_BUFFER_INIT;
    struct ab_text *info = NULL;
    struct ab_limits most;

    if (ab_packet_decode(data, size, limits, &packet) < 0)
        return;
    if (packet.command == AB_PACKET_QUERY)
        ck_assert_int_eq(ab_packet_write_query(&out), 0);
    else if (packet.command == AB_PACKET_REMOVE)
        ck_assert_int_eq(ab_packet_write_remove(&out, packet.port, packet.service), 0);
    else
        ck_assert(ab_json_encode(packet.info, AB_JSON_DEPTH, &info) == 0 &&
                  ab_packet_write_add(&out, packet.port, packet.service, info, packet.local) == 0);
    ab_limits_init(&most);
    ck_assert_int_eq(ab_packet_decode(ab_buffer_data(&out), ab_buffer_size(&out), &most, &again), 0);
    ck_assert(again.command == packet.command && again.port == packet.port && again.local == packet.local);
    ck_assert(packet.command == AB_PACKET_QUERY || strcmp(again.service, packet.service) == 0);
    ck_assert(!packet.info || json_equal(again.info, packet.info));
    ab_packet_deinit(&packet);
    ab_packet_deinit(&again);
    ab_text_unref(info);
    ab_buffer_deinit(&out);
}

/* ---- What happens */

static void send_datagram(struct scene *scene, const struct ab_slice *bytes)
{
    struct ab_address from = ab_address_inet(scene->source, 9);
    char *data = fuzz_copy(bytes->data, bytes->size);

    check_packet(data, bytes->size, &scene->b->limits);
    sim_bus_table.datagram(&scene->b->process, &from, data, bytes->size);
    free(data);
}

/* As if the service of the neighbour, or our own, were announced from the source. */
static void announce(struct scene *scene, const struct sim_service *service, const char *info)
{
    char *text = sim_format("{\"command\":\"%s\",\"port\":52722,\"service\":\"%s\"%s%s}", info ? "add" : "remove",
                            ab_service_id(service->service), info ? ",\"info\":" : "", info ? info : "");

    send_datagram(scene, &(struct ab_slice){text, strlen(text)});
    free(text);
}

static void happen(struct scene *scene, char event)
{
    sim_run(scene->sim, MS(fuzz_pause_ms(event)));
    switch (event) {
    case 'A': scene->source = 0x0a000003; break; /* a machine that is not there */
    case 'B': scene->source = 0x0a000002; break; /* the neighbour's */
    case 'C': scene->source = SIM_LOOPBACK; break;
    case 'D': scene->source = 0x0a000001; break; /* its own */
    case 'E': scene->source = 0xc0a80909; break; /* of no network here */
    case 'h': announce(scene, scene->hall, "{\"type\":\"false\"}"); break;
    case 'H': announce(scene, scene->hall, NULL); break;
    case 'l': announce(scene, scene->lamp, "{\"type\":\"lamp\"}"); break;
    case 'L': announce(scene, scene->lamp, NULL); break;
    case 's': sim_set_info(scene->hall, "{\"type\":\"hall\",\"room\":1}"); break;
    case 'c': sim_call_try(scene->proxy, SECONDS(5), 0, "echo", "[]"); break;
    case 'b':
        sim_cancel(scene->browser);
        scene->browser = sim_browse(scene->b, "type?", AB_BROWSER_ROUTES | AB_BROWSER_EXISTING);
        break;
    case 'v':
        sim_cancel(scene->browser);
        scene->browser = sim_browse(scene->b, NULL, AB_BROWSER_LIVENESS);
        break;
    case 'd': sim_get(scene->details, "directory"); break;
    case 'e': sim_call_try(scene->details, SECONDS(5), 0, "get_directory", "[]"); break;
    case 'p': fuzz_check_bus(scene->b); break;
    case 'n': sim_host_set_interface(scene->b->process.host, 0, false); break;
    case 'u': sim_host_set_interface(scene->b->process.host, 0, true); break;
    case 'w':
        sim_host_sleep(scene->b->process.host);
        sim_run(scene->sim, SECONDS(100));
        sim_host_wake(scene->b->process.host);
        break;
    default: break;
    }
}

static struct scene scene_new(void)
{
    struct scene scene = {.sim = sim_new(1), .source = 0x0a000003};

    sim_record(scene.sim, 0);
    scene.sim->may_refuse = true;
    scene.b = sim_bus_new(scene.sim, sim_host(scene.sim, "b"), "b");
    sim_bus_limit(scene.b, "datagram_read", 512);
    sim_bus_limit(scene.b, "datagram_tokens", 32);
    sim_bus_limit(scene.b, "datagram_nesting", 4);
    sim_bus_limit(scene.b, "routes", 12);
    sim_bus_limit(scene.b, "routes_per_host", 4);
    sim_bus_limit(scene.b, "routes_loopback", 4);
    sim_bus_limit(scene.b, "routes_per_service", 3);
    sim_bus_limit(scene.b, "probes", 2);
    sim_bus_start(scene.b);
    scene.c = sim_bus(scene.sim, "c");
    scene.hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    scene.lamp = sim_publish(scene.c, "lamp", "{\"type\": \"lamp\"}");
    sim_function(scene.lamp, "echo", sim_echo);
    scene.browser = sim_browse(scene.b, "type?", AB_BROWSER_ROUTES | AB_BROWSER_EXISTING);
    scene.proxy = sim_proxy(scene.b, "type=lamp");
    sim_run(scene.sim, MS(50));
    struct ab_address to = sim_host_address(scene.b->process.host, 0, sim_bus_port(scene.b));
    scene.details = sim_connection(scene.c, &to, NULL);
    sim_watch(scene.details, "directory");
    return scene;
}

/* After a minute of silence what was false is gone: the neighbour is found and can be called. */
static void check_silence(struct scene *scene)
{
    struct sim_slot *call;

    sim_host_set_interface(scene->b->process.host, 0, true);
    sim_run(scene->sim, SECONDS(60));
    call = sim_call(scene->proxy, "echo", "[1]");
    for (unsigned i = 0; i < 20 && !call->completed; i++)
        sim_run(scene->sim, SECONDS(1));
    ck_assert_msg(call->value && strcmp(call->value, "[1]") == 0, "the neighbour is not found any more");
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
            send_datagram(&scene, &bytes);
    }
    fuzz_check_bus(scene.b);
    check_silence(&scene);
    sim_free(scene.sim);
    return 0;
}
