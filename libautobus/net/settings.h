/*
 * How a bus meets the network: which interfaces, addresses and ports. Read from options, the environment
 * (AUTOBUS_INTERFACES, …) and /etc/autobus2.conf (KEY=VALUE lines, usable as an EnvironmentFile); the first that has
 * a name wins, in that order. Names and meanings: autobus(7). An empty value is the default.
 */
#ifndef AB_NET_SETTINGS_H
#define AB_NET_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/network.h"
#include "wire/limits.h"

struct ab_settings;

int ab_settings_new(struct ab_settings **ret_settings);
struct ab_settings *ab_settings_copy(const struct ab_settings *settings); /* NULL: no memory */
void ab_settings_free(struct ab_settings *settings);                      /* takes NULL */

/* One setting or limit by its lower-case name without prefix. AB_ENOENT: no such name; AB_EINVAL: *ret_problem (ab_free)
 * says what is wrong with the value (NULL if there was no memory to say it). */
int ab_settings_set(struct ab_settings *settings, const char *name, const char *value, char **ret_problem);
/* Adds what the environment (secure_getenv) and the file say where it was not set yet. A missing file is none.
 * AB_EINVAL: *ret_problem names the variable, or the file and the line. */
int ab_settings_load(struct ab_settings *settings, const char *file, char **ret_problem);

/* As autobus_bus_settings describes it; NULL: no memory. */
json_t *ab_settings_json(const struct ab_settings *settings);
const struct ab_limits *ab_settings_limits(const struct ab_settings *settings);
/* Whether discovery may use an interface. Loopback is used unless a pattern after `!` names it. */
bool ab_settings_interface_allowed(const struct ab_settings *settings, const char *name, bool loopback);
/* A source beyond our own networks whose datagrams count all the same. */
bool ab_settings_accepts(const struct ab_settings *settings, const struct ab_address *source);
/* Who may use services that say nothing else; NULL: everybody. */
const struct ab_networks *ab_settings_allowed(const struct ab_settings *settings);
uint32_t ab_settings_bind_host(const struct ab_settings *settings); /* 0: any */
uint16_t ab_settings_discovery_port(const struct ab_settings *settings);
bool ab_settings_broadcast(const struct ab_settings *settings);     /* whether the broadcast pair starts with the bus */
bool ab_settings_local_sockets(const struct ab_settings *settings); /* whether they are offered, and used */
unsigned ab_settings_goodbyes(const struct ab_settings *settings);
unsigned ab_settings_announce_delay_ms(const struct ab_settings *settings);
unsigned ab_settings_spin_us(const struct ab_settings *settings); /* 0: never */
/* The hosts to ask over TCP, in their order; without a port, at the first of the range. False: there are no more. */
#define AB_SEED_HOST_SIZE 256
bool ab_settings_seed(const struct ab_settings *settings, size_t index, char ret_host[AB_SEED_HOST_SIZE],
                      uint16_t *ret_port);
void ab_settings_ports(const struct ab_settings *settings, uint16_t *ret_first, uint16_t *ret_last);

#endif
