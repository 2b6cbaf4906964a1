/*
 * Counts the instructions of a piece of work: what a clock cannot tell on a busy machine. The same work takes the same in
 * each run, but for what the C library chooses by addresses.
 */
#ifndef AB_TESTS_STEPS_H
#define AB_TESTS_STEPS_H

/* Does it on this thread, a trap after each instruction: some microseconds each. -1, and nothing is done: not on this
 * processor, nor with sanitizers, whose instructions would be counted too. */
long ab_steps_of(void (*work)(void *context), void *context);

#endif
