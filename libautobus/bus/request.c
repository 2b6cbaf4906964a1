/*
 * Owns requests: what the program sees of a call, its one answer, and who wants to hear that nobody waits for it. Must
 * not know how functions are published.
 *
 * Invariant: a request is answered once, at the latest when the program drops it: with a null, which needs no memory, or
 * with an error if the program tried to answer one.
 */
#include "bus/request.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/access.h"
#include "bus/bus.h"
#include "bus/service.h"
#include "bus/thread.h"

/* ---- Life */

static void request_free(autobus_request *request)
{
    autobus_slot *kept = request->kept ? request->item.slot : NULL;

    json_decref(request->args);
    ab_notice_deinit(&request->item.notice);
    ab_request_unref(request->core);
    ab_free(request);
    if (kept)
        ab_slot_release(kept);
}

static void release(autobus_request *request)
{
    if (ab_handle_release(&request->handle))
        request_free(request);
}

void ab_request_handle_shut(autobus_request *request)
{
    ab_request_set_target(request->engine, NULL);
    request->engine = NULL;
    atomic_store_explicit(&request->over, true, memory_order_relaxed);
    ab_list_remove(&request->node);
    AB_LIST_EACH_SAFE (node, &request->slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, node);

        if (!slot->final)
            ab_slot_cancel(slot);
    }
}

/* ---- Answering */

static int send(struct ab_request *request, ab_time now, const struct ab_answer *answer)
{
    switch (answer->kind) {
    case AB_ANSWER_ERROR: return ab_request_reply_error(request, now, answer->type, answer->text);
    case AB_ANSWER_EXCEPTION: return ab_request_reply_exception(request, now, answer->type, answer->text, answer->data);
    default: return ab_request_reply(request, now, answer->result);
    }
}

static int answer_locked(autobus_request *request, const struct ab_answer *answer)
{
    int r;

    if (!request->engine)
        return AB_EEXIST;
    r = send(request->engine, ab_bus_look(request->bus), answer);
    ab_request_handle_shut(request);
    return r;
}

int ab_request_answer(autobus_request *request, const struct ab_answer *answer)
{
    int r = ab_bus_enter_closing(request->bus);

    if (r < 0)
        return r;
    r = answer_locked(request, answer);
    ab_bus_leave(request->bus);
    return r;
}

int ab_request_give(autobus_request *request, struct ab_text *value)
{
    int r = ab_bus_enter(request->bus);

    if (r < 0)
        return r;
    r = request->engine ? ab_request_progress(request->engine, ab_bus_now(request->bus), value) : AB_EEXIST;
    ab_bus_leave(request->bus);
    return r;
}

int ab_request_answer_error(autobus_request *request, const char *type, const char *text)
{
    return ab_request_answer(request, &(struct ab_answer){.kind = AB_ANSWER_ERROR, .type = type, .text = text});
}

/* The item's request is given up by whoever was to run it; the program never had it. */
static AB_COLD void give_up(struct ab_item *item, const char *type, const char *text)
{
    autobus_request *request = item->notice.target;

    answer_locked(request, &(struct ab_answer){.kind = AB_ANSWER_ERROR, .type = type, .text = text});
    release(request);
}

void ab_request_drop(struct ab_item *item)
{
    give_up(item, "no_such_function", "the function is gone");
}

void ab_request_refuse(struct ab_item *item)
{
    ab_item_unlink(item);
    give_up(item, "busy", "too many calls are waiting");
}

/* ---- Arriving, and being given up meanwhile */

/* Such a request is not worth running. One whose caller is gone without a word may be: he may have wanted it done. */
static bool was_given_up(const struct ab_request *request)
{
    int why = ab_request_abandoned(request);

    return why < 0 && why != AB_EDISCONNECTED;
}

static bool waits(const autobus_request *request)
{
    return ab_list_linked(&request->item.in_slot);
}

static AB_COLD void abandoned(struct ab_target *target, struct ab_notice *notice)
{
    autobus_request *request = AB_CONTAINER(target, autobus_request, target);

    ab_notice_release(notice);
    if (waits(request) && was_given_up(request->engine)) {
        ab_item_unlink(&request->item);
        give_up(&request->item, "busy", "nobody waits for it");
        return;
    }
    AB_LIST_EACH_SAFE (node, &request->slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, node);

        if (!slot->final)
            ab_slot_put_end(slot, AB_NOTICE_ABANDONED, 0);
    }
}

/* Takes the notice; NULL: no memory, and it is as it was. */
static autobus_request *request_new(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_request *request = ab_calloc(1, sizeof(*request));

    if (!request)
        return NULL;
    ab_handle_init(&request->handle);
    request->bus = slot->bus;
    ab_list_init(&request->slots);
    request->target.deliver = abandoned;
    ab_item_init(&request->item, slot);
    ab_waiting_init(&request->waiting, &request->item);
    request->item.embedded = true;
    ab_notice_move(&request->item.notice, notice);
    request->item.notice.target = request;
    request->core = request->engine = request->item.notice.request;
    request->item.notice.request = NULL;
    ab_request_set_target(request->engine, &request->target);
    ab_list_append(&slot->bus->requests, &request->node);
    return request;
}

void ab_request_queue(struct ab_item *item)
{
    autobus_request *request = item->notice.target;

    ab_callers_queue(&request->bus->callers, &request->waiting);
}

void ab_request_left(struct ab_item *item)
{
    autobus_request *request = item->notice.target;

    ab_callers_leave(&request->bus->callers, &request->waiting);
}

/* So many may wait in all; who has most of them gives way to another. False: there is no room, or no memory. */
static bool enter(autobus_request *request)
{
    autobus_bus *bus = request->bus;

    if (bus->callers.count >= bus->limits.calls_waiting) {
        struct ab_item *other = ab_callers_most(&bus->callers, ab_request_peer(request->core)->connection);

        if (!other)
            return false;
        ab_request_refuse(other);
    }
    return ab_callers_enter(&bus->callers, &request->waiting, ab_request_peer(request->core)->connection);
}

void ab_request_handle_deliver(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_bus *bus = slot->bus;
    autobus_request *request = was_given_up(notice->request) ? NULL : request_new(slot, notice);

    if (!request) { /* nobody hears this, or there is no memory */
        ab_request_reply_error(notice->request, ab_bus_now(bus), "busy", "out of memory");
        ab_notice_release(notice);
        return;
    }
    if (enter(request))
        ab_slot_put_item(slot, &request->item);
    else
        give_up(&request->item, "busy", "too many calls are waiting");
}

/* While it waits and while its function runs the slot is there anyway. */
static void keep(autobus_request *request)
{
    ab_slot_hold(request->item.slot);
    request->kept = true;
}

void ab_request_handle_run(autobus_slot *slot, struct ab_notice *notice)
{
    autobus_request *request = notice->target;
    int r = ab_value_take_json(&notice->value, &request->args);

    if (r == 0 && !request->args)
        request->args = json_array();
    if (request->args)
        slot->callback.function(request, slot->user_data);
    else
        ab_request_answer_error(request, "busy", "out of memory");
    if (!ab_handle_is_only(&request->handle))
        keep(request);
    autobus_request_unref(request);
}

/* ---- Reading */

autobus_request *autobus_request_ref(autobus_request *request)
{
    if (!request || ab_thread.filters)
        return NULL;
    ab_handle_use(&request->handle);
    return request;
}

static AB_COLD void answer_dropped(autobus_request *request)
{
    struct ab_answer null = {.result = request->bus->null};
    struct ab_answer error = {.kind = AB_ANSWER_EXCEPTION, .text = "the function failed, and could not say how"};

    ab_request_answer(request, atomic_load_explicit(&request->failed, memory_order_relaxed) ? &error : &null);
}

autobus_request *autobus_request_unref(autobus_request *request)
{
    if (!request || ab_guard() < 0)
        return NULL;
    if (ab_handle_unuse(&request->handle) && !atomic_load_explicit(&request->over, memory_order_relaxed))
        answer_dropped(request);
    release(request);
    return NULL;
}

const char *autobus_request_function(autobus_request *request)
{
    return request && ab_guard() == 0 ? request->item.slot->name : NULL;
}

const char *autobus_request_service(autobus_request *request)
{
    const autobus_service *service = request ? request->item.slot->owner : NULL;

    return service && ab_guard() == 0 ? service->id : NULL;
}

json_t *autobus_request_args(autobus_request *request)
{
    return request && ab_guard() == 0 ? request->args : NULL;
}

bool autobus_request_is_notice(autobus_request *request)
{
    return request && ab_guard() == 0 && ab_request_is_notice(request->core);
}

const autobus_peer *autobus_request_peer(autobus_request *request)
{
    if (!request || ab_guard() < 0)
        return NULL;
    ab_bus_lock(request->bus);
    if (!request->peer.host)
        request->peer = ab_peer_show(ab_request_peer(request->core), request->host);
    ab_bus_unlock(request->bus);
    return &request->peer;
}

bool autobus_request_wants_progress(autobus_request *request)
{
    return request && ab_guard() == 0 && ab_request_wants_progress(request->core);
}

int autobus_request_remaining(autobus_request *request)
{
    ab_time until, left;
    int r = request ? ab_bus_enter(request->bus) : AB_EINVAL;

    if (r < 0)
        return r;
    until = ab_request_until(request->core);
    left = until - ab_bus_now(request->bus);
    ab_bus_leave(request->bus);
    if (until == AB_TIME_NEVER)
        return AB_ENOENT;
    return left > 0 ? (int)(left / AB_MILLISECOND) : 0;
}

bool autobus_request_abandoned(autobus_request *request)
{
    bool is;
    int r = request ? ab_bus_enter_closing(request->bus) : AB_EINVAL;

    if (r < 0)
        return r == AB_ECLOSED;
    is = !request->engine || ab_request_abandoned(request->engine);
    ab_bus_leave(request->bus);
    return is;
}

/* ---- Hearing that nobody waits */

static void run_abandoned(autobus_slot *slot, struct ab_notice *notice)
{
    (void)notice;
    slot->callback.abandoned(slot->owner, slot->user_data);
}

static void release_owner(autobus_slot *slot)
{
    release(slot->owner);
}

static const struct ab_slot_kind kind_abandoned = {
    .run = run_abandoned,
    .release = release_owner,
};

static int watch_locked(autobus_request *request, autobus_slot *slot, autobus_slot **ret_slot)
{
    if (!request->engine)
        return AB_EEXIST;
    if (ab_request_abandoned(request->engine))
        ab_slot_put_end(slot, AB_NOTICE_ABANDONED, 0);
    ab_slot_register(slot, &request->slots, ret_slot);
    return 0;
}

int autobus_request_on_abandoned(autobus_request *request, autobus_abandoned_fn callback, void *user_data,
                                 autobus_destroy_fn destroy, autobus_slot **ret_slot)
{
    autobus_queue *queue;
    autobus_slot *slot;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request || !callback)
        return AB_EINVAL;
    queue = ab_queue_choose(request->bus, &request->bus->chosen);
    slot = ab_slot_new(request->bus, &kind_abandoned, queue, user_data, destroy);
    ab_queue_release(queue);
    if (!slot)
        return AB_ENOMEM;
    ab_handle_hold(&request->handle);
    slot->owner = request;
    slot->callback.abandoned = callback;
    r = ab_bus_enter(request->bus);
    if (r == 0) {
        r = watch_locked(request, slot, ret_slot);
        ab_bus_leave(request->bus);
    }
    if (r < 0)
        ab_slot_release(slot);
    return r;
}
