/*
 * What the program must hear, on its way from the engine to the bus. The engine puts notices in its queue; the bus takes
 * all of them after each input, under the same lock hold, so a target is never stale.
 *
 * `target` is the pointer that the bus gave when it registered. Whoever takes a notice owns it and ends it with
 * ab_notice_release. What must not be lost is part of what it reports (a call's completion, a subscription's end), so
 * that it needs no memory at the moment it happens.
 */
#ifndef AB_CORE_NOTICE_H
#define AB_CORE_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"
#include "wire/value.h"

struct ab_request;

enum ab_notice_kind {
    AB_NOTICE_NONE,
    AB_NOTICE_CALL,        /* a function is called: request, value = args, target = the function's */
    AB_NOTICE_ABANDONED,   /* nobody waits for that answer any more: request; target = the request's, if it has one */
    AB_NOTICE_SERVICES,    /* change, service, value = entry; target = the browser's */
    AB_NOTICE_COMPLETION,  /* code, value = result, error_*, service; target = the call's. Exactly one a call */
    AB_NOTICE_PART,        /* one service's completion of a call to all; that itself completes after all of them */
    AB_NOTICE_PROGRESS,    /* a partial result of a call, or of a part, before it completes: service, value */
    AB_NOTICE_EVENT,       /* service, name, value = args; code AB_EOVERFLOW: the last; other codes: it is refused, with
                             error_*; target = the subscription's */
    AB_NOTICE_VALUE,       /* service, name, value (may be absent); code, error_*: it is refused; target = as above */
    AB_NOTICE_BINDING,     /* change 1 bound, 0 unbound; service, code = reason, value = info; target as above */
    AB_NOTICE_PUBLICATION, /* change, service, value = info, port; code AB_EOVERFLOW: the last; target = the herald's */
    AB_NOTICE_SEED,        /* the addresses of a known host are wanted; target = the seed's */
    AB_NOTICE_INTEREST,    /* change 1: somebody listens or watches, 0: nobody; code = enum ab_topic_kind; target = the
                              audience's */
    AB_NOTICE_LOG,         /* level, text in name; no target */
};

/* `change` of AB_NOTICE_SERVICES; the numbers are those of enum autobus_services_kind. */
enum ab_services_change {
    AB_SERVICE_ADDED = 1,
    AB_SERVICE_CHANGED,
    AB_SERVICE_REMOVED,
    AB_SERVICES_CACHED,
    AB_SERVICES_SETTLED,
    AB_SERVICES_OVERFLOW, /* the browser has ended by itself: no memory for a change */
};

/* `change` of AB_NOTICE_PUBLICATION; the numbers are those of enum autobus_publication_kind. */
enum ab_publication_change {
    AB_PUBLICATION_ADDED = 1,
    AB_PUBLICATION_CHANGED,
    AB_PUBLICATION_REMOVED,
};

struct ab_notice {
    struct ab_list node;
    enum ab_notice_kind kind;
    int change;
    int code;
    int level;
    uint16_t port;
    void *target;
    struct ab_text *service;
    struct ab_text *name;
    struct ab_value value;
    char *error_type;
    char *error_text;
    json_t *error_details;
    struct ab_request *request;                /* one reference */
    void (*release)(struct ab_notice *notice); /* set by the maker; NULL: it is a block of its own */
};

/* So many bytes follow a notice that is a block of its own, for whoever takes it: they need no block to keep it. */
#define AB_NOTICE_ROOM 128

struct ab_notice *ab_notice_new(enum ab_notice_kind kind, void *target); /* NULL: no memory */
void ab_notice_init(struct ab_notice *notice, enum ab_notice_kind kind, void *target);
/* For `release`: it is part of something that goes on, and may be used again. */
void ab_notice_stays(struct ab_notice *notice);
/* Drops what is in it, but not the notice itself. */
void ab_notice_deinit(struct ab_notice *notice);
void ab_notice_release(struct ab_notice *notice); /* takes NULL */
/* Takes what one (which is released by that) says into another of the same name and service. */
void ab_notice_say(struct ab_notice *to, struct ab_notice *from);
/* Takes the contents of one (which is released by that) into a plain struct of the taker's. */
void ab_notice_move(struct ab_notice *to, struct ab_notice *from);

#endif
