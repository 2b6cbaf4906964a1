/*
 * Owns the table of interfaces and the netlink socket that tells of changes. Netlink's messages are not read, only
 * counted as a sign: the table is always the kernel's whole answer, so a lost message does no harm. Knows nothing of
 * what goes over an interface.
 */
#include "net/interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/descriptor.h"
#include "net/internal.h"

/* A burst of changes (a bridge with many ports comes up) is read at once and then this often. */
#define READ_INTERVAL      (100 * AB_MILLISECOND)
#define MOST_ENTRIES       4096

#define LOOPBACK_BROADCAST 0x7fffffffu /* 127.255.255.255 */

/* ---- The table. */

static uint32_t host_of(const struct sockaddr *address)
{
    struct sockaddr_in inet;

    if (!address || address->sa_family != AF_INET)
        return 0;
    memcpy(&inet, address, sizeof(inet));
    return ntohl(inet.sin_addr.s_addr);
}

static uint32_t broadcast_of(const struct ifaddrs *from, const struct ab_interface *entry)
{
    uint32_t told;

    if (entry->loopback) /* the kernel does not tell it */
        return entry->address >> 24 == 127 ? LOOPBACK_BROADCAST : 0;
    if (!(from->ifa_flags & IFF_BROADCAST))
        return 0;
    told = host_of(from->ifa_broadaddr);
    if (told || entry->mask >= 0xfffffffeu)
        return told;
    /* Nobody set one; the kernel has a route for the network's last address all the same. */
    return entry->network | ~entry->mask;
}

static const char *reason_of(const struct ifaddrs *from, const struct ab_interface *entry,
                             const struct ab_settings *settings)
{
    uint32_t bind_host = ab_settings_bind_host(settings);

    if (!entry->allowed)
        return "excluded by the setting interfaces";
    if (!(from->ifa_flags & IFF_UP))
        return "down";
    if (!(from->ifa_flags & IFF_RUNNING))
        return "not connected";
    if (!entry->address)
        return "no IPv4 address";
    if (!entry->broadcast)
        return "cannot broadcast";
    if (bind_host && bind_host != entry->address)
        return "not the address of the setting bind";
    return NULL;
}

/* From the entry that stands for the link; 0: none is there. */
static unsigned index_of(const struct ifaddrs *list, const char *name)
{
    struct sockaddr_ll link;

    for (; list; list = list->ifa_next)
        if (list->ifa_addr && list->ifa_addr->sa_family == AF_PACKET && strcmp(list->ifa_name, name) == 0) {
            memcpy(&link, list->ifa_addr, sizeof(link));
            return (unsigned)link.sll_ifindex;
        }
    return 0;
}

static void fill(struct ab_interface *entry, const struct ifaddrs *from, const struct ifaddrs *list,
                 const struct ab_settings *settings)
{
    size_t size = strcspn(from->ifa_name, ":"); /* an alias (eth0:1) is an address of eth0 */
    uint32_t peer = from->ifa_flags & IFF_POINTOPOINT ? host_of(from->ifa_dstaddr) : 0;

    memset(entry, 0, sizeof(*entry));
    memcpy(entry->name, from->ifa_name, size < IF_NAMESIZE ? size : IF_NAMESIZE - 1);
    entry->index = index_of(list, entry->name);
    entry->loopback = from->ifa_flags & IFF_LOOPBACK;
    entry->up = from->ifa_flags & IFF_UP;
    entry->allowed = ab_settings_interface_allowed(settings, entry->name, entry->loopback);
    entry->address = host_of(from->ifa_addr);
    entry->mask = entry->address ? host_of(from->ifa_netmask) : 0;
    entry->network = (peer ? peer : entry->address) & entry->mask;
    entry->broadcast = entry->address ? broadcast_of(from, entry) : 0;
    entry->reason = reason_of(from, entry, settings);
}

static bool has_address(const struct ifaddrs *list, const char *name)
{
    size_t size = strlen(name);

    for (; list; list = list->ifa_next)
        if (list->ifa_addr && list->ifa_addr->sa_family == AF_INET && strncmp(list->ifa_name, name, size) == 0 &&
            (list->ifa_name[size] == '\0' || list->ifa_name[size] == ':'))
            return true;
    return false;
}

/* The list has each interface once for its link, and once for each address. */
static bool belongs(const struct ifaddrs *list, const struct ifaddrs *entry)
{
    if (!entry->ifa_addr)
        return false;
    if (entry->ifa_addr->sa_family == AF_PACKET)
        return !has_address(list, entry->ifa_name);
    return entry->ifa_addr->sa_family == AF_INET;
}

/* Two addresses in one network of one interface: one datagram is enough. On loopback all addresses are in one. */
static void drop_doubles(struct ab_interface *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i && !table[i].reason; j++)
            if (!table[j].reason && table[i].index == table[j].index && table[i].broadcast == table[j].broadcast)
                table[i].reason = "another address of it serves the same network";
}

int ab_interfaces_make(const struct ifaddrs *list, const struct ab_settings *settings, struct ab_interface **ret_table,
                       size_t *ret_count)
{
    struct ab_interface *table;
    size_t count = 0;

    for (const struct ifaddrs *i = list; i; i = i->ifa_next)
        count += belongs(list, i);
    if (count > MOST_ENTRIES)
        count = MOST_ENTRIES;
    table = ab_calloc(count ? count : 1, sizeof(*table));
    if (!table)
        return AB_ENOMEM;
    count = 0;
    for (const struct ifaddrs *i = list; i && count < MOST_ENTRIES; i = i->ifa_next)
        if (belongs(list, i))
            fill(&table[count++], i, list, settings);
    drop_doubles(table, count);
    *ret_table = table;
    *ret_count = count;
    return 0;
}

static int read_table(const struct ab_net *net, struct ab_interface **ret_table, size_t *ret_count)
{
    struct ifaddrs *list;
    int r;

    if (getifaddrs(&list) < 0) {
        ab_net_log(net, AB_LOG_WARNING, "cannot read the interfaces: %s", strerror(errno));
        return AB_ENETWORK;
    }
    r = ab_interfaces_make(list, net->settings, ret_table, ret_count);
    freeifaddrs(list);
    return r;
}

/* What is left when the kernel does not tell: loopback. */
static int assume_loopback(const struct ab_net *net, struct ab_interface **ret_table, size_t *ret_count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in mask = {.sin_family = AF_INET, .sin_addr = {htonl(0xff000000u)}};
    char name[] = "lo";
    struct ifaddrs loopback = {.ifa_name = name,
                               .ifa_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK,
                               .ifa_addr = (struct sockaddr *)&address,
                               .ifa_netmask = (struct sockaddr *)&mask};

    return ab_interfaces_make(&loopback, net->settings, ret_table, ret_count);
}

/* ---- Changes. */

static bool matters(const struct ab_interface *entry)
{
    return entry->allowed && entry->up && entry->address;
}

static struct ab_interface *find_same(struct ab_interface *table, size_t count, const struct ab_interface *entry)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].index == entry->index && strcmp(table[i].name, entry->name) == 0 &&
            table[i].address == entry->address && table[i].mask == entry->mask && table[i].network == entry->network &&
            table[i].broadcast == entry->broadcast && !table[i].reason == !entry->reason &&
            matters(&table[i]) == matters(entry))
            return &table[i];
    return NULL;
}

/* Logs what is in `table` and not in `other`; true if anything that matters is. */
static bool tell_difference(const struct ab_net *net, const struct ab_interface *table, size_t count,
                            struct ab_interface *other, size_t other_count, const char *what)
{
    bool different = false;

    for (size_t i = 0; i < count; i++) {
        struct ab_address address = ab_address_inet(table[i].address, 0);
        char text[AB_ADDRESS_HOST_TEXT];

        if (!matters(&table[i]) || find_same(other, other_count, &table[i]))
            continue;
        different = true;
        ab_net_log(net, AB_LOG_INFO, "interface %s %s: %s%s%s", table[i].name, ab_address_host_text(&address, text),
                   what, table[i].reason ? ", " : "", table[i].reason ? table[i].reason : "");
    }
    return different;
}

/* Lock held. What went over an interface went over it still after another one changed. */
static void carry_over(struct ab_interface *table, size_t count, struct ab_interface *old, size_t old_count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ab_interface *same = find_same(old, old_count, &table[i]);

        if (!same)
            continue;
        table[i].sent = same->sent;
        table[i].heard_back = same->heard_back;
        table[i].wrong = same->wrong;
    }
}

static void replace(struct ab_net *net, struct ab_interface *table, size_t count)
{
    struct ab_interfaces *interfaces = &net->interfaces;
    struct ab_interface *old = interfaces->table;
    bool different = tell_difference(net, old, interfaces->count, table, count, "gone");

    if (tell_difference(net, table, count, old, interfaces->count, "there"))
        different = true;
    ab_net_lock(net);
    carry_over(table, count, old, interfaces->count);
    interfaces->table = table;
    interfaces->count = count;
    if (different) {
        ab_acceptor_network_changed(&net->acceptor);
        ab_acceptor_network_changed(&net->claim);
        ab_engine_network_changed(net->engine, ab_net_now(net));
    }
    ab_net_turn(net);
    ab_free(old);
}

static void read_again(struct ab_net *net)
{
    struct ab_interface *table;
    size_t count;
    ab_time now = ab_net_now(net);

    if (now < net->interfaces.next) {
        ab_net_start_timer(net, net->interfaces.timer, net->interfaces.next - now);
        return;
    }
    net->interfaces.next = now + READ_INTERVAL;
    if (read_table(net, &table, &count) == 0)
        replace(net, table, count);
    else
        ab_net_start_timer(net, net->interfaces.timer, AB_SECOND);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;

    (void)descriptor;
    (void)what;
    ab_waker_awake(&net->waker);
    read_again(net);
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    struct ab_net *net = argument;
    char scrap[8192];
    ssize_t size;

    (void)what;
    ab_waker_awake(&net->waker);
    for (int i = 0; i < 64; i++) {
        size = recv((int)descriptor, scrap, sizeof(scrap), MSG_DONTWAIT);
        if (size < 0 && errno == ENOBUFS)
            continue; /* some were lost; the table is read anyway */
        if (size <= 0)
            break;
    }
    read_again(net);
}

static int open_netlink(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (descriptor < 0)
        return -1;
    if (bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return ab_descriptor_give_up(descriptor);
    return descriptor;
}

int ab_interfaces_init(struct ab_interfaces *interfaces, struct ab_net *net)
{
    int r;

    /* First the socket, then the table, so that no change falls between them. */
    interfaces->netlink = open_netlink();
    if (interfaces->netlink < 0)
        ab_net_log(net, AB_LOG_WARNING, "changes of interfaces will not be noticed: netlink: %s", strerror(errno));
    r = read_table(net, &interfaces->table, &interfaces->count);
    if (r == AB_ENETWORK)
        r = assume_loopback(net, &interfaces->table, &interfaces->count);
    if (r < 0)
        return r;
    interfaces->timer = evtimer_new(net->base, on_timer, net);
    if (!interfaces->timer)
        return AB_ENOMEM;
    if (interfaces->netlink < 0)
        return 0;
    interfaces->event = event_new(net->base, interfaces->netlink, EV_READ | EV_PERSIST, on_readable, net);
    if (!interfaces->event || event_add(interfaces->event, NULL) < 0)
        return AB_ENOMEM;
    return 0;
}

void ab_interfaces_deinit(struct ab_interfaces *interfaces)
{
    if (interfaces->event)
        event_free(interfaces->event);
    if (interfaces->timer)
        event_free(interfaces->timer);
    if (interfaces->netlink >= 0)
        close(interfaces->netlink);
    ab_free(interfaces->table);
    interfaces->event = interfaces->timer = NULL;
    interfaces->table = NULL;
    interfaces->count = 0;
    interfaces->netlink = -1;
}

/* ---- Questions. */

bool ab_interfaces_own(const struct ab_interfaces *interfaces, uint32_t host)
{
    if (host >> 24 == 127)
        return true;
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct ab_interface *entry = &interfaces->table[i];

        if (matters(entry) && (host == entry->address || (entry->mask && (host & entry->mask) == entry->network)))
            return true;
    }
    return false;
}

bool ab_interfaces_here(const struct ab_interfaces *interfaces, uint32_t host)
{
    if (host >> 24 == 127)
        return true;
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->table[i].address == host)
            return true;
    return false;
}

bool ab_interfaces_near(const struct ab_interfaces *interfaces, uint32_t here, uint32_t peer)
{
    bool reached = false;

    for (size_t i = 0; i < interfaces->count; i++) {
        const struct ab_interface *entry = &interfaces->table[i];

        if (entry->reason || entry->loopback || (peer & entry->mask) != entry->network)
            continue;
        if (entry->address == here)
            return true;
        reached = true;
    }
    return !reached;
}

void ab_interfaces_heard_back(struct ab_interfaces *interfaces, uint32_t host)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (!interfaces->table[i].reason && interfaces->table[i].address == host)
            interfaces->table[i].heard_back++;
}

bool ab_interfaces_excluded(const struct ab_interfaces *interfaces, uint32_t host)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (!interfaces->table[i].allowed && interfaces->table[i].address == host)
            return true;
    return false;
}

bool ab_interfaces_loopback_alone(const struct ab_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (matters(&interfaces->table[i]) && !interfaces->table[i].loopback)
            return false;
    return true;
}

static json_t *entry_json(const struct ab_interface *entry)
{
    struct ab_address address = ab_address_inet(entry->address, 0);
    struct ab_address broadcast = ab_address_inet(entry->broadcast, 0);
    char text[AB_ADDRESS_HOST_TEXT];
    json_t *object = json_object();
    bool failed = json_object_set_new(object, "name", json_string(entry->name)) < 0;

    if (entry->address)
        failed |= json_object_set_new(object, "address", json_string(ab_address_host_text(&address, text))) < 0;
    if (entry->broadcast)
        failed |= json_object_set_new(object, "broadcast", json_string(ab_address_host_text(&broadcast, text))) < 0;
    failed |= json_object_set_new(object, "used", json_boolean(!entry->reason)) < 0;
    if (entry->reason) {
        failed |= json_object_set_new(object, "reason", json_string(entry->reason)) < 0;
    } else {
        failed |= json_object_set_new(object, "sent", json_integer((json_int_t)entry->sent)) < 0;
        failed |= json_object_set_new(object, "heard_back", json_integer((json_int_t)entry->heard_back)) < 0;
    }
    if (entry->wrong)
        failed |= json_object_set_new(object, "error", json_string(strerror(entry->wrong))) < 0;
    if (failed) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *ab_interfaces_json(const struct ab_interfaces *interfaces)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < interfaces->count; i++)
        if (json_array_append_new(array, entry_json(&interfaces->table[i])) < 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}
