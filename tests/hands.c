/*
 * Owns one of everything that the public API gives out. See hands.h for its use.
 */
#include "hands.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* A request that waits for its answer. */
static void keep_request(struct ab_hands *hands)
{
    ab_pair_function(&hands->pair, "keep", AUTOBUS_SYNC, ab_keep, &hands->kept);
    ck_assert_int_eq(autobus_notice(hands->remote, "keep", NULL), 0);
    ab_gate_wait(&hands->kept.came, 1);
    hands->request = hands->kept.requests[0];
}

void ab_hands_open(struct ab_hands *hands)
{
    memset(hands, 0, sizeof(*hands));
    hands->destroyed = (struct ab_gate)AB_GATE_INIT;
    hands->kept = (struct ab_kept)AB_KEPT_INIT;
    ab_pair_open(&hands->pair, NULL);
    hands->bus = hands->pair.client;
    hands->service = hands->pair.service;
    hands->remote = hands->pair.remote;
    keep_request(hands);
    ck_assert_int_eq(autobus_proxy_multiple(hands->bus, "test", &hands->many, NULL), 0);
    ck_assert_int_eq(autobus_remote_wait(hands->many, 10000, NULL), 0);
    ck_assert_int_eq(autobus_listen(hands->remote, "ping", (autobus_event_fn)abort, NULL, NULL, &hands->slot), 0);
    ck_assert_int_eq(autobus_queue_new(hands->bus, &hands->queue), 0);
    ck_assert_int_eq(autobus_queue_new_polled(hands->bus, &hands->polled), 0);
    ck_assert_int_eq(autobus_filter_new(&hands->filter), 0);
    ck_assert_int_eq(autobus_canceler_new(hands->bus, &hands->canceler), 0);
    ck_assert_int_eq(autobus_discoverer_new(hands->bus, "mine", &hands->discoverer), 0);
    ck_assert_int_eq(autobus_options_new(&hands->options), 0);
    hands->value = json_integer(1);
    hands->array = json_array();
    hands->object = json_object();
}

void ab_hands_drop(struct ab_hands *hands)
{
    autobus_slot_unref(hands->slot);
    autobus_request_unref(hands->request);
    autobus_remote_unref(hands->many);
    autobus_queue_unref(hands->queue);
    autobus_queue_unref(hands->polled);
    autobus_filter_unref(hands->filter);
    autobus_canceler_unref(hands->canceler);
    autobus_discoverer_unref(hands->discoverer);
    autobus_options_free(hands->options);
}

void ab_hands_close(struct ab_hands *hands)
{
    ab_hands_drop(hands);
    json_decref(hands->value);
    json_decref(hands->array);
    json_decref(hands->object);
    ab_pair_close(&hands->pair);
    ck_assert_int_eq(ab_gate_count(&hands->destroyed), 0);
}
