/*
 * What one client listens to and watches: an event or an object that it asked for by name. Core only.
 */
#ifndef AB_CORE_INTEREST_H
#define AB_CORE_INTEREST_H

#include "base/list.h"
#include "base/map.h"
#include "core/timer.h"
#include "wire/message.h"

struct ab_inbound;
struct ab_topic;

struct ab_interest {
    struct ab_map_node node;   /* in interests->listens or interests->watches, by name */
    struct ab_list topic_node; /* in topic->interests */
    struct ab_list held_node;  /* in interests->held while a newer value waits for room */
    struct ab_inbound *connection;
    struct ab_topic *topic;
};

/* All of a connection; made when it asks for the first. */
struct ab_interests {
    struct ab_map listens;
    struct ab_map watches;
    struct ab_list held;
};

/* The commands; each is answered. */
void ab_interest_watch(struct ab_inbound *connection, const struct ab_message *message);
void ab_interest_unwatch(struct ab_inbound *connection, const struct ab_message *message);
void ab_interest_listen(struct ab_inbound *connection, const struct ab_message *message);
void ab_interest_unlisten(struct ab_inbound *connection, const struct ab_message *message);

/* The value of the object, now or when there is room. */
void ab_interest_send_value(struct ab_interest *interest);
/* Those that waited, as far as there is room. */
void ab_interest_send_held(struct ab_inbound *connection);
/* All of a connection that ends. */
void ab_interest_drop_all(struct ab_inbound *connection);

#endif
