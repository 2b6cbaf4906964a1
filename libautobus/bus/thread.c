/*
 * Owns what the library keeps per thread and per process, and how its threads are started. Must not know buses.
 *
 * Invariant: a child of fork never passes ab_guard, so it takes no lock that a vanished thread may hold.
 */
#include "bus/thread.h"

#include <signal.h>
#include <stdatomic.h>

#include "base/error.h"

/* Callbacks of the program's run on these stacks; jansson's recursion takes some 200 KiB of the least. */
#define STACK_LEAST ((size_t)512 << 10)
#define STACK_MOST  ((size_t)64 << 20)
#define STACK_USUAL ((size_t)8 << 20)

_Thread_local struct ab_thread ab_thread;

static atomic_bool forked;
static int start_result;

static void in_child(void)
{
    atomic_store(&forked, true);
}

static void start_once(void)
{
    json_object_seed(0);
    start_result = pthread_atfork(NULL, NULL, in_child) == 0 ? 0 : AB_ENOMEM;
}

int ab_library_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start_once);
    return start_result;
}

bool ab_forked(void)
{
    return atomic_load_explicit(&forked, memory_order_relaxed);
}

int ab_guard(void)
{
    if (ab_thread.filters)
        return AB_EDEADLK;
    return ab_forked() ? AB_EFORKED : 0;
}

int ab_guard_blocking(void)
{
    int r = ab_guard();

    return r == 0 && (ab_thread.serves || ab_thread.dispatches || ab_thread.reads) ? AB_EDEADLK : r;
}

int ab_guard_callback(void)
{
    int r = ab_guard_blocking();

    return r == 0 && ab_thread.callbacks ? AB_EDEADLK : r;
}

void ab_defer(struct ab_deferred *deferred, void (*run)(struct ab_deferred *deferred))
{
    deferred->run = run;
    deferred->next = ab_thread.deferred;
    ab_thread.deferred = deferred;
    ab_deferred_run();
}

static AB_COLD void run_deferred(void)
{
    while (ab_thread.deferred && !ab_thread.locks && !ab_thread.filters) {
        struct ab_deferred *deferred = ab_thread.deferred;

        ab_thread.deferred = deferred->next;
        ab_callback_begin();
        deferred->run(deferred);
        ab_callback_end();
    }
}

void ab_deferred_run(void)
{
    if (ab_thread.deferred)
        run_deferred();
}

/* The default follows RLIMIT_STACK, which the program's user may have set to anything. */
static void choose_stack(pthread_attr_t *attributes)
{
    size_t size;

    if (pthread_attr_getstacksize(attributes, &size) == 0 && (size < STACK_LEAST || size > STACK_MOST))
        pthread_attr_setstacksize(attributes, STACK_USUAL);
}

int ab_thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context)
{
    pthread_attr_t attributes;
    sigset_t all, old;
    int r;

    if (pthread_attr_init(&attributes) != 0)
        return AB_ENOMEM;
    choose_stack(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(ret_thread, &attributes, run, context);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return r == 0 ? 0 : AB_ENOMEM;
}
