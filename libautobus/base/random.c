/*
 * Owns the arithmetic of a repeatable sequence: splitmix64 spreads a seed over the state, xoshiro256** runs from there
 * (Blackman and Vigna). Must not know where a seed comes from.
 *
 * Invariant: the state is never all zeroes, which xoshiro could not leave; splitmix64 gives no four zeroes in a row.
 */
#include "base/random.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t mixed = (*state += UINT64_C(0x9e3779b97f4a7c15));

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

void ab_random_seed(struct ab_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

uint64_t ab_random_next(struct ab_random *random)
{
    uint64_t *state = random->state;
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

uint64_t ab_random_below(struct ab_random *random, uint64_t bound)
{
    uint64_t uneven, value;

    if (bound == 0)
        return 0;
    /* The first 2^64 mod bound values would make small results likelier. */
    uneven = -bound % bound;
    do
        value = ab_random_next(random);
    while (value < uneven);
    return value % bound;
}
