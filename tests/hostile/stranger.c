/*
 * Owns the sockets of those who attack. Knows nothing of the library: what is sent here is bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buses.h"
#include "hostile/stage.h"

static struct sockaddr_in at(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET, host, &address.sin_addr), 1);
    return address;
}

char *repeated(const char *before, const char *part, size_t count, const char *after)
{
    size_t size = strlen(part);
    char *text = malloc(strlen(before) + size * count + strlen(after) + 1);
    char *end = text + sprintf(text, "%s", before);

    for (size_t i = 0; i < count; i++, end += size)
        memcpy(end, part, size);
    strcpy(end, after);
    return text;
}

/* ---- Datagrams */

int stranger_sender(const char *source)
{
    struct sockaddr_in from = at(source, 0);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    ck_assert_int_eq(bind(descriptor, (struct sockaddr *)&from, sizeof from), 0);
    return descriptor;
}

bool stranger_send_datagram(struct stage *stage, int sender, const void *data, size_t size)
{
    struct sockaddr_in to = at("127.255.255.255", stage->discovery_port);

    return sendto(sender, data, size, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)size;
}

void stranger_broadcast(struct stage *stage, const char *source, const void *data, size_t size)
{
    int sender = stranger_sender(source);

    ck_assert(stranger_send_datagram(stage, sender, data, size));
    close(sender);
}

void stranger_broadcast_text(struct stage *stage, const char *source, const char *text)
{
    stranger_broadcast(stage, source, text, strlen(text));
}

/* ---- Connections */

static struct stranger connect_with(struct stage *stage, const char *source, int room)
{
    struct sockaddr_in from = at(source, 0), to = at("127.0.0.1", stage->victim.port);
    struct stranger stranger = {.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int on = 1;

    if (room)
        setsockopt(stranger.descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(stranger.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(stranger.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(stranger.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(bind(stranger.descriptor, (struct sockaddr *)&from, sizeof from), 0);
    ck_assert_int_eq(connect(stranger.descriptor, (struct sockaddr *)&to, sizeof to), 0);
    return stranger;
}

struct stranger stranger_connect(struct stage *stage, const char *source)
{
    return connect_with(stage, source, 0);
}

static struct stranger bind_with(struct stage *stage, const char *source, int room)
{
    struct stranger stranger = connect_with(stage, source, room);
    char line[400];

    snprintf(line, sizeof line, "{\"_type\":1,\"_id\":\"0\",\"_command\":\"bind\",\"service\":\"%s\"}",
             stage->victim.id);
    ck_assert(stranger_say(&stranger, line));
    stranger_expect(&stranger, "0", NULL);
    return stranger;
}

struct stranger stranger_bind(struct stage *stage, const char *source)
{
    return bind_with(stage, source, 0);
}

struct stranger stranger_bind_narrow(struct stage *stage, const char *source)
{
    return bind_with(stage, source, 4096);
}

bool stranger_send(struct stranger *stranger, const void *data, size_t size)
{
    const char *from = data;

    while (size > 0) {
        ssize_t sent = send(stranger->descriptor, from, size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        from += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool stranger_say(struct stranger *stranger, const char *line)
{
    char end[] = "\r\n";

    return stranger_send(stranger, line, strlen(line)) && stranger_send(stranger, end, 2);
}

/* More of what it says. False: the end, or nothing for too long. */
static bool receive(struct stranger *stranger)
{
    ssize_t got;

    stranger->input = realloc(stranger->input, stranger->size + 65536);
    ck_assert_ptr_nonnull(stranger->input);
    got = recv(stranger->descriptor, stranger->input + stranger->size, 65536, 0);
    if (got > 0)
        stranger->size += (size_t)got;
    return got > 0;
}

static size_t first_line(const struct stranger *stranger)
{
    const char *end = stranger->size ? memchr(stranger->input, '\n', stranger->size) : NULL;

    return end ? (size_t)(end - stranger->input) + 1 : 0;
}

const char *stranger_hear(struct stranger *stranger)
{
    static char *line;
    size_t size;

    while ((size = first_line(stranger)) == 0)
        if (!receive(stranger))
            return NULL;
    free(line);
    line = malloc(size);
    ck_assert_ptr_nonnull(line);
    memcpy(line, stranger->input, size);
    line[size - 1] = '\0';
    line[strcspn(line, "\r")] = '\0';
    stranger->size -= size;
    memmove(stranger->input, stranger->input + size, stranger->size);
    return line;
}

/* Values and events that come between are no answer. */
static const char *hear_response(struct stranger *stranger)
{
    const char *line = stranger_hear(stranger);

    while (line && (!*line || strstr(line, "\"changed\"") || strstr(line, "\"fired\"")))
        line = stranger_hear(stranger);
    return line;
}

void stranger_expect(struct stranger *stranger, const char *id, const char *type)
{
    const char *line = hear_response(stranger);
    json_t *message = line ? json_loads(line, 0, NULL) : NULL;
    const char *got = json_string_value(json_object_get(json_object_get(message, "_error"), "type"));
    const char *got_id = json_string_value(json_object_get(message, "_id"));

    ck_assert_msg(message, "no response to %s: %s", id, line ? line : "the end");
    ck_assert_msg(got_id && strcmp(got_id, id) == 0, "a response to another than %s: %s", id, line);
    ck_assert_msg(type ? got && strcmp(got, type) == 0 : !got, "a response that is not %s: %s", type, line);
    json_decref(message);
}

bool stranger_ends(struct stranger *stranger, int timeout_ms)
{
    struct pollfd end = {.fd = stranger->descriptor, .events = POLLIN};
    long deadline = now_ms() + timeout_ms;
    char room[65536];

    while (now_ms() <= deadline) {
        ssize_t got;

        if (poll(&end, 1, (int)(deadline - now_ms())) <= 0)
            return false;
        got = recv(stranger->descriptor, room, sizeof room, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return true;
    }
    return false;
}

void stranger_expect_end(struct stranger *stranger)
{
    ck_assert_msg(stranger_ends(stranger, PATIENCE_MS), "it was not closed");
    stranger_close(stranger);
}

void stranger_expect_alive(struct stranger *stranger)
{
    ck_assert(stranger_say(stranger, "{\"_type\":1,\"_id\":\"alive\",\"_command\":\"ping\"}"));
    stranger_expect(stranger, "alive", NULL);
}

void stranger_shut(struct stranger *stranger)
{
    shutdown(stranger->descriptor, SHUT_WR);
}

void stranger_close(struct stranger *stranger)
{
    if (stranger->descriptor >= 0)
        close(stranger->descriptor);
    free(stranger->input);
    *stranger = (struct stranger){.descriptor = -1};
}

void stranger_reset(struct stranger *stranger)
{
    struct linger at_once = {.l_onoff = 1};

    setsockopt(stranger->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stranger_close(stranger);
}
