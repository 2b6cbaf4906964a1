/*
 * A service as core's files share it. Only service.c and introspection.c change it. Core only.
 */
#ifndef AB_CORE_SERVICE_INTERNAL_H
#define AB_CORE_SERVICE_INTERNAL_H

#include "base/list.h"
#include "base/map.h"
#include "core/about.h"
#include "core/access.h"
#include "core/announcer.h"
#include "core/internal.h"
#include "core/service.h"
#include "core/topic.h"

struct ab_function {
    struct ab_map_node node;
    struct ab_text *name;
    struct ab_about about;
    enum ab_function_mode mode;
    void *target;
    enum ab_builtin builtin; /* the engine answers with the value of this object */
};

struct ab_service {
    struct ab_list node; /* in engine->server.services */
    struct ab_map_node published_node;
    struct ab_engine *engine;
    struct ab_grave grave;
    struct ab_text *id;
    struct ab_text *info;  /* encoded, with hostname */
    struct ab_about about; /* its documentation alone */
    bool published;
    bool closed;
    bool handle;                      /* the program still has it */
    uint16_t port;                    /* announced last */
    const struct ab_networks *within; /* and where: `access` as it was then */
    struct ab_networks *access;       /* where it is announced and may be used; NULL: everywhere */
    struct ab_access_guard guard;     /* permits NULL: none */
    struct ab_announcement announcement;
    struct ab_list connections; /* struct ab_inbound.node */
    struct ab_map functions;
    struct ab_function *recent; /* of them: called last, and most often the next too */
    struct ab_map events;
    struct ab_map objects;
};

static inline bool ab_service_is_published(const struct ab_service *service)
{
    return service->published && !service->closed;
}

struct ab_function *ab_service_function(struct ab_service *service, const char *name);
/* Called by the announcer after the last goodbye. */
void ab_service_parted(struct ab_service *service);

/* The engine's own service, with its objects of the values that get_details and get_directory give. */
/* `within` as `access`; taken if it succeeds. */
int ab_service_new_details(struct ab_engine *engine, struct ab_networks *within, struct ab_service **ret_service);
/* Is announced there from now on, and no more where it was. Taken. */
void ab_service_move(struct ab_service *service, struct ab_networks *within);

#endif
