/*
 * A topic: an event or an object of a service by its name, and the clients that listen to or watch it. It is in its table
 * apart from being there: a client may watch an object that does not exist yet. Core only.
 */
#ifndef AB_CORE_TOPIC_H
#define AB_CORE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "core/about.h"
#include "wire/limits.h"

struct ab_service;

/* The objects that the library makes itself. */
enum ab_builtin {
    AB_BUILTIN_NONE,
    AB_BUILTIN_FUNCTIONS,
    AB_BUILTIN_EVENTS,
    AB_BUILTIN_OBJECTS,
    AB_BUILTIN_DOC,
    AB_BUILTIN_DETAILS, /* from here on: of the introspection service, and listed */
    AB_BUILTIN_DIRECTORY,
    AB_BUILTIN_COUNTERS, /* a function alone: they change with everything */
};

struct ab_topic {
    struct ab_map_node node; /* in table */
    struct ab_map *table;    /* the service's events or objects */
    struct ab_service *service;
    struct ab_text *name;
    bool exists;
    bool walking; /* its interests are being told: it must stay */
    struct ab_about about;
    struct ab_list interests; /* struct ab_interest.topic_node */
    size_t interested;        /* of them, also while they are walked */
    struct ab_list audiences; /* struct ab_audience.node */
    struct ab_text *value;    /* objects: the encoded value; of a builtin NULL until it is asked for */
    enum ab_builtin builtin;
};

/* NULL: nothing of it is known. */
struct ab_topic *ab_topic_find(const struct ab_map *table, const char *name);
/* There, or made for somebody who asks for it. NULL: no memory. */
struct ab_topic *ab_topic_get(struct ab_service *service, struct ab_map *table, const char *name);
/* Nobody may need it any more. */
void ab_topic_settle(struct ab_topic *topic);
void ab_topic_free(struct ab_topic *topic); /* out of its table too; nobody may be interested */

/* The value as encoded text, made if need be; borrowed. NULL: no memory, or it does not exist. */
struct ab_text *ab_topic_value(struct ab_topic *topic);
/* A line with this value of that object, or any response with it, is within the limit. */
bool ab_topic_fits(const struct ab_limits *limits, const char *name, const struct ab_text *value);
/* All who watch hear the value that is there now. */
void ab_topic_changed(struct ab_topic *topic);
/* The same for those alone who may know of the service that it changed by. */
void ab_topic_changed_by(struct ab_topic *topic, const struct ab_service *cause);
/* The same, for those on this machine alone. */
void ab_topic_changed_here(struct ab_topic *topic);
/* All who listen get so many lines. */
void ab_topic_send(struct ab_topic *topic, struct ab_text *lines, size_t count);

#endif
