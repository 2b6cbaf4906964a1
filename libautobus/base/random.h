/*
 * Randomness that is injected: the host seeds it once (from the kernel, or from a test's seed), and from there on a run
 * is repeatable. Not for secrets.
 */
#ifndef AB_BASE_RANDOM_H
#define AB_BASE_RANDOM_H

#include <stdint.h>

struct ab_random {
    uint64_t state[4]; /* xoshiro256** */
};

void ab_random_seed(struct ab_random *random, uint64_t seed);
uint64_t ab_random_next(struct ab_random *random);
uint64_t ab_random_below(struct ab_random *random, uint64_t bound); /* 0 … bound-1 without bias; 0 for bound 0 */

#endif
