/*
 * Owns what the value of each setting and limit may be, and what is wrong with it otherwise. Knows nothing of sockets, nor
 * where a value comes from. Invariant: a value is replaced whole or not at all.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/settings.h"
#include "net/settings_private.h"

#define GOODBYES_MOST 10
#define DELAY_MOST    60000
#define SPIN_MOST     1000

char *ab_settings_problem(const char *format, ...)
{
    va_list arguments;
    char *text;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text = size < 0 ? NULL : ab_malloc((size_t)size + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* ---- What the values are made of. Each takes the spaces off first. */

/* Cuts the next item of a list that commas separate, without the spaces around it; NULL at the end. */
static char *next_item(char **rest)
{
    char *item;
    size_t size;

    do {
        if (!*rest)
            return NULL;
        item = *rest + strspn(*rest, " \t");
        *rest = strchr(item, ',');
        if (*rest)
            *(*rest)++ = '\0';
        size = strlen(item);
        while (size > 0 && (item[size - 1] == ' ' || item[size - 1] == '\t'))
            size--;
        item[size] = '\0';
    } while (size == 0);
    return item;
}

/* Digits alone, so that no sign, space or base slips in. */
static bool read_number(const char *text, size_t size, long long most, long long *ret_number)
{
    long long number = 0;

    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || number > (most - (text[i] - '0')) / 10)
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool read_host(const char *text, uint32_t *ret_host)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        return false;
    *ret_host = ntohl(address.s_addr);
    return true;
}

/* ---- The settings by name. */

static int set_interfaces(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *copy = ab_strdup(value);
    char *rest = value;
    const char *item;

    if (!copy)
        return AB_ENOMEM;
    while ((item = next_item(&rest)))
        if (strcmp(item, "!") == 0) {
            ab_free(copy);
            *ret_problem = ab_settings_problem("\"!\" needs a name after it");
            return AB_EINVAL;
        }
    ab_free(settings->interfaces);
    settings->interfaces = copy;
    return 0;
}

static int set_bind(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    uint32_t host = 0;

    if (item && !(read_host(item, &host) && !next_item(&rest))) {
        *ret_problem = ab_settings_problem("\"%s\" is no numeric IPv4 address", item);
        return AB_EINVAL;
    }
    settings->bind_host = host;
    return 0;
}

static bool read_ports(const char *text, long long *ret_first, long long *ret_last)
{
    const char *dash = strchr(text, '-');
    size_t size = dash ? (size_t)(dash - text) : strlen(text);

    if (!read_number(text, size, 65535, ret_first))
        return false;
    if (!dash)
        *ret_last = *ret_first;
    else if (!read_number(dash + 1, strlen(dash + 1), 65535, ret_last))
        return false;
    return *ret_first > 0 && *ret_first <= *ret_last;
}

static int set_ports(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    long long first = AB_FIRST_PORT;
    long long last = AB_LAST_PORT;

    if (item && !(read_ports(item, &first, &last) && !next_item(&rest))) {
        *ret_problem =
            ab_settings_problem("\"%s\" is no range of ports: FIRST-LAST or one port, within 1 to 65535", item);
        return AB_EINVAL;
    }
    settings->first_port = (uint16_t)first;
    settings->last_port = (uint16_t)last;
    return 0;
}

static int set_discovery_port(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    long long port = AB_DISCOVERY_PORT;

    if (item && !(read_number(item, strlen(item), 65535, &port) && port > 0 && !next_item(&rest))) {
        *ret_problem = ab_settings_problem("\"%s\" is no port within 1 to 65535", item);
        return AB_EINVAL;
    }
    settings->discovery_port = (uint16_t)port;
    return 0;
}

static int set_accept(struct ab_settings *settings, char *value, char **ret_problem)
{
    struct ab_network *networks = NULL;
    char *rest = value;
    size_t count = 0;
    char *item;

    while ((item = next_item(&rest))) {
        struct ab_network *more = ab_realloc(networks, (count + 1) * sizeof(*networks));

        if (!more) {
            ab_free(networks);
            return AB_ENOMEM;
        }
        networks = more;
        if (!ab_network_parse(item, strlen(item), &networks[count++])) {
            *ret_problem = ab_settings_problem("\"%s\" is no network: ADDRESS/BITS, ADDRESS, or *", item);
            ab_free(networks);
            return AB_EINVAL;
        }
    }
    ab_free(settings->accepted);
    settings->accepted = networks;
    settings->accepted_count = count;
    return 0;
}

/* Who may use services that say nothing else (access.h). */
static int set_allow(struct ab_settings *settings, char *value, char **ret_problem)
{
    struct ab_networks *allowed = NULL;
    const char *bad;
    size_t size;
    int r = value[strspn(value, " \t")] ? ab_networks_parse(value, &allowed, &bad, &size) : 0;

    if (r == AB_EINVAL)
        *ret_problem = ab_settings_problem("\"%.*s\" is no network: " AB_NETWORKS_ITEMS, (int)size, bad);
    if (r < 0)
        return r;
    ab_free(settings->allowed);
    settings->allowed = allowed;
    return 0;
}

static int set_discovery(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    bool none = item && strcmp(item, "none") == 0;

    if (item && ((!none && strcmp(item, "broadcast") != 0) || next_item(&rest))) {
        *ret_problem = ab_settings_problem("\"%s\" is no way of discovery: broadcast, or none", item);
        return AB_EINVAL;
    }
    settings->no_broadcast = none;
    return 0;
}

static int set_local_sockets(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    bool no = item && strcmp(item, "no") == 0;

    if (item && ((!no && strcmp(item, "yes") != 0) || next_item(&rest))) {
        *ret_problem = ab_settings_problem("\"%s\" is neither yes nor no", item);
        return AB_EINVAL;
    }
    settings->no_local_sockets = no;
    return 0;
}

/* One number, `otherwise` if there is none. */
static int set_number(char *value, long long least, long long most, unsigned otherwise, unsigned *ret_number,
                      char **ret_problem)
{
    char *rest = value;
    const char *item = next_item(&rest);
    long long number = otherwise;

    if (item && !(read_number(item, strlen(item), most, &number) && number >= least && !next_item(&rest))) {
        *ret_problem = ab_settings_problem("\"%s\" is not a number from %lld to %lld", item, least, most);
        return AB_EINVAL;
    }
    *ret_number = (unsigned)number;
    return 0;
}

static int set_goodbyes(struct ab_settings *settings, char *value, char **ret_problem)
{
    return set_number(value, 1, GOODBYES_MOST, AB_GOODBYES, &settings->goodbyes, ret_problem);
}

static int set_announce_delay(struct ab_settings *settings, char *value, char **ret_problem)
{
    return set_number(value, 0, DELAY_MOST, 0, &settings->announce_delay_ms, ret_problem);
}

static int set_spin(struct ab_settings *settings, char *value, char **ret_problem)
{
    return set_number(value, 0, SPIN_MOST, AB_SPIN_US, &settings->spin_us, ret_problem);
}

/* Cuts HOST[:PORT] in two; *ret_port is 0 if there is none. */
static bool read_seed(char *item, uint16_t *ret_port)
{
    char *colon = strchr(item, ':');
    long long port = 0;

    if (colon && !(read_number(colon + 1, strlen(colon + 1), UINT16_MAX, &port) && port > 0))
        return false;
    if (colon)
        *colon = '\0';
    *ret_port = (uint16_t)port;
    return *item && strlen(item) < AB_SEED_HOST_SIZE && !strpbrk(item, "/ \t");
}

/* Kept as its text: a list that is read once. */
static int set_seeds(struct ab_settings *settings, char *value, char **ret_problem)
{
    char *rest = value;
    char *item;
    uint16_t port;

    (void)settings;
    while ((item = next_item(&rest))) {
        char *copy = ab_strdup(item);
        bool good = copy && read_seed(item, &port);

        if (copy && !good)
            *ret_problem = ab_settings_problem("\"%s\" is no known host: HOST or HOST:PORT", copy);
        ab_free(copy);
        if (!good)
            return copy ? AB_EINVAL : AB_ENOMEM;
    }
    return 0;
}

static const struct {
    const char *name;
    int (*set)(struct ab_settings *settings, char *value, char **ret_problem);
} names[] = {
    [AB_SETTING_INTERFACES] = {"interfaces", set_interfaces},
    [AB_SETTING_BIND] = {"bind", set_bind},
    [AB_SETTING_PORTS] = {"ports", set_ports},
    [AB_SETTING_DISCOVERY_PORT] = {"discovery_port", set_discovery_port},
    [AB_SETTING_ACCEPT] = {"accept", set_accept},
    [AB_SETTING_DISCOVERY] = {"discovery", set_discovery},
    [AB_SETTING_GOODBYES] = {"goodbyes", set_goodbyes},
    [AB_SETTING_ANNOUNCE_DELAY] = {"announce_delay", set_announce_delay},
    [AB_SETTING_SEEDS] = {"seeds", set_seeds},
    [AB_SETTING_ALLOW] = {"allow", set_allow},
    [AB_SETTING_LOCAL_SOCKETS] = {"local_sockets", set_local_sockets},
    [AB_SETTING_SPIN] = {"spin", set_spin},
};

const char *ab_settings_name(enum ab_setting setting)
{
    return names[setting].name;
}

int ab_settings_put(struct ab_settings *settings, enum ab_setting setting, const char *value, const char *from,
                    char **ret_problem)
{
    struct ab_setting_source source;
    char *copy = ab_strdup(value);
    int r = ab_setting_source_init(&source, value, from);

    if (r == 0)
        r = copy ? names[setting].set(settings, copy, ret_problem) : AB_ENOMEM;
    ab_free(copy);
    if (r < 0) {
        ab_setting_source_deinit(&source);
        return r;
    }
    ab_setting_source_deinit(&settings->sources[setting]);
    settings->sources[setting] = source;
    settings->present |= 1u << setting;
    return 0;
}

static int set_limit(struct ab_settings *settings, const char *name, const char *value, char **ret_problem)
{
    static const struct {
        const char *name;
        size_t value, least, most;
    } limits[] = {
#define LIMIT(limit, default_value, least, most) {#limit, default_value, least, most},
        AB_LIMITS(LIMIT)
#undef LIMIT
    };
    long long number;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (strcmp(name, limits[i].name) != 0)
            continue;
        if (value[0] == '\0')
            return ab_limits_set(&settings->limits, name, (long long)limits[i].value);
        if (read_number(value, strlen(value), INT64_MAX, &number) &&
            ab_limits_set(&settings->limits, name, number) == 0)
            return 0;
        *ret_problem =
            ab_settings_problem("\"%s\" is not a number from %zu to %zu", value, limits[i].least, limits[i].most);
        return AB_EINVAL;
    }
    return AB_ENOENT;
}

int ab_settings_set(struct ab_settings *settings, const char *name, const char *value, char **ret_problem)
{
    char *problem = NULL;
    int r;

    for (unsigned i = 0; i < AB_SETTINGS; i++)
        if (strcmp(name, names[i].name) == 0) {
            r = ab_settings_put(settings, (enum ab_setting)i, value, "program", &problem);
            if (r == AB_EINVAL)
                *ret_problem = problem;
            return r;
        }
    r = set_limit(settings, name, value, &problem);
    if (r == AB_EINVAL)
        *ret_problem = problem;
    return r;
}

bool ab_settings_seed(const struct ab_settings *settings, size_t index, char ret_host[AB_SEED_HOST_SIZE],
                      uint16_t *ret_port)
{
    const char *item = settings->sources[AB_SETTING_SEEDS].value;

    for (item = item ? item + strspn(item, ", \t") : ""; *item; item += strspn(item, ", \t")) {
        size_t size = strcspn(item, ", \t");
        char text[AB_SEED_HOST_SIZE + sizeof(":65535")];

        if (index-- == 0) {
            snprintf(text, sizeof(text), "%.*s", (int)size, item);
            if (!read_seed(text, ret_port))
                return false;
            *ret_port = *ret_port ? *ret_port : settings->first_port;
            memcpy(ret_host, text, strlen(text) + 1);
            return true;
        }
        item += size;
    }
    return false;
}
