/*
 * The addresses of this machine and what we do with each: where discovery goes out, and whose networks are ours.
 *
 * The table is made anew from the kernel's whenever netlink says that something changed. It changes on the event thread
 * with the lock held, so that thread reads it without the lock and any other with it.
 */
#ifndef AB_NET_INTERFACES_H
#define AB_NET_INTERFACES_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/host.h"

struct ab_net;
struct ab_settings;
struct event;
struct ifaddrs;

/* One IPv4 address of an interface, or an interface without any. Addresses in host byte order, 0: none. */
struct ab_interface {
    char name[IF_NAMESIZE];
    unsigned index;
    uint32_t address;
    uint32_t network;
    uint32_t mask;
    uint32_t broadcast;
    bool loopback;
    bool allowed; /* by the settings: its network is ours */
    bool up;
    const char *reason; /* why discovery does not go out here, static; NULL: it does */

    /* The lock's. */
    uint64_t sent;       /* datagrams */
    uint64_t heard_back; /* our own queries, which a receiver on this host hears too */
    int wrong;           /* errno of the last datagram; 0: it left */
};

struct ab_interfaces {
    struct ab_interface *table;
    size_t count;
    int netlink; /* -1: none */
    struct event *event;
    struct event *timer; /* reads the table again a little later */
    ab_time next;        /* event thread: the table is not read again before */
};

/* 0, or AB_ENOMEM. Without netlink (logged) the first table is the last. */
int ab_interfaces_init(struct ab_interfaces *interfaces, struct ab_net *net);
void ab_interfaces_deinit(struct ab_interfaces *interfaces);

/* Our own networks: loopback, and those of the interfaces that the settings allow. */
bool ab_interfaces_own(const struct ab_interfaces *interfaces, uint32_t host);
/* An address of this host itself. */
bool ab_interfaces_here(const struct ab_interfaces *interfaces, uint32_t host);
/* That address of this host is on a network of the peer's, or the peer is on none that datagrams reach. */
bool ab_interfaces_near(const struct ab_interfaces *interfaces, uint32_t here, uint32_t peer);
/* An address of an interface that the settings exclude. */
bool ab_interfaces_excluded(const struct ab_interfaces *interfaces, uint32_t host);
/* No interface that the settings allow has an address, but loopback. */
bool ab_interfaces_loopback_alone(const struct ab_interfaces *interfaces);
/* Lock held. A query of our own came from that address, which is ours. */
void ab_interfaces_heard_back(struct ab_interfaces *interfaces, uint32_t host);
/* Lock held. An array as autobus_bus_interfaces describes it; NULL: no memory. */
json_t *ab_interfaces_json(const struct ab_interfaces *interfaces);

/* The table that a list of addresses makes; for tests too. AB_ENOMEM. */
int ab_interfaces_make(const struct ifaddrs *list, const struct ab_settings *settings, struct ab_interface **ret_table,
                       size_t *ret_count);

#endif
