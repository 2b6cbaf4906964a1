/*
 * Owns what the callbacks of the storm do: to themselves, to what they belong to, and to the rest. See storm.h.
 */
#include <pthread.h>

#include "harness.h"
#include "threads/storm.h"

/* What a callback does to what it belongs to. */
static void act(struct registration *registration, autobus_remote *remote)
{
    int closing = atomic_exchange(&storm.closing, 0);

    if (closing)
        storm_close(closing == 2);
    switch (chance(10)) {
    case 0: registration_cancel(registration, false); break;
    case 1:
        if (registration->own)
            autobus_remote_close(remote);
        break;
    case 2: ask(remote, registration->own); break;
    case 3: ck_assert_int_eq(autobus_queue_dispatch(storm.queues[3], 0), AUTOBUS_EDEADLK); break;
    case 4: autobus_batch_begin(storm.pair.client); break; /* and no end */
    case 5: autobus_remote_unref(autobus_remote_ref(remote)); break;
    case 6: autobus_notice(remote, "work", "[s]", "heard"); break;
    case 7: autobus_remote_set_queue(remote, storm.queues[chance(STORM_QUEUES)]); break;
    default: break;
    }
}

void on_event(const autobus_event *what, void *user_data)
{
    registration_begin(user_data);
    if (what->args)
        json_array_clear(what->args);
    act(user_data, what->remote);
    registration_end(user_data);
}

void on_value(const autobus_value *what, void *user_data)
{
    registration_begin(user_data);
    if (json_is_object(what->value))
        json_object_clear(what->value);
    act(user_data, what->remote);
    registration_end(user_data);
}

void on_binding(const autobus_binding *what, void *user_data)
{
    registration_begin(user_data);
    act(user_data, what->remote);
    registration_end(user_data);
}

void on_result(const autobus_result *what, void *user_data)
{
    registration_begin(user_data);
    fine(what->code);
    act(user_data, what->remote);
    registration_end(user_data);
}

void on_services(const autobus_services_event *what, void *user_data)
{
    json_t *all;

    registration_begin(user_data);
    if (chance(4) == 0 && autobus_bus_services(what->bus, NULL, &all) == 0)
        json_decref(all);
    if (chance(8) == 0)
        registration_cancel(user_data, false);
    registration_end(user_data);
}

void on_interest(const autobus_interest *what, void *user_data)
{
    registration_begin(user_data);
    if (what->interested)
        autobus_set(what->service, what->name, "i", (int)chance(10));
    if (chance(8) == 0)
        registration_cancel(user_data, false);
    registration_end(user_data);
}

void on_publication(const autobus_publication *what, void *user_data)
{
    (void)what;
    registration_begin(user_data);
    registration_end(user_data);
}

static void on_abandoned(autobus_request *request, void *user_data)
{
    registration_begin(user_data);
    autobus_reply(request, NULL);
    registration_end(user_data);
}

bool on_access(const autobus_access *access, void *user_data)
{
    ck_assert_int_eq(atomic_load(&((struct registration *)user_data)->destroyed), 0);
    ck_assert_ptr_nonnull(access->peer);
    return true;
}

bool on_filter(const json_t *info, void *user_data)
{
    json_t *all;

    ck_assert_int_eq(atomic_load(&((struct registration *)user_data)->destroyed), 0);
    ck_assert_int_eq(autobus_bus_services(storm.pair.client, NULL, &all), AUTOBUS_EDEADLK);
    return json_is_object(info);
}

/* ---- Functions */

/* What there is to see of a call, and of who calls. */
static void look_at(autobus_request *request)
{
    ck_assert_ptr_nonnull(autobus_request_function(request));
    ck_assert_ptr_nonnull(autobus_request_service(request));
    ck_assert(autobus_request_peer(request)->local);
    ck_assert_int_le(autobus_request_remaining(request), 30000);
    if (autobus_request_is_notice(request) || autobus_request_abandoned(request))
        return;
    if (autobus_request_wants_progress(request)) {
        autobus_request_progress(request, "i", 1);
        autobus_request_progress_json(request, autobus_request_args(request));
    }
}

static void close_service(struct registration *registration)
{
    autobus_service *service = atomic_exchange(&registration->service, NULL);

    autobus_service_close(service);
    autobus_service_unref(service);
}

void work(autobus_request *request, void *user_data)
{
    registration_begin(user_data);
    look_at(request);
    autobus_set(storm.pair.service, "value", "{s:O}", "args", autobus_request_args(request));
    autobus_reply_json(request, autobus_request_args(request));
    if (chance(4) == 0)
        close_service(user_data);
    if (chance(64) == 0)
        registration_cancel(user_data, false);
    registration_end(user_data);
}

static pthread_mutex_t kept_mutex = PTHREAD_MUTEX_INITIALIZER;
static autobus_request *kept_request;

static autobus_request *swap_request(autobus_request *request)
{
    autobus_request *old;

    pthread_mutex_lock(&kept_mutex);
    old = kept_request;
    kept_request = request;
    pthread_mutex_unlock(&kept_mutex);
    return old;
}

void later(autobus_request *request, void *user_data)
{
    struct registration *registration = registration_new(OF_ABANDONED);
    const char *text;
    autobus_slot *slot;
    int r;

    registration_begin(user_data);
    if (chance(8) == 0)
        autobus_request_unpack(request, "[s]", &text);
    if (registration && chance(2)) {
        r = autobus_request_on_abandoned(request, on_abandoned, registration, registration_destroyed, &slot);
        registration_made(registration, r, slot);
    }
    autobus_request_unref(swap_request(autobus_request_ref(request)));
    registration_end(user_data);
}

void answer_late(void)
{
    autobus_request *request = swap_request(NULL);

    if (request && chance(2))
        autobus_reply_error_json(request, "late", "it took its time", autobus_request_args(request));
    else if (request && chance(2))
        autobus_reply_error(request, "late", "it took its time");
    autobus_request_unref(request);
}

/* ---- Asking */

static int ask_in_one_way(struct registration *registration, autobus_remote *remote, autobus_slot **slot)
{
    switch (registration->kind) {
    case OF_CALL_OF_ALL:
        return autobus_call_all(remote, "work", NULL, chance(4), NULL, on_result, registration, registration_destroyed,
                                slot);
    case OF_GET:
        return autobus_get_async(remote, "value", 0, 500, on_result, registration, registration_destroyed, slot);
    case OF_WAIT: return autobus_remote_wait_async(remote, 100, on_result, registration, registration_destroyed, slot);
    default: break;
    }
    if (chance(2))
        return autobus_call_async(remote, "later", NULL, 0, 20, on_result, registration, registration_destroyed, slot);
    return autobus_call_async(remote, "work", NULL, chance(2) ? AUTOBUS_CALL_PROGRESS : 0, 500, on_result, registration,
                              registration_destroyed, slot);
}

void ask(autobus_remote *remote, bool own)
{
    static const enum registration_kind kinds[] = {OF_GET, OF_WAIT, OF_CALL, OF_CALL};
    struct registration *registration = registration_new(remote == storm.many ? OF_CALL_OF_ALL : kinds[chance(4)]);
    autobus_slot *slot = NULL;
    int r;

    if (!registration)
        return;
    registration->own = own;
    r = ask_in_one_way(registration, remote, &slot);
    if (r == 0 && chance(4) == 0)
        autobus_call_cancel(slot);
    if (r == 0)
        autobus_slot_unref(autobus_slot_ref(slot));
    registration_made(registration, r, slot);
    if (chance(4) == 0)
        registration_cancel(registration, false);
}
