/*
 * Output that a thread holds back, of one bus: while it runs callbacks that must not block, and while a batch of the
 * program's is open. What it holds leaves with whatever another thread sends before, so this saves system calls and
 * promises nothing; and never later than its end, a blocking call or a close.
 */
#ifndef AB_BUS_HOLD_H
#define AB_BUS_HOLD_H

#include <autobus2.h>

struct ab_hold {
    autobus_bus *bus; /* NULL: none */
    unsigned depth;   /* rounds of callbacks and batches that are open; a batch has a reference of the bus */
    unsigned floor;   /* how many of them were when the callback began that runs now */
};

/* A round of callbacks begins on this thread; what is returned goes to ab_hold_end. It sends when the lock is let go. */
struct ab_hold ab_hold_begin(autobus_bus *bus);
void ab_hold_end(struct ab_hold before);

/* Around a callback of the program's: a batch that it began and did not end ends with it. No lock held. */
struct ab_hold ab_hold_callback_begin(void);
void ab_hold_callback_end(struct ab_hold before);

/* No lock held, before this thread waits: what it holds leaves, and what it sends meanwhile; until ab_hold_end. */
struct ab_hold ab_hold_suspend(void);
/* The same, for one that holds on. */
void ab_hold_flush(void);

#endif
