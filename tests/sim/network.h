/*
 * A simulated network: machines with interfaces, processes on them, datagrams and TCP.
 *
 * Everything a process hears comes through its table, never from inside a function that it called. What the kernel of a
 * machine would do when a process ends happens here: FIN or RST to its peers. What a machine does that loses power
 * happens too: nothing.
 */
#ifndef AB_TESTS_SIM_NETWORK_H
#define AB_TESTS_SIM_NETWORK_H

#include "base/address.h"
#include "base/error.h"
#include "base/list.h"
#include "base/random.h"
#include "core/host.h"
#include "sim/clock.h"
#include "sim/transcript.h"

#define SIM_DISCOVERY_PORT 52722
#define SIM_INTERFACES     4
#define SIM_LOOPBACK       0x7f000001u

struct sim_process;

struct sim_interface {
    unsigned segment; /* who is on the same one hears its broadcasts */
    uint32_t address; /* 10.0.segment.host */
    bool up;
};

struct sim_network {
    struct sim_clock clock;
    struct ab_random random;
    struct sim_transcript transcript;
    struct ab_list hosts;
    struct ab_list sockets;
    unsigned host_count;
    unsigned connections;
    uint64_t broadcasts; /* sent by interfaces so far, and their bytes */
    uint64_t broadcast_bytes;
    /* For a simulation too large to let all hear everything: what it is false for reaches only the machines that were
     * made first, so many. NULL: all hear all. */
    bool (*is_wide)(const struct sim_process *from, const char *data, size_t size);
    unsigned listeners;

    /* What the network does to what passes; may be changed at any time. */
    ab_time latency;          /* between machines, one way: 1 ms */
    ab_time loopback_latency; /* 50 µs */
    ab_time jitter;           /* more by up to this for each datagram, which reorders them: 0 */
    unsigned loss;            /* of datagrams between machines, in thousands: 0 */
    unsigned duplication;     /* the same: 0 */
    size_t send_buffer;       /* of a socket: 64 KiB */
    size_t receive_buffer;
    bool single_bytes; /* streams are read byte by byte */
    bool routed;       /* streams reach other segments too, as behind a router */
};

struct sim_host {
    struct ab_list node;
    struct sim_network *network;
    struct ab_list processes;
    char *name;
    unsigned number;
    struct sim_interface interfaces[SIM_INTERFACES];
    unsigned interface_count;
    uint64_t cut_off; /* from hosts, by number */
    bool running;
    bool asleep;
    ab_time asleep_since;
    ab_time slept; /* in all: its processes' clocks are behind by this */
    uint16_t next_port;
};

struct sim_socket;

struct sim_process_table {
    void (*datagram)(struct sim_process *process, const struct ab_address *from, const char *data, size_t size);
    void (*accepted)(struct sim_process *process, struct sim_socket *socket);
    void (*connected)(struct sim_process *process, struct sim_socket *socket);
    void (*readable)(struct sim_process *process, struct sim_socket *socket); /* bytes, or the end */
    void (*writable)(struct sim_process *process, struct sim_socket *socket); /* after a write that took not all */
    /* Refused, reset or timed out: the socket is gone. */
    void (*failed)(struct sim_process *process, struct sim_socket *socket, int reason);
    void (*network_changed)(struct sim_process *process);
    void (*woke)(struct sim_process *process);
};

struct sim_process {
    struct ab_list node;
    struct sim_host *host;
    const struct sim_process_table *table;
    const char *name;
    bool alive;
    unsigned receivers; /* sockets on the discovery port */
    uint16_t listening; /* TCP port; 0: none */
    uint16_t claimed;   /* one more */
    uint16_t datagram_port;
};

void sim_network_init(struct sim_network *network, uint64_t seed);
void sim_network_deinit(struct sim_network *network); /* no process may be left */

/* ---- Machines */

/* With one interface, on segment 0. */
struct sim_host *sim_host_new(struct sim_network *network, const char *name);
unsigned sim_host_add_interface(struct sim_host *host, unsigned segment);
void sim_host_set_interface(struct sim_host *host, unsigned index, bool up);
struct ab_address sim_host_address(const struct sim_host *host, unsigned index, uint16_t port);
ab_time sim_host_now(const struct sim_host *host); /* the clock of its processes */
void sim_host_crash(struct sim_host *host);        /* power is gone: its processes must have been forgotten */
void sim_host_boot(struct sim_host *host);
void sim_host_sleep(struct sim_host *host);
void sim_host_wake(struct sim_host *host);
/* Silence between two machines, or an end of it: nothing is lost of streams, all is of datagrams. */
void sim_cut(struct sim_host *one, struct sim_host *other, bool cut);
bool sim_host_reaches(const struct sim_host *from, const struct sim_host *to);
bool sim_host_has(const struct sim_host *host, uint32_t address); /* loopback, or of an interface that is up */
/* The machine that has the address as `from` sees it; NULL: none. */
struct sim_host *sim_host_find(const struct sim_host *from, uint32_t address);

/* ---- Processes */

void sim_process_init(struct sim_process *process, struct sim_host *host, const char *name,
                      const struct sim_process_table *table);
/* The kernel closes what it had. Also the end of every process that ends in order. */
void sim_process_kill(struct sim_process *process);
/* The first port that is free from `first` on. */
uint16_t sim_process_listen(struct sim_process *process, uint16_t first);
/* Listens on that one too; false: another does. */
bool sim_process_claim(struct sim_process *process, uint16_t port);
void sim_process_unlisten(struct sim_process *process);
void sim_process_broadcast(struct sim_process *process, const void *data, size_t size, enum ab_broadcast_order order,
                           const struct ab_networks *within);
/* A datagram out of nowhere: any source address, to one machine. */
void sim_forge(struct sim_host *to, uint32_t source, const char *text);

/* ---- TCP */

/* Ends in connected or failed. */
struct sim_socket *sim_socket_open(struct sim_process *process, const struct ab_address *to);
/* Bytes taken: as many as fit the send buffer. */
size_t sim_socket_write(struct sim_socket *socket, const void *data, size_t size);
/* Bytes read; 0: nothing there now; -1: the end. */
long sim_socket_read(struct sim_socket *socket, void *data, size_t size);
size_t sim_socket_unread(const struct sim_socket *socket);
bool sim_socket_ended(const struct sim_socket *socket); /* all was read and no more comes */
void sim_socket_shut(struct sim_socket *socket);        /* the sending half */
void sim_socket_close(struct sim_socket *socket);       /* RST if something is unread, else FIN */
void sim_socket_reset(struct sim_socket *socket);
void sim_socket_set_context(struct sim_socket *socket, void *context);
void *sim_socket_context(const struct sim_socket *socket);
struct ab_address sim_socket_remote(const struct sim_socket *socket);
struct ab_address sim_socket_local(const struct sim_socket *socket);
unsigned sim_socket_number(const struct sim_socket *socket);
/* Who is at the other end, for people: a process's name, or an address; valid until the next call. */
const char *sim_socket_peer_name(const struct sim_socket *socket);

/* For network.c: the way may have become free; the machine lost power. */
void sim_sockets_retry(struct sim_network *network);
void sim_sockets_forget(struct sim_network *network, struct sim_host *host);
void sim_sockets_close(struct sim_network *network, struct sim_process *process);
void sim_sockets_free(struct sim_network *network);

#endif
