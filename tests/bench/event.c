/*
 * What the parts do without a library around them: bufferevents of libevent, whole lines by jansson, one thread on each
 * side. Checks nothing but that a line parses.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

static struct event_base *base;
static char *string; /* of settings.size bytes */
static long got;     /* lines */
static void (*on_object)(struct bufferevent *stream, json_t *object);

/* ---- Lines */

static void put(struct bufferevent *stream, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    if (!text)
        bench_fail("out of memory");
    bufferevent_write(stream, text, strlen(text));
    bufferevent_write(stream, "\r\n", 2);
    free(text);
    json_decref(object);
}

static void on_readable(struct bufferevent *stream, void *context)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t size;
    char *line;

    (void)context;
    while ((line = evbuffer_readln(input, &size, EVBUFFER_EOL_CRLF))) {
        json_t *object = json_loadb(line, size, 0, NULL);

        if (!object)
            bench_fail("a line is not JSON");
        got++;
        on_object(stream, object);
        json_decref(object);
        free(line);
    }
}

static void on_end(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    (void)what;
    (void)context;
    _exit(0);
}

static struct bufferevent *open_stream(int descriptor)
{
    struct bufferevent *stream = bufferevent_socket_new(base, descriptor, 0);

    if (!stream)
        bench_fail("out of memory");
    bufferevent_setcb(stream, on_readable, NULL, on_end, NULL);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    return stream;
}

/* ---- rpc, big, pipe */

static json_t *call_of(long id)
{
    json_t *args = settings.workload == BIG ? json_pack("[s]", string) : json_pack("[is]", 42, "hello");

    return json_pack("{s:i,s:I,s:s,s:s,s:o}", "_type", 1, "_id", (json_int_t)id, "_command", "call", "name", "echo",
                     "args", args);
}

static void answer(struct bufferevent *stream, json_t *object)
{
    put(stream, json_pack("{s:i,s:O,s:O}", "_type", 2, "_id", json_object_get(object, "_id"), "result",
                          json_object_get(object, "args")));
}

static void serve(void)
{
    int listener = bench_listen();

    base = event_base_new();
    on_object = answer;
    open_stream(bench_accept(listener));
    event_base_dispatch(base);
}

static struct bufferevent *connection;
static long sent;

static void take_result(struct bufferevent *stream, json_t *object)
{
    long all = settings.n + settings.warmup;

    if (!json_is_array(json_object_get(object, "result")))
        bench_fail("no result");
    if (settings.workload != PIPE) {
        event_base_loopbreak(base);
        return;
    }
    if (got == settings.warmup)
        bench_measure();
    if (sent < all)
        put(stream, call_of(sent++));
    else if (got == all)
        event_base_loopbreak(base);
}

static void echo(void)
{
    put(connection, call_of(sent++));
    event_base_dispatch(base);
}

static void calls(void)
{
    bench_fork(serve);
    base = event_base_new();
    on_object = take_result;
    connection = open_stream(bench_connect());
    if (settings.workload != PIPE) {
        bench_calls(echo);
        return;
    }
    for (int i = 0; i < settings.window; i++)
        put(connection, call_of(sent++));
    event_base_dispatch(base);
    bench_stop();
    bench_report_pipe();
}

/* ---- fan */

static struct bufferevent **listeners;

/* Encoded once, a copy for each listener. */
static void publish(void)
{
    for (int i = 0; i < settings.burst; i++) {
        json_t *event =
            json_pack("{s:i,s:s,s:s,s:[s]}", "_type", 3, "_command", "fired", "name", "tick", "args", string);
        char *text = json_dumps(event, JSON_COMPACT);
        size_t size = strlen(text);

        for (int j = 0; j < settings.subs; j++) {
            bufferevent_write(listeners[j], text, size);
            bufferevent_write(listeners[j], "\r\n", 2);
        }
        free(text);
        json_decref(event);
    }
    for (int j = 0; j < settings.subs; j++) { /* until all of it has left */
        while (evbuffer_get_length(bufferevent_get_output(listeners[j])) > 0)
            event_base_loop(base, EVLOOP_ONCE);
    }
}

static void take_event(struct bufferevent *stream, json_t *object)
{
    (void)stream;
    (void)object;
    bench_delivered(1);
}

static void listen_to_events(void)
{
    base = event_base_new();
    on_object = take_event;
    for (int i = 0; i < settings.subs; i++)
        open_stream(bench_connect());
    event_base_dispatch(base);
}

static void fan(void)
{
    int listener = bench_listen();

    listeners = calloc((size_t)settings.subs, sizeof(struct bufferevent *));
    if (!listeners)
        bench_fail("out of memory");
    bench_fork(listen_to_events);
    base = event_base_new();
    for (int i = 0; i < settings.subs; i++)
        listeners[i] = open_stream(bench_accept(listener));
    bench_fan(publish);
}

int main(int count, char **arguments)
{
    bench_begin(count, arguments, "event");
    if (settings.workload >= MEM)
        bench_fail("not a workload of this program");
    string = calloc(1, settings.size + 1);
    if (!string)
        bench_fail("out of memory");
    memset(string, 'x', settings.size);
    if (settings.workload == FAN)
        fan();
    else
        calls();
    return 0;
}
