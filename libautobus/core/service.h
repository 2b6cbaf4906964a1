/*
 * A service of this bus: its info, functions, events and objects, and who listens to and watches them.
 *
 * Topics (functions, events, objects) exist by name apart from their being there: a client may watch an object that is
 * not there yet, and hears when it appears. The objects of introspection (autobus.functions, …) are made from the
 * tables when somebody reads them.
 */
#ifndef AB_CORE_SERVICE_H
#define AB_CORE_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "core/host.h"

struct ab_networks;
struct ab_engine;
struct ab_access_guard;
struct ab_service;

#define AB_NAME_MOST 255 /* bytes of the name of a function, event or object */

enum ab_topic_kind {
    AB_TOPIC_SERVICE, /* the service itself: where documentation is set */
    AB_TOPIC_FUNCTION,
    AB_TOPIC_EVENT,
    AB_TOPIC_OBJECT,
};

/* Mirrors enum autobus_mode: how the bus runs a function. ASYNC is answered null by the engine at once. */
enum ab_function_mode {
    AB_FUNCTION_THREAD,
    AB_FUNCTION_SYNC,
    AB_FUNCTION_ASYNC,
    AB_FUNCTION_QUEUED,
};

/* `info` is an object or NULL, copied. One handle; ab_service_free ends it. AB_ETOOLARGE: does not fit a datagram. */
int ab_service_new(struct ab_engine *engine, const json_t *info, struct ab_service **ret_service);
const char *ab_service_id(const struct ab_service *service);
/* Listens if need be, and announces. AB_ENETWORK, AB_ECLOSED. */
int ab_service_publish(struct ab_service *service, ab_time now);
int ab_service_set_info(struct ab_service *service, ab_time now, const json_t *info);
/* Goodbye; connections end once their calls are answered, or after 1 s. No target is heard of after this. */
void ab_service_close(struct ab_service *service, ab_time now);
/* Closes if it is not closed, and gives the handle up: the memory lives as long as connections need it. */
void ab_service_free(struct ab_service *service, ab_time now);

/* From where it may be used (access.h); taken. AB_ECLOSED: it is the caller's still. What stands against the new rules
 * ends, and so does what the guard refuses when it is set. */
int ab_service_set_access(struct ab_service *service, ab_time now, struct ab_networks *access);
/* Taken, with a `permits` or without: then all that access allows may be done. AB_ECLOSED: as above. */
int ab_service_set_guard(struct ab_service *service, ab_time now, const struct ab_access_guard *guard);

/* Who is connected: an array as autobus_service_connections describes it; NULL: no memory. */
json_t *ab_service_connections(struct ab_service *service, ab_time now);
/* Closes one of them. AB_ENOENT: there is none of that number. */
int ab_service_disconnect(struct ab_service *service, ab_time now, uint64_t connection);

/* Names are UTF-8 of 1 to AB_NAME_MOST bytes that the bus has checked. AB_EEXIST, AB_EINVAL ("autobus." names), AB_ECLOSED. */
int ab_service_add_function(struct ab_service *service, ab_time now, const char *name, const char *doc,
                            enum ab_function_mode mode, void *target);
/* Calls from now on go to another target. AB_ENOENT. */
int ab_service_replace_function(struct ab_service *service, ab_time now, const char *name, enum ab_function_mode mode,
                                void *target);
int ab_service_add_event(struct ab_service *service, ab_time now, const char *name, const char *doc);
int ab_service_add_object(struct ab_service *service, ab_time now, const char *name, const char *doc,
                          struct ab_text *value);
int ab_service_remove(struct ab_service *service, ab_time now, enum ab_topic_kind kind,
                      const char *name); /* AB_ENOENT */
int ab_service_set_doc(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name,
                       const char *doc);
/* An encoded object of at most the limit `description`, counted; NULL takes it away. Not of the service itself. AB_ENOENT,
 * AB_ETOOLARGE. */
int ab_service_set_description(struct ab_service *service, ab_time now, enum ab_topic_kind kind, const char *name,
                               struct ab_text *description);
int ab_service_fire(struct ab_service *service, ab_time now, const char *event, struct ab_text *args);
int ab_service_set(struct ab_service *service, ab_time now, const char *object, struct ab_text *value);

/* What is there; the value is the caller's own reference. AB_ECLOSED, AB_ENOENT. */
int ab_service_has(struct ab_service *service, enum ab_topic_kind kind, const char *name);
int ab_service_get(struct ab_service *service, const char *object, struct ab_text **ret_value);
/* As introspection shows them, by name; of the service itself all of it. AB_ENOMEM, AB_ECLOSED. */
int ab_service_list(struct ab_service *service, enum ab_topic_kind kind, json_t **ret_list);
/* Who listens to an event or watches an object of that name, there or not: an array of {"host", "port", "local"}. */
int ab_service_peers(struct ab_service *service, enum ab_topic_kind kind, const char *name, json_t **ret_peers);

#endif
