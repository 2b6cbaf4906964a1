/* The table of interfaces, made from lists of addresses: net/interfaces.c. */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/memory.h"
#include "failing.h"
#include "harness.h"
#include "net/interfaces.h"
#include "net/settings.h"

#define UP       (IFF_UP | IFF_RUNNING)
#define ETHERNET (UP | IFF_BROADCAST)
#define MOST     16

/* A list of addresses as the kernel tells them. */
struct list {
    struct ifaddrs entries[MOST];
    struct sockaddr_in addresses[MOST][3];
    struct sockaddr_ll links[MOST];
    size_t count;
};

static struct ifaddrs *next(struct list *list, const char *name, unsigned flags)
{
    struct ifaddrs *entry = &list->entries[list->count];

    ck_assert_uint_lt(list->count, MOST);
    if (list->count > 0)
        list->entries[list->count - 1].ifa_next = entry;
    list->count++;
    entry->ifa_name = (char *)(uintptr_t)name;
    entry->ifa_flags = flags;
    return entry;
}

static void add_link(struct list *list, const char *name, int index, unsigned flags)
{
    struct sockaddr_ll *link = &list->links[list->count];

    *link = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = index};
    next(list, name, flags)->ifa_addr = (struct sockaddr *)link;
}

static struct sockaddr *inet(struct sockaddr_in *address, const char *text)
{
    if (!text)
        return NULL;
    address->sin_family = AF_INET;
    ck_assert_int_eq(inet_pton(AF_INET, text, &address->sin_addr), 1);
    return (struct sockaddr *)address;
}

/* `other`: the broadcast address, or the peer's. */
static void add_address(struct list *list, const char *name, unsigned flags, const char *address, const char *mask,
                        const char *other)
{
    struct sockaddr_in *room = list->addresses[list->count];
    struct ifaddrs *entry = next(list, name, flags);

    entry->ifa_addr = inet(&room[0], address);
    entry->ifa_netmask = inet(&room[1], mask);
    entry->ifa_broadaddr = inet(&room[2], other);
}

static void add_loopback(struct list *list)
{
    add_link(list, "lo", 1, UP | IFF_LOOPBACK);
    add_address(list, "lo", UP | IFF_LOOPBACK, "127.0.0.1", "255.0.0.0", NULL);
}

static struct ab_interfaces make(const struct list *list, const char *name, const char *value)
{
    struct ab_interfaces interfaces = {.netlink = -1};
    struct ab_settings *settings;
    char *problem = NULL;

    ck_assert_int_eq(ab_settings_new(&settings), 0);
    if (name)
        ck_assert_int_eq(ab_settings_set(settings, name, value, &problem), 0);
    ck_assert_int_eq(ab_interfaces_make(list->entries, settings, &interfaces.table, &interfaces.count), 0);
    ab_settings_free(settings);
    return interfaces;
}

/* All of the table as text. */
static void expect(struct ab_interfaces *interfaces, const char *expected)
{
    char text[2048] = "";
    size_t size = 0;

    for (size_t i = 0; i < interfaces->count; i++) {
        const struct ab_interface *entry = &interfaces->table[i];
        struct ab_address address = ab_address_inet(entry->address, 0);
        struct ab_address broadcast = ab_address_inet(entry->broadcast, 0);
        char one[AB_ADDRESS_HOST_TEXT];
        char other[AB_ADDRESS_HOST_TEXT];

        size += (size_t)snprintf(text + size, sizeof(text) - size, "%u %s %s %s: %s\n", entry->index, entry->name,
                                 ab_address_host_text(&address, one), ab_address_host_text(&broadcast, other),
                                 entry->reason ? entry->reason : "used");
        ck_assert_uint_lt(size, sizeof(text));
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(what_is_usable_is_used)
{
    struct list list = {.count = 0};
    struct ab_interfaces interfaces;

    add_loopback(&list);
    add_link(&list, "eth0", 2, ETHERNET);
    add_link(&list, "eth1", 3, ETHERNET);
    add_link(&list, "eth2", 4, IFF_UP | IFF_BROADCAST);
    add_link(&list, "tun0", 5, UP | IFF_POINTOPOINT);
    add_address(&list, "eth0", ETHERNET, "10.0.0.7", "255.255.255.0", "10.0.0.255");
    add_address(&list, "eth0:1", ETHERNET, "10.0.0.8", "255.255.255.0", "10.0.0.255");
    add_address(&list, "eth0", ETHERNET, "10.1.0.7", "255.255.0.0", NULL);
    add_address(&list, "eth2", IFF_UP | IFF_BROADCAST, "10.2.0.7", "255.255.255.0", "10.2.0.255");
    next(&list, "tun1", UP | IFF_POINTOPOINT); /* of no kind */
    add_address(&list, "tun0", UP | IFF_POINTOPOINT, "10.3.0.1", "255.255.255.255", "10.3.0.2");
    add_address(&list, "eth1", IFF_BROADCAST, "10.4.0.1", "255.255.255.254", NULL);
    interfaces = make(&list, NULL, NULL);
    expect(&interfaces, "1 lo 127.0.0.1 127.255.255.255: used\n"
                        "2 eth0 10.0.0.7 10.0.0.255: used\n"
                        "2 eth0 10.0.0.8 10.0.0.255: another address of it serves the same network\n"
                        "2 eth0 10.1.0.7 10.1.255.255: used\n"
                        "4 eth2 10.2.0.7 10.2.0.255: not connected\n"
                        "5 tun0 10.3.0.1 0.0.0.0: cannot broadcast\n"
                        "3 eth1 10.4.0.1 0.0.0.0: down\n");
    ck_assert(ab_interfaces_own(&interfaces, 0x7f010203));
    ck_assert(ab_interfaces_own(&interfaces, 0x0a0000fe));
    ck_assert(ab_interfaces_own(&interfaces, 0x0a01ffff));
    ck_assert(ab_interfaces_own(&interfaces, 0x0a030001)); /* our end of the tunnel */
    ck_assert(ab_interfaces_own(&interfaces, 0x0a030002)); /* and the other */
    ck_assert(!ab_interfaces_own(&interfaces, 0x0a030003));
    ck_assert(!ab_interfaces_own(&interfaces, 0x0a040001)); /* down */
    ck_assert(!ab_interfaces_own(&interfaces, 0x0a050001));
    ck_assert(ab_interfaces_near(&interfaces, 0x0a000007, 0x0a0000fe));
    ck_assert(!ab_interfaces_near(&interfaces, 0x0a000008, 0x0a0000fe)); /* no datagram comes from there */
    ck_assert(!ab_interfaces_near(&interfaces, 0x0a010007, 0x0a0000fe));
    ck_assert(ab_interfaces_near(&interfaces, 0x0a010007, 0x0a01ffff));
    ck_assert(ab_interfaces_near(&interfaces, 0x0a000007, 0x0a030002)); /* at the other end of the tunnel */
    ck_assert(ab_interfaces_near(&interfaces, 0x0a010007, 0xc0a80001)); /* behind a router */
    ck_assert(!ab_interfaces_loopback_alone(&interfaces));
    ab_interfaces_deinit(&interfaces);
}
END_TEST

START_TEST(so_many_and_no_more)
{
    static struct sockaddr_in address = {.sin_family = AF_INET};
    struct ifaddrs *entries = calloc(5000, sizeof(*entries));
    struct ab_interfaces interfaces = {.netlink = -1};
    struct ab_settings *settings;

    for (int i = 0; i < 5000; i++)
        entries[i] = (struct ifaddrs){.ifa_next = i < 4999 ? &entries[i + 1] : NULL,
                                      .ifa_name = (char *)(uintptr_t) "eth0",
                                      .ifa_addr = (struct sockaddr *)&address};
    ck_assert_int_eq(ab_settings_new(&settings), 0);
    ck_assert_int_eq(ab_interfaces_make(entries, settings, &interfaces.table, &interfaces.count), 0);
    ck_assert_uint_eq(interfaces.count, 4096);
    ab_interfaces_deinit(&interfaces);
    ab_settings_free(settings);
    free(entries);
}
END_TEST

START_TEST(settings_exclude)
{
    struct list list = {.count = 0};
    struct ab_interfaces interfaces;

    add_loopback(&list);
    add_link(&list, "eth0", 2, ETHERNET);
    add_link(&list, "wlan0", 3, ETHERNET);
    add_address(&list, "eth0", ETHERNET, "10.0.0.7", "255.255.255.0", "10.0.0.255");
    interfaces = make(&list, "interfaces", "lo");
    expect(&interfaces, "1 lo 127.0.0.1 127.255.255.255: used\n"
                        "3 wlan0 0.0.0.0 0.0.0.0: excluded by the setting interfaces\n"
                        "2 eth0 10.0.0.7 10.0.0.255: excluded by the setting interfaces\n");
    ck_assert(ab_interfaces_loopback_alone(&interfaces));
    ck_assert(!ab_interfaces_own(&interfaces, 0x0a000007));
    ck_assert(ab_interfaces_excluded(&interfaces, 0x0a000007));
    ck_assert(!ab_interfaces_excluded(&interfaces, INADDR_LOOPBACK));
    ab_interfaces_deinit(&interfaces);

    interfaces = make(&list, "bind", "10.0.0.7");
    ck_assert_ptr_nonnull(interfaces.table[0].reason); /* lo */
    ck_assert_ptr_null(interfaces.table[2].reason);
    ab_interfaces_deinit(&interfaces);
}
END_TEST

START_TEST(the_table_as_json)
{
    struct list list = {.count = 0};
    struct ab_interfaces interfaces;
    json_t *json;
    char *text;

    add_loopback(&list);
    add_link(&list, "eth0", 2, ETHERNET);
    interfaces = make(&list, NULL, NULL);
    json = ab_interfaces_json(&interfaces);
    text = json_dumps(json, JSON_COMPACT);
    ck_assert_str_eq(text, "[{\"name\":\"lo\",\"address\":\"127.0.0.1\",\"broadcast\":"
                           "\"127.255.255.255\",\"used\":true,\"sent\":0,\"heard_back\":0},"
                           "{\"name\":\"eth0\",\"used\":false,\"reason\":\"no IPv4 address\"}]");
    free(text);
    json_decref(json);
    ab_interfaces_deinit(&interfaces);
}
END_TEST

static bool make_json(void *context)
{
    struct ab_interfaces interfaces = {.netlink = -1};
    struct list list = {.count = 0};
    struct ab_settings *settings;
    json_t *json;
    int r;

    (void)context;
    add_loopback(&list);
    if (ab_settings_new(&settings) < 0)
        return false;
    r = ab_interfaces_make(list.entries, settings, &interfaces.table, &interfaces.count);
    ab_settings_free(settings);
    if (r < 0)
        return false;
    json = ab_interfaces_json(&interfaces);
    ab_interfaces_deinit(&interfaces);
    json_decref(json);
    return json != NULL;
}

START_TEST(each_allocation_may_fail)
{
    ck_assert_uint_gt(ab_failing_each(make_json, NULL), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interfaces");
    TCase *table = tcase_create("table");

    tcase_add_test(table, what_is_usable_is_used);
    tcase_add_test(table, so_many_and_no_more);
    tcase_add_test(table, settings_exclude);
    tcase_add_test(table, the_table_as_json);
    tcase_add_test(table, each_allocation_may_fail);
    suite_add_tcase(suite, table);
    return ab_test_run(suite);
}
