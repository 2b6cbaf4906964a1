/*
 * Owns a process that announces services which are not there, as fast as a bus can hear them, for who listens. Must not
 * know the library.
 */
#include "bench/announcer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define BURST 20 /* datagrams; so many never overflow the buffer of a socket */
#define PAUSE 1000

#define ADD \
    "{\"command\":\"add\",\"port\":%d,\"service\":\"bench-%d\",\"info\":{\"type\":\"bench\",\"name\":\"number %d\"}}"
#define REMOVE "{\"command\":\"remove\",\"port\":%d,\"service\":\"bench-%d\"}"

static int sender;

static void say(bool add, int number)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(BENCH_DISCOVERY_PORT),
                             .sin_addr = {htonl(INADDR_LOOPBACK | 0xffffff)}};
    char text[256];
    int port = 1024 + number;
    int size = add ? snprintf(text, sizeof(text), ADD, port, number, number)
                   : snprintf(text, sizeof(text), REMOVE, port, number);

    if (sendto(sender, text, (size_t)size, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
        bench_fail("a datagram cannot be sent");
}

static void say_all(bool add)
{
    for (int i = 0; i < settings.services; i++) {
        say(add, i);
        if (i % BURST == BURST - 1)
            usleep(PAUSE);
    }
}

/* As often as buses do: each service every 10 to 15 s. */
static void go_on(void)
{
    long long end = bench_now() + settings.seconds * 1000000000LL;

    for (int i = 0; bench_now() < end; i++) {
        say(true, i % settings.services);
        usleep((useconds_t)(12500000 / settings.services));
    }
}

static void tell(void)
{
    uint64_t one = 1;

    if (write(shared->wake, &one, sizeof(one)) < 0)
        bench_fail("the listener cannot be woken");
}

void bench_announce(void)
{
    int on = 1;

    sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0 || setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0)
        bench_fail("no socket");
    for (int word = 0; word < BENCH_WORDS; word++) {
        bench_wait_ready(word + 1);
        switch (word) {
        case BENCH_ADD:
        case BENCH_AGAIN: say_all(true); break;
        case BENCH_REMOVE: say_all(false); break;
        default: go_on(); break;
        }
        usleep(100000); /* what was said last is heard */
        tell();
    }
}
