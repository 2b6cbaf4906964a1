/*
 * Owns the settings and limits of one bus. Knows nothing of sockets; what a value may be is settings_values.c's, where
 * values come from besides options settings_file.c's.
 */
#include "net/settings.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/settings_private.h"

void ab_setting_source_deinit(struct ab_setting_source *source)
{
    ab_free(source->value);
    ab_free(source->from);
}

int ab_setting_source_init(struct ab_setting_source *source, const char *value, const char *from)
{
    *source = (struct ab_setting_source){ab_strdup(value), ab_strdup(from)};
    return (value && !source->value) || (from && !source->from) ? AB_ENOMEM : 0;
}

int ab_settings_new(struct ab_settings **ret_settings)
{
    struct ab_settings *settings = ab_calloc(1, sizeof(*settings));

    if (!settings)
        return AB_ENOMEM;
    ab_limits_init(&settings->limits);
    settings->discovery_port = AB_DISCOVERY_PORT;
    settings->first_port = AB_FIRST_PORT;
    settings->last_port = AB_LAST_PORT;
    settings->goodbyes = AB_GOODBYES;
    settings->spin_us = AB_SPIN_US;
    *ret_settings = settings;
    return 0;
}

struct ab_settings *ab_settings_copy(const struct ab_settings *settings)
{
    struct ab_settings *copy = ab_malloc(sizeof(*copy));
    size_t size = settings->accepted_count * sizeof(*settings->accepted);
    int r = 0;

    if (!copy)
        return NULL;
    *copy = *settings;
    for (unsigned i = 0; i < AB_SETTINGS; i++)
        r |= ab_setting_source_init(&copy->sources[i], settings->sources[i].value, settings->sources[i].from);
    copy->allowed = NULL;
    r |= ab_networks_copy(settings->allowed, &copy->allowed);
    copy->interfaces = ab_strdup(settings->interfaces);
    copy->accepted = size > 0 ? ab_malloc(size) : NULL;
    if (r < 0 || (settings->interfaces && !copy->interfaces) || (size > 0 && !copy->accepted)) {
        ab_settings_free(copy);
        return NULL;
    }
    if (size > 0)
        memcpy(copy->accepted, settings->accepted, size);
    return copy;
}

void ab_settings_free(struct ab_settings *settings)
{
    if (!settings)
        return;
    for (unsigned i = 0; i < AB_SETTINGS; i++)
        ab_setting_source_deinit(&settings->sources[i]);
    ab_free(settings->interfaces);
    ab_free(settings->accepted);
    ab_free(settings->allowed);
    ab_free(settings);
}

static json_t *source_json(const struct ab_setting_source *source)
{
    json_t *value;

    if (!source->value)
        return json_pack("{s:s}", "from", "default");
    value = json_string(source->value);
    if (!value)
        value = json_string("?"); /* not UTF-8 */
    return json_pack("{s:o, s:s}", "value", value, "from", source->from);
}

json_t *ab_settings_json(const struct ab_settings *settings)
{
    json_t *all = json_object();

    for (unsigned i = 0; all && i < AB_SETTINGS; i++)
        if (json_object_set_new(all, ab_settings_name((enum ab_setting)i), source_json(&settings->sources[i])) < 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

const struct ab_limits *ab_settings_limits(const struct ab_settings *settings)
{
    return &settings->limits;
}

/* Whether `name` matches the pattern of `size` bytes. Patterns are as long as names, or match nothing. */
static bool pattern_matches(const char *pattern, size_t size, const char *name)
{
    char text[64];

    if (size >= sizeof(text))
        return false;
    memcpy(text, pattern, size);
    text[size] = '\0';
    return fnmatch(text, name, 0) == 0;
}

bool ab_settings_interface_allowed(const struct ab_settings *settings, const char *name, bool loopback)
{
    const char *item = settings->interfaces ? settings->interfaces : "";
    bool asked = false; /* a pattern without `!` is there */
    bool matched = false;

    while (*item) {
        size_t size = strcspn(item, ", \t");

        if (size > 0 && item[0] == '!') {
            if (pattern_matches(item + 1, size - 1, name))
                return false;
        } else if (size > 0) {
            asked = true;
            matched = matched || pattern_matches(item, size, name);
        }
        item += size;
        item += strspn(item, ", \t");
    }
    return loopback || matched || !asked;
}

bool ab_settings_accepts(const struct ab_settings *settings, const struct ab_address *source)
{
    if (source->kind != AB_ADDRESS_INET)
        return false;
    for (size_t i = 0; i < settings->accepted_count; i++)
        if (ab_network_has(&settings->accepted[i], source->host))
            return true;
    return false;
}

const struct ab_networks *ab_settings_allowed(const struct ab_settings *settings)
{
    return settings->allowed;
}

uint32_t ab_settings_bind_host(const struct ab_settings *settings)
{
    return settings->bind_host;
}

uint16_t ab_settings_discovery_port(const struct ab_settings *settings)
{
    return settings->discovery_port;
}

bool ab_settings_broadcast(const struct ab_settings *settings)
{
    return !settings->no_broadcast;
}

bool ab_settings_local_sockets(const struct ab_settings *settings)
{
    return !settings->no_local_sockets;
}

unsigned ab_settings_goodbyes(const struct ab_settings *settings)
{
    return settings->goodbyes;
}

unsigned ab_settings_announce_delay_ms(const struct ab_settings *settings)
{
    return settings->announce_delay_ms;
}

unsigned ab_settings_spin_us(const struct ab_settings *settings)
{
    return settings->spin_us;
}

void ab_settings_ports(const struct ab_settings *settings, uint16_t *ret_first, uint16_t *ret_last)
{
    *ret_first = settings->first_port;
    *ret_last = settings->last_port;
}
