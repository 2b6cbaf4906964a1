/*
 * Between the parts that make up a bus of the simulation: bus.c drives the engine and is its host, notices.c hears what
 * the engine says, program.c does what a program does. Tests include sim.h alone.
 */
#ifndef AB_TESTS_SIM_BUS_H
#define AB_TESTS_SIM_BUS_H

#include "sim/sim.h"

struct sim_slot *sim_slot_new(struct sim_bus *bus, enum sim_slot_kind kind, const char *label);
/* A negative result fails the test, unless memory was made to fail. True: it worked. */
bool sim_worked(struct sim_bus *bus, int result, const char *what);
void sim_bus_take_notices(struct sim_bus *bus);
/* Records the notices that were taken, and lets the program act on each. */
void sim_bus_act(struct sim_bus *bus);
/* Cancels and frees all that the program has on the bus. */
void sim_bus_drop_handles(struct sim_bus *bus);
/* Last words at the end of a test: handles, engine, memory. */
void sim_bus_free(struct sim_bus *bus);
const char *sim_error_name(int code);

extern const struct ab_host sim_bus_host;
void sim_streams_flush(struct sim_bus *bus);
void sim_streams_free(struct sim_bus *bus);
void sim_streams_crowded(void *bus);                   /* a timer */
size_t sim_streams_waiting(const struct sim_bus *bus); /* bytes, of those that the engine knows of */
/* Tries to take the first port too, so long from now, if it listens on another. */
void sim_bus_claim_in(struct sim_bus *bus, ab_time delay);
extern const struct sim_process_table sim_bus_table;

#endif
