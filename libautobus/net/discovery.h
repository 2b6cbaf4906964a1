/*
 * Discovery's datagrams: one receiver on the discovery port that is shared with every other bus of this machine, and
 * one sender on a port of its own, which chooses the interface and the source address for each datagram.
 */
#ifndef AB_NET_DISCOVERY_H
#define AB_NET_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/complaint.h"
#include "core/host.h"
#include "net/fates.h"

struct ab_net;
struct event;

struct ab_discovery {
    int receiver; /* -1: none yet; the event thread's */
    int sender;   /* -1: none */
    uint16_t sender_port;
    struct event *event;
    struct event *retry;
    char *room;                     /* for one datagram and a byte, which tells one that is longer */
    struct ab_complaint drops_told; /* event thread */

    /* The lock's. */
    bool wanted;    /* somebody hears what comes */
    bool attention; /* the event thread has something to do */
    struct ab_complaint failures_told;
    struct ab_fates fates;
    uint64_t sent; /* datagrams, each on one interface */
    uint64_t unsent;
    int reason;    /* errno: why there is no receiver; 0: there is one, or none is wanted */
    ab_time since; /* when that began */
};

/* 0, AB_ENOMEM, or AB_ENETWORK with errno: there is no socket to send from. A port to receive on that cannot be had is
 * asked for again every 5 s. */
int ab_discovery_init(struct ab_discovery *discovery, struct ab_net *net);
void ab_discovery_deinit(struct ab_discovery *discovery);
/* Lock held, any thread: whether what comes is heard. While it is not the port is not held. */
void ab_discovery_hear(struct ab_net *net, bool on);
/* Event thread, lock held: makes it so. True: the engine was entered. */
bool ab_discovery_attend(struct ab_net *net);
/* Event thread: no more datagrams are received. */
void ab_discovery_stop(struct ab_discovery *discovery);

/* Lock held, any thread. The system calls happen here: a datagram never waits, and a goodbye needs no memory. */
void ab_discovery_broadcast(struct ab_net *net, const void *data, size_t size, enum ab_broadcast_order order,
                            const struct ab_networks *within);

#endif
