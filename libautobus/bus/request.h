/*
 * The program's handle of a call that it answers. What the program may read of it never changes and lasts as long as it
 * does, so it needs the engine only to answer, and outlives it.
 */
#ifndef AB_BUS_REQUEST_H
#define AB_BUS_REQUEST_H

#include <autobus2.h>
#include <stdatomic.h>

#include "base/address.h"
#include "base/list.h"
#include "bus/callers.h"
#include "bus/handle.h"
#include "bus/queue.h"
#include "bus/slot.h"
#include "core/notice.h"
#include "core/request.h"

struct autobus_request {
    struct ab_handle handle;
    autobus_bus *bus;
    struct ab_request *core;   /* one reference */
    struct ab_request *engine; /* the same; NULL: answered, or the bus is closed */
    struct ab_list node;       /* in bus->requests while the engine has it */
    struct ab_list slots;      /* who wants to hear when nobody waits any more */
    struct ab_target target;   /* hears that for them */
    struct ab_item item;       /* its turn to be handled; its slot has the names and holds the bus */
    struct ab_waiting waiting; /* the same among those who call */
    bool kept;                 /* the program has it longer than the function runs: it holds the slot */
    atomic_bool over;          /* `engine` is NULL for ever */
    atomic_bool failed;        /* an error was to be the answer, and was none */
    json_t *args;              /* NULL until the handler's thread has decoded them */
    autobus_peer peer;         /* once somebody asked */
    char host[AB_ADDRESS_HOST_TEXT];
};

struct ab_answer {
    enum { AB_ANSWER_RESULT, AB_ANSWER_ERROR, AB_ANSWER_EXCEPTION } kind;
    struct ab_text *result; /* borrowed */
    const char *type;       /* of an error; of an exception it may be NULL */
    const char *text;
    struct ab_text *data; /* of an exception; borrowed; may be NULL */
};

/* No lock held. A turn of its own; the request is answered then, whatever it returns. AB_EEXIST: it was before. */
int ab_request_answer(autobus_request *request, const struct ab_answer *answer);
/* A partial result; the text is borrowed. */
int ab_request_give(autobus_request *request, struct ab_text *value);
/* The same with an error of the protocol. */
int ab_request_answer_error(autobus_request *request, const char *type, const char *text);

/* The others under the bus's lock. */

/* Takes a call to its function's slot, or answers that it is too busy. */
void ab_request_handle_deliver(autobus_slot *slot, struct ab_notice *notice);
/* The item waits for a worker; it waits no more. */
void ab_request_queue(struct ab_item *item);
void ab_request_left(struct ab_item *item);
/* Answers busy for an item that is waiting, and takes it out. */
void ab_request_refuse(struct ab_item *item);
/* Answers for an item that is in no list any more: its function is gone. */
void ab_request_drop(struct ab_item *item);
/* It is answered, or the bus is closed: the engine's part is given up. */
void ab_request_handle_shut(autobus_request *request);

/* No lock held. Runs the function with the request that the notice is for. */
void ab_request_handle_run(autobus_slot *slot, struct ab_notice *notice);

#endif
