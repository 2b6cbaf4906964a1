/*
 * What happened in a simulated network, as text that reads like a protocol diagram, one line an event:
 *
 *     0.500 b1 > *: add 52722 hall            a datagram, when it is sent
 *     0.601 c1 > b1: 2? call name=add args=[1,2]   a line, when it is written: id and ? is a command,
 *     0.602 b1 > c1: 2= result=3                   id and = its response, ! a notice; then the other keys
 *     0.603 c1: add = 3                       what the program hears
 *
 * A test says which kinds it wants recorded and compares the whole text with the one it expects.
 */
#ifndef AB_TESTS_SIM_TRANSCRIPT_H
#define AB_TESTS_SIM_TRANSCRIPT_H

#include <stddef.h>

#include "sim/clock.h"

enum sim_kind {
    SIM_PACKETS = 1 << 0,   /* datagrams of ordinary services */
    SIM_DETAILS = 1 << 1,   /* datagrams of introspection services too */
    SIM_INFO = 1 << 2,      /* with their info */
    SIM_LINES = 1 << 3,     /* lines of connections */
    SIM_STREAMS = 1 << 4,   /* connections opened, closed, lost */
    SIM_CALLS = 1 << 5,     /* calls that a program has to answer */
    SIM_RESULTS = 1 << 6,   /* completions */
    SIM_VALUES = 1 << 7,    /* values of objects */
    SIM_EVENTS = 1 << 8,    /* events */
    SIM_BINDINGS = 1 << 9,  /* bound and unbound */
    SIM_SERVICES = 1 << 10, /* what browsers hear */
    SIM_ROUTES = 1 << 11,   /* with the routes */
    SIM_LOG = 1 << 12,
    SIM_NUMBERS = 1 << 13,      /* the number of the connection in each line of one */
    SIM_RAW = 1 << 14,          /* lines and datagrams as they are */
    SIM_REPORTS = 1 << 15,      /* routes with who reports them */
    SIM_PUBLICATIONS = 1 << 16, /* what publishers hear */
    SIM_INTEREST = 1 << 17,     /* what services hear of those who listen and watch */

    SIM_PROGRAM = SIM_CALLS | SIM_RESULTS | SIM_VALUES | SIM_EVENTS | SIM_BINDINGS,
};

struct sim_alias {
    char *id;
    char *alias;
};

struct sim_transcript {
    struct sim_clock *clock;
    unsigned kinds;
    char *text;
    size_t size;
    size_t capacity;
    struct sim_alias *aliases;
    size_t alias_count;
};

void sim_transcript_deinit(struct sim_transcript *transcript);
/* Adds a line if its kind is wanted. */
void sim_transcript_add(struct sim_transcript *transcript, unsigned kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From now on the id is written as its alias. */
void sim_transcript_alias(struct sim_transcript *transcript, const char *id, const char *alias);
const char *sim_transcript_alias_of(const struct sim_transcript *transcript, const char *id); /* NULL: none */
void sim_transcript_clear(struct sim_transcript *transcript);

/* A line of a connection, or a datagram, in short; the caller frees it. What is no JSON object comes back in quotes. */
char *sim_render(const char *text, size_t size, bool raw);
/* The raw text of a key of an object's outermost level; the caller frees it. NULL: there is none. A string keeps its
 * quotes unless `plain`. */
char *sim_member(const char *object, size_t size, const char *key, bool plain);

/*
 * Fails the test, with both texts and what differs, unless the transcript is as expected; then clears it. A time in
 * `expected` may be a range, "10-15", or * for any; a line that ends in "..." matches whatever follows.
 */
void sim_transcript_expect(struct sim_transcript *transcript, const char *expected, const char *file, int line);
/* Number of recorded lines in which `part` is found. */
unsigned sim_transcript_count(const struct sim_transcript *transcript, const char *part);
/* Time of the nth (from 0) such line; -1: there is none. */
ab_time sim_transcript_time(const struct sim_transcript *transcript, const char *part, unsigned nth);

#endif
