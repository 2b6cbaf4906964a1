/*
 * The net's inside: what net's own files share. Nothing outside net/ includes this.
 *
 * Three kinds of fields, told apart by their comments: those that the driver's lock guards, those that belong to the
 * event thread (it alone touches libevent), and those that never change. Part after part is its own struct with its own
 * pair of files; each starts with ab_PART_init or _open and ends with ab_PART_deinit, which takes what init left
 * half-built.
 */
#ifndef AB_NET_INTERNAL_H
#define AB_NET_INTERNAL_H

#include <event2/event.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/engine.h"
#include "net/acceptor.h"
#include "net/alarm.h"
#include "net/discovery.h"
#include "net/interfaces.h"
#include "net/local.h"
#include "net/log.h"
#include "net/lookout.h"
#include "net/net.h"
#include "net/resolver.h"
#include "net/sleep.h"
#include "net/socket.h"
#include "net/spin.h"
#include "net/waker.h"
#include "net/watch.h"

struct ab_net {
    const struct ab_net_driver *driver;
    void *context;
    struct ab_settings *settings;
    const struct ab_limits *limits; /* the settings' */
    struct ab_engine *engine;
    struct event_base *base;

    struct ab_waker waker;
    struct ab_alarm alarm;
    struct ab_interfaces interfaces;
    struct ab_discovery discovery;
    struct ab_acceptor acceptor;
    struct ab_acceptor claim; /* to the first port, which others look for, if the acceptor has another */
    struct ab_acceptor local; /* of who is on this machine */
    struct ab_local locals;   /* of others */
    struct ab_lookout lookout;
    struct ab_sockets sockets;
    struct ab_sleep sleep;
    struct ab_resolver *resolver; /* counted: a slow look-up outlives the net */

    struct ab_spin_rule spin_rule;
    struct ab_spin spin;    /* the event thread's */
    struct ab_watch watch;  /* event thread */
    bool answered;          /* event thread: it has sent something since it last waited */
    struct ab_buffer input; /* event thread: lent to the socket that it reads */
    bool stopping;          /* lock */
    bool stop_begun;        /* event thread: it has seen `stopping` */
    bool stop_over;         /* event thread: what did not leave by now does not */
    struct event *stop_timer;
};

static inline void ab_net_lock(const struct ab_net *net)
{
    net->driver->lock(net->context);
}

static inline void ab_net_unlock(const struct ab_net *net)
{
    net->driver->unlock(net->context);
}

/* Ends an entry into the engine on the event thread: releases the lock. */
static inline void ab_net_turn(const struct ab_net *net)
{
    net->driver->turn(net->context);
}

/* Lock held. So many bytes of a client's, or for one, wait; or wait no more. */
static inline void ab_socket_hold(struct ab_socket *socket, size_t size)
{
    if (!socket->accepted)
        return;
    socket->net->sockets.held += size;
    if (socket->net->sockets.held > socket->net->limits->inbound_bytes)
        ab_socket_want_attention(socket);
}

static inline void ab_socket_let_go(struct ab_socket *socket, size_t size)
{
    if (socket->accepted)
        socket->net->sockets.held -= size;
}

/* Event thread. A timer on it in microseconds from now; false: no memory (logged). */
bool ab_net_start_timer(const struct ab_net *net, struct event *timer, ab_time delay);

#endif
