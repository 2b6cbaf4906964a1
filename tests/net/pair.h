/* One stream that a peer opened, on a rig: what most tests of streams begin with. */
#ifndef AB_TESTS_NET_PAIR_H
#define AB_TESTS_NET_PAIR_H

#include <stddef.h>

#include "net/rig.h"

#define MEGABYTE ((size_t)1 << 20)

struct pair {
    struct rig rig;
    ab_stream_id stream;
    int peer;
};

void pair_open(struct pair *pair, struct ab_settings *settings);
void pair_close(struct pair *pair);

/* Waits for a good message of that name. */
void pair_expect(struct pair *pair, const char *name);
/* The same where the name is a number, and the peer's sending of one. */
void pair_expect_number(struct pair *pair, int number);
void pair_fire_number(struct pair *pair, int number);

/* Bytes that can be told apart wherever they are cut; to be freed. */
char *pattern_make(size_t size);
/* Reads them from a plain socket, as many as that. */
void pattern_receive(int peer, size_t size);

#endif
