/*
 * lamp-libevent: the lamp of lamp.c in a loop of libevent.
 *
 *     lamp-libevent NAME [SECONDS]
 *
 * The pattern to copy: a persistent event for reading on the queue's descriptor, whose callback
 * dispatches. This libevent is the program's own; the one that the library uses does not meet it.
 */

#include "lamp.h"

#include <event2/event.h>
#include <signal.h>
#include <unistd.h>

struct loop {
    struct lamp lamp;
    struct event_base *base;
    struct event *callbacks, *switched, *second, *interrupted, *terminated;
};

static void on_callbacks(evutil_socket_t descriptor, short what, void *user_data)
{
    struct loop *loop = user_data;
    (void)descriptor;
    (void)what;
    if (autobus_queue_dispatch(loop->lamp.queue, 0) < 0)
        event_base_loopbreak(loop->base);
}

static void on_switch(evutil_socket_t descriptor, short what, void *user_data)
{
    struct loop *loop = user_data;
    (void)what;
    if (!lamp_read_switch(&loop->lamp, descriptor))
        event_del(loop->switched);
}

static void on_second(evutil_socket_t descriptor, short what, void *user_data)
{
    struct loop *loop = user_data;
    (void)descriptor;
    (void)what;
    lamp_second_passed(&loop->lamp);
}

static void on_signal(evutil_socket_t number, short what, void *user_data)
{
    struct loop *loop = user_data;
    (void)number;
    (void)what;
    event_base_loopbreak(loop->base);
}

/* A file or a terminal that is gone cannot be watched by epoll; the lamp then has no switch of its own. */
static bool prepare(struct loop *loop)
{
    struct timeval second = {.tv_sec = 1};
    loop->base = event_base_new();
    if (!loop->base)
        return false;
    loop->callbacks =
        event_new(loop->base, autobus_queue_fd(loop->lamp.queue), EV_READ | EV_PERSIST, on_callbacks, loop);
    loop->switched = event_new(loop->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_switch, loop);
    loop->second = event_new(loop->base, -1, EV_PERSIST, on_second, loop);
    loop->interrupted = evsignal_new(loop->base, SIGINT, on_signal, loop);
    loop->terminated = evsignal_new(loop->base, SIGTERM, on_signal, loop);
    if (!loop->callbacks || !loop->switched || !loop->second || !loop->interrupted || !loop->terminated)
        return false;
    event_add(loop->switched, NULL);
    return event_add(loop->callbacks, NULL) == 0 && event_add(loop->second, &second) == 0 &&
           event_add(loop->interrupted, NULL) == 0 && event_add(loop->terminated, NULL) == 0;
}

static void clean_up(struct loop *loop)
{
    struct event *events[] = {loop->callbacks, loop->switched, loop->second, loop->interrupted, loop->terminated};
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (loop->base)
        event_base_free(loop->base);
}

int main(int argc, char **argv)
{
    struct loop loop = {.base = NULL};
    int status = lamp_open(&loop.lamp, argc, argv);
    if (status != 0)
        return status;
    if (prepare(&loop))
        event_base_dispatch(loop.base);
    else
        status = 1;
    clean_up(&loop); /* first, since the descriptor ends with the queue */
    lamp_close(&loop.lamp);
    return status;
}
