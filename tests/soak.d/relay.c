/*
 * A bad wire: joins two interfaces, frame by frame, and harms what passes as it is told. It stands between two switches
 * of a test, in a network namespace that leads nowhere, where the kernel has no netem.
 *
 *     relay INTERFACE INTERFACE SEED
 *         standard input: loss PERCENT | duplicate PERCENT | delay MS (each frame 0 to MS, so that they overtake each
 *         other) | stall (no TCP passes) | reset PERCENT (of TCP segments become a reset) | cut (nothing passes) | clear
 *         Output: at the end, or when that is closed, "NUMBER frames passed" and what else came of them, a line each
 *
 * Frames of ARP are not harmed unless all is cut. The kernel leaves checksums and the cutting of long segments to the
 * device: each frame is read and sent with the header (PACKET_VNET_HDR) that says what is left to do.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

#define LONGEST   (65536 + 256)
#define MOST_HELD 2048

/* A frame with its header in front. */
struct frame {
    struct frame *next;
    long due; /* ms */
    int to;   /* a socket */
    size_t size;
    unsigned char data[];
};

static int sockets[2];
static struct frame *held; /* by due time */
static unsigned held_count;
static uint64_t state;
static volatile sig_atomic_t ended;

static struct {
    unsigned loss, duplicate, delay, reset;
    bool stall, cut;
} harm;

static struct {
    unsigned long passed, lost, duplicated, delayed, reset;
} counts;

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % below);
}

static int open_interface(const char *name)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int yes = 1;
    int opened = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

    at.sll_ifindex = (int)if_nametoindex(name);
    if (opened < 0 || at.sll_ifindex == 0 || setsockopt(opened, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes) < 0 ||
        setsockopt(opened, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0 ||
        bind(opened, (struct sockaddr *)&at, sizeof at) < 0)
        die(name);
    return opened;
}

/* ---- A segment becomes a reset: its payload goes, and its sums are made anew. */

static uint32_t sum_of(const unsigned char *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static struct iphdr *ip_of(struct frame *frame)
{
    unsigned char *ethernet = frame->data + sizeof(struct virtio_net_hdr);
    struct iphdr *ip = (struct iphdr *)(void *)(ethernet + ETH_HLEN);
    size_t left = frame->size - sizeof(struct virtio_net_hdr);

    if (left < ETH_HLEN + sizeof *ip || ethernet[12] != ETH_P_IP >> 8 || ethernet[13] != (ETH_P_IP & 0xff))
        return NULL;
    return left < ETH_HLEN + ip->ihl * 4u + (ip->protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : 0) ? NULL : ip;
}

static void make_reset(struct frame *frame, struct iphdr *ip)
{
    size_t head = ip->ihl * 4u;
    struct tcphdr *tcp = (struct tcphdr *)(void *)((unsigned char *)ip + head);

    tcp->rst = 1;
    tcp->fin = tcp->syn = tcp->psh = 0;
    tcp->doff = sizeof *tcp / 4;
    ip->tot_len = htons((uint16_t)(head + sizeof *tcp));
    ip->check = 0;
    ip->check = checksum(sum_of((unsigned char *)ip, head));
    tcp->check = 0;
    tcp->check = checksum(sum_of((unsigned char *)&ip->saddr, 8) + IPPROTO_TCP + sizeof *tcp +
                          sum_of((unsigned char *)tcp, sizeof *tcp));
    memset(frame->data, 0, sizeof(struct virtio_net_hdr)); /* nothing is left to the device */
    frame->size = sizeof(struct virtio_net_hdr) + ETH_HLEN + head + sizeof *tcp;
    counts.reset++;
}

/* ---- Frames */

/* Takes it. A device that is down or full drops it, as a wire would. */
static void pass(struct frame *frame)
{
    if (send(frame->to, frame->data, frame->size, 0) >= 0)
        counts.passed++;
    free(frame);
}

static void hold(struct frame *frame, unsigned delay)
{
    struct frame **place = &held;

    if (delay == 0 || held_count == MOST_HELD) {
        pass(frame);
        return;
    }
    frame->due = now_ms() + (long)delay;
    while (*place && (*place)->due <= frame->due)
        place = &(*place)->next;
    frame->next = *place;
    *place = frame;
    held_count++;
    counts.delayed++;
}

static void pass_due(void)
{
    while (held && held->due <= now_ms()) {
        struct frame *frame = held;
        held = frame->next;
        held_count--;
        pass(frame);
    }
}

static struct frame *copy_of(const unsigned char *data, size_t size, int to)
{
    struct frame *frame = malloc(sizeof *frame + size);
    if (!frame)
        die("malloc");
    *frame = (struct frame){.to = to, .size = size};
    memcpy(frame->data, data, size);
    return frame;
}

static unsigned delay_of_next(void)
{
    return harm.delay ? draw(harm.delay + 1) : 0;
}

static void take(const unsigned char *data, size_t size, int to)
{
    struct frame *frame = copy_of(data, size, to);
    struct iphdr *ip = ip_of(frame);
    bool tcp = ip && ip->protocol == IPPROTO_TCP;

    if (harm.cut || (tcp && harm.stall) || (ip && draw(100) < harm.loss)) {
        counts.lost++;
        free(frame);
        return;
    }
    if (tcp && draw(100) < harm.reset)
        make_reset(frame, ip);
    if (ip && draw(100) < harm.duplicate) {
        counts.duplicated++;
        hold(copy_of(frame->data, frame->size, to), delay_of_next());
    }
    hold(frame, ip ? delay_of_next() : 0);
}

static void read_interface(int from)
{
    static unsigned char data[LONGEST];

    for (unsigned i = 0; i < 64; i++) {
        ssize_t size = recv(sockets[from], data, sizeof data, 0);
        if (size <= (ssize_t)sizeof(struct virtio_net_hdr))
            return;
        take(data, (size_t)size, sockets[!from]);
    }
}

/* ---- What it is told */

static void obey(const char *line)
{
    unsigned number = 0;
    char verb[16] = "";

    sscanf(line, "%15s %u", verb, &number);
    if (strcmp(verb, "loss") == 0)
        harm.loss = number;
    else if (strcmp(verb, "duplicate") == 0)
        harm.duplicate = number;
    else if (strcmp(verb, "delay") == 0)
        harm.delay = number;
    else if (strcmp(verb, "reset") == 0)
        harm.reset = number;
    else if (strcmp(verb, "stall") == 0)
        harm.stall = true;
    else if (strcmp(verb, "cut") == 0)
        harm.cut = true;
    else if (strcmp(verb, "clear") == 0)
        memset(&harm, 0, sizeof harm);
    else
        fprintf(stderr, "relay: no such harm: %s\n", verb);
}

static void read_commands(void)
{
    static char data[4096];
    static size_t used;
    ssize_t size = read(STDIN_FILENO, data + used, sizeof data - 1 - used);
    char *line = data, *end;

    if (size <= 0) {
        ended = 1;
        return;
    }
    used += (size_t)size;
    data[used] = 0;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    used -= (size_t)(line - data);
    memmove(data, line, used);
}

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static void live(void)
{
    struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = sockets[0], .events = POLLIN},
                             {.fd = sockets[1], .events = POLLIN}};

    while (!ended) {
        long left = held ? held->due - now_ms() : 1000;
        if (poll(polls, 3, left < 0 ? 0 : (int)left) > 0) {
            if (polls[0].revents)
                read_commands();
            for (int i = 0; i < 2; i++)
                if (polls[1 + i].revents)
                    read_interface(i);
        }
        pass_due();
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (argc != 4) {
        fputs("usage: relay INTERFACE INTERFACE SEED\n", stderr);
        return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    state = strtoull(argv[3], NULL, 10);
    for (int i = 0; i < 2; i++)
        sockets[i] = open_interface(argv[1 + i]);
    live();
    printf("%lu frames passed\n%lu frames lost\n%lu frames duplicated\n%lu frames delayed\n%lu segments reset\n",
           counts.passed, counts.lost, counts.duplicated, counts.delayed, counts.reset);
    return 0;
}
