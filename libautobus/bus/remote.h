/*
 * The program's handle of a connection or a proxy.
 */
#ifndef AB_BUS_REMOTE_H
#define AB_BUS_REMOTE_H

#include <autobus2.h>

#include "base/list.h"
#include "bus/handle.h"
#include "bus/slot.h"
#include "core/multiple.h"
#include "core/remote.h"
#include "wire/filter.h"

struct autobus_remote {
    struct ab_handle handle;
    autobus_bus *bus;
    struct ab_remote *engine;     /* NULL: closed, or of many services */
    struct ab_multiple *multiple; /* NULL: closed, or of one service */
    struct ab_list node;          /* in bus->remotes until closed */
    struct ab_list slots;         /* of calls and of what is listened to and watched */
    autobus_queue *queue;         /* of registrations to come, or NULL: the bus's; one reference */
    struct ab_filter *filter;     /* of a proxy: held on, so that the engine's is never the last reference */
    int timeout_ms;
    bool is_multiple; /* for as long as it lives */
};

/* 0 with the bus's lock held and remote->engine or remote->multiple there; ab_bus_leave ends it. Checks `remote` too. */
int ab_remote_handle_enter(autobus_remote *remote);
/* What makes no sense on a proxy of many services. AB_EINVAL with a text; no lock needed; takes NULL. */
int ab_remote_handle_check_single(const autobus_remote *remote, autobus_error *error);
int ab_remote_handle_timeout(const autobus_remote *remote, int timeout_ms); /* 0: its own; lock held */

/* Fills `error` for what the engine refused; why the remote is over, if that is it. Lock held. Returns the code. */
int ab_remote_handle_fail(autobus_remote *remote, autobus_error *error, int code);

/* A slot on it. NULL: no memory. The name is copied; NULL: none. No lock held. */
autobus_slot *ab_remote_handle_slot(autobus_remote *remote, const struct ab_slot_kind *kind, const char *name,
                                    void *user_data, autobus_destroy_fn destroy);
/* As ab_remote_handle_enter, to register it: it has its queue from here on. */
int ab_remote_handle_enter_with(autobus_remote *remote, autobus_slot *slot);
/* For the kinds: gives the slot's reference back. */
void ab_remote_handle_release_owner(autobus_slot *slot);

/* Under the bus's lock: closes it. */
void ab_remote_handle_shut(autobus_remote *remote);

#endif
