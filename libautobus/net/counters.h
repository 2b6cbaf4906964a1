/*
 * What the net has to tell of itself in numbers, beside the engine's.
 */
#ifndef AB_NET_COUNTERS_H
#define AB_NET_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"
#include "net/fates.h"

struct ab_net;

struct ab_net_counters {
    struct ab_fates fates;
    uint64_t datagrams_sent; /* each on one interface */
    uint64_t datagrams_unsent;
    uint64_t bytes_received;
    uint16_t udp_port;
    bool udp_open;     /* datagrams are received there */
    int udp_reason;    /* errno: why they are not */
    ab_time udp_since; /* how long it has been so */
    uint16_t tcp_port; /* 0: nothing is listened on */
};

/* Lock held. */
void ab_net_counters(const struct ab_net *net, struct ab_net_counters *ret_counters);

#endif
