/*
 * Settings as a file, as single values and as networks: the first line is a value that every setting and limit is given,
 * all of it is a file. Networks are what inet_pton and strtoul make of them, but for the names that are ours.
 */
#include "fuzz/fuzz.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/network.h"
#include "net/settings.h"

/* ---- Networks */

/* ADDRESS or ADDRESS/BITS by the C library. */
static bool reads(const char *text, uint32_t *ret_host, unsigned long *ret_bits)
{
    char host[INET_ADDRSTRLEN + 1];
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    struct in_addr address;

    if (size >= sizeof host)
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (inet_pton(AF_INET, host, &address) != 1)
        return false;
    *ret_host = ntohl(address.s_addr);
    *ret_bits = 32;
    if (!slash)
        return true;
    if (strspn(slash + 1, "0123456789") != strlen(slash + 1) || strlen(slash + 1) > 2 || !slash[1] ||
        (slash[1] == '0' && slash[2]))
        return false;
    *ret_bits = strtoul(slash + 1, NULL, 10);
    return *ret_bits <= 32;
}

static void check_network(const char *text)
{
    struct ab_network network;
    unsigned long bits = 0;
    uint32_t host = 0;
    bool ours = ab_network_parse(text, strlen(text), &network);
    bool theirs = strcmp(text, "*") == 0 || reads(text, &host, &bits);

    ck_assert_msg(ours == theirs, "%s", text);
    if (!ours)
        return;
    for (unsigned bit = 0; bit < 32; bit++) { /* an address that differs in it alone */
        bool within = ab_network_has(&network, host ^ (UINT32_C(0x80000000) >> bit));
        ck_assert_int_eq(within, bit >= bits);
    }
    ck_assert(ab_network_has(&network, host));
}

static bool is_item(const char *text)
{
    uint32_t host;
    unsigned long bits;

    return strcmp(text, "local") == 0 || strcmp(text, "*") == 0 || reads(text, &host, &bits);
}

static bool is_list(const char *text)
{
    char *copy = strdup(text), *rest = copy, *item;
    bool good = true;

    while ((item = strsep(&rest, ","))) {
        item += strspn(item, " \t");
        for (size_t size = strlen(item); size > 0 && strchr(" \t", item[size - 1]);)
            item[--size] = '\0';
        good = good && is_item(item);
    }
    free(copy);
    return good;
}

static void check_networks(const char *text)
{
    struct ab_networks *networks = NULL, *copy = NULL;
    const char *bad = NULL;
    size_t size = 0;
    int result = ab_networks_parse(text, &networks, &bad, &size);

    ck_assert_msg((result == 0) == is_list(text), "%s", text);
    if (result < 0)
        ck_assert(result == AB_EINVAL && bad >= text && bad + size <= text + strlen(text));
    ck_assert_int_eq(ab_networks_copy(networks, &copy), 0);
    ck_assert(ab_networks_equal(networks, copy));
    ab_free(networks);
    ab_free(copy);
}

/* ---- Settings */

/* All that is asked of settings while a bus runs. */
static void look_at(const struct ab_settings *settings)
{
    char host[AB_SEED_HOST_SIZE];
    struct ab_address address = ab_address_inet(0x0a000001, 9);
    struct ab_settings *copy = ab_settings_copy(settings);
    json_t *one = ab_settings_json(settings), *other;
    uint16_t port, first, last;

    ck_assert_ptr_nonnull(copy);
    other = ab_settings_json(copy);
    ck_assert(one && other && json_equal(one, other));
    for (size_t i = 0; ab_settings_seed(settings, i, host, &port); i++)
        ck_assert(host[0] && port > 0);
    ab_settings_ports(copy, &first, &last);
    ck_assert(first > 0 && first <= last);
    ck_assert_uint_gt(ab_settings_discovery_port(copy), 0);
    ck_assert_uint_gt(ab_settings_goodbyes(copy), 0);
    ab_settings_interface_allowed(copy, "eth0", false);
    ab_settings_interface_allowed(copy, "lo", true);
    ab_settings_accepts(copy, &address);
    ab_settings_allowed(copy);
    json_decref(one);
    json_decref(other);
    ab_settings_free(copy);
}

static struct ab_settings *settings_new(void)
{
    struct ab_settings *settings = NULL;

    ck_assert_int_eq(ab_settings_new(&settings), 0);
    return settings;
}

static const char *const names[] = {"interfaces",   "bind",     "ports",          "discovery_port", "accept",
                                    "discovery",    "goodbyes", "announce_delay", "seeds",          "allow",
#define NAME(name, value, least, most) #name,
                                    AB_LIMITS(NAME)
#undef NAME
};

#define NAMES (sizeof names / sizeof *names)

static bool set(struct ab_settings *settings, const char *name, const char *value)
{
    char *problem = NULL;
    int result = ab_settings_set(settings, name, value, &problem);

    ck_assert_msg(result == 0 ? !problem : result == AB_EINVAL && problem, "%s: %d", name, result);
    ab_free(problem);
    return result == 0;
}

/* What is refused leaves the settings as they were. */
static void check_values(const char *value)
{
    struct ab_settings *all = settings_new(), *taken = settings_new();
    json_t *one, *other;

    for (size_t i = 0; i < NAMES; i++)
        if (set(all, names[i], value))
            set(taken, names[i], value);
    one = ab_settings_json(all);
    other = ab_settings_json(taken);
    ck_assert(json_equal(one, other));
    ck_assert_mem_eq(ab_settings_limits(all), ab_settings_limits(taken), sizeof(struct ab_limits));
    look_at(all);
    json_decref(one);
    json_decref(other);
    ab_settings_free(all);
    ab_settings_free(taken);
}

static void check_file(const uint8_t *data, size_t size)
{
    struct ab_settings *settings = settings_new();
    int file = memfd_create("settings", MFD_CLOEXEC);
    char *problem = NULL, path[64];
    int result;

    ck_assert(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    result = ab_settings_load(settings, path, &problem);
    ck_assert(result == 0 ? !problem : result == AB_EINVAL && problem);
    look_at(settings);
    ab_free(problem);
    ab_settings_free(settings);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *end = size > 0 ? memchr(data, '\n', size) : NULL;
    char *line = fuzz_string(data, end ? (size_t)(end - (const char *)data) : size);

    check_network(line);
    check_networks(line);
    check_values(line);
    check_file(data, size);
    free(line);
    return 0;
}
