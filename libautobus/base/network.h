/*
 * A network of IPv4 addresses, as people write it: 10.0.0.0/8, one ADDRESS, or * for all.
 */
#ifndef AB_BASE_NETWORK_H
#define AB_BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ab_network {
    uint32_t host; /* host byte order; without the bits that the mask leaves out */
    uint32_t mask;
};

/* ADDRESS/BITS, ADDRESS or *: no more and no less. False: it is none of these. */
bool ab_network_parse(const char *text, size_t size, struct ab_network *ret_network);

static inline bool ab_network_has(const struct ab_network *network, uint32_t host)
{
    return (host & network->mask) == network->host;
}

/* Some address is in both. */
static inline bool ab_network_meets(const struct ab_network *one, const struct ab_network *other)
{
    return ((one->host ^ other->host) & one->mask & other->mask) == 0;
}

/* Networks besides this machine. Where there may be NULL instead, it is all there are. */
struct ab_networks {
    size_t count;
    struct ab_network items[];
};

/* What a list is made of, for people. */
#define AB_NETWORKS_ITEMS "ADDRESS/BITS, ADDRESS, local, or *"

/* A list of these, separated by commas; ab_free. With * it is NULL. AB_ENOMEM; AB_EINVAL: *ret_bad is where the item
 * begins that is none of them, *ret_size its length. */
int ab_networks_parse(const char *text, struct ab_networks **ret_networks, const char **ret_bad, size_t *ret_size);
/* AB_ENOMEM. */
int ab_networks_copy(const struct ab_networks *networks, struct ab_networks **ret_copy);
/* The same in the same order. */
bool ab_networks_equal(const struct ab_networks *one, const struct ab_networks *other);
/* Some address is in the network and in one of those. */
bool ab_networks_meet(const struct ab_networks *networks, const struct ab_network *network);

#endif
