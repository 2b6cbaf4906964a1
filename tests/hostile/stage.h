/*
 * Where peers that mean harm meet the library on real sockets, on loopback: a victim, which is a process of its own with a
 * bus that serves and asks; an honest peer, which calls it all the while and must be answered within a second; and
 * strangers, which send it whatever bytes a row of the table wants.
 */
#ifndef AB_TESTS_HOSTILE_STAGE_H
#define AB_TESTS_HOSTILE_STAGE_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness.h"

/* Sanitizers make all of it slower, and keep what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WITH_SANITIZERS 1
#else
#define WITH_SANITIZERS 0
#endif
#define SOON_MS     (WITH_SANITIZERS ? 20000 : 1000) /* within which the honest peer is answered */
#define PATIENCE_MS (3 * SOON_MS)                    /* for what must come at once */

/* ---- The victim: victim.c */

/* Its service is of type "victim": functions "echo", "hold" (never answered), "much" (answered with 100,000 bytes), "slow"
 * (takes 20 ms) and "relay" (asks the honest peer's service for an echo), the object "value" and the event "tick", fired
 * with a number at each echo. It has a proxy for the type "false", of which it watches "lamp" and listens to "rang". */
struct victim {
    pid_t pid;
    int control;
    uint16_t port;
    char id[256];
};

struct victim_size {
    long heap_kib; /* in use; 0 where the allocator does not tell */
    long peak_kib; /* resident, at most, since victim_forget_peak */
    long cpu_ms;
    int descriptors;
};

void victim_start(struct victim *victim); /* forks: before there is any thread */
void victim_end(struct victim *victim);   /* it closes its bus, and must have left nothing behind */
/* One of autobus_bus_counters, or of group "log": "lines", how many the program was told. */
long victim_count(struct victim *victim, const char *group, const char *name);
/* Waits until it is that much at least. */
void victim_await(struct victim *victim, const char *group, const char *name, long least);
struct victim_size victim_measure(struct victim *victim);
void victim_forget_peak(struct victim *victim);
/* How many services of that type it knows. */
long victim_knows(struct victim *victim, const char *type);

/* ---- The honest peer: honest.c */

struct honest;

struct honest_score {
    unsigned calls;  /* since honest_begin, answered */
    unsigned failed; /* and not */
    long slowest_us;
    char failure[200]; /* the last */
};

struct honest *honest_start(struct victim *victim);
/* It was never unbound, and heard each tick of its own calls. */
void honest_end(struct honest *honest);
void honest_begin(struct honest *honest);
/* Waits for a call that began after honest_begin. */
struct honest_score honest_score(struct honest *honest);
/* The datagram by which its service would say goodbye. */
void honest_goodbye(struct honest *honest, char *text, size_t size);
/* Publishes one more service of that type; the caller's. */
autobus_service *honest_publish(struct honest *honest, const char *type);

/* ---- Strangers: stranger.c. They are at 127.0.0.0/8, each where it likes. */

struct stranger {
    int descriptor; /* -1: closed */
    char *input;    /* read and not taken */
    size_t size;
};

struct stage {
    struct victim victim;
    struct honest *honest;
    uint16_t discovery_port;
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* A datagram to every bus of the machine. */
void stranger_broadcast(struct stage *stage, const char *source, const void *data, size_t size);
void stranger_broadcast_text(struct stage *stage, const char *source, const char *text);
/* Binds a socket for many of them; sendto with stranger_everybody. */
int stranger_sender(const char *source);
bool stranger_send_datagram(struct stage *stage, int sender, const void *data, size_t size);

struct stranger stranger_connect(struct stage *stage, const char *source);
/* Connected and bound, without extensions. */
struct stranger stranger_bind(struct stage *stage, const char *source);
/* The same with little room for what it does not read. */
struct stranger stranger_bind_narrow(struct stage *stage, const char *source);
/* False: the victim has closed. Waits for room at most PATIENCE_MS, and then gives up (true). */
bool stranger_send(struct stranger *stranger, const void *data, size_t size);
bool stranger_say(struct stranger *stranger, const char *line); /* with CR LF */
/* The next line without its end, valid until the next call; NULL: end of input, or PATIENCE_MS have passed. */
const char *stranger_hear(struct stranger *stranger);
/* The next line is the response to that id: with that `type` of error, or, NULL, with none. */
void stranger_expect(struct stranger *stranger, const char *id, const char *type);
/* The victim closes within that time; what it still says does not matter. */
bool stranger_ends(struct stranger *stranger, int timeout_ms);
void stranger_expect_end(struct stranger *stranger);
/* Still served. */
void stranger_expect_alive(struct stranger *stranger);
void stranger_shut(struct stranger *stranger);
void stranger_close(struct stranger *stranger);
void stranger_reset(struct stranger *stranger);

/* ---- Tables of rows: datagrams.c, lines.c, servers.c */

struct row {
    const char *name;
    void (*attack)(struct stage *stage);
    long growth_kib; /* of the victim's memory, at most */
};

extern const struct row datagram_rows[], line_rows[], server_rows[];
extern const size_t datagram_row_count, line_row_count, server_row_count;

/* What takes longer, side by side with the rows: begun before the first, looked at after the last. */
void slow_lines_begin(struct stage *stage);
void slow_lines_end(struct stage *stage);
void slow_servers_begin(struct stage *stage);
void slow_servers_end(struct stage *stage);

long now_ms(void);
/* `part` that many times between those two; the caller's. */
char *repeated(const char *before, const char *part, size_t count, const char *after);

#endif
