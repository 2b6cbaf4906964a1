/*
 * Owns the hooks that count and fail allocations. See failing.h for its use.
 */
#include "failing.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "harness.h"

#define ENDLESS 1000000
#define FIRST   200 /* allocations, of which each fails; after them each STEPth */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP 5
#else
#define STEP 1
#endif

static atomic_long countdown = -1;
static atomic_bool staying, happened, resting;
static atomic_long live, live_json;
static atomic_size_t made, bytes;

/* True when this allocation may go on. */
static bool allow(size_t size)
{
    long left = atomic_load(&countdown);

    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&bytes, size);
    if (left < 0 || atomic_load(&resting))
        return true;
    if (atomic_fetch_sub(&countdown, 1) > 0)
        return true;
    atomic_store(&happened, true);
    atomic_store(&countdown, atomic_load(&staying) ? 0 : -1);
    return false;
}

void *ab_failing_realloc(void *old, size_t size)
{
    void *block = allow(size) ? realloc(old, size) : NULL;

    if (block && !old)
        atomic_fetch_add(&live, 1);
    return block;
}

void *ab_failing_malloc(size_t size)
{
    return ab_failing_realloc(NULL, size);
}

void ab_failing_free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    free(block);
}

static void *json_malloc_hook(size_t size)
{
    void *block = allow(size) ? malloc(size) : NULL;

    if (block)
        atomic_fetch_add(&live_json, 1);
    return block;
}

static void json_free_hook(void *block)
{
    if (block)
        atomic_fetch_sub(&live_json, 1);
    free(block);
}

void ab_failing_install(void)
{
    static const struct ab_memory_hooks hooks = {ab_failing_realloc, ab_failing_free};

    ab_memory_set_hooks(&hooks);
    json_set_alloc_funcs(json_malloc_hook, json_free_hook);
    ab_failing_arm(-1, false);
    atomic_store(&live, 0);
    atomic_store(&live_json, 0);
    atomic_store(&made, 0);
    atomic_store(&bytes, 0);
}

void ab_failing_remove(void)
{
    ab_failing_arm(-1, false);
    ab_memory_set_hooks(NULL);
    json_set_alloc_funcs(malloc, free);
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
    return atomic_load(&live);
}

long ab_failing_live_json(void)
{
    return atomic_load(&live_json);
}

size_t ab_failing_made(void)
{
    return atomic_load(&made);
}

size_t ab_failing_bytes(void)
{
    return atomic_load(&bytes);
}

/* One run; true when no allocation was left to fail. */
static bool run(bool (*scenario)(void *), void *context, long number, bool stay)
{
    bool failed, completed;

    ab_failing_arm(number, stay);
    completed = scenario(context);
    failed = ab_failing_happened();
    ab_failing_arm(-1, false);
    ck_assert_msg(ab_failing_live() == 0 && ab_failing_live_json() == 0,
                  "allocation %ld failed%s: %ld blocks leaked, %ld of jansson", number, stay ? " and all after it" : "",
                  ab_failing_live(), ab_failing_live_json());
    ck_assert_msg(failed || completed, "nothing failed, and yet the scenario did not complete");
    return !failed;
}

size_t ab_failing_each(bool (*scenario)(void *), void *context)
{
    size_t injected = 0;
    bool alone, stayed;

    ab_failing_install();
    for (long number = 0;; number += number < FIRST ? 1 : STEP) {
        ck_assert_msg(number < ENDLESS, "the scenario never comes to its end");
        alone = run(scenario, context, number, false);
        stayed = run(scenario, context, number, true);
        if (alone && stayed)
            break;
        injected += !alone + !stayed;
    }
    ab_failing_remove();
    return injected;
}
