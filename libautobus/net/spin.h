/*
 * Whether a thread that waits for a message looks for it again and again for a moment before it sleeps. To wake a
 * processor that sleeps takes longer than a small call, so two programs that wait for each other in turn are quicker, and
 * take less processor time too, if neither sleeps. But that is so only then: otherwise it is time that somebody else could
 * have had.
 *
 * So a run of it begins after a number of short waits in a row, on a thread that may use more than one processor, and
 * ends with the first long wait. What a spin takes is owed, and what it saves, set against those waits that slept, pays it
 * back; who comes to owe too much goes without for many waits, twice as many each time. What comes once a second, what
 * comes now and then, and what is slow is never spun for; where the processors are busy a wake-up costs little, and it
 * does not pay either.
 *
 * Measured: a blocking call on any of two processors that are idle takes 8.8 us and not 49, and 18.7 us of processor time
 * and not 41.7. With ten other programs on them it takes 16 us with and without, and 17.3 of processor time; it was 18.1
 * when a debt was that of a fixed time and the rest always the same.
 */
#ifndef AB_NET_SPIN_H
#define AB_NET_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"

#define AB_SPIN_AFTER 16   /* short waits */
#define AB_SPIN_RUN   4096 /* waits; then it looks anew what they take without, and how many processors there are */
#define AB_SPIN_REST  1024 /* waits, after it did not pay for the first time */

/* What all who wait have in common. */
struct ab_spin_rule {
    ab_time most;                 /* at a time; 0: never */
    ab_time (*now)(void);         /* the clock */
    bool (*has_processors)(void); /* the calling thread may use more than one */
    atomic_ulong spun;            /* waits that began with it */
    atomic_ulong in_vain;         /* of them: those that ended without */
};

/* Who waits, time after time. All is zero before. */
struct ab_spin {
    int16_t count;    /* of waits: less than 0: those to go without; then short ones, and then those that it spun for */
    uint16_t slept;   /* microseconds in all of the short ones */
    int16_t owes;     /* microseconds; less than 0: it has been worth it */
    uint8_t failures; /* how often it has come to owe too much, since it was last worth it for a whole run */
};

/* One wait. */
struct ab_spell {
    struct ab_spin *spin; /* NULL: nothing is learnt of it */
    struct ab_spin_rule *rule;
    ab_time begun;
    bool spun; /* it began with it */
    bool over; /* it sleeps from now on */
};

/* For a wait that has nothing to do with it. */
#define AB_SPELL_NONE ((struct ab_spell){.over = true})

struct ab_spell ab_spell_begin(struct ab_spin *spin, struct ab_spin_rule *rule);
/* Whether to look again, and not to sleep. */
bool ab_spell_spins(struct ab_spell *spell);
/* What was waited for is there. */
void ab_spell_end(struct ab_spell *spell);

#endif
