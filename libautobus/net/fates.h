/*
 * What became of the datagrams that came: how many of each fate, and which hosts sent most of those that were dropped.
 */
#ifndef AB_NET_FATES_H
#define AB_NET_FATES_H

#include <stddef.h>
#include <stdint.h>

enum ab_datagram_fate {
    AB_DATAGRAM_TAKEN,
    AB_DATAGRAM_OWN,       /* our own query: to answer it would use up the answers that others are owed */
    AB_DATAGRAM_FOREIGN,   /* from no network of ours */
    AB_DATAGRAM_TOO_LARGE, /* over a limit of size or nesting */
    AB_DATAGRAM_MALFORMED, /* no packet */
    AB_DATAGRAM_UNKNOWN,   /* a command that we do not know */
    AB_DATAGRAM_LOST,      /* no memory */
    AB_DATAGRAM_FATES,
};

#define AB_WORST_SOURCES 16 /* anybody can send from any address */

struct ab_bad_source {
    uint32_t host;
    uint64_t dropped; /* the sum of: */
    uint64_t counts[AB_DATAGRAM_FATES];
};

struct ab_fates {
    uint64_t counts[AB_DATAGRAM_FATES];
    struct ab_bad_source sources[AB_WORST_SOURCES]; /* in no order */
    size_t source_count;
};

/* A host that comes when the table is full takes the place of the one with the fewest, and is counted anew. */
void ab_fates_count(struct ab_fates *fates, enum ab_datagram_fate fate, uint32_t host);
/* As autobus_bus_counters calls it. */
const char *ab_fate_name(enum ab_datagram_fate fate);

#endif
