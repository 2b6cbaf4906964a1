/*
 * Owns the checks of this host: interfaces, ports, datagrams, and who was heard. What is said and advised is for somebody
 * who runs a home's network, not for a programmer.
 */
#include "checkup.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holders.h"
#include "message.h"
#include "networks.h"
#include "text.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_int_t number_of(const json_t *counters, const char *group, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(counters, group), name));
}

static const json_t *udp_of(const struct tool_checkup *checkup)
{
    return json_object_get(json_object_get(checkup->counters, "ports"), "udp");
}

static int udp_port(const struct tool_checkup *checkup)
{
    return (int)json_integer_value(json_object_get(udp_of(checkup), "port"));
}

static bool udp_is_open(const struct tool_checkup *checkup)
{
    return json_is_true(json_object_get(udp_of(checkup), "open"));
}

const char *tool_checkup_setting(const struct tool_checkup *checkup, const char *name)
{
    return text_of(json_object_get(checkup->settings, name), "value");
}

void tool_checkup_ports_of_tcp(const struct tool_checkup *checkup, int *ret_first, int *ret_last)
{
    *ret_first = 52722;
    *ret_last = 52821;
    if (sscanf(tool_checkup_setting(checkup, "ports"), "%d-%d", ret_first, ret_last) == 1)
        *ret_last = *ret_first;
}

/* By the settings, and not because the port cannot be had. */
static bool udp_is_off(const struct tool_checkup *checkup)
{
    return !udp_is_open(checkup) && strcmp(tool_checkup_setting(checkup, "discovery"), "none") == 0;
}

static json_t *packed(json_t *object)
{
    if (!object)
        tool_out_of_memory();
    return object;
}

/* ---- versions */

void tool_checkup_versions(struct tool_findings *findings)
{
    tool_finding(findings, "versions", TOOL_FINDING_OK,
                 packed(json_pack("{s:s, s:s}", "libautobus2", autobus_version(), "jansson", jansson_version_str())),
                 NULL, "libautobus2 %s, jansson %s", autobus_version(), jansson_version_str());
}

/* ---- settings */

void tool_checkup_settings(struct tool_checkup *checkup)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    const char *name = NULL;
    json_t *source = NULL;
    const char *between = "";
    json_object_foreach(checkup->settings, name, source)
    {
        const char *value = json_string_value(json_object_get(source, "value"));
        if (!value)
            continue;
        fprintf(out, "%s%s=%s (%s)", between, name, value, text_of(source, "from"));
        between = ", ";
    }
    char *text = tool_writer_close(&writer);
    tool_finding(&checkup->findings, "settings", TOOL_FINDING_OK,
                 packed(json_pack("{s:O}", "settings", checkup->settings)), NULL, "settings: %s",
                 *text ? text : "none, all is as it comes");
    free(text);
}

/* ---- interfaces */

/* With the firewall that this machine has. */
static char *firewall_remedy(const struct tool_checkup *checkup)
{
    int udp = udp_port(checkup), first = 0, last = 0;
    tool_checkup_ports_of_tcp(checkup, &first, &last);
    if (access("/usr/sbin/ufw", X_OK) == 0)
        return tool_print("let it in: ufw allow %d/udp && ufw allow %d:%d/tcp", udp, first, last);
    if (access("/usr/bin/firewall-cmd", X_OK) == 0)
        return tool_print("let it in: firewall-cmd --permanent --add-port=%d/udp --add-port=%d-%d/tcp && "
                          "firewall-cmd --reload",
                          udp, first, last);
    return tool_print("let it in: nft add rule inet filter input udp dport %d accept, and the same for tcp dport %d-%d "
                      "(see autobus(7), FIREWALL)",
                      udp, first, last);
}

static json_int_t sent_there(const json_t *interface)
{
    return json_integer_value(json_object_get(interface, "sent"));
}

static bool is_heard_back(const json_t *interface)
{
    return json_integer_value(json_object_get(interface, "heard_back")) > 0;
}

static void check_used(struct tool_checkup *checkup, const json_t *interface, const char *name, json_t *more)
{
    struct tool_findings *findings = &checkup->findings;
    const char *address = text_of(interface, "address");
    const char *error = text_of(interface, "error");
    if (*error) {
        tool_finding(findings, "interface", TOOL_FINDING_FAILURE, more,
                     "look at the machine's routes and firewall (output)", "%s (%s): nothing can be sent there: %s",
                     name, address, error);
    } else if (sent_there(interface) > 0 && udp_is_open(checkup) && !is_heard_back(interface)) {
        char *remedy = firewall_remedy(checkup);
        tool_finding(findings, "interface", TOOL_FINDING_FAILURE, more, remedy,
                     "%s (%s): what this host sends there to port %d/udp does not come back to it: a firewall on this "
                     "machine drops it, and what others send too",
                     name, address, udp_port(checkup));
        free(remedy);
    } else {
        tool_finding(findings, "interface", TOOL_FINDING_OK, more, NULL, "%s (%s) is used%s", name, address,
                     is_heard_back(interface)     ? ", and what is sent there is heard"
                     : sent_there(interface) == 0 ? ", and nothing is sent there: the settings say so"
                                                  : "");
    }
}

static void check_unused(struct tool_checkup *checkup, const json_t *interface, const char *name, json_t *more)
{
    static const struct {
        const char *reason; /* how it begins */
        const char *remedy; /* NULL: it is as it should be */
    } reasons[] = {
        {"down", "if it should be used: ip link set DEV up, or in the machine's network settings"},
        {"not connected", "if it should be used: plug it in, or join a Wi-Fi network"},
        {"no IPv4 address", "if it should be used: it needs an IPv4 address, from DHCP or set by hand"},
        {"cannot broadcast", "a VPN or the like: ask those behind it by address, with AUTOBUS_SEEDS=HOST"},
    };
    const char *reason = text_of(interface, "reason");
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reason, reasons[i].reason) == 0)
            remedy = reasons[i].remedy;
    }
    tool_finding(&checkup->findings, "interface", remedy ? TOOL_FINDING_WARNING : TOOL_FINDING_OK, more, remedy,
                 "%s is not used: %s", name, reason);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0;
}

/* A used one beside loopback. */
static const json_t *some_network(const struct tool_checkup *checkup)
{
    for (size_t i = 0; i < json_array_size(checkup->interfaces); i++) {
        const json_t *interface = json_array_get(checkup->interfaces, i);
        if (json_is_true(json_object_get(interface, "used")) && !is_loopback(text_of(interface, "address")))
            return interface;
    }
    return NULL;
}

static bool some_is_excluded(const struct tool_checkup *checkup)
{
    for (size_t i = 0; i < json_array_size(checkup->interfaces); i++) {
        if (strstr(text_of(json_array_get(checkup->interfaces, i), "reason"), "setting"))
            return true;
    }
    return false;
}

void tool_checkup_interfaces(struct tool_checkup *checkup)
{
    for (size_t i = 0; i < json_array_size(checkup->interfaces); i++) {
        json_t *interface = json_array_get(checkup->interfaces, i);
        json_t *more = packed(json_pack("{s:O}", "interface", interface));
        if (json_is_true(json_object_get(interface, "used")))
            check_used(checkup, interface, text_of(interface, "name"), more);
        else
            check_unused(checkup, interface, text_of(interface, "name"), more);
    }
    char *missing = tool_networks_missing(checkup->bus);
    if (missing)
        tool_finding(&checkup->findings, "network", TOOL_FINDING_FAILURE, NULL,
                     "name what is there in AUTOBUS_INTERFACES, --interfaces or AUTOBUS_BIND, or nothing", "%s",
                     missing);
    bool told = missing;
    free(missing);
    if (told || some_network(checkup))
        return;
    if (some_is_excluded(checkup))
        tool_finding(&checkup->findings, "network", TOOL_FINDING_OK, NULL, NULL,
                     "only this machine is asked: the settings exclude other networks");
    else
        tool_finding(&checkup->findings, "network", TOOL_FINDING_FAILURE, NULL,
                     "connect this machine to a network; until then only its own programs are found",
                     "there is no network that can be used, but this machine's own loopback");
}

/* ---- ports */

static void check_udp(struct tool_checkup *checkup)
{
    int port = udp_port(checkup);
    json_t *holders = tool_holders(false, (uint16_t)port);
    char *names = tool_holders_text(holders);
    size_t count = json_array_size(holders);
    json_t *more =
        packed(json_pack("{s:i, s:b, s:o}", "port", port, "open", (int)udp_is_open(checkup), "holders", holders));
    if (udp_is_open(checkup)) {
        tool_finding(&checkup->findings, "udp_port", TOOL_FINDING_OK, more, NULL, "port %d/udp is open here%s%s", port,
                     count ? ", and shared with " : "", count ? names : "");
    } else if (udp_is_off(checkup)) {
        tool_finding(&checkup->findings, "udp_port", TOOL_FINDING_WARNING, more,
                     "set AUTOBUS_DISCOVERY to broadcast, or unset it, in the environment and in /etc/autobus2.conf",
                     "%s (AUTOBUS_DISCOVERY is none), so nobody is asked or heard", text_of(udp_of(checkup), "reason"));
    } else {
        char *remedy = tool_print("end that program or give it another port; or set AUTOBUS_DISCOVERY_PORT to another "
                                  "port, on every machine");
        tool_finding(&checkup->findings, "udp_port", TOOL_FINDING_FAILURE, more, remedy,
                     "port %d/udp cannot be had (%s), so nobody is heard: it is held by %s", port,
                     text_of(udp_of(checkup), "reason"),
                     count ? names : "a program that this user may not see (try as root)");
        free(remedy);
    }
    free(names);
}

/* A service of this machine was announced with that port. */
static bool is_announced_here(const struct tool_checkup *checkup, int port)
{
    for (size_t i = 0; i < json_array_size(checkup->services); i++) {
        const json_t *routes = json_object_get(json_array_get(checkup->services, i), "routes");
        for (size_t j = 0; j < json_array_size(routes); j++) {
            const json_t *route = json_array_get(routes, j);
            if (json_integer_value(json_object_get(route, "port")) == port && is_loopback(text_of(route, "host")))
                return true;
        }
    }
    return false;
}

static void check_tcp(struct tool_checkup *checkup)
{
    int first = 0, last = 0;
    tool_checkup_ports_of_tcp(checkup, &first, &last);
    json_t *holders = tool_holders(true, (uint16_t)first);
    char *names = tool_holders_text(holders);
    size_t count = json_array_size(holders);
    json_t *more = packed(json_pack("{s:i, s:o}", "port", first, "holders", holders));
    if (count == 0)
        tool_finding(&checkup->findings, "tcp_port", TOOL_FINDING_OK, more, NULL, "port %d/tcp is free", first);
    else if (is_announced_here(checkup, first))
        tool_finding(&checkup->findings, "tcp_port", TOOL_FINDING_OK, more, NULL,
                     "port %d/tcp is held by %s, which announces services there", first, names);
    else if (!udp_is_open(checkup)) /* who announces what is not heard */
        tool_finding(&checkup->findings, "tcp_port", TOOL_FINDING_OK, more, NULL, "port %d/tcp is held by %s", first,
                     names);
    else
        tool_finding(&checkup->findings, "tcp_port", TOOL_FINDING_WARNING, more,
                     "nothing has to be done, unless others name this machine alone in AUTOBUS_SEEDS",
                     "port %d/tcp is held by %s, which announces nothing: programs here use the next ports", first,
                     names);
    free(names);
}

void tool_checkup_ports(struct tool_checkup *checkup)
{
    check_udp(checkup);
    check_tcp(checkup);
}

/* ---- datagrams */

static bool is_of_this_machine(const struct tool_checkup *checkup, const char *host)
{
    if (is_loopback(host))
        return true;
    for (size_t i = 0; i < json_array_size(checkup->interfaces); i++) {
        if (strcmp(text_of(json_array_get(checkup->interfaces, i), "address"), host) == 0)
            return true;
    }
    return false;
}

static const struct drop {
    const char *reason;
    const char *text;
    const char *remedy;
} drops[] = {
    {"foreign", "it is on no network that is used here",
     "if it relays broadcasts for you: AUTOBUS_ACCEPT=%s; else leave it so"},
    {"too_large", "they are too large", "the program there that publishes so large an info should say less"},
    {"malformed", "they are not of this protocol", "another program uses this port there: move it to another"},
    {"unknown", "they have a command that is not known", "it may run a newer version: update this machine"},
    {"lost", "there was no memory", "this machine is short of memory"},
};

static void tell_drops(struct tool_checkup *checkup, json_t *source, const struct drop *drop, json_int_t count)
{
    const char *host = text_of(source, "host");
    char *remedy = NULL;
    if (strstr(drop->remedy, "%s"))
        remedy = is_of_this_machine(checkup, host)
                     ? tool_print("leave it so: it is this machine's own, on a network that the settings exclude")
                     : tool_print("if it relays broadcasts for you: AUTOBUS_ACCEPT=%s; else leave it so", host);
    json_t *more = packed(json_pack("{s:s, s:s, s:I}", "host", host, "reason", drop->reason, "count", count));
    tool_finding(&checkup->findings, "datagrams", TOOL_FINDING_WARNING, more, remedy ? remedy : drop->remedy,
                 "%lld datagram%s from %s dropped: %s", (long long)count, count == 1 ? "" : "s", host, drop->text);
    free(remedy);
}

void tool_checkup_datagrams(struct tool_checkup *checkup)
{
    const json_t *sources = json_object_get(checkup->counters, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        json_t *source = json_array_get(sources, i);
        for (size_t j = 0; j < sizeof drops / sizeof drops[0]; j++) {
            json_int_t count = json_integer_value(json_object_get(source, drops[j].reason));
            if (count > 0)
                tell_drops(checkup, source, &drops[j], count);
        }
    }
    if (json_array_size(sources) == 0)
        tool_finding(&checkup->findings, "datagrams", TOOL_FINDING_OK,
                     packed(json_pack("{s:I}", "taken", number_of(checkup->counters, "datagrams", "taken"))), NULL,
                     "%lld datagrams of others were heard, and none had to be dropped",
                     (long long)number_of(checkup->counters, "datagrams", "taken"));
}

/* ---- buses */

/* As keys: the buses ("HOST:PORT") of other machines, or the ports of those here; and the other machines. */
static void count_buses(const struct tool_checkup *checkup, json_t *own, json_t *others, json_t *hosts)
{
    for (size_t i = 0; i < json_array_size(checkup->services); i++) {
        const json_t *routes = json_object_get(json_array_get(checkup->services, i), "routes");
        for (size_t j = 0; j < json_array_size(routes); j++) {
            const json_t *route = json_array_get(routes, j);
            const char *host = text_of(route, "host");
            bool here = is_of_this_machine(checkup, host);
            char *bus =
                tool_print("%s:%lld", here ? "" : host, (long long)json_integer_value(json_object_get(route, "port")));
            if (json_object_set_new(here ? own : others, bus, json_true()) < 0 ||
                (!here && json_object_set_new(hosts, host, json_true()) < 0))
                tool_out_of_memory();
            free(bus);
        }
    }
}

void tool_checkup_buses(struct tool_checkup *checkup)
{
    json_t *own = packed(json_object());
    json_t *others = packed(json_object());
    json_t *hosts = packed(json_object());
    count_buses(checkup, own, others, hosts);
    size_t own_count = json_object_size(own);
    size_t other_count = json_object_size(others);
    size_t host_count = json_object_size(hosts);
    size_t services = json_array_size(checkup->services);
    json_t *more =
        packed(json_pack("{s:I, s:I, s:I, s:I}", "services", (json_int_t)services, "here", (json_int_t)own_count,
                         "elsewhere", (json_int_t)other_count, "machines", (json_int_t)host_count));
    if (other_count > 0)
        tool_finding(&checkup->findings, "buses", TOOL_FINDING_OK, more, NULL,
                     "heard: %zu program%s of this machine, %zu of %zu other machine%s", own_count,
                     own_count == 1 ? "" : "s", other_count, host_count, host_count == 1 ? "" : "s");
    else if (!some_network(checkup))
        tool_finding(&checkup->findings, "buses", TOOL_FINDING_OK, more, NULL,
                     "heard: %zu program%s of this machine, none of others", own_count, own_count == 1 ? "" : "s");
    else
        tool_finding(&checkup->findings, "buses", TOOL_FINDING_WARNING, more,
                     "if there should be others: their firewalls (52722/udp), client isolation of the access point, a "
                     "guest network, a VPN or a container keep broadcasts away; where that cannot be changed, use "
                     "AUTOBUS_SEEDS=HOST",
                     "nobody was heard%s", own_count > 0 ? " but programs of this machine" : " at all");
    json_decref(hosts);
    json_decref(others);
    json_decref(own);
}

/* ---- counters */

void tool_checkup_counters(struct tool_checkup *checkup)
{
    const char *group = NULL, *name = NULL;
    json_t *counters = NULL, *value = NULL;
    json_object_foreach(checkup->counters, group, counters)
    {
        struct tool_writer writer;
        FILE *out = tool_writer_open(&writer);
        const char *between = "";
        json_object_foreach(counters, name, value)
        {
            if (!json_is_integer(value))
                continue;
            fprintf(out, "%s%s %lld", between, name, (long long)json_integer_value(value));
            between = ", ";
        }
        char *text = tool_writer_close(&writer);
        if (*text)
            tool_finding(&checkup->findings, "counters", TOOL_FINDING_OK,
                         packed(json_pack("{s:s, s:O}", "group", group, "counters", counters)), NULL, "%s: %s", group,
                         text);
        free(text);
    }
}
