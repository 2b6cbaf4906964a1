/*
 * How the loop comes to know that a socket can be read or written, at a cost for each that fits what happens there. A
 * lively one has an event of libevent's own for its input; the idle ones, which may be thousands, share one. All on the
 * event thread.
 */
#ifndef AB_NET_LOOKOUT_H
#define AB_NET_LOOKOUT_H

#include <stdbool.h>

#include "base/list.h"
#include "core/host.h"

struct ab_lively;
struct ab_net;
struct ab_socket;
struct event;

struct ab_lookout {
    int descriptor;        /* of an epoll set; -1: none yet */
    struct event *event;   /* something is ready in the set */
    struct ab_list lively; /* struct ab_lively.node */
    ab_time reviewed;      /* when it was looked at last which of those still are */
};

/* Part of a socket. */
struct ab_watched {
    struct ab_lively *lively; /* NULL: it is idle */
    unsigned in_set;          /* EPOLLIN, EPOLLOUT, both or neither */
    unsigned second;          /* in which something came last while it was idle */
    bool alone;               /* its own event is added */
};

int ab_lookout_init(struct ab_lookout *lookout, struct ab_net *net); /* AB_ENOMEM, or AB_ENETWORK: no descriptor */
void ab_lookout_deinit(struct ab_lookout *lookout);                  /* when no socket is left */

/* What is wanted of it from now on; ab_socket_on_readable and ab_socket_on_writable come of it. False: no memory. */
bool ab_lookout_set(struct ab_socket *socket, bool read, bool write);
/* ab_socket_on_readable comes once, whether there is something to read or not. False: no memory. */
bool ab_lookout_prod(struct ab_socket *socket);
/* Now and then, lock held: who had little to read is idle. */
void ab_lookout_review(struct ab_lookout *lookout, ab_time now);
/* It is being read. */
void ab_lookout_read(struct ab_socket *socket);
/* Before it is closed. */
void ab_lookout_leave(struct ab_socket *socket);

#endif
