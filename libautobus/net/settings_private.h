/* What settings.c, settings_values.c and settings_file.c share: the object, and setting one value by its number. */
#ifndef AB_NET_SETTINGS_PRIVATE_H
#define AB_NET_SETTINGS_PRIVATE_H

#include "base/network.h"
#include "net/settings.h"

/* What they are when nobody sets them. */
#define AB_DISCOVERY_PORT 52722
#define AB_FIRST_PORT     52722
#define AB_LAST_PORT      52821
#define AB_GOODBYES       3
#define AB_SPIN_US        50

enum ab_setting {
    AB_SETTING_INTERFACES,
    AB_SETTING_BIND,
    AB_SETTING_PORTS,
    AB_SETTING_DISCOVERY_PORT,
    AB_SETTING_ACCEPT,
    AB_SETTING_DISCOVERY,
    AB_SETTING_GOODBYES,
    AB_SETTING_ANNOUNCE_DELAY,
    AB_SETTING_SEEDS, /* kept as its text */
    AB_SETTING_ALLOW,
    AB_SETTING_LOCAL_SOCKETS,
    AB_SETTING_SPIN,
    AB_SETTINGS, /* how many there are */
};

/* What somebody has set, for who asks. */
struct ab_setting_source {
    char *value; /* as it was written; NULL: nobody has set it */
    char *from;
};

int ab_setting_source_init(struct ab_setting_source *source, const char *value, const char *from); /* AB_ENOMEM */
void ab_setting_source_deinit(struct ab_setting_source *source);

struct ab_settings {
    struct ab_limits limits;
    unsigned present; /* a bit for each enum ab_setting that somebody has set */
    struct ab_setting_source sources[AB_SETTINGS];
    char *interfaces;   /* patterns that commas separate; NULL: all */
    uint32_t bind_host; /* 0: any */
    uint16_t first_port, last_port;
    uint16_t discovery_port;
    struct ab_network *accepted;
    size_t accepted_count;
    struct ab_networks *allowed; /* NULL: everybody */
    bool no_broadcast;
    bool no_local_sockets;
    unsigned goodbyes;
    unsigned announce_delay_ms;
    unsigned spin_us;
};

const char *ab_settings_name(enum ab_setting setting);
/* `from` says where the value is from, as autobus_bus_settings tells it. 0, AB_ENOMEM, or AB_EINVAL with what is wrong. */
int ab_settings_put(struct ab_settings *settings, enum ab_setting setting, const char *value, const char *from,
                    char **ret_problem);
/* A text in memory of its own; NULL: none to be had. */
char *ab_settings_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
