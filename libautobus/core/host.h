/*
 * What the engine needs of the world, as a table of functions: sockets and nothing else. Two hosts implement it: net on
 * libevent, and the simulated network of the tests.
 *
 * Rules: the host calls the engine, and never from inside one of these functions. They run under whatever lock guards
 * the engine and must not block. A stream is an integer that is never used again; what is done to a stream that is gone
 * is a no-op. After `close`, and after ab_engine_closed, the engine hears nothing more of that stream.
 */
#ifndef AB_CORE_HOST_H
#define AB_CORE_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/network.h"
#include "base/text.h"
#include "base/time.h"

typedef uint64_t ab_stream_id; /* 0: none */

enum ab_close_mode {
    AB_CLOSE_NOW,   /* what waits is thrown away */
    AB_CLOSE_FLUSH, /* what waits is sent, the writing half shut, input read and dropped until its end or 1 s after the
                       last byte left (a close with unread input makes TCP discard what was sent) */
};

enum ab_broadcast_order {
    AB_LOOPBACK_FIRST, /* query, add (PROTOCOL section 1) */
    AB_LOOPBACK_LAST,  /* remove */
};

struct ab_host {
    /* Starts to listen for streams and returns the port. AB_ENETWORK, AB_ENOMEM. */
    int (*listen)(void *context, uint16_t *ret_port);
    void (*unlisten)(void *context);
    /* Whether who is on this machine can come in without TCP, at what the port says (autobus-protocol(7)). The engine
     * announces it and knows nothing else of it: a stream to a peer on loopback may be such, and looks the same. */
    bool (*local)(void *context);
    /* A bus of this machine is gone, and with it perhaps who listened on the first port: whoever listens on another takes
     * that too, and keeps its own. */
    void (*neighbour_gone)(void *context);
    /* Whether datagrams are wanted from now on; no others come than may be under way. */
    void (*hear)(void *context, bool on);
    /* One datagram to loopback and to every usable interface whose network meets one of those (NULL: to every one); a
     * failure is the host's to log. */
    void (*broadcast)(void *context, const void *data, size_t size, enum ab_broadcast_order order,
                      const struct ab_networks *within);
    /* It is an address of this machine: loopback, or of one of its interfaces. */
    bool (*here)(void *context, const struct ab_address *address);
    /* Whether what is broadcast from `here`, an address of this machine, reaches that peer's network. Of a peer that is on
     * none that can be reached so, as behind a router, it is true everywhere: nothing tells what is for it. */
    bool (*near)(void *context, const struct ab_address *here, const struct ab_address *peer);
    /* Opens a stream. AB_ENOMEM; AB_ENETWORK: no descriptor. It ends in ab_engine_connected or ab_engine_closed. */
    int (*open)(void *context, const struct ab_address *to, ab_stream_id *ret_stream);
    /* Queues a copy, whole or not at all. AB_ENOMEM. */
    int (*write)(void *context, ab_stream_id stream, const void *data, size_t size);
    /* The same for what other streams get too, and a reference does for a copy. */
    int (*share)(void *context, ab_stream_id stream, struct ab_text *text);
    /* It goes without TCP: for people who ask. */
    bool (*is_local)(void *context, ab_stream_id stream);
    /* Bytes queued that the system has not taken. */
    size_t (*waiting)(void *context, ab_stream_id stream);
    /* Bytes read that are no whole message yet or were not handed over, and bytes queued once the system takes no more. */
    size_t (*held)(void *context, ab_stream_id stream);
    /* Stops and resumes reading. Messages that were read before may still come. */
    void (*pause)(void *context, ab_stream_id stream, bool paused);
    void (*close)(void *context, ab_stream_id stream, enum ab_close_mode mode);
    /* Puts in what the host counts (ab_counters_put), numbers alone: others may see them. AB_ENOMEM. */
    int (*counters)(void *context, json_t *counters);
};

#endif
