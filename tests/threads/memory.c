/*
 * Owns the count of registrations and the judgement of codes. See memory.h for their use.
 */
#include "threads/memory.h"

#include <stdatomic.h>

struct memory memory = {.time_ms = PATIENCE_MS};

static atomic_int registered, ended;

bool fair(int code)
{
    switch (code) {
    case 0:
    case AUTOBUS_ENOMEM:
    case AUTOBUS_EREMOTE: /* it is the server that has none: busy */
    case AUTOBUS_EDISCONNECTED: return true;
    case AUTOBUS_ENOTBOUND: /* after that */
    case AUTOBUS_EOVERFLOW: /* there was none to tell what is left out */
    case AUTOBUS_ENETWORK: return ab_failing_happened();
    case AUTOBUS_ETIMEDOUT: return memory.gone; /* nothing binds without any, and the time is short */
    case AUTOBUS_ECLOSED:
    case AUTOBUS_ECANCELED: return memory.ending;
    default: return false;
    }
}

bool fine(int code)
{
    ck_assert_msg(fair(code), "it ended with %d", code);
    return code == 0;
}

bool fine_in_time(int code)
{
    return fine(code == AUTOBUS_ETIMEDOUT && ab_failing_happened() ? AUTOBUS_EDISCONNECTED : code);
}

bool count(int code)
{
    if (fine(code))
        atomic_fetch_add(&registered, 1);
    return code == 0;
}

void destroyed(void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&ended, 1);
}

void cancel(autobus_slot *slot)
{
    ck_assert_int_eq(autobus_slot_cancel_wait(slot), 0);
    autobus_slot_unref(slot);
}

void check_destroyed(void)
{
    ck_assert_int_eq(atomic_exchange(&registered, 0), atomic_exchange(&ended, 0));
}

/* ---- Callbacks */

void on_result(const autobus_result *what, void *gate)
{
    ck_assert_msg(fair(what->code), "it completed with %d", what->code);
    if (what->last)
        ab_gate_pass(gate);
}

void on_value(const autobus_value *what, void *gate)
{
    ck_assert_str_eq(what->name, "value");
    ab_gate_pass(gate);
}

void on_event(const autobus_event *what, void *gate)
{
    ck_assert(what->code == 0 || what->code == AUTOBUS_EREMOTE || what->code == AUTOBUS_EOVERFLOW);
    ab_gate_pass(gate);
}
