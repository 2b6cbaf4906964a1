/*
 * Owns the life of a registration: its items, its end, its destroy function. Must not know what the callbacks are for.
 *
 * Invariants, all under the bus's lock: only a live slot has items and a source; no run starts once it is not live; the
 * destroy function runs when it is not live and nothing of it is under way, exactly once, by whoever made that so.
 */
#include "bus/slot.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/json.h"
#include "bus/thread.h"

/* Ups and downs that wait; an even number. */
#define PAIRS_WAITING 16

static void deliver(struct ab_target *target, struct ab_notice *notice)
{
    autobus_slot *slot = AB_CONTAINER(target, autobus_slot, target);

    if (slot->state == AB_SLOT_LIVE && !slot->final)
        slot->kind->deliver(slot, notice);
    else
        ab_notice_release(notice);
}

/* ---- Life */

autobus_slot *ab_slot_new(autobus_bus *bus, const struct ab_slot_kind *kind, autobus_queue *queue, void *user_data,
                          autobus_destroy_fn destroy)
{
    autobus_slot *slot = ab_calloc(1, sizeof(*slot));

    if (!slot)
        return NULL;
    slot->target.deliver = deliver;
    slot->kind = kind;
    atomic_init(&slot->references, 1);
    slot->bus = kind->release ? bus : ab_bus_hold(bus);
    slot->queue = queue ? ab_queue_hold(queue) : NULL;
    ab_list_init(&slot->node);
    ab_list_init(&slot->all);
    ab_list_init(&slot->items);
    ab_map_init(&slot->by_service, (uintptr_t)slot);
    ab_item_init(&slot->item, slot);
    slot->item.embedded = true;
    slot->user_data = user_data;
    slot->destroy = destroy;
    return slot;
}

static void slot_free(autobus_slot *slot)
{
    ab_notice_deinit(&slot->item.notice);
    ab_map_deinit(&slot->by_service);
    if (slot->queue)
        ab_queue_release(slot->queue);
    if (slot->kind->release)
        slot->kind->release(slot);
    else
        ab_bus_release(slot->bus);
    ab_free(slot->name);
    ab_free(slot);
}

void ab_slot_hold(autobus_slot *slot)
{
    ab_count_up(&slot->references);
}

void ab_slot_release(autobus_slot *slot)
{
    if (ab_count_down(&slot->references))
        slot_free(slot);
}

void ab_slot_register(autobus_slot *slot, struct ab_list *owner, autobus_slot **ret_slot)
{
    ab_list_append(owner, &slot->node);
    ab_list_append(&slot->bus->slots, &slot->all);
    if (ret_slot)
        *ret_slot = autobus_slot_ref(slot);
    if (slot->queue && ab_queue_ended(slot->queue))
        ab_slot_cancel(slot);
}

/* ---- Items */

/* All but the notice. */
static void item_init(struct ab_item *item, autobus_slot *slot, size_t bytes)
{
    ab_list_init(&item->in_queue);
    ab_list_init(&item->in_slot);
    item->of_service.key = NULL;
    item->slot = slot;
    item->bytes = bytes;
    item->embedded = false;
}

void ab_item_init(struct ab_item *item, autobus_slot *slot)
{
    item_init(item, slot, 0);
    ab_notice_init(&item->notice, AB_NOTICE_NONE, NULL);
}

void ab_slot_put_item(autobus_slot *slot, struct ab_item *item)
{
    struct ab_bus_counters *counters = &slot->bus->counters;

    ab_list_append(&slot->items, &item->in_slot);
    if (++counters->callbacks_waiting > counters->callbacks_waiting_most)
        counters->callbacks_waiting_most = counters->callbacks_waiting;
    slot->items_count++;
    slot->items_bytes += item->bytes;
    if (slot->queue)
        ab_queue_push(slot->queue, item);
    else
        ab_workers_add_call(slot->bus, item);
}

void ab_item_unlink(struct ab_item *item)
{
    autobus_slot *slot = item->slot;

    if (item->of_service.key)
        ab_map_remove(&slot->by_service, &item->of_service);
    item->of_service.key = NULL;
    ab_list_remove(&item->in_slot);
    slot->bus->counters.callbacks_waiting--;
    slot->items_count--;
    slot->items_bytes -= item->bytes;
    ab_list_remove(&item->in_queue);
    if (slot->kind->left)
        slot->kind->left(item);
    if (slot->queue)
        ab_queue_review(slot->queue);
    else
        ab_workers_call_removed(slot->bus);
    if (slot->retired && ab_list_empty(&slot->items))
        ab_slot_cancel(slot);
}

static AB_COLD void item_drop(struct ab_item *item)
{
    ab_item_unlink(item);
    if (item->slot->kind->drop) {
        item->slot->kind->drop(item->slot, item);
        return;
    }
    ab_notice_deinit(&item->notice);
    if (!item->embedded)
        ab_free(item);
}

static void drop_items(autobus_slot *slot)
{
    while (!ab_list_empty(&slot->items))
        item_drop(AB_CONTAINER(slot->items.next, struct ab_item, in_slot));
}

static void detach(autobus_slot *slot)
{
    if (slot->source && slot->kind->detach)
        slot->kind->detach(slot);
    slot->source = NULL;
}

static const char *what_hears(const struct ab_notice *notice)
{
    switch (notice->kind) {
    case AB_NOTICE_SERVICES: return "listener for services";
    case AB_NOTICE_PUBLICATION: return "publisher";
    case AB_NOTICE_PART:
    case AB_NOTICE_PROGRESS: return "call";
    default: return "listener";
    }
}

static void log_cut_off(autobus_slot *slot, const struct ab_notice *notice)
{
    const char *name = notice->name ? notice->name->data : NULL;
    const char *service = notice->service ? notice->service->data : NULL;
    char text[640]; /* a name and an id have at most 255 bytes each */

    snprintf(text, sizeof(text), "a %s of the program's%s%s%s%s did not keep up and was cut off", what_hears(notice),
             name ? " to " : "", name ? name : "", service ? " of service " : "", service ? service : "");
    ab_log_put(&slot->bus->log, AUTOBUS_LOG_WARNING, text, strlen(text));
}

/* A listener that does not keep up hears one last word instead of what waits. */
static AB_COLD void cut_off(autobus_slot *slot, struct ab_notice *notice)
{
    slot->bus->counters.callbacks_cut_off++;
    log_cut_off(slot, notice);
    drop_items(slot);
    ab_value_deinit(&notice->value);
    notice->code = AB_EOVERFLOW;
    if (notice->kind == AB_NOTICE_SERVICES)
        notice->change = AB_SERVICES_OVERFLOW;
    if (notice->kind == AB_NOTICE_PART || notice->kind == AB_NOTICE_PROGRESS) {
        notice->kind = AB_NOTICE_COMPLETION;
        notice->service = ab_text_unref(notice->service);
    }
    ab_slot_put_last(slot, notice);
    detach(slot);
}

/* NULL: no memory. */
static struct ab_item *copy(struct ab_notice *notice)
{
    struct ab_item *item = ab_malloc(sizeof(*item));

    if (item)
        ab_notice_move(&item->notice, notice);
    return item;
}

/* NULL: no memory, the notice is as it was. */
static struct ab_item *put_block(autobus_slot *slot, struct ab_notice *notice, size_t bytes)
{
    struct ab_item *item = notice->release ? copy(notice) : AB_CONTAINER(notice, struct ab_item, notice);

    if (!item)
        return NULL;
    item_init(item, slot, bytes);
    ab_slot_put_item(slot, item);
    return item;
}

static bool fits(const autobus_slot *slot, size_t bytes)
{
    const struct ab_limits *limits = &slot->bus->limits;

    return slot->items_count < limits->events_waiting && slot->items_bytes + bytes <= limits->event_bytes_waiting;
}

void ab_slot_put_each(autobus_slot *slot, struct ab_notice *notice)
{
    size_t bytes = slot->existing ? 0 : ab_json_footprint(notice);

    if ((!slot->existing && !fits(slot, bytes)) || !put_block(slot, notice, bytes))
        cut_off(slot, notice);
}

/* One that waits keeps its place: who hears an event that was fired after a change has heard that change or a newer. */
void ab_slot_put_newest(autobus_slot *slot, struct ab_notice *notice)
{
    ab_notice_deinit(&slot->item.notice);
    ab_notice_move(&slot->item.notice, notice);
    if (ab_list_linked(&slot->item.in_slot))
        slot->bus->counters.callbacks_merged++;
    else
        ab_slot_put_item(slot, &slot->item);
}

/* The key is the text that the item holds, so it leaves the map with it. */
bool ab_slot_put_newest_of(autobus_slot *slot, struct ab_notice *notice)
{
    struct ab_map_node *waiting = ab_map_find(&slot->by_service, notice->service->data, notice->service->size);
    struct ab_item *item;

    if (waiting) {
        item = AB_CONTAINER(waiting, struct ab_item, of_service);
        slot->bus->counters.callbacks_merged++;
        ab_notice_say(&item->notice, notice);
        return true;
    }
    item = put_block(slot, notice, 0);
    if (!item) {
        ab_notice_release(notice);
        return false;
    }
    ab_map_insert(&slot->by_service, &item->of_service, item->notice.service->data, item->notice.service->size);
    return true;
}

void ab_slot_put_pair(autobus_slot *slot, struct ab_notice *notice)
{
    if (slot->items_count >= PAIRS_WAITING) {
        item_drop(AB_CONTAINER(slot->items.next, struct ab_item, in_slot));
        item_drop(AB_CONTAINER(slot->items.next, struct ab_item, in_slot));
    }
    if (!put_block(slot, notice, 0))
        ab_slot_put_newest(slot, notice);
}

void ab_slot_put_last(autobus_slot *slot, struct ab_notice *notice)
{
    if (ab_list_linked(&slot->item.in_slot)) /* the newest, where there was no memory for one of its own */
        item_drop(&slot->item);
    slot->final = true;
    ab_notice_move(&slot->item.notice, notice);
    ab_slot_put_item(slot, &slot->item);
}

void ab_slot_put_end(autobus_slot *slot, enum ab_notice_kind kind, int code)
{
    slot->final = true;
    ab_notice_init(&slot->item.notice, kind, NULL);
    slot->item.notice.code = code;
    ab_slot_put_item(slot, &slot->item);
}

/* ---- The end */

static void end(autobus_slot *slot)
{
    slot->state = AB_SLOT_ENDING;
    ab_list_remove(&slot->node);
    drop_items(slot);
    detach(slot);
}

void ab_slot_cancel(autobus_slot *slot)
{
    if (slot->state != AB_SLOT_LIVE)
        return;
    end(slot);
    if (slot->running == 0)
        ab_list_append(&slot->bus->over, &slot->node);
}

void ab_slot_retire(autobus_slot *slot)
{
    slot->source = NULL;
    slot->retired = true;
    if (ab_list_empty(&slot->items))
        ab_slot_cancel(slot);
}

void ab_slots_cancel(struct ab_list *slots)
{
    AB_LIST_EACH_SAFE (node, slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, node);

        if (!slot->kind->completes)
            ab_slot_cancel(slot);
    }
}

/* A result that came before the close was not heard before it, and only closes are heard after (autobus_bus_close). */
static void close_completion(autobus_slot *slot)
{
    AB_LIST_EACH_SAFE (node, &slot->items) {
        struct ab_item *item = AB_CONTAINER(node, struct ab_item, in_slot);

        if (!item->embedded)
            item_drop(item);
    }
    if (!ab_list_linked(&slot->item.in_slot))
        return;
    ab_notice_deinit(&slot->item.notice);
    slot->item.notice.code = AB_ECLOSED;
}

void ab_slots_close(autobus_bus *bus)
{
    AB_LIST_EACH_SAFE (node, &bus->slots) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, all);

        if (slot->kind->completes)
            close_completion(slot);
        else
            ab_slot_cancel(slot);
    }
}

/* There is one. */
static void run_destroy(autobus_slot *slot)
{
    ab_callback_begin();
    slot->destroy(slot->user_data);
    ab_callback_end();
}

static void gone(autobus_slot *slot)
{
    slot->state = AB_SLOT_GONE;
    ab_list_remove(&slot->all);
    pthread_cond_broadcast(&slot->bus->changed);
}

void ab_slots_finish(struct ab_list *over)
{
    struct ab_list *node;

    while ((node = ab_list_take(over))) {
        autobus_slot *slot = AB_CONTAINER(node, autobus_slot, node);
        autobus_bus *bus = slot->bus;

        if (slot->destroy)
            run_destroy(slot);
        ab_bus_lock(bus);
        gone(slot);
        ab_bus_unlock(bus);
        ab_slot_release(slot);
    }
}

static void call(autobus_slot *slot, struct ab_notice *notice)
{
    struct ab_hold hold = ab_hold_callback_begin();

    ab_callback_begin();
    slot->kind->run(slot, notice);
    ab_callback_end();
    ab_hold_callback_end(hold);
}

void ab_slot_run(struct ab_item *item)
{
    autobus_slot *slot = item->slot;
    const bool embedded = item->embedded;
    autobus_bus *bus = slot->bus;
    struct ab_notice moved;
    struct ab_notice *notice = &item->notice;

    slot->running++;
    ab_item_unlink(item);
    if (slot->final && ab_list_empty(&slot->items))
        end(slot);
    if (item == &slot->item && slot->state == AB_SLOT_LIVE) { /* it may be used again meanwhile */
        moved = *notice;
        ab_notice_init(notice, AB_NOTICE_NONE, NULL);
        notice = &moved;
    }
    bus->counters.callbacks_run++;
    ab_bus_unlock(bus);
    call(slot, notice);
    if (!slot->kind->drop)
        ab_notice_deinit(notice);
    if (!embedded)
        ab_free(item);
    ab_bus_lock(bus);
    if (--slot->running > 0 || slot->state != AB_SLOT_ENDING)
        return;
    if (slot->destroy) {
        ab_bus_unlock(bus);
        run_destroy(slot);
        ab_bus_lock(bus);
    }
    gone(slot);
    ab_slot_release(slot);
}

/* ---- Public */

autobus_slot *autobus_slot_ref(autobus_slot *slot)
{
    if (ab_thread.filters)
        return NULL;
    if (slot)
        ab_slot_hold(slot);
    return slot;
}

autobus_slot *autobus_slot_unref(autobus_slot *slot)
{
    if (slot && ab_guard() == 0)
        ab_slot_release(slot);
    return NULL;
}

void autobus_slot_cancel(autobus_slot *slot)
{
    if (!slot || ab_bus_enter_any(slot->bus) < 0)
        return;
    ab_slot_cancel(slot);
    ab_bus_leave(slot->bus);
}

int autobus_slot_cancel_wait(autobus_slot *slot)
{
    int r = ab_guard();
    int waiting = ab_guard_callback();

    if (r == 0 && !slot)
        r = AB_EINVAL;
    if (r < 0)
        return r;
    autobus_slot_cancel(slot);
    if (waiting < 0)
        return waiting;
    ab_hold_flush();
    ab_bus_lock(slot->bus);
    while (slot->state != AB_SLOT_GONE)
        ab_bus_wait(slot->bus);
    ab_bus_unlock(slot->bus);
    return 0;
}
