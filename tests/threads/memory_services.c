/*
 * Owns the acts of services: what they have, who hears of it, and who may. See memory.h.
 */
#include "threads/memory.h"

/* ---- Callbacks */

static void on_interest(const autobus_interest *what, void *gate)
{
    ck_assert(what->kind == AUTOBUS_KIND_EVENT || what->kind == AUTOBUS_KIND_OBJECT);
    ab_gate_pass(gate);
}

static void on_binding(const autobus_binding *what, void *gate)
{
    ck_assert(!what->bound || what->info || ab_failing_happened());
    ab_gate_pass(gate);
}

static void on_end(const autobus_result *what, void *gate)
{
    ck_assert_msg(what->code == AUTOBUS_ENETWORK || fair(what->code), "it ended with %d", what->code);
    ab_gate_pass(gate);
}

static void answer(autobus_request *request, void *user_data)
{
    (void)user_data;
    autobus_reply(request, "[s]", "answer");
}

/* ---- Events and objects, from both ends */

static void listen(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    json_t *args = json_pack("[i]", 2);
    autobus_slot *slot;

    if (count(autobus_listen(memory.pair.remote, "ping", on_event, &gate, destroyed, &slot))) {
        call();
        fine(autobus_fire(memory.pair.service, "ping", "[i]", 1));
        if (args)
            fine(autobus_fire_json(memory.pair.service, "ping", args));
        call();
        cancel(slot);
    }
    json_decref(args);
}

static void watch(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    static int number;
    json_t *value = json_integer(++number);
    autobus_slot *slot, *other;

    if (count(autobus_watch(memory.pair.remote, "value", on_value, &gate, destroyed, &slot))) {
        fine(autobus_set(memory.pair.service, "value", "i", ++number));
        if (value)
            fine(autobus_set_json(memory.pair.service, "value", value));
        if (count(autobus_watch(memory.pair.remote, "value", on_value, &gate, destroyed, &other)))
            cancel(other);
        call();
        cancel(slot);
    }
    json_decref(value);
}

static void interest(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot, *other, *watching;
    json_t *peers = NULL;

    if (count(autobus_service_on_interest(memory.pair.service, AUTOBUS_KIND_OBJECT, "value", on_interest, &gate,
                                          destroyed, &slot))) {
        if (count(autobus_service_on_interest(memory.pair.service, AUTOBUS_KIND_EVENT, "none", on_interest, &gate,
                                              destroyed, &other)))
            cancel(other);
        if (count(autobus_watch(memory.pair.remote, "value", on_value, &gate, destroyed, &watching))) {
            call();
            cancel(watching);
        }
        cancel(slot);
    }
    if (fine(autobus_service_peers(memory.pair.service, AUTOBUS_KIND_OBJECT, "value", &peers)))
        json_decref(peers);
}

/* ---- What a service has */

static void look_at(autobus_service *service)
{
    json_t *out = NULL;

    for (enum autobus_kind kind = AUTOBUS_KIND_SERVICE; kind <= AUTOBUS_KIND_OBJECT; kind++) {
        if (fine(autobus_service_list(service, kind, &out)))
            json_decref(out);
    }
    if (autobus_service_has(service, AUTOBUS_KIND_OBJECT, "o") && fine(autobus_service_get(service, "o", &out)))
        json_decref(out);
}

static void describe(autobus_service *service)
{
    json_t *description = json_pack("{s:{s:s}}", "value", "type", "integer");

    if (autobus_service_has(service, AUTOBUS_KIND_OBJECT, "o")) {
        fine(autobus_service_set_doc(service, AUTOBUS_KIND_OBJECT, "o", "what it is"));
        if (description)
            fine(autobus_service_set_description(service, AUTOBUS_KIND_OBJECT, "o", description));
    }
    fine(autobus_service_set_doc(service, AUTOBUS_KIND_SERVICE, NULL, "doc"));
    json_decref(description);
}

static void furnish(autobus_service *service)
{
    json_t *zero = json_integer(0);

    if (count(autobus_service_add_function(service, "f", "doc", AUTOBUS_THREAD, answer, NULL, destroyed, NULL)))
        count(autobus_service_replace_function(service, "f", AUTOBUS_SYNC, answer, NULL, destroyed, NULL));
    fine(autobus_service_add_event(service, "e", "doc"));
    if (zero)
        fine(autobus_service_add_object(service, "o", "doc", zero));
    json_decref(zero);
}

/* Before others see it, and while they do. */
static void publish(void)
{
    autobus_service *service;
    json_t *info = json_pack("{s:s}", "type", "moment");

    if (info && fine(autobus_service_new(memory.pair.server, info, &service))) {
        furnish(service);
        fine(autobus_service_publish(service));
        describe(service);
        look_at(service);
        fine(autobus_service_set_info(service, NULL));
        if (autobus_service_has(service, AUTOBUS_KIND_EVENT, "e"))
            fine(autobus_service_remove(service, AUTOBUS_KIND_EVENT, "e"));
        autobus_service_close(service);
        autobus_service_unref(autobus_service_ref(service));
        autobus_service_unref(service);
    }
    json_decref(info);
}

static void on_list(const autobus_value *what, void *gate)
{
    ck_assert_ptr_nonnull(what->name);
    ab_gate_pass(gate);
}

/* While somebody looks at all of it. */
static void refurnish(void)
{
    static const char *const names[] = {"autobus.functions", "autobus.events", "autobus.objects", "autobus.doc"};
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_service *service = memory.pair.service;
    autobus_slot *slots[4], *function;

    for (int i = 0; i < 4; i++) {
        if (!count(autobus_watch(memory.pair.remote, names[i], on_list, &gate, destroyed, &slots[i])))
            slots[i] = NULL;
    }
    if (count(autobus_service_add_function(service, "g", NULL, AUTOBUS_THREAD, answer, NULL, destroyed, &function)))
        cancel(function);
    if (fine(autobus_service_add_event(service, "g", NULL)))
        ck_assert_int_eq(autobus_service_remove(service, AUTOBUS_KIND_EVENT, "g"), 0);
    fine(autobus_service_set_doc(service, AUTOBUS_KIND_SERVICE, NULL, "doc"));
    call();
    for (int i = 0; i < 4; i++) {
        if (slots[i])
            cancel(slots[i]);
    }
}

/* ---- Who may, and who does */

static bool but_pings(const autobus_access *access, void *user_data)
{
    (void)user_data;
    return access->kind != AUTOBUS_ACCESS_LISTEN;
}

static void guard(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_service *service = memory.pair.service;
    autobus_error error = AUTOBUS_ERROR_INIT;
    autobus_slot *slot;

    fine(autobus_service_set_access(service, "local, 10.0.0.0/8", &error));
    if (count(autobus_service_set_guard(service, but_pings, NULL, destroyed)) &&
        count(autobus_listen(memory.pair.remote, "ping", on_event, &gate, destroyed, &slot))) {
        call();
        cancel(slot);
    }
    ck_assert_int_eq(autobus_service_set_guard(service, NULL, NULL, NULL), 0);
    autobus_error_clear(&error);
}

static void disconnect(void)
{
    autobus_service *service = memory.pair.service;
    json_t *all = NULL;

    if (!fine(autobus_service_connections(service, &all)))
        return;
    if (json_array_size(all) > 0) {
        json_t *number = json_object_get(json_array_get(all, 0), "connection");
        int r = autobus_service_disconnect(service, (uint64_t)json_integer_value(number));

        ck_assert(r == AUTOBUS_ENOENT || fair(r));
    }
    json_decref(all);
}

/* ---- Remotes as such */

static void watch_bindings(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_slot *slot;

    if (count(autobus_remote_on_binding(memory.pair.remote, on_binding, &gate, destroyed, &slot)))
        cancel(slot);
}

static void wait_async(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    int before = ab_gate_count(&gate);

    if (count(autobus_remote_wait_async(memory.pair.remote, memory.time_ms, on_result, &gate, destroyed, NULL)))
        ab_gate_wait(&gate, before + 1);
}

/* Nobody listens there. */
static void connect_nowhere(void)
{
    static struct ab_gate gate = AB_GATE_INIT;
    autobus_remote *remote;
    autobus_slot *slot;

    if (!fine(autobus_connect(memory.pair.client, "127.0.0.1", 1, NULL, &remote)))
        return;
    if (count(autobus_remote_on_end(remote, AUTOBUS_END_PAST, on_end, &gate, destroyed, &slot)))
        cancel(slot);
    autobus_remote_unref(remote);
}

const struct memory_act memory_services[] = {
    {"listen", listen},
    {"watch", watch},
    {"interest", interest},
    {"publish", publish},
    {"refurnish", refurnish},
    {"guard", guard},
    {"disconnect", disconnect},
    {"bindings", watch_bindings},
    {"wait", wait_async},
    {"connect nowhere", connect_nowhere},
    {NULL, NULL},
};
