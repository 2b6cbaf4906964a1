/*
 * A program on real sockets that is no bus, for tests from the outside.
 *
 *     stranger hold udp|tcp PORT         holds it and shares it with nobody, until it is ended; says "holding"
 *     stranger send HOST PORT TEXT…      sends each text as a datagram
 */

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address_of(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    inet_pton(AF_INET, host, &address.sin_addr);
    return address;
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int hold(const char *kind, const char *port)
{
    int type = strcmp(kind, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
    struct sockaddr_in address = address_of("0.0.0.0", port);
    int descriptor = socket(AF_INET, type, 0);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        return fail("bind");
    if (type == SOCK_STREAM && listen(descriptor, 1) < 0)
        return fail("listen");
    puts("holding");
    fflush(stdout);
    for (;;)
        pause();
}

static int send_all(const char *host, const char *port, char *const *texts)
{
    struct sockaddr_in address = address_of(host, port);
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    for (; *texts; texts++) {
        if (sendto(descriptor, *texts, strlen(*texts), 0, (struct sockaddr *)&address, sizeof address) < 0)
            return fail("sendto");
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2], argv[3]);
    if (argc > 4 && strcmp(argv[1], "send") == 0)
        return send_all(argv[2], argv[3], argv + 4);
    fputs("usage: stranger hold udp|tcp PORT | send HOST PORT TEXT…\n", stderr);
    return 2;
}
