/*
 * A peer that is not ours: a process that sends what the test says, or what its hooks make of what it hears. It knows
 * nothing of the library's code. The models of the existing implementation (legacy.h) stand on it.
 */
#ifndef AB_TESTS_SIM_PEER_H
#define AB_TESTS_SIM_PEER_H

#include "sim/sim.h"

struct sim_peer;

struct sim_link { /* a connection of a peer; lives until sim_free */
    struct ab_list node;
    struct sim_peer *peer;
    struct sim_socket *socket; /* NULL: gone */
    bool accepted;
    bool connected;
    bool deaf;      /* does not read */
    bool ended;     /* heard the end of input */
    int failed;     /* or why it is gone */
    unsigned lines; /* received */
    char *last;     /* the last of them */
    char *input;    /* not a line yet */
    size_t input_size;
    char *output; /* the kernel has not taken it */
    size_t output_size;
    size_t output_capacity;
    size_t received; /* bytes in all */
    void *context;
};

struct sim_peer {
    struct sim_process process; /* first */
    struct ab_list node;
    struct sim *sim;
    char *name;
    struct ab_list links;
    void *context;
    void (*opened)(struct sim_link *link);
    void (*line)(struct sim_link *link, const char *text, size_t size); /* without its end */
    void (*ended)(struct sim_link *link);                               /* end of input, or gone */
    void (*packet)(struct sim_peer *peer, const struct ab_address *from, const char *text, size_t size);
    void (*freed)(struct sim_peer *peer);
};

struct sim_peer *sim_peer(struct sim *sim, struct sim_host *host, const char *name);
void sim_peer_listen(struct sim_peer *peer, uint16_t port);
struct sim_link *sim_peer_connect(struct sim_peer *peer, const struct ab_address *to);
/* The nth connection, from 0; fails the test if there is none. */
struct sim_link *sim_peer_link(struct sim_peer *peer, unsigned nth);
unsigned sim_peer_open(const struct sim_peer *peer); /* links that stand */
void sim_peer_kill(struct sim_peer *peer);
void sim_peer_broadcast(struct sim_peer *peer, const char *text, enum ab_broadcast_order order);
void sim_peers_free(struct sim *sim);

/* Connects to a bus that listens, by its first interface; on its own machine by loopback. */
struct sim_link *sim_dial(struct sim_peer *peer, struct sim_bus *bus);
void sim_send(struct sim_link *link, const char *line); /* with CR LF after it */
void sim_send_format(struct sim_link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_send_bytes(struct sim_link *link, const void *data, size_t size);
void sim_link_shut(struct sim_link *link);
void sim_link_close(struct sim_link *link);
void sim_link_reset(struct sim_link *link);
void sim_link_listen(struct sim_link *link, bool reading); /* whether it reads */
void sim_link_take(struct sim_link *link, size_t size);    /* reads so many bytes and no more */

#endif
