/*
 * What the machine can do: the bytes of the wire on sockets with epoll, nothing parsed, nothing checked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define ROOM    (256 * 1024)
#define EVENTS  256
#define CALL    "{\"_type\":1,\"_id\":\"%d\",\"_command\":\"call\",\"name\":\"echo\",\"args\":[%s]}\r\n"
#define RESULT  "{\"_type\":2,\"_id\":\"%d\",\"result\":[%s]}\r\n"
#define EVENT   "{\"_type\":3,\"_command\":\"fired\",\"name\":\"tick\",\"args\":[%s]}\r\n"
#define SMALL   "42,\"hello\""
#define SOME_ID 12345

struct text {
    char *data;
    size_t size;
};

static char input[ROOM];
static struct text call, result, event;

/* ---- What is sent */

static struct text make(const char *format, int id, const char *args)
{
    struct text text = {.size = strlen(format) + strlen(args) + 16};

    text.data = malloc(text.size);
    if (!text.data)
        bench_fail("out of memory");
    if (format[0] && id)
        text.size = (size_t)sprintf(text.data, format, id, args);
    else
        text.size = (size_t)sprintf(text.data, format, args);
    return text;
}

static char *quoted(size_t size)
{
    char *text = malloc(size + 3);

    if (!text)
        bench_fail("out of memory");
    memset(text, 'x', size + 2);
    text[0] = text[size + 1] = '"';
    text[size + 2] = '\0';
    return text;
}

static void make_texts(void)
{
    char *string = quoted(settings.size);
    const char *args = settings.workload == BIG ? string : SMALL;

    call = make(CALL, SOME_ID, args);
    result = make(RESULT, SOME_ID, args);
    event = make(EVENT, 0, string);
    free(string);
}

/* ---- What is received */

static int poller;

static void watch(int descriptor)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = descriptor};

    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &interest) < 0)
        bench_fail("%s", strerror(errno));
}

static void make_poller(void)
{
    poller = epoll_create1(EPOLL_CLOEXEC);
}

static int lines_in(const char *data, size_t size)
{
    const char *end = data + size;
    int count = 0;

    while ((data = memchr(data, '\n', (size_t)(end - data)))) {
        data++;
        count++;
    }
    return count;
}

/* Lines that ended in what one read got; -1: the end. */
static int receive(int descriptor)
{
    ssize_t got = recv(descriptor, input, sizeof(input), 0);

    if (got <= 0)
        return got < 0 && errno == EAGAIN ? 0 : -1;
    return lines_in(input, (size_t)got);
}

/* Waits once, and reads what is there. */
static int wait_lines(void)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, -1), lines = 0;

    for (int i = 0; i < count; i++) {
        int got = receive(events[i].data.fd);

        if (got < 0)
            _exit(0);
        lines += got;
    }
    return lines;
}

/* ---- rpc, big, pipe */

static void send_copies(int descriptor, const struct text *text, int copies)
{
    static char output[ROOM];
    size_t size = 0;

    if (copies == 1) {
        bench_send(descriptor, text->data, text->size);
        return;
    }
    while (copies > 0) {
        for (size = 0; copies > 0 && size + text->size <= sizeof(output); copies--) {
            memcpy(output + size, text->data, text->size);
            size += text->size;
        }
        bench_send(descriptor, output, size);
    }
}

static void serve(void)
{
    int listener = bench_listen(), descriptor = bench_accept(listener);

    make_poller();
    watch(descriptor);
    for (;;)
        send_copies(descriptor, &result, wait_lines());
}

static int connection;

static void echo(void)
{
    bench_send(connection, call.data, call.size);
    while (wait_lines() == 0)
        ;
}

static void pipeline(void)
{
    long sent = settings.window, done = 0, all = settings.n + settings.warmup;

    send_copies(connection, &call, settings.window);
    while (done < all) {
        int got = wait_lines();

        if (done < settings.warmup && done + got >= settings.warmup)
            bench_measure();
        done += got;
        if (got > all - sent)
            got = (int)(all - sent);
        if (got > 0)
            send_copies(connection, &call, got);
        sent += got;
    }
    bench_stop();
    bench_report_pipe();
}

/* ---- fan */

static int *listeners;

static void publish(void)
{
    for (int i = 0; i < settings.burst; i++)
        for (int j = 0; j < settings.subs; j++)
            bench_send(listeners[j], event.data, event.size);
}

static void listen_to_events(void)
{
    make_poller();
    for (int i = 0; i < settings.subs; i++)
        watch(bench_connect());
    for (;;)
        bench_delivered(wait_lines());
}

static void fan(void)
{
    int listener = bench_listen();

    listeners = calloc((size_t)settings.subs, sizeof(*listeners));
    bench_fork(listen_to_events);
    for (int i = 0; i < settings.subs; i++)
        listeners[i] = bench_accept(listener);
    bench_fan(publish);
}

int main(int count, char **arguments)
{
    bench_begin(count, arguments, "raw");
    if (settings.workload >= MEM)
        bench_fail("not a workload of this program");
    make_texts();
    if (settings.workload == FAN) {
        fan();
        return 0;
    }
    bench_fork(serve);
    make_poller();
    connection = bench_connect();
    watch(connection);
    if (settings.workload == PIPE)
        pipeline();
    else
        bench_calls(echo);
    return 0;
}
