/*
 * Where a peer is: a tagged value that net fills in and that the engine only compares and prints. A further kind (a
 * local socket) becomes a further tag here and in net, and nothing in between changes.
 */
#ifndef AB_BASE_ADDRESS_H
#define AB_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ab_address_kind {
    AB_ADDRESS_NONE,
    AB_ADDRESS_INET,
};

/* Plain bytes without padding, so that it can be a map's key. */
struct ab_address {
    uint32_t kind;
    uint32_t host; /* IPv4, host byte order */
    uint32_t port;
};

#define AB_ADDRESS_HOST_TEXT 16

static inline struct ab_address ab_address_inet(uint32_t host, uint16_t port)
{
    return (struct ab_address){AB_ADDRESS_INET, host, port};
}

bool ab_address_equal(const struct ab_address *one, const struct ab_address *other);
bool ab_address_same_host(const struct ab_address *one, const struct ab_address *other);
bool ab_address_is_loopback(const struct ab_address *address);
/* -1, 0, 1: loopback first, then by number, then by port. */
int ab_address_compare(const struct ab_address *one, const struct ab_address *other);
/* The host as text, "10.0.0.7"; returns `text`. */
const char *ab_address_host_text(const struct ab_address *address, char text[AB_ADDRESS_HOST_TEXT]);

#endif
