/*
 * What the benchmark's programs share: settings, processes, clocks and reports. A program is
 *
 *     PROGRAM WORKLOAD [KEY=VALUE…]
 *
 * It makes the processes that it needs, runs one workload, prints one line of JSON (`disc` two), leaves nothing running,
 * and ends with 0; a failure prints {"ok":0,"error":TEXT}.
 *
 *     rpc   blocking calls, an echo of [42,"hello"]: n, warmup
 *     pipe  the same with `window` calls under way
 *     fan   events of `size` bytes in bursts of `burst` to `subs` listeners; the next burst when all have all
 *     big   blocking calls, an echo of a string of `size` bytes
 *     mem   memory at rest, and with `conns` connections at rest
 *     disc  how long until a service is seen
 *     dir   processor time of a listener for each of `services` that are added, announced again, and removed; and in
 *           `seconds` of nothing but announcements
 *     rest  wake-ups of two buses with a connection between them, in `seconds`
 *
 * `pin` is same (all on the first processor), split (the client there, the rest on the second) or none. The processor
 * time is of each process's own clock, all threads, from the end of the warm-up on.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum workload { RPC, PIPE, FAN, BIG, MEM, DISC, DIRECTORY, REST };

struct settings {
    enum workload workload;
    const char *pin;
    const char *route;   /* of libautobus2: tcp, local */
    const char *handler; /* of libautobus2: sync, thread */
    long n;
    long warmup;
    int window;
    int subs;
    int burst;
    size_t size;
    int conns;
    int idle;     /* connections at rest beside the one that is used, of libautobus2 */
    int threads;  /* of libautobus2's pipe: that share the calls and the connection */
    int services; /* of libautobus2: that its server publishes; in dir, that are announced */
    int seconds;  /* of libautobus2's dir and rest: how long nothing happens but announcements */
    int timeout;  /* seconds, for the whole run */
};

/* Lives in memory that all processes of the run have. */
struct shared {
    atomic_long ready;     /* counts up to what bench_wait_ready waits for */
    atomic_long delivered; /* events, at all listeners */
    atomic_long target;    /* at so many the publisher is woken */
    atomic_int port;
    atomic_llong time; /* of something that happened, for another process */
    char service[256];
    int wake; /* eventfd: the target is reached */
};

/* The client is the process that began, and in fan the publisher. */
enum role { CLIENT, SERVER, ROLES };

extern struct settings settings;
extern struct shared *shared;

void bench_begin(int count, char **arguments, const char *peer);
void bench_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Runs `part` in a process of its own, which ends with this one. */
pid_t bench_fork(void (*part)(void));
void bench_wait_ready(long count);
long long bench_now(void); /* nanoseconds */

void bench_measure(void); /* the clocks start */
void bench_stop(void);    /* and are read */
/* After that: microseconds of the one that began. */
double bench_client_us(void);
long bench_wake_ups(pid_t process); /* so far, of all threads but the first */

/* rpc and big: runs and reports. */
void bench_calls(void (*call)(void));
/* pipe: reports what the caller measured. */
void bench_report_pipe(void);
/* The same for threads that share the calls: what the least and the most of them had of their even share, in percent. */
void bench_report_threads(const long *shares, int count);
/* fan: a listener got some; the publisher's `publish` fires a burst. */
void bench_delivered(long count);
void bench_fan(void (*publish)(void));

struct memory {
    long resident; /* KiB */
    long threads;
};
struct memory bench_memory(pid_t process);
void bench_report_memory(const struct memory server[2], const struct memory client[2]);
/* dir: microseconds in all. */
void bench_report_directory(double added, double again, double idle, double removed);
void bench_report_rest(long client, long server);
void bench_report_discovery(const char *what, long long *times, long count);

/* Sockets, for who has no library for that. All on 127.0.0.1, without delay, not blocking. */
int bench_listen(void); /* sets shared->port */
int bench_accept(int listener);
int bench_connect(void);
void bench_send(int descriptor, const char *data, size_t size); /* all of it */

#endif
