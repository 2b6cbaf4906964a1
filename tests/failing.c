/*
 * Owns the hooks that count and fail allocations. See failing.h for its use.
 */
#include "failing.h"

#include <event2/event.h>
#include <jansson.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/single_threaded.h>

#include "base/memory.h"
#include "harness.h"

#define ENDLESS 1000000
#define FIRST   200 /* allocations, of which each fails; after them each AB_FAILING_STEPth */

enum owner { LIBRARY, JANSSON, LIBEVENT, OWNERS };

static atomic_long countdown = -1;
static atomic_bool staying, happened, resting;
static atomic_long live[OWNERS], held, most, made, bytes;
static atomic_size_t injected[OWNERS];

/* Millions of these in a run of one thread: there they need no lock of the processor's. */
static long add(atomic_long *number, long more)
{
    long now;

    if (!__libc_single_threaded)
        return atomic_fetch_add(number, more) + more;
    now = atomic_load_explicit(number, memory_order_relaxed) + more;
    atomic_store_explicit(number, now, memory_order_relaxed);
    return now;
}

/* ---- Whether an allocation may go on */

static bool is_the_one(void)
{
    long left = atomic_load_explicit(&countdown, memory_order_relaxed);

    if (left < 0 || atomic_load_explicit(&resting, memory_order_relaxed))
        return false;
    return add(&countdown, -1) < 0;
}

static bool refuse(enum owner owner)
{
    if (!atomic_exchange(&happened, true))
        atomic_fetch_add(&injected[owner], 1);
    atomic_store(&countdown, atomic_load(&staying) ? 0 : -1);
    return false;
}

static bool allow(enum owner owner, size_t size)
{
    add(&made, 1);
    add(&bytes, (long)size);
    return !is_the_one() || refuse(owner);
}

/* ---- The hooks */

static void count(enum owner owner, long blocks, long size)
{
    long now = add(&held, size);

    add(&live[owner], blocks);
    if (now > atomic_load_explicit(&most, memory_order_relaxed))
        atomic_store_explicit(&most, now, memory_order_relaxed);
}

static void *resize(enum owner owner, void *old, size_t size)
{
    long before = (long)malloc_usable_size(old);
    void *block = allow(owner, size) ? realloc(old, size) : NULL;

    if (block)
        count(owner, !old, (long)malloc_usable_size(block) - before);
    return block;
}

static void release(enum owner owner, void *block)
{
    if (block)
        count(owner, -1, -(long)malloc_usable_size(block));
    free(block);
}

static void *library_realloc(void *old, size_t size)
{
    return resize(LIBRARY, old, size);
}

static void library_free(void *block)
{
    release(LIBRARY, block);
}

static void *jansson_malloc(size_t size)
{
    return resize(JANSSON, NULL, size);
}

static void jansson_free(void *block)
{
    release(JANSSON, block);
}

static void *libevent_malloc(size_t size)
{
    return resize(LIBEVENT, NULL, size);
}

static void *libevent_realloc(void *old, size_t size)
{
    return resize(LIBEVENT, old, size);
}

static void libevent_free(void *block)
{
    release(LIBEVENT, block);
}

/* What libevent would print to say so. */
static void hush(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

void ab_failing_install(void)
{
    static const struct ab_memory_hooks hooks = {library_realloc, library_free};

    ab_memory_set_hooks(&hooks);
    json_set_alloc_funcs(jansson_malloc, jansson_free);
    event_set_mem_functions(libevent_malloc, libevent_realloc, libevent_free);
    event_set_log_callback(hush);
    ab_failing_arm(-1, false);
    for (enum owner owner = 0; owner < OWNERS; owner++)
        atomic_store(&live[owner], 0);
    atomic_store(&held, 0);
    atomic_store(&most, 0);
    atomic_store(&made, 0);
    atomic_store(&bytes, 0);
}

void ab_failing_remove(void)
{
    ab_failing_arm(-1, false);
    ab_memory_set_hooks(NULL);
    json_set_alloc_funcs(malloc, free);
    event_set_mem_functions(malloc, realloc, free);
    event_set_log_callback(NULL);
}

void ab_failing_arm(long count, bool stay)
{
    atomic_store(&staying, stay);
    atomic_store(&happened, false);
    atomic_store(&countdown, count);
}

void ab_failing_pause(bool paused)
{
    atomic_store(&resting, paused);
}

bool ab_failing_happened(void)
{
    return atomic_load(&happened);
}

long ab_failing_live(void)
{
    return atomic_load(&live[LIBRARY]);
}

long ab_failing_live_json(void)
{
    return atomic_load(&live[JANSSON]);
}

long ab_failing_live_event(void)
{
    return atomic_load(&live[LIBEVENT]);
}

size_t ab_failing_made(void)
{
    return (size_t)atomic_load(&made);
}

size_t ab_failing_bytes(void)
{
    return (size_t)atomic_load(&bytes);
}

size_t ab_failing_held(void)
{
    return (size_t)atomic_load(&held);
}

size_t ab_failing_most(void)
{
    return (size_t)atomic_load(&most);
}

size_t ab_failing_tell(void)
{
    static const char *const names[OWNERS] = {"the library", "jansson", "libevent"};
    size_t all = 0;

    for (enum owner owner = 0; owner < OWNERS; owner++) {
        size_t number = atomic_exchange(&injected[owner], 0);

        all += number;
        if (number)
            printf("figure: %zu allocations failed, of %s\n", number, names[owner]);
    }
    printf("figure: %zu allocations failed\n", all);
    fflush(stdout);
    return all;
}

/* ---- One after the other */

/* One run; true when no allocation was left to fail. */
static bool run(bool (*scenario)(void *), void *context, long number, bool stay)
{
    bool failed, completed;

    ab_failing_arm(number, stay);
    completed = scenario(context);
    failed = ab_failing_happened();
    ab_failing_arm(-1, false);
    ck_assert_msg(ab_failing_live() == 0 && ab_failing_live_json() == 0 && ab_failing_live_event() == 0,
                  "allocation %ld failed%s: %ld blocks leaked, %ld of jansson, %ld of libevent", number,
                  stay ? " and all after it" : "", ab_failing_live(), ab_failing_live_json(), ab_failing_live_event());
    ck_assert_msg(failed || completed, "nothing failed, and yet the scenario did not complete");
    return !failed;
}

size_t ab_failing_each(bool (*scenario)(void *), void *context)
{
    bool over = false;

    ab_failing_install();
    for (long number = 0; !over; number += number < FIRST ? 1 : AB_FAILING_STEP) {
        ck_assert_msg(number < ENDLESS, "the scenario never comes to its end");
        over = run(scenario, context, number, false);
        over = run(scenario, context, number, true) && over;
    }
    ck_assert_int_eq(atomic_load(&held), 0);
    ab_failing_remove();
    return ab_failing_tell();
}
