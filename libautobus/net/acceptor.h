/*
 * Listens for connections: on the first free port of the settings' range, else on any, and on loopback alone while
 * loopback is all there is.
 */
#ifndef AB_NET_ACCEPTOR_H
#define AB_NET_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "net/log.h"

struct ab_net;
struct event;

struct ab_acceptor {
    struct ab_net *net;

    /* The lock's. */
    bool wanted;
    int descriptor; /* -1: none */
    uint32_t host;  /* what it is bound to */
    uint16_t port;  /* the one last had */
    int served;     /* the descriptor that the event thread has in its loop; that thread alone closes it */
    bool attention; /* the event thread has something to do */
    bool moved;     /* and that is: what to bind to may be another now */

    /* The event thread's. */
    struct event *event;
    struct event *timer; /* after a failure; meanwhile nothing is accepted */
    int reserve;         /* a descriptor to give up when there are no others, so as to refuse who waits */
    struct ab_log_gate told;
};

int ab_acceptor_init(struct ab_acceptor *acceptor, struct ab_net *net); /* AB_ENOMEM */
void ab_acceptor_deinit(struct ab_acceptor *acceptor);

/* Lock held, any thread. AB_ENETWORK. */
int ab_acceptor_listen(struct ab_acceptor *acceptor, uint16_t *ret_port);
void ab_acceptor_unlisten(struct ab_acceptor *acceptor);
void ab_acceptor_network_changed(struct ab_acceptor *acceptor);

/* Event thread, lock held. True if the engine was entered. */
bool ab_acceptor_attend(struct ab_acceptor *acceptor);

#endif
