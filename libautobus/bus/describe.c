/*
 * Owns what a description may be. Must not know who reads it.
 */
#include "base/error.h"
#include "bus/bus.h"
#include "bus/name.h"
#include "bus/service.h"
#include "bus/thread.h"
#include "wire/json.h"

#define LEVELS 16 /* it is told some levels deep in other values */

static bool is_schemas(const json_t *args)
{
    size_t i = 0;
    json_t *arg = NULL;

    if (!json_is_array(args))
        return false;
    json_array_foreach((json_t *)args, i, arg)
    {
        const json_t *name = json_object_get(arg, "name");

        if (!json_is_object(arg) || (name && !json_is_string(name)))
            return false;
    }
    return true;
}

static bool is_description(enum autobus_kind kind, const json_t *description)
{
    const json_t *args = json_object_get(description, "args");
    const json_t *single = json_object_get(description, kind == AUTOBUS_KIND_OBJECT ? "value" : "result");
    size_t known = (args != NULL) + (single != NULL);

    if (!description)
        return true;
    if (!json_is_object(description) || known != json_object_size(description))
        return false;
    if ((args && !is_schemas(args)) || (single && !json_is_object(single)))
        return false;
    return kind == AUTOBUS_KIND_FUNCTION || (kind == AUTOBUS_KIND_EVENT ? !single : !args);
}

static int check(autobus_service *service, enum autobus_kind kind, const char *name, const json_t *description)
{
    int r = ab_guard();

    if (r == 0 && (!service || kind < AUTOBUS_KIND_FUNCTION || kind > AUTOBUS_KIND_OBJECT || ab_name_check(name) < 0 ||
                   !is_description(kind, description)))
        r = AB_EINVAL;
    return r;
}

int autobus_service_set_description(autobus_service *service, enum autobus_kind kind, const char *name,
                                    const json_t *description)
{
    struct ab_text *text = NULL;
    int r = check(service, kind, name, description);

    if (r == 0 && description)
        r = ab_json_encode(description, LEVELS, &text);
    if (r == 0)
        r = ab_service_handle_enter(service);
    if (r == 0) {
        r = ab_service_set_description(service->engine, ab_bus_now(service->bus), (enum ab_topic_kind)kind, name, text);
        ab_bus_leave(service->bus);
    }
    ab_text_unref(text);
    return r;
}
