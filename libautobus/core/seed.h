/*
 * A known host that is asked over TCP which services it has, where broadcast does not reach (PROTOCOL section 3): a
 * connection to one of its buses, over which the directory of the host is watched. What it tells is reported as by any
 * other discoverer, at the address that was connected to and nowhere else.
 */
#ifndef AB_CORE_SEED_H
#define AB_CORE_SEED_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "core/host.h"

struct ab_engine;
struct ab_seed;

/* Tells `target` by AB_NOTICE_SEED, now and each time that it connects anew, that it wants the addresses of its host:
 * then one of the next two is called, once. `name` is for the log. AB_ETOOLARGE: there are as many as may be; AB_ENOMEM,
 * AB_ECLOSED. */
int ab_seed_new(struct ab_engine *engine, ab_time now, const char *name, void *target, struct ab_seed **ret_seed);
void ab_seed_resolved(struct ab_seed *seed, ab_time now, const struct ab_address *addresses, size_t count);
void ab_seed_unresolved(struct ab_seed *seed, ab_time now, const char *text);
/* What it alone reported is gone. Takes NULL. */
void ab_seed_free(struct ab_seed *seed, ab_time now);

/* ---- Core only. */

/* The network is another, or the machine woke: who waits to try again does so now. */
void ab_seeds_hurry(struct ab_engine *engine);
void ab_seeds_close(struct ab_engine *engine);

#endif
