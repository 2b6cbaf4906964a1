/*
 * Datagrams of discovery (PROTOCOL section 1): bytes to a struct ab_packet and back. With message.c the only place
 * that names a wire key. The host of a service is the datagram's source, so no address is in here.
 */
#ifndef AB_WIRE_PACKET_H
#define AB_WIRE_PACKET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"
#include "wire/limits.h"

#define AB_SERVICE_MOST 255 /* bytes of an id */

enum ab_packet_command {
    AB_PACKET_QUERY,
    AB_PACKET_ADD,
    AB_PACKET_REMOVE,
};

struct ab_packet {
    enum ab_packet_command command;
    uint16_t port; /* 1 to 65535 for add and remove */
    bool local;    /* of add: who hears it over loopback can come by the local socket of the port, too */
    char *service; /* the id: 1 to 255 bytes of printable ASCII without spaces in what we send; any 1 to 255 bytes in */
    json_t *info;  /* object, of add only; the only reference */
};

/* 0 with a packet; AB_EPROTOCOL: not a packet, AB_ETOOLARGE: over a limit, AB_ENOENT: a command we do not know,
 * AB_ENOMEM. */
int ab_packet_decode(const char *data, size_t size, const struct ab_limits *limits, struct ab_packet *ret_packet);
void ab_packet_deinit(struct ab_packet *packet);

/* Append one datagram. `info` is the encoded object; `local` as in struct ab_packet. */
int ab_packet_write_query(struct ab_buffer *out);
int ab_packet_write_add(struct ab_buffer *out, uint16_t port, const char *service, const struct ab_text *info,
                        bool local);
int ab_packet_write_remove(struct ab_buffer *out, uint16_t port, const char *service);

#endif
