/*
 * What datagrams say, remembered: on a network each is heard by many, and decoding it is most of what a large simulation
 * does. Only for a test that asks for it, where memory does not fail. The info is shared by all who hear it.
 */
#ifndef AB_TESTS_SIM_PACKETS_H
#define AB_TESTS_SIM_PACKETS_H

#include <stdbool.h>

#include "wire/packet.h"

enum { SIM_PACKETS_KEPT = 4096 };

struct sim_packets {
    struct sim_packets_entry {
        char *data; /* NULL: none */
        size_t size;
        struct ab_packet packet;
    } entries[SIM_PACKETS_KEPT];
};

struct sim_packets *sim_packets_new(void);
void sim_packets_free(struct sim_packets *packets); /* NULL is fine */
/* As ab_packet_decode, with the limits as they are by default. */
int sim_packets_decode(struct sim_packets *packets, const char *data, size_t size, struct ab_packet *ret_packet);

#endif
