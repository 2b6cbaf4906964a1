/*
 * Announcements of services that are not there: `settings.services` of them, to a discovery port of the benchmark's own.
 */
#ifndef TESTS_BENCH_ANNOUNCER_H
#define TESTS_BENCH_ANNOUNCER_H

#define BENCH_DISCOVERY_PORT 52799

/* What is said, in this order; each when shared->ready passes its number. */
enum bench_word { BENCH_ADD, BENCH_AGAIN, BENCH_GO_ON, BENCH_REMOVE, BENCH_WORDS };

/* A part for bench_fork. When a word is said, and heard, it writes to shared->wake. */
void bench_announce(void);

#endif
