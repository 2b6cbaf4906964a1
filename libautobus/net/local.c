/*
 * Owns the name of the local socket and what is known of others'. What is known may be out of date: whoever uses it goes
 * on to TCP when it is.
 */
#include "net/local.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/descriptor.h"

void ab_local_heard(struct ab_local *local, const struct ab_address *from, const struct ab_packet *packet)
{
    uint64_t bit = UINT64_C(1) << packet->port % 64;

    if (packet->command != AB_PACKET_ADD || !ab_address_is_loopback(from))
        return;
    if (packet->local)
        local->known[packet->port / 64] |= bit;
    else
        local->known[packet->port / 64] &= ~bit;
}

bool ab_local_knows(const struct ab_local *local, const struct ab_address *to)
{
    return ab_address_is_loopback(to) && to->port < 65536 && (local->known[to->port / 64] >> to->port % 64 & 1) != 0;
}

/* autobus-protocol(7) has the name; a zero byte before it makes it abstract. */
static socklen_t name_of(uint16_t port, struct sockaddr_un *ret_name)
{
    *ret_name = (struct sockaddr_un){.sun_family = AF_UNIX};
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) +
           (socklen_t)snprintf(ret_name->sun_path + 1, sizeof(ret_name->sun_path) - 1, "autobus2-%u", port);
}

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int ab_local_listen(uint16_t port, int backlog)
{
    struct sockaddr_un name;
    socklen_t size = name_of(port, &name);
    int descriptor = open_socket();

    if (descriptor < 0)
        return -1;
    if (bind(descriptor, (const struct sockaddr *)&name, size) < 0 || listen(descriptor, backlog) < 0)
        return ab_descriptor_give_up(descriptor);
    return descriptor;
}

int ab_local_connect(uint16_t port)
{
    struct sockaddr_un name;
    socklen_t size = name_of(port, &name);
    int descriptor = open_socket();

    if (descriptor < 0)
        return -1;
    return connect(descriptor, (const struct sockaddr *)&name, size) < 0 ? ab_descriptor_give_up(descriptor)
                                                                         : descriptor;
}
