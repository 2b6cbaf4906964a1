/*
 * Owns the thread that waits for the signals. Invariant: the bus is used with the lock held, so that it is not one that
 * was given back.
 */
#include "interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "message.h"

static struct {
    sigset_t signals;
    pthread_mutex_t lock;
    autobus_bus *bus;
    int signal; /* the first; 0: none yet */
} interrupt = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The only way to end so that who started the tool is told of the signal. */
static void die_of(int number)
{
    signal(number, SIG_DFL);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &interrupt.signals, NULL);
}

/* What fails from now on fails because of the signal. */
static void swallow(const char *block, bool error)
{
    (void)block;
    (void)error;
}

static void take(int number)
{
    pthread_mutex_lock(&interrupt.lock);
    if (interrupt.signal || !interrupt.bus)
        die_of(number);
    interrupt.signal = number;
    tool_message_divert(swallow);
    autobus_bus_close(interrupt.bus);
    pthread_mutex_unlock(&interrupt.lock);
}

static void *wait_for_signals(void *unused)
{
    int number;
    (void)unused;
    while (sigwait(&interrupt.signals, &number) == 0)
        take(number);
    return NULL;
}

static void add_unless_ignored(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(&interrupt.signals, number);
}

void tool_interrupt_begin(void)
{
    pthread_t thread;
    sigemptyset(&interrupt.signals);
    add_unless_ignored(SIGINT);
    add_unless_ignored(SIGTERM);
    add_unless_ignored(SIGHUP);
    pthread_sigmask(SIG_BLOCK, &interrupt.signals, NULL);
    if (pthread_create(&thread, NULL, wait_for_signals, NULL) == 0)
        pthread_detach(thread);
    else
        pthread_sigmask(SIG_UNBLOCK, &interrupt.signals, NULL); /* they end the tool at once */
}

void tool_interrupt_set(autobus_bus *bus)
{
    pthread_mutex_lock(&interrupt.lock);
    interrupt.bus = bus;
    pthread_mutex_unlock(&interrupt.lock);
}

void tool_interrupt_end(void)
{
    pthread_mutex_lock(&interrupt.lock);
    if (interrupt.signal)
        die_of(interrupt.signal);
    pthread_mutex_unlock(&interrupt.lock);
}
