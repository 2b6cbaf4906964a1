/*
 * Rows of servers: what a service that the victim has found, bound to, watches and listens to sends it that it should not.
 * The victim is the client here, and what it does for the honest peer must not suffer.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile/stage.h"

#define SOURCE "127.0.5.1"

struct server {
    int listening;
    uint16_t port;
    char id[40];
};

static void announce(struct stage *stage, const struct server *server, const char *command)
{
    char text[200];

    snprintf(text, sizeof text, "{\"command\":\"%s\",\"port\":%u,\"service\":\"%s\",\"info\":{\"type\":\"false\"}}",
             command, server->port, server->id);
    stranger_broadcast_text(stage, SOURCE, text);
}

static struct server server_open(struct stage *stage)
{
    static unsigned number;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    struct server server = {.listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    inet_pton(AF_INET, SOURCE, &at.sin_addr);
    ck_assert_int_eq(bind(server.listening, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(server.listening, 64), 0);
    ck_assert_int_eq(getsockname(server.listening, (struct sockaddr *)&at, &size), 0);
    server.port = ntohs(at.sin_port);
    snprintf(server.id, sizeof server.id, "false-%u", ++number);
    announce(stage, &server, "add");
    return server;
}

/* The next is found when this is gone. */
static void server_close(struct stage *stage, struct server *server)
{
    long end = now_ms() + PATIENCE_MS;

    close(server->listening);
    announce(stage, server, "remove");
    while (victim_knows(&stage->victim, "false") > 0 && now_ms() < end)
        poll(NULL, 0, 5);
}

static struct stranger server_accept(struct server *server)
{
    struct pollfd someone = {.fd = server->listening, .events = POLLIN};
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    struct stranger stranger = {0};

    ck_assert_msg(poll(&someone, 1, PATIENCE_MS) == 1, "the victim does not come");
    stranger.descriptor = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(stranger.descriptor, 0);
    setsockopt(stranger.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(stranger.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return stranger;
}

/* Hears the bind, and answers it. */
static struct stranger server_bound(struct server *server, const char *extensions)
{
    struct stranger stranger = server_accept(server);
    const char *line = stranger_hear(&stranger);
    json_t *bind = line ? json_loads(line, 0, NULL) : NULL;
    const char *id = json_string_value(json_object_get(bind, "_id"));
    char answer[200];

    ck_assert_msg(id, "that is no bind: %s", line ? line : "the end");
    snprintf(answer, sizeof answer, "{\"_type\":2,\"_id\":\"%s\",\"service\":\"%s\",\"extensions\":[%s]}", id,
             server->id, extensions);
    json_decref(bind);
    stranger_say(&stranger, answer);
    return stranger;
}

/* It is still there and answers pings, which it said it would. */
static void expect_alive(struct stranger *stranger)
{
    const char *line;

    stranger_say(stranger, "{\"_type\":1,\"_id\":\"alive\",\"_command\":\"ping\"}");
    while ((line = stranger_hear(stranger)) && !strstr(line, "\"alive\""))
        ;
    ck_assert_msg(line, "the victim is gone");
}

static void no_answers_to_bind(struct stage *stage)
{
    static const char *const answers[] = {
        "nonsense",
        "[]",
        "\xff\xff",
        "{}",
        "{\"_type\":2}",
        "{\"_type\":2,\"_id\":\"1\",\"_error\":5}",
        "{\"_type\":1,\"_id\":\"1\",\"_command\":\"bind\",\"service\":null}",
        "{\"_type\":2,\"_id\":[[[[[[[[[[",
    };

    for (size_t i = 0; i < COUNT(answers); i++) {
        struct server server = server_open(stage);
        struct stranger stranger = server_accept(&server);

        stranger_hear(&stranger);
        stranger_say(&stranger, answers[i]);
        stranger_expect_end(&stranger);
        server_close(stage, &server);
    }
}

static void nonsense(struct stage *stage)
{
    static const char too_deep[] = "{\"_type\":3,\"_command\":\"changed\",\"name\":\"lamp\",\"value\":[[[[[[[[[[[[[[[["
                                   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
    static const char *const lines[] = {
        "nonsense",
        "[]",
        "{}",
        "\xff",
        "",
        "{\"_type\":2,\"_id\":\"77\",\"result\":1}",
        "{\"_type\":2,\"_id\":77}",
        "{\"_type\":2}",
        "{\"_type\":3,\"_command\":\"changed\"}",
        "{\"_type\":3,\"_command\":\"changed\",\"name\":5,\"value\":1}",
        "{\"_type\":3,\"_command\":\"changed\",\"name\":\"no\",\"value\":1}",
        "{\"_type\":3,\"_command\":\"fired\",\"name\":\"rang\"}",
        "{\"_type\":3,\"_command\":\"fired\",\"name\":\"rang\",\"args\":{}}",
        "{\"_type\":3,\"_command\":\"fired\",\"name\":\"no\",\"args\":[]}",
        "{\"_type\":3,\"_command\":\"progress\",\"call\":\"9\",\"value\":1}",
        "{\"_type\":3,\"_command\":\"dance\"}",
        too_deep,
        "{\"_type\":3,\"_command\":\"changed\",\"name\":\"lamp\",\"value\":1e999}",
        "{\"_type\":1,\"_id\":\"x\",\"_command\":\"bind\",\"service\":null}",
        "{\"_type\":1,\"_id\":\"x\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[]}",
    };
    struct server server = server_open(stage);
    struct stranger stranger = server_bound(&server, "\"ping\",\"exists\"");

    for (unsigned round = 0; round < 200; round++)
        for (size_t i = 0; i < COUNT(lines); i++)
            stranger_say(&stranger, lines[i]);
    expect_alive(&stranger);
    stranger_close(&stranger);
    server_close(stage, &server);
}

static void line_without_end(struct stage *stage)
{
    static char bytes[1 << 20];
    struct server server = server_open(stage);
    struct stranger stranger = server_bound(&server, "");

    memset(bytes, 'x', sizeof bytes);
    stranger_send(&stranger, bytes, sizeof bytes);
    stranger_send(&stranger, bytes, 10);
    stranger_expect_end(&stranger);
    server_close(stage, &server);
}

/* What it watches and listens to: the newest value, and events up to a limit. */
static void values_and_events_without_end(struct stage *stage)
{
    struct server server = server_open(stage);
    struct stranger stranger = server_bound(&server, "\"ping\",\"exists\"");
    static char line[60000];
    int head = snprintf(line, sizeof line, "{\"_type\":3,\"_command\":\"changed\",\"name\":\"lamp\",\"value\":\"");

    memset(line + head, 'v', sizeof line - (size_t)head);
    strcpy(line + sizeof line - 3, "\"}");
    for (unsigned i = 0; i < 200; i++)
        stranger_say(&stranger, line);
    for (unsigned i = 0; i < 20000; i++)
        stranger_say(&stranger, "{\"_type\":3,\"_command\":\"fired\",\"name\":\"rang\",\"args\":[1]}");
    expect_alive(&stranger);
    stranger_close(&stranger);
    server_close(stage, &server);
}

/* And reads none of the answers. */
static void commands_without_end(struct stage *stage)
{
    struct server server = server_open(stage);
    struct stranger stranger = server_bound(&server, "\"ping\"");
    static char line[400];
    int head = snprintf(line, sizeof line, "{\"_type\":1,\"_command\":\"ping\",\"_id\":\"");
    bool taken = true;

    memset(line + head, 'i', 250);
    strcpy(line + head + 250, "\"}\r\n");
    for (unsigned i = 0; taken && i < 200000; i++)
        taken = stranger_send(&stranger, line, strlen(line));
    ck_assert_msg(!taken, "it answers on and on");
    stranger_close(&stranger);
    server_close(stage, &server);
}

const struct row server_rows[] = {
    {"answers to bind that are none", no_answers_to_bind, 4096},
    {"a server that talks nonsense", nonsense, 4096},
    {"a server's line that never ends", line_without_end, 8192},
    {"a server's values and events without end", values_and_events_without_end, 16384},
    {"a server's commands without end", commands_without_end, 16384},
};
const size_t server_row_count = COUNT(server_rows);

/* ---- What takes its time: a server that takes connections and drops them. */

static struct {
    struct server server;
    pthread_t thread;
    unsigned dropped;
    long began;
} dropper;

static void *accept_and_drop(void *context)
{
    int descriptor;

    (void)context;
    while ((descriptor = accept4(dropper.server.listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        dropper.dropped++;
        close(descriptor);
    }
    return NULL;
}

void slow_servers_begin(struct stage *stage)
{
    dropper.server = server_open(stage);
    dropper.began = now_ms();
    ck_assert_int_eq(pthread_create(&dropper.thread, NULL, accept_and_drop, NULL), 0);
}

/* It comes ever more rarely: no more than a few times in each row's second, and a probe for each time it was lost. */
void slow_servers_end(struct stage *stage)
{
    shutdown(dropper.server.listening, SHUT_RDWR);
    pthread_join(dropper.thread, NULL);
    announce(stage, &dropper.server, "remove");
    close(dropper.server.listening);
    fprintf(stderr, "a server that drops every connection was tried %u times in %ld ms\n", dropper.dropped,
            now_ms() - dropper.began);
    ck_assert_uint_le(dropper.dropped, 40);
}
