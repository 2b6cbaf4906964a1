/*
 * A net on real sockets that drives a fake engine: for tests of net alone.
 *
 * The rig is the driver (a lock, turns, callbacks) and runs the event thread. The fake engine (engine.c) defines the
 * engine's inputs: each is written down as a record, which a test waits for; a hook may answer it at once, under the
 * lock, as the engine would. Nothing waits for time to pass: a wait ends when what it waits for is there, and fails the
 * test after a while.
 *
 * A test that uses any of this is linked with the fake engine instead of the real one.
 */
#ifndef AB_TESTS_NET_RIG_H
#define AB_TESTS_NET_RIG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "core/engine.h"
#include "net/internal.h"
#include "net/settings.h"

enum rig_input {
    RIG_DATAGRAM,
    RIG_ACCEPTED,
    RIG_CONNECTED,
    RIG_MESSAGE,
    RIG_INPUT_ENDED,
    RIG_PROGRESS,
    RIG_CLOSED,
    RIG_CROWDED,
    RIG_NETWORK_CHANGED,
    RIG_PORT_CHANGED,
    RIG_PORT_CLAIMED,
    RIG_WOKE,
    RIG_TICK,
    RIG_INPUTS,
};

struct rig_record {
    struct ab_list node;
    enum rig_input input;
    ab_stream_id stream;
    struct ab_address address;
    int code;      /* reason, port, or a message's problem */
    char text[64]; /* a message's name, or a packet's service */
};

struct rig;
typedef void (*rig_hook)(struct rig *rig, const struct rig_record *record);

struct ab_engine {
    struct rig *rig;
    ab_time deadline;
};

struct rig {
    pthread_mutex_t lock;   /* the driver's */
    pthread_cond_t changed; /* a record was added, or a callback ran */
    struct ab_net *net;
    struct ab_engine engine;
    pthread_t thread;
    bool running;
    struct ab_list records; /* those that no wait has taken */
    unsigned long counts[RIG_INPUTS];
    rig_hook hook;                      /* on the event thread, lock held */
    bool (*callbacks)(struct rig *rig); /* on the event thread, lock not held */
    unsigned long rounds;               /* of callbacks */
    char logged[1024];                  /* the last line of log */
    atomic_ulong log_lines;
    void *work;    /* rig_do's */
    void *context; /* the hook's */
};

/* Of engine.c: this call is what links the fake engine before the real one. */
void rig_engine_init(struct ab_engine *engine, struct rig *rig);

/* What a rig's hook is when it opens. */
extern rig_hook rig_default_hook;

/* Settings for tests: loopback alone, a discovery port that nobody has, and what is added as NAME, VALUE, …, NULL. */
struct ab_settings *rig_settings(const char *name, ...);
/* Takes the settings. The thread runs when it returns. */
void rig_start(struct rig *rig, struct ab_settings *settings);
/* The same without the thread: AB_ENOMEM and so on is returned; the rig is to be ended then, too. */
int rig_open(struct rig *rig, struct ab_settings *settings);
void rig_run(struct rig *rig);
/* Stops, waits for the thread, frees. */
void rig_end(struct rig *rig);
void rig_join(struct rig *rig); /* the first half: afterwards the net is there and nobody runs it */

void rig_lock(struct rig *rig);
/* Ends an entry of a thread of the program: flushes and unlocks. */
void rig_leave(struct rig *rig);

/* Waits until such a record is there and takes it; earlier ones of other kinds stay. */
struct rig_record rig_expect(struct rig *rig, enum rig_input input);
/* The same for a given stream. */
struct rig_record rig_expect_on(struct rig *rig, enum rig_input input, ab_stream_id stream);
/* Waits until `done` says so. It runs with the lock held, after each change. */
void rig_await(struct rig *rig, bool (*done)(struct rig *rig, void *context), void *context);
/* The same, for no longer than that; false: it was not there. */
bool rig_try(struct rig *rig, bool (*done)(struct rig *rig, void *context), void *context, ab_time time);
/* Waits until the event thread has been through `count` more rounds of its loop. */
void rig_rounds(struct rig *rig, unsigned long count);
unsigned long rig_count(struct rig *rig, enum rig_input input);
/* Runs `work` on the event thread, without the lock, and waits for it. */
void rig_do(struct rig *rig, void (*work)(struct rig *rig, void *context), void *context);

/* The engine's side, on this thread. */
uint16_t rig_listen(struct rig *rig);
ab_stream_id rig_connect(struct rig *rig, uint16_t port);
void rig_write(struct rig *rig, ab_stream_id stream, const void *data, size_t size);
void rig_close(struct rig *rig, ab_stream_id stream, enum ab_close_mode mode);
void rig_pause(struct rig *rig, ab_stream_id stream, bool paused);
size_t rig_waiting(struct rig *rig, ab_stream_id stream);

/* The other side: plain sockets that block, but not for ever. */
int peer_connect(uint16_t port);
int peer_listen(uint16_t *ret_port);
int peer_accept(int descriptor);
void peer_send(int descriptor, const void *data, size_t size);
void peer_send_text(int descriptor, const char *text);
/* A notice `fired` of that name. */
void peer_fire(int descriptor, const char *name);
/* Reads exactly `size` bytes. */
void peer_receive(int descriptor, void *data, size_t size);
/* Reads to the end of input: how many bytes; -1: a reset. */
long peer_drain(int descriptor);

/* In a namespace of its own, so that interfaces can be made; false: that is not allowed here. Before any thread. */
bool rig_enter_namespace(void);
void rig_command(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
