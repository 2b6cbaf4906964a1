/* Owns a table of datagrams, each in the one place where its bytes put it; the newest stays. */

#include "sim/packets.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "sim/clock.h"

struct sim_packets *sim_packets_new(void)
{
    return sim_alloc(sizeof(struct sim_packets));
}

static void clear(struct sim_packets_entry *entry)
{
    if (!entry->data)
        return;
    free(entry->data);
    ab_packet_deinit(&entry->packet);
    entry->data = NULL;
}

void sim_packets_free(struct sim_packets *packets)
{
    for (unsigned i = 0; packets && i < SIM_PACKETS_KEPT; i++)
        clear(&packets->entries[i]);
    free(packets);
}

static struct sim_packets_entry *place_of(struct sim_packets *packets, const char *data, size_t size)
{
    uint64_t hash = size;
    uint64_t word;

    for (size_t i = 0; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return &packets->entries[(hash >> 32) % SIM_PACKETS_KEPT];
}

int sim_packets_decode(struct sim_packets *packets, const char *data, size_t size, struct ab_packet *ret_packet)
{
    struct sim_packets_entry *entry = place_of(packets, data, size);

    if (!entry->data || entry->size != size || memcmp(entry->data, data, size) != 0) {
        struct ab_limits limits;
        struct ab_packet packet;
        ab_limits_init(&limits);
        int result = ab_packet_decode(data, size, &limits, &packet);
        if (result < 0)
            return result;
        clear(entry);
        *entry = (struct sim_packets_entry){memcpy(sim_alloc(size), data, size), size, packet};
    }
    *ret_packet = entry->packet;
    if (entry->packet.service)
        ret_packet->service = ab_strndup(entry->packet.service, strlen(entry->packet.service));
    json_incref(entry->packet.info);
    return 0;
}
