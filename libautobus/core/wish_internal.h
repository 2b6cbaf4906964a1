/*
 * What is wished of one name, and who wishes it, as wish.c and subscription.c share them. Core only.
 */
#ifndef AB_CORE_WISH_INTERNAL_H
#define AB_CORE_WISH_INTERNAL_H

#include "core/remote_internal.h"

struct ab_wish {
    struct ab_map_node node; /* in wishes->listens or wishes->watches */
    struct ab_pending pending;
    struct ab_remote *remote;
    struct ab_text *name;
    bool watch;                   /* or listen */
    bool sent;                    /* on this binding */
    bool known;                   /* the service told whether there is a value */
    bool repeat;                  /* an equal value may follow, which is no change (legacy, PROTOCOL section 2) */
    bool walking;                 /* its subscriptions are being told: it must stay */
    struct ab_value value;        /* as text; absent: there is none */
    struct ab_list subscriptions; /* struct ab_subscription.node */
    struct ab_list gets;          /* struct ab_call.node */
};

struct ab_subscription {
    struct ab_list node; /* in wish->subscriptions, wishes->bindings or wishes->ends; in none after its last notice */
    struct ab_remote *remote;
    struct ab_wish *wish;    /* NULL: of bindings or the end, or overflowed */
    struct ab_notice notice; /* a value (the newest), the end, or the overflow */
    bool present;            /* the last value told was there */
    bool refused;            /* it was told that, on this binding or while there is none */
};

/* ---- wish.c */
/* The wish of that name, made if there is none; ab_wish_settle ends it if it is not needed. NULL: no memory. */
struct ab_wish *ab_wish_of(struct ab_remote *remote, bool watch, const char *name);
/* Somebody new wishes it: tells him what is known, or asks. */
void ab_wish_joined(struct ab_wish *wish, struct ab_subscription *subscription);

/* ---- subscription.c */
/* Replaces a value that is still in the queue; it is taken. */
void ab_subscription_tell_value(struct ab_subscription *subscription, struct ab_value value, struct ab_text *service);
/* `last`: the arguments may be taken, nobody else needs them. */
void ab_subscription_tell_event(struct ab_subscription *subscription, struct ab_value *args, bool last);
/* Once a binding, or once until there is one. */
void ab_subscription_tell_refusal(struct ab_subscription *subscription, int code, const char *type, const char *text);

#endif
