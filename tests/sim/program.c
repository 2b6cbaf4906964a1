/*
 * What a program does with a bus: services, remotes, calls and registrations, as the public library would enter the
 * engine for it. Each function is one entry. Handles are the test's to use until their end; what is left at the end of
 * the bus is dropped here.
 */

#include "sim/bus.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "harness.h"

/* No room, or why a connection has ended. */
static bool is_refusal(int result)
{
    switch (result) {
    case AB_EAGAIN:
    case AB_ENOTBOUND:
    case AB_EDISCONNECTED:
    case AB_EPROTOCOL:
    case AB_EREMOTE:
    case AB_ETIMEDOUT:
    case AB_ENETWORK:
    case AB_ENOENT: return true;
    default: return false;
    }
}

bool sim_worked(struct sim_bus *bus, int result, const char *what)
{
    if ((result == AB_ENOMEM && bus->sim->memory_fails) || (is_refusal(result) && bus->sim->may_refuse))
        return false;
    ck_assert_msg(result == 0, "%s: %s: %s", bus->name, what, sim_error_name(result));
    return true;
}

struct sim_slot *sim_slot_new(struct sim_bus *bus, enum sim_slot_kind kind, const char *label)
{
    struct sim_slot *slot = sim_alloc(sizeof *slot);

    slot->bus = bus;
    slot->kind = kind;
    slot->label = sim_strdup(label);
    ab_list_append(&bus->slots, &slot->node);
    return slot;
}

/* The slot, or NULL when its registration failed. */
static struct sim_slot *registered(struct sim_slot *slot, int result, const char *what)
{
    slot->ended = slot->ended || result < 0;
    return sim_worked(slot->bus, result, what) ? slot : NULL;
}

static json_t *json_of(const char *text)
{
    ab_failing_pause(true);
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    ab_failing_pause(false);
    ck_assert_msg(!text || json, "the test's own JSON does not parse: %s", text);
    return json;
}

static struct ab_text *text_of(const char *text)
{
    ab_failing_pause(true);
    struct ab_text *made = text ? ab_text_new(text, strlen(text)) : NULL;
    ab_failing_pause(false);
    return made;
}

/* ---- Services */

struct sim_service *sim_service(struct sim_bus *bus, const char *name, const char *info)
{
    if (!bus)
        return NULL;
    struct sim_service *service = sim_alloc(sizeof *service);
    json_t *json = json_of(info);

    service->bus = bus;
    service->name = sim_strdup(name);
    ab_list_append(&bus->services, &service->node);
    sim_bus_enter(bus);
    int result = ab_service_new(bus->engine, json, &service->service);
    sim_bus_leave(bus);
    json_decref(json);
    if (!sim_worked(bus, result, "ab_service_new"))
        return NULL;
    sim_transcript_alias(&bus->sim->network.transcript, ab_service_id(service->service), name);
    return service;
}

int sim_service_publish_try(struct sim_service *service)
{
    if (!service)
        return AB_ENOMEM;
    int result = ab_service_publish(service->service, sim_bus_enter(service->bus));
    sim_bus_leave(service->bus);
    return result;
}

struct sim_service *sim_publish(struct sim_bus *bus, const char *name, const char *info)
{
    struct sim_service *service = sim_service(bus, name, info);

    if (service)
        sim_worked(bus, sim_service_publish_try(service), "ab_service_publish");
    return service;
}

struct sim_service *sim_publish_hall(struct sim_bus *bus, const char *name)
{
    struct sim_service *service = sim_service(bus, name, HALL);

    sim_function(service, "echo", sim_echo);
    sim_function(service, "hold", sim_hold);
    sim_function(service, "throw", sim_throw);
    sim_event(service, "rang");
    sim_object(service, "temp", "21.5");
    if (service)
        sim_worked(bus, sim_service_publish_try(service), "ab_service_publish");
    return service;
}

/* Before the service itself. */
static void end_audiences(struct sim_service *service, ab_time now)
{
    AB_LIST_EACH (node, &service->bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind != SIM_SLOT_AUDIENCE || slot->service != service || slot->ended)
            continue;
        ab_audience_cancel(slot->audience, now);
        slot->ended = true;
    }
}

/* A service's functions hear nothing once it is closed. */
static void end_functions(struct sim_service *service)
{
    AB_LIST_EACH (node, &service->bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (slot->kind == SIM_SLOT_FUNCTION && slot->service == service)
            slot->ended = true;
    }
}

void sim_service_end(struct sim_service *service)
{
    if (!service || !service->service)
        return;
    ab_time now = sim_bus_enter(service->bus);
    end_audiences(service, now);
    ab_service_free(service->service, now);
    service->service = NULL;
    end_functions(service);
    sim_bus_leave(service->bus);
}

void sim_set_info(struct sim_service *service, const char *info)
{
    if (!service)
        return;
    json_t *json = json_of(info);
    int result = ab_service_set_info(service->service, sim_bus_enter(service->bus), json);
    sim_bus_leave(service->bus);
    json_decref(json);
    sim_worked(service->bus, result, "ab_service_set_info");
}

void sim_access(struct sim_service *service, const char *text)
{
    struct ab_networks *access = NULL;
    const char *bad;
    size_t size;

    if (!service)
        return;
    int result = ab_networks_parse(text, &access, &bad, &size);
    if (result == 0) {
        result = ab_service_set_access(service->service, sim_bus_enter(service->bus), access);
        sim_bus_leave(service->bus);
    }
    sim_worked(service->bus, result, "ab_service_set_access");
}

void sim_guard(struct sim_service *service, sim_guard_fn permits, void *context)
{
    struct ab_access_guard guard = {.permits = permits, .context = context};

    if (!service)
        return;
    int result = ab_service_set_guard(service->service, sim_bus_enter(service->bus), &guard);
    sim_bus_leave(service->bus);
    sim_worked(service->bus, result, "ab_service_set_guard");
}

struct sim_slot *sim_function_mode(struct sim_service *service, const char *name, enum ab_function_mode mode,
                                   sim_handler handler)
{
    if (!service)
        return NULL;
    struct sim_slot *slot = sim_slot_new(service->bus, SIM_SLOT_FUNCTION, name);

    slot->handler = handler;
    slot->service = service;
    int result = ab_service_add_function(service->service, sim_bus_enter(service->bus), name, NULL, mode, slot);
    sim_bus_leave(service->bus);
    return registered(slot, result, "ab_service_add_function");
}

struct sim_slot *sim_function(struct sim_service *service, const char *name, sim_handler handler)
{
    return sim_function_mode(service, name, AB_FUNCTION_THREAD, handler);
}

int sim_replace(struct sim_slot *function, enum ab_function_mode mode, sim_handler handler, struct sim_slot **ret_new)
{
    struct sim_service *service = function->service;
    struct sim_slot *slot = sim_slot_new(service->bus, SIM_SLOT_FUNCTION, function->label);

    slot->handler = handler;
    slot->service = service;
    int result = ab_service_replace_function(service->service, sim_bus_enter(service->bus), slot->label, mode, slot);
    sim_bus_leave(service->bus);
    slot->ended = result < 0;
    *ret_new = slot;
    return result;
}

struct sim_slot *sim_on_interest(struct sim_service *service, enum ab_topic_kind kind, const char *name)
{
    if (!service)
        return NULL;
    struct sim_slot *slot = sim_slot_new(service->bus, SIM_SLOT_AUDIENCE, name);

    slot->service = service;
    ab_time now = sim_bus_enter(service->bus);
    int result = ab_audience_new(service->service, now, kind, name, slot, &slot->audience);
    sim_bus_leave(service->bus);
    return registered(slot, result, "ab_audience_new");
}

void sim_event(struct sim_service *service, const char *name)
{
    if (!service)
        return;
    int result = ab_service_add_event(service->service, sim_bus_enter(service->bus), name, NULL);
    sim_bus_leave(service->bus);
    sim_worked(service->bus, result, "ab_service_add_event");
}

void sim_object(struct sim_service *service, const char *name, const char *value)
{
    if (!service)
        return;
    struct ab_text *text = text_of(value);
    int result = ab_service_add_object(service->service, sim_bus_enter(service->bus), name, NULL, text);
    sim_bus_leave(service->bus);
    ab_text_unref(text);
    sim_worked(service->bus, result, "ab_service_add_object");
}

void sim_set(struct sim_service *service, const char *object, const char *value)
{
    if (!service)
        return;
    struct ab_text *text = text_of(value);
    int result = ab_service_set(service->service, sim_bus_enter(service->bus), object, text);
    sim_bus_leave(service->bus);
    ab_text_unref(text);
    if (result != AB_ENOENT || !service->bus->sim->memory_fails)
        sim_worked(service->bus, result, "ab_service_set");
}

void sim_fire(struct sim_service *service, const char *event, const char *args)
{
    if (!service)
        return;
    struct ab_text *text = text_of(args);
    int result = ab_service_fire(service->service, sim_bus_enter(service->bus), event, text);
    sim_bus_leave(service->bus);
    ab_text_unref(text);
    if (result != AB_ENOENT || !service->bus->sim->memory_fails)
        sim_worked(service->bus, result, "ab_service_fire");
}

void sim_remove(struct sim_service *service, enum ab_topic_kind kind, const char *name)
{
    if (!service)
        return;
    int result = ab_service_remove(service->service, sim_bus_enter(service->bus), kind, name);
    sim_bus_leave(service->bus);
    if (result != AB_ENOENT || !service->bus->sim->memory_fails)
        sim_worked(service->bus, result, "ab_service_remove");
}

void sim_describe(struct sim_service *service, enum ab_topic_kind kind, const char *name, const char *description)
{
    if (!service)
        return;
    struct ab_text *text = text_of(description);
    int result = ab_service_set_description(service->service, sim_bus_enter(service->bus), kind, name, text);
    sim_bus_leave(service->bus);
    ab_text_unref(text);
    if (result != AB_ENOENT || !service->bus->sim->memory_fails)
        sim_worked(service->bus, result, "ab_service_set_description");
}

void sim_set_doc(struct sim_service *service, enum ab_topic_kind kind, const char *name, const char *doc)
{
    if (!service)
        return;
    int result = ab_service_set_doc(service->service, sim_bus_enter(service->bus), kind, name, doc);
    sim_bus_leave(service->bus);
    if (result != AB_ENOENT || !service->bus->sim->memory_fails)
        sim_worked(service->bus, result, "ab_service_set_doc");
}

/* ---- Requests */

static int reply(struct sim_bus *bus, struct ab_request *request, const char *result)
{
    struct ab_text *text = text_of(result);
    int code = ab_request_reply(request, sim_bus_enter(bus), text);

    sim_bus_leave(bus);
    ab_text_unref(text);
    return code;
}

void sim_echo(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    reply(slot->bus, request, args);
}

void sim_throw(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    (void)args;
    ab_request_reply_exception(request, sim_bus_enter(slot->bus), NULL, "no", NULL);
    sim_bus_leave(slot->bus);
}

void sim_drop(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    (void)slot, (void)request, (void)args;
}

void sim_hold(struct sim_slot *slot, struct ab_request *request, const char *args)
{
    struct sim_bus *bus = slot->bus;

    (void)args;
    ck_assert_uint_lt(bus->held_count, sizeof bus->held / sizeof *bus->held);
    bus->held[bus->held_count++] = ab_request_ref(request);
    ab_request_set_target(request, sim_slot_new(bus, SIM_SLOT_REQUEST, slot->label));
}

int sim_reply_to(struct sim_bus *bus, unsigned index, const char *result)
{
    ck_assert_uint_lt(index, bus->held_count);
    struct ab_request *request = bus->held[index];

    memmove(bus->held + index, bus->held + index + 1, (--bus->held_count - index) * sizeof *bus->held);
    int code = reply(bus, request, result);
    ab_request_unref(request);
    return code;
}

int sim_progress(struct sim_bus *bus, unsigned index, const char *value)
{
    ck_assert_uint_lt(index, bus->held_count);
    struct ab_text *text = text_of(value);
    int code = ab_request_progress(bus->held[index], sim_bus_enter(bus), text);

    sim_bus_leave(bus);
    ab_text_unref(text);
    return code;
}

int sim_reply(struct sim_bus *bus, const char *result)
{
    return sim_reply_to(bus, 0, result);
}

/* ---- Remotes */

static struct sim_remote *remote_new(struct sim_bus *bus)
{
    struct sim_remote *remote = sim_alloc(sizeof *remote);

    remote->bus = bus;
    ab_list_append(&bus->remotes, &remote->node);
    return remote;
}

static struct ab_filter *filter_of(const char *text)
{
    struct ab_filter *filter = NULL;
    char *problem = NULL;

    if (!text)
        return NULL;
    ab_failing_pause(true);
    int result = ab_filter_parse(text, &filter, &problem);
    ab_failing_pause(false);
    ck_assert_msg(result == 0, "filter %s: %s", text, problem);
    return filter;
}

struct sim_remote *sim_proxy(struct sim_bus *bus, const char *filter_text)
{
    if (!bus)
        return NULL;
    struct ab_filter *filter = filter_of(filter_text);
    struct sim_remote *remote = remote_new(bus);
    int result = ab_remote_new_proxy(bus->engine, sim_bus_enter(bus), filter, &remote->remote);

    sim_bus_leave(bus);
    ab_filter_unref(filter);
    return sim_worked(bus, result, "ab_remote_new_proxy") ? remote : NULL;
}

struct sim_remote *sim_proxy_multiple(struct sim_bus *bus, const char *filter_text)
{
    if (!bus)
        return NULL;
    struct ab_filter *filter = filter_of(filter_text);
    struct sim_remote *remote = remote_new(bus);
    int result = ab_multiple_new(bus->engine, sim_bus_enter(bus), filter, &remote->multiple);

    remote->is_multiple = true;
    sim_bus_leave(bus);
    ab_filter_unref(filter);
    return sim_worked(bus, result, "ab_multiple_new") ? remote : NULL;
}

struct sim_remote *sim_connection(struct sim_bus *bus, const struct ab_address *to, const char *service)
{
    if (!bus)
        return NULL;
    struct sim_remote *remote = remote_new(bus);
    ab_time now = sim_bus_enter(bus);
    int result = ab_remote_new_connection(bus->engine, now, service, &remote->remote);

    if (result == 0 && to)
        ab_remote_resolved(remote->remote, now, to, 1);
    sim_bus_leave(bus);
    return sim_worked(bus, result, "ab_remote_new_connection") ? remote : NULL;
}

bool sim_bound(const struct sim_remote *remote)
{
    if (remote && remote->multiple)
        return ab_multiple_bound(remote->multiple);
    return remote && remote->remote && ab_remote_bound(remote->remote);
}

static void cancel_inside(struct sim_slot *slot, ab_time now)
{
    bool many = slot->remote && slot->remote->is_multiple;

    if (slot->kind == SIM_SLOT_SUBSCRIPTION && slot->subscription && many)
        ab_fan_cancel(slot->fan, now);
    else if (slot->kind == SIM_SLOT_SUBSCRIPTION && slot->subscription)
        ab_subscription_cancel(slot->subscription, now);
    if (slot->kind == SIM_SLOT_CALL && slot->call && many)
        ab_gather_cancel(slot->gather, now);
    else if (slot->kind == SIM_SLOT_CALL && slot->call)
        ab_call_cancel(slot->call, now);
    if (slot->kind == SIM_SLOT_AUDIENCE)
        ab_audience_cancel(slot->audience, now);
    if (slot->kind == SIM_SLOT_HERALD)
        ab_herald_free(slot->herald, now);
    if (slot->kind == SIM_SLOT_BROWSER)
        ab_browser_free(slot->browser, now);
    if (slot->kind == SIM_SLOT_SEED)
        ab_seed_free(slot->seed, now);
    slot->subscription = NULL;
    slot->ended = true;
}

void sim_cancel(struct sim_slot *slot)
{
    if (!slot || slot->ended || !slot->bus->engine)
        return;
    cancel_inside(slot, sim_bus_enter(slot->bus));
    sim_bus_leave(slot->bus);
}

void sim_abort(struct sim_slot *slot)
{
    if (!slot || slot->completed || slot->ended || !slot->bus->engine)
        return;
    ab_time now = sim_bus_enter(slot->bus);
    if (slot->remote->is_multiple)
        ab_gather_abort(slot->gather, now);
    else
        ab_call_abort(slot->call, now);
    sim_bus_leave(slot->bus);
}

static bool is_subscription_of(const struct sim_slot *slot, const struct sim_remote *remote)
{
    return slot->kind == SIM_SLOT_SUBSCRIPTION && slot->remote == remote;
}

void sim_remote_end(struct sim_remote *remote)
{
    if (!remote || (!remote->remote && !remote->multiple))
        return;
    ab_time now = sim_bus_enter(remote->bus);
    AB_LIST_EACH (node, &remote->bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if (is_subscription_of(slot, remote) && slot->subscription)
            cancel_inside(slot, now);
    }
    ab_remote_free(remote->remote, now);
    ab_multiple_free(remote->multiple, now);
    remote->remote = NULL;
    remote->multiple = NULL;
    sim_bus_leave(remote->bus);
}

static int call(struct sim_slot *slot, enum ab_call_kind kind, const char *name, const char *args, unsigned flags,
                ab_time deadline)
{
    struct sim_remote *remote = slot->remote;
    struct ab_text *text = text_of(args);
    ab_time now = sim_bus_enter(slot->bus);

    slot->latest = now + deadline;
    int result = ab_remote_call(remote->remote, now, kind, name, text, flags, now + deadline, slot, &slot->call);

    sim_bus_leave(slot->bus);
    ab_text_unref(text);
    return result;
}

static struct sim_slot *call_slot(struct sim_remote *remote, const char *label)
{
    struct sim_slot *slot = sim_slot_new(remote->bus, SIM_SLOT_CALL, label);

    slot->remote = remote;
    return slot;
}

struct sim_slot *sim_call_within(struct sim_remote *remote, ab_time time, unsigned flags, const char *function,
                                 const char *args)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = call_slot(remote, function);
    return registered(slot, call(slot, AB_CALL_FUNCTION, function, args, flags, time), function);
}

int sim_call_try(struct sim_remote *remote, ab_time time, unsigned flags, const char *function, const char *args)
{
    struct sim_slot *slot = call_slot(remote, function);
    int result = call(slot, AB_CALL_FUNCTION, function, args, flags, time);

    slot->ended = slot->ended || result < 0;
    return result;
}

struct sim_slot *sim_call(struct sim_remote *remote, const char *function, const char *args)
{
    return sim_call_within(remote, SECONDS(30), 0, function, args);
}

struct sim_slot *sim_get(struct sim_remote *remote, const char *object)
{
    if (!remote)
        return NULL;
    char *label = sim_format("get %s", object);
    struct sim_slot *slot = call_slot(remote, label);
    free(label);
    return registered(slot, call(slot, AB_CALL_GET, object, NULL, 0, SECONDS(30)), "get");
}

static int gather(struct sim_slot *slot, const struct ab_gather_rule *rule, unsigned flags, const char *name,
                  const char *args)
{
    struct ab_text *text = text_of(args);
    ab_time now = sim_bus_enter(slot->bus);
    struct ab_gather_rule then = rule ? *rule : (struct ab_gather_rule){.deadline = SECONDS(30)};

    then.deadline += now;
    slot->latest = then.deadline;
    int result = ab_multiple_call(slot->remote->multiple, now, name, text, flags, &then, slot, &slot->gather);
    sim_bus_leave(slot->bus);
    ab_text_unref(text);
    return result;
}

struct sim_slot *sim_call_all(struct sim_remote *remote, const struct ab_gather_rule *rule, unsigned flags,
                              const char *function, const char *args)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = call_slot(remote, function);
    return registered(slot, gather(slot, rule, flags, function, args), function);
}

int sim_call_all_try(struct sim_remote *remote, unsigned flags, const char *function, const char *args)
{
    struct sim_slot *slot = call_slot(remote, function);
    int result = gather(slot, NULL, flags, function, args);

    slot->ended = slot->ended || result < 0;
    return result;
}

struct sim_slot *sim_wait_bound(struct sim_remote *remote, ab_time time)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = call_slot(remote, "bind");
    if (remote->is_multiple)
        return registered(slot, gather(slot, &(struct ab_gather_rule){.deadline = time}, 0, NULL, NULL), "bind");
    return registered(slot, call(slot, AB_CALL_BIND, NULL, NULL, 0, time), "bind");
}

int sim_notice(struct sim_remote *remote, const char *function, const char *args)
{
    if (!remote)
        return AB_ENOMEM;
    struct ab_text *text = text_of(args);
    ab_time now = sim_bus_enter(remote->bus);
    int result = remote->is_multiple ? ab_multiple_notice(remote->multiple, now, function, text)
                                     : ab_remote_notice(remote->remote, now, function, text);

    sim_bus_leave(remote->bus);
    ab_text_unref(text);
    return result;
}

static struct sim_slot *subscription_slot(struct sim_remote *remote, const char *label)
{
    struct sim_slot *slot = sim_slot_new(remote->bus, SIM_SLOT_SUBSCRIPTION, label);

    slot->remote = remote;
    return slot;
}

static int subscribe(struct sim_slot *slot, enum ab_notice_kind kind, const char *name)
{
    struct sim_remote *remote = slot->remote;
    ab_time now = sim_bus_enter(remote->bus);
    int result;

    if (remote->is_multiple)
        result = ab_multiple_subscribe(remote->multiple, now, kind, name, slot, &slot->fan);
    else if (kind == AB_NOTICE_EVENT)
        result = ab_remote_listen(remote->remote, now, name, slot, &slot->subscription);
    else if (kind == AB_NOTICE_VALUE)
        result = ab_remote_watch(remote->remote, now, name, slot, &slot->subscription);
    else
        result = ab_remote_on_binding(remote->remote, now, slot, &slot->subscription);
    sim_bus_leave(remote->bus);
    return result;
}

struct sim_slot *sim_listen(struct sim_remote *remote, const char *event)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = subscription_slot(remote, event);
    return registered(slot, subscribe(slot, AB_NOTICE_EVENT, event), "listen");
}

struct sim_slot *sim_watch(struct sim_remote *remote, const char *object)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = subscription_slot(remote, object);
    return registered(slot, subscribe(slot, AB_NOTICE_VALUE, object), "watch");
}

struct sim_slot *sim_on_binding(struct sim_remote *remote)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = subscription_slot(remote, "binding");
    return registered(slot, subscribe(slot, AB_NOTICE_BINDING, NULL), "on_binding");
}

struct sim_slot *sim_on_end(struct sim_remote *remote, bool past)
{
    if (!remote)
        return NULL;
    struct sim_slot *slot = subscription_slot(remote, "end");
    ab_time now = sim_bus_enter(remote->bus);
    int result = ab_remote_on_end(remote->remote, now, past, slot, &slot->subscription);

    sim_bus_leave(remote->bus);
    return registered(slot, result, "on_end");
}

struct sim_slot *sim_browse(struct sim_bus *bus, const char *filter_text, unsigned flags)
{
    if (!bus)
        return NULL;
    struct ab_filter *filter = filter_of(filter_text);
    struct sim_slot *slot = sim_slot_new(bus, SIM_SLOT_BROWSER, "");
    ab_time now = sim_bus_enter(bus);
    int result = ab_browser_new(bus->engine, now, filter, flags, slot, &slot->browser);

    sim_bus_leave(bus);
    ab_filter_unref(filter);
    return registered(slot, result, "ab_browser_new");
}

/* ---- Known hosts */

static void look_up(struct sim_slot *slot, void *context)
{
    const struct ab_address *at = context;
    ab_time now = sim_bus_enter(slot->bus);

    if (at->kind == AB_ADDRESS_NONE)
        ab_seed_unresolved(slot->seed, now, "no such host");
    else
        ab_seed_resolved(slot->seed, now, at, 1);
    sim_bus_leave(slot->bus);
}

struct sim_slot *sim_seed(struct sim_bus *bus, struct ab_address *at)
{
    if (!bus)
        return NULL;
    struct sim_slot *slot = sim_slot_new(bus, SIM_SLOT_SEED, "seed");
    ab_time now = sim_bus_enter(bus);
    int result = ab_seed_new(bus->engine, now, "seed", slot, &slot->seed);

    slot->heard = look_up;
    slot->context = at;
    sim_bus_leave(bus);
    return registered(slot, result, "ab_seed_new");
}

/* ---- The end */

void sim_bus_drop_handles(struct sim_bus *bus)
{
    for (unsigned i = 0; i < bus->held_count; i++)
        ab_request_unref(bus->held[i]);
    bus->held_count = 0;
    AB_LIST_EACH (node, &bus->remotes)
        sim_remote_end(AB_CONTAINER(node, struct sim_remote, node));
    AB_LIST_EACH (node, &bus->services)
        sim_service_end(AB_CONTAINER(node, struct sim_service, node));
    AB_LIST_EACH (node, &bus->discoverers)
        sim_discoverer_end(AB_CONTAINER(node, struct sim_discoverer, node));
    AB_LIST_EACH (node, &bus->slots) {
        struct sim_slot *slot = AB_CONTAINER(node, struct sim_slot, node);
        if ((slot->kind == SIM_SLOT_BROWSER || slot->kind == SIM_SLOT_HERALD || slot->kind == SIM_SLOT_SEED) &&
            !slot->ended)
            cancel_inside(slot, sim_host_now(bus->process.host));
    }
}
