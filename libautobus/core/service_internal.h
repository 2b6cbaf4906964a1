/*
 * A service as core's files share it. Only service.c and introspection.c change it. Core only.
 */
#ifndef AB_CORE_SERVICE_INTERNAL_H
#define AB_CORE_SERVICE_INTERNAL_H

#include "base/list.h"
#include "base/map.h"
#include "core/announcer.h"
#include "core/internal.h"
#include "core/service.h"

/* The objects that the library makes itself. */
enum ab_builtin {
    AB_BUILTIN_NONE,
    AB_BUILTIN_FUNCTIONS,
    AB_BUILTIN_EVENTS,
    AB_BUILTIN_OBJECTS,
    AB_BUILTIN_DOC,
    AB_BUILTIN_DETAILS,
};

struct ab_function {
    struct ab_map_node node;
    struct ab_text *name;
    char *doc; /* may be NULL */
    enum ab_function_mode mode;
    void *target;
    bool details; /* get_details: answered by the engine */
};

/* An event or an object, there or only asked for. */
struct ab_topic {
    struct ab_map_node node;
    struct ab_service *service;
    struct ab_text *name;
    bool exists;
    bool walking; /* its interests are being told: it must stay */
    char *doc;
    struct ab_list interests; /* struct ab_interest.topic_node */
    struct ab_text *value;    /* objects: the encoded value; of a builtin NULL until it is asked for */
    enum ab_builtin builtin;
};

struct ab_service {
    struct ab_list node; /* in engine->server.services */
    struct ab_map_node published_node;
    struct ab_engine *engine;
    struct ab_grave grave;
    struct ab_text *id;
    struct ab_text *info; /* encoded, with hostname */
    char *doc;
    bool published;
    bool closed;
    bool handle;   /* the program still has it */
    uint16_t port; /* announced last */
    struct ab_announcement announcement;
    struct ab_list connections; /* struct ab_inbound.node */
    struct ab_map functions;
    struct ab_map events;
    struct ab_map objects;
};

static inline bool ab_service_is_published(const struct ab_service *service)
{
    return service->published && !service->closed;
}

struct ab_function *ab_service_function(struct ab_service *service, const char *name);
/* There, or made for somebody who asks for it. NULL: no memory. */
struct ab_topic *ab_service_event_topic(struct ab_service *service, const char *name);
struct ab_topic *ab_service_object_topic(struct ab_service *service, const char *name);
/* A line with this value of that object, or any response with it, is not over the limit. */
bool ab_service_fits_line(const struct ab_service *service, const char *name, const struct ab_text *value);
/* Nobody may need it any more. */
void ab_topic_settle(struct ab_topic *topic);
/* The value as encoded text, made if need be; borrowed. NULL: no memory, or it does not exist. */
struct ab_text *ab_topic_value(struct ab_topic *topic);
/* All who watch hear the value that is there now. */
void ab_topic_changed(struct ab_topic *topic);

/* Called by the announcer after the last goodbye. */
void ab_service_parted(struct ab_service *service);

/* The engine's own service, with its object of the value that get_details gives. */
#define AB_DETAILS_OBJECT "details"
int ab_service_new_details(struct ab_engine *engine, struct ab_service **ret_service);

#endif
