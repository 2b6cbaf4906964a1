/*
 * Listens for connections: on the first free port of the settings' range, else on any, and on loopback alone while
 * loopback is all there is. A second one claims the first port of the range for a bus that listens on another: it has it
 * as soon as nobody else does, so that a host's first port always leads to a bus, if there is one. Where another has it on
 * loopback alone, it has it at one of the host's other addresses. A third has the local socket of the first one's port
 * (net/local.h).
 */
#ifndef AB_NET_ACCEPTOR_H
#define AB_NET_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/complaint.h"

struct ab_net;
struct event;

enum ab_acceptor_kind {
    AB_ACCEPTOR_OWN,
    AB_ACCEPTOR_CLAIM, /* the first port or none */
    AB_ACCEPTOR_LOCAL,
};

struct ab_acceptor {
    struct ab_net *net;
    enum ab_acceptor_kind kind;

    /* The lock's. */
    bool wanted;
    int descriptor; /* -1: none */
    uint32_t host;  /* what it is bound to */
    uint16_t port;  /* the one last had; of the local socket: in its name */
    int served;     /* the descriptor that the event thread has in its loop; that thread alone closes it */
    bool attention; /* the event thread has something to do */
    bool moved;     /* and that is: what to bind to may be another now */
    bool hurried;   /* or: the port may be free in a moment */

    /* The event thread's. */
    struct event *event;
    struct event *timer; /* after a failure; meanwhile nothing is accepted */
    int reserve;         /* a descriptor to give up when there are no others, so as to refuse who waits */
    struct ab_complaint told;
};

int ab_acceptor_init(struct ab_acceptor *acceptor, struct ab_net *net, enum ab_acceptor_kind kind); /* AB_ENOMEM */
void ab_acceptor_deinit(struct ab_acceptor *acceptor);

/* Lock held, any thread. AB_ENETWORK. */
int ab_acceptor_listen(struct ab_acceptor *acceptor, uint16_t *ret_port);
void ab_acceptor_unlisten(struct ab_acceptor *acceptor);
/* The same for the local socket, if there is to be one, and whether there is. */
void ab_acceptor_listen_locally(struct ab_acceptor *acceptor);
bool ab_acceptor_is_listening(const struct ab_acceptor *acceptor);
/* Of one that claims: from now on. The port may be somebody's who is about to go. */
void ab_acceptor_claim(struct ab_acceptor *acceptor);
void ab_acceptor_hurry(struct ab_acceptor *acceptor);
void ab_acceptor_network_changed(struct ab_acceptor *acceptor);

/* Event thread, lock held. True if the engine was entered. */
bool ab_acceptor_attend(struct ab_acceptor *acceptor);

#endif
