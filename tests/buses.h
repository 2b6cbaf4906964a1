/*
 * Real buses in one process for tests of the public API: on loopback alone, with a discovery port of the test's own, and
 * ways to wait for what callbacks do. Nothing here sleeps.
 */
#ifndef AB_TESTS_BUSES_H
#define AB_TESTS_BUSES_H

#include <autobus2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- Counting what happens, and waiting for it */

struct ab_gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int count;
};

#define AB_GATE_INIT                                           \
    {                                                          \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 \
    }

void ab_gate_pass(struct ab_gate *gate); /* counts one */
int ab_gate_count(struct ab_gate *gate);
/* Waits until that many have passed; the test fails after 10 s. */
void ab_gate_wait(struct ab_gate *gate, int count);
/* As a destroy function: the user_data is a gate. */
void ab_gate_destroy(void *gate);

/* ---- Buses */

/* The port of all buses made with these options. */
uint16_t ab_test_discovery_port(void);
/* Options for loopback and the test's port; further ones are NAME, VALUE pairs that end with NULL. */
autobus_options *ab_test_options(const char *name, ...);
autobus_bus *ab_test_bus(void);
/* Closes, waits and drops. */
void ab_test_bus_end(autobus_bus *bus);

/* A server with one published service of type "test", and a client with a proxy that is bound to it. The service has
 * the function "echo" (THREAD) that answers its arguments, the event "ping" and the object "value" (0). */
struct ab_pair {
    autobus_bus *server;
    autobus_bus *client;
    autobus_service *service;
    autobus_remote *remote;
};

/* `options` may be NULL; freed. */
void ab_pair_open(struct ab_pair *pair, autobus_options *options);
void ab_pair_close(struct ab_pair *pair);

/* Adds a function to the pair's service. */
void ab_pair_function(struct ab_pair *pair, const char *name, enum autobus_mode mode, autobus_function_fn function,
                      void *user_data);
/* A function for it that keeps what it is called with and does not answer: ab_keep, with a struct ab_kept as its user_data.
 * Its calls come one at a time. */
struct ab_kept {
    struct ab_gate came; /* that many are there */
    autobus_request *requests[4];
};

/* clang-format off */
#define AB_KEPT_INIT {.came = AB_GATE_INIT}
/* clang-format on */

void ab_keep(autobus_request *request, void *kept);
/* Those that are there, which may be dropped twice. */
void ab_kept_drop(struct ab_kept *kept);

/* The client's answer to a call with a callback: ab_answer_take and ab_answer_destroyed, with this as their user_data. */
struct ab_answer {
    struct ab_gate came;
    struct ab_gate destroyed;
    int code;         /* 1 before */
    json_int_t value; /* 0 if it is no integer */
    char type[32];    /* of the error */
};

/* clang-format off */
#define AB_ANSWER_INIT {.came = AB_GATE_INIT, .destroyed = AB_GATE_INIT, .code = 1}
/* clang-format on */

void ab_answer_take(const autobus_result *result, void *answer);
void ab_answer_destroyed(void *answer);

/* The port that the client has the service at. */
uint16_t ab_pair_port(struct ab_pair *pair);
/* Waits until all that the service has sent so far is with the client's slots. */
void ab_pair_flush(struct ab_pair *pair);

#endif
