/*
 * Owns chance and the records of registrations. See storm.h for their use.
 */
#include "threads/storm.h"

#include <stdio.h>

#include "base/random.h"
#include "harness.h"

static uint64_t the_seed;

void storm_seed(uint64_t seed)
{
    the_seed = seed;
}

uint32_t chance(uint32_t sides)
{
    static _Thread_local struct ab_random random;
    static _Thread_local bool seeded;
    static atomic_uint threads;

    if (!seeded)
        ab_random_seed(&random, the_seed + atomic_fetch_add(&threads, 1));
    seeded = true;
    return (uint32_t)ab_random_below(&random, sides);
}

/* ---- Registrations */

#define MOST 50000

static struct registration registrations[MOST];
static atomic_uint used;

struct registration *registration_new(enum registration_kind kind)
{
    unsigned number = atomic_fetch_add(&used, 1);

    if (number >= MOST)
        return NULL;
    registrations[number].kind = kind;
    return &registrations[number];
}

void registration_destroyed(void *user_data)
{
    struct registration *registration = user_data;

    ck_assert_int_eq(atomic_load(&registration->running), 0);
    ck_assert_int_eq(atomic_fetch_add(&registration->destroyed, 1), 0);
    autobus_service_unref(atomic_exchange(&registration->service, NULL));
}

/* What a program without mistakes may be told in a storm. */
static bool fair(int code)
{
    switch (code) {
    case 0:
    case AUTOBUS_EAGAIN:
    case AUTOBUS_ECANCELED:
    case AUTOBUS_ECLOSED:
    case AUTOBUS_EDISCONNECTED:
    case AUTOBUS_EEXIST:
    case AUTOBUS_ENOENT:
    case AUTOBUS_ENOTBOUND:
    case AUTOBUS_EOVERFLOW:
    case AUTOBUS_EREMOTE:
    case AUTOBUS_ETIMEDOUT: return true;
    case AUTOBUS_ENETWORK: return atomic_load(&storm.closed);
    default: return false;
    }
}

bool fine(int code)
{
    ck_assert_msg(fair(code), "it ended with %d", code);
    return code == 0;
}

void registration_made(struct registration *registration, int code, autobus_slot *slot)
{
    if (!fine(code))
        return;
    atomic_store(&registration->made, 1);
    atomic_store(&registration->slot, slot);
}

void registration_cancel(struct registration *registration, bool wait)
{
    autobus_slot *slot = registration ? atomic_exchange(&registration->slot, NULL) : NULL;

    if (!slot)
        return;
    if (wait)
        ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    else
        autobus_slot_cancel(slot);
    if (wait)
        ck_assert_int_eq(atomic_load(&registration->destroyed), 1);
    autobus_slot_unref(slot);
}

void registration_begin(struct registration *registration)
{
    ck_assert_int_eq(atomic_load(&registration->destroyed), 0);
    atomic_fetch_add(&registration->running, 1);
}

void registration_end(struct registration *registration)
{
    atomic_fetch_sub(&registration->running, 1);
}

void storm_close(bool server_first)
{
    atomic_store(&storm.closed, true);
    autobus_bus_close(server_first ? storm.pair.server : storm.pair.client);
    autobus_bus_close(server_first ? storm.pair.client : storm.pair.server);
}

unsigned registrations_count(void)
{
    return atomic_load(&used);
}

void registrations_check(bool all)
{
    unsigned count = atomic_load(&used) < MOST ? atomic_load(&used) : MOST;
    unsigned made = 0, of[REGISTRATION_KINDS] = {0};

    for (unsigned i = 0; i < count; i++) {
        struct registration *registration = &registrations[i];

        ck_assert_int_eq(atomic_load(&registration->destroyed), atomic_load(&registration->made));
        ck_assert_int_eq(atomic_load(&registration->running), 0);
        made += (unsigned)atomic_load(&registration->made);
        of[registration->kind] += (unsigned)atomic_load(&registration->made);
        ck_assert_ptr_null(atomic_load(&registration->service));
        autobus_slot_unref(atomic_load(&registration->slot));
    }
    fprintf(stderr, "%u registrations\n", made);
    for (int kind = 0; all && kind < REGISTRATION_KINDS; kind++)
        ck_assert_msg(of[kind] > 0, "no registration of kind %d was made", kind);
}
