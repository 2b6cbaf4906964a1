/*
 * Somebody who makes this bus's services known: the broadcast pair's announcer, or the program itself. It hears each
 * service that is published, those that are already when it is added first, and each change.
 *
 * A publisher is part of its owner's memory.
 */
#ifndef AB_CORE_PUBLISHER_H
#define AB_CORE_PUBLISHER_H

#include <stdbool.h>

#include "base/list.h"

struct ab_engine;
struct ab_publisher;
struct ab_service;

struct ab_publisher_ops {
    void (*published)(struct ab_publisher *publisher, struct ab_service *service);
    void (*changed)(struct ab_publisher *publisher, struct ab_service *service); /* its info or the bus's port */
    void (*withdrawn)(struct ab_publisher *publisher, struct ab_service *service);
};

struct ab_publisher {
    struct ab_list node; /* in engine->publishers; in none: removed */
    struct ab_engine *engine;
    const struct ab_publisher_ops *ops;
};

void ab_publisher_init(struct ab_publisher *publisher, const struct ab_publisher_ops *ops);
void ab_publisher_add(struct ab_publisher *publisher, struct ab_engine *engine);
/* It hears nothing more, not even that services are withdrawn. Twice is harmless. */
void ab_publisher_remove(struct ab_publisher *publisher);

static inline bool ab_publisher_is_added(const struct ab_publisher *publisher)
{
    return ab_list_linked(&publisher->node);
}

/* ---- What services tell. */
void ab_publishers_published(struct ab_service *service);
void ab_publishers_changed(struct ab_service *service);
void ab_publishers_withdrawn(struct ab_service *service);

#endif
