/*
 * A count of references that any thread may change.
 */
#ifndef AB_BASE_COUNT_H
#define AB_BASE_COUNT_H

#include <stdatomic.h>
#include <stdbool.h>

static inline void ab_count_up(atomic_uint *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* True: it was the last, and every use by others has ended before; the count is over then, whatever it says. Who has the
 * only one is alone, and needs no locked instruction to see that: a small call had 22 of those at its client. */
static inline bool ab_count_down(atomic_uint *count)
{
    return atomic_load_explicit(count, memory_order_acquire) == 1 ||
           atomic_fetch_sub_explicit(count, 1, memory_order_acq_rel) == 1;
}

#endif
