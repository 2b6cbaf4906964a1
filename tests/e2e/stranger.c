/*
 * A program on real sockets that is no bus, for tests from the outside.
 *
 *     stranger hold udp|tcp PORT         holds it and shares it with nobody, until it is ended; says "holding"
 *     stranger send HOST PORT TEXT…      sends each text as a datagram
 *     stranger repeat MS HOST PORT TEXT… the same, again and again
 *     stranger drop PORT                 accepts connections and closes them; says a line for each
 *     stranger crowd HOST PORT COUNT     connects so many times, and says and reads nothing
 */

#include <arpa/inet.h>
#include <poll.h>
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
    close(descriptor);
    return 0;
}

static int repeat(const char *milliseconds, const char *host, const char *port, char *const *texts)
{
    for (;;) {
        if (send_all(host, port, texts) != 0)
            return 1;
        poll(NULL, 0, (int)strtol(milliseconds, NULL, 10));
    }
}

static int drop(const char *port)
{
    struct sockaddr_in address = address_of("0.0.0.0", port);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 || listen(descriptor, 64) < 0)
        return fail("listen");
    for (;;) {
        int peer = accept(descriptor, NULL, NULL);
        if (peer < 0)
            return fail("accept");
        close(peer);
        puts("dropped");
        fflush(stdout);
    }
}

static int crowd(const char *host, const char *port, const char *count)
{
    struct sockaddr_in address = address_of(host, port);
    for (long i = strtol(count, NULL, 10); i > 0; i--) {
        int descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
            return fail("connect");
    }
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2], argv[3]);
    if (argc > 4 && strcmp(argv[1], "send") == 0)
        return send_all(argv[2], argv[3], argv + 4);
    if (argc > 5 && strcmp(argv[1], "repeat") == 0)
        return repeat(argv[2], argv[3], argv[4], argv + 5);
    if (argc == 3 && strcmp(argv[1], "drop") == 0)
        return drop(argv[2]);
    if (argc == 5 && strcmp(argv[1], "crowd") == 0)
        return crowd(argv[2], argv[3], argv[4]);
    fputs("usage: stranger hold udp|tcp PORT | send HOST PORT TEXT… | repeat MS HOST PORT TEXT… | drop PORT |\n"
          "       crowd HOST PORT COUNT\n",
          stderr);
    return 2;
}
