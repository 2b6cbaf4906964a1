/*
 * Owns the thread that hands on bytes, and the judgement of lines. Knows nothing of the library. See relay.h.
 *
 * A line that was torn is told from a whole one without a parser: outside of strings there is nothing but punctuation,
 * numbers and the letters of true, false and null; and only the last byte closes the first brace.
 */
#include "threads/relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

#define PIECE 4096

struct line {
    size_t size;
    unsigned depth;
    bool in_string, escaped, over;
};

static int listener;
static uint16_t target;
static pthread_t thread;
static atomic_bool stopping;

/* ---- Lines */

static void look_outside(struct line *line, char c)
{
    ck_assert_msg(strchr("{}[]\",:+-.0123456789Etruefalsn", c), "a line is torn at %c", c);
    line->in_string = c == '"';
    if (c == '{' || c == '[')
        line->depth++;
    if (c == '}' || c == ']')
        line->depth--;
    line->over = line->depth == 0;
}

static void look_at(struct line *line, char c)
{
    if (c == '\n') {
        ck_assert_msg(line->size == 0 || line->over, "a line ends in its midst");
        *line = (struct line){0};
        return;
    }
    if (c == '\r')
        return;
    ck_assert_msg(!line->over && (line->size > 0 || c == '{'), "a line has something else than an object in it");
    line->size++;
    if (!line->in_string)
        look_outside(line, c);
    else if (line->escaped || c == '\\')
        line->escaped = !line->escaped;
    else
        line->in_string = c != '"';
}

/* ---- Bytes */

/* False: there is nothing more to come, or nobody to take it. */
static bool hand_on(int from, int to, struct line *line)
{
    char piece[PIECE];
    ssize_t size = recv(from, piece, sizeof(piece), 0);

    for (ssize_t i = 0; i < size; i++)
        look_at(line, piece[i]);
    return size > 0 && send(to, piece, (size_t)size, MSG_NOSIGNAL) == size;
}

static void hand_on_all(int one, int other)
{
    struct pollfd wait[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    struct line lines[2] = {{0}, {0}};
    bool open = true;

    while (open && poll(wait, 2, -1) > 0) {
        if (wait[0].revents)
            open = hand_on(one, other, &lines[0]);
        if (open && wait[1].revents)
            open = hand_on(other, one, &lines[1]);
    }
}

static void *run(void *unused)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(target), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int little = 16 * PIECE;

    while (!atomic_load(&stopping)) {
        int one = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        setsockopt(one, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
        if (one >= 0 && connect(other, (struct sockaddr *)&to, sizeof(to)) == 0)
            hand_on_all(one, other);
        close(one);
        close(other);
    }
    return unused;
}

/* ---- Life */

uint16_t relay_start(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    target = port;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
    return ntohs(address.sin_port);
}

void relay_stop(void)
{
    atomic_store(&stopping, true);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
}
