/*
 * The engine: a pure state machine of everything that a bus knows and does. Inputs carry the time and never call back;
 * outputs go through the host's table and the queue of notices. It has no lock, clock, thread, socket or random of its
 * own: whoever drives it (bus with net, or the simulation) lets one thread in at a time.
 *
 * After every entry, or a few that nothing comes between, the driver takes all notices, down to the NULL that says so,
 * and asks for the deadline.
 */
#ifndef AB_CORE_ENGINE_H
#define AB_CORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "core/host.h"
#include "core/notice.h"
#include "wire/limits.h"
#include "wire/message.h"
#include "wire/packet.h"

struct ab_engine;

/* The broadcast pair: the discoverer and the publisher by datagram. */
enum ab_broadcast { /* the numbers are those of AUTOBUS_BROADCAST_… */
                    AB_BROADCAST_DISCOVER = 1 << 0,
                    AB_BROADCAST_PUBLISH = 1 << 1,
                    AB_BROADCAST_BOTH = AB_BROADCAST_DISCOVER | AB_BROADCAST_PUBLISH,
};

struct ab_engine_config {
    struct ab_limits limits;
    unsigned broadcast;                /* what of it starts with the engine */
    unsigned goodbyes;                 /* of each service, at least 1 */
    unsigned announce_delay_ms;        /* between publishing and the first announcement */
    const struct ab_networks *allowed; /* who may use services, unless they are told; NULL: everybody */
    uint64_t seed;                     /* everything random follows from it */
    const char *identity; /* begins the ids of services: date and host, printable ASCII without spaces, ≤ 128 bytes */
    const char *hostname; /* for info, cut at the first dot */
    long pid;             /* for the info of the introspection service */
    int log_level;        /* AUTOBUS_LOG_…, 0: nothing: what is above it is not made */
};

/* `config` is copied; the host and its context outlive the engine. */
int ab_engine_new(const struct ab_engine_config *config, const struct ab_host *host, void *context,
                  struct ab_engine **ret_engine);
/* After ab_engine_close. Drops everything that is left without a word. Handles made by it are dead before. */
void ab_engine_free(struct ab_engine *engine);
const struct ab_limits *ab_engine_limits(const struct ab_engine *engine);

/* ---- Inputs. `now` never goes back; an earlier one counts as the last. */

void ab_engine_start(struct ab_engine *engine, ab_time now); /* first query; once */
/* Which of the broadcast pair work from now on. The discoverer that stops takes away what it alone reported, the publisher
 * says goodbye. */
void ab_engine_set_broadcast(struct ab_engine *engine, ab_time now, unsigned parts);
/* Goodbyes, connections flushed and closed, every call completed with AB_ECLOSED. ab_engine_closed_down says when the
 * goodbyes have left; until then it wants its deadlines. */
void ab_engine_close(struct ab_engine *engine, ab_time now);
bool ab_engine_closed_down(const struct ab_engine *engine);

/* A decoded datagram; what is in `packet` is taken. `from` is its source. */
void ab_engine_datagram(struct ab_engine *engine, ab_time now, const struct ab_address *from, struct ab_packet *packet);
void ab_engine_accepted(struct ab_engine *engine, ab_time now, ab_stream_id stream, const struct ab_address *peer);
void ab_engine_connected(struct ab_engine *engine, ab_time now, ab_stream_id stream);
/* A message that the stream's reader made; it is taken. */
void ab_engine_message(struct ab_engine *engine, ab_time now, ab_stream_id stream, struct ab_message *message);
/* The peer shut its sending half; all messages before have been handed over. */
void ab_engine_input_ended(struct ab_engine *engine, ab_time now, ab_stream_id stream);
/* The system took bytes of a stream that had been full, or of which `waiting` had told that much waits: the least of the
 * limits output_values, half of output_pause, and output_close, or more. */
void ab_engine_progress(struct ab_engine *engine, ab_time now, ab_stream_id stream);
/* Streams that were accepted hold more in all than the limit inbound_bytes, with what the system may yet take: if it is
 * too much without that, those that hold most are closed. False: none was. */
bool ab_engine_crowded(struct ab_engine *engine, ab_time now);
/* The stream is gone: AB_ENETWORK (refused, unreachable), AB_EDISCONNECTED, AB_ENOMEM, AB_ETIMEDOUT. */
void ab_engine_closed(struct ab_engine *engine, ab_time now, ab_stream_id stream, int reason);
/* An interface came, went or changed its address: connections are asked for a sign of life within 5 s, since their way may
 * be gone; queries and announces again. */
void ab_engine_network_changed(struct ab_engine *engine, ab_time now);
/* The host had to listen on another port: services are announced there. */
void ab_engine_port_changed(struct ab_engine *engine, ab_time now, uint16_t port);
/* The host listens on that port too, which another bus of this machine had: that one's services are asked after. */
void ab_engine_port_claimed(struct ab_engine *engine, ab_time now, uint16_t port);
/* The machine slept: clocks of silence start anew, connections are asked for a sign of life within 5 s. */
void ab_engine_woke(struct ab_engine *engine, ab_time now);
/* The deadline, or any later time, has come. */
void ab_engine_tick(struct ab_engine *engine, ab_time now);
/* The turn is over, and with it those that were held back: events that wait for more of the same are written too. */
void ab_engine_flush(struct ab_engine *engine);

/* ---- Outputs. */

ab_time ab_engine_now(const struct ab_engine *engine);             /* of the last input */
ab_time ab_engine_deadline(const struct ab_engine *engine);        /* AB_TIME_NEVER: none */
struct ab_notice *ab_engine_take_notice(struct ab_engine *engine); /* NULL: no more; ab_notice_release it */
/* Discovery has settled (autobus(7)). */
bool ab_engine_settled(const struct ab_engine *engine);

#endif
