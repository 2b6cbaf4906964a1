/*
 * What stands between a socket and the bytes of a stream: nothing today, TLS later. Both directions of a stream go
 * through one transform; what it keeps for a stream is its state.
 */
#ifndef AB_NET_TRANSFORM_H
#define AB_NET_TRANSFORM_H

#include <stddef.h>
#include <sys/types.h>

struct ab_transform {
    /* As recv and send on a socket that does not block: bytes, 0 at the end of input, or -1 with errno (EAGAIN: later).
     * One thread at a time in each; no lock held. */
    ssize_t (*receive)(void *state, int descriptor, void *room, size_t size);
    ssize_t (*send)(void *state, int descriptor, const void *data, size_t size);
};

extern const struct ab_transform ab_transform_identity; /* has no state */

#endif
