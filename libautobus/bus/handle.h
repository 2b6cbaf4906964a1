/*
 * The two counts of a handle: what the program holds, and what keeps the memory. When the program's last reference goes
 * the thing is closed; when the last of all goes it is freed. A callback that is given a handle whose program has just
 * dropped it may take it again: it is closed then, and answers so.
 */
#ifndef AB_BUS_HANDLE_H
#define AB_BUS_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/count.h"

struct ab_handle {
    atomic_uint users;      /* references of the program; each is one of the memory too */
    atomic_uint references; /* of the memory */
};

/* One user. */
static inline void ab_handle_init(struct ab_handle *handle)
{
    atomic_init(&handle->users, 1);
    atomic_init(&handle->references, 1);
}

static inline void ab_handle_hold(struct ab_handle *handle)
{
    ab_count_up(&handle->references);
}

/* True: nobody but who asks, who has one, has the memory. */
static inline bool ab_handle_is_only(struct ab_handle *handle)
{
    return atomic_load_explicit(&handle->references, memory_order_acquire) == 1;
}

/* True: it was the last; free it. */
static inline bool ab_handle_release(struct ab_handle *handle)
{
    return ab_count_down(&handle->references);
}

static inline void ab_handle_use(struct ab_handle *handle)
{
    ab_handle_hold(handle);
    ab_count_up(&handle->users);
}

/* True: it was the program's last; close it. The memory's reference is released after, by itself. */
static inline bool ab_handle_unuse(struct ab_handle *handle)
{
    return ab_count_down(&handle->users);
}

#endif
