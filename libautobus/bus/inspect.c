/*
 * Owns what a program reads back of its own service. Must not know how it is kept.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/name.h"
#include "bus/service.h"
#include "bus/thread.h"
#include "wire/value.h"

static bool is_topic(enum autobus_kind kind)
{
    return kind == AUTOBUS_KIND_EVENT || kind == AUTOBUS_KIND_OBJECT;
}

bool autobus_service_has(autobus_service *service, enum autobus_kind kind, const char *name)
{
    int r = ab_guard();

    if (r == 0 && (!service || ab_name_check(name) < 0 || (kind != AUTOBUS_KIND_FUNCTION && !is_topic(kind))))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return false;
    r = ab_service_has(service->engine, (enum ab_topic_kind)kind, name);
    ab_bus_leave(service->bus);
    return r == 0;
}

int autobus_service_list(autobus_service *service, enum autobus_kind kind, json_t **ret_list)
{
    int r = ab_guard();

    if (r == 0 && (!service || !ret_list || (unsigned)kind > AUTOBUS_KIND_OBJECT))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    r = ab_service_list(service->engine, (enum ab_topic_kind)kind, ret_list);
    ab_bus_leave(service->bus);
    return r;
}

/* The text is decoded without the lock. */
int autobus_service_get(autobus_service *service, const char *object, json_t **ret_value)
{
    struct ab_value value = AB_VALUE_ABSENT;
    int r = ab_guard();

    if (r == 0 && (!service || !ret_value || ab_name_check(object) < 0))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    r = ab_service_get(service->engine, object, &value.text);
    ab_bus_leave(service->bus);
    if (r == 0)
        r = ab_value_take_json(&value, ret_value);
    ab_value_deinit(&value);
    return r;
}

int autobus_service_peers(autobus_service *service, enum autobus_kind kind, const char *name, json_t **ret_peers)
{
    int r = ab_guard();

    if (r == 0 && (!service || !ret_peers || ab_name_check(name) < 0 || !is_topic(kind)))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r < 0)
        return r;
    r = ab_service_peers(service->engine, (enum ab_topic_kind)kind, name, ret_peers);
    ab_bus_leave(service->bus);
    return r;
}
