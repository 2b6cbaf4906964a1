/*
 * The local socket: a way into a bus of this machine beside its TCP port, for those that found it over loopback. It has
 * an abstract name with the port in it, which its network namespace alone sees; the same protocol, the same limits, and
 * less to do for the system on each message (tests/bench/RESULTS.md). What the engine asks to open is the TCP address,
 * which stays the peer's: it is tried here first, and nobody notices if that fails.
 */
#ifndef AB_NET_LOCAL_H
#define AB_NET_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "wire/packet.h"

struct ab_local {
    uint64_t known[65536 / 64]; /* ports that were announced with one: a bit each. The lock's */
};

/* Lock held. What an announcement says of the port; heeded from loopback alone. */
void ab_local_heard(struct ab_local *local, const struct ab_address *from, const struct ab_packet *packet);
bool ab_local_knows(const struct ab_local *local, const struct ab_address *to);

/* A socket that listens, or one that is connected; -1 with errno. They never block. */
int ab_local_listen(uint16_t port, int backlog);
int ab_local_connect(uint16_t port);

#endif
