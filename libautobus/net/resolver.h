/*
 * Names of hosts to addresses, on a helper thread: asking for a name can take half a minute, and nothing else may wait
 * for it. One thread at a time, made when there is something to ask and gone when there is nothing more.
 */
#ifndef AB_NET_RESOLVER_H
#define AB_NET_RESOLVER_H

#include <stdbool.h>

#include "net/net.h"

struct ab_resolver;

struct ab_resolver *ab_resolver_new(struct ab_net *net); /* NULL: no memory */
/* Any thread, lock held or not. AB_ENOMEM, AB_EAGAIN: too many names wait, AB_ECLOSED. */
int ab_resolver_ask(struct ab_resolver *resolver, const char *name, uint16_t port, ab_net_resolved done, void *target);
/* Event thread, lock held: runs `done` of what was answered. True if there was any. */
bool ab_resolver_deliver(struct ab_resolver *resolver);
/* Lock held: what was not answered ends with count 0, and nothing more is taken. */
void ab_resolver_close(struct ab_resolver *resolver);
/* Drops the net's reference, after close; takes NULL. A thread that still waits for an answer has its own. */
void ab_resolver_unref(struct ab_resolver *resolver);

#endif
