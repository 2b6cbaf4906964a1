/*
 * Owns the handles of published services and the slots of their functions. Must not know how calls are answered.
 */
#include "bus/service.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/request.h"
#include "bus/thread.h"

_Static_assert((int)AUTOBUS_THREAD == (int)AB_FUNCTION_THREAD, "one number, two names");
_Static_assert((int)AUTOBUS_SYNC == (int)AB_FUNCTION_SYNC, "one number, two names");
_Static_assert((int)AUTOBUS_ASYNC == (int)AB_FUNCTION_ASYNC, "one number, two names");
_Static_assert((int)AUTOBUS_QUEUED == (int)AB_FUNCTION_QUEUED, "one number, two names");
_Static_assert((int)AUTOBUS_KIND_SERVICE == (int)AB_TOPIC_SERVICE, "one number, two names");
_Static_assert((int)AUTOBUS_KIND_FUNCTION == (int)AB_TOPIC_FUNCTION, "one number, two names");
_Static_assert((int)AUTOBUS_KIND_EVENT == (int)AB_TOPIC_EVENT, "one number, two names");
_Static_assert((int)AUTOBUS_KIND_OBJECT == (int)AB_TOPIC_OBJECT, "one number, two names");

/* ---- Life */

int ab_service_handle_enter(autobus_service *service)
{
    int r = ab_bus_enter(service->bus);

    if (r == 0 && !service->engine) {
        ab_bus_unlock(service->bus);
        r = AB_ECLOSED;
    }
    return r;
}

/* The same, and the arguments that every function takes. */
static int enter_named(autobus_service *service, const char *name)
{
    int r = ab_guard();

    if (r == 0 && (!service || ab_name_check(name) < 0))
        r = AB_EINVAL;
    return r < 0 ? r : ab_service_handle_enter(service);
}

static int leave(autobus_service *service, int r)
{
    ab_bus_leave(service->bus);
    return r;
}

static ab_time now(const autobus_service *service)
{
    return ab_bus_now(service->bus);
}

void ab_service_handle_release(autobus_service *service)
{
    autobus_bus *bus = service->bus;

    if (!ab_handle_release(&service->handle))
        return;
    if (service->queue)
        ab_queue_release(service->queue);
    ab_free(service->id);
    ab_free(service);
    ab_bus_release(bus);
}

static int new_locked(autobus_service *service, const json_t *info)
{
    struct ab_service *engine;
    int r = ab_service_new(service->bus->engine, info, &engine);

    if (r < 0)
        return r;
    service->id = ab_strdup(ab_service_id(engine));
    if (!service->id) {
        ab_service_free(engine, now(service));
        return AB_ENOMEM;
    }
    service->engine = engine;
    ab_list_append(&service->bus->services, &service->node);
    return 0;
}

int autobus_service_new(autobus_bus *bus, const json_t *info, autobus_service **ret_service)
{
    autobus_service *service;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!bus || !ret_service || (info && !json_is_object(info)))
        return AB_EINVAL;
    service = ab_calloc(1, sizeof(*service));
    if (!service)
        return AB_ENOMEM;
    ab_handle_init(&service->handle);
    service->bus = ab_bus_hold(bus);
    ab_list_init(&service->node);
    ab_list_init(&service->slots);
    r = ab_bus_enter(bus);
    if (r == 0)
        r = leave(service, new_locked(service, info));
    if (r == 0)
        *ret_service = service;
    else
        ab_service_handle_release(service);
    return r;
}

/* Calls that wait are answered by their slots, so those go before the engine's part. */
void ab_service_handle_shut(autobus_service *service)
{
    struct ab_service *engine = service->engine;

    service->engine = NULL;
    ab_list_remove(&service->node);
    ab_slots_cancel(&service->slots);
    ab_service_free(engine, now(service));
}

autobus_service *autobus_service_ref(autobus_service *service)
{
    if (!service || ab_thread.filters)
        return NULL;
    ab_handle_use(&service->handle);
    return service;
}

autobus_service *autobus_service_unref(autobus_service *service)
{
    if (!service || ab_guard() < 0)
        return NULL;
    if (ab_handle_unuse(&service->handle))
        autobus_service_close(service);
    ab_service_handle_release(service);
    return NULL;
}

void autobus_service_close(autobus_service *service)
{
    if (!service || ab_guard() < 0 || ab_service_handle_enter(service) < 0)
        return;
    ab_service_handle_shut(service);
    ab_bus_leave(service->bus);
}

int autobus_service_publish(autobus_service *service)
{
    int r = ab_guard();

    if (r == 0)
        r = service ? ab_service_handle_enter(service) : AB_EINVAL;
    return r < 0 ? r : leave(service, ab_service_publish(service->engine, now(service)));
}

const char *autobus_service_id(autobus_service *service)
{
    return service && ab_guard() == 0 ? service->id : NULL;
}

int autobus_service_set_info(autobus_service *service, const json_t *info)
{
    int r = ab_guard();

    if (r == 0 && (!service || (info && !json_is_object(info))))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    return r < 0 ? r : leave(service, ab_service_set_info(service->engine, now(service), info));
}

/* ---- Functions */

static void detach_function(autobus_slot *slot)
{
    autobus_service *service = slot->owner;

    if (service->engine)
        ab_service_remove(service->engine, now(service), AB_TOPIC_FUNCTION, slot->name);
}

static void drop_call(autobus_slot *slot, struct ab_item *item)
{
    (void)slot;
    ab_request_drop(item);
}

static void release_owner(autobus_slot *slot)
{
    ab_service_handle_release(slot->owner);
}

static const struct ab_slot_kind kind_function = {
    .deliver = ab_request_handle_deliver,
    .run = ab_request_handle_run,
    .detach = detach_function,
    .left = ab_request_left,
    .drop = drop_call,
    .release = release_owner,
};

/* A reference, or NULL: in parallel. */
static autobus_queue *queue_of_mode(autobus_service *service, enum autobus_mode mode)
{
    switch (mode) {
    case AUTOBUS_SYNC: return ab_queue_hold(&service->bus->events);
    case AUTOBUS_QUEUED: return ab_queue_choose(service->bus, &service->queue);
    default: return NULL;
    }
}

static bool doc_fits(const char *doc)
{
    return !doc || ab_utf8_valid(doc);
}

static int check_function(autobus_service *service, const char *name, enum autobus_mode mode,
                          autobus_function_fn function)
{
    int r = ab_guard();

    if (r == 0 && (!service || !function || ab_name_check(name) < 0 || (unsigned)mode > AUTOBUS_QUEUED))
        r = AB_EINVAL;
    return r;
}

/* Not registered yet. NULL: no memory. */
static autobus_slot *function_slot(autobus_service *service, const char *name, enum autobus_mode mode,
                                   autobus_function_fn function, void *user_data, autobus_destroy_fn destroy)
{
    autobus_queue *queue = queue_of_mode(service, mode);
    autobus_slot *slot = ab_slot_new(service->bus, &kind_function, queue, user_data, destroy);

    if (queue)
        ab_queue_release(queue);
    if (!slot)
        return NULL;
    ab_handle_hold(&service->handle);
    slot->owner = service;
    slot->callback.function = function;
    slot->name = ab_strdup(name);
    if (slot->name)
        return slot;
    ab_slot_release(slot);
    return NULL;
}

/* `r` is what the engine said of it. Leaves the bus. */
static int register_function(autobus_slot *slot, autobus_slot **ret_slot, int r)
{
    autobus_service *service = slot->owner;

    if (r == 0) {
        slot->source = service->engine;
        ab_slot_register(slot, &service->slots, ret_slot);
    }
    ab_bus_leave(service->bus);
    if (r < 0)
        ab_slot_release(slot);
    return r;
}

int autobus_service_add_function(autobus_service *service, const char *name, const char *doc, enum autobus_mode mode,
                                 autobus_function_fn function, void *user_data, autobus_destroy_fn destroy,
                                 autobus_slot **ret_slot)
{
    autobus_slot *slot;
    int r = check_function(service, name, mode, function);

    if (r == 0 && !doc_fits(doc))
        r = AB_EINVAL;
    if (r < 0)
        return r;
    slot = function_slot(service, name, mode, function, user_data, destroy);
    r = slot ? ab_service_handle_enter(service) : AB_ENOMEM;
    if (r == 0)
        return register_function(slot, ret_slot,
                                 ab_service_add_function(service->engine, now(service), name, doc,
                                                         (enum ab_function_mode)mode, &slot->target));
    if (slot)
        ab_slot_release(slot);
    return r;
}

static autobus_slot *find_function(autobus_service *service, const char *name)
{
    AB_LIST_EACH (node, &service->slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, node);

        if (slot->kind == &kind_function && !slot->retired && strcmp(slot->name, name) == 0)
            return slot;
    }
    return NULL;
}

int autobus_service_replace_function(autobus_service *service, const char *name, enum autobus_mode mode,
                                     autobus_function_fn function, void *user_data, autobus_destroy_fn destroy,
                                     autobus_slot **ret_slot)
{
    autobus_slot *slot, *old;
    int r = check_function(service, name, mode, function);

    if (r < 0)
        return r;
    slot = function_slot(service, name, mode, function, user_data, destroy);
    r = slot ? ab_service_handle_enter(service) : AB_ENOMEM;
    if (r < 0) {
        if (slot)
            ab_slot_release(slot);
        return r;
    }
    old = find_function(service, name);
    r = ab_service_replace_function(service->engine, now(service), name, (enum ab_function_mode)mode, &slot->target);
    if (r == 0 && old)
        ab_slot_retire(old);
    return register_function(slot, ret_slot, r);
}

int autobus_service_set_queue(autobus_service *service, autobus_queue *queue)
{
    int r = ab_guard();

    if (r == 0 && !service)
        r = AB_EINVAL;
    return r < 0 ? r : ab_queue_set(service->bus, &service->queue, queue);
}

/* ---- Events and objects, and what is common */

int autobus_service_add_event(autobus_service *service, const char *name, const char *doc)
{
    int r = ab_guard();

    if (r == 0)
        r = doc_fits(doc) ? enter_named(service, name) : AB_EINVAL;
    if (r < 0)
        return r;
    return leave(service, ab_service_add_event(service->engine, now(service), name, doc));
}

int autobus_service_add_object(autobus_service *service, const char *name, const char *doc, const json_t *value)
{
    struct ab_text *text;
    int r = ab_guard();

    if (r == 0)
        r = doc_fits(doc) ? ab_json_text(value, &text) : AB_EINVAL;
    if (r < 0)
        return r;
    r = enter_named(service, name);
    if (r == 0)
        r = leave(service, ab_service_add_object(service->engine, now(service), name, doc, text));
    ab_text_unref(text);
    return r;
}

static int remove_locked(autobus_service *service, enum autobus_kind kind, const char *name)
{
    autobus_slot *slot = kind == AUTOBUS_KIND_FUNCTION ? find_function(service, name) : NULL;

    if (!slot)
        return ab_service_remove(service->engine, now(service), (enum ab_topic_kind)kind, name);
    ab_slot_cancel(slot);
    return 0;
}

int autobus_service_remove(autobus_service *service, enum autobus_kind kind, const char *name)
{
    int r = enter_named(service, name);

    if (r < 0)
        return r;
    if (kind < AUTOBUS_KIND_FUNCTION || kind > AUTOBUS_KIND_OBJECT)
        return leave(service, AB_EINVAL);
    return leave(service, remove_locked(service, kind, name));
}

int autobus_service_set_doc(autobus_service *service, enum autobus_kind kind, const char *name, const char *doc)
{
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!service || !doc_fits(doc) || (unsigned)kind > AUTOBUS_KIND_OBJECT ||
        (kind == AUTOBUS_KIND_SERVICE ? name != NULL : ab_name_check(name) < 0))
        return AB_EINVAL;
    r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    return leave(service, ab_service_set_doc(service->engine, now(service), (enum ab_topic_kind)kind, name, doc));
}

/* ---- Firing and setting: by format, then as a value, then as text */

typedef int (*send_fn)(struct ab_service *service, ab_time now, const char *name, struct ab_text *text);

static int send_text(autobus_service *service, const char *name, send_fn send, struct ab_text *text)
{
    int r = enter_named(service, name);

    if (r == 0)
        r = leave(service, send(service->engine, now(service), name, text));
    ab_text_unref(text);
    return r;
}

int autobus_fire_json(autobus_service *service, const char *event, const json_t *args)
{
    struct ab_text *text;
    int r = ab_guard();

    if (r == 0)
        r = ab_json_args(args, &text);
    return r < 0 ? r : send_text(service, event, ab_service_fire, text);
}

int autobus_fire(autobus_service *service, const char *event, const char *format, ...)
{
    json_t *args;
    va_list values;
    int r = ab_guard();

    if (r < 0)
        return r;
    va_start(values, format);
    r = ab_json_pack(&args, NULL, format, values);
    va_end(values);
    if (r < 0)
        return r;
    r = autobus_fire_json(service, event, args);
    json_decref(args);
    return r;
}

int autobus_set_json(autobus_service *service, const char *object, const json_t *value)
{
    struct ab_text *text;
    int r = ab_guard();

    if (r == 0)
        r = ab_json_text(value, &text);
    return r < 0 ? r : send_text(service, object, ab_service_set, text);
}

int autobus_set(autobus_service *service, const char *object, const char *format, ...)
{
    json_t *value;
    va_list values;
    int r = ab_guard();

    if (r < 0)
        return r;
    va_start(values, format);
    r = ab_json_pack(&value, NULL, format, values);
    va_end(values);
    if (r < 0)
        return r;
    r = autobus_set_json(service, object, value);
    json_decref(value);
    return r;
}
