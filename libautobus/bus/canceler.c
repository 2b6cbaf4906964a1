/*
 * Owns the handle that cancels calls from another thread. Must not know how a question is asked.
 */
#include "bus/canceler.h"

#include "base/count.h"
#include "base/error.h"
#include "base/memory.h"
#include "bus/ask.h"
#include "bus/bus.h"
#include "bus/thread.h"

int autobus_canceler_new(autobus_bus *bus, autobus_canceler **ret_canceler)
{
    autobus_canceler *canceler;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !ret_canceler)
        return AB_EINVAL;
    canceler = ab_calloc(1, sizeof(*canceler));
    if (!canceler)
        return AB_ENOMEM;
    atomic_init(&canceler->references, 1);
    canceler->bus = ab_bus_hold(bus);
    ab_list_init(&canceler->blocked);
    *ret_canceler = canceler;
    return 0;
}

void ab_canceler_release(autobus_canceler *canceler)
{
    autobus_bus *bus;

    if (!canceler || !ab_count_down(&canceler->references))
        return;
    bus = canceler->bus;
    ab_free(canceler);
    ab_bus_release(bus);
}

autobus_canceler *autobus_canceler_ref(autobus_canceler *canceler)
{
    if (!canceler || ab_thread.filters)
        return NULL;
    ab_count_up(&canceler->references);
    return canceler;
}

autobus_canceler *autobus_canceler_unref(autobus_canceler *canceler)
{
    if (canceler && ab_guard() == 0)
        ab_canceler_release(canceler);
    return NULL;
}

void autobus_canceler_cancel(autobus_canceler *canceler)
{
    struct ab_list *node;

    if (!canceler || ab_bus_enter(canceler->bus) < 0)
        return;
    canceler->canceled = true;
    while ((node = ab_list_take(&canceler->blocked)))
        ab_answers_cancel(AB_CONTAINER(node, struct ab_answers, node));
    ab_bus_leave(canceler->bus);
}
