/*
 * Peers that send what is almost right: lines and datagrams of the protocol with bytes changed, lost, doubled and swapped,
 * cut anywhere. Nothing they send may crash the engine or make it break a promise, and an honest neighbour is served all
 * the while. The number of a test is its seed.
 */

#include <string.h>

#include "harness.h"
#include "sim/peer.h"
#include "sim/sim.h"

#define ROUNDS 200

static const char *const client_lines[] = {
    "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"ID\",\"extensions\":[\"ping\",\"exists\",\"cancel\",\"deadline\",\"progress\"]}",
    "{\"_type\":1,\"_id\":\"2\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[1,\"two\",{\"three\":[4.5,null,true]}]}",
    "{\"_type\":1,\"_id\":\"3\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[]}",
    "{\"_type\":3,\"_command\":\"cancel\",\"call\":\"3\"}",
    "{\"_type\":1,\"_id\":\"9\",\"_command\":\"call\",\"name\":\"hold\",\"args\":[],\"deadline\":40,\"progress\":true}",
    "{\"_type\":3,\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}",
    "{\"_type\":1,\"_id\":\"4\",\"_command\":\"watch\",\"name\":\"temp\"}",
    "{\"_type\":1,\"_id\":\"5\",\"_command\":\"unwatch\",\"name\":\"temp\"}",
    "{\"_type\":1,\"_id\":\"6\",\"_command\":\"listen\",\"name\":\"rang\"}",
    "{\"_type\":3,\"_command\":\"unlisten\",\"name\":\"rang\"}",
    "{\"_type\":1,\"_id\":\"7\",\"_command\":\"ping\"}",
    "{\"_type\":2,\"_id\":\"1\"}",
    "{\"_type\":1,\"_id\":\"8\",\"_command\":\"call\",\"name\":\"get_details\",\"args\":[]}",
};

static const char *const server_lines[] = {
    "{\"_type\":2,\"_id\":\"1\",\"service\":\"x\",\"extensions\":[\"ping\",\"exists\",\"cancel\",\"deadline\",\"progress\"]}",
    "{\"_type\":2,\"_id\":\"2\",\"name\":\"temp\",\"value\":{\"a\":[1,2]}}",
    "{\"_type\":2,\"_id\":\"3\",\"name\":\"rang\"}",
    "{\"_type\":2,\"_id\":\"4\",\"result\":[1,\"two\"]}",
    "{\"_type\":2,\"_id\":\"5\",\"_error\":{\"type\":\"exception\",\"text\":\"no\"},\"exception\":{\"text\":\"no\"}}",
    "{\"_type\":3,\"_command\":\"changed\",\"name\":\"temp\",\"value\":7}",
    "{\"_type\":3,\"_command\":\"changed\",\"name\":\"temp\"}",
    "{\"_type\":1,\"_id\":\"a\",\"_command\":\"changed\",\"name\":\"temp\",\"value\":null}",
    "{\"_type\":3,\"_command\":\"fired\",\"name\":\"rang\",\"args\":[1]}",
    "{\"_type\":3,\"_command\":\"progress\",\"call\":\"4\",\"value\":[1]}",
    "{\"_type\":1,\"_id\":\"b\",\"_command\":\"ping\"}",
};

static const char *const packets[] = {
    "{\"command\":\"query\"}",
    "{\"command\":\"add\",\"port\":700,\"service\":\"x\",\"info\":{\"type\":\"false\",\"n\":[1,{\"a\":null}]}}",
    "{\"command\":\"remove\",\"port\":700,\"service\":\"x\"}",
};

struct scene {
    struct sim *sim;
    struct ab_random random;
    struct sim_bus *b; /* serves, honestly */
    struct sim_bus *c; /* its client, also of the false server */
    struct sim_service *hall;
    struct sim_remote *honest;
    struct sim_remote *deceived;
    struct sim_peer *client;
    struct sim_peer *server;
};

static unsigned below(struct scene *scene, size_t bound)
{
    return (unsigned)ab_random_below(&scene->random, bound);
}

/* One of them, with some of its bytes not what they should be. Most of the time few, so that it gets far. */
static char *mutated(struct scene *scene, const char *const *texts, size_t count, size_t *ret_size)
{
    const char *text = texts[below(scene, count)];
    size_t size = strlen(text);
    char *copy = sim_alloc(size + 300);

    memcpy(copy, text, size);
    for (unsigned changes = below(scene, 4) ? below(scene, 3) : below(scene, 20); changes; changes--) {
        size_t at = below(scene, size + 1);
        switch (below(scene, 4)) {
        case 0:
            if (at < size)
                copy[at] = (char)below(scene, 256);
            break;
        case 1: /* lost */
            if (at < size)
                memmove(copy + at, copy + at + 1, --size - at);
            break;
        case 2: /* something that means something */
            memmove(copy + at + 1, copy + at, size++ - at);
            copy[at] = "{}[]\",:\\\n 0-1eEu"[below(scene, 17)];
            break;
        case 3:
            if (size > at + 8)
                memmove(copy + at, copy + at + below(scene, 8), 4);
            break;
        }
    }
    *ret_size = size;
    return copy;
}

/* With or without its end. */
static void send_mutated(struct scene *scene, struct sim_link *link, const char *const *texts, size_t count)
{
    size_t size;
    char *text = mutated(scene, texts, count, &size);

    sim_send_bytes(link, text, size);
    if (below(scene, 20))
        sim_send_bytes(link, below(scene, 2) ? "\r\n" : "\n", 1);
    free(text);
}

static void attack_service(struct scene *scene)
{
    struct sim_link *link = sim_dial(scene->client, scene->b);

    sim_run(scene->sim, MS(5));
    if (below(scene, 4))
        sim_send_format(link, "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":\"%s\"%s}",
                        ab_service_id(scene->hall->service),
                        below(scene, 2) ? ",\"extensions\":[\"ping\",\"exists\",\"cancel\",\"deadline\",\"progress\"]"
                                        : "");
    for (unsigned i = 0; i < 20; i++) {
        send_mutated(scene, link, client_lines, COUNT(client_lines));
        sim_run(scene->sim, MS(below(scene, 2)));
    }
    sim_set(scene->hall, "temp", below(scene, 2) ? "1" : "2");
    sim_fire(scene->hall, "rang", "[1]");
    sim_run(scene->sim, MS(5));
    if (below(scene, 2))
        sim_link_shut(link);
    sim_run(scene->sim, MS(below(scene, 100)));
    while (scene->b->held_count && below(scene, 2))
        sim_reply(scene->b, "1");
    if (below(scene, 2))
        sim_link_reset(link);
    else
        sim_link_close(link);
}

/* Answers its client with what is almost right. */
static void serve_falsely(struct sim_link *link, const char *text, size_t size)
{
    struct scene *scene = link->peer->context;

    (void)text, (void)size;
    if (link->lines == 1 && below(scene, 4)) {
        sim_send(link, server_lines[0]);
        return;
    }
    for (unsigned i = below(scene, 4); i; i--)
        send_mutated(scene, link, server_lines, COUNT(server_lines));
    if (below(scene, 30) == 0)
        sim_link_close(link);
}

static void forge(struct scene *scene)
{
    size_t size;
    char *text = mutated(scene, packets, COUNT(packets), &size);

    text[size] = 0;
    sim_forge(below(scene, 2) ? scene->b->process.host : scene->c->process.host, 0x0a000003 + below(scene, 2), text);
    free(text);
}

static struct scene scene_new(uint64_t seed)
{
    struct scene scene = {.sim = sim_new(seed)};

    sim_record(scene.sim, 0);
    ab_random_seed(&scene.random, seed);
    scene.sim->network.single_bytes = seed % 2;
    scene.b = sim_bus(scene.sim, "b");
    scene.c = sim_bus(scene.sim, "c");
    scene.hall = sim_publish(scene.b, "hall", "{\"type\": \"hall\"}");
    sim_function(scene.hall, "echo", sim_echo);
    sim_function(scene.hall, "hold", sim_hold);
    sim_event(scene.hall, "rang");
    sim_object(scene.hall, "temp", "0");
    scene.client = sim_peer(scene.sim, sim_host(scene.sim, "p"), "client");
    scene.server = sim_peer(scene.sim, sim_host(scene.sim, "q"), "server");
    scene.server->line = serve_falsely;
    sim_peer_listen(scene.server, 700);
    scene.honest = sim_proxy(scene.c, "type=hall");
    scene.deceived = sim_proxy(scene.c, "type=false");
    sim_on_binding(scene.deceived);
    sim_watch(scene.deceived, "temp");
    sim_listen(scene.deceived, "rang");
    return scene;
}

START_TEST(what_is_almost_right_harms_nobody)
{
    struct scene scene = scene_new((uint64_t)_i + 1);
    struct sim_slot *call;

    scene.server->context = &scene;
    for (unsigned i = 0; i < ROUNDS; i++) {
        forge(&scene);
        sim_peer_broadcast(scene.server, packets[1], AB_LOOPBACK_FIRST);
        if (below(&scene, 4) == 0)
            attack_service(&scene);
        if (below(&scene, 2))
            sim_call_try(scene.deceived, MS(below(&scene, 5000)), below(&scene, 2) ? AB_CALL_PROGRESS : 0, "echo",
                         "[]");
        if (below(&scene, 4) == 0)
            sim_get(scene.deceived, "temp");
        sim_run(scene.sim, MS(below(&scene, 500)));
    }
    while (scene.b->held_count)
        sim_reply(scene.b, "1");
    sim_run(scene.sim, SECONDS(1));
    call = sim_call(scene.honest, "echo", "[\"still here\"]");
    sim_run(scene.sim, SECONDS(1));
    ck_assert_str_eq(call->value, "[\"still here\"]");
    sim_free(scene.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what is almost right (the number of a test is its seed)");
    TCase *tests = tcase_create("mutations");

    int first;
    int end = sim_seeds(40, &first);

    tcase_add_loop_test(tests, what_is_almost_right_harms_nobody, first, end);
    suite_add_tcase(suite, tests);
    return ab_test_run(suite);
}
