/*
 * Comparing and printing addresses. Knows their shape and nothing of sockets.
 */
#include "base/address.h"

bool ab_address_equal(const struct ab_address *one, const struct ab_address *other)
{
    return one->kind == other->kind && one->host == other->host && one->port == other->port;
}

bool ab_address_same_host(const struct ab_address *one, const struct ab_address *other)
{
    return one->kind == other->kind && one->host == other->host;
}

bool ab_address_is_loopback(const struct ab_address *address)
{
    return address->kind == AB_ADDRESS_INET && address->host >> 24 == 127;
}

static int compare(uint32_t one, uint32_t other)
{
    return (one > other) - (one < other);
}

int ab_address_compare(const struct ab_address *one, const struct ab_address *other)
{
    int order = ab_address_is_loopback(other) - ab_address_is_loopback(one);

    if (order == 0)
        order = compare(one->kind, other->kind);
    if (order == 0)
        order = compare(one->host, other->host);
    if (order == 0)
        order = compare(one->port, other->port);
    return order;
}

/* Every request has its caller's: snprintf took 5 % of a small one. */
const char *ab_address_host_text(const struct ab_address *address, char text[AB_ADDRESS_HOST_TEXT])
{
    char *at = text;

    for (int shift = 24; shift >= 0; shift -= 8) {
        unsigned byte = address->host >> shift & 255;

        if (byte >= 100)
            *at++ = (char)('0' + byte / 100);
        if (byte >= 10)
            *at++ = (char)('0' + byte / 10 % 10);
        *at++ = (char)('0' + byte % 10);
        *at++ = shift > 0 ? '.' : '\0';
    }
    return text;
}
