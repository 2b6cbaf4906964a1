/*
 * The streams of the engine as TCP sockets, for both directions alike.
 *
 * Who touches what: under the lock, the state, the marks and the pending output; without it, the thread that has set
 * the mark `sending` owns the output that leaves, and the one that `reading` tells owns the input: the event thread, or a
 * thread that waits for an answer. Only the event thread closes a descriptor and frees a socket, and only when no other
 * is inside a system call on it; so a pointer stays good for as long as a callback of that thread runs, or for as long
 * as a thread has set its mark.
 *
 * Five files: socket.c has the table, the life of a socket and what the event thread has to attend to, socket_input.c
 * the read path, socket_reader.c who it is that reads, socket_output.c the write path and the lingering end, and
 * socket_held.c how much waits in all.
 */
#ifndef AB_NET_SOCKET_H
#define AB_NET_SOCKET_H

#include <event2/util.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/numbers.h"
#include "base/text.h"
#include "core/host.h"
#include "net/spin.h"
#include "net/lookout.h"
#include "net/transform.h"
#include "wire/reader.h"

#define AB_SOCKET_READ_MOST 65536 /* bytes at once */

struct ab_net;
struct event;

enum ab_socket_state {
    AB_SOCKET_NEW,        /* connect has not been called yet; a flush does it */
    AB_SOCKET_CONNECTING, /* it has */
    AB_SOCKET_OPEN,
    AB_SOCKET_DEAD, /* the engine hears nothing more of it; it goes when no thread is inside */
};

enum ab_socket_reading {
    AB_READING_LOOP,   /* the event thread, when the state asks for it */
    AB_READING_PAUSED, /* nobody, until paused_until */
    AB_READING_CALLER, /* mark: a thread that waits */
};

/* Packed: in each part what is large comes first, so that there are no holes. */
struct ab_socket {
    /* Fixed. */
    struct ab_net *net;
    const struct ab_transform *transform;
    void *transform_state;
    struct ab_address peer;
    int descriptor;

    /* The lock's. */
    struct ab_number_node id;
    struct ab_list dirty;     /* something waits to leave */
    struct ab_list attention; /* the event thread has something to do */
    struct ab_list resting;   /* in ab_sockets.resting: was paused of late */
    ab_time asked;            /* when a caller last had a use for reading, and could not */
    ab_time paused_until;
    struct ab_buffer pending;
    struct ab_text *shared; /* leaves after `output` and before `pending`; NULL: nothing is */
    size_t unsent;          /* bytes of what leaves that the system has not taken */
    enum ab_socket_state state;
    enum ab_socket_reading reading;
    struct ab_spin spin;  /* of who reads for itself */
    unsigned usual;       /* bytes that left at once of late */
    unsigned writes;      /* lines that the engine wrote */
    unsigned input_held;  /* bytes that the reader had when they were counted last, if it was accepted */
    int nudge;            /* eventfd that ends a caller's wait; -1: none was needed yet */
    int failure;          /* why nothing can leave any more; 0: it can */
    bool accepted;        /* fixed: a client's */
    bool forgotten;       /* the engine cannot name it any more */
    bool closing;         /* AB_CLOSE_FLUSH: what waits leaves, then the peer's end of input is awaited */
    bool paused;          /* the engine wants no messages */
    bool sending;         /* mark: a thread sends */
    bool shared_leaves;   /* it is the turn of `shared` */
    bool full;            /* the system took no more: write interest, no sending before */
    bool behind;          /* the engine saw much waiting, and hears when some of it has left */
    bool progressed;      /* some has left: the event thread tells the engine */
    bool eager;           /* its callers should read for themselves */
    atomic_bool recalled; /* who reads is to give it back; the reader looks without the lock */

    /* The event thread's. */
    bool shut;   /* our writing half is shut */
    int failing; /* failure, once that thread has seen it */
    struct ab_watched watched;
    struct ab_list linger; /* in order of linger_until, while closing */
    ab_time linger_until;

    /* The reading thread's. */
    struct ab_reader reader;
    struct ab_batch *batch; /* decoded messages that the engine has not taken; NULL, or empty */
    size_t received;        /* bytes that were not counted yet */
    unsigned writes_offered;
    bool stalled;  /* some input is left that the engine did not want */
    bool greedy;   /* the last read filled its room: read more at once */
    bool ended;    /* the peer's end of input was read */
    bool told_end; /* and the engine knows */
    bool offered;  /* its callers shall read, if nothing was written since */
    bool local;    /* the lock's, where there is room: it was connected without TCP */

    /* The sending thread's. */
    struct ab_buffer output; /* leaves, unless `shared` does */
};

/* What is decoded without the lock, and handed over in one hold of it. */
struct ab_batch;

struct ab_sockets {
    /* The lock's. */
    struct ab_numbers by_id;
    struct ab_socket *recent; /* the one that was found last: most often it is wanted again */
    struct ab_list dirty;
    struct ab_list attention;
    struct ab_list resting;
    ab_stream_id last;
    size_t behind;     /* what counts as much waiting */
    size_t held;       /* bytes that wait on those that were accepted */
    uint64_t received; /* bytes, of what was handed over */

    /* The event thread's. */
    struct ab_list lingering;
    size_t lingering_count;
    struct event *linger_timer;
};

int ab_sockets_init(struct ab_sockets *sockets, struct ab_net *net);            /* AB_ENOMEM */
void ab_sockets_deinit(struct ab_sockets *sockets);                             /* closes and frees what is left */
struct ab_socket *ab_sockets_find(struct ab_sockets *sockets, ab_stream_id id); /* lock held */

/* Lock held. Takes the descriptor, which is connected if `accepted`; NULL: no memory, the descriptor is still the
 * caller's. */
struct ab_socket *ab_socket_new(struct ab_net *net, int descriptor, const struct ab_address *peer, bool accepted);

/* What the engine asks for. Lock held, any thread. */
int ab_socket_write(struct ab_socket *socket, const void *data, size_t size);
int ab_socket_share(struct ab_socket *socket, struct ab_text *text);
size_t ab_socket_waiting(struct ab_socket *socket);
size_t ab_socket_held(const struct ab_socket *socket);
/* Bytes that were written and have not left. */
static inline size_t ab_socket_output(const struct ab_socket *socket)
{
    size_t shared = socket->shared && !socket->shared_leaves ? socket->shared->size : 0;

    return socket->unsent + shared + ab_buffer_size(&socket->pending);
}
void ab_socket_pause(struct ab_socket *socket, bool paused);
void ab_socket_close(struct ab_socket *socket, enum ab_close_mode mode);

/* Lock held, any thread; released around system calls. Sends what waits. False: there is more, for the event thread. */
bool ab_sockets_flush(struct ab_net *net);
/* Event thread, lock held. Does what other threads left to it; true if the engine was entered. */
bool ab_sockets_attend(struct ab_net *net);
/* Lock held: nothing waits to leave and nothing lingers. */
bool ab_sockets_settled(const struct ab_sockets *sockets);

/* ---- Between the five files. */

void ab_socket_want_attention(struct ab_socket *socket); /* lock held */
/* Lock held: the engine will hear nothing more of it. */
void ab_socket_die(struct ab_socket *socket);
/* Event thread or the one that reads, lock held: it dies, and the engine hears why unless it has closed it. True if it
 * heard. */
bool ab_socket_fail(struct ab_socket *socket, int reason);

/* socket_input.c; but for the last: event thread */
void ab_socket_on_readable(evutil_socket_t descriptor, short what, void *socket);
void ab_socket_drop_input(struct ab_socket *socket); /* what was read and not taken */

/* Without the lock, the thread that reads: what there is, once. `lent` is empty before and after. */
void ab_socket_read(struct ab_socket *socket, struct ab_buffer *lent);

/* socket_reader.c: with the functions of net.h. Lock held, but for the first. */
void ab_socket_offer_reading(struct ab_socket *socket);  /* event thread, no lock: nobody reads, if that makes sense */
void ab_socket_resume_reading(struct ab_socket *socket); /* the loop reads, if nobody does */
bool ab_socket_recall_reading(struct ab_socket *socket); /* the same, or false: it will, and asks for attention then */
void ab_sockets_wake_resting(struct ab_net *net, ab_time now); /* event thread: the pauses that are over */

/* socket_held.c; with two functions of internal.h. */
void ab_socket_hold_nothing(struct ab_socket *socket); /* lock held */
void ab_socket_count_input(struct ab_socket *socket);  /* event thread, no lock, after it has read */
bool ab_sockets_relieve(struct ab_net *net);           /* event thread, lock held; true if the engine was entered */

/* socket_output.c */
void ab_socket_on_writable(evutil_socket_t descriptor, short what, void *socket); /* event thread */
/* Lock held, released around system calls. False: others write as fast as this thread sends, so the event thread is to
 * go on with it. */
bool ab_socket_send(struct ab_socket *socket);
/* Event thread, lock held. */
void ab_socket_linger(struct ab_socket *socket);
void ab_socket_leave_linger(struct ab_socket *socket);
void ab_sockets_on_linger_timer(evutil_socket_t descriptor, short what, void *net);

#endif
