/*
 * Reading networks. Strict, as inet_pton is: four decimal numbers without leading zeros, so that nobody lets in what he
 * did not mean.
 */
#include "base/network.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

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

/* ---- Lists */

static size_t count_items(const char *text)
{
    size_t count = 1;

    while ((text = strchr(text, ','))) {
        text++;
        count++;
    }
    return count;
}

/* Without the spaces around it; moves *rest behind the comma, or to NULL. */
static const char *next_item(const char **rest, size_t *ret_size)
{
    const char *item = *rest + strspn(*rest, " \t");
    const char *comma = strchr(item, ',');
    size_t size = comma ? (size_t)(comma - item) : strlen(item);

    *rest = comma ? comma + 1 : NULL;
    while (size > 0 && (item[size - 1] == ' ' || item[size - 1] == '\t'))
        size--;
    *ret_size = size;
    return item;
}

static bool is_local(const char *item, size_t size)
{
    return size == strlen("local") && strncmp(item, "local", size) == 0;
}

/* 0, or AB_EINVAL with *ret_bad. *ret_everybody: there is no limit. */
static int read_items(const char *text, struct ab_networks *networks, bool *ret_everybody, const char **ret_bad,
                      size_t *ret_size)
{
    size_t size;

    *ret_everybody = false;
    while (text) {
        struct ab_network *network = &networks->items[networks->count];
        const char *item = next_item(&text, &size);

        if (is_local(item, size))
            continue;
        if (!ab_network_parse(item, size, network)) {
            *ret_bad = item;
            *ret_size = size;
            return AB_EINVAL;
        }
        *ret_everybody = *ret_everybody || network->mask == 0;
        networks->count++;
    }
    return 0;
}

int ab_networks_parse(const char *text, struct ab_networks **ret_networks, const char **ret_bad, size_t *ret_size)
{
    struct ab_networks *networks = ab_calloc(1, sizeof(*networks) + count_items(text) * sizeof(*networks->items));
    bool everybody;
    int r = networks ? read_items(text, networks, &everybody, ret_bad, ret_size) : AB_ENOMEM;

    if (r == 0)
        *ret_networks = everybody ? NULL : networks;
    if (r < 0 || everybody)
        ab_free(networks);
    return r;
}

int ab_networks_copy(const struct ab_networks *networks, struct ab_networks **ret_copy)
{
    size_t size = networks ? sizeof(*networks) + networks->count * sizeof(*networks->items) : 0;
    struct ab_networks *copy = networks ? ab_malloc(size) : NULL;

    if (networks && !copy)
        return AB_ENOMEM;
    if (copy)
        memcpy(copy, networks, size);
    *ret_copy = copy;
    return 0;
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
