/*
 * Owns what the storm does with a service of the server's: what it has, who may use it, and what there is to see of it.
 * See storm.h.
 */
#include "harness.h"
#include "threads/storm.h"

void add_function(autobus_service *service, bool own, const char *name, autobus_function_fn function)
{
    struct registration *registration = registration_new(OF_FUNCTION);
    autobus_slot *slot = NULL;
    int r;

    if (!registration)
        return;
    if (own)
        atomic_store(&registration->service, autobus_service_ref(service));
    r = autobus_service_add_function(service, name, "doc", (enum autobus_mode)chance(4), function, registration,
                                     registration_destroyed, &slot);
    registration_made(registration, r, slot);
    if (!atomic_load(&registration->made))
        autobus_service_unref(atomic_exchange(&registration->service, NULL));
}

static void change_access(autobus_service *service)
{
    struct registration *registration = registration_new(OF_GUARD);

    if (chance(2))
        fine(autobus_service_set_access(service, chance(2) ? "local" : NULL, NULL));
    else if (registration)
        registration_made(registration,
                          autobus_service_set_guard(service, on_access, registration, registration_destroyed), NULL);
}

static void replace_function(autobus_service *service, const char *name)
{
    struct registration *registration = registration_new(OF_REPLACED_FUNCTION);
    autobus_slot *slot = NULL;
    int r;

    if (!registration)
        return;
    r = autobus_service_replace_function(service, name, (enum autobus_mode)chance(4), work, registration,
                                         registration_destroyed, &slot);
    registration_made(registration, r, slot);
}

void change_service(autobus_service *service)
{
    static const char *const names[] = {"a", "b", "c"};
    const char *name = names[chance(3)];

    switch (chance(11)) {
    case 0: add_function(service, false, name, work); break;
    case 1: fine(autobus_service_remove(service, AUTOBUS_KIND_FUNCTION, name)); break;
    case 2: fine(autobus_service_set_doc(service, AUTOBUS_KIND_SERVICE, NULL, name)); break;
    case 3: fine(autobus_service_add_object(service, name, NULL, json_true())); break;
    case 4: fine(autobus_service_remove(service, AUTOBUS_KIND_OBJECT, name)); break;
    case 5: fine(autobus_service_set_queue(service, chance(2) ? storm.functions : NULL)); break;
    case 6: change_access(service); break;
    case 7: add_function(service, false, "work", work); break;
    case 8: add_function(service, false, "later", later); break;
    case 9: replace_function(service, "work"); break;
    default:
        autobus_batch_begin(storm.pair.server);
        for (int i = 0; i < 5; i++)
            fine(autobus_fire(service, "ping", "[s]", name));
        autobus_batch_end(storm.pair.server);
    }
}

static void describe(autobus_service *service)
{
    json_t *description = json_pack("{s:{s:s}}", "value", "type", chance(2) ? "object" : "integer");
    json_t *info = json_pack("{s:s, s:i}", "type", "test", "number", (int)chance(3));

    fine(autobus_service_set_description(service, AUTOBUS_KIND_OBJECT, "value", chance(2) ? description : NULL));
    fine(autobus_service_set_info(service, info));
    json_decref(info);
    json_decref(description);
}

void look_at_service(autobus_service *service)
{
    json_t *out = NULL;

    switch (chance(6)) {
    case 0: fine(autobus_service_list(service, (enum autobus_kind)chance(4), &out)); break;
    case 1: fine(autobus_service_get(service, "value", &out)); break;
    case 2: fine(autobus_service_peers(service, AUTOBUS_KIND_EVENT, "ping", &out)); break;
    case 3: describe(service); break;
    case 4:
        out = json_pack("[i]", (int)chance(9));
        fine(autobus_fire_json(service, "ping", out));
        fine(autobus_set_json(service, "value", out));
        break;
    default: autobus_service_has(service, AUTOBUS_KIND_FUNCTION, "work");
    }
    json_decref(out);
}
