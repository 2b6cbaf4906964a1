/*
 * The existing implementation of Autobus 2 as a program on real sockets, for tests from the outside. It does what
 * autobus-protocol(7) says of that implementation, its faults included, and shares no code with the library.
 *
 *     legacy-peer server PORT ID INFO [NAME=JSON]…   serves; functions: echo, fail; objects: as given
 *         standard input: NAME=JSON gives an object a value. Output: "listening PORT", "call NAME ARGS"
 *     legacy-peer client HOST PORT ID                binds
 *         standard input: call NAME ARGS, notice NAME ARGS, watch NAME, unwatch NAME. Output: "bound ID", "result JSON",
 *         "error TEXT", "value NAME JSON"; ends with the connection, or with its input when every call is answered
 *     legacy-peer listener                           hears who is there: "+ ID HOST PORT INFO", "- ID"
 *
 * Whatever it would drop a connection over ends it with status 4 and "violation: …". SIGTERM: goodbye.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 64
#define SPACES      5120

struct buffer {
    char *data;
    size_t size;
};

struct connection {
    int descriptor; /* -1: free */
    struct buffer input;
    char watches[16][64]; /* names, empty: free */
};

static int receivers[2] = {-1, -1}; /* two, as it has them */
static int sender = -1;
static int listening = -1;
static struct connection connections[CONNECTIONS];
static struct buffer commands; /* of standard input */
static bool commands_ended;
static volatile sig_atomic_t ended;

static unsigned discovery_port = 52722;
static unsigned port;
static const char *service;
static const char *info;
static json_t *objects;
static unsigned pending; /* calls of a client */
static bool is_client;

static void die(const char *what)
{
    fprintf(stderr, "legacy-peer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void violation(const char *what)
{
    printf("violation: %s\n", what);
    fflush(stdout);
    exit(4);
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Lines */

static void append(struct buffer *buffer, const char *data, size_t size)
{
    buffer->data = realloc(buffer->data, buffer->size + size + 1);
    if (!buffer->data)
        die("realloc");
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

/* The next line, without its end and the spaces around it; NULL: no whole one yet. The caller frees it. */
static char *take_line(struct buffer *buffer, bool last)
{
    char *end = buffer->size ? memchr(buffer->data, '\n', buffer->size) : NULL;
    size_t size, used;
    char *line;

    if (!end && !(last && buffer->size))
        return NULL;
    size = end ? (size_t)(end - buffer->data) : buffer->size;
    used = end ? size + 1 : size;
    line = strndup(buffer->data, size);
    memmove(buffer->data, buffer->data + used, buffer->size - used);
    buffer->size -= used;
    while (*line && strchr(" \r", line[strlen(line) - 1]))
        line[strlen(line) - 1] = 0;
    memmove(line, line + strspn(line, " "), strlen(line + strspn(line, " ")) + 1);
    return line;
}

static void write_all(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(descriptor, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            shutdown(descriptor, SHUT_RDWR); /* the peer is gone, or does not read: reading tells */
            return;
        }
        data += sent;
        size -= (size_t)sent;
    }
}

/* Takes the message. It sends lines of spaces between them, in one of its modes. */
static void send_message(struct connection *connection, json_t *message)
{
    static char spaces[SPACES + 2];
    char *text = json_dumps(message, 0);

    memset(spaces, ' ', SPACES);
    memcpy(spaces + SPACES, "\r\n", 2);
    write_all(connection->descriptor, spaces, sizeof spaces);
    write_all(connection->descriptor, text, strlen(text));
    write_all(connection->descriptor, "\r\n", 2);
    free(text);
    json_decref(message);
}

static void close_connection(struct connection *connection)
{
    close(connection->descriptor);
    free(connection->input.data);
    *connection = (struct connection){.descriptor = -1};
}

/* ---- Discovery */

static void broadcast_to(const char *address, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)discovery_port)};

    inet_pton(AF_INET, address, &to.sin_addr);
    sendto(sender, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to); /* without a default route it may fail */
}

static void broadcast(const char *text, bool loopback_first)
{
    broadcast_to(loopback_first ? "127.255.255.255" : "255.255.255.255", text);
    broadcast_to(loopback_first ? "255.255.255.255" : "127.255.255.255", text);
}

static void send_add(void)
{
    char text[8192];

    snprintf(text, sizeof text, "{\"info\": %s, \"port\": %u, \"command\": \"add\", \"service\": \"%s\"}", info, port,
             service);
    broadcast(text, true);
}

static void send_remove(void)
{
    char text[1024];

    snprintf(text, sizeof text, "{\"port\": %u, \"command\": \"remove\", \"service\": \"%s\"}", port, service);
    broadcast(text, false);
}

static void hear_packet(int receiver)
{
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    char text[16384], host[INET_ADDRSTRLEN];
    ssize_t size = recvfrom(receiver, text, sizeof text, 0, (struct sockaddr *)&from, &from_size);
    json_t *packet = size > 0 ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
    const char *command = json_string_value(json_object_get(packet, "command"));
    const char *id = json_string_value(json_object_get(packet, "service"));

    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
    if (command && service && strcmp(command, "query") == 0) {
        send_add();
    } else if (command && id && !service && strcmp(command, "add") == 0) {
        char *text_of_info = json_dumps(json_object_get(packet, "info"), JSON_COMPACT);
        printf("+ %s %s %d %s\n", id, host, (int)json_integer_value(json_object_get(packet, "port")), text_of_info);
        free(text_of_info);
    } else if (command && id && !service && strcmp(command, "remove") == 0) {
        printf("- %s\n", id);
    }
    fflush(stdout);
    json_decref(packet);
}

static int open_receiver(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)discovery_port)};
    int yes = 1;
    int receiver = socket(AF_INET, SOCK_DGRAM, 0);

    setsockopt(receiver, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (receiver < 0 || bind(receiver, (struct sockaddr *)&at, sizeof at) < 0)
        die("discovery port");
    return receiver;
}

static void open_discovery(void)
{
    int yes = 1;

    receivers[0] = open_receiver();
    receivers[1] = open_receiver();
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
}

/* ---- What it does not forgive */

static const char *fault_of(json_t *message)
{
    json_t *type = json_object_get(message, "_type");
    json_t *error = json_object_get(message, "_error");
    const char *command = json_string_value(json_object_get(message, "_command"));

    if (!json_is_object(message))
        return "a line that is no object";
    if (!json_is_integer(type))
        return "a message without _type";
    if (json_integer_value(type) == 2 && !json_object_get(message, "_id"))
        return "a response without _id";
    if (error && !json_is_string(json_object_get(error, "text")))
        return "an error without text";
    if (command && strcmp(command, "changed") == 0 && !json_object_get(message, "value"))
        return "a change without value";
    return NULL;
}

/* ---- The server */

static json_t *answer_to(json_t *message)
{
    return json_pack("{s:i, s:O}", "_type", 2, "_id", json_object_get(message, "_id"));
}

static void answer_error(struct connection *connection, json_t *message, const char *text)
{
    json_t *answer = answer_to(message);

    json_object_set_new(answer, "_error", json_pack("{s:s}", "text", text));
    send_message(connection, answer);
}

static bool is_command(json_t *message)
{
    return json_integer_value(json_object_get(message, "_type")) == 1;
}

static void send_changed(struct connection *connection, const char *name, json_t *value)
{
    send_message(connection, json_pack("{s:i, s:s, s:s, s:O}", "_type", 3, "_command", "changed", "name", name, "value",
                                       value ? value : json_null()));
}

static void serve_bind(struct connection *connection, json_t *message)
{
    const char *wanted = json_string_value(json_object_get(message, "service"));
    json_t *answer;

    if (!wanted || strcmp(wanted, service) != 0) {
        answer_error(connection, message, "No such service");
        close_connection(connection);
        return;
    }
    answer = answer_to(message);
    json_object_set_new(answer, "service", json_string(wanted));
    send_message(connection, answer);
}

static void serve_call(struct connection *connection, json_t *message)
{
    const char *name = json_string_value(json_object_get(message, "name"));
    char *args = json_dumps(json_object_get(message, "args"), JSON_COMPACT);

    printf("call %s %s\n", name ? name : "?", args);
    fflush(stdout);
    free(args);
    if (!is_command(message))
        return;
    if (name && strcmp(name, "echo") == 0) {
        json_t *answer = answer_to(message);
        json_object_set(answer, "result", json_object_get(message, "args"));
        send_message(connection, answer);
    } else {
        answer_error(connection, message, "Something went wrong");
    }
}

static char *find_watch(struct connection *connection, const char *name)
{
    for (size_t i = 0; i < sizeof connection->watches / sizeof *connection->watches; i++)
        if (strcmp(connection->watches[i], name) == 0)
            return connection->watches[i];
    return NULL;
}

static void serve_watch(struct connection *connection, json_t *message, const char *name)
{
    json_t *value = json_object_get(objects, name);
    char *place = find_watch(connection, "");

    if (is_command(message)) {
        json_t *answer = answer_to(message);
        json_object_set_new(answer, "name", json_string(name));
        if (value)
            json_object_set(answer, "value", value);
        send_message(connection, answer);
    }
    send_changed(connection, name, value);
    if (place && strlen(name) < sizeof connection->watches[0])
        strcpy(place, name);
}

static void serve_unwatch(struct connection *connection, const char *name)
{
    char *place = find_watch(connection, name);

    if (place)
        *place = 0;
    send_changed(connection, name, NULL);
}

/* Its listening is broken: it answers, and then fails. */
static void serve_listen(struct connection *connection, json_t *message)
{
    json_t *answer = answer_to(message);

    json_object_set(answer, "name", json_object_get(message, "name"));
    send_message(connection, answer);
    answer_error(connection, message, "'NoneType' object is not callable");
}

static void serve(struct connection *connection, json_t *message)
{
    const char *command = json_string_value(json_object_get(message, "_command"));
    const char *name = json_string_value(json_object_get(message, "name"));

    if (!command)
        return;
    if (strcmp(command, "bind") == 0) {
        serve_bind(connection, message);
    } else if (strcmp(command, "call") == 0) {
        serve_call(connection, message);
    } else if (strcmp(command, "watch") == 0 && name) {
        serve_watch(connection, message, name);
    } else if (strcmp(command, "unwatch") == 0 && name) {
        serve_unwatch(connection, name);
    } else if (strcmp(command, "listen") == 0) {
        serve_listen(connection, message);
    } else if (strcmp(command, "ping") == 0) {
        send_message(connection, answer_to(message));
    } else if (is_command(message) && strcmp(command, "unlisten") != 0) {
        answer_error(connection, message, "No such command");
        answer_error(connection, message, "No such command");
    }
}

static void set_object(const char *line)
{
    const char *equals = strchr(line, '=');
    json_t *value = equals ? json_loads(equals + 1, JSON_DECODE_ANY, NULL) : NULL;
    char name[64];

    if (!value || equals - line >= (long)sizeof name) {
        fprintf(stderr, "legacy-peer: not NAME=JSON: %s\n", line);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - line), line);
    json_object_set_new(objects, name, value);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (connections[i].descriptor >= 0 && find_watch(&connections[i], name))
            send_changed(&connections[i], name, value);
}

/* ---- The client */

static void hear_response(json_t *message)
{
    json_t *error = json_object_get(message, "_error");
    json_t *result = json_object_get(message, "result");
    const char *id = json_string_value(json_object_get(message, "_id"));

    if (id && strcmp(id, "bind") == 0 && !error) {
        printf("bound %s\n", json_string_value(json_object_get(message, "service")));
        return;
    }
    pending -= pending > 0;
    if (error) {
        printf("error %s\n", json_string_value(json_object_get(error, "text")));
    } else if (result) {
        char *text = json_dumps(result, JSON_ENCODE_ANY | JSON_COMPACT);
        printf("result %s\n", text);
        free(text);
    } else {
        violation("a response without result");
    }
}

/* Any command it does not know is ignored, and none is answered. */
static void hear(json_t *message)
{
    const char *command = json_string_value(json_object_get(message, "_command"));

    if (json_integer_value(json_object_get(message, "_type")) == 2) {
        hear_response(message);
    } else if (command && strcmp(command, "changed") == 0) {
        char *text = json_dumps(json_object_get(message, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        printf("value %s %s\n", json_string_value(json_object_get(message, "name")), text);
        free(text);
    }
    fflush(stdout);
}

static void obey(char *line)
{
    char *rest = NULL;
    const char *verb = strtok_r(line, " ", &rest);
    const char *name = strtok_r(NULL, " ", &rest);
    bool call = verb && strcmp(verb, "call") == 0;
    bool notice = verb && strcmp(verb, "notice") == 0;
    json_t *message;

    if (!verb || !name)
        return;
    message =
        json_pack("{s:i, s:s, s:s}", "_type", call ? 1 : 3, "_command", call || notice ? "call" : verb, "name", name);
    if (call || notice)
        json_object_set_new(message, "args", json_loads(rest && *rest ? rest : "[]", 0, NULL));
    if (call) {
        json_object_set_new(message, "_id", json_string("call"));
        pending++;
    }
    send_message(&connections[0], message);
}

static void connect_to(const char *host, const char *id)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);

    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || connect(descriptor, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    connections[0].descriptor = descriptor;
    send_message(&connections[0],
                 json_pack("{s:i, s:s, s:s, s:s}", "_type", 1, "_id", "bind", "_command", "bind", "service", id));
}

/* ---- Both */

static void open_listener(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof at;
    int yes = 1;

    listening = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&at, sizeof at) < 0 || listen(listening, 16) < 0)
        die("listen");
    getsockname(listening, (struct sockaddr *)&at, &size);
    port = ntohs(at.sin_port);
    printf("listening %u\n", port);
    fflush(stdout);
}

/* It has threads for each connection, and so one that does not read does not hold up the others for ever. */
static void take_connection(void)
{
    struct timeval patience = {.tv_sec = 1};
    int descriptor = accept(listening, NULL, NULL);

    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    for (size_t i = 0; descriptor >= 0 && i < CONNECTIONS; i++)
        if (connections[i].descriptor < 0) {
            connections[i].descriptor = descriptor;
            return;
        }
    if (descriptor >= 0)
        close(descriptor);
}

static void handle_line(struct connection *connection, const char *line)
{
    json_t *message = *line ? json_loads(line, 0, NULL) : NULL;
    const char *fault = *line ? fault_of(message) : NULL;

    if (fault)
        violation(fault);
    if (message && is_client)
        hear(message);
    else if (message)
        serve(connection, message);
    json_decref(message);
}

static void read_connection(struct connection *connection)
{
    char data[65536];
    ssize_t size = recv(connection->descriptor, data, sizeof data, 0);
    char *line;

    if (size > 0)
        append(&connection->input, data, (size_t)size);
    while (connection->descriptor >= 0 && (line = take_line(&connection->input, size <= 0))) {
        handle_line(connection, line);
        free(line);
    }
    if (size <= 0 && connection->descriptor >= 0) {
        close_connection(connection);
        if (is_client) {
            printf("closed\n");
            exit(1);
        }
    }
}

static void read_commands(void)
{
    char data[4096];
    ssize_t size = read(STDIN_FILENO, data, sizeof data);
    char *line;

    if (size > 0)
        append(&commands, data, (size_t)size);
    commands_ended = size <= 0;
    while ((line = take_line(&commands, commands_ended))) {
        if (is_client)
            obey(line);
        else if (*line && service)
            set_object(line);
        free(line);
    }
}

static void add_poll(struct pollfd *polls, size_t *count, int descriptor)
{
    if (descriptor >= 0)
        polls[(*count)++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
}

static void handle(const struct pollfd *ready)
{
    if (!ready->revents)
        return;
    if (ready->fd == STDIN_FILENO)
        read_commands();
    else if (ready->fd == receivers[0] || ready->fd == receivers[1])
        hear_packet(ready->fd);
    else if (ready->fd == listening)
        take_connection();
    else
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (connections[i].descriptor == ready->fd)
                read_connection(&connections[i]);
}

static void turn(int timeout)
{
    struct pollfd polls[CONNECTIONS + 4];
    size_t count = 0;

    if (!commands_ended)
        add_poll(polls, &count, STDIN_FILENO);
    add_poll(polls, &count, receivers[0]);
    add_poll(polls, &count, receivers[1]);
    add_poll(polls, &count, listening);
    for (size_t i = 0; i < CONNECTIONS; i++)
        add_poll(polls, &count, connections[i].descriptor);
    if (poll(polls, (nfds_t)count, timeout) <= 0)
        return;
    for (size_t i = 0; i < count; i++)
        handle(&polls[i]);
}

/* Queries at 0.1, 0.6, 1.6, 3.6, 7.6 and 14.6 s, announcements each 10 to 15 s. */
static void live(void)
{
    static const long query_times[] = {100, 600, 1600, 3600, 7600, 14600};
    long start = now_ms();
    long announcement = start;
    size_t queries = 0;

    while (!ended && !(is_client && commands_ended && !pending)) {
        long now = now_ms();
        if (!is_client && queries < sizeof query_times / sizeof *query_times && now >= start + query_times[queries]) {
            broadcast("{\"command\": \"query\"}", true);
            queries++;
        }
        if (service && now >= announcement) {
            send_add();
            announcement = now + 10000 + rand() % 5000;
        }
        turn(100);
    }
}

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static int usage(void)
{
    fprintf(stderr, "usage: legacy-peer server PORT ID INFO [NAME=JSON]… | client HOST PORT ID | listener\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    const char *variable = getenv("AUTOBUS_DISCOVERY_PORT");
    bool serves = argc >= 5 && strcmp(argv[1], "server") == 0;

    is_client = argc == 5 && strcmp(argv[1], "client") == 0;
    if (!serves && !is_client && !(argc == 2 && strcmp(argv[1], "listener") == 0))
        return usage();
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (variable)
        discovery_port = (unsigned)atoi(variable);
    for (size_t i = 0; i < CONNECTIONS; i++)
        connections[i].descriptor = -1;
    objects = json_object();
    if (is_client) {
        port = (unsigned)atoi(argv[3]);
        connect_to(argv[2], argv[4]);
    } else {
        open_discovery();
    }
    if (serves) {
        port = (unsigned)atoi(argv[2]);
        service = argv[3];
        info = argv[4];
        for (int i = 5; i < argc; i++)
            set_object(argv[i]);
        open_listener();
    }
    live();
    if (service)
        send_remove();
    json_decref(objects);
    return 0;
}
