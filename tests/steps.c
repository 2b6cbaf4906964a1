/*
 * Owns the processor's trap flag and the signal that comes of it. Must not know what the work is.
 *
 * The flag is not set and cleared where it is, but in what a handler returns to.
 */
#include "steps.h"

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "harness.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#define TRAP_FLAG 0x100

static volatile sig_atomic_t working;
static volatile long steps;

static void on_trap(int number, siginfo_t *info, void *context)
{
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];

    (void)number;
    (void)info;
    *flags = working ? *flags | TRAP_FLAG : *flags & ~TRAP_FLAG;
    steps++;
}

long ab_steps_of(void (*work)(void *context), void *context)
{
    struct sigaction trap = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, before;

    ck_assert_int_eq(sigaction(SIGTRAP, &trap, &before), 0);
    steps = 0;
    working = true;
    raise(SIGTRAP);
    work(context);
    working = false;
    ck_assert_int_eq(sigaction(SIGTRAP, &before, NULL), 0);
    return steps;
}

#else

long ab_steps_of(void (*work)(void *context), void *context)
{
    (void)work;
    (void)context;
    return -1;
}

#endif
