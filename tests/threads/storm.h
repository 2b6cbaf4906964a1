/*
 * What the files of the storm share: the scene that all threads are in, chance, and a record of each registration by
 * which it is known that it is destroyed once, and not while its callback runs. check_storm.c has the threads, this
 * header's own file the records, storm_callbacks.c what the callbacks do, storm_service.c what is done with a service and
 * storm_discovery.c with what is found. Between them they use every function of autobus2.h.
 */
#ifndef AB_TESTS_STORM_H
#define AB_TESTS_STORM_H

#include <autobus2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "buses.h"

#define STORM_QUEUES 5

struct storm {
    struct ab_pair pair;
    autobus_remote *many;
    autobus_discoverer *discoverer;
    uint16_t port;                       /* of the server */
    autobus_queue *queues[STORM_QUEUES]; /* of the client; NULL: the bus's own; the last two are polled */
    autobus_queue *functions;            /* of the server, polled */
    atomic_bool closed;
    atomic_int closing; /* a callback is to close both buses: 1 the client first, 2 the server; 0: none */
};

extern struct storm storm;

/* ---- Chance: repeatable for each thread from the seed, as far as threads are */

void storm_seed(uint64_t seed);
uint32_t chance(uint32_t sides);

/* ---- Registrations */

enum registration_kind {
    OF_FUNCTION,
    OF_REPLACED_FUNCTION,
    OF_GUARD,
    OF_FILTER,
    OF_INTEREST,
    OF_ABANDONED,
    OF_SERVICES,
    OF_PUBLICATIONS,
    OF_BINDING,
    OF_END,
    OF_EVENT,
    OF_VALUE,
    OF_CALL,
    OF_CALL_OF_ALL,
    OF_GET,
    OF_WAIT,
    REGISTRATION_KINDS
};

struct registration {
    enum registration_kind kind;
    atomic_int made;
    atomic_int running;
    atomic_int destroyed;
    _Atomic(autobus_slot *) slot;       /* whoever takes it has its reference */
    _Atomic(autobus_service *) service; /* of a function that may close it; as above */
    bool own;                           /* its remote is of this registration alone: anybody may close it */
};

/* NULL: there have been enough of them. */
struct registration *registration_new(enum registration_kind kind);
/* How many were asked for so far. */
unsigned registrations_count(void);
/* After the function that registers: its slot is kept with the record. */
void registration_made(struct registration *registration, int code, autobus_slot *slot);
/* The first time only; takes NULL. */
void registration_cancel(struct registration *registration, bool wait);
/* As destroy function of each. */
void registration_destroyed(void *registration);
/* Around each callback. */
void registration_begin(struct registration *registration);
void registration_end(struct registration *registration);
/* When all is over: each was destroyed once; and if `all`, there were some of each kind. */
void registrations_check(bool all);

/* Closes both. */
void storm_close(bool server_first);

/* True for 0; what a program without mistakes is not told, even in a storm, fails the test. */
bool fine(int code);

/* ---- Callbacks; the user_data of each is a registration */

void on_event(const autobus_event *what, void *registration);
void on_value(const autobus_value *what, void *registration);
void on_binding(const autobus_binding *what, void *registration);
void on_result(const autobus_result *what, void *registration);
void on_services(const autobus_services_event *what, void *registration);
void on_interest(const autobus_interest *what, void *registration);
void on_publication(const autobus_publication *what, void *registration);
bool on_access(const autobus_access *access, void *registration);
bool on_filter(const json_t *info, void *registration);
void work(autobus_request *request, void *registration);
/* Keeps one, which answer_late answers. */
void later(autobus_request *request, void *registration);
void answer_late(void);

/* Asks the remote something, with a callback. */
void ask(autobus_remote *remote, bool own);

/* ---- Acts: see their files */

/* `own`: the function may close its service. */
void add_function(autobus_service *service, bool own, const char *name, autobus_function_fn function);
void change_service(autobus_service *service);
void look_at_service(autobus_service *service);
void look_around(void);
void find_by_filter(void);

#endif
