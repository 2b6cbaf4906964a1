/*
 * Reading networks. Strict, as inet_pton is: four decimal numbers without leading zeros, so that nobody lets in what he
 * did not mean.
 */
#include "base/network.h"

#include <string.h>

/* A number of at most `most` without a sign or a leading zero; moves *at behind it. */
static bool read_number(const char **at, const char *end, uint32_t most, uint32_t *ret_number)
{
    const char *begin = *at;
    uint32_t number = 0;

    while (*at < end && **at >= '0' && **at <= '9') {
        number = number * 10 + (uint32_t)(**at - '0');
        if (number > most)
            return false;
        (*at)++;
    }
    if (*at == begin || (*begin == '0' && *at - begin > 1))
        return false;
    *ret_number = number;
    return true;
}

static bool read_sign(const char **at, const char *end, char sign)
{
    if (*at == end || **at != sign)
        return false;
    (*at)++;
    return true;
}

bool ab_network_parse(const char *text, size_t size, struct ab_network *ret_network)
{
    const char *end = text + size;
    uint32_t bits = 32;
    uint32_t host = 0;
    uint32_t part;

    if (size == 1 && *text == '*') {
        *ret_network = (struct ab_network){0, 0};
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if ((i > 0 && !read_sign(&text, end, '.')) || !read_number(&text, end, 255, &part))
            return false;
        host = host << 8 | part;
    }
    if (read_sign(&text, end, '/') && !read_number(&text, end, 32, &bits))
        return false;
    if (text != end)
        return false;
    ret_network->mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
    ret_network->host = host & ret_network->mask;
    return true;
}

bool ab_networks_equal(const struct ab_networks *one, const struct ab_networks *other)
{
    if (!one || !other)
        return one == other;
    return one->count == other->count && memcmp(one->items, other->items, one->count * sizeof(*one->items)) == 0;
}

bool ab_networks_meet(const struct ab_networks *networks, const struct ab_network *network)
{
    for (size_t i = 0; networks && i < networks->count; i++) {
        if (ab_network_meets(&networks->items[i], network))
            return true;
    }
    return !networks;
}
