/* What targets with buses of the simulation check alike. */
#ifndef AB_TESTS_FUZZ_BUS_H
#define AB_TESTS_FUZZ_BUS_H

#include <jansson.h>

#include "sim/sim.h"

/* A line that a bus has sent: PROTOCOL section 2, and none of what a legacy peer falls over. Decoded, the caller's. */
json_t *fuzz_check_line(const char *text, size_t size);

/* Asks the bus all that a program may ask about it and about what it knows. */
void fuzz_check_bus(struct sim_bus *bus);

#endif
